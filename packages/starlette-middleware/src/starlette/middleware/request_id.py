"""A name for every request: ``RequestIDMiddleware``."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from functools import partial
from typing import Awaitable, Callable, Optional, Tuple

from starlette._error_answer import wrap_error_answer
from starlette._headers import header_value
from starlette._send_tracker import SendTracker
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("RequestIDMiddleware", "request_id")

request_id: ContextVar[Optional[str]] = ContextVar("request_id", default=None)
"""The id of the request that is being handled; for log records."""

# Nothing that ends a line of a log, or is markup in what shows it.
_IS_ID = re.compile(rb"[A-Za-z0-9._~:+/=-]{1,128}").fullmatch

_STARTS = frozenset(
    ("http.response.start", "websocket.accept", "websocket.http.response.start")
)


def _random_id() -> str:
    return os.urandom(16).hex()


class RequestIDMiddleware:
    """Gives every request and WebSocket an id, and tells it to the client.

    It answers a failure that nobody can find: log records of many requests stand
    mixed, and what the user saw cannot be found among them.  The id is in
    ``request.state.request_id``, in the context variable ``request_id``, and in a
    header of the response, also of the answer to an unhandled exception.

    Args:
        app: The application inside.
        header_name: Of the response, and of the request if that is trusted.
        trust_incoming: Whether an id that the request brings is kept, if it has 1 to
            128 letters, digits and ``._~:+/=-``.  For applications behind a proxy that
            sets it; from others it could be one that is in use.
        generate: Makes an id; 32 random hexadecimal digits by default.

    Raises:
        ValueError: *header_name* cannot be one; or, with a request, what *generate*
            returns cannot be in a header.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        header_name: str = "x-request-id",
        trust_incoming: bool = False,
        generate: Callable[[], str] = _random_id,
    ) -> None:
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", header_name):
            raise ValueError(f"`header_name` must be a token, but got {header_name!r}.")
        self.app = app
        self._name = header_name.lower().encode("ascii")
        self._trust_incoming = trust_incoming
        self._generate = generate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with an id.

        Raises:
            Exception: What the application raises, unchanged.
        """
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        name = (self._trust_incoming and self._incoming(scope)) or self._generate()
        scope.setdefault("state", {})["request_id"] = name
        pair = self._name, header_value(name)
        tracker = send if type(send) is SendTracker else None
        if tracker is None:
            send = _sending(pair, send)
        else:
            # Behind the tracker and not around it: what is further in knows it by its
            # class, and would put a second one on top.
            inner = tracker.send
            tracker.send = _sending(pair, inner)
        token = request_id.set(name)
        try:
            # Spelled out: an object is called by a detour.
            await self.app.__call__(scope, receive, send)  # type: ignore[operator]
        except Exception as exc:
            wrap_error_answer(exc, partial(_sending, pair))
            raise
        finally:
            request_id.reset(token)
            if tracker is not None:
                tracker.send = inner

    def _incoming(self, scope: Scope) -> Optional[str]:
        found = [value for name, value in scope["headers"] if name == self._name]
        if len(found) == 1 and _IS_ID(found[0]):
            return str(found[0].decode("ascii"))
        return None


def _sending(pair: Tuple[bytes, bytes], send: Send) -> Send:
    # Defaults, because each variable from outside would be made an object.  Not a
    # coroutine function: it hands on the awaitable it gets.
    def send_with_id(
        message: Message, pair: Tuple[bytes, bytes] = pair, send: Send = send
    ) -> Awaitable[None]:
        if message["type"] in _STARTS:
            given = message.get("headers") or ()
            headers = [other for other in given if other[0] != pair[0]]
            message = {**message, "headers": [*headers, pair]}
        return send(message)

    return send_with_id
