"""Startup and shutdown, of an application and of what is mounted in it."""

from __future__ import annotations

import contextlib
import functools
from typing import Any, AsyncIterator, Callable, Dict, Iterator, List, Optional

import pytest

from starlette._lifespan import MountedLifespanError
from starlette.applications import Starlette
from starlette.exceptions import StarletteDeprecationWarning
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Host, Mount, Route, Router
from starlette.testing import Recorder, Script, exchange, http_scope, lifespan_scope
from starlette.types import ASGIApp, Receive, Scope, Send

pytestmark = pytest.mark.anyio


class Boom(Exception):
    """Raised by the lifespans that are meant to fail."""


def noting(
    log: List[str], name: str, state: Optional[Dict[str, Any]] = None
) -> Callable[[Any], Any]:
    """Return a lifespan that notes its start and its end."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:
        log.append(f"{name} up")
        yield state
        log.append(f"{name} down")

    return lifespan


async def run_lifespan(app: ASGIApp, **extra: Any) -> Recorder:
    """Start *app* and shut it down."""
    return await exchange(app, lifespan_scope(**extra), Script.lifespan())


def types_of(recorder: Recorder) -> List[str]:
    return [message["type"] for message in recorder.messages]


COMPLETE = ["lifespan.startup.complete", "lifespan.shutdown.complete"]


class Running:
    """An application between its startup and its shutdown.

    Used in ``async with``: the lifespan of *app* runs in a task of its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.state: Dict[str, Any] = {}
        self.script = Script({"type": "lifespan.startup"})
        self.recorder = Recorder()

    async def __aenter__(self) -> Running:
        import anyio

        self.group = anyio.create_task_group()
        await self.group.__aenter__()
        scope = lifespan_scope(state=self.state)

        async def run() -> None:
            await self.app(scope, self.script, self.recorder)

        self.group.start_soon(run)
        with anyio.fail_after(60):
            await self.recorder.wait_for("lifespan.startup.complete")
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        self.script.add({"type": "lifespan.shutdown"})
        await self.group.__aexit__(*exc_info)

    async def get(self, path: str, **extra: Any) -> Recorder:
        scope = http_scope("GET", path, state=dict(self.state), **extra)
        return await exchange(self.app, scope)


async def show_state(request: Request) -> JSONResponse:
    return JSONResponse(dict(request.scope["state"]))


async def test_context_manager() -> None:
    """
    What stands before ``yield`` runs at startup, what stands behind at shutdown.
    """
    log: List[str] = []
    recorder = await run_lifespan(Starlette(lifespan=noting(log, "app")))

    assert types_of(recorder) == COMPLETE
    assert log == ["app up", "app down"]


async def test_lifespan_gets_the_application() -> None:
    """
    The function is called with the application, or None where there is none.
    """
    seen: List[Any] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        seen.append(app)
        yield

    app = Starlette(lifespan=lifespan)
    await run_lifespan(app)
    await run_lifespan(Router(lifespan=lifespan))

    assert seen == [app, None]


async def test_state() -> None:
    """
    The mapping that the lifespan gives is added to the state of the server.
    """
    scope = lifespan_scope(state={"server": 1})
    app = Starlette(lifespan=noting([], "app", {"pool": 2}))
    await exchange(app, scope, Script.lifespan())

    assert scope["state"] == {"server": 1, "pool": 2}


async def test_state_without_support_by_the_server() -> None:
    """
    A server that keeps no state gets a failed startup, and the reason.
    """
    scope = lifespan_scope()
    del scope["state"]
    recorder = Recorder()
    app = Starlette(lifespan=noting([], "app", {"pool": 2}))
    with pytest.raises(RuntimeError, match='does not support "state"'):
        await app(scope, Script.lifespan(), recorder)

    assert types_of(recorder) == ["lifespan.startup.failed"]


async def test_no_state_without_support_by_the_server() -> None:
    """
    A lifespan that gives no state runs on every server.
    """
    scope = lifespan_scope()
    del scope["state"]
    recorder = await exchange(Starlette(), scope, Script.lifespan())

    assert types_of(recorder) == COMPLETE


