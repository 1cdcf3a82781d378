"""Origins: RFC 6454, and where a request was sent to."""

from __future__ import annotations

import re
from typing import Optional

from starlette.types import Scope

__all__ = ("own_origin", "parse_origin")

_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[^/?#@:\[\]\s\\]+)(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_OF_WEBSOCKETS = {"ws": "http", "wss": "https"}


def parse_origin(text: str) -> Optional[str]:
    """Return an origin in its one spelling; ``None`` if *text* is no origin.

    In lower case, without the port that goes without saying.
    """
    match = _ORIGIN.fullmatch(text)
    if match is None:
        return None
    scheme, host, port = match.group("scheme", "host", "port")
    scheme, host = scheme.lower(), host.lower()
    if port is None or port == _DEFAULT_PORTS.get(scheme):
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{port}"


def own_origin(scope: Scope) -> Optional[str]:
    """Return the origin that the client has sent this request to.

    That of a WebSocket is the page's that may open it: ``http`` or ``https``.
    """
    scheme = scope.get("scheme", "http")
    scheme = _OF_WEBSOCKETS.get(scheme, scheme)
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1:
        return None
    return parse_origin(f"{scheme}://{hosts[0].decode('latin-1')}")
