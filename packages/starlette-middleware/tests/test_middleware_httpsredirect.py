"""Requests in the clear, sent to where they are not."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.responses import PlainTextResponse
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


async def redirect(scope: Any) -> Recorder:
    return await exchange(HTTPSRedirectMiddleware(PlainTextResponse("safe")), scope)


@pytest.mark.parametrize(
    "host, location",
    [
        ("example.org", "https://example.org/a/b?c=d"),
        ("example.org:80", "https://example.org/a/b?c=d"),
        ("example.org:443", "https://example.org/a/b?c=d"),
        ("example.org:", "https://example.org/a/b?c=d"),
        ("example.org:8000", "https://example.org:8000/a/b?c=d"),
        ("example.org:8080", "https://example.org:8080/a/b?c=d"),
        ("[::1]", "https://[::1]/a/b?c=d"),
        ("[::1]:80", "https://[::1]/a/b?c=d"),
        ("[::80]", "https://[::80]/a/b?c=d"),
        ("[::1]:8000", "https://[::1]:8000/a/b?c=d"),
    ],
)
async def test_a_request_in_the_clear(host: str, location: str) -> None:
    """
    It is redirected to the same URL; standard ports are dropped, others stay.
    """
    scope = http_scope("POST", "/a/b", headers={"host": host}, query="c=d")
    recorder = await redirect(scope)

    assert recorder.status == 307
    assert recorder.headers["location"] == location


async def test_a_secure_request() -> None:
    """
    It reaches the application.
    """
    recorder = await redirect(http_scope(scheme="https", headers={"host": "a.org"}))

    assert recorder.body == b"safe"


async def test_a_websocket_in_the_clear() -> None:
    """
    Its handshake is answered with the redirect.
    """
    recorder = await redirect(websocket_scope("/ws", headers={"host": "a.org:8000"}))

    assert recorder.messages[0]["type"] == "websocket.http.response.start"
    assert recorder.headers["location"] == "wss://a.org:8000/ws"


@pytest.mark.parametrize("extensions", [{}, None])
async def test_a_server_that_cannot_answer_a_handshake(extensions: Any) -> None:
    """
    The handshake is refused, which is all that can be said there.
    """
    recorder = await redirect(websocket_scope(extensions=extensions))

    assert [message["type"] for message in recorder.messages] == ["websocket.close"]


@pytest.mark.parametrize(
    "scope, location",
    [(http_scope(), "https://testserver/"), (websocket_scope(), "wss://testserver/")],
)
async def test_a_scope_that_does_not_say_its_scheme(scope: Any, location: str) -> None:
    """
    It is the one in the clear.
    """
    unsaid = {key: value for key, value in scope.items() if key != "scheme"}
    recorder = await redirect(unsaid)

    assert recorder.headers["location"] == location


async def test_a_secure_websocket() -> None:
    """
    It reaches the application.
    """
    recorder = await redirect(websocket_scope(scheme="wss"))

    assert recorder.body == b"safe"


@pytest.mark.parametrize("headers", [{}, {"host": "evil.example/@x"}, {"host": ""}])
async def test_a_request_that_names_no_host(headers: Dict[str, str]) -> None:
    """
    It is redirected to the server that it came to.
    """
    scope = http_scope(headers=headers, path="//evil.example/", server=("a.org", 8000))
    recorder = await redirect(scope)

    assert recorder.headers["location"] == "https://a.org:8000//evil.example/"


@pytest.mark.parametrize("server", [None, ("/run/socket", None)])
async def test_a_request_and_a_server_that_name_no_host(server: Any) -> None:
    """
    There is nowhere to redirect to, least of all to what the path says.
    """
    recorder = await redirect(http_scope(path="//evil.example/", server=server))

    assert recorder.status == 400
    assert "location" not in recorder.headers


async def test_a_lifespan() -> None:
    """
    It reaches the application.
    """
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await HTTPSRedirectMiddleware(app)(lifespan_scope(), Script(), Recorder())

    assert seen == ["lifespan"]