class Lifespans:
    """Every deprecated form of a lifespan, as method too."""

    def __init__(self) -> None:
        self.log: List[str] = []

    async def async_generator(self, app: Any) -> AsyncIterator[Dict[str, int]]:
        self.log.append("up")
        yield {"pool": 1}
        self.log.append("down")

    def generator(self, app: Any) -> Iterator[Dict[str, int]]:
        self.log.append("up")
        yield {"pool": 1}
        self.log.append("down")

    def as_function(self, name: str) -> Any:
        if name == "generator":

            def generator(app: Any) -> Iterator[Dict[str, int]]:
                yield from self.generator(app)

            return generator

        async def async_generator(app: Any) -> AsyncIterator[Dict[str, int]]:
            async for state in self.async_generator(app):
                yield state

        return async_generator


@pytest.mark.parametrize("form", ["function", "method", "partial"])
@pytest.mark.parametrize("name", ["generator", "async_generator"])
async def test_deprecated_forms(name: str, form: str) -> None:
    """
    Generators of both kinds serve as lifespans, and the router warns.
    """
    forms = Lifespans()
    lifespan: Any = getattr(forms, name)
    if form == "function":
        lifespan = forms.as_function(name)
    elif form == "partial":
        lifespan = functools.partial(lifespan)
    with pytest.warns(StarletteDeprecationWarning, match="lifespans are deprecated"):
        app = Starlette(lifespan=lifespan)
    scope = lifespan_scope()
    recorder = await exchange(app, scope, Script.lifespan())

    assert types_of(recorder) == COMPLETE
    assert scope["state"] == {"pool": 1}
    assert forms.log == ["up", "down"]


async def test_object_that_is_called() -> None:
    """
    Anything that gives an async context manager when called is a lifespan.
    """
    log: List[str] = []

    class Resources:
        def __call__(self, app: Any) -> Resources:
            return self

        async def __aenter__(self) -> None:
            log.append("up")

        async def __aexit__(self, *exc_info: Any) -> None:
            log.append("down")

    await run_lifespan(Starlette(lifespan=Resources()))

    assert log == ["up", "down"]


async def test_handlers() -> None:
    """
    Startup and shutdown handlers run in order, coroutine functions or not.
    """
    log: List[str] = []

    async def up() -> None:
        log.append("async up")

    async def down() -> None:
        log.append("async down")

    with pytest.warns(StarletteDeprecationWarning, match="on_startup and on_shutdown"):
        app = Starlette(
            on_startup=[lambda: log.append("up"), up],
            on_shutdown=[down, lambda: log.append("down")],
        )
    app.add_event_handler("startup", lambda: log.append("last up"))
    app.add_event_handler("shutdown", lambda: log.append("last down"))
    recorder = await run_lifespan(app)

    assert types_of(recorder) == COMPLETE
    assert log == ["up", "async up", "last up", "async down", "down", "last down"]


async def test_no_handlers() -> None:
    """
    Empty lists are no handlers: nothing is deprecated about them.
    """
    recorder = await run_lifespan(Router(on_startup=[], on_shutdown=[]))

    assert types_of(recorder) == COMPLETE


async def test_event_decorator() -> None:
    """
    The deprecated decorator adds a handler and leaves the function as it is.
    """
    log: List[str] = []
    app = Starlette()

    def up() -> None:
        log.append("up")

    with pytest.warns(StarletteDeprecationWarning, match="`on_event` decorator"):
        decorated = app.on_event("startup")(up)
    await run_lifespan(app)

    assert decorated is up
    assert log == ["up"]


def test_unknown_event() -> None:
    """
    There are two events; another one is refused.
    """
    with pytest.raises(
        AssertionError, match="'startup' or 'shutdown', but got 'lunch'"
    ):
        Router().add_event_handler("lunch", lambda: None)


async def test_lifespan_beside_handlers() -> None:
    """
    A router that is given both uses the lifespan and says so.
    """
    log: List[str] = []
    with pytest.warns(Warning) as caught:
        router = Router(
            on_startup=[lambda: log.append("handler")], lifespan=noting(log, "router")
        )
    await run_lifespan(router)

    assert "cannot be used with" in str(caught[1].message)
    assert log == ["router up", "router down"]


@pytest.mark.parametrize("handlers", [[], [lambda: None]])
@pytest.mark.parametrize("which", ["on_startup", "on_shutdown"])
def test_application_with_lifespan_and_handlers(
    which: str, handlers: List[Any]
) -> None:
    """
    An application refuses both together.
    """
    with pytest.raises(AssertionError, match="Use either 'lifespan' or"):
        Starlette(lifespan=noting([], "app"), **{which: handlers})  # type: ignore[arg-type]


