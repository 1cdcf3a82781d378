"""``max_body_size`` of applications, routers, mounts and routes."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest

from starlette._body_limit import BodyLimit, ContentTooLarge
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


class Reading:
    """A middleware that reads the whole body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        await self.app(scope, receive, send)


async def size(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def ignore(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ignored")


async def post(
    app: ASGIApp, *chunks: bytes, path: str = "/", announces: Optional[str] = None
) -> Recorder:
    headers: Dict[str, str] = {}
    if announces is not None:
        headers["content-length"] = announces
    return await exchange(app, http_scope("POST", path, headers=headers), chunks)


def places(limit: int) -> List[Any]:
    """Return an application for each place where a limit may be given."""
    route = Route("/", size, methods=["POST"])
    limited_route = Route("/", size, methods=["POST"], max_body_size=limit)
    return [
        pytest.param(Starlette(routes=[route], max_body_size=limit), id="application"),
        pytest.param(Router([route], max_body_size=limit), id="router"),
        pytest.param(Starlette(routes=[limited_route]), id="route"),
        pytest.param(limited_route, id="route-alone"),
        pytest.param(
            Starlette(routes=[Mount("", routes=[route], max_body_size=limit)]),
            id="mount",
        ),
    ]


@pytest.mark.parametrize("app", places(10))
async def test_body_up_to_the_limit(app: ASGIApp) -> None:
    """
    A body of just the size that is allowed is read.
    """
    whole = await post(app, b"x" * 10, announces="10")
    chunked = await post(app, b"x" * 5, b"", b"x" * 5)

    assert (whole.status, whole.body) == (200, b"10")
    assert (chunked.status, chunked.body) == (200, b"10")


@pytest.mark.parametrize("app", places(10))
async def test_body_beyond_the_limit(app: ASGIApp) -> None:
    """
    One byte more is a 413, whether it is announced or comes in chunks.
    """
    whole = await post(app, b"x" * 11, announces="11")
    chunked = await post(app, b"x" * 10, b"x")

    assert (whole.status, chunked.status) == (413, 413)
    assert whole.body == b"Content Too Large"
    assert whole.headers["connection"] == "close"


@pytest.mark.parametrize("app", places(10))
async def test_connection_of_many_streams(app: ASGIApp) -> None:
    """
    From HTTP/2 on a refusal ends its stream, and says nothing of the connection.
    """
    scope = {**http_scope("POST"), "http_version": "2"}
    recorder = await exchange(app, scope, Script.http(b"x" * 11))

    assert recorder.status == 413
    assert "connection" not in recorder.headers


async def test_announced_body_is_not_read() -> None:
    """
    Where the length says it all, nothing is received.
    """
    app = Route("/", size, methods=["POST"], max_body_size=10)
    script = Script.http(b"x" * 11)
    scope = http_scope("POST", headers={"content-length": "11"})
    recorder = await exchange(app, scope, script)

    assert recorder.status == 413
    assert script.calls == 0


@pytest.mark.parametrize("announced", ["9" * 30, "-1", "1_0", "\xb2", "", "ten", "0"])
async def test_announced_length_that_is_none(announced: str) -> None:
    """
    A header that cannot be believed is no reason: the bytes are counted.
    """
    app = Route("/", size, methods=["POST"], max_body_size=10)
    small = await post(app, b"x" * 10, announces=announced)
    large = await post(app, b"x" * 11, announces=announced)

    assert (small.status, large.status) == (200, 413)


async def test_body_that_nobody_reads() -> None:
    """
    An endpoint that ignores the body answers whatever its size.
    """
    app = Starlette(routes=[Route("/", ignore, methods=["POST"])], max_body_size=1)
    recorder = await post(app, b"x" * 11, announces="11")

    assert recorder.status == 200


@pytest.mark.parametrize("outer, inner, status", [(5, 20, 200), (20, 5, 413)])
async def test_innermost_limit(outer: int, inner: int, status: int) -> None:
    """
    The innermost limit holds, be it larger or smaller than those around.
    """
    plain = Route("/", size, methods=["POST"])
    limited = Route("/", size, methods=["POST"], max_body_size=inner)
    apps: List[ASGIApp] = [
        Starlette(routes=[limited], max_body_size=outer),
        Starlette(
            routes=[Mount("", routes=[plain], max_body_size=inner)],
            max_body_size=outer,
        ),
        Router([Mount("", routes=[limited], max_body_size=1)], max_body_size=outer),
        Mount("", app=Router([plain], max_body_size=inner), max_body_size=outer),
    ]
    statuses = [(await post(app, b"x" * 10)).status for app in apps]

    assert statuses == [status] * 4


async def test_limit_of_one_route_is_not_that_of_the_next() -> None:
    """
    Other routes keep the limit of the application.
    """
    app = Starlette(
        routes=[
            Route("/upload", size, methods=["POST"], max_body_size=100),
            Route("/", size, methods=["POST"]),
        ],
        max_body_size=10,
    )
    upload = await post(app, b"x" * 50, path="/upload")
    other = await post(app, b"x" * 50)

    assert (upload.status, other.status) == (200, 413)


async def test_exception_handler() -> None:
    """
    Inside of an application its handlers answer, by status or by class.
    """

    async def handler(request: Request, exc: Exception) -> JSONResponse:
        assert isinstance(exc, ContentTooLarge)
        return JSONResponse({"limit": exc.limit}, 413)

    keys: List[Any] = [413, HTTPException, ContentTooLarge]
    bodies = []
    for key in keys:
        app = Starlette(
            routes=[Route("/", size, methods=["POST"])],
            exception_handlers={key: handler},
            max_body_size=3,
        )
        bodies.append((await post(app, b"abcd")).body)

    assert bodies == [b'{"limit":3}'] * 3


async def test_limit_around_middleware() -> None:
    """
    What middleware reads counts as well, and is answered without a handler.
    """
    routes = [Route("/", size, methods=["POST"])]
    app = Starlette(routes=routes, middleware=[Middleware(Reading)], max_body_size=3)
    large = await post(app, b"abcd")
    small = await post(app, b"abc")

    assert (large.status, large.body) == (413, b"Content Too Large")
    assert small.body == b"3"


async def test_body_read_outside_of_the_limit() -> None:
    """
    A body that a middleware has read is there for the endpoint within a limit.
    """
    routes = [Route("/", size, methods=["POST"], max_body_size=10)]
    app = Starlette(routes=routes, middleware=[Middleware(Reading)])

    assert (await post(app, b"abc")).body == b"3"


async def test_limit_after_the_response_has_started() -> None:
    """
    When it is too late for an answer, the server gets the exception.
    """

    async def hasty(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await Request(scope, receive).body()

    recorder = Recorder()
    with pytest.raises(ContentTooLarge):
        await BodyLimit(hasty, 3)(http_scope("POST"), Script.http(b"abcd"), recorder)

    assert [message["type"] for message in recorder.messages] == ["http.response.start"]


async def test_other_messages_are_not_counted() -> None:
    """
    A body without bytes, and a disconnect, pass as they are.
    """
    seen: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([await receive(), await receive()])

    empty = {"type": "http.request", "body": None, "more_body": True}
    script = Script(empty, {"type": "http.disconnect"})
    await exchange(BodyLimit(app, 0), http_scope("POST"), script)

    assert seen == [empty, {"type": "http.disconnect"}]


async def test_other_connections() -> None:
    """
    WebSocket sessions and lifespans have no body to limit.
    """

    async def session(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    app = Starlette(routes=[WebSocketRoute("/", session)], max_body_size=1)
    script = Script.websocket("longer than that")
    websocket = await exchange(app, websocket_scope(), script)
    router = Router(max_body_size=1)
    lifespan = await exchange(router, lifespan_scope(), Script.lifespan())

    assert websocket.data == ["longer than that"]
    assert len(lifespan.messages) == 2


@pytest.mark.parametrize("limit", [-1, 1.0, "10", [], None])
def test_wrong_limit(limit: Any) -> None:
    """
    What is no number of bytes is refused where it is given.
    """
    with pytest.raises(ValueError, match="`max_body_size` must be a number of bytes"):
        BodyLimit(size, limit)  # type: ignore[arg-type]
    if limit is not None:
        with pytest.raises(ValueError, match="`max_body_size` must be"):
            Starlette(max_body_size=limit)
        with pytest.raises(ValueError, match="`max_body_size` must be"):
            Router(max_body_size=limit)
        with pytest.raises(ValueError, match="`max_body_size` must be"):
            Mount("", routes=[], max_body_size=limit)
