"""Routes to applications below a path."""

from __future__ import annotations

import re
from typing import Any, Dict, List

import pytest

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Match, Mount, NoMatchFound, Route, Router, WebSocketRoute
from starlette.testing import (
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


async def endpoint(request: Request) -> JSONResponse:
    scope = request.scope
    return JSONResponse(
        {
            "params": request.path_params,
            "path": scope["path"],
            "root": scope.get("root_path"),
            "app_root": scope.get("app_root_path"),
        }
    )


async def session(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(websocket.path_params)
    await websocket.close()


async def no_routes(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"below {scope['root_path']}")(scope, receive, send)


async def get(app: ASGIApp, path: str, **extra: Any) -> Any:
    recorder = await exchange(app, http_scope("GET", path, **extra))
    assert recorder.status == 200, recorder.status
    import json

    return json.loads(recorder.body)


async def test_paths_inside() -> None:
    """
    The path stays whole, and the root path says how much of it is used up.
    """
    router = Router([Mount("/users", routes=[Route("/{name}", endpoint)])])

    assert await get(router, "/users/ann") == {
        "params": {"name": "ann"},
        "path": "/users/ann",
        "root": "/users",
        "app_root": "",
    }


async def test_three_deep_with_parameters() -> None:
    """
    Parameters of all mounts are there, and so is the root that the server gave.
    """
    inner = Route("/{d:path}", endpoint)
    third = Mount("/x-{c}", routes=[inner])
    second = Mount("/{b}", app=Starlette(routes=[third]))
    router = Router([Mount("/{a:int}", routes=[second])])

    assert await get(router, "/api/1/two/x-3/4/5", root_path="/api") == {
        "params": {"a": 1, "b": "two", "c": "3", "d": "4/5"},
        "path": "/api/1/two/x-3/4/5",
        "root": "/api/1/two/x-3",
        "app_root": "/api",
    }


@pytest.mark.parametrize("path", ["", "/", "//"])
async def test_at_the_root(path: str) -> None:
    """
    A mount at the root takes every path, and adds nothing to the root path.
    """
    router = Router([Mount(path, routes=[Route("/x", endpoint), Route("/", endpoint)])])
    found = await get(router, "/x")

    assert found["root"] == ""
    assert (await get(router, "/"))["path"] == "/"


@pytest.mark.parametrize(
    "template, path, status",
    [
        ("/sub", "/sub/", 200),
        ("/sub/", "/sub/x", 200),
        ("/sub", "/sub", 404),
        ("/sub", "/subx/", 404),
        ("/sub", "/sub\n/", 404),
        ("/{n:int}", "/1/", 200),
        ("/{n:int}", "/x/", 404),
        ("/{n:int}", "/" + "1" * 5000 + "/", 404),
    ],
)
async def test_paths_that_match(template: str, path: str, status: int) -> None:
    """
    A mount takes what is below its path, behind a slash.
    """
    router = Router([Mount(template, app=no_routes)], redirect_slashes=False)

    assert (await exchange(router, http_scope("GET", path))).status == status


async def test_line_breaks_below() -> None:
    """
    A path below may hold anything, line breaks included.
    """
    router = Router([Mount("/s/{a}", routes=[Route("/{rest:path}", endpoint)])])

    assert (await get(router, "/s/1/a\nb\n"))["params"] == {"a": "1", "rest": "a\nb\n"}


async def test_mount_outside_of_a_router() -> None:
    """
    A mount is an application, and refuses what it does not match.
    """
    mount = Mount("/sub", app=no_routes)
    found = await exchange(mount, http_scope("GET", "/sub/x"))
    missing = await exchange(mount, http_scope("GET", "/x"))

    assert found.body == b"below /sub"
    assert missing.status == 404


def test_what_matches() -> None:
    """
    The child scope has the root path and the parameters; a lifespan has no path.
    """
    mount = Mount("/{a}", app=no_routes)
    scope = http_scope("GET", "/1/x", path_params={"outer": 0}, root_path="")

    assert mount.matches(scope) == (
        Match.FULL,
        {
            "path_params": {"outer": 0, "a": "1"},
            "app_root_path": "",
            "root_path": "/1",
            "endpoint": no_routes,
            "route": mount,
        },
    )
    assert mount.matches(lifespan_scope()) == (Match.NONE, {})


async def test_websocket() -> None:
    """
    Sessions are mounted like requests.
    """
    router = Router([Mount("/{a:int}", routes=[WebSocketRoute("/{b}", session)])])
    recorder = await exchange(router, websocket_scope("/1/x"), Script.websocket())

    assert recorder.data == ['{"a":1,"b":"x"}']


async def test_methods_not_allowed_inside() -> None:
    """
    The router inside answers for its own routes.
    """
    inner = [Route("/x", endpoint, methods=[m]) for m in ("PUT", "POST")]
    router = Router([Mount("/sub", routes=inner)])
    recorder = await exchange(router, http_scope("GET", "/sub/x"))

    assert recorder.status == 405
    assert recorder.headers["allow"] == "POST, PUT"


async def test_middleware() -> None:
    """
    The middleware of a mount is around the application inside.
    """
    seen: List[str] = []

    class Noting:
        def __init__(self, app: ASGIApp, mark: str) -> None:
            self.app = app
            self.mark = mark

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(f"{self.mark} {scope['root_path']}")
            await self.app(scope, receive, send)

    middleware = [Middleware(Noting, "a"), Middleware(Noting, "b")]
    routes = [Route("/x", endpoint)]
    router = Router([Mount("/sub", routes=routes, middleware=middleware)])
    await get(router, "/sub/x")

    assert seen == ["a /sub", "b /sub"]
    assert router.url_path_for("endpoint") == "/sub/x"


async def test_replaced_expression() -> None:
    """
    ``path_regex`` may be replaced, and the mount goes by it.
    """
    mount = Mount("/Sub", app=no_routes)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.IGNORECASE)
    recorder = await exchange(mount, http_scope("GET", "/sUB/x"))

    assert recorder.body == b"below /sUB"


@pytest.mark.parametrize(
    "args, message",
    [
        ({"path": "x", "routes": []}, "Routed paths must start with '/'"),
        ({"path": "/x"}, "Either 'app=...', or 'routes=' must be specified"),
    ],
)
def test_wrong_arguments(args: Dict[str, Any], message: str) -> None:
    """
    A mount needs a path with a slash, and something to mount.
    """
    with pytest.raises(AssertionError, match=re.escape(message)):
        Mount(**args)


def test_parameter_called_path() -> None:
    """
    That name is taken, by the rest of the path.
    """
    with pytest.raises(ValueError, match="Duplicated param name path"):
        Mount("/{path}", routes=[])


# -- URLs ----------------------------------------------------------------------------


def test_url_inside() -> None:
    """
    The names of mounts lead inside, with the parameters of each.
    """
    inner = Mount(
        "/{b}",
        routes=[Route("/{c}", endpoint, name="r"), WebSocketRoute("/ws", session)],
        name="in",
    )
    router = Router([Mount("/{a:int}", routes=[inner], name="out")])

    assert router.url_path_for("out:in:r", a=1, b="2", c="x?#%y") == (
        "/1/2/x%3F%23%25y"
    )
    assert router.url_path_for("out:in:session", a=1, b="z").protocol == "websocket"


@pytest.mark.parametrize("name", [None, ""])
def test_url_without_a_name(name: Any) -> None:
    """
    A mount without a name leads inside for every name; an empty one for a colon.
    """
    router = Router([Mount("/sub", routes=[Route("/x", endpoint)], name=name)])
    inner_name = "endpoint" if name is None else ":endpoint"

    assert router.url_path_for(inner_name) == "/sub/x"


def test_url_with_a_parameter_called_path() -> None:
    """
    A route inside may have a parameter of that name.
    """
    routes = [Route("/{path:path}", endpoint)]
    router = Router([Mount("/{a}", routes=routes, name="m")])
    bare = Router([Mount("/{a}", routes=routes)])

    assert router.url_path_for("m:endpoint", a=1, path="x/y") == "/1/x/y"
    assert bare.url_path_for("endpoint", a=1, path="x/y") == "/1/x/y"


def test_url_of_any_path_below() -> None:
    """
    The name of the mount alone, with ``path``, is any path there.
    """
    router = Router([Mount("/{a}", app=no_routes, name="files")])

    assert router.url_path_for("files", a=1, path="/x/y") == "/1/x/y"
    assert router.url_path_for("files", a=1, path="x?y") == "/1/x%3Fy"
    assert Router([Mount("/", app=no_routes, name="f")]).url_path_for(
        "f", path="x"
    ) == ("/x")


def test_url_of_a_path_that_is_called_otherwise_inside() -> None:
    """
    An application inside with ``resolve_url_path`` says what the path is.
    """

    class Files:
        def resolve_url_path(self, path: str) -> str:
            return {"app.js": "/app.3f2a9c.js"}.get(path, path)

        async def __call__(
            self, scope: Scope, receive: Receive, send: Send
        ) -> None: ...

    files: ASGIApp = Files()
    mount = Mount("/static", files, name="static", middleware=[Middleware(_Passing)])

    assert mount.url_path_for("static", path="/app.js") == "/static/app.3f2a9c.js"
    assert mount.url_path_for("static", path="other.js") == "/static/other.js"


class _Passing:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


@pytest.mark.parametrize(
    "name, given",
    [
        ("files", {"a": 1}),
        ("files", {"path": "x"}),
        ("files", {"path": "x", "a": 1, "more": 2}),
        ("files:missing", {"a": 1}),
        ("files:endpoint", {}),
        ("filesystem:endpoint", {"a": 1}),
        ("endpoint", {"a": 1}),
    ],
)
def test_url_that_does_not_exist(name: str, given: Dict[str, Any]) -> None:
    """
    Another name, or other parameters, are nothing of this mount.
    """
    apps: List[ASGIApp] = [no_routes, Router([Route("/x", endpoint)])]
    for app in apps:
        with pytest.raises(NoMatchFound):
            Router([Mount("/{a}", app=app, name="files")]).url_path_for(name, **given)


def test_routes() -> None:
    """
    The routes inside are those of the application, behind its middleware too.
    """
    routes = [Route("/x", endpoint)]
    middleware = [Middleware(lambda app: no_routes)]

    assert Mount("/", routes=routes, middleware=middleware).routes == routes
    assert Mount("/", app=no_routes).routes == []


def test_comparison_and_text() -> None:
    """
    Mounts of one path and one application are equal.
    """
    mount = Mount("/x", app=no_routes, name="n")

    assert mount == Mount("/x/", app=no_routes)
    assert mount != Mount("/y", app=no_routes)
    assert mount != Mount("/x", app=session)  # type: ignore[arg-type]
    assert mount != "/x"
    assert repr(mount) == f"Mount(path='/x', name='n', app={no_routes!r})"
    assert Mount("/x", app=no_routes).name is None
