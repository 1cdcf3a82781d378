"""Small things that several modules need and that belong to none of them."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from types import FunctionType, MethodType
from typing import (
    Any,
    AsyncContextManager,
    Awaitable,
    Generator,
    Generic,
    Iterator,
    Protocol,
    TypeVar,
)

from starlette._compat import grouped_exceptions, is_marked_coroutine_function
from starlette.types import Scope

__all__ = (
    "AwaitableOrContextManager",
    "AwaitableOrContextManagerWrapper",
    "collapse_excgroups",
    "get_route_path",
    "is_async_callable",
)

# inspect.CO_COROUTINE; a figure of the data model, and importing inspect costs
# more than the rest of this package.
CO_COROUTINE = 0x80


def is_async_callable(obj: Any) -> bool:
    """Tell whether calling *obj* gives a coroutine.

    Sees through ``functools.partial`` and bound methods, and looks at
    ``__call__`` of other objects.  Functions that were marked as coroutine
    functions (``inspect.markcoroutinefunction``, ``AsyncMock``) count.
    """
    function = obj.__func__ if type(obj) is MethodType else obj
    if type(function) is FunctionType and function.__code__.co_flags & CO_COROUTINE:
        return True  # most of them, at a third of the price
    while isinstance(obj, partial):
        obj = obj.func
    if isinstance(obj, (FunctionType, MethodType)):
        return _is_coroutine_function(obj)
    if isinstance(obj, type) or not callable(obj):
        return False
    return is_marked_coroutine_function(obj) or _is_coroutine_function(obj.__call__)


def _is_coroutine_function(obj: Any) -> bool:
    if isinstance(obj, MethodType):
        obj = obj.__func__
    if isinstance(obj, FunctionType):
        if obj.__code__.co_flags & CO_COROUTINE:
            return True
        if not obj.__dict__:
            return False
    return is_marked_coroutine_function(obj)


def get_route_path(scope: Scope) -> str:
    """Return the part of the path that routes match: what follows ``root_path``.

    A ``root_path`` that the path does not start with, segment by segment, is
    left out of account: some servers put it in ``path`` and others do not.
    """
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "")
    if not root_path or not path.startswith(root_path):
        return path
    rest = path[len(root_path) :]
    return rest if not rest or rest[0] == "/" else path


class SupportsClose(Protocol):
    async def close(self) -> None: ...


T_co = TypeVar("T_co", covariant=True)
CloseableT = TypeVar("CloseableT", bound=SupportsClose)


class AwaitableOrContextManager(
    Awaitable[T_co], AsyncContextManager[T_co], Protocol[T_co]
):
    """Something that can be awaited, and used in ``async with`` just as well."""


class AwaitableOrContextManagerWrapper(Generic[CloseableT]):
    """Gives an awaitable a second face: ``async with`` closes its result.

    Args:
        aw: Awaited once, in either use.
    """

    __slots__ = ("aw", "entered")

    def __init__(self, aw: Awaitable[CloseableT]) -> None:
        self.aw = aw

    def __await__(self) -> Generator[Any, None, CloseableT]:
        return self.aw.__await__()

    async def __aenter__(self) -> CloseableT:
        result = self.entered = await self.aw
        return result

    async def __aexit__(self, *args: Any) -> None:
        await self.entered.close()


@contextmanager
def collapse_excgroups() -> Iterator[None]:
    """Raise what a task group holds, if it holds one exception alone.

    Task groups wrap even a single error in a group, which no ``except`` clause
    of an application expects.
    """
    try:
        yield
    except BaseException as exc:
        inner, members = exc, grouped_exceptions(exc)
        while len(members) == 1:
            inner = members[0]
            members = grouped_exceptions(inner)
        if inner is exc:
            raise
        raise inner from inner.__cause__
