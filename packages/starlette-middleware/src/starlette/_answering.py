"""A middleware's own answer, in place of the application's."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = ("answer",)


async def answer(
    response: Response, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send *response*; refuse a WebSocket with it if the server can send it.

    Without the extension "Websocket Denial Response" a close before the handshake is
    all that can be said; the server makes it a 403.
    """
    can_deny = "websocket.http.response" in (scope.get("extensions") or ())
    if scope["type"] == "http" or can_deny:
        await response(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000, "reason": ""})
