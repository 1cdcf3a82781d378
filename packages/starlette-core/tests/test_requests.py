"""Connections and requests: the scope, read; and what is said ahead of a response.

Bodies are tested in ``test_request_body.py``, disconnects in
``test_request_disconnect.py``.
"""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from starlette.datastructures import URL, Address, Headers, QueryParams, State
from starlette.requests import (
    SERVER_PUSH_HEADERS_TO_COPY,
    ClientDisconnect,
    HTTPConnection,
    Request,
    empty_receive,
    empty_send,
)
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, NoMatchFound, Route, Router
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)

pytestmark = pytest.mark.anyio


def test_url() -> None:
    """
    The URL is that of the scope, and is made once.
    """
    scope = http_scope(
        "GET", "/a b", headers={"host": "x.example"}, query=b"q=1", scheme="https"
    )
    request: Request = Request(scope)

    assert request.url == "https://x.example/a%20b?q=1"
    assert isinstance(request.url, URL)
    assert request.url is request.url
    assert request.method == "GET"


@pytest.mark.parametrize(
    "extra, base_url",
    [
        ({}, "http://x.example/"),
        ({"root_path": "/api"}, "http://x.example/api/"),
        ({"root_path": "/api/"}, "http://x.example/api/"),
        ({"root_path": "/api/sub", "app_root_path": "/api"}, "http://x.example/api/"),
        ({"root_path": "/sub", "app_root_path": ""}, "http://x.example/"),
    ],
)
def test_base_url(extra: Dict[str, str], base_url: str) -> None:
    """
    The base is where the outermost application is, without query, with a slash.
    """
    scope = http_scope("GET", "/api/sub/x", headers={"host": "x.example"}, query=b"q=1")
    scope.update(extra)
    request: Request = Request(scope)

    assert request.base_url == base_url
    assert request.base_url is request.base_url


def test_parts_of_the_scope() -> None:
    """
    Headers, query and path parameters are read on first use, and kept.
    """
    scope = http_scope(
        headers={"X-Name": "value"}, query=b"a=1&a=2", path_params={"id": 1}
    )
    request: Request = Request(scope)

    assert request.headers == Headers({"x-name": "value"})
    assert request.headers is request.headers
    assert request.query_params == QueryParams("a=1&a=2")
    assert request.query_params is request.query_params
    assert request.path_params == {"id": 1}
    assert Request(http_scope()).path_params == {}


@pytest.mark.parametrize("query", [b"\xff=%ff&%", b"&&&", b"=", b"a=%zz"])
def test_query_of_any_bytes(query: bytes) -> None:
    """
    No query makes an error.
    """
    request: Request = Request(http_scope(query=query))

    assert isinstance(dict(request.query_params), dict)
    assert str(request.url).isascii()


def test_scope_without_a_query() -> None:
    """
    A server may leave the query out.
    """
    scope = http_scope()
    del scope["query_string"]
    request: Request = Request(scope)

    assert dict(request.query_params) == {}
    assert request.url.query == ""


def test_query_as_text() -> None:
    """
    Programs that make a scope of their own may have written the query as text.
    """
    request: Request = Request({**http_scope(), "query_string": "name=é"})

    assert dict(request.query_params) == {"name": "é"}


def test_cookies() -> None:
    """
    All cookie headers count, and a request without one has none.
    """
    headers = [("cookie", "a=1; b=2"), ("host", "a.example"), ("cookie", 'c="x y"')]
    request: Request = Request(http_scope(headers=headers))

    assert request.cookies == {"a": "1", "b": "2", "c": "x y"}
    assert request.cookies is request.cookies
    assert Request(http_scope()).cookies == {}


def test_client() -> None:
    """
    The address of the peer, where the server tells.
    """
    scope = http_scope(client=("10.0.0.1", 9))
    silent = http_scope(client=None)
    missing = http_scope()
    del missing["client"]

    assert Request(scope).client == Address("10.0.0.1", 9)
    assert Request(scope).client.host == "10.0.0.1"  # type: ignore[union-attr]
    assert Request(silent).client is None
    assert Request(missing).client is None


