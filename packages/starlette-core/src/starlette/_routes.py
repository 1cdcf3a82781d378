"""Routes for HTTP and WebSocket endpoints, and what all routes have in common.

A route answers two questions, which the router asks in this order: does this
connection belong to you (``matches``), and then, will you take it (``handle``).  What
``matches`` has found out travels in a child scope, which the router merges into the
scope; a route keeps nothing of a request.
"""

from __future__ import annotations

import enum
from functools import lru_cache, partial
from types import FunctionType, MethodType
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    FrozenSet,
    List,
    Optional,
    Pattern,
    Sequence,
    Set,
    Tuple,
)

from starlette._body_limit import limited
from starlette._middleware import Middleware, wrap
from starlette._path import Part, compile_path, fill_path, parse_template
from starlette._path_matcher import Matcher, make_matcher
from starlette._utils import get_route_path
from starlette.convertors import Convertor
from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("BaseRoute", "Match", "NoMatchFound", "Route", "WebSocketRoute", "get_name")

# Where the router notes the methods of all routes that match a path, when there
# are several and none of them takes the method of the request.
ALLOWED = "starlette.allowed_methods"


class NoMatchFound(Exception):
    """There is no route of this name that takes these parameters.

    Args:
        name: As given to ``url_path_for``.
        path_params: As given to ``url_path_for``.
    """

    def __init__(self, name: str, path_params: Dict[str, Any]) -> None:
        params = ", ".join(path_params)
        super().__init__(f'No route exists for name "{name}" and params "{params}".')


class Match(enum.Enum):
    """How a connection fits a route: not at all, but for its method, or wholly."""

    NONE = 0
    PARTIAL = 1
    FULL = 2


# Looking a member up on its class costs more than the comparison it is for.
NONE, PARTIAL, FULL = Match.NONE, Match.PARTIAL, Match.FULL


class BaseRoute:
    """What a router routes to.

    A subclass answers ``matches``, ``handle`` and ``url_path_for``.
    """

    def matches(self, scope: Scope) -> Tuple[Match, Scope]:
        """Tell how *scope* fits, and what to add to it if the route is taken."""
        raise NotImplementedError()

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the route called *name*, here or inside.

        Raises:
            NoMatchFound: It is not here, or takes other parameters.
        """
        raise NotImplementedError()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a connection that fits, its scope completed."""
        raise NotImplementedError()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a connection without a router around; refuse it if it does not fit."""
        match, child_scope = self.matches(scope)
        if match is not NONE:
            scope.update(child_scope)
            await self.handle(scope, receive, send)
        else:
            await refuse(scope, receive, send)


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that nothing is here: 404, or a close instead of a handshake.

    Nothing else has an answer: a server takes silence about a lifespan for what it is.
    """
    if scope["type"] == "websocket":
        from starlette.websockets import WebSocketClose

        await WebSocketClose()(scope, receive, send)
    elif scope["type"] == "http":
        from starlette.responses import PlainTextResponse

        await PlainTextResponse("Not Found", 404)(scope, receive, send)


