"""The index of routes: that it finds what asking every route in turn would find."""

from __future__ import annotations

import functools
import random
import re
from typing import Any, Callable, Dict, List, Optional, Tuple, Type

import pytest

from starlette._index import RouteIndex, RouteList
from starlette.convertors import CONVERTOR_TYPES, PathConvertor
from starlette.datastructures import URLPath
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
from starlette.testing import exchange, http_scope, websocket_scope
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


async def endpoint(request: Request) -> None: ...


async def session(websocket: WebSocket) -> None:
    await websocket.close()


def app_of(name: str) -> Callable[..., Any]:
    """Return an endpoint that answers with its name and the path parameters."""

    async def named(request: Request) -> PlainTextResponse:
        shown = sorted(request.path_params.items())
        return PlainTextResponse(f"{name} {shown!r}")

    named.__name__ = name
    return named


def routes_of(*templates: str) -> List[BaseRoute]:
    """Return a route for each template, which answers with its template."""
    return [Route(template, app_of(template)) for template in templates]


async def get(router: Router, path: str, method: str = "GET") -> str:
    """Return what *router* answers, or the status if that is not 200."""
    recorder = await exchange(router, http_scope(method, path))
    if recorder.status != 200:
        allow = recorder.headers.get("allow", "")
        return f"{recorder.status} {allow}".strip()
    return recorder.body.decode()


def asked_in_turn(
    routes: List[BaseRoute], scope: Scope
) -> Tuple[Optional[BaseRoute], Dict[str, Any]]:
    """Return the first route that matches wholly, or else the first in part."""
    partial: Tuple[Optional[BaseRoute], Dict[str, Any]] = (None, {})
    for route in routes:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return route, child["path_params"]
        if match is Match.PARTIAL and partial[0] is None:
            partial = route, child["path_params"]
    return partial


