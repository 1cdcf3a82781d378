"""``Request.is_disconnected``: a look at what comes after the body."""

from __future__ import annotations

import asyncio
from typing import Any, List, Tuple, cast

import pytest

from starlette._replay import ReplayedReceive
from starlette._request_body import LOOK_AHEAD
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testing import Recorder, Script, http_scope
from starlette.types import Message, Receive

pytestmark = pytest.mark.anyio


async def test_client_that_waits() -> None:
    """
    A client that is silent is connected, however often one asks.
    """
    request = Request(http_scope(), Script.http())

    answers = [await request.is_disconnected() for _ in range(3)]

    assert answers == [False, False, False]


@pytest.mark.parametrize("chunks", [(), (b"one", b"two", b"")])
async def test_client_that_is_gone_before_its_body_was_read(
    chunks: Tuple[bytes, ...],
) -> None:
    """
    The disconnect is found behind a body that nobody reads, the empty one included.
    """
    request = Request(http_scope(), Script.http(*chunks, disconnects=True))

    assert await request.is_disconnected()


async def test_client_that_goes_between_two_questions() -> None:
    """
    A look at the body does not hide the disconnect that comes later.
    """
    receive = Script.http(b"body")
    request = Request(http_scope(), receive)

    before = await request.is_disconnected()
    receive.add({"type": "http.disconnect"})
    after = await request.is_disconnected()

    assert (before, after) == (False, True)


async def test_body_that_was_looked_at_is_still_there() -> None:
    """
    What arrived while one asked is read afterwards, in order and complete.
    """
    request = Request(http_scope(), Script.http(b"one", b"two", b"three"))

    assert not await request.is_disconnected()
    assert not await request.is_disconnected()
    assert await request.body() == b"onetwothree"


async def test_large_body_stays_with_the_server() -> None:
    """
    No more is held than the limit and one message; the rest is read when it is asked.
    """
    chunk = bytes(LOOK_AHEAD // 4)
    receive = Script.http(*[chunk] * 10)
    request = Request(http_scope(), receive)

    for _ in range(20):
        assert not await request.is_disconnected()

    assert len(receive.pending) == 6
    assert len(await request.body()) == 10 * len(chunk)


async def test_channel_that_repeats_its_last_message() -> None:
    """
    A channel that says for ever that the body is over is one of a connected client.
    """
    over = {"type": "http.request", "body": b"x", "more_body": False}
    request = Request(http_scope(), Script(then=over))

    answers = [await request.is_disconnected() for _ in range(3)]

    assert answers == [False, False, False]
    assert await request.body() == b"x"


async def test_body_that_was_looked_at_behind_a_middleware() -> None:
    """
    What a middleware hands on can be asked as often, and loses nothing either.
    """
    receive = Script.http(b"one", b"two")
    scope = http_scope()
    request = Request(scope, ReplayedReceive(Request(scope, receive)))

    before = [await request.is_disconnected() for _ in range(3)]
    body = await request.body()
    receive.add({"type": "http.disconnect"})
    after = await request.is_disconnected()

    assert before == [False, False, False]
    assert body == b"onetwo"
    assert after


async def test_body_that_a_middleware_has_read() -> None:
    """
    A body that is given again can be looked at, and is then given again all the same.
    """
    receive = Script.http(b"body")
    scope = http_scope()
    outer = Request(scope, receive)
    await outer.body()
    replayed = ReplayedReceive(outer)
    request = Request(scope, replayed)

    answers = [await request.is_disconnected() for _ in range(2)]
    message = await replayed()

    assert answers == [False, False]
    assert message["body"] == await request.body() == b"body"


async def test_endpoint_behind_middlewares() -> None:
    """
    An endpoint asks again and again, however many middlewares there are around it.
    """
    receive = Script.http(b"body")
    answers: List[bool] = []

    async def endpoint(request: Request) -> Response:
        answers.append(await request.is_disconnected())
        answers.append(await request.is_disconnected())
        receive.add({"type": "http.disconnect"})
        answers.append(await request.is_disconnected())
        return Response(await request.body())

    async def through(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    app = Starlette(
        routes=[Route("/", endpoint)],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=through)] * 3,
    )
    recorder = Recorder()
    await app(http_scope(), receive, recorder)

    assert answers == [False, False, True]
    assert recorder.body == b"body"


class Steps:
    """An iterator with no method but ``__next__``, as compiled servers have them."""

    def __init__(self, future: asyncio.Future[Message]) -> None:
        self._steps = future.__await__()

    def __await__(self) -> Steps:
        return self

    def __iter__(self) -> Steps:
        return self

    def __next__(self) -> Any:
        return next(self._steps)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_channel_of_a_compiled_server() -> None:
    """
    What ``receive`` returns need not be a coroutine, nor take exceptions.
    """
    messages = Script.http()

    async def message() -> Message:
        return await messages()

    def receive() -> Steps:
        return Steps(asyncio.ensure_future(message()))

    request = Request(http_scope(), cast(Receive, receive))
    before = [await request.is_disconnected() for _ in range(3)]
    # It runs; the tracer of 3.11 loses the line behind a step that was given up.
    messages.add({"type": "http.disconnect"})  # pragma: no cover
    after = [await request.is_disconnected() for _ in range(3)]

    assert before == [False, False, False]
    assert True in after
