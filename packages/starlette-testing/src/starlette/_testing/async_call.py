"""One call of the application for one HTTP request, on the caller's event loop."""

from __future__ import annotations

import contextlib
from typing import Any, AsyncIterator, Callable, List, Optional

from starlette._testing._httpx import httpx
from starlette._testing.defaults import LEAVE_TIMEOUT
from starlette._testing.http import HTTPExchange
from starlette._testing.local import LocalRunner
from starlette._testing.results import (
    failure_of,
    note_extensions,
    response_from,
    still_running_error,
    timeout_error,
)
from starlette.types import ASGIApp, Scope

__all__ = ("AsyncCall", "AsyncResponseStream")


class AsyncCall:
    """Runs the application once, in a task of its own.

    Args:
        app: An ASGI 3 application.
        scope: The scope of the request.
        request: What it was made of.
        body: The body of the request.
        raises: Whether the application's errors are raised.
        limit: How long to wait for it, in seconds.
        is_streamed: Whether the response is read in parts.
    """

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        request: httpx.Request,
        body: bytes,
        *,
        raises: bool,
        limit: Optional[float],
        is_streamed: bool,
    ) -> None:
        self.request = request
        self.runner = LocalRunner()
        self.exchange = HTTPExchange(
            self.runner, body, is_head=request.method == "HEAD", is_streamed=is_streamed
        )
        self.job = self.runner.spawn(
            app, scope, self.exchange.receive, self.exchange.send
        )
        self._raises = raises
        self._limit = limit

    async def run(self) -> httpx.Response:
        """Return the response, once the application has returned."""
        await self._wait(self.job.has_ended)
        self.check()
        return response_from(self.exchange, self.request)

    async def stream(self, open_streams: List[Any]) -> httpx.Response:
        """Return the response as soon as it is started."""
        exchange, job = self.exchange, self.job
        await self._wait(lambda: exchange.status is not None or job.is_done)
        if exchange.status is None:
            self.check()
        stream = AsyncResponseStream(self, open_streams)
        response = response_from(exchange, self.request, stream)
        stream.response_extensions = response.extensions
        return response

    async def next_part(self) -> Optional[bytes]:
        """Return the next part of the body; None when the application has ended."""
        parts, job = self.exchange.parts, self.job
        await self._wait(lambda: parts or job.is_done)
        if parts:
            part = parts.popleft()
            self.exchange.take()
            return part
        self.check()
        return None

    async def leave(self) -> None:
        """Disconnect, and wait until the application has ended.

        Raises:
            RuntimeError: It did not end, and was cancelled.
        """
        if self.job.is_done:
            return
        self.exchange.leave()
        try:
            has_ended = await self.runner.wait(self.job.has_ended, LEAVE_TIMEOUT)
        finally:
            await self.runner.stop(self.job)
        if not has_ended:
            raise still_running_error(self.request, LEAVE_TIMEOUT)

    def check(self) -> None:
        """Raise what the test should see of the application's end, if it should."""
        error = failure_of(self.job, self.exchange)
        if error is not None and self._raises:
            raise error

    async def _wait(self, is_ready: Callable[[], Any]) -> None:
        try:
            if await self.runner.wait(is_ready, self._limit):
                return
        except BaseException:
            # The test itself is cancelled.
            await self.runner.stop(self.job)
            raise
        await self.runner.stop(self.job)
        self.job.take_error()
        raise timeout_error(self.request, self._limit)


class AsyncResponseStream(httpx.AsyncByteStream):
    """The body of a response that is still being sent."""

    def __init__(self, call: AsyncCall, open_streams: List[Any]) -> None:
        self.response_extensions: Any = {}
        self._call = call
        self._open = open_streams
        open_streams.append(self)

    # Not a generator: one that is left early would have to be closed by the test.
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        part = await self._call.next_part()
        if part is None:
            note_extensions(self.response_extensions, self._call.exchange)
            raise StopAsyncIteration
        return part

    async def aclose(self) -> None:
        """Leave the response: the application is told so, and waited for.

        Raises:
            BaseException: Whatever the application raised.
        """
        if self in self._open:
            self._open.remove(self)
            await self._call.leave()
            self._call.check()

    def describe(self) -> str:
        """Return what this is, to begin a sentence with."""
        request = self._call.request
        return f"The response to {request.method} {request.url}"

    async def abandon(self) -> None:
        """Close it, and swallow what the application says to that."""
        with contextlib.suppress(Exception):
            await self.aclose()
