"""Awaiting something until something else happens, in one and the same task.

The work is never handed to another task: its context variables, its cancel scopes
and its place in tracebacks stay those of the caller.  What is watched for is
awaited in a child task, and only from the moment at which the work has to wait
for something itself: work that runs straight through costs no task at all.
"""

from __future__ import annotations

import sys
import types
from functools import partial
from typing import (
    TYPE_CHECKING,
    Any,
    Awaitable,
    Callable,
    Dict,
    Generator,
    Optional,
    Sequence,
    Tuple,
)

from starlette._compat import cancellations, uncancel
from starlette._event_loop import (
    asyncio_task,
    find_anyio,
    outlast_scopes,
    require_anyio,
    resolve,
)
from starlette._utils import collapse_excgroups
from starlette.types import Message, Receive

if TYPE_CHECKING:
    import asyncio

__all__ = (
    "disconnect",
    "open_scope",
    "receive_nowait",
    "run_until",
    "run_until_first_returns",
)

Watch = Callable[[], Awaitable[Any]]


async def run_until(work: Awaitable[Any], watch: Watch) -> bool:
    """Await *work*, cancelled as soon as *watch* returns.

    Returns:
        ``True`` if *work* came to its end, ``False`` if it was cut short.

    Raises:
        BaseException: What *work* raises, unchanged; or *watch*, while it ran.
    """
    task = asyncio_task()
    if task is None:
        return await _run_until_on_trio(work, watch)
    steps = work.__await__()
    watcher: Optional[_Watcher] = None
    is_complete = False
    try:
        # Opened before the work begins: scopes that the work opens nest in it.
        with _cancel_scope(task) as scope:
            try:
                waits_for = next(steps)
            except StopIteration:
                return True
            watcher = _Watcher(task.get_loop(), watch, scope.cancel)
            try:
                await _go_on(steps, waits_for)
                is_complete = True
            finally:
                watcher.stop()
    finally:
        # Outside of the scope, where this wait is not cancelled with the work.
        if watcher is not None:  # pragma: no branch (None is about to return)
            await watcher.wait()
    # Not scope.cancelled_caught, which only came with anyio 4.
    if is_complete:
        return True
    if watcher.error is not None:
        raise watcher.error
    return False


class _Watcher:
    """A child task that awaits *watch* and then calls *cancel*."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, watch: Watch, cancel: Callable[[], Any]
    ) -> None:
        self.error: Optional[BaseException] = None
        self._loop = loop
        self._cancel = cancel
        self._task = loop.create_task(self._run(watch))

    async def _run(self, watch: Watch) -> None:
        try:
            await watch()
        except Exception as error:
            self.error = error
        self._cancel()

    def stop(self) -> None:
        """End the task, without effect from now on."""
        self._cancel = _nothing
        self._task.cancel()

    async def wait(self) -> None:
        """Wait until the task has ended."""
        if not self._task.done():
            # Or what the work has raised meanwhile would be lost.
            await outlast_scopes(self._wait)

    async def _wait(self) -> None:
        # Awaiting the task itself, a cancellation of ours and one of the task
        # would look the same.
        ended = self._loop.create_future()
        self._task.add_done_callback(partial(resolve, ended))
        await ended


def _nothing() -> None:
    pass


async def _run_until_on_trio(work: Awaitable[Any], watch: Watch) -> bool:
    anyio = require_anyio()
    is_done = False
    with collapse_excgroups():
        async with anyio.create_task_group() as group:

            async def watching() -> None:
                await watch()
                group.cancel_scope.cancel()

            group.start_soon(watching)
            await work
            is_done = True
            group.cancel_scope.cancel()
    return is_done


async def receive_nowait(receive: Receive) -> Optional[Message]:
    """Return the next message if *receive* has it ready, without waiting for it.

    A *receive* that has to wait is cancelled at that point, so it must not lose
    messages when it is cancelled; those of servers do not.
    """
    steps = receive().__await__()
    with open_scope() as scope:
        try:
            waits_for = next(steps)
        except StopIteration as stop:
            message: Message = stop.value
            return message
        scope.cancel()
        late: Message = await _go_on(steps, waits_for)
        return late
    return None


async def disconnect(receive: Receive) -> None:
    """Receive until the client has gone; drop what comes before."""
    while True:
        message = await receive()
        if message["type"] in ("http.disconnect", "websocket.disconnect"):
            return


@types.coroutine
def _go_on(steps: Generator[Any, Any, Any], waits_for: Any) -> Generator[Any, Any, Any]:
    """Await the rest of what has been started by hand and now waits."""
    while True:
        try:
            sent = yield waits_for
        except BaseException as error:
            # An iterator need not have more than a __next__; granian's have not.
            if not hasattr(steps, "throw"):
                raise
            resume = partial(steps.throw, error)
        else:
            if sent is None:
                # All that asyncio ever sends; from here on at the speed of C.
                return (yield from steps)
            resume = partial(steps.send, sent)
        try:
            waits_for = resume()
        except StopIteration as stop:
            return stop.value


def open_scope() -> Any:
    """Return a cancel scope for code of the task that runs, a context manager.

    Its ``cancel()`` may be called from another task of the same event loop.
    """
    task = asyncio_task()
    return require_anyio().CancelScope() if task is None else _cancel_scope(task)


def _cancel_scope(task: asyncio.Task[Any]) -> Any:
    # The scopes of anyio respect shields and leave no trace, but cost some
    # microseconds; where nobody has imported anyio, nobody has shields.
    anyio = sys.modules.get("anyio")
    return TaskScope(task) if anyio is None else anyio.CancelScope()


class TaskScope:
    """What ``anyio.CancelScope`` is, as far as it is needed, in terms of asyncio.

    Cancelled together with its task by somebody else, it lets that cancellation
    through.  (Before Python 3.11 the two cannot be told apart.)
    """

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self.cancelled_caught = False
        self._task = task
        self._is_cancelled = False
        self._before = cancellations(task)

    def __enter__(self) -> TaskScope:
        return self

    def cancel(self) -> None:
        """Cancel the code within, once."""
        if not self._is_cancelled:
            self._is_cancelled = True
            self._task.cancel()

    def __exit__(self, kind: Any, error: Optional[BaseException], trace: Any) -> bool:
        if self._is_cancelled:
            from asyncio import CancelledError

            left = uncancel(self._task)
            self.cancelled_caught = (
                isinstance(error, CancelledError) and left <= self._before
            )
        return self.cancelled_caught


async def run_until_first_returns(calls: Sequence[Tuple[Any, Dict[str, Any]]]) -> None:
    """See ``starlette.concurrency.run_until_first_complete``."""
    if not calls:
        return
    if find_anyio() is None and asyncio_task() is not None:
        await _first_of_tasks([func(**kwargs) for func, kwargs in calls])
        return
    async with require_anyio().create_task_group() as group:

        async def run(func: Any, kwargs: Dict[str, Any]) -> None:
            await func(**kwargs)
            group.cancel_scope.cancel()

        for func, kwargs in calls:
            group.start_soon(run, func, kwargs)


async def _first_of_tasks(coroutines: Sequence[Any]) -> None:
    import asyncio

    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()
