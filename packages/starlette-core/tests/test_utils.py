"""The small things that several modules need."""

from __future__ import annotations

import builtins
import functools
import sys
from importlib import import_module
from typing import Any, Tuple

import pytest

from starlette._utils import (
    AwaitableOrContextManagerWrapper,
    collapse_excgroups,
    get_route_path,
    is_async_callable,
)

# From the backport where Python has none.
BaseExceptionGroup: Any = (
    getattr(builtins, "BaseExceptionGroup", None)
    or import_module("exceptiongroup").BaseExceptionGroup
)

pytestmark = pytest.mark.anyio


async def coroutine_function(*args: Any) -> None: ...


def function(*args: Any) -> None: ...


def tagged(*args: Any) -> None: ...


tagged.note = "an attribute makes no coroutine function"  # type: ignore[attr-defined]


class AsyncCall:
    async def __call__(self) -> None: ...

    async def method(self) -> None: ...

    @classmethod
    async def class_method(cls) -> None: ...

    @staticmethod
    async def static_method() -> None: ...


class SyncCall:
    def __call__(self) -> None: ...


async def async_generator() -> Any:
    yield  # pragma: no cover (only looked at)


class PartialCall:
    """An object whose ``__call__`` is a method of another one."""

    def __init__(self) -> None:
        self.other = AsyncCall()

    @property
    def __call__(self) -> Any:
        return self.other.method


@pytest.mark.parametrize(
    "obj, is_async",
    [
        (coroutine_function, True),
        (functools.partial(coroutine_function, 1), True),
        (functools.partial(functools.partial(coroutine_function), 1), True),
        (AsyncCall(), True),
        (functools.partial(AsyncCall()), True),
        (AsyncCall().method, True),
        (AsyncCall.class_method, True),
        (AsyncCall.static_method, True),
        (PartialCall(), True),
        (function, False),
        (tagged, False),
        (functools.partial(function), False),
        (SyncCall(), False),
        (AsyncCall, False),
        (SyncCall, False),
        (async_generator, False),
        (print, False),
        (None, False),
        ("text", False),
    ],
)
def test_async_callables(obj: Any, is_async: bool) -> None:
    """
    What gives a coroutine when it is called is told by what it is made of.
    """
    assert is_async_callable(obj) is is_async


def test_marked_function() -> None:
    """
    A function may carry the mark of a coroutine function.
    """
    from unittest.mock import AsyncMock

    def marked() -> None: ...

    if sys.version_info >= (3, 12):  # pragma: no cover (before 3.12)
        import inspect

        inspect.markcoroutinefunction(marked)
    else:  # pragma: no cover (since 3.12)
        from asyncio import coroutines

        marked._is_coroutine = coroutines._is_coroutine  # type: ignore[attr-defined]

    assert is_async_callable(marked)
    assert is_async_callable(AsyncMock())


@pytest.mark.parametrize(
    "path, root_path, rest",
    [
        ("/x", "", "/x"),
        ("/api/x", "/api", "/x"),
        ("/api/", "/api", "/"),
        ("/api", "/api", ""),
        ("/apix", "/api", "/apix"),
        ("/x", "/api", "/x"),
        ("/api/x", "/api/", "/api/x"),
        ("", "", ""),
    ],
)
def test_route_path(path: str, root_path: str, rest: str) -> None:
    """
    Routes match what follows the root path, if the path starts with it.
    """
    assert get_route_path({"path": path, "root_path": root_path}) == rest


def test_route_path_without_a_root() -> None:
    """
    A server may leave the root path out.
    """
    assert get_route_path({"path": "/x"}) == "/x"


class Resource:
    def __init__(self) -> None:
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


async def opened() -> Resource:
    return Resource()


async def test_awaited() -> None:
    """
    Awaited, it gives the result, which stays open.
    """
    resource = await AwaitableOrContextManagerWrapper(opened())

    assert not resource.is_closed


async def test_as_context_manager() -> None:
    """
    In ``async with`` it gives the result, and closes it at the end.
    """
    async with AwaitableOrContextManagerWrapper(opened()) as resource:
        was_closed = resource.is_closed

    assert not was_closed
    assert resource.is_closed


async def test_closed_after_an_error() -> None:
    """
    An error within closes the result and goes on.
    """
    with pytest.raises(KeyError):
        async with AwaitableOrContextManagerWrapper(opened()) as resource:
            raise KeyError

    assert resource.is_closed


def nested(exc: BaseException, depth: int) -> BaseException:
    return BaseExceptionGroup("group", [nested(exc, depth - 1)]) if depth else exc


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_single_exception_in_groups(depth: int) -> None:
    """
    One exception alone comes out of its groups.
    """
    error = KeyError("x")
    with pytest.raises(KeyError) as caught, collapse_excgroups():
        raise nested(error, depth)

    assert caught.value is error


def test_several_exceptions_in_a_group() -> None:
    """
    Several are left together, out of any group that held nothing else.
    """
    members: Tuple[Exception, ...] = (KeyError(), ValueError())
    group = BaseExceptionGroup("two", members)
    with pytest.raises(BaseExceptionGroup) as caught, collapse_excgroups():
        raise nested(group, 1)

    assert caught.value is group


def test_no_exception() -> None:
    """
    Without an exception nothing happens.
    """
    with collapse_excgroups():
        done = True

    assert done
