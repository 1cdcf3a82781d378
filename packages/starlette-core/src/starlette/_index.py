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

For the paths that most requests ask for, a literal one, or a literal one and a last
segment that is a text or a number, the tree has been walked beforehand.  If the first
route there is a ``Route`` whose ``matches`` nobody has overridden, then what it would
answer is known too: ``only`` and ``find`` give it at once.
"""

from __future__ import annotations

from functools import wraps
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    FrozenSet,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    cast,
)

from starlette._mounts import Host, Mount, host_of, without_port
from starlette._path import Param, Part
from starlette._routes import BaseRoute, Route, WebSocketRoute, template_parts
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

# What it was before anybody put something in its place, which has to be asked.
ROUTE_MATCHES = Route.matches
MOUNT_MATCHES = Mount.matches

WITHOUT_SLASH = (StringConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)

Routes = Tuple[BaseRoute, ...]
# The place in the order of registration, and the route that was registered there.
Entry = Tuple[int, BaseRoute]
# A route that matches, and the parameters that it finds.
Found = Tuple[Optional[Route], Dict[str, Any]]

NOT_KNOWN: Found = (None, {})


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

    # The signatures are those of the list.
    if not TYPE_CHECKING:  # pragma: no branch (always, at run time)
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


class Tail(NamedTuple):
    """What is known of the paths with one more segment behind a literal prefix.

    Attributes:
        literals: The segments that are spelled out in a template, and not meant.
        candidates: The routes that any other segment leads to.
    """

    literals: FrozenSet[str]
    candidates: Routes


# Of such paths, where the first of the candidates needs not be asked: that route; the
# name of the parameter that the segment is; whether it is a number, a text otherwise;
# whether nothing else comes into question; if something does, the literals, and whether
# there are other candidates.  A plain tuple, because it is unpacked for every request.
KnownTail = Tuple[Route, str, bool, bool, FrozenSet[str], bool]


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

    Attributes:
        only: From literal paths to the one HTTP route that can match each, where
            there is one and it needs not be asked.
        mounts: From the first segments of paths, slash included, to the mounts that
            have everything below for themselves.
        routes: As given; None if they do not count their changes.
        version: That of *routes*.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.routes = routes if type(routes) is RouteList else None
        self.version: int = getattr(routes, "version", 0)
        self._ids = list(map(id, routes))
        self._root = Node()
        self._always: List[Entry] = []
        self._hosts: Dict[str, List[Entry]] = {}
        self._templates: List[Tuple[str, List[Part]]] = []
        for entry in enumerate(routes):
            self._add(entry, entry[1])
        self._exact: Dict[str, Routes] = {}
        self.only: Dict[str, Route] = {}
        self._first: Dict[str, Route] = {}
        self._tails: Dict[str, Tail] = {}
        self._known_tails: Dict[str, KnownTail] = {}
        # Where hosts count, a path alone does not lead to anything.
        if not self._hosts:
            for path, parts in self._templates:
                self._foresee(path, parts)
        self.mounts: Dict[str, Mount] = self._lone_mounts()

    def is_of(self, routes: Sequence[BaseRoute]) -> bool:
        """Tell whether *routes* is still what the index was made of."""
        if type(routes) is RouteList:
            return routes is self.routes and routes.version == self.version
        # A list of the user's own says nothing of its changes.
        return list(map(id, routes)) == self._ids

    def _add(self, entry: Entry, route: BaseRoute) -> None:
        if isinstance(route, Host) and _narrows(route):
            if not route.param_convertors:
                host = without_port(route.host).lower()
                self._hosts.setdefault(host, []).append(entry)
                return
        elif isinstance(route, (Route, WebSocketRoute, Mount)) and _narrows(route):
            mounted = "/{path:path}" if isinstance(route, Mount) else ""
            parts = template_parts(route.path + mounted, route.path_regex)
            if parts is not None:
                self._insert(entry, cut(parts))
                self._templates.append((route.path, parts))
                return
        self._always.append(entry)

    def _insert(self, entry: Entry, segments: Segments) -> None:
        node = self._root
        for key in segments.keys:
            if key is not None:
                node = node.literals.setdefault(key, Node())
            else:
                node.any = node.any or Node()
                node = node.any
        (node.open if segments.is_open else node.ends).append(entry)

    def _foresee(self, path: str, parts: List[Part]) -> None:
        """Walk the tree for the paths of a template, if it is of a common kind."""
        if "".join(map(str, parts)) == path:
            candidates = self._exact[path] = self._walk(path, self._always)
            if _is_spelled(candidates[0], path):
                known = self.only if len(candidates) == 1 else self._first
                known[path] = cast(Route, candidates[0])
            return
        literal, *others = parts
        if len(others) != 1 or not isinstance(literal, str) or literal[-1] != "/":
            return
        prefix = literal[:-1]
        if prefix not in self._tails:
            # A segment that no template spells.
            candidates = self._walk(literal + "\0", self._always)
            nodes = self._nodes(prefix.split("/"))
            spelled = frozenset([key for node in nodes for key in node.literals])
            tail = self._tails[prefix] = Tail(spelled, candidates)
            known_tail = _known_tail(tail, literal)
            if known_tail is not None:
                self._known_tails[prefix] = known_tail

    def _lone_mounts(self) -> Dict[str, Mount]:
        start = self._root.literals.get("")
        if start is None or start.any or start.open or self._root.any:
            return {}
        if self._root.open or self._always or self._hosts:
            return {}
        mounts = {}
        for key, node in start.literals.items():
            if len(node.open) == 1 and not (node.literals or node.any or node.ends):
                mount = node.open[0][1]
                if type(mount).matches is MOUNT_MATCHES and not _has_own_methods(mount):
                    mounts["/" + key] = cast(Mount, mount)
        return {path: mount for path, mount in mounts.items() if mount.path == path}

    def _nodes(self, segments: List[str]) -> List[Node]:
        """Return all places that these segments lead to."""
        nodes = [self._root]
        for segment in segments:
            nodes = [
                following
                for node in nodes
                for following in (node.literals.get(segment), node.any)
                if following is not None
            ]
        return nodes

    def find(self, path: str, method: str) -> Found:
        """Return the HTTP route that takes *method* at *path*, if that is known.

        Where one route alone can match, that one is returned for any method: it
        knows how to refuse.
        """
        prefix, _, segment = path.rpartition("/")
        known = self._known_tails.get(prefix)
        if known is not None:
            route, name, is_number, is_alone, literals, is_shared = known
            if not is_alone and (
                segment in literals or (is_shared and not route.takes(method))
            ):
                pass
            elif is_number:
                # No longer, because int() may refuse more digits: see convertors.
                if segment.isdigit() and segment.isascii() and len(segment) < 640:
                    return route, {name: int(segment)}
            elif segment:
                return route, {name: segment}
        first = self._first.get(path)
        return (first, {}) if first and first.takes(method) else NOT_KNOWN

    def candidates(self, scope: Scope, path: str) -> Routes:
        """Return the routes that may match *scope*, in the order of registration.

        Args:
            scope: Of a connection.
            path: What ``get_route_path`` gives for it.
        """
        known = self._exact.get(path)
        if known is not None:
            return known
        prefix, _, segment = path.rpartition("/")
        tail = self._tails.get(prefix)
        if tail is not None and segment not in tail.literals:
            return tail.candidates
        entries = self._always
        if self._hosts:
            entries = entries + self._hosts.get(host_of(scope), [])
        return self._walk(path, entries)

    def _walk(self, path: str, entries: List[Entry]) -> Routes:
        """Return the routes that *path* leads to, and those of *entries*."""
        segments = path.split("/")
        node = self._root
        for segment in segments:
            literal = node.literals.get(segment)
            # Two ways to go on, or routes that are reached on the way.
            if node.open or (literal is not None and node.any is not None):
                return self._walk_all_ways(segments, entries)
            following = node.any if literal is None else literal
            if following is None:
                return _in_order(entries)
            node = following
        return _in_order([*entries, *node.ends, *node.open])

    def _walk_all_ways(self, segments: List[str], entries: List[Entry]) -> Routes:
        found = list(entries)
        nodes = [self._root]
        for segment in segments:
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
        return _in_order(found)


def _in_order(entries: List[Entry]) -> Routes:
    return tuple([route for _, route in sorted(entries)]) if entries else ()


def is_plain(route: BaseRoute) -> bool:
    """Tell whether *route* matches in the way of ``Route`` itself."""
    return type(route).matches is ROUTE_MATCHES and not _has_own_methods(route)


def _has_own_methods(route: BaseRoute) -> bool:
    own = getattr(route, "__dict__", ())
    return "matches" in own or "handle" in own


def _is_spelled(route: BaseRoute, path: str) -> bool:
    """Tell whether *route* is for *path* alone, without parameters."""
    if not is_plain(route) or cast(Route, route).path != path:
        return False
    parts = template_parts(path, cast(Route, route).path_regex)
    return parts is not None and all(isinstance(part, str) for part in parts)


def _known_tail(tail: Tail, literal: str) -> Optional[KnownTail]:
    """Return what needs not be asked of the first candidate, if it is that plain."""
    route = tail.candidates[0]
    if not is_plain(route):
        return None
    route = cast(Route, route)
    parts = template_parts(route.path, route.path_regex) or [""]
    param = parts[-1]
    if parts[0] != literal or len(parts) != 2 or not isinstance(param, Param):
        return None
    kind = type(param.convertor)
    if kind not in (StringConvertor, IntegerConvertor):
        return None
    is_shared = len(tail.candidates) > 1
    is_alone = not is_shared and not tail.literals
    is_number = kind is IntegerConvertor
    return route, param.name, is_number, is_alone, tail.literals, is_shared


def _narrows(route: BaseRoute) -> bool:
    """Tell whether ``matches`` of *route* needs the path to fit the template."""
    declared: Optional[bool] = getattr(route, "narrows_path_match", None)
    if declared is None:
        own = _has_own_methods(route)
        return not own and type(route).matches.__module__ in NARROWING
    return declared
