"""Routes to endpoints, each by itself; what a router makes of many is tested there."""

from __future__ import annotations

import functools
from typing import Any, Dict, List, Type

import pytest

from starlette import routing
from starlette.applications import Starlette
from starlette.datastructures import URLPath
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import (
    BaseRoute,
    Match,
    Mount,
    NoMatchFound,
    Route,
    WebSocketRoute,
    get_name,
)
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


async def endpoint(request: Request) -> PlainTextResponse:
    return PlainTextResponse(repr(request.path_params))


def sync_endpoint(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"sync {request.path_params!r}")


async def session(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(websocket.path_params)
    await websocket.close()


class App:
    """An ASGI application as an endpoint."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.args = scope, receive, send

    def __await__(self) -> Any:
        scope, receive, send = self.args
        return PlainTextResponse(scope["method"])(scope, receive, send).__await__()


class Methods:
    """Endpoints that are methods."""

    async def get(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("method")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("instance")(scope, receive, send)


class Marking:
    """A middleware that notes its mark on the scope."""

    def __init__(self, app: ASGIApp, mark: str) -> None:
        self.app = app
        self.mark = mark

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("marks", []).append(self.mark)
        await self.app(scope, receive, send)


@pytest.mark.parametrize(
    "function, body",
    [
        (endpoint, b"{'id': 1}"),
        (sync_endpoint, b"sync {'id': 1}"),
        (functools.partial(endpoint), b"{'id': 1}"),
        (functools.partial(functools.partial(sync_endpoint)), b"sync {'id': 1}"),
        (Methods().get, b"method"),
        (Methods(), b"instance"),
        (App, b"GET"),
    ],
)
async def test_kinds_of_endpoints(function: Any, body: bytes) -> None:
    """
    Functions are given the request; anything else is an ASGI application.
    """
    recorder = await exchange(Route("/{id:int}", function), http_scope("GET", "/1"))

    assert recorder.status == 200
    assert recorder.body == body


@pytest.mark.parametrize(
    "function, methods, expected",
    [
        (endpoint, None, {"GET", "HEAD"}),
        (endpoint, ["post"], {"POST"}),
        (endpoint, ["get", "Put"], {"GET", "HEAD", "PUT"}),
        (endpoint, [], set()),
        (App, None, None),
        (App, ["post"], {"POST"}),
    ],
)
def test_methods(function: Any, methods: Any, expected: Any) -> None:
    """
    A function takes GET if nothing is said, an application takes everything.
    """
    assert Route("/", function, methods=methods).methods == expected


@pytest.mark.parametrize("method", ["GET", "DELETE", "BREW"])
async def test_any_method(method: str) -> None:
    """
    An empty set of methods is no restriction, as is none.
    """
    empty = await exchange(Route("/", endpoint, methods=[]), http_scope(method))
    none = await exchange(Route("/", App), http_scope(method))

    assert (empty.status, none.status) == (200, 200)


async def test_method_not_allowed() -> None:
    """
    Without an application the route answers 405 itself, with its methods.
    """
    route = Route("/", endpoint, methods=["PUT", "GET"])
    recorder = await exchange(route, http_scope("POST"))

    assert recorder.status == 405
    assert recorder.headers["allow"] == "GET, HEAD, PUT"
    assert recorder.body == b"Method Not Allowed"


async def test_method_not_allowed_in_an_application() -> None:
    """
    Inside of one, the handlers of the application answer, with the header.
    """

    async def handler(request: Request, exc: Any) -> PlainTextResponse:
        return PlainTextResponse("handled", exc.status_code, exc.headers)

    app = Starlette(routes=[Route("/", endpoint)], exception_handlers={405: handler})
    recorder = await exchange(app, http_scope("POST"))

    assert recorder.status == 405
    assert recorder.headers["allow"] == "GET, HEAD"
    assert recorder.body == b"handled"


async def test_route_outside_of_a_router() -> None:
    """
    A route is an application: it refuses what it does not match.
    """
    route = Route("/x", endpoint)
    missing = await exchange(route, http_scope("GET", "/y"))
    closed = await exchange(route, websocket_scope("/x"))
    silent = await exchange(route, lifespan_scope(), Script.lifespan())

    assert (missing.status, missing.body) == (404, b"Not Found")
    assert closed.close_code == 1000
    assert silent.messages == []


async def test_websocket_route() -> None:
    """
    The endpoint is given the session.
    """
    recorder = await exchange(
        WebSocketRoute("/{id:int}", session), websocket_scope("/1"), Script.websocket()
    )

    assert recorder.data == ['{"id":1}']


async def test_websocket_route_to_an_application() -> None:
    """
    What is no function is called as an ASGI application.
    """

    class Closing:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "websocket.close", "code": 4001})

    route = WebSocketRoute("/", Closing())
    recorder = await exchange(route, websocket_scope())

    assert recorder.close_code == 4001
    assert route.name == "Closing"


def test_what_matches() -> None:
    """
    A route matches its kind of connection at its path, and says what it found.
    """
    route = Route("/{id:int}", endpoint)
    websocket_route = WebSocketRoute("/{id:int}", session)
    scope = http_scope("GET", "/1", path_params={"outer": 0})
    child = {
        "endpoint": endpoint,
        "path_params": {"outer": 0, "id": 1},
        "route": route,
    }
    websocket_child = {
        "endpoint": session,
        "path_params": {"id": 1},
        "route": websocket_route,
    }

    assert route.matches(scope) == (Match.FULL, child)
    assert route.matches({**scope, "method": "PUT"}) == (Match.PARTIAL, child)
    assert route.matches(http_scope("GET", "/x")) == (Match.NONE, {})
    assert route.matches(websocket_scope("/1")) == (Match.NONE, {})
    assert websocket_route.matches(scope) == (Match.NONE, {})
    assert websocket_route.matches(websocket_scope("/1")) == (
        Match.FULL,
        websocket_child,
    )


def test_root_path() -> None:
    """
    What is behind the root path is matched, if the path starts with that.
    """
    route = Route("/x", endpoint)
    found = [
        route.matches(http_scope("GET", path, root_path=root))[0]
        for path, root in [
            ("/api/x", "/api"),
            ("/x", "/api"),
            ("/apix/x", "/api"),
            ("/api", "/api"),
        ]
    ]

    assert found == [Match.FULL, Match.FULL, Match.NONE, Match.NONE]


async def test_middleware() -> None:
    """
    The middleware of a route is around its endpoint alone, the first outermost.
    """
    middleware = [Middleware(Marking, "a"), Middleware(Marking, mark="b")]
    http, websocket = http_scope(), websocket_scope()
    await exchange(Route("/", endpoint, middleware=middleware), http)
    route = WebSocketRoute("/", session, middleware=middleware)
    await exchange(route, websocket, Script.websocket())

    assert http["marks"] == ["a", "b"]
    assert websocket["marks"] == ["a", "b"]


@pytest.mark.parametrize("cls", [Route, WebSocketRoute])
def test_path_without_slash(cls: Type[Any]) -> None:
    """
    A path starts with a slash.
    """
    with pytest.raises(AssertionError, match="Routed paths must start with '/'"):
        cls("x", endpoint)


@pytest.mark.parametrize("limit", [-1, 1.5, "1"])
def test_wrong_limit(limit: Any) -> None:
    """
    A limit that is no number of bytes is refused at once.
    """
    with pytest.raises(ValueError, match="`max_body_size` must be"):
        Route("/", endpoint, max_body_size=limit)


def test_url() -> None:
    """
    A name with exactly the parameters of the path gives the path.
    """
    path = Route("/{id:int}/{rest:path}", endpoint).url_path_for(
        "endpoint", id=5, rest="a/b?c#d"
    )

    assert path == "/5/a/b%3Fc%23d"
    assert isinstance(path, URLPath)
    assert path.protocol == "http"
    assert WebSocketRoute("/", session).url_path_for("session").protocol == "websocket"


@pytest.mark.parametrize(
    "name, params",
    [("other", {"id": 1}), ("endpoint", {}), ("endpoint", {"id": 1, "more": 2})],
)
@pytest.mark.parametrize("cls", [Route, WebSocketRoute])
def test_url_that_does_not_exist(
    cls: Type[Any], name: str, params: Dict[str, int]
) -> None:
    """
    Another name, or other parameters, are not this route's.
    """
    with pytest.raises(NoMatchFound) as caught:
        cls("/{id:int}", endpoint).url_path_for(name, **params)

    shown = ", ".join(params)
    assert str(caught.value) == (
        f'No route exists for name "{name}" and params "{shown}".'
    )


def test_url_with_a_parameter_called_name() -> None:
    """
    A parameter may be called as the argument of ``url_path_for`` is.
    """
    route = Route("/{name}", endpoint)

    assert route.url_path_for("endpoint", name="x") == "/x"


def test_names() -> None:
    """
    A route is called as it is told, or as its endpoint is, or its class.
    """
    assert Route("/", endpoint, name="given").name == "given"
    assert Route("/", endpoint, name="").name == ""
    assert Route("/", endpoint).name == "endpoint"
    assert Route("/", App).name == "App"
    assert Route("/", Methods()).name == "Methods"
    assert get_name(functools.partial(endpoint)) == "partial"
    assert get_name(Methods().get) == "get"


def test_comparison() -> None:
    """
    Routes are equal by path, endpoint and methods.
    """
    route = Route("/", endpoint)

    assert route == Route("/", endpoint, name="other")
    assert route != Route("/x", endpoint)
    assert route != Route("/", sync_endpoint)
    assert route != Route("/", endpoint, methods=["PUT"])
    assert route != "route"
    assert WebSocketRoute("/", session) == WebSocketRoute("/", session)
    assert WebSocketRoute("/", session) != WebSocketRoute("/x", session)
    assert WebSocketRoute("/", session) != route


def test_text() -> None:
    """
    A route shows where it is and what it takes; a subclass its own name.
    """

    class Mine(Route):
        pass

    assert repr(Route("/", endpoint)) == (
        "Route(path='/', name='endpoint', methods=['GET', 'HEAD'])"
    )
    assert repr(Mine("/", App)) == "Mine(path='/', name='App', methods=[])"
    assert repr(WebSocketRoute("/", session)) == (
        "WebSocketRoute(path='/', name='session')"
    )


async def test_base_route() -> None:
    """
    The base class leaves everything to its subclasses.
    """
    route = BaseRoute()
    with pytest.raises(NotImplementedError):
        route.matches(http_scope())
    with pytest.raises(NotImplementedError):
        route.url_path_for("x")
    with pytest.raises(NotImplementedError):
        await route.handle(http_scope(), Script.http(), Recorder())


async def test_tools_replace_request_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A route is made with the ``request_response`` that stands in the module then.
    """
    seen: List[Any] = []
    original = routing.request_response

    def tracing(func: Any) -> ASGIApp:
        seen.append(func)
        return original(func)

    monkeypatch.setattr(routing, "request_response", tracing)
    Route("/", endpoint)

    assert seen == [endpoint]


async def test_tools_replace_websocket_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    So is a WebSocket route with its ``websocket_session``.
    """
    seen: List[Any] = []
    original = routing.websocket_session

    def tracing(func: Any) -> ASGIApp:
        seen.append(func)
        return original(func)

    monkeypatch.setattr(routing, "websocket_session", tracing)
    WebSocketRoute("/", session)

    assert seen == [session]


def test_classes_say_where_they_are_imported_from() -> None:
    """
    The public classes name the public module.
    """
    for cls in (BaseRoute, Match, Mount, NoMatchFound, Route, WebSocketRoute):
        assert cls.__module__ == "starlette.routing"


async def test_endpoint_without_a_response() -> None:
    """
    An endpoint that forgets its response fails with the type of what it gave.
    """

    async def forgetful(request: Request) -> Any:
        return None

    with pytest.raises(TypeError, match="NoneType"):
        await exchange(Route("/", forgetful), http_scope())


class Unfinished(PlainTextResponse):
    """A response of the program's own that never calls the constructor."""

    def __init__(self) -> None:
        self.body = b""


class CallsSuper(Unfinished):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)


@pytest.mark.parametrize("kind", [Unfinished, CallsSuper])
async def test_response_that_lacks_its_attributes(kind: Type[Unfinished]) -> None:
    """
    Nothing has been sent when that shows, so that the client gets its 500.
    """

    async def unfinished(request: Request) -> PlainTextResponse:
        return kind()

    app = Starlette(routes=[Route("/", unfinished)])
    recorder = Recorder()
    with pytest.raises(AttributeError, match="status_code"):
        await app(http_scope(), Script.http(), recorder)

    assert recorder.status == 500
    assert recorder.body == b"Internal Server Error"


def test_deprecated_predicate() -> None:
    """
    The old name of a private function still answers, with a warning.
    """
    with pytest.warns(DeprecationWarning, match="iscoroutinefunction_or_partial"):
        is_async = routing.iscoroutinefunction_or_partial(functools.partial(endpoint))

    assert is_async
