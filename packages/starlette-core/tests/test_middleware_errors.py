"""What is answered when an application raises, and what is not.

What the page for programmers shows is tested in ``test_debug_page.py``.
"""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any, List, Tuple

import pytest

from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testing import (
    Recorder,
    Script,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

pytestmark = pytest.mark.anyio


class Boom(Exception):
    """Raised by the applications that are meant to fail."""


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    raise Boom("<b>boom</b>")


async def fail_late(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("early")(scope, receive, send)
    raise Boom


async def call(app: Any, scope: Scope) -> Tuple[Recorder, Any]:
    """Return what was sent, and the error that came out, if any."""
    recorder, error = Recorder(), None
    try:
        await app(scope, Script.http(b"body"), recorder)
    except BaseException as exc:
        error = exc
    return recorder, error


HTML = {"accept": "application/xhtml+xml, Text/HTML;q=0.9"}


async def test_an_application_that_does_not_raise() -> None:
    """
    Its messages pass unchanged.
    """
    recorder, error = await call(
        ServerErrorMiddleware(PlainTextResponse("fine")), http_scope()
    )

    assert recorder.status == 200
    assert recorder.body == b"fine"
    assert error is None


async def test_an_application_that_raises() -> None:
    """
    The client learns that, and no more; the error comes out.
    """
    recorder, error = await call(ServerErrorMiddleware(fail), http_scope())

    assert recorder.status == 500
    assert recorder.body == b"Internal Server Error"
    assert recorder.headers["content-type"] == "text/plain; charset=utf-8"
    assert recorder.is_complete
    assert type(error) is Boom


@pytest.mark.parametrize("debug", [False, True])
async def test_an_application_that_raises_after_the_response_has_started(
    debug: bool,
) -> None:
    """
    There is no second response.
    """
    app = ServerErrorMiddleware(fail_late, debug=debug)
    recorder, error = await call(app, http_scope())

    assert len(recorder.of_type("http.response.start")) == 1
    assert recorder.body == b"early"
    assert type(error) is Boom


@pytest.mark.parametrize("scope", [websocket_scope(), lifespan_scope()])
async def test_other_scopes(scope: Scope) -> None:
    """
    Nothing is sent there; the very channels reach the application.
    """
    seen: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope, receive, send))
        raise Boom

    script, recorder = Script(), Recorder()
    with pytest.raises(Boom):
        await ServerErrorMiddleware(app, debug=True)(scope, script, recorder)

    assert seen == [(scope, script, recorder)]
    assert recorder.messages == []


async def test_a_session_that_ends_well() -> None:
    """
    It passes through as it is.
    """
    recorder, error = await call(
        ServerErrorMiddleware(WebSocketClose()), websocket_scope()
    )

    assert recorder.close_code == 1000
    assert error is None


async def test_an_exception_that_is_not_an_error() -> None:
    """
    What ends the process is not answered.
    """

    async def leave(scope: Scope, receive: Receive, send: Send) -> None:
        raise SystemExit

    recorder, error = await call(ServerErrorMiddleware(leave), http_scope())

    assert recorder.messages == []
    assert type(error) is SystemExit


# -- handlers -------------------------------------------------------------------


async def test_a_handler() -> None:
    """
    It gets the request and the error, and its response is sent; the error comes out.
    """

    async def handle(request: Request, exc: Exception) -> Response:
        body = (await request.body()).decode()
        facts = f"{request.method} {body} {type(exc).__name__}"
        return PlainTextResponse(facts, status_code=503)

    app = ServerErrorMiddleware(fail, handler=handle)
    recorder, error = await call(app, http_scope("PUT"))

    assert recorder.status == 503
    assert recorder.body == b"PUT body Boom"
    assert type(error) is Boom


async def test_a_handler_that_is_a_plain_function() -> None:
    """
    It runs in a worker thread.
    """
    threads: List[int] = []

    def handle(request: Request, exc: Exception) -> Response:
        threads.append(threading.get_ident())
        return PlainTextResponse("handled")

    app = ServerErrorMiddleware(fail, handler=handle)
    recorder, _ = await call(app, http_scope())

    assert recorder.body == b"handled"
    assert threads != [threading.get_ident()]


async def test_a_handler_after_the_response_has_started() -> None:
    """
    It is called, since it may log; its response is dropped.
    """
    calls: List[Exception] = []

    async def handle(request: Request, exc: Exception) -> Response:
        calls.append(exc)
        return PlainTextResponse("late")

    app = ServerErrorMiddleware(fail_late, handler=handle)
    recorder, error = await call(app, http_scope())

    assert calls == [error]
    assert recorder.body == b"early"


async def test_a_handler_that_returns_nothing() -> None:
    """
    It is told what it should have done.
    """

    async def handle(request: Request, exc: Exception) -> None:
        return None

    app = ServerErrorMiddleware(fail, handler=handle)
    recorder, error = await call(app, http_scope())

    assert recorder.messages == []
    assert type(error) is TypeError
    assert "`handler` must return a response" in str(error)
    assert type(error.__cause__) is Boom


