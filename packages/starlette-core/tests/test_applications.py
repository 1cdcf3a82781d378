"""The application: what stands around the router, and what tools put in its place."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from starlette import applications
from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.exceptions import HTTPException, StarletteDeprecationWarning
from starlette.middleware import Middleware
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


async def endpoint(request: Request) -> PlainTextResponse:
    return PlainTextResponse("here")


async def session(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close(4000)


async def sorry(request: Request, exc: Exception) -> Response:
    return PlainTextResponse("sorry", 500)


class Adding:
    """A middleware that adds a header."""

    def __init__(self, app: ASGIApp, value: str) -> None:
        self.app = app
        self.value = value

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = (b"x-layer", self.value.encode())
                message["headers"] = [*message["headers"], header]
            await send(message)

        await self.app(scope, receive, send_more)


def layers_of(recorder: Recorder) -> List[str]:
    """Return the middleware that a response came through, from the inside."""
    return recorder.headers.getlist("x-layer")


async def test_request() -> None:
    """
    A request goes to its route, and the scope knows its application.
    """
    app = Starlette(routes=[Route("/", endpoint)])
    scope = http_scope()
    recorder = await exchange(app, scope)

    assert recorder.body == b"here"
    assert scope["app"] is app
    assert scope["router"] is app.router


async def test_mounted_application() -> None:
    """
    Inside of a mount the application is the one mounted, the router the outer one.
    """

    async def show(request: Request) -> JSONResponse:
        return JSONResponse(
            [request.app is child, request.scope["router"] is parent.router]
        )

    child = Starlette(routes=[Route("/", show)])
    parent = Starlette(routes=[Mount("/child", app=child)])
    recorder = await exchange(parent, http_scope("GET", "/child/"))

    assert recorder.body == b"[true,true]"


async def test_middleware() -> None:
    """
    The first one given is outermost, and the last one added is outside of all.
    """
    app = Starlette(
        routes=[Route("/", endpoint)],
        middleware=[Middleware(Adding, "b"), Middleware(Adding, value="c")],
    )
    app.add_middleware(Adding, value="a")
    recorder = await exchange(app, http_scope())

    assert layers_of(recorder) == ["c", "b", "a"]


async def test_middleware_is_around_errors() -> None:
    """
    What is answered for an exception goes through the middleware as well.
    """

    async def fail(request: Request) -> Response:
        raise HTTPException(409)

    app = Starlette(routes=[Route("/", fail)], middleware=[Middleware(Adding, "a")])
    missing = await exchange(app, http_scope("GET", "/x"))
    failing = await exchange(app, http_scope())

    assert (missing.status, layers_of(missing)) == (404, ["a"])
    assert (failing.status, layers_of(failing)) == (409, ["a"])


@pytest.mark.parametrize("made", [None, 5])
def test_middleware_that_is_no_application(made: Any) -> None:
    """It is an error when the stack is built, and not at each request."""

    def factory(app: ASGIApp) -> Any:
        return made

    app = Starlette(middleware=[Middleware(factory)])

    with pytest.raises(TypeError) as caught:
        app.build_middleware_stack()

    assert str(caught.value) == (
        f"A middleware must be an ASGI application, but {factory!r} returned {made}."
    )


async def test_middleware_after_the_start() -> None:
    """
    The stack is built at the first connection, and closed from then on.
    """
    app = Starlette(routes=[Route("/", endpoint)])
    before = app.middleware_stack
    await exchange(app, http_scope())
    stack = app.middleware_stack
    await exchange(app, http_scope())

    assert before is None
    assert isinstance(stack, ServerErrorMiddleware)
    assert app.middleware_stack is stack
    with pytest.raises(RuntimeError, match="Cannot add middleware after"):
        app.add_middleware(Adding, "late")


async def test_lifespan_builds_the_stack() -> None:
    """
    The lifespan is a connection like another.
    """
    app = Starlette()
    await exchange(app, lifespan_scope(), Script.lifespan())

    assert app.middleware_stack is not None


async def test_lists_of_the_caller_are_copied() -> None:
    """
    What was given stays the caller's.
    """
    middleware = [Middleware(Adding, "a")]
    handlers: Dict[Any, Any] = {}
    app = Starlette(middleware=middleware, exception_handlers=handlers)
    app.add_middleware(Adding, "b")
    app.add_exception_handler(404, endpoint)  # type: ignore[arg-type]

    assert len(middleware) == 1
    assert handlers == {}
    assert list(app.exception_handlers) == [404]


async def test_exception_handlers() -> None:
    """
    They may be added until the stack is built, those of 500 and all exceptions too.
    """

    async def conflict(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("conflict", 409)

    async def fail(request: Request) -> Response:
        raise {"key": KeyError, "value": ValueError}[request.path_params["kind"]]

    app = Starlette(routes=[Route("/{kind}", fail)])
    app.add_exception_handler(KeyError, conflict)
    app.add_exception_handler(Exception, sorry)
    recorder = Recorder()
    handled = await exchange(app, http_scope("GET", "/key"))
    with pytest.raises(ValueError, match=r"^$"):
        await app(http_scope("GET", "/value"), Script.http(), recorder)

    assert (handled.status, handled.body) == (409, b"conflict")
    assert (recorder.status, recorder.body) == (500, b"sorry")


async def test_debug() -> None:
    """
    In debug mode the traceback is shown instead of what the handler says.
    """

    async def fail(request: Request) -> Response:
        raise KeyError("the reason")

    app = Starlette(
        debug=True, routes=[Route("/", fail)], exception_handlers={500: sorry}
    )
    recorder = Recorder()
    with pytest.raises(KeyError):
        await app(http_scope(), Script.http(), recorder)

    assert app.debug
    assert b"the reason" in recorder.body


def test_state() -> None:
    """
    An application has a place for values of its own.
    """
    app = Starlette()
    app.state.pool = 1

    assert isinstance(app.state, State)
    assert app.state.pool == 1


async def test_routes_that_are_added() -> None:
    """
    Each kind of route has a method that adds one.
    """
    app = Starlette()
    app.add_route("/r", endpoint, methods=["PUT"], name="r", include_in_schema=False)
    app.add_websocket_route("/ws", session, name="ws")
    app.mount("/m", Router([Route("/", endpoint)]), name="m")
    app.host("h.example", Router([Route("/", endpoint)]), name="h")
    kinds = [type(route) for route in app.routes]
    recorder = await exchange(app, websocket_scope("/ws"), Script.websocket())

    assert app.routes is app.router.routes
    assert kinds == [Route, WebSocketRoute, Mount, Host]
    assert app.url_path_for("r") == "/r"
    assert app.url_path_for("m:endpoint") == "/m/"
    assert app.url_path_for("h:endpoint").host == "h.example"
    assert recorder.close_code == 4000


async def test_deprecated_decorators() -> None:
    """
    They add what they decorate, leave it as it is, and warn.
    """
    app = Starlette()

    async def handler(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("handled", 404)

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response = await call_next(request)
        response.headers["x-layer"] = "dispatch"
        return response

    decorated = []
    with pytest.warns(StarletteDeprecationWarning, match="`route` decorator"):
        decorated.append(app.route("/r")(endpoint))
    with pytest.warns(StarletteDeprecationWarning, match="`websocket_route`"):
        decorated.append(app.websocket_route("/ws")(session))
    with pytest.warns(StarletteDeprecationWarning, match="`exception_handler`"):
        decorated.append(app.exception_handler(404)(handler))
    with pytest.warns(StarletteDeprecationWarning, match="`middleware` decorator"):
        decorated.append(app.middleware("http")(dispatch))
    recorder = await exchange(app, http_scope("GET", "/missing"))

    assert decorated == [endpoint, session, handler, dispatch]
    assert app.routes == [Route("/r", endpoint), WebSocketRoute("/ws", session)]
    assert recorder.body == b"handled"
    assert layers_of(recorder) == ["dispatch"]


def test_decorator_of_another_kind_of_middleware() -> None:
    """
    There is one kind.
    """
    with pytest.warns(StarletteDeprecationWarning), pytest.raises(
        AssertionError, match="Currently only middleware"
    ):
        Starlette().middleware("websocket")


# -- what frameworks and tools do ------------------------------------------------------


async def test_framework_without_the_constructor() -> None:
    """
    A subclass may leave ``__init__`` out and set the public attributes itself.
    """

    class Framework(Starlette):
        def __init__(self) -> None:
            self.debug = False
            self.state = State()
            self.router = Router([Route("/", endpoint)])
            self.exception_handlers = {}
            self.user_middleware = [Middleware(Adding, "a")]
            self.middleware_stack = None

    recorder = await exchange(Framework(), http_scope())

    assert recorder.body == b"here"
    assert layers_of(recorder) == ["a"]


async def test_stack_of_a_subclass() -> None:
    """
    ``build_middleware_stack`` may be overridden, and its result is called.
    """

    class Framework(Starlette):
        def build_middleware_stack(self) -> ASGIApp:
            inner = super().build_middleware_stack()

            async def outermost(scope: Scope, receive: Receive, send: Send) -> None:
                scope["path"] = "/"
                await inner(scope, receive, send)

            return outermost

    app = Framework(routes=[Route("/", endpoint)])

    assert (await exchange(app, http_scope("GET", "/x"))).body == b"here"


async def test_tools_replace_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Tools wrap ``build_middleware_stack`` and ``__call__`` on the class.
    """
    seen: List[str] = []
    build, call = Starlette.build_middleware_stack, Starlette.__call__

    def tracing_build(self: Starlette) -> ASGIApp:
        seen.append("build")
        return build(self)

    async def tracing_call(
        self: Starlette, scope: Scope, receive: Receive, send: Send
    ) -> None:
        seen.append("call")
        await call(self, scope, receive, send)

    app = Starlette(routes=[Route("/", endpoint)])
    monkeypatch.setattr(Starlette, "build_middleware_stack", tracing_build)
    monkeypatch.setattr(Starlette, "__call__", tracing_call)
    await exchange(app, http_scope())
    await exchange(app, http_scope())

    assert seen == ["call", "build", "call"]


