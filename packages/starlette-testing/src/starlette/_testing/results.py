"""One call of the application, and what comes of it: a response, or an error.

The waiting is elsewhere: ``call.py`` blocks the calling thread, ``async_call.py``
only its task.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from starlette._testing._httpx import httpx
from starlette._testing.http import HTTPExchange
from starlette._testing.jobs import Job
from starlette._testing.types import JobHost
from starlette.types import ASGIApp, Scope

__all__ = ("CallBase", "still_running_error")


class CallBase:
    """A call of the application for one HTTP request.

    Args:
        app: An ASGI 3 application.
        scope: The scope of the request.
        request: What it was made of.
        raises: Whether the application's errors are raised.
        limit: How long to wait for it, in seconds.

    Attributes:
        request: As given.
        exchange: What has come of it, once it is begun.
        job: The application, once it is begun.
    """

    exchange: HTTPExchange
    job: Job

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        request: httpx.Request,
        *,
        raises: bool,
        limit: Optional[float],
    ) -> None:
        self.request = request
        self._app = app
        self._scope = scope
        self._raises = raises
        self._limit = limit
        self._extensions: Dict[str, Any] = {}

    def begin(self, runner: JobHost, body: bytes, *, is_streamed: bool) -> None:
        """Start the application with the body of the request.

        Args:
            runner: Runs it.
            body: All of it.
            is_streamed: Whether the response is read in parts.
        """
        self.exchange = HTTPExchange(
            runner,
            body,
            is_head=self.request.method == "HEAD",
            is_streamed=is_streamed,
        )
        self.job = runner.spawn(
            self._app, self._scope, self.exchange.receive, self.exchange.send
        )

    def is_answered(self) -> bool:
        """Return whether the response is started, or never will be."""
        return self.exchange.status is not None or self.job.is_done

    def has_part(self) -> bool:
        """Return whether there is a part of the body, or will be no more of them."""
        return bool(self.exchange.parts) or self.job.is_done

    def pop_part(self) -> Optional[bytes]:
        """Return a part of the body; None when the application has ended.

        Raises:
            BaseException: What the test should see of that end.
        """
        if self.exchange.parts:
            return self.exchange.parts.popleft()
        self.check()
        _note_extensions(self._extensions, self.exchange)
        return None

    def check(self) -> None:
        """Raise what the test should see of the application's end, if it should."""
        error = _failure_of(self.job, self.exchange)
        if error is not None and self._raises:
            raise error

    def response(self, stream: Any = None) -> httpx.Response:
        """Return the response as far as it was sent; *stream* reads the rest."""
        response = _response_from(self.exchange, self.request, stream)
        self._extensions = response.extensions
        return response

    def timeout_error(self) -> httpx.ReadTimeout:
        """Return the error of a call that took too long, and forget its own."""
        self.job.take_error()
        return httpx.ReadTimeout(
            f"The application did not answer {self.request.method} {self.request.url} "
            f"within {self._limit} seconds.",
            request=self.request,
        )

    def describe(self) -> str:
        """Return what the response is, to begin a sentence with."""
        return f"The response to {self.request.method} {self.request.url}"


def _failure_of(job: Job, exchange: HTTPExchange) -> Optional[BaseException]:
    """Return what the test should see of an application that has ended."""
    error = job.take_error()
    if error is None and exchange.status is None:
        return AssertionError("TestClient did not receive any response.")
    if error is not None and exchange.has_left:
        from starlette.requests import ClientDisconnect

        # The client did leave; an application that says so is right.
        return None if isinstance(error, ClientDisconnect) else error
    return error


def _response_from(
    exchange: HTTPExchange, request: httpx.Request, stream: Any = None
) -> httpx.Response:
    """Return the response as far as it was sent; a 500 if none was."""
    response = httpx.Response(
        500 if exchange.status is None else exchange.status,
        headers=exchange.headers,
        stream=httpx.ByteStream(b"".join(exchange.parts)) if stream is None else stream,
        request=request,
    )
    _note_extensions(response.extensions, exchange)
    debug = exchange.extensions.get("http.response.debug", {})
    for name in ("template", "context"):
        if name in debug:
            setattr(response, name, debug[name])
    return response


def _note_extensions(extensions: Dict[str, Any], exchange: HTTPExchange) -> None:
    """Put what the application said beside the body where users look for it."""
    extensions.update(exchange.extensions)
    if exchange.trailers:
        extensions["http.response.trailers"] = httpx.Headers(exchange.trailers)


def still_running_error(request: httpx.Request, limit: float) -> RuntimeError:
    """Return the error of an application that does not end when its client leaves."""
    return RuntimeError(
        f"The application went on for {limit} seconds after its client had left the "
        f"response to {request.method} {request.url}, and was cancelled."
    )
