"""Exceptions of endpoints, and the handlers that answer them."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any, Dict, List

import pytest

from starlette._exception_handler import wrap_app_handling_exceptions
from starlette.applications import Starlette
from starlette.exceptions import HTTPException, WebSocketException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute, request_response
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


class Boom(Exception):
    """What endpoints raise here."""


class LoudBoom(Boom):
    """A special case of it."""


def raising(exc: Exception) -> Route:
    """Return a route whose endpoint raises *exc*."""

    async def endpoint(request: Request) -> Response:
        raise exc

    return Route("/", endpoint)


def answering(text: str) -> Any:
    """Return a handler that answers with *text*."""

    async def handler(request: Request, exc: Exception) -> Response:
        return PlainTextResponse(text)

    return handler


def app_raising(exc: Exception, handlers: Dict[Any, Any]) -> Starlette:
    return Starlette(routes=[raising(exc)], exception_handlers=handlers)


@pytest.mark.parametrize(
    "exc, body",
    [
        (Boom(), b"boom"),
        (LoudBoom(), b"boom"),
        (KeyError("x"), b"lookup"),
        (HTTPException(404), b"by status"),
        (HTTPException(400), b"http"),
        (HTTPException(418, "Tea"), b"http"),
    ],
)
async def test_nearest_handler(exc: Exception, body: bytes) -> None:
    """
    A status has the first word, then the classes from the nearest on.
    """
    app = app_raising(
        exc,
        {
            LookupError: answering("lookup"),
            Boom: answering("boom"),
            HTTPException: answering("http"),
            404: answering("by status"),
        },
    )
    recorder = await exchange(app, http_scope())

    assert (recorder.status, recorder.body) == (200, body)


async def test_handler_gets_the_request_of_the_endpoint() -> None:
    """
    The request is the endpoint's own, with what it has read.
    """
    seen: List[Any] = []

    async def endpoint(request: Request) -> Response:
        seen.append(request)
        await request.body()
        raise Boom

    async def handler(request: Request, exc: Exception) -> Response:
        seen.extend([request, exc])
        return PlainTextResponse(await request.body())

    app = Starlette(
        routes=[Route("/", endpoint, methods=["POST"])],
        exception_handlers={Boom: handler},
    )
    recorder = await exchange(app, http_scope("POST"), [b"body"])

    assert recorder.body == b"body"
    assert seen[0] is seen[1]
    assert isinstance(seen[2], Boom)


async def test_sync_handler() -> None:
    """
    A plain function runs in a worker thread.
    """
    threads: List[int] = []

    def handler(request: Request, exc: Exception) -> Response:
        threads.append(threading.get_ident())
        return PlainTextResponse("sync")

    recorder = await exchange(app_raising(Boom(), {Boom: handler}), http_scope())

    assert recorder.body == b"sync"
    assert threads != [threading.get_ident()]


async def test_exception_without_a_handler() -> None:
    """
    It reaches the server, after an answer with status 500.
    """
    recorder = Recorder()
    with pytest.raises(Boom):
        await app_raising(Boom(), {})(http_scope(), Script.http(), recorder)

    assert recorder.status == 500


async def test_handler_of_everything() -> None:
    """
    A handler of ``Exception`` or 500 answers, and the exception goes on.
    """
    keys: List[Any] = [500, Exception]
    for key in keys:
        recorder = Recorder()
        app = app_raising(Boom(), {key: answering("sorry")})
        with pytest.raises(Boom):
            await app(http_scope(), Script.http(), recorder)

        assert recorder.body == b"sorry"


async def test_exception_after_the_response_has_started() -> None:
    """
    It is too late for the handler: the server is told so, with the cause.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise boom

    async def endpoint(request: Request) -> Any:
        return app

    boom = Boom()
    for routes in ([Route("/", endpoint)], [Route("/", app_of(app))]):
        recorder = Recorder()
        starlette = Starlette(
            routes=routes, exception_handlers={Boom: answering("late")}
        )
        with pytest.raises(RuntimeError, match="response already started") as caught:
            await starlette(http_scope(), Script.http(), recorder)

        assert caught.value.__cause__ is boom
        assert recorder.status == 200
        assert recorder.body == b""


