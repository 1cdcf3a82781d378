"""Routers: what becomes of a connection that no route, or more than one, may take.

Which route takes which path is tested in ``test_route_index.py``; startup and
shutdown in ``test_lifespan.py``.
"""

from __future__ import annotations

from typing import Any, List, Tuple

import pytest

from starlette.applications import Starlette
from starlette.datastructures import URLPath
from starlette.exceptions import StarletteDeprecationWarning
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import (
    BaseRoute,
    Host,
    Match,
    Mount,
    NoMatchFound,
    Route,
    Router,
    WebSocketRoute,
)
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


async def endpoint(request: Request) -> PlainTextResponse:
    return PlainTextResponse("here")


async def session(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close(4000)


async def answer_to(
    app: ASGIApp, path: str, method: str = "GET", **extra: Any
) -> Tuple[int, str]:
    """Return the status and where a redirect leads, or the body."""
    extra.setdefault("headers", {"host": "x.example"})
    recorder = await exchange(app, http_scope(method, path, **extra))
    location = recorder.headers.get("location")
    return recorder.status, location or recorder.body.decode()


async def test_nothing_here() -> None:
    """
    A router by itself answers 404; inside an application its handlers do.
    """

    async def handler(request: Request, exc: Exception) -> PlainTextResponse:
        return PlainTextResponse("handled", 404)

    app = Starlette(exception_handlers={404: handler})

    assert await answer_to(Router(), "/") == (404, "Not Found")
    assert await answer_to(Starlette(), "/") == (404, "Not Found")
    assert await answer_to(app, "/x") == (404, "handled")


async def test_websocket_that_does_not_exist() -> None:
    """
    It is closed instead of accepted, in an application too.
    """
    apps: List[ASGIApp] = [Router(), Starlette(routes=[Route("/", endpoint)])]
    for app in apps:
        recorder = await exchange(app, websocket_scope(), Script.websocket())

        assert recorder.messages == [
            {"type": "websocket.close", "code": 1000, "reason": ""}
        ]


async def test_default() -> None:
    """
    Another application can take what no route takes.
    """
    router = Router(default=PlainTextResponse("default"))

    assert await answer_to(router, "/x") == (200, "default")


async def test_unknown_scope() -> None:
    """
    A connection of an unknown kind is an error of the server.
    """
    with pytest.raises(AssertionError, match="but got 'telnet'"):
        await exchange(Router(), {"type": "telnet", "path": "/"})


@pytest.mark.parametrize(
    "path, answer",
    [
        ("/leaf/", (307, "http://x.example/leaf")),
        ("/leaf//", (307, "http://x.example/leaf")),
        ("/branch", (307, "http://x.example/branch/")),
        ("/sub", (307, "http://x.example/sub/")),
        ("/sub/inner/", (307, "http://x.example/sub/inner")),
        ("/item/1/", (307, "http://x.example/item/1")),
        ("/item/x/", (404, "Not Found")),
        ("/post/", (307, "http://x.example/post")),
        ("/", (404, "Not Found")),
        ("//", (404, "Not Found")),
        ("", (404, "Not Found")),
        ("/leaf\n/", (404, "Not Found")),
        ("/a b/", (307, "http://x.example/a%20b")),
    ],
)
async def test_redirects(path: str, answer: Tuple[int, str]) -> None:
    """
    A path that only differs by its final slash is redirected to the one there is.
    """
    router = Router(
        [
            Route("/leaf", endpoint),
            Route("/branch/", endpoint),
            Route("/item/{id:int}", endpoint),
            Route("/post", endpoint, methods=["POST"]),
            Route("/a b", endpoint),
            Mount("/sub", routes=[Route("/inner", endpoint)]),
        ]
    )

    assert await answer_to(router, path) == answer


async def test_redirect_keeps_the_query() -> None:
    """
    The query goes along, whatever the method.
    """
    router = Router([Route("/leaf", endpoint)])

    assert await answer_to(router, "/leaf/", query=b"a=1&b=%20") == (
        307,
        "http://x.example/leaf?a=1&b=%20",
    )
    assert (await answer_to(router, "/leaf/", "POST"))[0] == 307


async def test_redirect_below_a_root_path() -> None:
    """
    The root path stays in the location.
    """
    router = Router([Mount("/sub", routes=[Route("/", endpoint)])])

    assert await answer_to(router, "/api/sub", root_path="/api") == (
        307,
        "http://x.example/api/sub/",
    )
    assert await answer_to(router, "/api", root_path="/api") == (404, "Not Found")


async def test_redirects_switched_off() -> None:
    """
    Without them, another path is another path.
    """
    router = Router([Route("/leaf", endpoint)], redirect_slashes=False)

    assert await answer_to(router, "/leaf/") == (404, "Not Found")


async def test_no_redirect_for_websockets() -> None:
    """
    A handshake cannot be redirected: it is refused.
    """
    router = Router([WebSocketRoute("/ws", session)])
    recorder = await exchange(router, websocket_scope("/ws/"), Script.websocket())

    assert recorder.close_code == 1000


@pytest.mark.parametrize(
    "path, location",
    [
        ("/leaf/", "/leaf"),
        ("//evil.example/x/", "/evil.example/x"),
        ("///evil.example/", "/evil.example"),
        ("/\\evil.example/", "/%5Cevil.example"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"host": "evil/x"}, {"host": "a b"}])
async def test_redirect_without_a_host(
    path: str, location: str, headers: dict[str, str]
) -> None:
    """
    It stays on the origin, whatever the path looks like.
    """
    router = Router([Route("/leaf", endpoint), Route("/{any:path}x", endpoint)])
    router.routes.append(Route("/{any:path}e", endpoint))
    answer = await answer_to(router, path, headers=headers)

    assert answer == (307, location)


async def test_redirect_without_a_host_keeps_the_query() -> None:
    """
    The relative location has its query as well.
    """
    router = Router([Route("/leaf", endpoint)])

    assert await answer_to(router, "/leaf/", headers={}, query=b"a=1") == (
        307,
        "/leaf?a=1",
    )


class Partial(BaseRoute):
    """A route of a program's own that knows no ``methods``."""

    def matches(self, scope: Scope) -> Tuple[Match, Scope]:
        return Match.PARTIAL, {"found": "partially"}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(scope["found"], 409)(scope, receive, send)


async def test_partial_match() -> None:
    """
    The first route that fits in part answers, if none fits wholly.
    """
    put = Route("/x", endpoint, methods=["PUT"])
    whole = Route("/x", endpoint)

    assert await answer_to(Router([Partial()]), "/x") == (409, "partially")
    assert await answer_to(Router([Partial(), whole]), "/x") == (200, "here")
    assert (await answer_to(Router([put, Partial()]), "/x"))[0] == 405


async def test_allowed_methods_of_several_routes() -> None:
    """
    The application's 405 names the methods of all of them, too.
    """
    app = Starlette(
        routes=[
            Route("/x", endpoint, methods=["PUT"]),
            Route("/{a}", endpoint, methods=["GET"]),
        ]
    )
    recorder = await exchange(app, http_scope("POST", "/x"))

    assert recorder.status == 405
    assert recorder.headers["allow"] == "GET, HEAD, PUT"


async def test_middleware() -> None:
    """
    It is around the routes, and around what is answered when there is none.
    """

    class Replacing:
        def __init__(self, app: ASGIApp, body: str) -> None:
            self.app = app
            self.body = body

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            recorder = Recorder()
            await self.app(scope, receive, recorder)
            text = f"{self.body} {recorder.status}"
            await PlainTextResponse(text)(scope, receive, send)

    middleware = [Middleware(Replacing, "outer"), Middleware(Replacing, "inner")]
    router = Router([Route("/x", endpoint)], middleware=middleware)
    single = Router([Route("/x", endpoint)], middleware=middleware[1:])

    assert await answer_to(router, "/x") == (200, "outer 200")
    assert await answer_to(single, "/y") == (200, "inner 404")


async def test_subclass_with_an_application_of_its_own() -> None:
    """
    A subclass may override ``app``, and a tool may replace it on the class.
    """

    class Mine(Router):
        async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
            scope["path"] = "/x"
            await super().app(scope, receive, send)

    assert await answer_to(Mine([Route("/x", endpoint)]), "/y") == (200, "here")


async def test_tools_replace_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Routers that are made from then on go through what stands in its place.
    """
    seen: List[str] = []
    app = Router.app

    async def tracing(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])
        await app(self, scope, receive, send)

    monkeypatch.setattr(Router, "app", tracing)
    await answer_to(Router([Route("/x", endpoint)]), "/x")

    assert seen == ["/x"]


async def test_router_of_the_scope() -> None:
    """
    The outermost router is noted on the scope, for URLs of all routes.
    """
    seen: List[Any] = []

    async def noting(request: Request) -> PlainTextResponse:
        seen.append(request.scope["router"])
        return PlainTextResponse("")

    router = Router([Mount("/sub", routes=[Route("/", noting)])])
    await answer_to(router, "/sub/")

    assert seen == [router]


def test_url() -> None:
    """
    The first route of the name that takes the parameters gives the path.
    """
    router = Router(
        [
            Route("/a/{x}", endpoint, name="n"),
            Mount("/b", routes=[Route("/{y}", endpoint, name="n")]),
            Host("c.example", app=Router([Route("/{z}", endpoint, name="n")])),
        ]
    )
    host = router.url_path_for("n", z=1)

    assert router.url_path_for("n", x=1) == "/a/1"
    assert router.url_path_for("n", y=1) == "/b/1"
    assert (str(host), host.host) == ("/1", "c.example")
    with pytest.raises(
        NoMatchFound, match='No route exists for name "n" and params ""'
    ):
        router.url_path_for("n")


def test_url_of_a_route_with_several_names() -> None:
    """
    A route that overrides ``url_path_for`` is asked for every name.
    """

    class Alias(Route):
        def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
            own = self.name if name == "alias" else name
            return super().url_path_for(own, **path_params)

    router = Router([Route("/x", endpoint, name="x"), Alias("/y", endpoint, name="y")])

    assert router.url_path_for("alias") == "/y"
    assert router.url_path_for("y") == "/y"


async def test_routes_that_are_added() -> None:
    """
    Each kind of route has a method that adds one.
    """
    router = Router()
    router.add_route("/r", endpoint, methods=["PUT"], name="r", include_in_schema=False)
    router.add_websocket_route("/ws", session, name="ws")
    router.mount("/m", Router([Route("/", endpoint)]), name="m")
    router.host("h.example", Router([Route("/", endpoint)]), name="h")
    route, websocket_route, mount, host = router.routes

    recorder = await exchange(router, websocket_scope("/ws"), Script.websocket())

    assert recorder.close_code == 4000
    assert isinstance(route, Route)
    assert route.methods == {"PUT"}
    assert not route.include_in_schema
    assert isinstance(websocket_route, WebSocketRoute)
    assert isinstance(mount, Mount)
    assert isinstance(host, Host)
    assert [str(router.url_path_for(name)) for name in ("r", "ws")] == ["/r", "/ws"]
    assert router.url_path_for("m:endpoint") == "/m/"
    assert router.url_path_for("h:endpoint").host == "h.example"


def test_deprecated_decorators() -> None:
    """
    They add a route, leave the function as it is, and warn.
    """
    router = Router()
    with pytest.warns(StarletteDeprecationWarning, match="`route` decorator"):
        decorated = router.route("/r", methods=["PUT"], name="r")(endpoint)
    with pytest.warns(StarletteDeprecationWarning, match="`websocket_route` decorator"):
        decorated_session = router.websocket_route("/ws")(session)

    assert decorated is endpoint
    assert decorated_session is session
    assert router.routes == [
        Route("/r", endpoint, methods=["PUT"]),
        WebSocketRoute("/ws", session),
    ]


def test_comparison() -> None:
    """
    Routers with equal routes are equal.
    """
    router = Router([Route("/", endpoint)])

    assert router == Router([Route("/", endpoint)])
    assert router != Router()
    assert router != "router"
