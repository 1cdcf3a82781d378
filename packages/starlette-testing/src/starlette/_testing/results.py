"""From what an application sent to an httpx response, or to an error."""

from __future__ import annotations

from typing import Any, Dict, Optional

from starlette._testing._httpx import httpx
from starlette._testing.http import HTTPExchange
from starlette._testing.jobs import Job

__all__ = (
    "failure_of",
    "note_extensions",
    "response_from",
    "still_running_error",
    "timeout_error",
)


def failure_of(job: Job, exchange: HTTPExchange) -> Optional[BaseException]:
    """Return what the test should see of an application that has ended."""
    error = job.take_error()
    if error is None and exchange.status is None:
        return AssertionError("TestClient did not receive any response.")
    if error is not None and exchange.has_left:
        from starlette.requests import ClientDisconnect

        # The client did leave; an application that says so is right.
        return None if isinstance(error, ClientDisconnect) else error
    return error


def response_from(
    exchange: HTTPExchange, request: httpx.Request, stream: Any = None
) -> httpx.Response:
    """Return the response as far as it was sent; a 500 if none was."""
    response = httpx.Response(
        500 if exchange.status is None else exchange.status,
        headers=exchange.headers,
        stream=httpx.ByteStream(b"".join(exchange.parts)) if stream is None else stream,
        request=request,
    )
    note_extensions(response.extensions, exchange)
    debug = exchange.extensions.get("http.response.debug", {})
    for name in ("template", "context"):
        if name in debug:
            setattr(response, name, debug[name])
    return response


def note_extensions(extensions: Dict[str, Any], exchange: HTTPExchange) -> None:
    """Put what the application said beside the body where users look for it."""
    extensions.update(exchange.extensions)
    if exchange.trailers:
        extensions["http.response.trailers"] = httpx.Headers(exchange.trailers)


def timeout_error(request: httpx.Request, limit: Optional[float]) -> httpx.ReadTimeout:
    """Return the error of a request that was not answered in time."""
    return httpx.ReadTimeout(
        f"The application did not answer {request.method} {request.url} within "
        f"{limit} seconds.",
        request=request,
    )


def still_running_error(request: httpx.Request, limit: float) -> RuntimeError:
    """Return the error of an application that does not end when its client leaves."""
    return RuntimeError(
        f"The application went on for {limit} seconds after its client had left the "
        f"response to {request.method} {request.url}, and was cancelled."
    )
