"""WebSockets: the handshake, and who speaks from then on.

Two protocols run over them, told apart by the subprotocol (RFC 6455, section 1.9):
``graphql-transport-ws`` in ``transport_ws.py``, and the one it took the place of,
``graphql-ws``, in ``legacy_ws.py``.

A browser lets any page open a WebSocket to any host, and sends cookies along.  So a
handshake that says which page it comes from is accepted from pages of the same host,
and of the origins that the program allows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable, Iterable, Optional, Tuple, Type

from starlette._authority import scope_authority
from starlette._graphql.ws_messages import FORBIDDEN, SUBPROTOCOL_NOT_ACCEPTABLE
from starlette.websockets import WebSocket, WebSocketDisconnect

if TYPE_CHECKING:
    from starlette._graphql.ws_session import Session
    from starlette.types import Receive, Scope, Send

__all__ = ("WebSocketOptions", "serve")

TRANSPORT_WS = "graphql-transport-ws"
LEGACY_WS = "graphql-ws"
SUBPROTOCOLS = (TRANSPORT_WS, LEGACY_WS)


_ORIGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[^/?#@\s]+)", re.ASCII)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class WebSocketOptions:
    """What a program decides about its WebSockets.

    Args:
        subprotocols: Those that are spoken: ``"graphql-transport-ws"``, and
            ``"graphql-ws"`` for older clients.
        allowed_origins: Origins besides the program's own whose pages may connect,
            such as ``"https://example.org"``; ``"*"`` for all.
        on_connect: Called with the ``WebSocket`` and the payload of the client's first
            message, a dict that may be empty.  It returns a mapping to be sent with
            the acknowledgement, or None; it raises ``ConnectionRejected``, or returns
            False, to close the connection.  May be a coroutine function.
        on_disconnect: Called with the ``WebSocket`` when a connection that was
            acknowledged has ended.  May be a coroutine function.
        connection_init_timeout: Seconds that a client has for its first message.
        keep_alive: Seconds between the pings that are sent; None for none.
        max_operations: How many operations a client may have at once.

    Attributes:
        subprotocols: As given, and so are all the others.

    Raises:
        ValueError: An argument is none of the above.
        TypeError: A hook cannot be called.
    """

    __slots__ = (
        "allowed_origins",
        "connection_init_timeout",
        "keep_alive",
        "max_operations",
        "on_connect",
        "on_disconnect",
        "subprotocols",
    )

    def __init__(
        self,
        *,
        subprotocols: Iterable[str] = (TRANSPORT_WS,),
        allowed_origins: Iterable[str] = (),
        on_connect: Optional[Callable[..., Any]] = None,
        on_disconnect: Optional[Callable[..., Any]] = None,
        connection_init_timeout: float = 60.0,
        keep_alive: Optional[float] = None,
        max_operations: int = 100,
    ) -> None:
        self.subprotocols: Tuple[str, ...] = _subprotocols(subprotocols)
        self.allowed_origins: Tuple[str, ...] = _origins(allowed_origins)
        self.on_connect: Optional[Callable[..., Any]] = _hook("on_connect", on_connect)
        self.on_disconnect: Optional[Callable[..., Any]] = _hook(
            "on_disconnect", on_disconnect
        )
        if not _is_number(connection_init_timeout):
            raise ValueError(
                "`connection_init_timeout` must be a number above 0, "
                f"but got {connection_init_timeout!r}"
            )
        if not (keep_alive is None or _is_number(keep_alive)):
            raise ValueError(
                f"`keep_alive` must be a number above 0 or None, but got {keep_alive!r}"
            )
        if type(max_operations) is not int or max_operations < 1:
            raise ValueError(
                f"`max_operations` must be an int above 0, but got {max_operations!r}"
            )
        self.connection_init_timeout: float = connection_init_timeout
        self.keep_alive: Optional[float] = keep_alive
        self.max_operations: int = max_operations

    def is_welcome(self, scope: Scope) -> bool:
        """Tell whether the page that a handshake comes from, if any, may connect."""
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        if not origins:
            # No browser.  Who is none has no cookies but its own.
            return True
        if "*" in self.allowed_origins:
            return True
        if len(origins) > 1:
            return False
        origin = origins[0].decode("latin-1").lower()
        return _normal(origin) in self.allowed_origins or _is_own(origin, scope)

    def choose(self, offered: Iterable[str]) -> Optional[str]:
        """Return the first subprotocol in the client's order that is spoken here."""
        for name in offered:
            if name in self.subprotocols:
                return name
        return None


async def serve(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one WebSocket, from the handshake to the close.

    Args:
        app: The ``GraphQLApp``.
        scope: Of type ``websocket``.
        receive: The ASGI callable.
        send: The ASGI callable.
    """
    options: WebSocketOptions = app.websocket_options
    websocket: WebSocket[Any] = WebSocket(scope, receive, send)
    try:
        await websocket.receive()
        if not options.is_welcome(scope):
            await websocket.close(FORBIDDEN, "Forbidden")
            return
        subprotocol = options.choose(scope.get("subprotocols") or ())
        await websocket.accept(subprotocol)
        if subprotocol is None:
            # Accepted first, or the client would see a 403 and no code.
            await websocket.close(
                SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable"
            )
            return
    except (WebSocketDisconnect, OSError):
        return
    await _session_class(subprotocol)(app, websocket).run()


def _session_class(subprotocol: str) -> Type[Session]:
    # Imported here: a program that has no subscriptions needs neither.
    if subprotocol == TRANSPORT_WS:
        from starlette._graphql.transport_ws import TransportSession

        return TransportSession
    from starlette._graphql.legacy_ws import LegacySession

    return LegacySession


def _subprotocols(given: Iterable[str]) -> Tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if name not in SUBPROTOCOLS:
            raise ValueError(
                f"`subprotocols` must be among {SUBPROTOCOLS}, but got {name!r}"
            )
    return names


def _origins(given: Iterable[str]) -> Tuple[str, ...]:
    origins = (given,) if isinstance(given, str) else tuple(given)
    for origin in origins:
        if not (
            origin in ("*", "null")
            or (isinstance(origin, str) and _ORIGIN.fullmatch(origin.lower()))
        ):
            raise ValueError(
                "`allowed_origins` must be like 'https://example.org', "
                f"'null' or '*', but got {origin!r}"
            )
    return tuple(_normal(origin.lower()) for origin in origins)


def _normal(origin: str) -> str:
    """Return *origin* without the port that goes without saying."""
    scheme, _, host = origin.partition("://")
    port = _DEFAULT_PORTS.get(scheme)
    return origin[: -len(port)] if port and host.endswith(port) else origin


def _is_own(origin: str, scope: Scope) -> bool:
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return False
    authority = scope_authority(scope, scope.get("scheme", "ws")).lower()
    scheme = match["scheme"]
    if not authority or _normal(origin) != _normal(f"{scheme}://{authority}"):
        return False
    # A proxy may have taken TLS off without telling, so that a page over https finds
    # a socket without.  The other way round, anyone on the way may have been the page.
    return scheme == "https" or (
        scheme == "http" and scope.get("scheme", "ws") in ("ws", "http")
    )


def _hook(
    name: str, given: Optional[Callable[..., Any]]
) -> Optional[Callable[..., Any]]:
    if given is not None and not callable(given):
        raise TypeError(f"`{name}` must be callable, but got {given!r}")
    return given


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
