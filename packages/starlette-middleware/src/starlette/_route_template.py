"""The template of the route that has taken a request, with those of the mounts around.

``scope["route"]`` is the innermost route, and its path begins at its mount.  The whole
template is found by looking for that route from the outermost router down, once for
each route.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple
from weakref import ref

from starlette.types import Scope

__all__ = ("RouteTemplates",)

_Way = Tuple[Any, ...]


class RouteTemplates:
    """Templates of routes, remembered."""

    def __init__(self) -> None:
        # By identity: routes compare by content, and are not hashable.
        self._known: Dict[int, Tuple[Any, List[_Way]]] = {}

    def of(self, scope: Scope) -> Optional[str]:
        """Return the template of the path of a request that has been routed.

        Such as ``/shops/{shop}/items/{id:int}``; ``None`` if no route has taken it.
        """
        route = scope.get("route")
        if route is None or not hasattr(route, "path"):
            return None
        ways = self._ways(route, scope.get("router"))
        way = ways[0] if len(ways) == 1 else _taken(ways, scope, route)
        return "".join(mount.path for mount in way) + route.path or "/"

    def _ways(self, route: Any, router: Any) -> List[_Way]:
        known = self._known.get(id(route))
        if known is not None and known[0]() is route:
            return known[1]
        ways = list(_find(route, getattr(router, "routes", None) or ()))
        try:
            # Not kept alive: programs may make routes as they go.
            self._known[id(route)] = ref(route, self._forget(id(route))), ways
        except TypeError:
            pass
        return ways

    def _forget(self, key: int) -> Any:
        known = self._known
        return lambda _: known.pop(key, None)


def _find(
    route: Any, routes: Any, way: _Way = (), above: Tuple[int, ...] = ()
) -> Iterator[_Way]:
    """Give all ways to *route*: the mounts by path on each, from the outside."""
    above = (*above, id(routes))
    for candidate in routes:
        if candidate is route:
            yield way
        inner = getattr(candidate, "routes", None)
        # A mount may lead to an application that it is mounted in.
        if inner and id(inner) not in above:
            is_mount = hasattr(candidate, "path")
            longer = (*way, candidate) if is_mount else way
            yield from _find(route, inner, longer, above)


def _taken(ways: List[_Way], scope: Scope, route: Any) -> _Way:
    """Return that of several ways which the path has taken: one application may be
    mounted at several places."""
    path: str = scope["path"]
    base: str = scope.get("app_root_path", "")
    for way in ways:
        rest = path[len(base) :] if path.startswith(base) else path
        for mount in way:
            match = mount.path_regex.match(rest)
            if match is None:
                break
            rest = "/" + match.group("path")
        else:
            return way
    return ()
