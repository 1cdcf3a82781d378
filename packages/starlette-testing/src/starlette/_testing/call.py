"""One call of the application for one HTTP request, in the calling thread.

The response is either gathered until the application has returned, or read in
parts while it runs.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Iterator, Optional

from starlette._testing._httpx import httpx
from starlette._testing.defaults import LEAVE_TIMEOUT
from starlette._testing.http import HTTPExchange
from starlette._testing.pool import RunnerPool, stop, warn_unclosed
from starlette._testing.results import (
    failure_of,
    note_extensions,
    response_from,
    still_running_error,
    timeout_error,
)
from starlette.types import ASGIApp, Scope

__all__ = ("Call", "ResponseStream")


class Call:
    """Runs the application once.

    Args:
        app: An ASGI 3 application.
        scope: The scope of the request.
        request: What it was made of.
        pool: Lends the event loop.
        raises: Whether the application's errors are raised.
        limit: How long to wait for it, in seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        request: httpx.Request,
        pool: RunnerPool,
        *,
        raises: bool,
        limit: Optional[float],
    ) -> None:
        self.request = request
        self._app = app
        self._scope = scope
        self._pool = pool
        self._raises = raises
        self._limit = limit

    def run(self) -> httpx.Response:
        """Return the response, once the application has returned."""
        runner = self._pool.acquire()
        try:
            self._start(runner, is_streamed=False)
            self._wait(self.job.has_ended)
        finally:
            self._pool.release(runner)
        self.check()
        return response_from(self.exchange, self.request)

    def stream(self) -> httpx.Response:
        """Return the response as soon as it is started."""
        stream = ResponseStream(self)
        stream.open()
        try:
            self._start(stream.runner, is_streamed=True)
            self._wait(lambda: self.exchange.status is not None or self.job.is_done)
            if self.exchange.status is None:
                self.check()
        except BaseException:
            stream.abandon()
            raise
        response = response_from(self.exchange, self.request, stream)
        stream.response_extensions = response.extensions
        return response

    def next_part(self) -> Optional[bytes]:
        """Return the next part of the body; None when the application has ended."""
        parts, job = self.exchange.parts, self.job
        self._wait(lambda: parts or job.is_done)
        if parts:
            part = parts.popleft()
            self.runner.post(self.exchange.take)
            return part
        self.check()
        return None

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

    def check(self) -> None:
        """Raise what the test should see of the application's end, if it should."""
        error = failure_of(self.job, self.exchange)
        if error is not None and self._raises:
            raise error

    def _start(self, runner: Any, *, is_streamed: bool) -> None:
        self.runner = runner
        self.exchange = HTTPExchange(
            runner,
            self.request.read(),
            is_head=self.request.method == "HEAD",
            is_streamed=is_streamed,
        )
        self.job = runner.spawn(
            self._app, self._scope, self.exchange.receive, self.exchange.send
        )

    def _wait(self, is_ready: Callable[[], Any]) -> None:
        try:
            if self.runner.wait(is_ready, self._limit):
                return
        except BaseException:
            # Ctrl-C, in the midst of the application.
            stop(self.runner, self.job)
            raise
        stop(self.runner, self.job)
        self.job.take_error()
        raise timeout_error(self.request, self._limit)


class ResponseStream(httpx.SyncByteStream):
    """The body of a response that is still being sent."""

    def __init__(self, call: Call) -> None:
        self.response_extensions: Any = {}
        self._call = call
        self._stack = contextlib.ExitStack()

    def open(self) -> None:
        """Borrow the event loop that the application is going to run on."""
        self.runner = self._stack.enter_context(self._call._pool.lend(self))

    def __iter__(self) -> Iterator[bytes]:
        part = self._call.next_part()
        while part is not None:
            yield part
            part = self._call.next_part()
        note_extensions(self.response_extensions, self._call.exchange)

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
        request = self._call.request
        return f"The response to {request.method} {request.url}"

    def __del__(self) -> None:
        if self in self._call._pool.in_use:
            warn_unclosed(self)

    def abandon(self) -> None:
        """Close it, and swallow what the application says to that."""
        with contextlib.suppress(Exception):
            self.close()
