"""Runs a package index on this machine: ``hatch run index``.

It is for trying a release: what is published there can be installed from there,
and is gone when it ends.  Anybody on this machine may publish, and nobody on
another can reach it.

What it has wins, name by name: a project that was published here is served from
here alone, and for any other name the client is sent on to the index that this
machine is set up with.  So one index is all that pip needs, and no project of the
same name elsewhere is ever looked at.

With --family it begins with every distribution as it is in this tree, as an index
does that has had releases before.

The first line that it prints is its address.  Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socketserver
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tools.members import ROOT
from tools.wheels import build

__all__ = ("PORT", "elsewhere", "main", "started")

PORT = 8090

# Where uv, and then pip, are told the address of the one index that they use.
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")

_HELP = """\
publish:  hatch run release publish DISTRIBUTION --index {url}
install:  pip install --index-url {url}simple/ DISTRIBUTION
          uv pip install --index {url}simple/ DISTRIBUTION
"""


def elsewhere(environ: Mapping[str, str] = os.environ) -> Optional[str]:
    """The index that this machine is set up with: by variables, or pip's settings.

    Returns:
        None if none is named; what the tools do then is their own choice.
    """
    for name in _VARIABLES:
        if environ.get(name):
            return environ[name]
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    done = subprocess.run(
        command,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.stdout.decode().strip() or None


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[str]:
    """Run an index in a process of its own, on a free port, and give its address.

    Args:
        *arguments: Of this command, but ``--port``.

    Raises:
        RuntimeError: If it does not start; its output says why.
    """
    command = [sys.executable, "-m", "tools.index", "--port", "0", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().decode().strip()
            if not address:
                raise RuntimeError("the index did not start")
            yield address
        finally:
            process.terminate()


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Serve until this process is told to end.

    Raises:
        CalledProcessError: If a wheel of this tree cannot be built.
        SystemExit: With status 2, for wrong arguments.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    fallback = options.fallback or elsewhere()
    if fallback is not None and not fallback.startswith(("http://", "https://")):
        # A client that is sent to a file refuses to go there.
        parser.error(f"the fallback must be on a web server, but is {fallback}")

    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        folder = options.folder
        if folder is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="index-"))
        path = Path(folder).absolute()
        if options.family:
            build(path)
        _serve(path, options.port, fallback)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.index",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, default=PORT, help=f"default {PORT}; 0 is a free one")
    add("--folder", help="where the files are kept; default: one that goes at the end")
    add("--family", action="store_true", help="with the wheels of this tree in it")
    add("--fallback", metavar="URL", help="the index for all other names")
    return parser


def _serve(folder: Path, port: int, fallback: Optional[str]) -> None:
    # Here and not at the top: who only asks for help needs no server.
    import pypiserver

    settings = {} if fallback is None else {"fallback_url": fallback}
    application = pypiserver.app(
        roots=[folder], authenticate=[], password_file=".", **settings
    )
    with make_server(
        "127.0.0.1", port, application, server_class=_Server, handler_class=_Handler
    ) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        print(f"{address}\n{_HELP.format(url=address)}", flush=True)
        server.serve_forever()


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    """Answers several requests at a time: uv asks for many at once."""

    daemon_threads = True
    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    """Says nothing of requests that went well, nor of those that did not."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
