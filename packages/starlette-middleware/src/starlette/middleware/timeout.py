"""A deadline for responses: ``TimeoutMiddleware``."""

from __future__ import annotations

from math import inf
from typing import Any, Awaitable, Mapping, Optional

import anyio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("RequestTimeout", "TimeoutMiddleware", "set_timeout")

_KEY = "starlette.timeout"


class RequestTimeout(TimeoutError):
    """A response was cut short: it had started, and was not complete in time.

    Args:
        seconds: How much time there was.

    Attributes:
        seconds: As given.
    """

    def __init__(self, seconds: Optional[float]) -> None:
        super().__init__(f"The response was not complete after {seconds} seconds.")
        self.seconds = seconds


class TimeoutMiddleware:
    """Cancels the application when it takes too long, and answers 504.

    It answers exhaustion: requests that wait for a database or another service, or for
    a body that the client sends byte by byte, hold connections and memory until there
    are none left.

    The time begins with the request.  What the application awaits is cancelled, on
    asyncio and on trio; only a function in a worker thread is waited for: it cannot be
    stopped.  A response that has started cannot become a 504:
    ``RequestTimeout`` is raised, so that the server breaks the connection off, and
    nobody takes the half for the whole.  Background tasks, which run after the
    response, have all the time they want.  WebSockets pass by.

    Another ``TimeoutMiddleware`` further in, such as one of a route, sets the time of
    its requests, shorter or longer:
    ``Route(..., middleware=[Middleware(TimeoutMiddleware, seconds=300)])``.
    ``set_timeout`` does the same for one request.

    Args:
        app: The application inside.
        seconds: How long a response may take; ``None`` is as long as it likes.
        whole_response: Whether it must be complete in that time, and not only have
            started.

    Raises:
        ValueError: *seconds* is not positive.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        seconds: Optional[float] = 30.0,
        whole_response: bool = True,
    ) -> None:
        _check(seconds)
        self.app = app
        self.seconds = seconds
        self.whole_response = whole_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application as long as it may.

        Raises:
            RequestTimeout: The response was cut short.
            Exception: What the application raises, unchanged.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        deadline: Optional[_Deadline] = scope.get(_KEY)
        if deadline is not None:
            deadline.whole_response = self.whole_response
            deadline.set(self.seconds)
            await self.app(scope, receive, send)
            return
        deadline = _Deadline(self.seconds, self.whole_response, send)
        scope[_KEY] = deadline
        try:
            await self._run(deadline, scope, receive, send)
        finally:
            del scope[_KEY]

    async def _run(
        self, deadline: _Deadline, scope: Scope, receive: Receive, send: Send
    ) -> None:
        with deadline.scope:
            await self.app(scope, receive, deadline)
        if deadline.scope.cancel_called and not deadline.is_complete:
            if deadline.has_started:
                raise RequestTimeout(deadline.seconds)
            from starlette.responses import PlainTextResponse

            await PlainTextResponse("Gateway Timeout", 504)(scope, receive, send)


class _Deadline:
    """The time that one request has; a ``send`` that notes how far the response is.

    Args:
        seconds: As for the middleware.
        whole_response: As for the middleware.
        send: The channel that messages are passed on to.
    """

    __slots__ = (
        "_began",
        "_send",
        "has_started",
        "has_trailers",
        "is_complete",
        "scope",
        "seconds",
        "whole_response",
    )

    def __init__(
        self, seconds: Optional[float], whole_response: bool, send: Send
    ) -> None:
        self.seconds = seconds
        self.whole_response = whole_response
        self.has_started = self.has_trailers = self.is_complete = False
        self._began = anyio.current_time()
        self._send = send
        self.scope = anyio.CancelScope(deadline=self._end)

    @property
    def _end(self) -> float:
        return inf if self.seconds is None else self._began + self.seconds

    def set(self, seconds: Optional[float]) -> None:
        """Give the request *seconds*, from its beginning."""
        self.seconds = seconds
        if not (self.is_complete or (self.has_started and not self.whole_response)):
            self.scope.deadline = self._end

    # Not a coroutine function: it hands on the awaitable it gets.
    def __call__(self, message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind == "http.response.start":
            self.has_started = True
            self.has_trailers = message.get("trailers", False)
            if not self.whole_response:
                self.scope.deadline = inf
        elif kind == "http.response.body":
            if not message.get("more_body", False) and not self.has_trailers:
                return self._send_last(message)
        elif kind == "http.response.trailers":
            if not message.get("more_trailers", False):
                return self._send_last(message)
        elif kind == "http.response.pathsend":
            return self._send_last(message)
        return self._send(message)

    async def _send_last(self, message: Message) -> None:
        # A client that reads slowly may keep this one waiting too.
        await self._send(message)
        self.is_complete = True
        self.scope.deadline = inf


def set_timeout(scope: Mapping[str, Any], seconds: Optional[float]) -> None:
    """Give one request another time, from its beginning.

    Without a ``TimeoutMiddleware`` around it this has no effect.

    Args:
        scope: The scope, or the request.
        seconds: How long the response may take; ``None`` is as long as it likes.

    Raises:
        ValueError: *seconds* is not positive.
    """
    _check(seconds)
    deadline = scope.get(_KEY)
    if isinstance(deadline, _Deadline):
        deadline.set(seconds)


def _check(seconds: Optional[float]) -> None:
    if seconds is not None and not seconds > 0:
        raise ValueError(f"`seconds` must be positive or None, but got {seconds!r}.")
