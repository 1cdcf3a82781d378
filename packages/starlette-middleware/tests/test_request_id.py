"""The id of a request, inside and outside."""

from __future__ import annotations

import re
from typing import Any, List, Tuple

import anyio
import pytest

from starlette.applications import Starlette
from starlette.middleware.request_id import RequestIDMiddleware, request_id
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what is seen inside."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": request_id.get()})
    elif scope["type"] == "http":
        text = f"{Request(scope).state.request_id} {request_id.get()}"
        await PlainTextResponse(text)(scope, receive, send)
    else:
        assert request_id.get() is None


async def respond(*headers: Tuple[str, str], **options: Any) -> Recorder:
    app = RequestIDMiddleware(inner, **options)
    return await exchange(app, http_scope(headers=headers))


async def test_request() -> None:
    """
    The id is the same in the state, in the context and in the response.
    """
    recorder = await respond()
    name = recorder.headers["x-request-id"]

    assert re.fullmatch("[0-9a-f]{32}", name)
    assert recorder.body.decode() == f"{name} {name}"
    assert (await respond()).headers["x-request-id"] != name
    assert request_id.get() is None


async def test_incoming_id_of_anybody() -> None:
    """
    It is not taken.
    """
    recorder = await respond(("x-request-id", "abc"))

    assert recorder.headers["x-request-id"] != "abc"


@pytest.mark.parametrize(
    "value, is_kept",
    [
        ("abc-1.2_~:+/=", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("", False),
        ("a b", False),
        ("<b>", False),
        ("\xe9", False),
        ("a\n", False),
    ],
)
async def test_incoming_id_that_is_trusted(value: str, is_kept: bool) -> None:
    """
    It is kept, if it can do no harm in a log.
    """
    recorder = await respond(("x-request-id", value), trust_incoming=True)

    assert (recorder.headers["x-request-id"] == value) is is_kept


async def test_several_incoming_ids() -> None:
    """
    None of them is kept.
    """
    headers = [("x-request-id", "a"), ("x-request-id", "b")]
    recorder = await respond(*headers, trust_incoming=True)

    assert len(recorder.headers["x-request-id"]) == 32


async def test_other_header_and_other_ids() -> None:
    """
    The name of the header and the ids are the program's choice.
    """
    recorder = await respond(header_name="Trace", generate=lambda: "7")

    assert recorder.headers["trace"] == "7"
    assert recorder.body == b"7 7"


async def test_id_that_the_application_sends() -> None:
    """
    It gives way: there is one.
    """
    response = PlainTextResponse("", headers={"x-request-id": "8"})
    app = RequestIDMiddleware(response, generate=lambda: "7")
    recorder = await exchange(app, http_scope())

    assert recorder.headers.getlist("x-request-id") == ["7"]


async def test_websocket() -> None:
    """
    The id is in the answer to the handshake.
    """
    app = RequestIDMiddleware(inner, generate=lambda: "7")
    recorder = await exchange(app, websocket_scope(), Script.websocket())

    assert recorder.messages[0]["headers"] == [(b"x-request-id", b"7")]
    assert recorder.data == ["7"]


async def test_lifespan_passes_by() -> None:
    """
    It has no id.
    """
    scope = lifespan_scope()
    await exchange(RequestIDMiddleware(inner), scope, Script.lifespan())

    assert scope["state"] == {}


async def test_answer_to_an_exception() -> None:
    """
    It has the id too.
    """

    def fail(request: Request) -> Response:
        raise RuntimeError("boom")

    app = Starlette(routes=[Route("/", fail)])
    app.add_middleware(RequestIDMiddleware, generate=lambda: "7")
    recorder = Recorder()
    with pytest.raises(RuntimeError, match="boom"):
        await app(http_scope(), Script.http(), recorder)

    assert recorder.status == 500
    assert recorder.headers["x-request-id"] == "7"


async def test_requests_at_the_same_time() -> None:
    """
    Each sees its own id.
    """
    names = iter("abc")
    seen: List[Any] = []
    all_here = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        before = request_id.get()
        seen.append(before)
        if len(seen) == 3:
            all_here.set()
        await all_here.wait()
        assert request_id.get() == before

    middleware = RequestIDMiddleware(app, generate=lambda: next(names))
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(exchange, middleware, http_scope())

    assert sorted(seen) == ["a", "b", "c"]


async def test_id_that_cannot_be_sent() -> None:
    """
    The error says so, and the application is not run.
    """
    with pytest.raises(ValueError, match="must not contain CR"):
        await respond(generate=lambda: "a\r\nx: y")


def test_wrong_header_name() -> None:
    """
    It is refused at once.
    """
    with pytest.raises(ValueError, match="`header_name` must be a token"):
        RequestIDMiddleware(inner, header_name="a b")
