"""One call of the application for one HTTP request, in the calling thread.

The response is either gathered until the application has returned, or read in
parts while it runs.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Iterator, Optional

from starlette._testing._httpx import httpx
from starlette._testing.defaults import LEAVE_TIMEOUT
from starlette._testing.pool import RunnerPool, stop, warn_unclosed
from starlette._testing.results import CallBase, still_running_error
from starlette._testing.runners import Runner

__all__ = ("Call", "ResponseStream")


class Call(CallBase):
    """Runs the application once, on an event loop of a pool."""

    runner: Runner

    def run(self, pool: RunnerPool) -> httpx.Response:
        """Return the response, once the application has returned."""
        runner = pool.acquire()
        try:
            self._start(runner, is_streamed=False)
            self._wait(self.job.has_ended)
        finally:
            pool.release(runner)
        self.check()
        return self.response()

    def stream(self, pool: RunnerPool) -> httpx.Response:
        """Return the response as soon as it is started."""
        stream = ResponseStream(self, pool)
        stream.open()
        try:
            self._start(stream.runner, is_streamed=True)
            self._wait(self.is_answered)
            if self.exchange.status is None:
                self.check()
        except BaseException:
            stream.abandon()
            raise
        return self.response(stream)

    def next_part(self) -> Optional[bytes]:
        """Return the next part of the body; None when the application has ended."""
        self._wait(self.has_part)
        part = self.pop_part()
        if part is not None:
            self.runner.post(self.exchange.take)
        return part

    def leave(self) -> None:
        """Disconnect, and wait until the application has ended.

        Raises:
            RuntimeError: It did not end, and was cancelled.
        """
        if self.job.is_done:
            return
        self.runner.post(self.exchange.leave)
        if not self.runner.wait(self.job.has_ended, LEAVE_TIMEOUT):
            stop(self.runner, self.job)
            raise still_running_error(self.request, LEAVE_TIMEOUT)

    def _start(self, runner: Runner, *, is_streamed: bool) -> None:
        self.runner = runner
        self.begin(runner, self.request.read(), is_streamed=is_streamed)

    def _wait(self, is_ready: Callable[[], Any]) -> None:
        try:
            if self.runner.wait(is_ready, self._limit):
                return
        except BaseException:
            # Ctrl-C, in the midst of the application.
            stop(self.runner, self.job)
            raise
        stop(self.runner, self.job)
        raise self.timeout_error()


class ResponseStream(httpx.SyncByteStream):
    """The body of a response that is still being sent."""

    def __init__(self, call: Call, pool: RunnerPool) -> None:
        self._call = call
        self._pool = pool
        self._stack = contextlib.ExitStack()

    def open(self) -> None:
        """Borrow the event loop that the application is going to run on."""
        self.runner = self._stack.enter_context(self._pool.lend(self))

    def __iter__(self) -> Iterator[bytes]:
        part = self._call.next_part()
        while part is not None:
            yield part
            part = self._call.next_part()

    def close(self) -> None:
        """Leave the response: the application is told so, and waited for.

        Raises:
            BaseException: Whatever the application raised.
        """
        with self._stack.pop_all():
            self._call.leave()
        self._call.check()

    def describe(self) -> str:
        """Return what this is, to begin a sentence with."""
        return self._call.describe()

    def __del__(self) -> None:
        if self in self._pool.in_use:
            warn_unclosed(self)

    def abandon(self) -> None:
        """Close it, and swallow what the application says to that."""
        with contextlib.suppress(Exception):
            self.close()
