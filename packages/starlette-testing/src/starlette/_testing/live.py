"""A real server for an application, for tests with browsers and real clients."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Iterator, List, Optional

from starlette.types import ASGIApp

if TYPE_CHECKING:
    import uvicorn

__all__ = ("LiveServer", "live_server")

# How long the server may take to start, and its thread to end, in seconds.
TIMEOUT = 30.0


class LiveServer:
    """Where a running server is found.

    Attributes:
        host: The address it listens on.
        port: The port it listens on.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    @property
    def url(self) -> str:
        """The origin for HTTP, without a slash at the end."""
        return f"http://{self._authority}"

    @property
    def ws_url(self) -> str:
        """The origin for WebSockets, without a slash at the end."""
        return f"ws://{self._authority}"

    @property
    def _authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@contextlib.contextmanager
def live_server(
    app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0, **config: Any
) -> Iterator[LiveServer]:
    """Serve *app* with uvicorn, in a thread, for the time of a block.

    The server accepts connections when the block begins and has stopped when
    it is left; connections that are still open then have five seconds to end.

    Args:
        app: An ASGI application.
        host: The loopback address to listen on.
        port: The port to listen on; 0 takes a free one.
        **config: Options of ``uvicorn.Config``.

    Raises:
        RuntimeError: uvicorn is not installed, or the application did not
            start.
        OSError: The port is taken.
    """
    uvicorn = _uvicorn()
    options = {"log_level": "warning", "timeout_graceful_shutdown": 5, **config}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        with _running(server, listener):
            yield LiveServer(host, listener.getsockname()[1])


@contextlib.contextmanager
def _running(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
    has_started_or_ended = threading.Event()
    startup = server.startup

    async def startup_then_tell(sockets: Optional[List[socket.socket]] = None) -> None:
        await startup(sockets)
        has_started_or_ended.set()

    def serve() -> None:
        try:
            server.run(sockets=[listener])
        except SystemExit:
            # How newer versions say that it could not start.
            pass
        finally:
            has_started_or_ended.set()

    server.startup = startup_then_tell  # type: ignore[method-assign]
    thread = threading.Thread(target=serve, name="starlette-live-server", daemon=True)
    thread.start()
    try:
        has_started_or_ended.wait(TIMEOUT)
        if not server.started:
            raise RuntimeError(
                "The live server did not start; what the application said is in the "
                "log of uvicorn.error."
            )
        yield
    finally:
        server.should_exit = True
        thread.join(TIMEOUT)
        if thread.is_alive():
            raise RuntimeError(
                f"The live server did not stop within {TIMEOUT} seconds."
            )


def _uvicorn() -> Any:
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise RuntimeError(
            "A live server requires the uvicorn package to be installed.\n"
            "You can install this with:\n"
            "    $ pip install 'starlette-testing[server]'\n"
        ) from None
    return uvicorn
