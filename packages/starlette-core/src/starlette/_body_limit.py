"""How large a request body may be: ``max_body_size``.

The outermost limit puts a counting ``receive`` in place and a ``Budget`` on the
scope; every limit further in (router, mount, route) only changes the budget.  So
the innermost limit holds, whether it is smaller or larger, and bytes are counted
once.  What nobody reads is not counted: the limit protects memory and disk of the
application, and an endpoint that ignores the body has nothing to protect.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, Optional, Tuple

from starlette._send_tracker import SendTracker
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("BodyLimit", "ContentTooLarge", "check_limit", "limited")

BUDGET = "starlette.body_budget"


class ContentTooLarge(HTTPException):
    """The request body is larger than ``max_body_size``: RFC 9110, 15.5.14.

    Args:
        limit: The limit that holds, in bytes.
        http_version: That of the connection, as in the scope.

    Attributes:
        limit: As given.
    """

    def __init__(self, limit: int, http_version: str = "1.1") -> None:
        # The rest of the body is not read, so that the connection cannot be used
        # again; the server is told to end it.  From HTTP/2 on it is a stream that
        # ends, and the header must not be sent (RFC 9113, section 8.2.2).
        is_stream = http_version[:1] not in "01"
        headers = None if is_stream else {"connection": "close"}
        super().__init__(413, "Content Too Large", headers)
        self.limit = limit


class Budget:
    """What is allowed and what has been read, shared by all layers."""

    __slots__ = ("limit", "received")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.received = 0


class CountedReceive:
    """A ``receive`` that raises ``ContentTooLarge`` at the limit of *budget*.

    It is the same channel as the one it is made from: what has been read of the body
    outside of the limit is known inside.
    """

    __slots__ = ("announced", "budget", "channel", "scope")

    def __init__(self, scope: Scope, receive: Receive, budget: Budget) -> None:
        self.channel = receive
        self.budget = budget
        # Looked at when the body is: most requests have none.
        self.scope = scope
        self.announced = -1

    async def __call__(self) -> Message:
        budget = self.budget
        if self.announced < 0:
            self.announced = announced_length(self.scope["headers"])
        # Before reading: an announced length says it all (RFC 9110, 8.6).
        if self.announced > budget.limit:
            raise self._refusal()
        message = await self.channel()
        if message["type"] == "http.request":
            budget.received += len(message.get("body") or b"")
            if budget.received > budget.limit:
                raise self._refusal()
        return message

    def _refusal(self) -> ContentTooLarge:
        version = self.scope.get("http_version", "1.1")
        return ContentTooLarge(self.budget.limit, version)


def announced_length(headers: Iterable[Tuple[bytes, bytes]]) -> int:
    """Return the ``Content-Length`` among *headers* of a request, or 0."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0


class BodyLimit:
    """An application with a limit to the request bodies it reads.

    Args:
        app: The application inside.
        max_body_size: In bytes, 0 or more.

    Raises:
        ValueError: *max_body_size* is negative or no whole number.
    """

    def __init__(self, app: ASGIApp, max_body_size: int) -> None:
        check_limit(max_body_size)
        self.app = app
        self.max_body_size = max_body_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; answer 413 if nobody inside did."""
        app: Any = self.app
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        if BUDGET in scope:
            scope[BUDGET].limit = self.max_body_size
            await app(scope, receive, send)
            return
        budget = scope[BUDGET] = Budget(self.max_body_size)
        counted = CountedReceive(scope, receive, budget)
        tracker = send if type(send) is SendTracker else SendTracker(send)
        try:
            # Spelled out: an object is called by a detour.
            await app.__call__(scope, counted, tracker)
        except ContentTooLarge as exc:
            if tracker.response_started:
                raise
            await refuse(exc, scope, receive, send)


def check_limit(max_body_size: int) -> None:
    """Refuse what cannot be a limit.

    Raises:
        ValueError: *max_body_size* is negative or no whole number.
    """
    if not isinstance(max_body_size, int) or max_body_size < 0:
        raise ValueError(
            "`max_body_size` must be a number of bytes, 0 or more, "
            f"but got {max_body_size!r}"
        )


async def refuse(
    exc: ContentTooLarge, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer 413 where no exception handler stands further out."""
    from starlette.responses import PlainTextResponse

    headers: Dict[str, Any] = dict(exc.headers or {})
    await PlainTextResponse(exc.detail, exc.status_code, headers)(scope, receive, send)


def limited(app: ASGIApp, max_body_size: Optional[int]) -> ASGIApp:
    """Return *app* with a limit, or *app* itself where there is none."""
    return app if max_body_size is None else BodyLimit(app, max_body_size)
