"""The client as it was before the proxies: ``ProxyHeadersMiddleware``.

How the headers are read is in ``_forwarded.py``.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from starlette._forwarded import (
    Hop,
    MalformedForwarded,
    forwarded_hops,
    parse_node,
    trust,
)
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("ProxyHeadersMiddleware",)

_FOR, _PROTO = "x-forwarded-for", "x-forwarded-proto"
_HOST, _PORT = "x-forwarded-host", "x-forwarded-port"
_PREFIX = "x-forwarded-prefix"
_KNOWN = (_FOR, _PROTO, _HOST, _PORT, _PREFIX, "forwarded")

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_OF_WEBSOCKETS = {"http": "ws", "https": "wss"}
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

_NAME = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)"
_IS_HOST = re.compile(rf"{_NAME}(?::[0-9]{{1,5}})?", re.ASCII).fullmatch
_HAS_NO_PORT = re.compile(_NAME.encode("ascii")).fullmatch
_IS_PORT = re.compile(r"[0-9]{1,5}", re.ASCII).fullmatch
# Segments that mean the same in a path and in a URL.
_IS_PREFIX = re.compile(
    r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)+", re.ASCII
).fullmatch


class ProxyHeadersMiddleware:
    """Puts into the scope what trusted proxies say of the client.

    Without it an application behind a proxy takes the proxy for its client: logs and
    limits by address are of no use, and links and redirects lead to ``http``.  Done
    carelessly it lets everybody choose the address he seems to come from, which is the
    attack that this answers: nothing is believed unless the peer is in
    *trusted_proxies*, only headers in *headers* are believed, and of the addresses in
    them the last one that is not a trusted proxy's.

    ``client``, ``scheme``, the ``Host`` header, and ``root_path`` with ``path``, are
    replaced by what is said; ``X-Forwarded-Port`` completes a host that names no port.
    The headers themselves stay.

    Args:
        app: The application inside.
        trusted_proxies: The addresses and networks that proxies have; ``"unix"`` is
            who comes through a Unix socket.
        headers: Those that the proxies set, and take away from what clients send: any
            of ``x-forwarded-for``, ``x-forwarded-proto``, ``x-forwarded-host``,
            ``x-forwarded-port`` and ``x-forwarded-prefix``; or ``forwarded`` alone
            (RFC 7239).  One that a proxy lets through from clients must not be among
            them.

    Raises:
        ValueError: An argument is not what it must be.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        trusted_proxies: Sequence[str] = ("127.0.0.1", "::1"),
        headers: Sequence[str] = (_FOR, _PROTO),
    ) -> None:
        names = [] if isinstance(headers, str) else [name.lower() for name in headers]
        if not names or not set(names) <= set(_KNOWN):
            raise ValueError(
                f"`headers` must be a list of {', '.join(_KNOWN)}, but got {headers!r}."
            )
        if "forwarded" in names and len(names) > 1:
            raise ValueError(
                "`headers` must be 'forwarded' alone or others without it, "
                f"but got {headers!r}."
            )
        self.app = app
        self._names = frozenset(name.encode("ascii") for name in names)
        self._is_trusted = trust(trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with the client that the proxies have seen."""
        if scope["type"] in ("http", "websocket"):
            names = self._names
            # Before the peer is looked at, which costs more.
            for name, _ in scope["headers"]:
                if name in names:
                    if not self._believe(scope):
                        await _refuse(scope, receive, send)
                        return
                    break
        # Spelled out: an object is called by a detour.
        await self.app.__call__(scope, receive, send)  # type: ignore[operator]

    def _believe(self, scope: Scope) -> bool:
        """Change *scope* if the peer is trusted; tell whether it is well-formed."""
        client = scope.get("client")
        if not self._is_trusted(client[0] if client else None):
            return True
        return self._apply(scope, self._said(scope))

    def _said(self, scope: Scope) -> Dict[str, List[str]]:
        """Return the values of the headers that are believed."""
        said: Dict[str, List[str]] = {}
        names = self._names
        for name, value in scope["headers"]:
            if name in names:
                key = name.decode("ascii")
                said.setdefault(key, []).append(value.decode("latin-1"))
        return said

    def _apply(self, scope: Scope, said: Dict[str, List[str]]) -> bool:
        """Change *scope*; tell whether the headers were well-formed."""
        if "forwarded" in said:
            try:
                hop, _ = self._outermost(forwarded_hops(said["forwarded"]))
            except MalformedForwarded:
                return False
            port = prefix = None
        else:
            values = {name: _values(lines) for name, lines in said.items()}
            nodes = reversed(values.get(_FOR, ()))
            hop, count = self._outermost(Hop(parse_node(node)) for node in nodes)
            proto = _said_by(count, values.get(_PROTO))
            hop = Hop(hop.node, proto, _said_by(count, values.get(_HOST)))
            port = _said_by(count, values.get(_PORT))
            prefix = _said_by(count, values.get(_PREFIX))
        if hop.node is not None:
            scope["client"] = tuple(hop.node)
        _set_scheme(scope, hop.proto)
        _set_host(scope, hop.host)
        _set_port(scope, port)
        _set_prefix(scope, prefix)
        return True

    def _outermost(self, hops: Iterator[Hop]) -> Tuple[Hop, int]:
        """Return what the outermost trusted proxy says, and the number of proxies.

        An address that is not known ends the way: who stands before it is not known
        either.
        """
        outermost, count = Hop(None), 1
        for count, hop in enumerate(hops, 1):
            if hop.node is None:
                return Hop(outermost.node, hop.proto, hop.host), count
            outermost = hop
            if not self._is_trusted(hop.node.host):
                break
        return outermost, count


def _values(lines: Sequence[str]) -> List[str]:
    return [value.strip() for value in ",".join(lines).split(",")]


def _said_by(count: int, values: Optional[List[str]]) -> Optional[str]:
    """Return what the outermost of *count* proxies has said.

    Each proxy adds a value; where there are fewer, inner ones have passed on what the
    outer ones said.
    """
    return None if not values else values[-count:][0]


def _set_scheme(scope: Scope, proto: Optional[str]) -> None:
    scheme = _SCHEMES.get((proto or "").lower())
    if scheme is not None:
        is_websocket = scope["type"] == "websocket"
        scope["scheme"] = _OF_WEBSOCKETS[scheme] if is_websocket else scheme


def _set_host(scope: Scope, host: Optional[str]) -> None:
    if host is not None and _IS_HOST(host):
        others = [pair for pair in scope["headers"] if pair[0] != b"host"]
        scope["headers"] = [(b"host", host.encode("ascii")), *others]


def _set_port(scope: Scope, port: Optional[str]) -> None:
    """Complete a host that names no port: one that does has it from the client.

    A proxy that is itself behind a mapped port says another one than the client used.
    """
    if port is None or not _IS_PORT(port) or not 0 < int(port) < 65536:
        return
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    is_default = int(port) == _DEFAULT_PORTS.get(scope.get("scheme", "http"))
    if len(hosts) == 1 and _HAS_NO_PORT(hosts[0]) and not is_default:
        _set_host(scope, f"{hosts[0].decode('ascii')}:{int(port)}")


def _set_prefix(scope: Scope, prefix: Optional[str]) -> None:
    prefix = (prefix or "").rstrip("/")
    if _IS_PREFIX(prefix):
        # ASGI, "HTTP Connection Scope": the path begins with the root path.
        scope["root_path"] = prefix + scope.get("root_path", "")
        scope["path"] = prefix + scope["path"]
        if scope.get("raw_path") is not None:
            scope["raw_path"] = prefix.encode("ascii") + scope["raw_path"]


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    from starlette.responses import PlainTextResponse

    text = "The Forwarded header is malformed."
    await PlainTextResponse(text, 400)(scope, receive, send)