async def test_tools_replace_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Every middleware comes from a recipe, the outermost and the innermost as well.
    """
    made: List[Any] = []
    init = Middleware.__init__

    def tracing(self: Middleware, cls: Any, *args: Any, **kwargs: Any) -> None:
        made.append(cls)
        init(self, cls, *args, **kwargs)

    monkeypatch.setattr(Middleware, "__init__", tracing)
    app = Starlette(middleware=[Middleware(Adding, "a")])
    await exchange(app, http_scope())

    assert made == [Adding, ServerErrorMiddleware, ExceptionMiddleware]


async def test_tools_replace_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What a request passes through is called by what stands on its class.
    """
    seen: List[str] = []

    def trace(cls: Any) -> None:
        call = cls.__call__

        async def tracing(
            self: Any, scope: Scope, receive: Receive, send: Send
        ) -> None:
            seen.append(cls.__name__)
            await call(self, scope, receive, send)

        monkeypatch.setattr(cls, "__call__", tracing)

    app = Starlette(routes=[Route("/", endpoint)])
    await exchange(app, http_scope())
    for cls in (ServerErrorMiddleware, ExceptionMiddleware, Router, Response):
        trace(cls)
    await exchange(app, http_scope())

    assert seen == [
        "ServerErrorMiddleware",
        "ExceptionMiddleware",
        "Router",
        "Response",
    ]


def test_recipe() -> None:
    """
    A recipe shows itself, and gives its three parts.
    """
    recipe = Middleware(Adding, "a")
    factory = Middleware(lambda app, x: app, x=1)
    instance: Any = PlainTextResponse("an instance")
    nameless = Middleware(instance)

    assert list(recipe) == [Adding, ("a",), {}]
    assert repr(recipe) == "Middleware(Adding, 'a')"
    assert repr(Middleware(Adding, value="a")) == "Middleware(Adding, value='a')"
    assert repr(factory) == "Middleware(<lambda>, x=1)"
    assert repr(nameless) == "Middleware()"
    assert Middleware.__module__ == "starlette.middleware"


def test_names() -> None:
    """
    Names that programs import from here are here.
    """
    assert set(applications.__all__) >= {"AppType", "P", "Starlette"}
