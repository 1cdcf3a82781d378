"""Worker threads and the event loop, whichever one is running."""

from __future__ import annotations

from typing import Any, AsyncIterator, Callable, Iterable, TypeVar

from starlette._compat import ParamSpec

__all__ = (
    "iterate_in_threadpool",
    "run_in_threadpool",
    "run_until_first_complete",
)

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_threadpool(
    func: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call *func* in a worker thread and return what it returns."""
    import functools

    import anyio.to_thread

    return await anyio.to_thread.run_sync(functools.partial(func, *args, **kwargs))


async def iterate_in_threadpool(iterator: Iterable[T]) -> AsyncIterator[T]:
    """Iterate in worker threads."""
    it = iter(iterator)
    end = object()
    while True:
        item: Any = await run_in_threadpool(next, it, end)
        if item is end:
            return
        yield item


async def run_until_first_complete(*args: Any) -> None:
    """Run the functions at once, until the first returns."""
    import anyio

    async with anyio.create_task_group() as group:

        async def run(func: Any, kwargs: Any) -> None:
            await func(**kwargs)
            group.cancel_scope.cancel()

        for func, kwargs in args:
            group.start_soon(run, func, kwargs)