async def test_failure_at_startup() -> None:
    """
    The server is told with a traceback, and gets the exception.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        raise Boom("no database")
        yield

    recorder = Recorder()
    with pytest.raises(Boom):
        await Starlette(lifespan=lifespan)(
            lifespan_scope(), Script.lifespan(), recorder
        )

    assert types_of(recorder) == ["lifespan.startup.failed"]
    assert "no database" in recorder.messages[0]["message"]


async def test_failure_at_shutdown() -> None:
    """
    The server is told in the words of the shutdown, and gets the exception.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        yield
        raise Boom("no farewell")

    recorder = Recorder()
    with pytest.raises(Boom):
        await Starlette(lifespan=lifespan)(
            lifespan_scope(), Script.lifespan(), recorder
        )

    assert types_of(recorder) == [
        "lifespan.startup.complete",
        "lifespan.shutdown.failed",
    ]


async def test_lifespan_context_by_hand() -> None:
    """
    Programs enter ``lifespan_context`` themselves and get the state.
    """
    log: List[str] = []
    app = Starlette(lifespan=noting(log, "app", {"pool": 1}))
    async with app.router.lifespan_context(app) as state:
        log.append("inside")

    assert state == {"pool": 1}
    assert log == ["app up", "inside", "app down"]


async def test_replaced_lifespan_context() -> None:
    """
    Frameworks assign ``lifespan_context``; what they assign is run.
    """
    log: List[str] = []
    app = Starlette(lifespan=noting(log, "first"))
    app.router.lifespan_context = noting(log, "second")
    await run_lifespan(app)

    assert log == ["second up", "second down"]


# -- mounted applications ------------------------------------------------------


async def test_mounted_application() -> None:
    """
    It starts after the application around it and stops before it.
    """
    log: List[str] = []
    child = Starlette(lifespan=noting(log, "child"))
    parent = Starlette(
        routes=[Mount("/child", app=child)], lifespan=noting(log, "parent")
    )
    recorder = await run_lifespan(parent)

    assert types_of(recorder) == COMPLETE
    assert log == ["parent up", "child up", "child down", "parent down"]


async def test_mounted_lifespan_gets_its_own_application() -> None:
    """
    The lifespan of the child is called with the child.
    """
    seen: List[Any] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        seen.append(app)
        yield

    child = Starlette(lifespan=lifespan)
    await run_lifespan(Starlette(routes=[Mount("/child", app=child)]))

    assert seen == [child]


async def test_siblings_and_descendants() -> None:
    """
    Siblings start in the order of their routes, each with all that is mounted in it.
    """
    log: List[str] = []
    grandchild = Starlette(lifespan=noting(log, "grandchild"))
    first = Starlette(
        lifespan=noting(log, "first"),
        routes=[Mount("/x", routes=[Mount("/y", app=grandchild)])],
    )
    second = Starlette(lifespan=noting(log, "second"))
    parent = Starlette(routes=[Mount("/a", app=first), Host("b.example", app=second)])
    await run_lifespan(parent)

    assert log == [
        "first up",
        "grandchild up",
        "second up",
        "second down",
        "grandchild down",
        "first down",
    ]


async def test_mounted_handlers() -> None:
    """
    The startup and shutdown handlers of a mounted router run as well.
    """
    log: List[str] = []
    router = Router()
    router.add_event_handler("startup", lambda: log.append("up"))
    router.add_event_handler("shutdown", lambda: log.append("down"))
    await run_lifespan(Starlette(routes=[Mount("/", app=router)]))

    assert log == ["up", "down"]


async def test_mounted_twice() -> None:
    """
    One application at two places is started once.
    """
    log: List[str] = []
    child = Starlette(lifespan=noting(log, "child"))
    await run_lifespan(
        Starlette(routes=[Mount("/a", app=child), Mount("/b", app=child)])
    )

    assert log == ["child up", "child down"]


