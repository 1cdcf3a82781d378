"""From an httpx request to the scope of a connection, and to whoever answers it.

A WebSocket is answered with a 101 that carries its scope: the handshake goes
through httpx like any request, with its headers, cookies and authentication.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from starlette._testing._httpx import httpx
from starlette._testing.call import Call
from starlette._testing.pool import RunnerPool
from starlette.types import ASGIApp, Scope

__all__ = (
    "STREAMED",
    "WEBSOCKET",
    "ClientTransport",
    "TransportBase",
    "connection_scope",
    "time_limit",
    "upgrade",
)

# Keys of `request.extensions`: the response is read in parts; the request is
# the handshake of a session (in the response, its scope).
STREAMED = "starlette.testclient.streamed"
WEBSOCKET = "starlette.testclient.websocket"

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class TransportBase:
    """What both kinds of transport know.

    Args:
        app: An ASGI 3 application.
        raise_server_exceptions: Whether the application's errors are raised,
            or answered with a 500.
        root_path: For the scope.
        client: For the scope.
        max_wait: How long to wait for the application, in seconds, unless the
            request has a timeout of its own; None is for ever.

    Attributes:
        app_state: What the scope's ``state`` is a copy of.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        raise_server_exceptions: bool,
        root_path: str,
        client: Tuple[str, int],
        max_wait: Optional[float],
    ) -> None:
        self.app = app
        self.raise_server_exceptions = raise_server_exceptions
        self.root_path = root_path
        self.client = client
        self.max_wait = max_wait
        self.app_state: Dict[str, Any] = {}

    def scope_of(self, request: httpx.Request) -> Scope:
        """Return the scope of the connection that *request* asks for."""
        return connection_scope(
            request, self.root_path, self.client, self.app_state.copy()
        )


class ClientTransport(TransportBase, httpx.BaseTransport):
    """Calls the application for each request of an httpx client.

    Args:
        app: An ASGI 3 application.
        pool: Lends the event loop.
        **settings: As for the base.
    """

    def __init__(self, app: ASGIApp, pool: RunnerPool, **settings: Any) -> None:
        super().__init__(app, **settings)
        self.pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Call the application, and return its response.

        Raises:
            BaseException: Whatever the application raised.
        """
        scope = self.scope_of(request)
        if scope["type"] == "websocket":
            return upgrade(request, scope)
        call = Call(
            self.app,
            scope,
            request,
            raises=self.raise_server_exceptions,
            limit=time_limit(request, self.max_wait),
        )
        if STREAMED in request.extensions:
            return call.stream(self.pool)
        return call.run(self.pool)


def connection_scope(
    request: httpx.Request,
    root_path: str,
    client: Tuple[str, int],
    state: Dict[str, Any],
) -> Scope:
    """Return the scope of an HTTP request, or of a WebSocket, by the URL's scheme.

    The path is percent-decoded once; ``raw_path`` and ``query_string`` are as
    they stand in the URL.
    """
    url = request.url
    raw_path, _, query = url.raw_path.partition(b"?")
    scope: Dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "path": url.path,
        "raw_path": raw_path,
        "root_path": root_path,
        "scheme": url.scheme,
        "query_string": query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": client,
        "server": [
            url.raw_host.decode("ascii"),
            url.port or _DEFAULT_PORTS[url.scheme],
        ],
        "state": state,
    }
    if url.scheme in ("ws", "wss"):
        offered = request.headers.get("sec-websocket-protocol")
        scope["type"] = "websocket"
        scope["subprotocols"] = offered.split(", ") if offered else []
        scope["extensions"] = {"websocket.http.response": {}}
    else:
        scope["method"] = request.method
        scope["extensions"] = {
            "http.response.debug": {},
            "http.response.early_hint": {},
            "http.response.trailers": {},
        }
    return scope


def upgrade(request: httpx.Request, scope: Scope) -> httpx.Response:
    """Return a response that carries the scope of a WebSocket.

    Raises:
        RuntimeError: The request is not the handshake of a session.
    """
    if WEBSOCKET not in request.extensions:
        raise RuntimeError(
            f"{scope['scheme']}:// needs `websocket_connect`, but got a "
            f"{request.method} request for {request.url}"
        )
    return httpx.Response(101, extensions={WEBSOCKET: scope}, request=request)


def time_limit(request: httpx.Request, default: Optional[float]) -> Optional[float]:
    """Return how long to wait for the application: what ``timeout=`` says of reads."""
    timeout: Optional[float] = request.extensions.get("timeout", {}).get("read")
    return default if timeout is None else timeout