async def test_a_handler_that_raises() -> None:
    """
    Its error comes out, with the first one behind it.
    """

    async def handle(request: Request, exc: Exception) -> Response:
        raise LookupError

    app = ServerErrorMiddleware(fail, handler=handle)
    recorder, error = await call(app, http_scope())

    assert recorder.messages == []
    assert type(error) is LookupError
    assert type(error.__context__) is Boom


# -- debug ----------------------------------------------------------------------


async def test_debug_for_other_programs() -> None:
    """
    They get the traceback as plain text.
    """
    app = ServerErrorMiddleware(fail, debug=True)
    recorder, error = await call(app, http_scope(headers={"accept": "*/*"}))
    body = recorder.body.decode()

    assert recorder.status == 500
    assert recorder.headers["content-type"] == "text/plain; charset=utf-8"
    assert body.startswith("Traceback (most recent call last):\n")
    assert body.endswith("Boom: <b>boom</b>\n")
    assert type(error) is Boom


async def test_debug_for_browsers() -> None:
    """
    They get a page that may load and run nothing.
    """
    app = ServerErrorMiddleware(fail, debug=True)
    recorder, error = await call(app, http_scope(headers=HTML))

    assert recorder.status == 500
    assert recorder.headers["content-type"] == "text/html; charset=utf-8"
    assert recorder.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'"
    )
    assert b"&lt;b&gt;boom&lt;/b&gt;" in recorder.body
    assert b"<b>boom</b>" not in recorder.body
    assert type(error) is Boom


async def test_debug_goes_before_the_handler() -> None:
    """
    The programmer sees the traceback, not what users will see.
    """

    async def handle(request: Request, exc: Exception) -> Response:
        raise AssertionError  # pragma: no cover (that is the test)

    app = ServerErrorMiddleware(fail, handler=handle, debug=True)
    recorder, error = await call(app, http_scope())

    assert recorder.body.startswith(b"Traceback")
    assert type(error) is Boom


@pytest.mark.parametrize("headers", [{}, HTML])
async def test_debug_of_an_error_with_text_that_cannot_be_encoded(headers: Any) -> None:
    """
    The page shows the code points.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise Boom("caf\udce9")

    recorder, error = await call(
        ServerErrorMiddleware(app, debug=True), http_scope(headers=headers)
    )

    assert rb"caf\udce9" in recorder.body
    assert type(error) is Boom


async def test_debug_is_rendered_in_a_worker_thread() -> None:
    """
    Reading source files does not hold up other requests.
    """
    threads: List[int] = []

    class Noting(ServerErrorMiddleware):
        def generate_html(self, exc: Exception, limit: int = 7) -> str:
            threads.append(threading.get_ident())
            return "mine"

    recorder, _ = await call(Noting(fail, debug=True), http_scope(headers=HTML))

    assert recorder.body == b"mine"
    assert threads != [threading.get_ident()]


async def test_the_parts_that_a_subclass_may_override() -> None:
    """
    The page is made of frames, and frames of lines.
    """

    class Loud(ServerErrorMiddleware):
        def generate_frame_html(self, frame: Any, is_collapsed: bool) -> str:
            html = super().generate_frame_html(frame, is_collapsed)
            return f"[frame {frame.function} {is_collapsed}]{html}"

        def format_line(
            self, index: int, line: str, frame_lineno: int, frame_index: int
        ) -> str:
            html = super().format_line(index, line, frame_lineno, frame_index)
            return f"[line {frame_lineno - frame_index + index}]{html}"

    recorder, _ = await call(Loud(fail, debug=True), http_scope(headers=HTML))
    page = recorder.body.decode()
    lineno = fail.__code__.co_firstlineno + 1

    assert "[frame __call__ True]" in page
    assert "[frame fail False]" in page
    assert f'[line {lineno}]<span class="running">' in page


async def test_the_responses_that_a_subclass_may_override() -> None:
    """
    One for users, one for programmers.
    """

    class Plain(ServerErrorMiddleware):
        def error_response(self, request: Request, exc: Exception) -> Response:
            return PlainTextResponse("sorry", status_code=500)

        def debug_response(self, request: Request, exc: Exception) -> Response:
            return PlainTextResponse("look", status_code=500)

    for_users, _ = await call(Plain(fail), http_scope())
    for_programmers, _ = await call(Plain(fail, debug=True), http_scope())

    assert for_users.body == b"sorry"
    assert for_programmers.body == b"look"


# -- what is left ---------------------------------------------------------------


class Payload:
    """Something that a request holds."""


@pytest.mark.parametrize("debug", [False, True])
async def test_a_request_that_failed(debug: bool) -> None:
    """
    Nothing of it is kept once its error has been dealt with.
    """
    app = ServerErrorMiddleware(fail, debug=debug)
    scope = http_scope(payload=Payload())
    payload = weakref.ref(scope["payload"])
    gc.disable()
    try:
        # Not with call(): it would keep the error, and with it every frame.
        try:
            await app(scope, Script.http(), Recorder())
        except Boom:
            del scope
        alive = payload()
    finally:
        gc.enable()

    assert alive is None
