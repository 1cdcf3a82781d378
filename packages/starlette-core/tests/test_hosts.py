"""Routes to applications at a host."""

from __future__ import annotations

from typing import List, Tuple

import pytest

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Match, NoMatchFound, Route, Router, WebSocketRoute
from starlette.testing import (
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


async def params(request: Request) -> PlainTextResponse:
    return PlainTextResponse(repr(request.path_params))


async def session(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close(4000)


inner = Router([Route("/x/{id:int}", params), WebSocketRoute("/ws", session)])


async def status_at(host: Host, header: str) -> int:
    scope = http_scope("GET", "/x/1", headers={"host": header})
    return (await exchange(Router([host]), scope)).status


@pytest.mark.parametrize(
    "host, headers",
    [
        (
            "api.example.org",
            ["api.example.org", "API.example.ORG", "api.example.org:80"],
        ),
        ("API.Example.org", ["api.example.org", "api.example.org."]),
        ("api.example.org:3600", ["api.example.org", "api.example.org:3600"]),
        ("{sub}.example.org:80", ["a.example.org", "a.b.Example.org:443"]),
        ("{sub:str}.example.org", ["a.example.org."]),
        ("[::1]", ["[::1]", "[::1]:8000"]),
    ],
)
async def test_host_that_matches(host: str, headers: List[str]) -> None:
    """
    Neither case nor port nor a final dot tell hosts apart.
    """
    route = Host(host, app=inner)
    statuses = [await status_at(route, header) for header in headers]

    assert statuses == [200] * len(headers)


@pytest.mark.parametrize(
    "host, header",
    [
        ("api.example.org", "example.org"),
        ("api.example.org", "api.example.org.evil"),
        ("api.example.org", "apixexample.org"),
        ("api.example.org", "api.example.org\n"),
        ("api.example.org", "user@api.example.org"),
        ("api.example.org", "evil:80@api.example.org"),
        ("{n:int}.example.org", "x.example.org"),
        ("[::1]", "::1"),
        ("api.example.org", ""),
    ],
)
async def test_host_that_does_not_match(host: str, header: str) -> None:
    """
    A host is matched whole.
    """
    assert await status_at(Host(host, app=inner), header) == 404


async def test_request_without_host() -> None:
    """
    A connection that is for no host in particular matches none.
    """
    scope = http_scope(headers={"accept": "*/*"})
    recorder = await exchange(Router([Host("{any}", app=inner)]), scope)

    assert recorder.status == 404


async def test_parameters() -> None:
    """
    Parameters of the host are in lower case, beside those of the path.
    """
    router = Router([Host("{sub}.example.org", app=inner)])
    scope = http_scope("GET", "/x/7", headers={"host": "Ann.Example.org"})
    recorder = await exchange(router, scope)

    assert recorder.body == b"{'sub': 'ann', 'id': 7}"


async def test_outer_parameters() -> None:
    """
    Parameters that the connection has already are kept.
    """
    router = Router([Host("{sub}.example.org", app=inner)])
    headers = {"host": "a.example.org"}
    scope = http_scope("GET", "/x/7", headers=headers, path_params={"outer": 1})
    recorder = await exchange(router, scope)

    assert recorder.body == b"{'outer': 1, 'sub': 'a', 'id': 7}"


async def test_websocket() -> None:
    """
    WebSocket sessions have hosts too.
    """
    router = Router([Host("api.example.org", app=inner)])
    scope = websocket_scope("/ws", headers={"host": "api.example.org"})
    recorder = await exchange(router, scope, Script.websocket())

    assert recorder.close_code == 4000


@pytest.mark.parametrize("host", ["{a}.{b}.{c}.{d}.example.org", "{a}{b}{c}{d}.x"])
async def test_hostile_host(host: str) -> None:
    """
    A long name that almost fits is refused in one go.
    """
    assert await status_at(Host(host, app=inner), "a." * 20_000 + "example.or") == 404


def test_lifespan() -> None:
    """
    A lifespan is for no host.
    """
    assert Host("x", app=inner).matches(lifespan_scope()) == (Match.NONE, {})


def test_path_in_place_of_a_host() -> None:
    """
    What starts like a path is refused.
    """
    with pytest.raises(AssertionError, match="Host must not start with '/'"):
        Host("/x", app=inner)


async def no_routes(scope: object, receive: object, send: object) -> None:
    """An application without routes."""


def url_of(router: Router, name: str, **path_params: object) -> Tuple[str, str]:
    """Return the host and the path of what is called *name*."""
    path = router.url_path_for(name, **path_params)
    return path.host, str(path)


def test_url_inside() -> None:
    """
    The name of the host leads to the routes inside; the port is part of the URL.
    """
    router = Router([Host("{sub}.example.org:3600", app=inner, name="api")])
    path = router.url_path_for("api:params", sub="a", id=1)

    assert (path.host, str(path)) == ("a.example.org:3600", "/x/1")
    assert path.make_absolute_url("http://other/") == "http://a.example.org:3600/x/1"
    assert router.url_path_for("api:session", sub="a").protocol == "websocket"


def test_url_without_a_name() -> None:
    """
    A host without a name leads inside for every name.
    """
    router = Router([Host("api.example.org", app=inner)])

    assert url_of(router, "params", id=1) == ("api.example.org", "/x/1")


def test_url_of_the_host_itself() -> None:
    """
    With its own name, a host leads to any path that is given.
    """
    router = Router([Host("{sub}.example.org", app=no_routes, name="files")])

    assert url_of(router, "files", sub="a", path="/x/y") == ("a.example.org", "/x/y")


@pytest.mark.parametrize(
    "name, given",
    [
        ("files", {"sub": "a"}),
        ("files", {"path": "/x", "sub": "a", "more": 1}),
        ("files:missing", {"sub": "a"}),
        ("files:params", {"id": 1}),
        ("files", {"path": "/x"}),
        ("other", {"sub": "a", "path": "/"}),
    ],
)
def test_url_that_does_not_exist(name: str, given: dict[str, object]) -> None:
    """
    Another name, or other parameters, are nothing of this host.
    """
    for app in (inner, no_routes):
        router = Router([Host("{sub}.example.org", app=app, name="files")])
        with pytest.raises(NoMatchFound):
            router.url_path_for(name, **given)


def test_routes() -> None:
    """
    The routes of the application inside, if it has any.
    """
    assert Host("x", app=inner).routes is inner.routes
    assert Host("x", app=no_routes).routes == []


def test_comparison_and_text() -> None:
    """
    Hosts of one name and one application are equal.
    """
    host = Host("x", app=no_routes, name="n")

    assert host == Host("x", app=no_routes)
    assert host != Host("y", app=no_routes)
    assert host != Host("x", app=inner)
    assert host != "x"
    assert repr(host) == f"Host(host='x', name='n', app={no_routes!r})"
