"""Awaiting several things at once, on asyncio and on trio.

asyncio is served with the standard library, trio through anyio.
"""

from __future__ import annotations

from inspect import CORO_CREATED, getcoroutinestate, iscoroutine
from typing import Any, Awaitable, List, Sequence, Set

from graphql.pyutils import is_awaitable

from starlette._event_loop import asyncio_task, require_anyio

__all__ = ("discard", "gather", "track")

_tracked: Set[Any] = set()


async def gather(awaitables: Sequence[Awaitable[Any]]) -> List[Any]:
    """Await all of *awaitables* at the same time.

    When one fails the others are cancelled; so they are with the caller.  None of
    them is still running afterwards.

    Raises:
        Exception: What the first one to fail raised.
    """
    if asyncio_task() is None:
        return await _gather_with_anyio(awaitables)
    import asyncio

    futures = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    together = asyncio.gather(*futures)
    try:
        return await together
    except BaseException as error:
        _cancel(futures)
        # Whoever runs this by hand, as BaseHTTPMiddleware does, throws a cancellation
        # in here, and then nobody looks at what comes of the future.
        together.add_done_callback(_seen)
        # Who closes this coroutine instead of cancelling it cannot be made to wait.
        if not isinstance(error, GeneratorExit):
            together = asyncio.gather(*futures, return_exceptions=True)
            together.add_done_callback(_seen)
            await together
        raise
    finally:
        # A future knows its error, which through its traceback knows this frame.
        del futures, together


def _cancel(futures: Sequence[Any]) -> None:
    for future in futures:
        future.cancel()


async def _gather_with_anyio(awaitables: Sequence[Awaitable[Any]]) -> List[Any]:
    results: List[Any] = [None] * len(awaitables)
    failures: List[Exception] = []

    async def fill(index: int, awaitable: Awaitable[Any]) -> None:
        try:
            results[index] = await awaitable
        except Exception as error:
            # Noted, not raised: it would come out of the group within another.
            failures.append(error)
            group.cancel_scope.cancel()

    async with require_anyio().create_task_group() as group:
        for index, awaitable in enumerate(awaitables):
            group.start_soon(fill, index, awaitable)
    try:
        if failures:
            raise failures[0]
    finally:
        # The same as above.
        failures.clear()
    return results


def track(values: Sequence[Any]) -> None:
    """See to it that what is awaitable among *values* comes to its end.

    On asyncio it runs in the background, its errors unseen.  Elsewhere nothing can
    run without a parent: what was not begun is closed.
    """
    in_asyncio = asyncio_task() is not None
    for value in values:
        if is_awaitable(value):
            if in_asyncio:
                import asyncio

                future = asyncio.ensure_future(value)
                _tracked.add(future)
                future.add_done_callback(_tracked.discard)
                future.add_done_callback(_seen)
            else:
                discard(value)


def discard(awaitable: Any) -> None:
    """Dispose of an awaitable that nobody will await.

    A coroutine that was not begun is closed.  A future belongs to whoever made it,
    so it goes on; but if it fails, no one is told that nobody looked.
    """
    if iscoroutine(awaitable):
        if getcoroutinestate(awaitable) == CORO_CREATED:
            awaitable.close()
    elif hasattr(awaitable, "add_done_callback"):
        awaitable.add_done_callback(_seen)


def _seen(future: Any) -> None:
    if not future.cancelled():
        future.exception()
