"""Tasks beside the task of a connection, on asyncio and trio.

A connection that stays open does several things at once: it listens, it sends signs
of life, it runs operations.  ``Tasks`` holds what runs beside its host, and does not
let go of the host before all of it has ended.  On asyncio that takes the standard
library alone; on trio, anyio.

A ``Job`` is stopped by one cancellation, as tasks of asyncio are, so that what a
``finally`` awaits is awaited; the scopes of anyio would interrupt it again and again.
On trio every scope works like that, and who must clean up says so with a shield.
"""

from __future__ import annotations

from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Awaitable,
    Callable,
    ContextManager,
    Optional,
    Protocol,
    Set,
    Type,
)

from starlette._event_loop import asyncio_task, require_anyio
from starlette._until import TaskScope

if TYPE_CHECKING:
    import asyncio

__all__ = ("TURN", "Job", "Tasks", "make_event", "make_lock", "open_tasks", "sleep")

# After how many results in a row the others get their turn: a source that never waits
# and a server that never makes it wait would keep the event loop to themselves, and
# with it the news that the client has gone.  One turn costs what a result does.
TURN = 16


class Job:
    """Work that can be stopped, even before it has begun.

    Attributes:
        is_stopped: Whether ``stop`` was called.
    """

    __slots__ = ("_scope", "is_stopped")

    def __init__(self) -> None:
        self._scope: Any = None
        self.is_stopped = False

    def stop(self) -> None:
        """Cancel the work, or keep it from beginning.

        Call it from another task than the one that does the work.
        """
        self.is_stopped = True
        if self._scope is not None:
            self._scope.cancel()

    async def run(self, func: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Await ``func(*args)`` in this task, until it ends or is stopped.

        Raises:
            BaseException: What *func* raises, but for the cancellation by ``stop``.
        """
        if self.is_stopped:
            return
        try:
            with _cancel_scope() as self._scope:
                await func(*args)
        finally:
            # Cancelled after this, it would cancel what comes next in the task.
            self._scope = None


class Tasks(Protocol):
    """The tasks that run beside the one that holds this, within ``async with``.

    The end of the block waits for them.  If the block raises, is cancelled, or one
    of the tasks raises, all of them are cancelled first.
    """

    def start(self, func: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Run ``func(*args)`` in a task of its own."""

    async def __aenter__(self) -> Tasks:
        """Begin the block."""
        ...

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> Optional[bool]:
        """End the block."""


class AsyncioTasks(Tasks):
    """``Tasks`` of the standard library; that has a task group since 3.11 only."""

    def __init__(self, host: asyncio.Task[Any]) -> None:
        self._loop = host.get_loop()
        self._scope = TaskScope(host)
        self._running: Set[asyncio.Task[Any]] = set()
        self._error: Optional[BaseException] = None
        self._is_cancelled = False
        self._is_ending = False

    def start(self, func: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Run ``func(*args)`` in a task of its own."""
        task = self._loop.create_task(_awaited(func, args))
        self._running.add(task)
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and self._error is None:
            self._error = error
            self._cancel()
            if not self._is_ending:
                self._scope.cancel()

    def _cancel(self) -> None:
        # Once: a scope of anyio around the host cancels that over and over, and
        # what the tasks clean up shall not be interrupted as often.
        if not self._is_cancelled:
            self._is_cancelled = True
            for task in self._running:
                task.cancel()

    async def __aenter__(self) -> Tasks:
        self._scope.__enter__()
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> Optional[bool]:
        from asyncio import CancelledError, wait

        self._is_ending = True
        is_ours = self._scope.__exit__(kind, error, trace)
        if error is not None:
            self._cancel()
        cancelled: Optional[BaseException] = None
        while self._running:
            try:
                await wait(self._running)
            except CancelledError as again:
                cancelled = again
                self._cancel()
        if self._error is not None:
            raise self._error
        if cancelled is not None:
            raise cancelled
        return is_ours


class TrioTasks(Tasks):
    """``Tasks`` of a task group of anyio."""

    def __init__(self) -> None:
        self._group: Any = require_anyio().create_task_group()
        self._error: Optional[BaseException] = None

    def start(self, func: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Run ``func(*args)`` in a task of its own."""
        self._group.start_soon(self._run, func, args)

    async def _run(self, func: Callable[..., Awaitable[Any]], args: Any) -> None:
        try:
            await func(*args)
        except Exception as error:
            # Kept here: the group would wrap it in an ExceptionGroup.
            if self._error is None:
                self._error = error
            self._group.cancel_scope.cancel()

    async def __aenter__(self) -> Tasks:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> Optional[bool]:
        if isinstance(error, Exception):
            # Handed to the group, it would come back in an ExceptionGroup.
            self._group.cancel_scope.cancel()
            await self._group.__aexit__(None, None, None)
            return False
        is_ours: Optional[bool] = await self._group.__aexit__(kind, error, trace)
        if self._error is not None:
            raise self._error
        return is_ours


def open_tasks() -> Tasks:
    """Return ``Tasks`` for the task that runs."""
    host = asyncio_task()
    return TrioTasks() if host is None else AsyncioTasks(host)


def _cancel_scope() -> ContextManager[Any]:
    task = asyncio_task()
    scope: ContextManager[Any]
    scope = require_anyio().CancelScope() if task is None else TaskScope(task)
    return scope


async def _awaited(func: Callable[..., Awaitable[Any]], args: Any) -> Any:
    return await func(*args)


def make_lock() -> Any:
    """Return a lock that tasks get in the order in which they asked."""
    if asyncio_task() is None:
        return require_anyio().Lock()
    import asyncio

    return asyncio.Lock()


def make_event() -> Any:
    """Return an event, to be set once: ``set()`` and ``await wait()``."""
    if asyncio_task() is None:
        return require_anyio().Event()
    import asyncio

    return asyncio.Event()


async def sleep(seconds: float) -> None:
    """Sleep."""
    if asyncio_task() is None:
        await require_anyio().sleep(seconds)
        return
    import asyncio

    await asyncio.sleep(seconds)
