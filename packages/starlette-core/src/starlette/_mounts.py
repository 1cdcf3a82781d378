"""Routes to whole applications: below a path, or at a host.

A ``Mount`` moves the part of the path that it stands for into ``root_path``, so that
the application inside sees its own paths.  The state that the lifespan of a mounted
application gave is added on the way in.
"""

from __future__ import annotations

import re
from typing import (
    Any,
    Collection,
    Dict,
    List,
    Mapping,
    Optional,
    Pattern,
    Sequence,
    Tuple,
)

from starlette._body_limit import limited
from starlette._middleware import Middleware, wrap
from starlette._path import compile_path, parse_template, replace_params
from starlette._path_matcher import make_matcher
from starlette._routes import (
    FULL,
    NONE,
    BaseRoute,
    Match,
    NoMatchFound,
    template_parts,
)
from starlette._utils import get_route_path
from starlette.convertors import Convertor
from starlette.datastructures import URLPath
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("Host", "Mount", "host_of", "without_port")

_PORT = re.compile(r":[0-9]*\Z")


class _ApplicationRoute(BaseRoute):
    """What mounts by path and by host have in common."""

    app: ASGIApp
    name: Any
    # What the lifespan of the application inside gave; set while it runs.
    lifespan_state: Mapping[str, Any] = {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside, with the state of its lifespan."""
        if self.lifespan_state:
            # In place: what the application adds is seen by those around it.
            scope.setdefault("state", {}).update(self.lifespan_state)
        await self.app(scope, receive, send)

    def _inner_name(self, name: str) -> Optional[str]:
        """Return what *name* is called inside; None if it does not lead there."""
        if self.name is None:
            return name
        prefix = f"{self.name}:"
        return name[len(prefix) :] if name.startswith(prefix) else None

    def _inner_path(self, name: str, params: Dict[str, Any]) -> Optional[URLPath]:
        for route in getattr(self, "routes", None) or ():
            try:
                path: URLPath = route.url_path_for(name, **params)
            except NoMatchFound:
                continue
            return path
        return None


class Mount(_ApplicationRoute):
    """An application below a path.

    Args:
        path: A template without a final slash; one is taken off.  ``""`` or ``"/"``
            mounts at the root.
        app: An ASGI application.
        routes: Instead of *app*: what a router inside routes to.
        name: For ``url_path_for``: ``"name:inner"`` leads inside, and *name* alone
            with a parameter ``path`` to any path below.
        middleware: Around the application, the first one outermost.
        max_body_size: How many bytes of request body are read at most inside, in
            place of what the application around says.

    Raises:
        AssertionError: *path* does not start with ``/``, has a parameter of unknown
            type, or neither *app* nor *routes* is given.
        ValueError: Two parameters have one name, or the limit is negative.
    """

    _matched_regex: Any = None

    def __init__(
        self,
        path: str,
        app: Optional[ASGIApp] = None,
        routes: Optional[Collection[BaseRoute]] = None,
        name: Optional[str] = None,
        *,
        middleware: Optional[Sequence[Middleware]] = None,
        max_body_size: Optional[int] = None,
    ) -> None:
        if path and not path.startswith("/"):
            raise AssertionError("Routed paths must start with '/'")
        if app is None and routes is None:
            raise AssertionError("Either 'app=...', or 'routes=' must be specified")
        if app is None:
            from starlette.routing import Router

            app = Router(routes=routes)
        self.path: str = path.rstrip("/")
        self._base_app: ASGIApp = app
        self.app: ASGIApp = limited(wrap(app, middleware or ()), max_body_size)
        self.name = name
        compiled = compile_path(self.path + "/{path:path}")
        self.path_regex: Pattern[str]
        self.path_format: str
        self.param_convertors: Dict[str, Convertor[Any]]
        self.path_regex, self.path_format, self.param_convertors = compiled

    @property
    def routes(self) -> List[BaseRoute]:
        """The routes of the application inside, if it has any."""
        return getattr(self._base_app, "routes", [])

    def matches(self, scope: Scope) -> Tuple[Match, Scope]:
        """Tell whether the path of *scope* is below this one."""
        if scope["type"] not in ("http", "websocket"):
            return NONE, {}
        path = get_route_path(scope)
        found = self._split(path)
        if found is None:
            return NONE, {}
        matched, params = found
        child: Scope = {
            key: scope[key]
            for key in ("path_params", "app_root_path", "root_path")
            if key in scope
        }
        self.enter(child, matched, params)
        return FULL, child

    def enter(self, scope: Scope, matched: str, params: Dict[str, Any]) -> None:
        """Complete *scope* for the application inside.

        Args:
            scope: Changed in place.
            matched: The part of the path that this stands for.
            params: The parameters in it.
        """
        outer = scope.get("path_params")
        scope["path_params"] = {**outer, **params} if outer else params
        root = scope.get("root_path", "")
        # Where the outermost application is; base_url starts from there.
        if "app_root_path" not in scope:
            scope["app_root_path"] = root
        scope["root_path"] = root + matched
        scope["endpoint"] = self.app
        scope["route"] = self

    def _split(self, path: str) -> Optional[Tuple[str, Dict[str, Any]]]:
        """Return the part of *path* that this stands for, and the parameters in it."""
        if self._matched_regex is not self.path_regex:
            self._prepare()
        if self._literal is not None:
            return (self.path, {}) if path.startswith(self._literal) else None
        params = self._match(path)
        if params is None:
            return None
        rest = params.pop("path")
        return path[: len(path) - len(rest) - 1], params

    def _prepare(self) -> None:
        parts = template_parts(self.path + "/{path:path}", self.path_regex)
        self._match = make_matcher(self.path_regex, self.param_convertors, parts)
        is_literal = parts is not None and len(self.param_convertors) == 1
        self._literal = self.path + "/" if is_literal else None
        self._matched_regex = self.path_regex

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return a path below this one, or that of a route inside.

        An application inside that has a method ``resolve_url_path`` is asked what
        the path is called there, as ``app.3f2a9c1b.js`` is for ``app.js``.

        Raises:
            NoMatchFound: Nothing here has this name and these parameters.
        """
        if not self.param_convertors.keys() <= path_params.keys() | {"path"}:
            raise NoMatchFound(name, path_params)
        if self.name is not None and name == self.name and "path" in path_params:
            inside = self._resolved(str(path_params["path"]).lstrip("/"))
            path, unused = self._fill({**path_params, "path": inside})
            if not unused:
                return URLPath(path=path)
        inner_name = self._inner_name(name)
        if inner_name is not None:
            prefix, unused = self._fill({**path_params, "path": ""})
            if "path" in path_params:
                # A parameter of the route inside, which happens to be called so.
                unused["path"] = path_params["path"]
            inner = self._inner_path(inner_name, unused)
            if inner is not None:
                return URLPath(
                    path=prefix.rstrip("/") + str(inner), protocol=inner.protocol
                )
        raise NoMatchFound(name, path_params)

    def _resolved(self, path: str) -> str:
        # An application may have other names for its paths than those it is asked
        # by: a build puts a digest into the names of its files.
        resolve = getattr(self._base_app, "resolve_url_path", None)
        return path if resolve is None else str(resolve(path)).lstrip("/")

    def _fill(self, params: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
        return replace_params(self.path_format, self.param_convertors, params)

    def __eq__(self, other: Any) -> bool:
        return (
            isinstance(other, Mount)
            and self.path == other.path
            and self.app == other.app
        )

    def __repr__(self) -> str:
        facts = f"path={self.path!r}, name={self.name or ''!r}, app={self.app!r}"
        return f"{type(self).__name__}({facts})"


class Host(_ApplicationRoute):
    """An application at a host.

    Hosts are compared without regard to case, port and the final dot of a fully
    qualified name: RFC 9110, 4.2.3, and RFC 3986, 3.2.2.  Parameters are given in lower
    case.

    Args:
        host: A template, such as ``"{tenant}.example.org"``.  A port is part of the
            URLs that are made, and of nothing else.
        app: An ASGI application.
        name: For ``url_path_for``: ``"name:inner"`` leads inside, and *name* alone
            with a parameter ``path`` to any path there.

    Raises:
        AssertionError: *host* starts with ``/``, or has a parameter of unknown type.
        ValueError: Two parameters have one name.
    """

    def __init__(self, host: str, app: ASGIApp, name: Optional[str] = None) -> None:
        if host.startswith("/"):
            raise AssertionError("Host must not start with '/'")
        self.host = host
        self.app = app
        self.name = name
        self.host_format: str
        self.param_convertors: Dict[str, Convertor[Any]]
        _, self.host_format, self.param_convertors = compile_path(host)
        hostname = without_port(host)
        regex = compile_path(hostname)[0]
        flags = regex.flags | re.IGNORECASE
        self.host_regex: Pattern[str] = re.compile(regex.pattern, flags)
        parts = [
            p.lower() if isinstance(p, str) else p for p in parse_template(hostname)
        ]
        self._match = make_matcher(self.host_regex, self.param_convertors, parts)

    @property
    def routes(self) -> List[BaseRoute]:
        """The routes of the application inside, if it has any."""
        return getattr(self.app, "routes", [])

    def matches(self, scope: Scope) -> Tuple[Match, Scope]:
        """Tell whether *scope* is for this host."""
        if scope["type"] not in ("http", "websocket"):
            return NONE, {}
        params = self._match(host_of(scope))
        if params is None:
            return NONE, {}
        outer = scope.get("path_params")
        child: Scope = {
            "path_params": {**outer, **params} if outer else params,
            "endpoint": self.app,
            "route": self,
        }
        return FULL, child

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return a path at this host, or that of a route inside.

        Raises:
            NoMatchFound: Nothing here has this name and these parameters.
        """
        if not self.param_convertors.keys() <= path_params.keys():
            raise NoMatchFound(name, path_params)
        if self.name is not None and name == self.name and "path" in path_params:
            params = dict(path_params)
            path = params.pop("path")
            host, unused = self._fill(params)
            if not unused:
                return URLPath(path=path, host=host)
        inner_name = self._inner_name(name)
        if inner_name is not None:
            host, unused = self._fill(dict(path_params))
            inner = self._inner_path(inner_name, unused)
            if inner is not None:
                return URLPath(path=str(inner), protocol=inner.protocol, host=host)
        raise NoMatchFound(name, path_params)

    def _fill(self, params: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
        return replace_params(self.host_format, self.param_convertors, params)

    def __eq__(self, other: Any) -> bool:
        return (
            isinstance(other, Host)
            and self.host == other.host
            and self.app == other.app
        )

    def __repr__(self) -> str:
        facts = f"host={self.host!r}, name={self.name or ''!r}, app={self.app!r}"
        return f"{type(self).__name__}({facts})"


def without_port(host: str) -> str:
    """Return the template of a host without the port at its end."""
    return _PORT.sub("", host)


def host_of(scope: Scope) -> str:
    """Return the host that a connection is for, in lower case and without port."""
    for name, value in scope["headers"]:
        if name == b"host":
            host: str = value.decode("latin-1").lower()
            break
    else:
        return ""
    if host.startswith("["):  # an IPv6 address, whose colons are its own
        return host.partition("]")[0] + "]"
    host = host.partition(":")[0]
    return host[:-1] if host.endswith(".") else host
