"""The application: a router, middleware around it, and handlers of exceptions."""

from __future__ import annotations

from typing import (
    Any,
    Awaitable,
    Callable,
    Collection,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Type,
    TypeVar,
    Union,
    cast,
)

from starlette._body_limit import check_limit, limited
from starlette._compat import ParamSpec
from starlette._deprecations import warn_deprecated
from starlette._elsewhere import lend
from starlette._middleware import Middleware, wrap
from starlette._middleware import _MiddlewareFactory as MiddlewareFactory
from starlette._send_tracker import SendTracker
from starlette.datastructures import State, URLPath
from starlette.middleware.errors import SERVER_ERROR_CALL, ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, ExceptionHandler, Lifespan, Receive, Scope, Send

__all__ = ("AppType", "P", "Starlette")

lend(
    __name__,
    {
        "starlette._middleware": "_MiddlewareFactory",
        "starlette.middleware.base": "BaseHTTPMiddleware",
        "starlette.requests": "Request",
        "starlette.responses": "Response",
        "starlette.websockets": "WebSocket",
    },
)

AppType = TypeVar("AppType", bound="Starlette")
P = ParamSpec("P")

Decorated = Callable[..., Any]

_new = object.__new__


class Starlette:
    """An ASGI application.

    Args:
        debug: Whether an unhandled exception is shown to the client.  Never on a
            server that others can reach: it shows source code.
        routes: In the order in which they are asked; the list is copied.
        middleware: Around the routes, the first one outermost.
        exception_handlers: By class of exception or by status code.  A handler for 500
            or ``Exception`` itself answers what nobody else has handled, and the
            exception still reaches the server.
        on_startup: Deprecated.  Functions called before the first request.
        on_shutdown: Deprecated.  Functions called after the last one.
        lifespan: In place of both: a function from the application to an async context
            manager.  What that gives, a mapping, becomes the state of every request.
        max_body_size: How many bytes of request body are read at most; beyond it the
            answer is 413.  Routers, mounts and routes may say otherwise.
        mounted_lifespans: Whether the lifespans of mounted applications are run with
            this one: started after it, stopped before it, each once.

    Attributes:
        state: For values that live as long as the application.
        user_middleware: As given, and added to.
        middleware_stack: The application with everything around it; built at the first
            connection, None before.
        router: Whose routes are those of the application.

    Raises:
        AssertionError: *lifespan* is given together with one of what it replaces.
    """

    # On the class too, for subclasses that leave ``__init__`` out.
    max_body_size: Optional[int] = None

    def __init__(
        self: AppType,
        debug: bool = False,
        routes: Optional[Collection[BaseRoute]] = None,
        middleware: Optional[Sequence[Middleware]] = None,
        exception_handlers: Optional[Mapping[Any, ExceptionHandler]] = None,
        on_startup: Optional[Sequence[Callable[[], Any]]] = None,
        on_shutdown: Optional[Sequence[Callable[[], Any]]] = None,
        lifespan: Optional[Lifespan[AppType]] = None,
        *,
        max_body_size: Optional[int] = None,
        mounted_lifespans: bool = True,
    ) -> None:
        has_handlers = on_startup is not None or on_shutdown is not None
        if lifespan is not None and has_handlers:
            raise AssertionError(
                "Use either 'lifespan' or 'on_startup'/'on_shutdown', not both."
            )
        self.debug = debug
        self.state: State = State()
        self.router: Router = Router(
            routes,
            on_startup=on_startup,
            on_shutdown=on_shutdown,
            lifespan=lifespan,
            mounted_lifespans=mounted_lifespans,
        )
        self.exception_handlers: Dict[Any, ExceptionHandler] = dict(
            exception_handlers or {}
        )
        self.user_middleware: List[Middleware] = list(middleware or ())
        self.middleware_stack: Optional[ASGIApp] = None
        # Told here, because the stack is built at the first connection.
        if max_body_size is not None:
            check_limit(max_body_size)
        self.max_body_size = max_body_size

    def build_middleware_stack(self) -> ASGIApp:
        """Return the router with everything around it.

        From the outside: ``ServerErrorMiddleware``, the limit of request bodies, the
        middleware of the program, ``ExceptionMiddleware``, the router.
        """
        handlers = dict(self.exception_handlers)
        error_handler: Any = None
        for key in [key for key in handlers if key in (500, Exception)]:
            error_handler = handlers.pop(key)
        # Through recipes, as those of the program: tools that trace middleware look
        # at the making of recipes.
        outermost = Middleware(
            ServerErrorMiddleware, handler=error_handler, debug=self.debug
        )
        innermost = Middleware(ExceptionMiddleware, handlers=handlers, debug=self.debug)
        app = wrap(self.router, [*self.user_middleware, innermost])
        return wrap(limited(app, self.max_body_size), [outermost])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application for one connection, or for its lifespan."""
        scope["app"] = self
        stack: Any = self.middleware_stack
        if stack is None:
            stack = self.middleware_stack = self.build_middleware_stack()
        if type(stack).__call__ is not SERVER_ERROR_CALL or scope["type"] != "http":
            await stack(scope, receive, send)
            return
        # All that the outermost middleware would do itself: one coroutine less.
        # Its constructor, spelled out: a hundredth of a small request.
        tracker = _new(SendTracker)
        tracker.send = send
        tracker.response_started = False
        try:
            # Spelled out, here and in the middleware itself: an object is called by a
            # detour that costs as much as half of a coroutine.
            await stack.app.__call__(scope, receive, tracker)
        except Exception as exc:
            await stack._answer(scope, receive, tracker, exc)
            raise

    @property
    def routes(self) -> List[BaseRoute]:
        """The routes of the router; may be changed at any time."""
        return self.router.routes

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the route called *name*.

        Raises:
            NoMatchFound: There is none, or it takes other parameters.
        """
        return self.router.url_path_for(name, **path_params)

    def mount(self, path: str, app: ASGIApp, name: Optional[str] = None) -> None:
        """Add an application below *path*: ``Mount``."""
        self.router.mount(path, app=app, name=name)

    def host(self, host: str, app: ASGIApp, name: Optional[str] = None) -> None:
        """Add an application at *host*: ``Host``."""
        self.router.host(host, app=app, name=name)

    def add_middleware(
        self,
        middleware_class: MiddlewareFactory[P],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Add a middleware outside of those there are.

        Raises:
            RuntimeError: The stack has been built already.
        """
        if self.middleware_stack is not None:
            raise RuntimeError("Cannot add middleware after an application has started")
        self.user_middleware.insert(0, Middleware(middleware_class, *args, **kwargs))

    def add_exception_handler(
        self,
        exc_class_or_status_code: Union[int, Type[Exception]],
        handler: ExceptionHandler,
    ) -> None:
        """Set the handler of a class of exceptions or of a status code.

        It holds from the time when the stack is built.
        """
        self.exception_handlers[exc_class_or_status_code] = handler

    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Add a startup or shutdown handler.  Use ``lifespan`` instead.

        Raises:
            AssertionError: *event_type* is neither ``"startup"`` nor ``"shutdown"``.
        """
        self.router.add_event_handler(event_type, func)

    def add_route(
        self,
        path: str,
        route: Callable[..., Any],
        methods: Optional[Collection[str]] = None,
        name: Optional[str] = None,
        include_in_schema: bool = True,
    ) -> None:
        """Add an endpoint: ``Route``."""
        self.router.add_route(path, route, methods, name, include_in_schema)

    def add_websocket_route(
        self,
        path: str,
        route: Callable[..., Awaitable[None]],
        name: Optional[str] = None,
    ) -> None:
        """Add a WebSocket endpoint: ``WebSocketRoute``."""
        self.router.add_websocket_route(path, route, name)

    def exception_handler(
        self, exc_class_or_status_code: Union[int, Type[Exception]]
    ) -> Callable[[Decorated], Decorated]:
        """Set the decorated function as an exception handler.  Deprecated."""
        _warn_decorator(
            "exception_handler", "exceptions/ for the recommended approach."
        )

        def decorate(func: Decorated) -> Decorated:
            self.add_exception_handler(
                exc_class_or_status_code, cast(ExceptionHandler, func)
            )
            return func

        return decorate

    def middleware(self, middleware_type: str) -> Callable[[Decorated], Decorated]:
        """Add the decorated function as ``dispatch`` of a middleware.  Deprecated.

        Raises:
            AssertionError: *middleware_type* is not ``"http"``.
        """
        _warn_decorator(
            "middleware", "middleware/#using-middleware for recommended approach."
        )
        if middleware_type != "http":
            raise AssertionError('Currently only middleware("http") is supported.')
        from starlette.middleware.base import BaseHTTPMiddleware

        def decorate(func: Decorated) -> Decorated:
            self.add_middleware(BaseHTTPMiddleware, dispatch=func)
            return func

        return decorate

    def route(
        self,
        path: str,
        methods: Optional[Collection[str]] = None,
        name: Optional[str] = None,
        include_in_schema: bool = True,
    ) -> Callable[[Decorated], Decorated]:
        """Add the decorated function as a route.  Deprecated."""
        _warn_decorator("route", "routing/ for the recommended approach.")

        def decorate(func: Decorated) -> Decorated:
            self.add_route(path, func, methods, name, include_in_schema)
            return func

        return decorate

    def websocket_route(
        self, path: str, name: Optional[str] = None
    ) -> Callable[[Decorated], Decorated]:
        """Add the decorated function as a WebSocket route.  Deprecated."""
        _warn_decorator(
            "websocket_route",
            "routing/#websocket-routing for the recommended approach.",
        )

        def decorate(func: Decorated) -> Decorated:
            self.add_websocket_route(path, func, name)
            return func

        return decorate

    def on_event(self, event_type: str) -> Callable[[Decorated], Decorated]:
        """Add the decorated function as an event handler.  Deprecated."""
        return self.router.on_event(event_type)


def _warn_decorator(name: str, page: str) -> None:
    warn_deprecated(
        f"The `{name}` decorator is deprecated, and will be removed in version 1.0.0. "
        f"Refer to https://www.starlette.io/{page}"
    )
