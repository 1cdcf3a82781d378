"""What the client asks for when it opens a WebSocket."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence
from urllib.parse import urljoin

from starlette._testing._httpx import httpx
from starlette._testing.transport import WEBSOCKET

__all__ = ("handshake_request",)


def handshake_request(
    url: str, subprotocols: Optional[Sequence[str]], options: Dict[str, Any]
) -> Dict[str, Any]:
    """Return the arguments of ``request`` for the handshake of RFC 6455, section 4.1.

    Args:
        url: A path, or a URL of ``ws`` or ``wss``.
        subprotocols: What to offer, in the order of preference.
        options: Further arguments of ``request``.

    Raises:
        RuntimeError: *url* has another scheme.
    """
    full_url = urljoin("ws://testserver", str(url))
    if not full_url.startswith(("ws:", "wss:")):
        raise RuntimeError(
            "Expected WebSocket upgrade: `url` must be a path, or begin with ws:// or "
            f"wss://, but got {url!r}"
        )
    headers = httpx.Headers(options.get("headers"))
    headers.setdefault("connection", "upgrade")
    headers.setdefault("sec-websocket-key", "testserver==")
    headers.setdefault("sec-websocket-version", "13")
    if subprotocols is not None:
        headers.setdefault("sec-websocket-protocol", ", ".join(subprotocols))
    extensions = {**(options.get("extensions") or {}), WEBSOCKET: True}
    return {
        **options,
        "method": "GET",
        "url": full_url,
        "headers": headers,
        "extensions": extensions,
    }