class PathRoute(BaseRoute):
    """A route that is found by a template of the path.

    Subclasses of the two routes below may leave their ``__init__`` out and set the
    public attributes themselves, as frameworks do.  So nothing here relies on more:
    the matcher is made when it is first needed, and again when ``path_regex`` is
    found to be another.
    """

    path: str
    path_regex: Pattern[str]
    path_format: str
    param_convertors: Dict[str, Convertor[Any]]
    name: str
    endpoint: Any

    _matched_regex: Optional[Pattern[str]] = None
    _match: Matcher

    def _compile(self, path: str) -> None:
        if not path.startswith("/"):
            raise AssertionError("Routed paths must start with '/'")
        self.path = path
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    def _path_params(self, scope: Scope) -> Optional[Dict[str, Any]]:
        """Return all path parameters, if the path fits; those of mounts first."""
        if self._matched_regex is not self.path_regex:
            self._prepare()
        params = self._match(get_route_path(scope))
        if params is not None:
            outer = scope.get("path_params")
            if outer:
                return {**outer, **params}
        return params

    def _prepare(self) -> None:
        parts = template_parts(self.path, self.path_regex)
        self._match = make_matcher(self.path_regex, self.param_convertors, parts)
        self._matched_regex = self.path_regex

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path, if *name* is the route's and the parameters are.

        Raises:
            NoMatchFound: They are not.
            AssertionError: A value cannot be written as its convertor asks.
        """
        if name != self.name or path_params.keys() != self.param_convertors.keys():
            raise NoMatchFound(name, path_params)
        path = fill_path(self.path_format, self.param_convertors, path_params)
        return URLPath(path=path, protocol=self._protocol)

    _protocol = "http"


def template_parts(path: str, regex: Pattern[str]) -> Optional[List[Part]]:
    """Return the parts of *path*, if *regex* is made of them and of nothing else."""
    try:
        known = compile_path(path)[0]
    except (AssertionError, ValueError):
        return None
    return parse_template(path) if known == regex else None


class Route(PathRoute):
    """An HTTP endpoint at a path.

    Args:
        path: A template, such as ``"/users/{id:int}"``.
        endpoint: A function from request to response (a plain one runs in a worker
            thread), or an ASGI application, such as a class of endpoints.
        methods: The methods it takes; ``GET`` for a function, any for an application.
            ``GET`` implies ``HEAD``.
        name: For ``url_path_for``; the endpoint's own name when left out.
        include_in_schema: Whether generated schemas show it.
        middleware: Around the endpoint, the first one outermost.
        max_body_size: How many bytes of request body the endpoint reads at most, in
            place of what the router and the application say.

    Raises:
        AssertionError: *path* does not start with ``/``, or has a parameter of unknown
            type.
        ValueError: Two parameters have one name, or the limit is negative.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: Optional[Collection[str]] = None,
        name: Optional[str] = None,
        include_in_schema: bool = True,
        middleware: Optional[Sequence[Middleware]] = None,
        max_body_size: Optional[int] = None,
    ) -> None:
        # Looked up where tools replace it.
        import starlette.routing as routing

        self._compile(path)
        self.endpoint = endpoint
        self.name: str = get_name(endpoint) if name is None else name
        self.include_in_schema = include_in_schema
        app: ASGIApp = endpoint
        if is_function(endpoint):
            app = routing.request_response(endpoint)
            methods = ("GET",) if methods is None else methods
        self.app: ASGIApp = limited(wrap(app, middleware or ()), max_body_size)
        self.methods: Optional[Set[str]] = None
        if methods is not None:
            self.methods = {method.upper() for method in methods}
            if "GET" in self.methods:
                self.methods.add("HEAD")

    def matches(self, scope: Scope) -> Tuple[Match, Scope]:
        """Tell how *scope* fits.  Partially: the path does, the method does not."""
        if scope["type"] != "http":
            return NONE, {}
        # Like _path_params(), but in place: a router that asks every route in turn
        # calls this hundreds of times for a request, nearly always in vain.
        if self._matched_regex is not self.path_regex:
            self._prepare()
        path = get_route_path(scope) if scope.get("root_path") else scope["path"]
        params = self._match(path)
        if params is None:
            return NONE, {}
        outer = scope.get("path_params")
        if outer:
            params = {**outer, **params}
        match = FULL if self.takes(scope["method"]) else PARTIAL
        child: Scope = {
            "endpoint": self.endpoint,
            "path_params": params,
            "route": self,
        }
        return match, child

    def takes(self, method: str) -> bool:
        """Tell whether *method* is one of the route's."""
        return not self.methods or method in self.methods

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the endpoint, or answer 405 with the methods that would do."""
        methods = self.methods
        if methods and scope["method"] not in methods:
            await self._method_not_allowed(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _method_not_allowed(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        # RFC 9110, 15.5.6: the header names the methods of the resource, which
        # several routes may serve.
        allowed: Set[str] = scope.get(ALLOWED) or self.methods or set()
        headers = {"Allow": _allow_header(frozenset(allowed))}
        if "app" in scope:
            raise HTTPException(status_code=405, headers=headers)
        from starlette.responses import PlainTextResponse

        response = PlainTextResponse("Method Not Allowed", 405, headers)
        await response(scope, receive, send)

    def __eq__(self, other: Any) -> bool:
        return (
            isinstance(other, Route)
            and self.path == other.path
            and self.endpoint == other.endpoint
            and self.methods == other.methods
        )

    def __repr__(self) -> str:
        methods = sorted(self.methods or ())
        facts = f"path={self.path!r}, name={self.name!r}, methods={methods!r}"
        return f"{type(self).__name__}({facts})"


class WebSocketRoute(PathRoute):
    """A WebSocket endpoint at a path.

    Args:
        path: A template, such as ``"/rooms/{id:int}"``.
        endpoint: A coroutine function that is given the session, or an ASGI
            application.
        name: For ``url_path_for``; the endpoint's own name when left out.
        middleware: Around the endpoint, the first one outermost.

    Raises:
        AssertionError: *path* does not start with ``/``, or has a parameter of unknown
            type.
        ValueError: Two parameters have one name.
    """

    _protocol = "websocket"

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        name: Optional[str] = None,
        middleware: Optional[Sequence[Middleware]] = None,
    ) -> None:
        import starlette.routing as routing

        self._compile(path)
        self.endpoint = endpoint
        self.name: str = get_name(endpoint) if name is None else name
        app: ASGIApp = endpoint
        if is_function(endpoint):
            app = routing.websocket_session(endpoint)
        self.app: ASGIApp = wrap(app, middleware or ())

    def matches(self, scope: Scope) -> Tuple[Match, Scope]:
        """Tell how *scope* fits: wholly or not at all."""
        params = self._path_params(scope) if scope["type"] == "websocket" else None
        if params is None:
            return NONE, {}
        child: Scope = {
            "endpoint": self.endpoint,
            "path_params": params,
            "route": self,
        }
        return FULL, child

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the endpoint."""
        await self.app(scope, receive, send)

    def __eq__(self, other: Any) -> bool:
        return (
            isinstance(other, WebSocketRoute)
            and self.path == other.path
            and self.endpoint == other.endpoint
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r})"


@lru_cache(maxsize=256)
def _allow_header(methods: FrozenSet[str]) -> str:
    return ", ".join(sorted(methods))


def is_function(endpoint: Any) -> bool:
    """Tell a function or method, also behind ``functools.partial``, from an app."""
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    return isinstance(endpoint, (FunctionType, MethodType))


def get_name(endpoint: Callable[..., Any]) -> str:
    """Return the name that a route has if it is given none."""
    name: Optional[str] = getattr(endpoint, "__name__", None)
    return type(endpoint).__name__ if name is None else name
