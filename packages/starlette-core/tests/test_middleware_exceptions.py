"""The middleware that turns exceptions into answers, by itself."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, List

import pytest

from starlette.exceptions import HTTPException, WebSocketException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testing import Recorder, Script, exchange, http_scope, lifespan_scope
from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


def raising(exc: Exception) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise exc

    return app


async def handler(request: Request, exc: Exception) -> Response:
    return PlainTextResponse(type(exc).__name__)


@pytest.mark.parametrize("status", [400, 404, 405, 418, 503])
async def test_http_exception(status: int) -> None:
    """
    It is answered with its status, its detail as text, and its headers.
    """
    exc = HTTPException(status, "sentence", {"x-reason": "test"})
    recorder = await exchange(ExceptionMiddleware(raising(exc)), http_scope())

    assert recorder.status == status
    assert recorder.body == b"sentence"
    assert recorder.headers["x-reason"] == "test"
    assert recorder.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("status", [204, 304])
async def test_http_exception_without_a_body(status: int) -> None:
    """
    Statuses that have no content get none.
    """
    exc = HTTPException(status, headers={"x-reason": "test"})
    recorder = await exchange(ExceptionMiddleware(raising(exc)), http_scope())

    assert recorder.status == status
    assert recorder.body == b""
    assert recorder.headers["x-reason"] == "test"


async def test_handlers() -> None:
    """
    They are given to the constructor or added later; the last one counts.
    """
    middleware = ExceptionMiddleware(
        raising(HTTPException(404)), handlers={HTTPStatus.NOT_FOUND: handler}
    )
    by_status = await exchange(middleware, http_scope())
    middleware = ExceptionMiddleware(raising(KeyError()))
    middleware.add_exception_handler(LookupError, handler)
    by_class = await exchange(middleware, http_scope())

    assert by_status.body == b"HTTPException"
    assert by_class.body == b"KeyError"


@pytest.mark.parametrize(
    "key", ["404", None, object, BaseException, HTTPException(404)]
)
def test_wrong_key(key: Any) -> None:
    """
    What is no exception class and no status is refused.
    """
    with pytest.raises(AssertionError, match="must be a subclass of Exception"):
        ExceptionMiddleware(raising(KeyError()), handlers={key: handler})


async def test_unhandled() -> None:
    """
    What nobody handles passes through, and nothing is sent.
    """
    boom = KeyError()
    recorder = Recorder()
    with pytest.raises(KeyError) as caught:
        await ExceptionMiddleware(raising(boom))(http_scope(), Script.http(), recorder)

    assert caught.value is boom
    assert recorder.messages == []


async def test_cancellation_is_no_exception_to_handle() -> None:
    """
    What is not an ``Exception`` is not caught.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await exchange(ExceptionMiddleware(app), http_scope())


async def test_other_scopes() -> None:
    """
    A lifespan passes by untouched, and keeps its ``send``.
    """
    seen: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((dict(scope), send))

    recorder = Recorder()
    scope = lifespan_scope()
    await ExceptionMiddleware(app)(scope, Script.lifespan(), recorder)

    assert seen == [(lifespan_scope(), recorder)]


async def test_default_handlers_know_their_exceptions() -> None:
    """
    Called with another exception by hand, they refuse.
    """
    middleware = ExceptionMiddleware(raising(KeyError()), debug=True)
    assert middleware.debug
    with pytest.raises(AssertionError, match="must be an HTTPException"):
        await middleware.http_exception(Request(http_scope()), KeyError())
    with pytest.raises(AssertionError, match="must be a WebSocketException"):
        await middleware.websocket_exception(None, KeyError())  # type: ignore[arg-type]


def test_tables_for_tools() -> None:
    """
    Tools wrap the handlers they find in the tables.
    """
    middleware = ExceptionMiddleware(raising(KeyError()), handlers={404: handler})

    assert set(middleware._exception_handlers) == {HTTPException, WebSocketException}
    assert middleware._status_handlers == {404: handler}
