"""Requests that came in the clear are sent to HTTPS, WebSockets to WSS.

Behind a proxy that ends TLS the scheme of a request is what the proxy says; without
a middleware or a server that reads its headers, every request looks as if it came in
the clear and is redirected for ever.
"""

from __future__ import annotations

import re

from starlette._answering import answer
from starlette._authority import scope_authority
from starlette.datastructures import URL
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("HTTPSRedirectMiddleware",)

SECURE = {"http": "https", "ws": "wss"}
# What a scope means that does not say it (ASGI, "HTTP Connection Scope").
DEFAULT = {"http": "http", "websocket": "ws"}
_STANDARD_PORT = re.compile(r":(?:80|443)?$")


class HTTPSRedirectMiddleware:
    """Redirects requests to the same URL with the scheme ``https`` or ``wss``.

    The status is 307: the method stays.  Ports 80 and 443 are dropped, another one
    stays.  The host is that of the request, or of the server if the request names
    none or none that could be one; if neither does, the answer is 400.

    Args:
        app: The application inside; it sees nothing but secure requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, or redirect."""
        if scope["type"] in DEFAULT:
            scheme = scope.get("scheme") or DEFAULT[scope["type"]]
            if scheme in SECURE:
                await answer(_redirect(scope, scheme), scope, receive, send)
                return
        # Spelled out: an object is called by a detour.
        await self.app.__call__(scope, receive, send)  # type: ignore[operator]


def _redirect(scope: Scope, scheme: str) -> Response:
    authority = scope_authority(scope, scheme)
    if not authority:
        # Without a host a path that starts with two slashes would name one.
        return PlainTextResponse("Invalid host header", status_code=400)
    url = URL(scope=scope).replace(
        scheme=SECURE[scheme], netloc=_STANDARD_PORT.sub("", authority)
    )
    return RedirectResponse(url)
