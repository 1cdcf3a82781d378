"""Calls in worker threads, on whichever event loop runs.

On asyncio the threads are our own (``_worker_threads.py``), and those of anyio in
two cases: on trio, and where anyio is of a version whose ``from_thread`` cannot be
told about our threads, so that it would not work in them.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache, partial
from typing import Any, Callable, ContextManager, Optional, TypeVar

from starlette._event_loop import (
    asyncio_task,
    find_anyio,
    outlast_scopes,
    require_anyio,
)
from starlette._thread_limit import thread_limit
from starlette._worker_threads import Claim, Job

__all__ = ("begin", "call", "call_apart", "settle")

T = TypeVar("T")


async def call(func: Callable[[], T]) -> T:
    """Call *func* in a worker thread; see ``run_in_threadpool``."""
    job = await begin(func)
    if job is None:
        result: T = await require_anyio().to_thread.run_sync(func)
        return result
    await settle(job)
    return job.outcome()


async def call_apart(func: Callable[[], T]) -> T:
    """Call *func*, which must not use ``anyio.from_thread``, in a worker thread.

    What it is for is our own code, which has no use for it: a quarter of the cost of
    a trip is to make it work there.
    """
    task = asyncio_task()
    if task is None:
        result: T = await require_anyio().to_thread.run_sync(func)
        return result
    loop = task.get_loop()
    # A task that is cancelled keeps the error, and with it this frame: were the task
    # in it, all that this has opened would stay open until the next collection.
    del task
    job = await _send(loop, func)
    await settle(job)
    return job.outcome()


async def begin(
    func: Callable[[], T], on_done: Optional[Callable[[], None]] = None
) -> Optional[Job[T]]:
    """Send *func* to a thread of ours, or return ``None`` where we have none."""
    task = asyncio_task()
    if task is None:
        return None
    anyio = find_anyio()
    loop = task.get_loop()
    claim: Optional[Claim] = None
    if anyio is not None:
        hooks = _anyio_hooks()
        if hooks is None:
            return None
        scope = hooks.scope_of(task)
        if scope is not None:
            # The call must not be made if it is known to be in vain.
            await anyio.lowlevel.checkpoint_if_cancelled()
        claim = partial(hooks.claim, loop, scope)
    return await _send(loop, func, claim, on_done)


async def _send(
    loop: asyncio.AbstractEventLoop,
    func: Callable[[], T],
    claim: Optional[Claim] = None,
    on_done: Optional[Callable[[], None]] = None,
) -> Job[T]:
    limit = thread_limit(loop)
    job = Job(loop, limit, func, claim, on_done)
    if not limit.try_acquire(job):
        await limit.acquire(job)
    try:
        job.start()
    except BaseException:  # there can be no more threads
        limit.release(job)
        raise
    return job


async def settle(job: Job[Any]) -> None:
    """Wait for the end of *job*.

    Cancelled through a scope of anyio it goes on waiting, as
    ``anyio.to_thread.run_sync`` does, and returns.  ``Task.cancel()`` ends the wait,
    not the call.
    """
    await outlast_scopes(job.wait)


class _AnyioHooks:
    """What anyio does to its own worker threads, for ours."""

    def __init__(self) -> None:
        # Not public, and so only used where all of it is found: there is no other
        # way to have anyio.from_thread in a thread that anyio has not started.
        from anyio._backends._asyncio import AsyncIOBackend, _task_states
        from anyio._core._eventloop import claim_worker_thread, threadlocals

        self._backend = AsyncIOBackend
        self._states = _task_states
        self._enter = claim_worker_thread
        self._locals = threadlocals

    def scope_of(self, task: asyncio.Task[Any]) -> Any:
        """Return the cancel scope that *task* is in, if any."""
        state = self._states.get(task)
        return None if state is None else state.cancel_scope

    def claim(self, loop: asyncio.AbstractEventLoop, scope: Any) -> _Claim:
        """Return what makes a thread one that works for *loop*, inside *scope*."""
        if scope is None:
            scope = self._backend.create_cancel_scope()
        return _Claim(self._enter(self._backend, loop), self._locals, scope)


class _Claim:
    __slots__ = ("_locals", "_scope", "_thread")

    def __init__(self, thread: ContextManager[Any], local: Any, scope: Any) -> None:
        self._thread = thread
        self._locals = local
        self._scope = scope

    def __enter__(self) -> None:
        self._thread.__enter__()
        self._locals.current_cancel_scope = self._scope

    def __exit__(self, *error: Any) -> None:
        del self._locals.current_cancel_scope
        self._thread.__exit__(None, None, None)


@lru_cache(maxsize=1)
def _anyio_hooks() -> Optional[_AnyioHooks]:
    try:
        return _AnyioHooks()
    except ImportError:
        return None