@pytest.mark.parametrize(
    "name, middleware",
    [
        ("session", "SessionMiddleware"),
        ("auth", "AuthenticationMiddleware"),
        ("user", "AuthenticationMiddleware"),
    ],
)
def test_what_middleware_installs(name: str, middleware: str) -> None:
    """
    Without its middleware, the error names it.
    """
    message = f"{middleware} must be installed to access request.{name}"
    with pytest.raises(AssertionError) as caught:
        getattr(Request(http_scope()), name)

    assert str(caught.value) == message
    scope = http_scope()
    scope[name] = "installed"

    assert getattr(Request(scope), name) == "installed"


def test_session_that_is_read_when_it_is_asked_for() -> None:
    """
    A session that opens itself is opened by the first look at it.
    """

    class Lazy(Dict[str, Any]):
        def _open_session(self) -> Dict[str, Any]:
            return {"opened": True}

    class Plain(Dict[str, Any]):
        pass

    plain = Plain()

    assert Request(http_scope(session=Lazy())).session == {"opened": True}
    assert Request(http_scope(session=plain)).session is plain
    assert Request(http_scope(session={"a": 1})).session == {"a": 1}


def test_state() -> None:
    """
    The state lives on the scope: all connections on it share it.
    """
    scope = http_scope(state={"pool": 1})
    first: Request = Request(scope)
    second: HTTPConnection = HTTPConnection(scope)
    first.state.mine = 2
    del second.state.pool

    assert isinstance(first.state, State)
    assert first.state is first.state
    assert second.state.mine == 2
    assert scope["state"] == {"mine": 2}


def test_state_of_a_scope_without_one() -> None:
    """
    It is made at the first use.
    """
    scope = http_scope()
    del scope["state"]
    Request(scope).state.mine = 1

    assert scope["state"] == {"mine": 1}


def test_application() -> None:
    """
    The application that handles the connection is on the scope.
    """
    app = Router()

    assert Request(http_scope(app=app)).app is app


def test_mapping() -> None:
    """
    A connection is a read-only mapping of its scope.
    """
    scope = http_scope()
    request: Request = Request(scope)

    assert dict(request) == scope
    assert len(request) == len(scope)
    assert request["path"] == "/"
    assert request.get("nothing") is None
    assert "path" in request


def test_identity() -> None:
    """
    Two connections are never the same one, even on one scope.
    """
    scope = http_scope()
    first: Request = Request(scope)
    second: Request = Request(scope)

    assert first == first
    assert first != second
    assert len({first, second}) == 2


@pytest.mark.parametrize(
    "cls, scope, expected",
    [
        (HTTPConnection, lifespan_scope(), "'http' or 'websocket'"),
        (Request, websocket_scope(), "'http'"),
        (Request, lifespan_scope(), "'http'"),
    ],
)
def test_wrong_scope(cls: Any, scope: Dict[str, Any], expected: str) -> None:
    """
    A scope of another type is refused at once.
    """
    with pytest.raises(AssertionError, match=f"of type {expected}, but got"):
        cls(scope)


def test_connection_of_either_kind() -> None:
    """
    What both have in common can be made from both; a receive is accepted.
    """
    connections: List[HTTPConnection] = [
        HTTPConnection(http_scope("GET", "/x")),
        HTTPConnection(websocket_scope("/x"), empty_receive),
    ]

    assert [connection.url.path for connection in connections] == ["/x", "/x"]


async def endpoint(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(request.url_for("item", id="a?b#c%d/e")))


