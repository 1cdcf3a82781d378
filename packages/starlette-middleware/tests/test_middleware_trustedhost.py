"""Which hosts are let in, and which are not."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest

from starlette.middleware.trustedhost import (
    ENFORCE_DOMAIN_WILDCARD,
    TrustedHostMiddleware,
)
from starlette.responses import PlainTextResponse
from starlette.testing import Recorder, exchange, http_scope, websocket_scope

pytestmark = pytest.mark.anyio

APP = PlainTextResponse("in")


async def visit(allowed: Any, *hosts: str, **options: Any) -> Recorder:
    app = TrustedHostMiddleware(APP, allowed, **options)
    headers = [("accept", "*/*"), *(("host", host) for host in hosts)]
    return await exchange(app, http_scope(headers=headers))


@pytest.mark.parametrize(
    "allowed, hosts",
    [
        (["example.org"], ["example.org", "EXAMPLE.org", "example.org:8000"]),
        (["Example.ORG"], ["example.org", "example.org:"]),
        (["*.example.org"], ["a.example.org", "A.B.example.org:80"]),
        (["[::1]"], ["[::1]", "[::1]:8000"]),
        (["::1"], ["[::1]", "[::1]:8000"]),
        (["127.0.0.1"], ["127.0.0.1:8000"]),
        (["example.org:8000"], ["example.org:8000"]),
        ("example.org", ["example.org"]),
        (["*"], ["anything", "a b/c"]),
        (None, ["anything"]),
    ],
)
async def test_hosts_that_are_allowed(allowed: Any, hosts: List[str]) -> None:
    """
    They are let in, on every port and in every case.
    """
    answers = [(await visit(allowed, host)).body for host in hosts]

    assert answers == [b"in"] * len(hosts)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "",
        "example.org.",
        "a.example.net.",
        ".example.net",
        "example.net",
        "xexample.net",
        "example.org.evil.example",
        "user@example.org",
        "example.org@evil.example",
        "evil.example:80@example.org",
        "evil.example/example.org",
        "evil.example/.example.net",
        "evil.example#a.example.net",
        "evil.example?a.example.net",
        "evil.example\\a.example.net",
        "example.org:x",
        "example.org:80:80",
        "example.org:99999",
        "example.org:-1",
        "example.org ",
        "evil.example:a.example.net",
        "[::2]",
        "[::1",
        "::1",
        "[a.example.net]",
        "exam\xadple.org",
    ],
)
async def test_hosts_that_are_not_allowed(host: str) -> None:
    """
    They are refused, whatever they look like.
    """
    recorder = await visit(["example.org", "*.example.net", "[::1]", ""], host)

    assert recorder.status == 400
    assert recorder.body == b"Invalid host header"


@pytest.mark.parametrize(
    "hosts", [[], ["example.org", "example.org"], ["example.org", "evil.example"]]
)
async def test_no_host_or_two(hosts: List[str]) -> None:
    """
    One is needed; of two, somebody further in may read the other.
    """
    recorder = await visit(["example.org"], *hosts)

    assert recorder.status == 400


@pytest.mark.parametrize(
    "host, location",
    [
        ("example.org", "http://www.example.org/"),
        ("EXAMPLE.org:8000", "http://www.example.org:8000/"),
        ("example.net", None),
    ],
)
async def test_a_host_that_is_allowed_with_www_only(
    host: str, location: Optional[str]
) -> None:
    """
    The client is redirected there.
    """
    recorder = await visit(["www.example.org"], host)

    assert recorder.headers.get("location") == location
    assert recorder.status == (307 if location else 400)


async def test_no_redirect_to_www() -> None:
    """
    It can be switched off.
    """
    recorder = await visit(["www.example.org"], "example.org", www_redirect=False)

    assert recorder.status == 400


@pytest.mark.parametrize(
    "extensions, kind",
    [
        ({"websocket.http.response": {}}, "websocket.http.response.start"),
        ({}, "websocket.close"),
    ],
)
async def test_a_websocket(extensions: Dict[str, Any], kind: str) -> None:
    """
    It is refused as a request is, as far as the server can say it.
    """
    scope = websocket_scope(headers={"host": "evil.example"}, extensions=extensions)
    app = TrustedHostMiddleware(APP, ["example.org"])
    recorder = await exchange(app, scope)

    assert recorder.messages[0]["type"] == kind


@pytest.mark.parametrize("pattern", ["a*", "*a.org", "*.*.org", "a.*", "**"])
def test_a_wildcard_that_is_not_in_front(pattern: str) -> None:
    """
    It is refused, with an example of what is right.
    """
    with pytest.raises(AssertionError) as caught:
        TrustedHostMiddleware(APP, ["example.org", pattern])

    assert str(caught.value) == ENFORCE_DOMAIN_WILDCARD


async def test_more_hosts_than_are_remembered() -> None:
    """
    Each is let in, each time.
    """
    app = TrustedHostMiddleware(APP, ["*.example.org"])
    hosts = [f"{number}.example.org" for number in range(70)]
    answers = [
        (await exchange(app, http_scope(headers={"host": host}))).body
        for host in hosts + hosts[-1:]
    ]

    assert answers == [b"in"] * 71
    assert len(app._trusted) <= 64


def test_what_frameworks_read() -> None:
    """
    The attributes are those that there have always been.
    """
    middleware = TrustedHostMiddleware(APP)

    assert middleware.allowed_hosts == ["*"]
    assert middleware.allow_any is True
    assert middleware.www_redirect is True