def app_of(app: ASGIApp) -> Any:
    """Return *app* as an object that no route takes for a function."""

    class App:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send)

    return App()


async def test_exception_after_a_whole_response() -> None:
    """
    Even the handler of a background task's error cannot answer any more.
    """

    async def endpoint(request: Request) -> Response:
        from starlette.background import BackgroundTask

        def fail() -> None:
            raise Boom

        return PlainTextResponse("done", background=BackgroundTask(fail))

    recorder = Recorder()
    app = Starlette(
        routes=[Route("/", endpoint)], exception_handlers={Boom: answering("late")}
    )
    with pytest.raises(RuntimeError, match="response already started"):
        await app(http_scope(), Script.http(), recorder)

    assert recorder.body == b"done"
    assert recorder.is_complete


async def test_exception_of_the_handler() -> None:
    """
    What a handler raises is an exception like another.
    """

    async def handler(request: Request, exc: Exception) -> Response:
        raise LookupError("in the handler") from exc

    recorder = Recorder()
    with pytest.raises(LookupError, match="in the handler"):
        await app_raising(Boom(), {Boom: handler})(
            http_scope(), Script.http(), recorder
        )

    assert recorder.status == 500


async def test_middleware_of_the_route_sees_the_answer() -> None:
    """
    The exception of an endpoint is answered within the middleware of its route.
    """
    seen: List[int] = []

    class Watching:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            recorder = Recorder()
            await self.app(scope, receive, recorder)
            seen.append(recorder.status)
            for message in recorder.messages:
                await send(message)

    async def endpoint(request: Request) -> Response:
        raise HTTPException(409)

    app = Starlette(routes=[Route("/", endpoint, middleware=[Middleware(Watching)])])
    recorder = await exchange(app, http_scope())

    assert seen == [recorder.status] == [409]


async def test_without_an_application() -> None:
    """
    Outside of an application there are no handlers, and the exception passes.
    """
    with pytest.raises(HTTPException):
        await exchange(raising(HTTPException(404)), http_scope())


async def test_wrapped_application() -> None:
    """
    Any application can be given the handlers, with a connection of its own.
    """

    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise Boom

    async def handler(conn: Any, exc: Exception) -> Response:
        return JSONResponse({"is_mine": conn is request})

    scope = http_scope()
    scope["starlette.exception_handlers"] = ({Boom: handler}, {})
    request: Request = Request(scope)
    app = wrap_app_handling_exceptions(fail, request)
    recorder = await exchange(app, scope)
    # Within another one, whose channel it shares.
    nested = await exchange(wrap_app_handling_exceptions(app, request), scope)

    assert recorder.body == nested.body == b'{"is_mine":true}'

    scope["starlette.exception_handlers"] = ({}, {})
    with pytest.raises(Boom):
        await exchange(app, scope)


async def test_handled_exception_keeps_no_request_alive() -> None:
    """
    Once a request is answered nothing of it waits for the garbage collector.
    """
    requests: List[Any] = []

    async def endpoint(request: Request) -> Response:
        requests.append(weakref.ref(request))
        raise Boom

    app = request_response(endpoint)
    scope = http_scope()
    scope["starlette.exception_handlers"] = ({Boom: answering("boom")}, {})
    gc.disable()
    try:
        await exchange(app, scope)
        alive = [ref() for ref in requests]
    finally:
        gc.enable()

    assert alive == [None]


# -- WebSocket sessions ---------------------------------------------------------


def websocket_app(
    exc: Exception, handlers: Dict[Any, Any], *, accepts: bool, is_function: bool
) -> Starlette:
    """Return an application whose session raises *exc*, accepted or not."""

    async def session(websocket: WebSocket) -> None:
        if accepts:
            await websocket.accept()
        raise exc

    class Session:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await session(WebSocket(scope, receive, send))

    endpoint: Any = session if is_function else Session()
    return Starlette(
        routes=[WebSocketRoute("/", endpoint)], exception_handlers=handlers
    )


