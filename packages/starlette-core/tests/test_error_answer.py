"""Headers on the answer to an exception that nobody handled."""

from __future__ import annotations

from typing import Any, Callable, Dict

import pytest

from starlette._error_answer import wrap_error_answer
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.responses import PlainTextResponse
from starlette.testing import Recorder, Script, http_scope
from starlette.types import ASGIApp, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio


class Boom(Exception):
    """Raised by the applications that are meant to fail."""


def adding(value: bytes) -> Callable[[Send], Send]:
    def wrapper(send: Send) -> Send:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], (b"x-layer", value)]
                message = {**message, "headers": headers}
            await send(message)

        return send_more

    return wrapper


def layer(app: ASGIApp, value: bytes) -> ASGIApp:
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            # A copy, as some middleware hands on.
            await app(dict(scope), receive, send)
        except Boom as exc:
            wrap_error_answer(exc, adding(value))
            raise

    return run


def raising(exc: Exception) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise exc

    return app


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    raise Boom


async def fail_late(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("early")(scope, receive, send)
    raise Boom


async def call(app: ASGIApp, scope: Dict[str, Any]) -> Recorder:
    recorder = Recorder()
    with pytest.raises(Boom):
        await app(scope, Script.http(), recorder)
    return recorder


async def test_middleware_that_leaves_wrappers_behind() -> None:
    """
    The answer passes them from the inside out, as it would pass the middleware.
    """
    app = ServerErrorMiddleware(layer(layer(fail, b"inner"), b"outer"))
    recorder = await call(app, http_scope())

    assert recorder.status == 500
    assert recorder.headers.getlist("x-layer") == ["inner", "outer"]


async def test_a_handler_of_all_exceptions() -> None:
    """
    Its response passes them too.
    """

    def handler(request: Any, exc: Exception) -> PlainTextResponse:
        return PlainTextResponse("sorry", status_code=503)

    app = ServerErrorMiddleware(layer(fail, b"yes"), handler=handler)
    recorder = await call(app, http_scope())

    assert recorder.status == 503
    assert recorder.headers.getlist("x-layer") == ["yes"]


async def test_a_response_that_has_started() -> None:
    """
    Nothing more is sent.
    """
    recorder = await call(
        ServerErrorMiddleware(layer(fail_late, b"late")), http_scope()
    )

    assert recorder.body == b"early"
    assert "x-layer" not in recorder.headers


async def test_a_middleware_that_stands_alone() -> None:
    """
    Without a layer that answers, leaving a wrapper does nothing.
    """
    recorder = await call(layer(fail, b"nobody"), http_scope())

    assert recorder.messages == []


async def test_an_exception_that_nobody_answers() -> None:
    """
    Raised again and again, it does not gather wrappers without end.
    """
    boom = Boom()
    for number in range(100):
        wrap_error_answer(boom, adding(b"%d" % number))

    recorder = await call(ServerErrorMiddleware(raising(boom)), http_scope())

    assert len(recorder.headers.getlist("x-layer")) == 32


async def test_two_requests() -> None:
    """
    What one has left behind does not show in the other, be it the same exception.
    """
    app = ServerErrorMiddleware(layer(raising(Boom()), b"once"))
    await call(app, http_scope())
    recorder = await call(app, http_scope())

    assert recorder.headers.getlist("x-layer") == ["once"]