class Noting(Router):
    """A router whose routes only note that they were taken."""

    def __init__(self, routes: List[BaseRoute]) -> None:
        super().__init__(routes, redirect_slashes=False, default=self.note_none)
        self.taken: Optional[BaseRoute] = None

    async def note_none(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.taken = None

    async def take(self, scope: Scope) -> Tuple[Optional[BaseRoute], Dict[str, Any]]:
        await self(scope, None, None)  # type: ignore[arg-type]
        return scope.get("route"), scope.get("path_params", {})


def silent(cls: Type[Any]) -> Any:
    """Return a subclass of *cls* that takes connections and does nothing."""

    class Silent(cls):  # type: ignore[misc]
        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            pass

    return Silent


SEGMENTS = (
    "a",
    "b",
    "",
    "{x}",
    "{x:int}",
    "{x:path}",
    "a{x}",
    "{x:float}",
    "{x}-{y}",
    "{x:int}b",
)
PATH_SEGMENTS = ("a", "b", "", "1", "12", "a1", "1-2", "1b", "1.5", "a-", "\u0663")


def random_template(rng: random.Random) -> str:
    """Return a template of up to three segments."""
    segments = [rng.choice(SEGMENTS) for _ in range(rng.randint(1, 3))]
    named = [
        segment.replace("{x", "{x" + str(place)).replace("{y", "{y" + str(place))
        for place, segment in enumerate(segments)
    ]
    return "/" + "/".join(named)


def random_route(rng: random.Random) -> BaseRoute:
    kind = rng.randrange(12)
    template = random_template(rng)
    if kind == 0:
        route: BaseRoute = silent(Mount)(template, app=session)
    elif kind == 1:
        route = silent(WebSocketRoute)(template, session)
    elif kind == 2:
        host = rng.choice(["a.example", "{sub}.example"])
        route = silent(Host)(host, app=session)
    else:
        methods = rng.choice([["GET"], ["POST"], ["GET", "POST"], []])
        route = silent(Route)(template, endpoint, methods=methods)
    return route


@pytest.mark.parametrize("has_hosts", [False, True])
@pytest.mark.parametrize("seed", range(8))
async def test_equals_asking_in_turn(
    seed: int, has_hosts: bool, anyio_backend_name: str
) -> None:
    """
    Of any routes, each path gets the one that comes first, with its parameters.
    """
    rng = random.Random(f"{seed} {anyio_backend_name}")
    answers = []
    for _ in range(40):
        routes = [random_route(rng) for _ in range(rng.randint(1, 6))]
        if not has_hosts:
            routes = [route for route in routes if not isinstance(route, Host)]
        router = Noting(routes)
        for _ in range(40):
            size = rng.randint(1, 4)
            path = "/" + "/".join(rng.choice(PATH_SEGMENTS) for _ in range(size))
            host = rng.choice(["a.example", "b.example", "other"])
            method = rng.choice(["GET", "POST"])
            scope: Scope = http_scope(method, path, headers={"host": host})
            if rng.random() < 0.2:
                scope = websocket_scope(path, headers={"host": host})
            expected = asked_in_turn(routes, dict(scope))
            taken = await router.take(scope)
            answers.append((routes, path, method, taken, expected))

    assert [
        answer
        for answer in answers
        if answer[3][0] is not answer[4][0] or answer[3][1] != answer[4][1]
    ] == []


@pytest.mark.parametrize(
    "templates, path, answer",
    [
        (["/me", "/{name}"], "/me", "/me []"),
        (["/{name}", "/me"], "/me", "/{name} [('name', 'me')]"),
        (["/{name}", "/me"], "/you", "/{name} [('name', 'you')]"),
        (["/{a}/new", "/x/{b}"], "/x/new", "/{a}/new [('a', 'x')]"),
        (["/x/{b}", "/{a}/new"], "/x/new", "/x/{b} [('b', 'new')]"),
        (["/{a}/new", "/x/{b}"], "/x/old", "/x/{b} [('b', 'old')]"),
        (["/x/{id:int}", "/x/{name}"], "/x/1", "/x/{id:int} [('id', 1)]"),
        (["/x/{id:int}", "/x/{name}"], "/x/y", "/x/{name} [('name', 'y')]"),
        (["/x/{id:int}", "/x/{name}"], "/x/\u0663", "/x/{name} [('name', '\u0663')]"),
        (["/{rest:path}", "/x"], "/x", "/{rest:path} [('rest', 'x')]"),
        (["/x", "/{rest:path}"], "/x/y", "/{rest:path} [('rest', 'x/y')]"),
        (["/x/{id:int}"], "/x/" + "1" * 700, f"/x/{{id:int}} [('id', {'1' * 700})]"),
        (["/x/{id:int}"], "/x/" + "1" * 5000, "404"),
        (["/x/{id:int}"], "/x/", "404"),
        (["/x/{id}"], "/x/", "404"),
        (["/x/{id}"], "/x/a\n", "/x/{id} [('id', 'a\\n')]"),
        (["/admin"], "/admin\n", "404"),
        (["/x/{id:int}"], "/x/1\n", "404"),
        (["/a//b", "/a/b"], "/a/b", "/a/b []"),
        (["/a//b", "/a/b"], "/a//b", "/a//b []"),
    ],
)
async def test_order_of_registration(
    templates: List[str], path: str, answer: str
) -> None:
    """
    The first route that matches answers, be it literal or not.
    """
    router = Router(routes_of(*templates), redirect_slashes=False)

    assert await get(router, path) == answer


async def test_template_without_a_slash() -> None:
    """
    A route of a framework may be for what is no path, the asterisk of OPTIONS say.
    """

    class Server(Route):
        def __init__(self) -> None:
            super().__init__("/", app_of("server"), methods=["OPTIONS"])
            self.path = "*"
            self.path_regex = re.compile(r"^\*\Z", re.DOTALL)

    router = Router([Server(), *routes_of("/")])

    assert await get(router, "*", "OPTIONS") == "server []"
    assert await get(router, "/") == "/ []"


async def test_path_outside_of_every_template() -> None:
    """
    A path that does not start with a slash leads nowhere, and raises nothing.
    """
    router = Router(routes_of("/", "/{a}", "/x/{b}"), redirect_slashes=False)

    assert await get(router, "") == "404"
    assert await get(router, "x") == "404"
    assert await get(router, "x/x") == "404"


CHANGES: List[Tuple[str, Callable[[List[BaseRoute]], Any]]] = [
    ("append", lambda routes: routes.append(routes_of("/new")[0])),
    ("extend", lambda routes: routes.extend(routes_of("/new"))),
    ("insert", lambda routes: routes.insert(0, routes_of("/new")[0])),
    ("add", lambda routes: routes.__iadd__(routes_of("/new"))),
    ("item", lambda routes: routes.__setitem__(1, routes_of("/new")[0])),
    ("slice", lambda routes: routes.__setitem__(slice(1, 2), routes_of("/new"))),
]


@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize("change", [pytest.param(c, id=name) for name, c in CHANGES])
async def test_route_that_comes_later(
    change: Callable[[List[BaseRoute]], Any], is_own: bool
) -> None:
    """
    A route that is put into the list after a request answers the next one.
    """
    router = Router(routes_of("/a", "/b"))
    if not is_own:
        router.routes = routes_of("/a", "/b")
    before = await get(router, "/new")
    change(router.routes)

    assert before == "404"
    assert await get(router, "/new") == "/new []"
    assert await get(router, "/a") == "/a []"


REMOVALS: List[Tuple[str, Callable[[List[BaseRoute]], Any]]] = [
    ("remove", lambda routes: routes.remove(routes[0])),
    ("pop", lambda routes: routes.pop(0)),
    ("del", lambda routes: routes.__delitem__(0)),
    ("slice", lambda routes: routes.__delitem__(slice(0, 1))),
    ("clear", lambda routes: routes.clear()),
    ("multiply", lambda routes: routes.__imul__(0)),
]


@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize("change", [pytest.param(c, id=name) for name, c in REMOVALS])
async def test_route_that_is_taken_out(
    change: Callable[[List[BaseRoute]], Any], is_own: bool
) -> None:
    """
    A route that has left the list answers no more.
    """
    router = Router(routes_of("/a", "/b"))
    if not is_own:
        router.routes = routes_of("/a", "/b")
    before = await get(router, "/a")
    change(router.routes)

    assert before == "/a []"
    assert await get(router, "/a") == "404"


@pytest.mark.parametrize(
    "change",
    [lambda routes: routes.reverse(), lambda routes: routes.sort(key=lambda r: -id(r))],
    ids=["reverse", "sort"],
)
async def test_other_order(change: Callable[[Any], Any]) -> None:
    """
    When the order changes, the one that is first now answers.
    """
    routes = sorted(routes_of("/{x}", "/{y}"), key=id)
    router = Router(routes)
    await get(router, "/1")
    change(router.routes)
    second = routes[1]

    assert isinstance(second, Route)
    assert (await get(router, "/1")).startswith(second.path)


async def test_other_list_in_place_of_the_first() -> None:
    """
    ``routes`` may be set to the list of another router.
    """
    router = Router(routes_of("/a"))
    await get(router, "/a")
    router.routes = Router(routes_of("/b")).routes

    assert await get(router, "/b") == "/b []"
    assert await get(router, "/a") == "404"


async def test_list_of_the_caller_is_copied() -> None:
    """
    What happens to the list that the constructor got does not matter.
    """
    routes = routes_of("/a")
    router = Router(routes)
    routes.clear()

    assert await get(router, "/a") == "/a []"


def test_list_counts_its_changes() -> None:
    """
    Every way to change the list is another version of it; reading is none.
    """
    routes = RouteList(routes_of("/a"))
    index = RouteIndex(routes)
    unread = index.is_of(routes)
    len(routes), list(routes), routes[0], routes.copy()
    unchanged = index.is_of(routes)
    routes.append(routes[0])

    assert unread
    assert unchanged
    assert not index.is_of(routes)


class Widening(Route):
    """Matches paths that its template does not."""

    def matches(self, scope: Scope) -> Tuple[Match, Scope]:
        if scope["path"].startswith("/any"):
            return Match.FULL, {"path_params": {}, "endpoint": self.endpoint}
        return super().matches(scope)


class Narrowing(Route):
    """Matches only with a header."""

    def matches(self, scope: Scope) -> Tuple[Match, Scope]:
        if (b"x-version", b"2") not in scope["headers"]:
            return Match.NONE, {}
        return super().matches(scope)


async def test_subclass_that_matches_more() -> None:
    """
    A route that overrides ``matches`` is asked for every path, in its turn.
    """
    router = Router(
        [
            *routes_of("/any/first"),
            Widening("/wide", app_of("wide")),
            *routes_of("/any/{x}"),
        ]
    )

    assert await get(router, "/any/first") == "/any/first []"
    assert await get(router, "/any/thing") == "wide []"
    assert await get(router, "/wide") == "wide []"
    assert await get(router, "/x") == "404"


@pytest.mark.parametrize("is_declared", [False, True])
async def test_subclass_that_matches_less(is_declared: bool) -> None:
    """
    A route that refuses leaves the connection to the next one, declared or not.
    """

    class Declared(Narrowing):
        narrows_path_match = is_declared

    router = Router(
        [Declared("/x", app_of("second")), Declared("/y/{z}", app_of("third"))]
    )
    router.routes += routes_of("/x", "/y/{w}")
    answers = []
    for path in ("/x", "/y/1"):
        for version in ("1", "2"):
            scope = http_scope("GET", path, headers={"x-version": version})
            answers.append((await exchange(router, scope)).body.decode())

    assert answers == [
        "/x []",
        "second []",
        "/y/{w} [('w', '1')]",
        "third [('z', '1')]",
    ]


async def test_replaced_method_of_one_route() -> None:
    """
    ``matches`` may be replaced on the route itself.
    """
    route = Route("/x", app_of("x"))
    child = {"path_params": {}, "endpoint": route.endpoint}
    route.matches = lambda scope: (Match.FULL, child)  # type: ignore[method-assign]
    router = Router([route])

    assert await get(router, "/anything") == "x []"


@pytest.mark.parametrize("path", ["/x", "/y/1"])
async def test_replaced_method_of_all_routes(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Tools replace ``Route.matches``; theirs is called.
    """
    router = Router(routes_of("/x", "/y/{z}"))
    seen: List[str] = []
    matches = Route.matches

    @functools.wraps(matches)
    def tracing(self: Route, scope: Scope) -> Tuple[Match, Scope]:
        seen.append(self.path)
        return matches(self, scope)

    monkeypatch.setattr(Route, "matches", tracing)
    await get(router, path)

    assert seen == [template for template in ("/x", "/y/{z}") if template[1] == path[1]]


async def test_replaced_expression() -> None:
    """
    ``path_regex`` may be replaced before the first request, to ignore case say.
    """
    route = Route("/Users/{name}", app_of("users"))
    literal = Route("/Me", app_of("me"))
    mount = Mount("/Sub", routes=routes_of("/x"))
    for changed in (route, literal, mount):
        assert isinstance(changed, (Route, Mount))
        pattern = changed.path_regex.pattern
        changed.path_regex = re.compile(pattern, re.IGNORECASE)
    router = Router([route, literal, mount])

    assert await get(router, "/uSERS/Ann") == "users [('name', 'Ann')]"
    assert await get(router, "/mE") == "me []"
    assert await get(router, "/sUB/x") == "/x []"


async def test_replaced_template() -> None:
    """
    A path that does not go with the expression any more is not relied upon.
    """
    route = Route("/old/{a}", app_of("old"))
    route.path = "/{b:nonsense}"
    router = Router([route])

    assert await get(router, "/old/1") == "old [('a', '1')]"


async def test_route_that_sets_its_attributes_itself() -> None:
    """
    Frameworks leave ``Route.__init__`` out; only the public attributes count.
    """
    from starlette.routing import compile_path, request_response

    class Framework(Route):
        def __init__(self, path: str) -> None:
            self.path = path
            self.endpoint = app_of(path)
            self.name = path
            self.methods = {"GET"}
            compiled = compile_path(path)
            self.path_regex, self.path_format, self.param_convertors = compiled
            self.app = request_response(self.endpoint)

    router = Router([Framework("/a"), Framework("/b/{x:int}")])

    assert await get(router, "/a") == "/a []"
    assert await get(router, "/b/1") == "/b/{x:int} [('x', 1)]"
    assert await get(router, "/b/1", "POST") == "405 GET"
    assert router.url_path_for("/b/{x:int}", x=2) == "/b/2"


class Foreign(BaseRoute):
    """A route of a kind of its own, which looks at the method alone."""

    def matches(self, scope: Scope) -> Tuple[Match, Scope]:
        if scope["type"] == "http" and scope["method"] == "PURGE":
            return Match.FULL, {"purged": True}
        return Match.NONE, {}

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(f"purged {scope['purged']}")(scope, receive, send)


async def test_foreign_route() -> None:
    """
    A route that is no ``Route`` is asked in its turn, whatever the path.
    """
    router = Router([*routes_of("/x"), Foreign(), *routes_of("/y")])
    router.routes.insert(0, Route("/first", app_of("first"), methods=["PURGE"]))

    assert await get(router, "/anything", "PURGE") == "purged True"
    assert await get(router, "/x", "PURGE") == "purged True"
    assert await get(router, "/first", "PURGE") == "first []"
    assert await get(router, "/y") == "/y []"
    assert router.url_path_for("/y") == "/y"


async def test_convertor_of_a_program() -> None:
    """
    A convertor of unknown extent leaves the rest of the path open.
    """

    class Pairs(PathConvertor):
        regex = "[^/]+/[^/]+"

    CONVERTOR_TYPES["pairs"] = Pairs()
    try:
        router = Router(routes_of("/x-{p:pairs}/y", "/x-{q}", "/{r:pairs}"))
    finally:
        del CONVERTOR_TYPES["pairs"]

    assert await get(router, "/x-1/2/y") == "/x-{p:pairs}/y [('p', '1/2')]"
    assert await get(router, "/x-1") == "/x-{q} [('q', '1')]"
    assert await get(router, "/a/b") == "/{r:pairs} [('r', 'a/b')]"


async def test_methods_of_several_routes() -> None:
    """
    A 405 names the methods of all routes at the path, of each kind of path.
    """
    router = Router(
        [
            Route("/x", endpoint, methods=["POST"]),
            Route("/x", endpoint, methods=["PUT"]),
            Route("/y/{a}", endpoint, methods=["POST"]),
            Route("/y/{b:int}", endpoint, methods=["GET"]),
            Route("/{c}/{d}", endpoint, methods=["PATCH"]),
            Route("/only", endpoint, methods=["LINK"]),
        ]
    )

    assert await get(router, "/x", "DELETE") == "405 POST, PUT"
    assert await get(router, "/y/1", "DELETE") == "405 GET, HEAD, PATCH, POST"
    assert await get(router, "/y/a", "DELETE") == "405 PATCH, POST"
    assert await get(router, "/only", "DELETE") == "405 LINK"


async def test_websocket_and_http_at_one_path() -> None:
    """
    The kind of connection decides between routes of one path.
    """
    router = Router([WebSocketRoute("/x", session), *routes_of("/x", "/y/{a}")])
    recorder = await exchange(router, websocket_scope("/x"))

    assert recorder.close_code == 1000
    assert await get(router, "/x") == "/x []"
    assert (await exchange(router, websocket_scope("/y/1"))).close_code == 1000


async def test_hosts_among_other_routes() -> None:
    """
    A host comes in its turn, whether it is known by name or by a pattern.
    """
    router = Router(
        [
            *routes_of("/first"),
            Host("API.example", app=Router(routes_of("/first", "/second"))),
            Host("{sub}.example", app=Router(routes_of("/third"))),
            *routes_of("/second", "/fourth"),
        ]
    )
    answers = []
    for host, path in [
        ("api.example", "/first"),
        ("api.example:80", "/second"),
        ("api.example", "/fourth"),
        ("x.example", "/third"),
        ("other", "/second"),
        ("other", "/fourth"),
    ]:
        scope = http_scope("GET", path, headers={"host": host})
        recorder = await exchange(router, scope)
        answers.append(f"{recorder.status} {recorder.body.decode()}")

    assert answers == [
        "200 /first []",
        "200 /second []",
        "404 Not Found",
        "200 /third [('sub', 'x')]",
        "200 /second []",
        "200 /fourth []",
    ]


async def test_one_route_twice() -> None:
    """
    The same object may stand in the list more than once.
    """
    (route,) = routes_of("/{x}")
    router = Router([route, route])

    assert await get(router, "/1") == "/{x} [('x', '1')]"


@pytest.mark.parametrize(
    "path, expected",
    [
        ("/api/x", "below [] /x"),
        ("/api/", "below [] /"),
        ("/api", "404"),
        ("/apix", "404"),
        ("/apix/x", "404"),
        ("/shop/x", "shop []"),
        ("/shop/y", "other [] /y"),
    ],
)
async def test_mount_that_has_a_path_for_itself(path: str, expected: str) -> None:
    """
    It is entered for what is below its path, and for nothing that only begins alike.
    """

    def below(name: str) -> Any:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            rest = scope["path"][len(scope["root_path"]) :]
            params = sorted(scope["path_params"])
            await PlainTextResponse(f"{name} {params} {rest}")(scope, receive, send)

        return app

    router = Router(
        [
            Mount("/api", below("below")),
            Route("/shop/x", app_of("shop")),
            Mount("/shop", below("other")),
        ],
        redirect_slashes=False,
    )

    assert await get(router, path) == expected


@pytest.mark.parametrize("is_on_class", [True, False])
async def test_replaced_handler(
    is_on_class: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What a tool puts in the place of ``handle`` is called, also by a known route.
    """
    seen: List[str] = []
    route = Route("/x", app_of("x"))
    router = Router([route])

    async def handle(*args: Any) -> None:
        seen.append("handled")
        await route.app(*args[-3:])

    if is_on_class:
        assert await get(router, "/x") == "x []"
        monkeypatch.setattr(Route, "handle", handle)
    else:
        monkeypatch.setattr(route, "handle", handle)

    assert await get(router, "/x") == "x []"
    assert seen == ["handled"]
