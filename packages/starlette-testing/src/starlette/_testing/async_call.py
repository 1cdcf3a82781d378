"""One call of the application for one HTTP request, on the caller's event loop."""

from __future__ import annotations

import contextlib
from typing import Any, AsyncIterator, Callable, List, Optional

from starlette._testing._httpx import httpx
from starlette._testing.defaults import LEAVE_TIMEOUT
from starlette._testing.local import LocalRunner
from starlette._testing.results import CallBase, still_running_error

__all__ = ("AsyncCall", "AsyncResponseStream")


class AsyncCall(CallBase):
    """Runs the application once, in a task of its own."""

    runner: LocalRunner

    async def run(self, body: bytes) -> httpx.Response:
        """Return the response, once the application has returned."""
        self._start(body, is_streamed=False)
        await self._wait(self.job.has_ended)
        self.check()
        return self.response()

    async def stream(self, body: bytes, open_streams: List[Any]) -> httpx.Response:
        """Return the response as soon as it is started."""
        self._start(body, is_streamed=True)
        await self._wait(self.is_answered)
        if self.exchange.status is None:
            self.check()
        return self.response(AsyncResponseStream(self, open_streams))

    async def next_part(self) -> Optional[bytes]:
        """Return the next part of the body; None when the application has ended."""
        await self._wait(self.has_part)
        part = self.pop_part()
        if part is not None:
            self.exchange.take()
        return part

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

    def _start(self, body: bytes, *, is_streamed: bool) -> None:
        self.runner = LocalRunner()
        self.begin(self.runner, body, is_streamed=is_streamed)

    async def _wait(self, is_ready: Callable[[], Any]) -> None:
        try:
            if await self.runner.wait(is_ready, self._limit):
                return
        except BaseException:
            # The test itself is cancelled.
            await self.runner.stop(self.job)
            raise
        await self.runner.stop(self.job)
        raise self.timeout_error()


class AsyncResponseStream(httpx.AsyncByteStream):
    """The body of a response that is still being sent."""

    def __init__(self, call: AsyncCall, open_streams: List[Any]) -> None:
        self._call = call
        self._open = open_streams
        open_streams.append(self)

    # Not a generator: one that is left early would have to be closed by the test.
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        part = await self._call.next_part()
        if part is None:
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
        return self._call.describe()

    async def abandon(self) -> None:
        """Close it, and swallow what the application says to that."""
        with contextlib.suppress(Exception):
            await self.aclose()
