"""Servers in processes of their own: what each can do, how one is started and ended.

A server is ready when it answers, and has ended when its process was waited for;
nothing here sleeps for a fixed time, and nothing waits for ever.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Tuple, TypeVar, cast

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.programs import kept_port

__all__ = (
    "DEADLINE",
    "SERVERS",
    "Connection",
    "Running",
    "Server",
    "reset",
    "start",
    "wait_for",
)

HERE = Path(__file__).resolve().parent
DEADLINE = 60.0  # seconds; generous, because it is reached by failures alone
# What a client of WebSockets may take to open one, and to close it.
WAITS = {"open_timeout": DEADLINE, "close_timeout": DEADLINE}
POLL = 0.01  # seconds between two looks at something that is awaited

T = TypeVar("T")


@dataclass(frozen=True)
class Server:
    """One server program, and what it cannot do.

    Attributes:
        name: What the tests are called by.
        module: What `python -m` runs.
        options: The command line; `{port}` stands for the port.
        patience: More options, with which a shutdown waits for requests as long as a
            test may need.  Without them it ends soon, whatever is still open.
        fails_by_status: Whether a startup that fails shows in the exit status.
            The main process of hypercorn survives its worker, and ends with 0.
        closes_port: Whether the port is closed as soon as a shutdown begins.  The main
            process of hypercorn keeps it open, and lets in who is never served.
        sends_accept_headers: Whether the headers of `websocket.accept` are sent.
        passes_close_code: Whether `websocket.disconnect` has the client's code; it
            is 1006, "closed abnormally", otherwise.
        tells_sender: Whether sending to a WebSocket whose client is gone fails.
            Where it does not, receiving is the only way to know.
        replies_while_sending: Whether it can reply to a ping or a close while the
            program sends.  The trio worker of hypercorn may end with an error of
            trio then: two tasks send on one socket.
        refuses_chunks: Whether it answers a malformed chunked body itself.  granian
            makes a disconnect of it, and the program fails on what is missing.
        waits_for_background: Whether a shutdown waits for background tasks.  granian
            counts a request as over with the last byte of its answer.
        ends_websockets: Whether a shutdown ends the WebSockets that are open in good
            order.  granian may panic over one, and the program then never hears.
    """

    name: str
    module: str
    options: Tuple[str, ...]
    patience: Tuple[str, ...] = ()
    fails_by_status: bool = True
    closes_port: bool = True
    sends_accept_headers: bool = True
    passes_close_code: bool = True
    tells_sender: bool = True
    replies_while_sending: bool = True
    refuses_chunks: bool = True
    waits_for_background: bool = True
    ends_websockets: bool = True

    def command(self, port: int, *more: str) -> List[str]:
        """The command that serves `program:app` on a port of the loopback."""
        options = [option.format(port=port) for option in self.options]
        return [sys.executable, "-m", self.module, *options, *more, "program:app"]


# Connections are kept for longer than a test may stand still; granian does so.
UVICORN = (
    *("--host=127.0.0.1", "--port={port}", "--log-level=warning"),
    "--timeout-keep-alive=60",
)
HYPERCORN = ("--bind=127.0.0.1:{port}", "--log-level=warning", "--keep-alive=60")
GRANIAN = ("--host=127.0.0.1", "--port={port}", "--interface=asgi", "--no-access-log")

SERVERS = (
    Server("uvicorn-h11", "uvicorn", (*UVICORN, "--http=h11", "--ws=wsproto")),
    Server(
        "uvicorn-httptools",
        "uvicorn",
        (*UVICORN, "--http=httptools", "--ws=websockets"),
    ),
    Server(
        "hypercorn-asyncio",
        "hypercorn",
        (*HYPERCORN, "--worker-class=asyncio", "--workers=0"),
        patience=("--graceful-timeout=60",),
        passes_close_code=False,
        tells_sender=False,
    ),
    Server(
        "hypercorn-trio",
        "hypercorn",
        # Without a process of its own, the trio worker ignores SIGTERM.
        (*HYPERCORN, "--worker-class=trio", "--workers=1"),
        patience=("--graceful-timeout=60",),
        fails_by_status=False,
        closes_port=False,
        passes_close_code=False,
        tells_sender=False,
        replies_while_sending=False,
    ),
    Server(
        "granian",
        "granian",
        GRANIAN,
        sends_accept_headers=False,
        tells_sender=False,
        refuses_chunks=False,
        waits_for_background=False,
        ends_websockets=False,
    ),
)


def wait_for(what: str, look: Callable[[], Optional[T]], within: float = DEADLINE) -> T:
    """The first result of *look* that is not None (or False).

    Raises:
        TimeoutError: *what* did not come about in time.
    """
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:  # pragma: no cover (a failure)
            raise TimeoutError(f"No {what} within {within} seconds")
        time.sleep(POLL)


def reset(connection: socket.socket) -> None:
    """Close a connection with RST instead of FIN: what was not sent yet never is."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.shutdown(socket.SHUT_RD)
    connection.close()