async def test_mounted_in_itself() -> None:
    """
    An application that is its own descendant is started once.
    """
    log: List[str] = []
    app = Starlette(lifespan=noting(log, "app"))
    app.mount("/again", app)
    await run_lifespan(app)

    assert log == ["app up", "app down"]


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_started_by_hand(is_replaced: bool) -> None:
    """
    A child that the program starts within the parent's lifespan is left to it.
    """
    log: List[str] = []
    child = Starlette(lifespan=noting(log, "child"))
    if is_replaced:  # as frameworks do that merge lifespans
        child.router.lifespan_context = noting(log, "child")

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        log.append("parent up")
        async with child.router.lifespan_context(child):
            yield
        log.append("parent down")

    await run_lifespan(Starlette(routes=[Mount("/c", app=child)], lifespan=lifespan))

    assert log == ["parent up", "child up", "child down", "parent down"]


class Passing:
    """A middleware that keeps what it wraps where middleware does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def closing_over(app: ASGIApp) -> ASGIApp:
    """A middleware that hides what it wraps."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return middleware


async def test_behind_middleware() -> None:
    """
    The lifespan of a child is found behind the middleware around it.
    """
    log: List[str] = []
    wrapped = Passing(Passing(Starlette(lifespan=noting(log, "wrapped"))))
    of_the_mount = Mount(
        "/b",
        app=Starlette(lifespan=noting(log, "hidden")),
        middleware=[Middleware(closing_over)],
        max_body_size=10,
    )
    parent = Starlette(routes=[Mount("/a", app=wrapped), of_the_mount])
    async with Running(parent) as running:
        statuses = [(await running.get(path)).status for path in ("/a/", "/b/")]

    assert statuses == [404, 404]
    assert log == ["wrapped up", "hidden up", "hidden down", "wrapped down"]


async def test_what_has_no_lifespan() -> None:
    """
    Applications of other kinds are let alone, even those that wrap themselves.
    """
    ring = Passing(closing_over(Starlette()))
    ring.app = ring
    parent = Starlette(
        routes=[
            Mount("/a", app=closing_over(Starlette())),
            Mount("/b", app=ring),
            Route("/", show_state),
        ]
    )
    recorder = await run_lifespan(parent)

    assert types_of(recorder) == COMPLETE


async def test_state_of_a_mounted_lifespan() -> None:
    """
    The child's requests see the parent's state with the child's over it.
    """
    child = Starlette(
        routes=[Route("/", show_state)],
        lifespan=noting([], "child", {"who": "child", "own": 2}),
    )
    parent = Starlette(
        routes=[Route("/", show_state), Mount("/a", app=child), Mount("/b", app=child)],
        lifespan=noting([], "parent", {"who": "parent", "pool": 1}),
    )
    async with Running(parent) as running:
        bodies = [(await running.get(path)).body for path in ("/", "/a/", "/b/")]

    assert bodies == [
        b'{"who":"parent","pool":1}',
        b'{"who":"child","pool":1,"own":2}',
        b'{"who":"child","pool":1,"own":2}',
    ]


async def test_state_ends_with_the_lifespan() -> None:
    """
    After the shutdown nothing of the child's state is left.
    """
    child = Starlette(
        routes=[Route("/", show_state)], lifespan=noting([], "child", {"own": 2})
    )
    parent = Starlette(routes=[Mount("/a", app=child), Mount("/b", app=child)])
    await run_lifespan(parent)
    first = await exchange(parent, http_scope("GET", "/a/"))
    second = await exchange(parent, http_scope("GET", "/b/"))

    assert first.body == second.body == b"{}"


async def test_mounted_lifespan_twice_in_a_row() -> None:
    """
    An application that was shut down can be started again, its children too.
    """
    log: List[str] = []
    child = Starlette(lifespan=noting(log, "child"))
    parent = Starlette(routes=[Mount("/", app=child)])
    await run_lifespan(parent)
    await run_lifespan(parent)

    assert log == ["child up", "child down", "child up", "child down"]