async def run_session(app: ASGIApp) -> Recorder:
    return await exchange(app, websocket_scope(), Script.websocket())


endpoint_kinds = pytest.mark.parametrize("is_function", [True, False])


@endpoint_kinds
async def test_websocket_exception(is_function: bool) -> None:
    """
    It closes the session with its code and reason, accepted or not.
    """
    exc = WebSocketException(4000, "enough")
    for accepts in (True, False):
        app = websocket_app(exc, {}, accepts=accepts, is_function=is_function)
        recorder = await run_session(app)

        assert recorder.messages[-1] == {
            "type": "websocket.close",
            "code": 4000,
            "reason": "enough",
        }


@endpoint_kinds
async def test_denial_response(is_function: bool) -> None:
    """
    An ``HTTPException`` before the handshake is its answer.
    """
    app = websocket_app(
        HTTPException(401, "who?"), {}, accepts=False, is_function=is_function
    )
    recorder = await run_session(app)

    assert recorder.status == 401
    assert recorder.body == b"who?"
    assert recorder.messages[0]["type"] == "websocket.http.response.start"


@endpoint_kinds
@pytest.mark.parametrize("extensions", [{}, None])
async def test_denial_without_the_extension(extensions: Any, is_function: bool) -> None:
    """
    A server that has no denial responses is asked to refuse in its own way.
    """
    app = websocket_app(HTTPException(401), {}, accepts=False, is_function=is_function)
    scope = websocket_scope()
    scope["extensions"] = extensions
    recorder = await exchange(app, scope, Script.websocket())

    assert recorder.messages == [
        {"type": "websocket.close", "code": 1000, "reason": ""}
    ]


@endpoint_kinds
@pytest.mark.parametrize("status, code", [(403, 1008), (503, 1011)])
async def test_http_exception_after_the_handshake(
    status: int, code: int, is_function: bool
) -> None:
    """
    A response is impossible then: the session is closed, and says whose fault it is.
    """
    app = websocket_app(
        HTTPException(status), {}, accepts=True, is_function=is_function
    )
    recorder = await run_session(app)

    assert [message["type"] for message in recorder.messages] == [
        "websocket.accept",
        "websocket.close",
    ]
    assert recorder.close_code == code


async def test_http_exception_after_the_end() -> None:
    """
    A session that the program has closed is not closed again.
    """

    async def session(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(4000)
        raise HTTPException(403)

    recorder = await run_session(Starlette(routes=[WebSocketRoute("/", session)]))

    assert [message["type"] for message in recorder.messages] == [
        "websocket.accept",
        "websocket.close",
    ]
    assert recorder.close_code == 4000


async def test_websocket_handler() -> None:
    """
    A handler gets the session and may use it; a sync one runs in a thread.
    """
    seen: List[Any] = []

    async def handler(websocket: WebSocket, exc: Exception) -> None:
        await websocket.send_text("sorry")
        await websocket.close(4001)

    def sync_handler(websocket: WebSocket, exc: Exception) -> None:
        seen.append(threading.get_ident())

    app = websocket_app(Boom(), {Boom: handler}, accepts=True, is_function=True)
    recorder = await run_session(app)
    handlers = {Boom: sync_handler}
    await run_session(websocket_app(Boom(), handlers, accepts=True, is_function=True))

    assert recorder.data == ["sorry"]
    assert recorder.close_code == 4001
    assert seen != [threading.get_ident()]


@endpoint_kinds
async def test_websocket_without_a_handler(is_function: bool) -> None:
    """
    The exception reaches the server, which closes the session.
    """
    app = websocket_app(Boom(), {}, accepts=True, is_function=is_function)
    with pytest.raises(Boom):
        await run_session(app)
