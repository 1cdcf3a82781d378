"""Deadlines: that they cancel, what is answered, and who can change them."""

from __future__ import annotations

from typing import Any, List, Optional

import anyio
import pytest

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.timeout import (
    RequestTimeout,
    TimeoutMiddleware,
    set_timeout,
)
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    websocket_scope,
)
from starlette.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

# Over before anything can be awaited to its end; and never over.
SHORT = 1e-9
START: Message = {"type": "http.response.start", "status": 200, "headers": []}


def body(data: bytes = b"", more: bool = False) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def hang(scope: Scope, receive: Receive, send: Send) -> None:
    """Never answer."""
    await anyio.sleep_forever()


async def run(
    app: Any, recorder: Optional[Recorder] = None, **options: Any
) -> Recorder:
    recorder = recorder or Recorder()
    middleware = TimeoutMiddleware(app, **options)
    await middleware(http_scope(), Script.http(), recorder)
    return recorder


async def test_response_in_time() -> None:
    """
    It is passed on unchanged.
    """
    recorder = await run(PlainTextResponse("text"))

    assert (recorder.status, recorder.body) == (200, b"text")


async def test_response_that_never_starts() -> None:
    """
    The application is cancelled, and 504 is answered.
    """
    ended: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")

    recorder = await run(app, seconds=SHORT)

    assert ended == ["cancelled"]
    assert (recorder.status, recorder.body) == (504, b"Gateway Timeout")


async def test_body_that_never_comes() -> None:
    """
    Waiting for the client counts as well.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()

    recorder = Recorder()
    await TimeoutMiddleware(app, seconds=SHORT)(http_scope("POST"), Script(), recorder)

    assert recorder.status == 504


async def test_application_that_resists() -> None:
    """
    It is cancelled again where it waits again.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            await anyio.sleep_forever()

    assert (await run(app, seconds=SHORT)).status == 504


async def test_response_that_has_started() -> None:
    """
    It cannot become another one: an error has the server break it off.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(body(b"half", more=True))
        await anyio.sleep_forever()

    recorder = Recorder()
    with pytest.raises(RequestTimeout) as caught:
        await run(app, recorder, seconds=SHORT)

    assert caught.value.seconds == SHORT
    assert isinstance(caught.value, TimeoutError)
    assert recorder.body == b"half"
    assert not recorder.is_complete


async def test_response_that_only_has_to_start() -> None:
    """
    Once it has, it takes the time it takes, whatever is set later.
    """
    seen: List[float] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        set_timeout(scope, SHORT)
        seen.append(anyio.current_effective_deadline())
        await anyio.lowlevel.checkpoint()
        await send(body(b"all"))

    recorder = await run(app, seconds=30, whole_response=False)

    assert seen == [float("inf")]
    assert recorder.body == b"all"


@pytest.mark.parametrize(
    "start, last",
    [
        ({}, body()),
        ({"trailers": True}, {"type": "http.response.trailers", "headers": []}),
        ({}, {"type": "http.response.pathsend", "path": "/x"}),
    ],
)
async def test_background_tasks(start: Any, last: Message) -> None:
    """
    They run after the response, however that ends, and have all the time they want.
    """
    seen: List[float] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.early_hint", "links": []})
        await send({**START, **start})
        if "trailers" in start:
            await send(body())
            await send({**last, "more_trailers": True})
        seen.append(anyio.current_effective_deadline())
        await send(last)
        set_timeout(scope, SHORT)
        seen.append(anyio.current_effective_deadline())
        await anyio.lowlevel.checkpoint()

    recorder = await run(app, seconds=30)

    assert seen[0] < seen[1] == float("inf")
    assert recorder.messages[-1] == last


async def test_background_task_of_a_response() -> None:
    """
    It is not cancelled.
    """
    ran: List[bool] = []

    async def task() -> None:
        await anyio.lowlevel.checkpoint()
        ran.append(True)

    await run(PlainTextResponse("", background=BackgroundTask(task)))

    assert ran == [True]


@pytest.mark.parametrize("seconds", [60.0, None])
async def test_longer_time_for_a_route(seconds: Optional[float]) -> None:
    """
    The middleware of the route decides.
    """
    seen: List[float] = []

    async def endpoint(request: Request) -> Response:
        seen.append(anyio.current_effective_deadline() - anyio.current_time())
        return PlainTextResponse("")

    inner = Middleware(TimeoutMiddleware, seconds=seconds)
    app = Starlette(
        routes=[Route("/", endpoint, middleware=[inner])],
        middleware=[Middleware(TimeoutMiddleware, seconds=30)],
    )
    recorder = await exchange(app, http_scope())

    assert recorder.status == 200
    assert seen[0] > 30


async def test_shorter_time_for_a_route() -> None:
    """
    The middleware of the route decides; the one outside answers.
    """
    inner = TimeoutMiddleware(hang, seconds=SHORT)

    assert (await run(inner, seconds=30)).status == 504


async def test_time_set_by_an_endpoint() -> None:
    """
    It holds for its request, and is counted from the beginning of that.
    """

    async def endpoint(request: Request) -> Response:
        set_timeout(request, SHORT)
        await anyio.sleep_forever()
        return PlainTextResponse("")  # pragma: no cover (it never gets there)

    app = Starlette(
        routes=[Route("/", endpoint)], middleware=[Middleware(TimeoutMiddleware)]
    )

    assert (await exchange(app, http_scope())).status == 504


async def test_time_set_without_middleware() -> None:
    """
    It has no effect.
    """
    scope = http_scope()
    set_timeout(scope, 1)

    assert scope == http_scope()


async def test_exceptions_pass() -> None:
    """
    They are not the deadline's.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await run(app)


async def test_cancellation_from_outside() -> None:
    """
    It is nobody's timeout, and nothing is answered.
    """
    recorder = Recorder()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await run(hang, recorder)

    assert scope.cancelled_caught
    assert recorder.messages == []


async def test_websockets_pass_by() -> None:
    """
    They have no deadline.
    """
    seen: List[float] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(anyio.current_effective_deadline())

    await exchange(TimeoutMiddleware(app), websocket_scope(), Script.websocket())

    assert seen == [float("inf")]


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_wrong_seconds(seconds: float) -> None:
    """
    They are refused at once.
    """
    with pytest.raises(ValueError, match="`seconds` must be positive"):
        TimeoutMiddleware(hang, seconds=seconds)
    with pytest.raises(ValueError, match="`seconds` must be positive"):
        set_timeout({}, seconds)
