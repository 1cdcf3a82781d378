"""The limit of request bodies as a middleware; the limit itself is the core's."""

from __future__ import annotations

from typing import Any, List

import pytest

from starlette.middleware.body_limit import BodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testing import Script, exchange, http_scope
from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


async def test_a_body_within_the_limit() -> None:
    """
    It reaches the application.
    """
    app = BodyLimitMiddleware(echo, max_body_size=5)
    recorder = await exchange(app, http_scope("POST"), [b"123", b"45"])

    assert recorder.body == b"12345"


async def test_a_body_that_is_announced_as_too_large() -> None:
    """
    It is refused without being read.
    """
    script = Script.http(b"123456")
    scope = http_scope("POST", headers={"content-length": "6"})
    recorder = await exchange(BodyLimitMiddleware(echo, 5), scope, script)

    assert recorder.status == 413
    assert recorder.headers["connection"] == "close"
    assert script.calls == 0


async def test_a_body_that_turns_out_to_be_too_large() -> None:
    """
    It is read no further.
    """
    script = Script.http(b"123", b"456", b"789")
    recorder = await exchange(BodyLimitMiddleware(echo, 5), http_scope("POST"), script)

    assert recorder.status == 413
    assert script.calls == 2


async def test_a_smaller_limit_inside_of_a_larger_one() -> None:
    """
    The limit furthest in holds.
    """
    app = BodyLimitMiddleware(BodyLimitMiddleware(echo, 1), 100)
    recorder = await exchange(app, http_scope("POST"), [b"12"])

    assert recorder.status == 413


@pytest.mark.parametrize("limit", [-1, "1", None, 1.5])
def test_a_limit_that_is_none(limit: Any) -> None:
    """
    Who configures it is told.
    """
    with pytest.raises(ValueError, match="max_body_size"):
        BodyLimitMiddleware(echo, limit)


async def test_a_body_that_nobody_reads() -> None:
    """
    It is no danger, and is not limited.
    """
    seen: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        await PlainTextResponse("fine")(scope, receive, send)

    recorder = await exchange(BodyLimitMiddleware(app, 1), http_scope(), [b"12345"])

    assert recorder.body == b"fine"