async def test_url_for() -> None:
    """
    The URL of a route is absolute, at the base of the outermost application.
    """
    router = Router(
        [
            Route("/items/{id:path}", endpoint, name="item"),
            Mount("/sub", routes=[Route("/here", endpoint)]),
        ]
    )
    scope = http_scope(
        "GET", "/api/sub/here", root_path="/api", headers={"host": "x.example"}
    )
    recorder = await exchange(router, scope)

    assert recorder.body == b"http://x.example/api/items/a%3Fb%23c%25d/e"


def test_url_for_without_a_router() -> None:
    """
    The application does where there is no router, and without both it is an error.
    """
    router = Router([Route("/items/{id}", endpoint, name="item")])
    headers = {"host": "x.example"}
    request: Request = Request(http_scope(app=router, headers=headers))

    assert request.url_for("item", id=1) == "http://x.example/items/1"
    with pytest.raises(NoMatchFound):
        request.url_for("other")
    with pytest.raises(RuntimeError, match="only be used inside a Starlette"):
        Request(http_scope()).url_for("item", id=1)


async def test_channels_that_were_not_given() -> None:
    """
    Reading or sending without a channel is an error that says so.
    """
    request: Request = Request(http_scope())

    assert request.receive is empty_receive
    with pytest.raises(RuntimeError, match="Receive channel has not been made"):
        await request.body()
    with pytest.raises(RuntimeError, match="Send channel has not been made"):
        await empty_send({})


def test_channels() -> None:
    """
    The channels are there under the names that tools look for.
    """
    receive, send = Script.http(), Recorder()
    request: Request = Request(http_scope(), receive, send)

    assert request.receive is receive
    assert request._receive is receive
    assert request._send is send
    assert issubclass(ClientDisconnect, Exception)


async def test_push_promise() -> None:
    """
    It carries the headers by which the client would have chosen a variant.
    """
    send = Recorder()
    headers = [
        ("User-Agent", "x"),
        ("Accept", "a"),
        ("Accept", "b"),
        ("Authorization", "secret"),
    ]
    scope = http_scope(headers=headers, extensions={"http.response.push": {}})
    await Request(scope, send=send).send_push_promise("/style.css")

    assert send.messages == [
        {
            "type": "http.response.push",
            "path": "/style.css",
            "headers": [(b"accept", b"a"), (b"accept", b"b"), (b"user-agent", b"x")],
        }
    ]
    assert "authorization" not in SERVER_PUSH_HEADERS_TO_COPY


async def test_early_hints() -> None:
    """
    Links go out ahead of the response, as text or bytes.
    """
    send = Recorder()
    scope = http_scope(extensions={"http.response.early_hint": {}})
    request: Request = Request(scope, send=send)
    await request.send_early_hints(["</a.css>; rel=preload", b"</b.js>"])

    assert send.messages == [
        {
            "type": "http.response.early_hint",
            "links": [b"</a.css>; rel=preload", b"</b.js>"],
        }
    ]


@pytest.mark.parametrize("extensions", [None, {}, {"http.response.pathsend": {}}])
async def test_server_without_the_extensions(extensions: Any) -> None:
    """
    Nothing is sent to a server that knows no hints and no promises.
    """
    send = Recorder()
    request: Request = Request(http_scope(extensions=extensions), send=send)
    await request.send_early_hints(["</a.css>; rel=preload"])
    await request.send_push_promise("/a.css")

    assert send.messages == []


@pytest.mark.parametrize("link", ["</a>\r\nX: y", "</a>\n", b"</a>\r", "</a>\0"])
@pytest.mark.parametrize("extensions", [{}, {"http.response.early_hint": {}}])
async def test_early_hint_that_would_split_the_response(
    link: Any, extensions: Any
) -> None:
    """
    A line break or a null in a link is refused, whether it would be sent or not.
    """
    send = Recorder()
    request: Request = Request(http_scope(extensions=extensions), send=send)
    with pytest.raises(ValueError, match="`links` must not hold line breaks"):
        await request.send_early_hints(["</fine>", link])

    assert send.messages == []
