"""The router: an application made of routes.

For a request it asks the routes that the index gives (``_index.py``) in the order of
their registration, and hands over to the first that matches.  When none does, it
answers what is left: a method that is not allowed, a path that lacks its final slash
or has one too many, nothing here.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
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
    Set,
    Tuple,
    cast,
)

from starlette._body_limit import limited
from starlette._deprecations import warn_deprecated
from starlette._index import RouteIndex, RouteList
from starlette._lifespan import (
    HandlersLifespan,
    RouterLifespan,
    as_context_manager,
    enter_mounted,
)
from starlette._middleware import Middleware, wrap
from starlette._mounts import Host, Mount
from starlette._routes import (
    ALLOWED,
    FULL,
    NONE,
    BaseRoute,
    NoMatchFound,
    PathRoute,
    Route,
    WebSocketRoute,
    refuse,
)
from starlette._utils import get_route_path, is_async_callable
from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

__all__ = ("Router",)

ROUTE_HANDLE = Route.handle


class Router:
    """An ASGI application that hands each connection to one of its routes.

    Args:
        routes: In the order in which they are asked; the list is copied.
        redirect_slashes: Whether a path that matches nothing is redirected to the
            same with a final slash, or without it, if that matches.
        default: The application for what no route takes; ``not_found`` otherwise.
        on_startup: Deprecated.  Functions called before the first request.
        on_shutdown: Deprecated.  Functions called after the last one.
        lifespan: In place of both: a function from the application to an async context
            manager.  What that gives, a mapping, becomes the state of every request.
        middleware: Around the routes, the first one outermost.
        max_body_size: How many bytes of request body are read at most, in place of what
            the application says; mounts and routes may say otherwise.
        mounted_lifespans: Whether the lifespans of mounted applications are run with
            this one: started after it, stopped before it, each once.

    Attributes:
        routes: May be changed, and set, at any time.
    """

    def __init__(
        self,
        routes: Optional[Collection[BaseRoute]] = None,
        redirect_slashes: bool = True,
        default: Optional[ASGIApp] = None,
        on_startup: Optional[Sequence[Callable[[], Any]]] = None,
        on_shutdown: Optional[Sequence[Callable[[], Any]]] = None,
        # The application, which only the lifespan knows the type of.
        lifespan: Optional[Lifespan[Any]] = None,
        *,
        middleware: Optional[Sequence[Middleware]] = None,
        max_body_size: Optional[int] = None,
        mounted_lifespans: bool = True,
    ) -> None:
        self.routes: List[BaseRoute] = RouteList(routes or ())
        self.redirect_slashes = redirect_slashes
        self.default: ASGIApp = default or self.not_found
        self.on_startup: List[Callable[[], Any]] = list(on_startup or ())
        self.on_shutdown: List[Callable[[], Any]] = list(on_shutdown or ())
        self.lifespan_context = self._chosen_lifespan(
            lifespan, bool(on_startup or on_shutdown)
        )
        self.mounted_lifespans = mounted_lifespans
        self.lifespan_state: Mapping[str, Any] = {}
        app = self.app
        self.middleware_stack: ASGIApp = limited(
            wrap(app, middleware or ()), max_body_size
        )
        # The stack as it is if nothing stands around ``app``, and ``app`` is ours.
        is_own = type(self).app is ROUTER_APP
        self._bare: Optional[ASGIApp] = app if is_own else None
        self._index: Optional[RouteIndex] = None

    @property
    def lifespan_context(self) -> Lifespan[Any]:
        """Called with the application, gives the async context of the lifespan.

        May be set to anything that does the same.
        """
        return self._lifespan_context

    @lifespan_context.setter
    def lifespan_context(self, lifespan: Lifespan[Any]) -> None:
        self._lifespan_context: Lifespan[Any] = cast(
            "Lifespan[Any]", RouterLifespan.of(lifespan)
        )

    def _chosen_lifespan(
        self, lifespan: Optional[Lifespan[Any]], has_handlers: bool
    ) -> Lifespan[Any]:
        if has_handlers:
            warn_deprecated(
                "The on_startup and on_shutdown parameters are deprecated, and they "
                "will be removed on version 1.0. Use the lifespan parameter instead. "
                "See more about it on https://www.starlette.io/lifespan/."
            )
            if lifespan is not None:
                warn_deprecated(
                    "The `lifespan` parameter cannot be used with `on_startup` or "
                    "`on_shutdown`. Both `on_startup` and `on_shutdown` will be "
                    "ignored.",
                    category=UserWarning,
                )
        if lifespan is None:
            return cast("Lifespan[Any]", HandlersLifespan(self))
        return cast("Lifespan[Any]", as_context_manager(lifespan))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the middleware of this router, and then its routes.

        Raises:
            AssertionError: The scope is of a type that is not known here.
        """
        if self.middleware_stack is self._bare:
            # No middleware: what ``app`` does, one coroutine less.
            await self._choose(scope)(scope, receive, send)
        else:
            await self.middleware_stack(scope, receive, send)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the connection to a route.

        Raises:
            AssertionError: The scope is of a type that is not known here.
        """
        await self._choose(scope)(scope, receive, send)

    def _choose(self, scope: Scope) -> ASGIApp:
        """Return what handles the connection, and complete its scope.

        If the index is sure of a route, that is the route; if routes have to be
        asked, what asks them.
        """
        if "router" not in scope:
            scope["router"] = self
        if scope["type"] != "http":
            return self._search
        path = get_route_path(scope) if scope.get("root_path") else scope["path"]
        index, routes = self._index, self.routes
        # Not a call of its own for what is nearly always so.
        if (
            index is None
            or index.routes is not routes
            or index.version != routes.version
        ):
            index = self._current_index()
        if index.mounts:
            end = path.find("/", 1)
            mount = index.mounts.get(path[:end]) if end > 0 else None
            if mount is not None:
                mount.enter(scope, mount.path, {})
                return mount.handle
        method = scope["method"]
        route = index.only.get(path)
        if route is not None:
            params: Dict[str, Any] = {}
        else:
            route, params = index.find(path, method)
            if route is None:
                return self._search
        # What its ``matches`` would answer, without the way there.
        outer = scope.get("path_params")
        scope["path_params"] = {**outer, **params} if outer else params
        scope["endpoint"] = route.endpoint
        scope["route"] = route
        methods = route.methods
        if type(route).handle is not ROUTE_HANDLE or (
            methods and method not in methods
        ):
            return route.handle
        # All that ``handle`` has left to do: one coroutine less.
        return route.app

    async def _search(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the routes that may match, and answer if none does."""
        kind = scope["type"]
        if kind == "lifespan":
            await self.lifespan(scope, receive, send)
            return
        if kind not in ("http", "websocket"):
            raise AssertionError(
                "`scope` must be of type 'http', 'websocket' or 'lifespan', "
                f"but got {kind!r}"
            )
        path = get_route_path(scope)
        partial: List[Tuple[BaseRoute, Scope]] = []
        for route in self._current_index().candidates(scope, path):
            match, child_scope = route.matches(scope)
            if match is FULL:
                scope.update(child_scope)
                await route.handle(scope, receive, send)
                return
            if match is not NONE:
                partial.append((route, child_scope))
        if partial:
            await self._handle_partial(partial, scope, receive, send)
        else:
            await self._handle_unmatched(path, scope, receive, send)

    def _current_index(self) -> RouteIndex:
        index = self._index
        if index is None or not index.is_of(self.routes):
            index = self._index = RouteIndex(self.routes)
        return index

    async def _handle_partial(
        self,
        partial: List[Tuple[BaseRoute, Scope]],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        # The first one answers, for all of them.
        if len(partial) > 1:
            allowed: Set[str] = set()
            for route, _ in partial:
                allowed.update(getattr(route, "methods", None) or ())
            scope[ALLOWED] = allowed
        route, child_scope = partial[0]
        scope.update(child_scope)
        await route.handle(scope, receive, send)

    async def _handle_unmatched(
        self, path: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if self.redirect_slashes and scope["type"] == "http" and path != "/":
            other = self._other_slash(path, scope)
            if other is not None:
                from starlette._slashes import redirect_target
                from starlette.responses import RedirectResponse

                response = RedirectResponse(url=redirect_target(other))
                await response(scope, receive, send)
                return
        await self.default(scope, receive, send)

    def _other_slash(self, path: str, scope: Scope) -> Optional[Scope]:
        """Return a scope with the other kind of path, if a route matches that."""
        path = path.rstrip("/") if path.endswith("/") else path + "/"
        candidates = self._current_index().candidates(scope, path)
        if not candidates:
            return None
        other = dict(scope)
        whole: str = scope["path"]
        other["path"] = whole.rstrip("/") if whole.endswith("/") else whole + "/"
        for route in candidates:
            if route.matches(other)[0] is not NONE:
                return other
        return None

    async def not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer that nothing is here: 404, or a close instead of a handshake.

        Raises:
            HTTPException: Instead of an answer, inside of an application: it has
                handlers for that.
        """
        if scope["type"] == "http" and "app" in scope:
            raise HTTPException(status_code=404)
        await refuse(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the route called *name*.

        Raises:
            NoMatchFound: There is none, or it takes other parameters.
        """
        for route in self.routes:
            # Spares an exception for each route on the way.
            if (
                type(route).url_path_for is PathRoute.url_path_for
                and getattr(route, "name", None) != name
            ):
                continue
            try:
                return route.url_path_for(name, **path_params)
            except NoMatchFound:
                pass
        raise NoMatchFound(name, path_params)

    async def startup(self) -> None:
        """Call the startup handlers, one after the other."""
        await _call_all(self.on_startup)

    async def shutdown(self) -> None:
        """Call the shutdown handlers, one after the other."""
        await _call_all(self.on_shutdown)

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the lifespan: ASGI, Lifespan Protocol.

        A failure is told to the server and raised.
        """
        phase = "startup"
        await receive()
        try:
            async with AsyncExitStack() as stack:
                app = scope.get("app")
                state = await stack.enter_async_context(self.lifespan_context(app))
                if state is not None:
                    if "state" not in scope:
                        raise RuntimeError(
                            'The server does not support "state" in the lifespan scope.'
                        )
                    scope["state"].update(state)
                if self.mounted_lifespans:
                    await enter_mounted(stack, self)
                await send({"type": "lifespan.startup.complete"})
                phase = "shutdown"
                await receive()
        except BaseException:
            from traceback import format_exc

            await send({"type": f"lifespan.{phase}.failed", "message": format_exc()})
            raise
        await send({"type": "lifespan.shutdown.complete"})

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Router) and self.routes == other.routes

    def mount(self, path: str, app: ASGIApp, name: Optional[str] = None) -> None:
        """Add a ``Mount``."""
        self.routes.append(Mount(path, app=app, name=name))

    def host(self, host: str, app: ASGIApp, name: Optional[str] = None) -> None:
        """Add a ``Host``."""
        self.routes.append(Host(host, app=app, name=name))

    def add_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: Optional[Collection[str]] = None,
        name: Optional[str] = None,
        include_in_schema: bool = True,
    ) -> None:
        """Add a ``Route``."""
        self.routes.append(
            Route(
                path,
                endpoint=endpoint,
                methods=methods,
                name=name,
                include_in_schema=include_in_schema,
            )
        )

    def add_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[None]],
        name: Optional[str] = None,
    ) -> None:
        """Add a ``WebSocketRoute``."""
        self.routes.append(WebSocketRoute(path, endpoint=endpoint, name=name))

    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Add a startup or shutdown handler.

        Raises:
            AssertionError: *event_type* is neither ``"startup"`` nor ``"shutdown"``.
        """
        handlers: Dict[str, List[Callable[[], Any]]] = {
            "startup": self.on_startup,
            "shutdown": self.on_shutdown,
        }
        if event_type not in handlers:
            raise AssertionError(
                f"`event_type` must be 'startup' or 'shutdown', but got {event_type!r}"
            )
        handlers[event_type].append(func)

    def route(
        self,
        path: str,
        methods: Optional[Collection[str]] = None,
        name: Optional[str] = None,
        include_in_schema: bool = True,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add the decorated function as a route.  Deprecated."""
        warn_deprecated(
            "The `route` decorator is deprecated, and will be removed in version 1.0.0."
            "Refer to https://www.starlette.io/routing/#http-routing for the "
            "recommended approach."
        )

        def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
            self.add_route(path, func, methods, name, include_in_schema)
            return func

        return decorate

    def websocket_route(
        self, path: str, name: Optional[str] = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add the decorated function as a WebSocket route.  Deprecated."""
        warn_deprecated(
            "The `websocket_route` decorator is deprecated, and will be removed in "
            "version 1.0.0. Refer to "
            "https://www.starlette.io/routing/#websocket-routing for the recommended "
            "approach."
        )

        def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
            self.add_websocket_route(path, func, name)
            return func

        return decorate

    def on_event(
        self, event_type: str
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add the decorated function as an event handler.  Deprecated."""
        warn_deprecated(
            "The `on_event` decorator is deprecated, and will be removed in version "
            "1.0.0. Refer to https://www.starlette.io/lifespan/ for recommended "
            "approach."
        )

        def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
            self.add_event_handler(event_type, func)
            return func

        return decorate


# What they were before anybody put something in their place, which has to be called.
ROUTER_APP = Router.app
ROUTER_CALL = Router.__call__


async def _call_all(handlers: Sequence[Callable[[], Any]]) -> None:
    for handler in handlers:
        if is_async_callable(handler):
            await handler()
        else:
            handler()
