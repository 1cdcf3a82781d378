"""What every example does as a command: read a port, say where it is, and serve.

The programs themselves know nothing of it; any ASGI server can run them.
"""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys

import uvicorn

from starlette.types import ASGIApp

__all__ = ("command_line", "port_number", "serve")


def command_line(name: str, description: str) -> argparse.ArgumentParser:
    """A parser with the options that all examples have.

    Args:
        name: Of the example's package.
        description: For `--help`.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m examples.{name}", description=description
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to serve on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=os.environ.get("PORT") or "8000",
        help="port to serve on; 0 takes a free one (default: $PORT, or 8000)",
    )
    return parser


def port_number(text: str) -> int:
    """A port number, or a sentence that says what one looks like."""
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65535):
        raise argparse.ArgumentTypeError(
            f"a port must be a number from 0 to 65535, but got {text!r}"
        )
    return int(text)


def serve(
    app: ASGIApp, options: argparse.Namespace, title: str, path: str = ""
) -> None:
    """Serve *app* until Ctrl-C.

    Args:
        app: The program.
        options: What the parser of `command_line` found.
        title: What is printed before the address.
        path: Where in the program one begins.

    Raises:
        SystemExit: With one sentence, if the address cannot be served on.
    """
    host = options.host
    listener = _listen(host, options.port)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}{path}"
    print(f"{title} at {url} (Ctrl-C ends it).", flush=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        # uvicorn has already shut down in good order; it passes the signal on.
        pass


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sys.exit(f"Port {port} on {host} is taken: choose another with --port.")
        sys.exit(f"Cannot serve on {host}, port {port}: {error.strerror}.")
