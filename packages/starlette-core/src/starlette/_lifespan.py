"""What runs before the first request and after the last one.

``lifespan_of`` makes the one form that a router keeps, a callable that returns an
async context manager, out of all the forms that a program may give.  It also notes
whether the lifespan is running, because the lifespans of mounted applications are
started by the application they are mounted in (``enter_mounted``), each once, and
a program may have started one by hand.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from types import FunctionType, MethodType, TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncContextManager,
    Callable,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Tuple,
    Type,
    cast,
)

from starlette._deprecations import warn_deprecated
from starlette.types import Lifespan

if TYPE_CHECKING:
    from starlette.routing import BaseRoute, Mount, Router

__all__ = (
    "HandlersLifespan",
    "MountedLifespanError",
    "RouterLifespan",
    "as_context_manager",
    "enter_mounted",
    "from_generator",
)

# inspect.CO_GENERATOR and CO_ASYNC_GENERATOR, without importing inspect.
CO_GENERATOR = 0x20
CO_ASYNC_GENERATOR = 0x200

State = Optional[Mapping[str, Any]]


class RouterLifespan:
    """The lifespan of one router: called with the application, gives its context.

    Args:
        lifespan: Called with the application; returns an async context manager.

    Attributes:
        is_running: Whether a context made here has been entered and not left.
    """

    def __init__(self, lifespan: Lifespan[Any]) -> None:
        self._make = lifespan
        self.is_running = False

    @classmethod
    def of(cls, lifespan: Lifespan[Any]) -> RouterLifespan:
        """Return *lifespan* itself if it is one already, or one for it."""
        return lifespan if isinstance(lifespan, cls) else cls(lifespan)

    def __call__(self, app: Any) -> AsyncContextManager[State]:
        return _Noted(self._make(app), self)


class _Noted(AsyncContextManager[State]):
    """A context whose lifespan knows that it is running."""

    def __init__(self, context: AsyncContextManager[State], to: RouterLifespan) -> None:
        self._context = context
        self._lifespan = to

    async def __aenter__(self) -> State:
        state = await self._context.__aenter__()
        self._lifespan.is_running = True
        return state

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> Optional[bool]:
        self._lifespan.is_running = False
        return await self._context.__aexit__(kind, exc, traceback)


def as_context_manager(
    lifespan: Lifespan[Any],
) -> Callable[[Any], AsyncContextManager[State]]:
    """Return *lifespan* in the form that a router keeps; warn of the older forms."""
    flags = _code_flags(lifespan)
    if flags & CO_ASYNC_GENERATOR:
        warn_deprecated(
            "async generator function lifespans are deprecated, "
            "use an @contextlib.asynccontextmanager function instead"
        )
        return asynccontextmanager(cast("Callable[[Any], Any]", lifespan))
    if flags & CO_GENERATOR:
        warn_deprecated(
            "generator function lifespans are deprecated, "
            "use an @contextlib.asynccontextmanager function instead"
        )
        return from_generator(cast("Callable[[Any], Iterator[State]]", lifespan))
    return lifespan


def _code_flags(lifespan: Any) -> int:
    while not isinstance(lifespan, FunctionType):
        if isinstance(lifespan, partial):
            lifespan = lifespan.func
        elif isinstance(lifespan, MethodType):
            lifespan = lifespan.__func__
        else:
            return 0
    return lifespan.__code__.co_flags


def from_generator(
    lifespan: Callable[[Any], Iterator[State]],
) -> Callable[[Any], AsyncContextManager[State]]:
    make = contextmanager(lifespan)

    @asynccontextmanager
    async def context(app: Any) -> Any:
        with make(app) as state:
            yield state

    return context


class HandlersLifespan(RouterLifespan, AsyncContextManager[None]):
    """The lifespan of a router that was given none: its startup and shutdown handlers.

    Programs know it as ``starlette.routing._DefaultLifespan``, and ask whether a router
    has one.

    Args:
        router: Whose ``startup`` and ``shutdown`` are awaited.
    """

    def __init__(self, router: Router) -> None:
        super().__init__(lambda app: self)
        self._router = router

    async def __aenter__(self) -> None:
        await self._router.startup()

    async def __aexit__(self, *exc_info: Any) -> None:
        await self._router.shutdown()


class MountedLifespanError(RuntimeError):
    """The lifespan of a mounted application has failed; the cause says how.

    Args:
        path: Where it is mounted.
        phase: ``"startup"`` or ``"shutdown"``.

    Attributes:
        path: As given.
        phase: As given.
    """

    def __init__(self, path: str, phase: str) -> None:
        super().__init__(
            f"The {phase} of the application mounted at {path!r} has failed. If its "
            "lifespan is run elsewhere, pass `mounted_lifespans=False` to the "
            "application it is mounted in."
        )
        self.path = path
        self.phase = phase


class _Mounted(AsyncContextManager[State]):
    """A lifespan whose failures say where it is mounted."""

    def __init__(self, context: AsyncContextManager[State], path: str) -> None:
        self._context = context
        self._path = path

    async def __aenter__(self) -> State:
        try:
            return await self._context.__aenter__()
        except Exception as exc:
            raise MountedLifespanError(self._path, "startup") from exc

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> Optional[bool]:
        try:
            return await self._context.__aexit__(kind, exc, traceback)
        except Exception as error:
            if error is exc:
                # Passed on by the stack, which may hang over one raised again (3.8).
                return False
            raise MountedLifespanError(self._path, "shutdown") from error


async def enter_mounted(stack: AsyncExitStack, router: Router) -> None:
    """Start the lifespans of everything mounted in *router*, to any depth.

    A mounted application starts after the one it is mounted in and stops before it;
    siblings start in the order of their routes.  One that is running already, because
    it is mounted twice or the program has started it, is not started again; nor is one
    that refuses because of that.

    Args:
        stack: Leaves the contexts that are entered.
        router: Of the application that has just started.

    Raises:
        MountedLifespanError: One has failed.
    """
    for path, mount, app, child in _mounted(router):
        lifespan = child.lifespan_context
        if not getattr(lifespan, "is_running", False):
            try:
                state = await stack.enter_async_context(_Mounted(lifespan(app), path))
            except MountedLifespanError as exc:
                if not _runs_already(exc.__cause__):
                    raise
                continue
            child.lifespan_state = dict(state or {})
            stack.callback(setattr, child, "lifespan_state", {})
            if child.mounted_lifespans:
                await enter_mounted(stack, child)
        mount.lifespan_state = child.lifespan_state
        stack.callback(setattr, mount, "lifespan_state", {})


def _runs_already(cause: Optional[BaseException]) -> bool:
    # The session manager of the MCP SDK, which programs run in the lifespan of the
    # application around, as its documentation has told them to.  It says so itself,
    # but not by a class of its own.
    return isinstance(cause, RuntimeError) and "can only be called once" in str(cause)


def _mounted(router: Router) -> List[Tuple[str, Mount, Any, Router]]:
    from starlette.routing import Host, Mount

    found: List[Tuple[str, Mount, Any, Router]] = []
    for route in cast("Iterable[BaseRoute]", router.routes):
        if isinstance(route, (Mount, Host)):
            # Not what the middleware of the mount has made of it, which may hide it.
            app, child = _application(getattr(route, "_base_app", route.app))
            if child is not None:
                place = route.path if isinstance(route, Mount) else route.host
                found.append((place, cast("Mount", route), app, child))
    return found


def _application(app: Any) -> Tuple[Any, Optional[Router]]:
    """Return the application behind any middleware around it, and its router.

    Middleware keeps what it wraps as ``app``, by convention; the first object on the
    way in that is or has a router is what was mounted.  A bare router has no
    application of its own.
    """
    from starlette.routing import Router

    seen = set()
    while app is not None and id(app) not in seen:
        seen.add(id(app))
        if isinstance(app, Router):
            return None, app
        router = getattr(app, "router", None)
        if isinstance(router, Router):
            return app, router
        app = getattr(app, "app", None)
    return None, None