class KeptOpen(io.BufferedReader):
    """A reader that outlives the answers which are read from it."""

    def close(self) -> None:
        """Leave it open: the connection closes its socket itself."""


class Connection:
    """A plain TCP connection to a server: sends any bytes, reads HTTP answers."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self._reader = KeptOpen(socket.SocketIO(self.socket, "rb"))

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send these bytes; a server that has heard enough may have hung up."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def answer(self, method: str = "GET") -> Tuple[HTTPResponse, bytes]:
        """The next answer on this connection, read as one to this method.

        Raises:
            http.client.HTTPException: The server hung up instead.
        """
        response = HTTPResponse(cast(socket.socket, self), method=method)
        response.begin()
        return response, response.read()

    def makefile(self, mode: str) -> io.BufferedReader:
        """The one reader of this connection: what it has read ahead is not lost."""
        return self._reader

    def reset(self) -> None:
        """Go away at once, as a client does that crashes."""
        reset(self.socket)


@dataclass
class Running:
    """A server at work, and the ways to talk to it."""

    server: Server
    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    _output: Path = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """What the server has printed so far."""
        return self._output.read_text(errors="replace")

    def client(self) -> httpx.Client:
        """A client of its own, which holds its connections open."""
        return httpx.Client(base_url=self.url, timeout=DEADLINE, trust_env=False)

    def connection(self) -> Connection:
        """A plain socket."""
        return Connection(self.port)

    @contextlib.contextmanager
    def websocket(self, path: str, **options: Any) -> Iterator[ClientConnection]:
        """A WebSocket that is open until the end of the block."""
        # A socket of our own is never led through a proxy.
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)
        url = f"ws://127.0.0.1:{self.port}{path}"
        with plain, connect(url, sock=plain, **{**WAITS, **options}) as websocket:
            yield websocket

    def notes(self, key: str) -> List[str]:
        """What the program has written down under a key, in order."""
        lines = (self.folder / "log").read_text().splitlines()
        return [line[len(key) + 1 :] for line in lines if line.startswith(f"{key} ")]

    def wait_for_note(self, key: str, text: str) -> None:
        """Wait until the program has written this down."""
        wait_for(f"{text!r} of {key}", lambda: any(text in n for n in self.notes(key)))

    def accepts(self) -> bool:
        """Whether a connection can be made."""
        with socket.socket() as probe:
            probe.settimeout(DEADLINE)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def answers(self) -> bool:
        """Whether a request is answered; a server may listen before it is ready.

        Raises:
            RuntimeError: The process has ended, or the program fails.
        """
        if self.process.poll() is not None:  # pragma: no cover (a failure)
            raise RuntimeError(self.output)
        try:
            with self.client() as client:
                answer = client.get("/hello")
        except httpx.TransportError:
            return False
        if answer.is_error:  # pragma: no cover (a failure)
            raise RuntimeError(self.output)
        return True

    def terminate(self) -> None:
        """Ask for the end, as a service manager does."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """The exit status, once the process has ended."""
        return self.process.wait(timeout=DEADLINE)


@contextlib.contextmanager
def start(
    server: Server, folder: Path, *options: str, **environment: str
) -> Iterator[Running]:
    """Start a server on a free port, in a process group that does not outlive this.

    The caller decides what to wait for: a server that refuses to start is a case
    that is tested, too.
    """
    folder = folder / uuid.uuid4().hex
    folder.mkdir()
    log = folder / "log"
    log.touch()
    variables = {"PROGRAM_LOG": str(log), "PROGRAM_FOLDER": str(folder)}
    with kept_port() as port:
        with open(folder / "output", "wb") as output:
            process = subprocess.Popen(
                server.command(port, *options),
                cwd=HERE,
                env={**os.environ, **variables, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # The workers of a server are ended together with it.
                start_new_session=True,
            )
        running = Running(server, process, port, folder, folder / "output")
        try:
            yield running
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server, with its workers; kindly first, so that it ends in good order."""
    with contextlib.suppress(subprocess.TimeoutExpired, ProcessLookupError):
        process.terminate()
        process.wait(timeout=DEADLINE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=DEADLINE)
