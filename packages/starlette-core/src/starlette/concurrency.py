"""What depends on the event loop: threads, and awaiting one thing until another.

No other module of the core knows which loop runs.  On asyncio the standard library
is enough; where anyio is installed, its default thread limiter says how many
threads work at once.  On trio anyio is needed (``pip install starlette-core[trio]``).

The work is done beside this module: threads in ``_threads.py`` and
``_thread_iterator.py``, cancellation in ``_until.py``.
"""

from __future__ import annotations

from functools import partial
from typing import (
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Dict,
    Iterable,
    Tuple,
    TypeVar,
)

from starlette._compat import ParamSpec
from starlette._deprecations import warn_deprecated
from starlette._until import (
    disconnect,
    receive_nowait,
    run_until,
    run_until_first_returns,
)
from starlette.types import Receive

__all__ = (
    "iterate_in_threadpool",
    "receive_nowait",
    "run_in_threadpool",
    "run_until",
    "run_until_disconnected",
    "run_until_first_complete",
)

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_threadpool(
    func: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call *func* in a worker thread and return what it returns.

    It sees a copy of the caller's context variables; what it sets stays in the
    copy.  It may have to wait for a thread: 40 calls run at once, unless anyio's
    default limiter was resized.

    A call that has begun is always run to its end.  Cancelled through a scope of
    anyio the caller waits for that end; cancelled through ``asyncio.Task.cancel``
    it does not.

    Args:
        func: The callable.
        *args: Positional arguments for *func*.
        **kwargs: Keyword arguments for *func*; none can be called ``func``.

    Raises:
        RuntimeError: If *func* raises ``StopIteration``, which no coroutine can.
            On trio, if anyio is not installed.
        BaseException: Whatever else *func* raises, unchanged.
    """
    # Imported here: a program without synchronous endpoints starts no thread.
    from starlette._threads import call

    return await call(partial(func, *args, **kwargs) if args or kwargs else func)


def iterate_in_threadpool(iterator: Iterable[T]) -> AsyncIterator[T]:
    """Iterate over a plain iterable in worker threads.

    Items are read ahead, up to 128 of them or 256 KiB of bytes or text, so that a
    fast iterator costs few trips to a thread.  An item of a slow one is delivered
    as soon as it is there.

    Who stops before the end should call ``aclose()`` on the result: it waits for
    the thread and closes the iterator, in a thread, if it has a ``close`` method.

    Args:
        iterator: Any iterable.  It is never touched on the event loop.

    Raises:
        BaseException: Whatever the iterator raises, after the items before it.
    """
    from starlette._thread_iterator import ThreadIterator

    return ThreadIterator(iterator)


async def run_until_disconnected(work: Awaitable[Any], receive: Receive) -> bool:
    """Await *work*, cancelled as soon as the client disconnects.

    *work* runs in the caller's task.  *receive* is awaited in another one, from
    the moment *work* has to wait for something; messages other than the disconnect
    are dropped.

    Args:
        work: A coroutine that has not been started.
        receive: The ``receive`` of the connection.

    Returns:
        ``True`` if *work* came to its end, ``False`` if it was cut short.

    Raises:
        BaseException: What *work* raises, unchanged; or what *receive* raises
            while *work* is not done.
    """
    return await run_until(work, partial(disconnect, receive))


async def run_until_first_complete(
    *args: Tuple[Callable[..., Coroutine[Any, Any, Any]], Dict[str, Any]],
) -> None:
    """Call coroutine functions at the same time, until the first one returns.

    Deprecated: a task group of anyio or asyncio does this, and more clearly.

    Args:
        *args: Pairs of a function and its keyword arguments.
    """
    warn_deprecated(
        "run_until_first_complete is deprecated "
        "and will be removed in a future version.",
    )
    await run_until_first_returns(args)