async def test_failure_of_a_mounted_startup() -> None:
    """
    The failure names the mount, and what has started already is shut down.
    """
    log: List[str] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        raise Boom
        yield

    parent = Starlette(
        routes=[
            Mount("/good", app=Starlette(lifespan=noting(log, "good"))),
            Mount("/bad", app=Starlette(lifespan=lifespan)),
            Mount("/late", app=Starlette(lifespan=noting(log, "late"))),
        ],
        lifespan=noting(log, "parent"),
    )
    recorder = Recorder()
    with pytest.raises(MountedLifespanError, match="mounted at '/bad'") as caught:
        await parent(lifespan_scope(), Script.lifespan(), recorder)

    assert isinstance(caught.value.__cause__, Boom)
    assert (caught.value.path, caught.value.phase) == ("/bad", "startup")
    assert types_of(recorder) == ["lifespan.startup.failed"]
    assert log[:2] == ["parent up", "good up"]
    assert "late up" not in log


async def test_failure_of_a_mounted_shutdown() -> None:
    """
    The failure names the host, and all the others are shut down.
    """
    log: List[str] = []

    @contextlib.asynccontextmanager
    async def clean(app: Any) -> AsyncIterator[None]:
        try:
            yield
        finally:
            log.append("clean")

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        yield
        raise Boom

    parent = Starlette(
        routes=[
            Mount("/", app=Starlette(lifespan=clean)),
            Host("bad.example", app=Starlette(lifespan=lifespan)),
        ],
        lifespan=clean,
    )
    recorder = Recorder()
    with pytest.raises(MountedLifespanError) as caught:
        await parent(lifespan_scope(), Script.lifespan(), recorder)

    assert isinstance(caught.value.__cause__, Boom)
    assert (caught.value.path, caught.value.phase) == ("bad.example", "shutdown")
    assert types_of(recorder)[-1] == "lifespan.shutdown.failed"
    assert log == ["clean", "clean"]


async def test_failure_elsewhere_passes_through_mounted_lifespans() -> None:
    """
    An error from outside reaches the child's lifespan and leaves it as it came.
    """
    seen: List[BaseException] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        try:
            yield
        except Boom as exc:
            seen.append(exc)
            raise

    class ExitOnly:
        """Lets an error pass by raising it again, as old code does."""

        def __call__(self, app: Any) -> ExitOnly:
            return self

        async def __aenter__(self) -> None:
            pass

        async def __aexit__(self, kind: Any, exc: Any, traceback: Any) -> None:
            raise exc

    boom = Boom()
    parent = Starlette(
        routes=[
            Mount("/a", app=Starlette(lifespan=lifespan)),
            Mount("/b", app=Starlette(lifespan=ExitOnly())),
        ]
    )
    script = Script({"type": "lifespan.startup"}, boom)
    with pytest.raises(Boom) as caught:
        await parent(lifespan_scope(), script, Recorder())

    assert caught.value is boom
    assert seen == [boom]


async def test_switched_off() -> None:
    """
    With the switch off, a mounted lifespan is somebody else's business.
    """
    log: List[str] = []
    child = Starlette(lifespan=noting(log, "child"))
    routes = [Mount("/", app=child)]
    await run_lifespan(Starlette(routes=routes, mounted_lifespans=False))
    await run_lifespan(Router(routes=routes, mounted_lifespans=False))

    assert log == []


async def test_switched_off_further_in() -> None:
    """
    The switch of a child holds for what is mounted in the child.
    """
    log: List[str] = []
    grandchild = Starlette(lifespan=noting(log, "grandchild"))
    child = Starlette(
        lifespan=noting(log, "child"),
        routes=[Mount("/", app=grandchild)],
        mounted_lifespans=False,
    )
    await run_lifespan(Starlette(routes=[Mount("/", app=child)]))

    assert log == ["child up", "child down"]


async def test_session_manager_that_the_program_runs() -> None:
    """
    A mounted application whose lifespan refuses to run twice is running already.
    """
    log: List[str] = []
    runs: List[None] = []

    @contextlib.asynccontextmanager
    async def run(app: Any) -> AsyncIterator[None]:
        if runs:
            raise RuntimeError(
                "StreamableHTTPSessionManager .run() can only be called once per "
                "instance. Create a new instance if you need to run again."
            )
        runs.append(None)
        log.append("manager up")
        yield
        log.append("manager down")

    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with run(app):
            yield

    other = Starlette(lifespan=noting(log, "other"))
    routes = [Mount("/mcp", Starlette(lifespan=run)), Mount("/other", other)]

    recorder = await run_lifespan(Starlette(routes=routes, lifespan=lifespan))

    assert types_of(recorder) == COMPLETE
    assert log == ["manager up", "other up", "other down", "manager down"]
