"""Plain resolvers in worker threads: what ``threadpool=True`` means.

It is a field middleware.  Only functions that a program has written as resolvers go to
a thread; the default resolver, which looks into an object, stays where it is, and so
do coroutine functions.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from graphql import (
    MiddlewareManager,
    is_introspection_type,
)

from starlette._utils import is_async_callable
from starlette.concurrency import run_in_threadpool

__all__ = ("in_thread", "middleware_of")


def in_thread(resolve: Callable[..., Any], source: Any, info: Any, **args: Any) -> Any:
    """Call *resolve* in a worker thread, if it is a plain function of a program."""
    field = info.parent_type.fields.get(info.field_name)
    # No field has the name __typename, and the types of introspection are ours.
    own = field and not is_introspection_type(info.parent_type) and field.resolve
    if not own or is_async_callable(own):
        return resolve(source, info, **args)
    return _in_thread(resolve, source, info, args)


async def _in_thread(resolve: Any, source: Any, info: Any, args: Any) -> Any:
    # Packed up: a plain function may return an awaitable all the same, and trio lets
    # none out of a thread.
    (result,) = await run_in_threadpool(lambda: (resolve(source, info, **args),))
    return await result if hasattr(result, "__await__") else result


def middleware_of(given: Any, threadpool: bool) -> Optional[MiddlewareManager]:
    """Return the manager for *given*, the first of which is next to the resolvers.

    Args:
        given: A manager, a list or tuple of functions or objects, or None.
        threadpool: Whether ``in_thread`` comes before all of them.

    Raises:
        TypeError: *given* is something else.
    """
    if isinstance(given, MiddlewareManager):
        if not threadpool:
            return given
        given = given.middlewares
    if not isinstance(given or (), (list, tuple)):
        raise TypeError(
            f"`middleware` must be a list or a MiddlewareManager, but got {given!r}"
        )
    functions = [*([in_thread] if threadpool else []), *(given or ())]
    return MiddlewareManager(*functions) if functions else None
