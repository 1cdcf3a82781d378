"""Which routes of many can match a path at all.

The index only narrows: it gives, in the order of registration, the routes whose
``matches`` is worth asking, and ``matches`` decides.  It may give too many; it must
never leave one out.  So only routes that are known to look at the path in the way of
their template are sorted in, and every other kind is asked every time.

Paths are cut at their slashes.  A template becomes a way through a tree: a segment
without parameters is a key, a segment with parameters that cannot hold a slash leads
to whatever stands there, and from the first parameter on that may hold one (``path``,
or a convertor of the user's own) all the rest of the path is left open.  Time depends
on the number of segments in the path, not on the number of routes.
"""

from __future__ import annotations

from functools import wraps
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from starlette._mounts import Host, Mount, host_of
from starlette._path import Param, Part
from starlette._routes import BaseRoute, Route, WebSocketRoute, template_parts
from starlette._utils import get_route_path
from starlette.convertors import (
    FloatConvertor,
    IntegerConvertor,
    StringConvertor,
    UUIDConvertor,
)
from starlette.types import Scope

__all__ = ("RouteIndex", "RouteList")

# Modules whose ``matches`` asks that of its base class first, and then only refuses
# more.  Others can say so with the attribute ``narrows_path_match = True``.
NARROWING = ("starlette._routes", "starlette._mounts", "fastapi.routing")

WITHOUT_SLASH = (StringConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)

Routes = Tuple[BaseRoute, ...]
# The place in the order of registration, and the route that was registered there.
Entry = Tuple[int, BaseRoute]


def _counted(change: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(change)
    def changed(self: RouteList, *args: Any, **kwargs: Any) -> Any:
        self.version += 1
        return change(self, *args, **kwargs)

    return changed


class RouteList(List[BaseRoute]):
    """A list of routes that counts its changes.

    Attributes:
        version: Another number after each change.
    """

    version = 0

    if not TYPE_CHECKING:  # the signatures are those of the list
        append = _counted(list.append)
        clear = _counted(list.clear)
        extend = _counted(list.extend)
        insert = _counted(list.insert)
        pop = _counted(list.pop)
        remove = _counted(list.remove)
        reverse = _counted(list.reverse)
        sort = _counted(list.sort)
        __delitem__ = _counted(list.__delitem__)
        __iadd__ = _counted(list.__iadd__)
        __imul__ = _counted(list.__imul__)
        __setitem__ = _counted(list.__setitem__)


class Node:
    """A place in the tree, reached by the segments of a path."""

    __slots__ = ("any", "ends", "literals", "open")

    def __init__(self) -> None:
        self.literals: Dict[str, Node] = {}
        self.any: Optional[Node] = None
        self.ends: List[Entry] = []  # routes whose template ends here
        self.open: List[Entry] = []  # routes that leave the rest of the path open


class Segments(NamedTuple):
    """A template, cut at its slashes.

    Attributes:
        keys: A text for each segment without parameters, None for one with.
        is_open: Whether more may follow than the keys say.
    """

    keys: List[Optional[str]]
    is_open: bool


def cut(parts: Sequence[Part]) -> Segments:
    """Return the segments of a template."""
    keys: List[Optional[str]] = [""]
    for part in parts:
        if isinstance(part, Param):
            if type(part.convertor) not in WITHOUT_SLASH:
                return Segments(keys[:-1], True)
            keys[-1] = None
            continue
        first, *others = part.split("/")
        if first and keys[-1] is not None:
            keys[-1] += first
        keys += others
    return Segments(keys, False)


class RouteIndex:
    """An index of a list of routes as it was when the index was made.

    Args:
        routes: The routes, in the order of registration.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._version = getattr(routes, "version", None)
        self._ids = list(map(id, routes))
        self._root = Node()
        self._always: List[Entry] = []
        self._hosts: Dict[str, List[Entry]] = {}
        literals = [self._add(entry, entry[1]) for entry in enumerate(routes)]
        # What any path without parameters leads to is known beforehand.
        self._exact: Dict[str, Routes] = {
            path: self._walk(path, self._always)
            for path in literals
            if path is not None and not self._hosts
        }

    def is_of(self, routes: Sequence[BaseRoute]) -> bool:
        """Tell whether *routes* is still what the index was made of."""
        if type(routes) is RouteList:
            return routes.version == self._version
        # A list of the user's own says nothing of its changes.
        return list(map(id, routes)) == self._ids

    def _add(self, entry: Entry, route: BaseRoute) -> Optional[str]:
        """Sort *route* in; return its path if that has no parameters."""
        if isinstance(route, Host) and _narrows(route):
            if not route.param_convertors:
                self._hosts.setdefault(route.host.lower(), []).append(entry)
                return None
        elif isinstance(route, (Route, WebSocketRoute, Mount)) and _narrows(route):
            mounted = "/{path:path}" if isinstance(route, Mount) else ""
            parts = template_parts(route.path + mounted, route.path_regex)
            if parts is not None:
                segments = cut(parts)
                self._insert(entry, segments)
                is_literal = not segments.is_open and None not in segments.keys
                return route.path if is_literal else None
        self._always.append(entry)
        return None

    def _insert(self, entry: Entry, segments: Segments) -> None:
        node = self._root
        for key in segments.keys:
            if key is not None:
                node = node.literals.setdefault(key, Node())
            else:
                node.any = node.any or Node()
                node = node.any
        (node.open if segments.is_open else node.ends).append(entry)

    def candidates(self, scope: Scope) -> Routes:
        """Return the routes that may match *scope*, in the order of registration."""
        path = get_route_path(scope)
        known = self._exact.get(path)
        if known is not None:
            return known
        entries = self._always
        if self._hosts:
            entries = entries + self._hosts.get(host_of(scope), [])
        return self._walk(path, entries)

    def _walk(self, path: str, entries: List[Entry]) -> Routes:
        found = list(entries)
        nodes = [self._root]
        for segment in path.split("/"):
            following: List[Node] = []
            for node in nodes:
                if node.open:
                    found += node.open
                literal = node.literals.get(segment)
                if literal is not None:
                    following.append(literal)
                if node.any is not None:
                    following.append(node.any)
            nodes = following
            if not nodes:
                break
        for node in nodes:
            found += node.ends
            found += node.open
        if len(found) > 1:
            found.sort()
        return tuple([route for _, route in found])


def _narrows(route: BaseRoute) -> bool:
    """Tell whether ``matches`` of *route* needs the path to fit the template."""
    declared: Optional[bool] = getattr(route, "narrows_path_match", None)
    if declared is None:
        return type(route).matches.__module__ in NARROWING
    return declared
