"""A middleware that others can install: how long a response took, in a header.

It is found by the entry point in ``pyproject.toml``: where this distribution is
installed, ``starlette.ServerTimingMiddleware`` is the class below.
"""

from __future__ import annotations

from time import perf_counter

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("ServerTimingMiddleware",)


class ServerTimingMiddleware:
    """Adds ``Server-Timing: app;dur=<milliseconds>`` to every response.

    The time is that from the request to the start of its response.

    Args:
        app: The application inside.
        name: What was measured, as a token of RFC 9110, section 5.6.2.
    """

    def __init__(self, app: ASGIApp, name: str = "app") -> None:
        if not name.isidentifier():
            raise ValueError(f"`name` must be an identifier, but got {name!r}")
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside, and add the header on the way back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                elapsed = (perf_counter() - started) * 1000
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                headers.append("Server-Timing", f"{self.name};dur={elapsed:.3f}")
                message = {**message, "headers": headers.raw}
            await send(message)

        await self.app(scope, receive, timed)
