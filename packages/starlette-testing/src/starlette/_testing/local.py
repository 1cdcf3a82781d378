"""Jobs on the event loop of the caller, for ``async`` tests.

A job is a task of its own, beside the task of the test, with nothing nested in
each other: a client may be opened by a fixture and closed by another task.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import Any, Awaitable, Callable, Optional, Set

import anyio

from starlette._testing.defaults import CANCEL_TIMEOUT
from starlette._testing.jobs import Job
from starlette._testing.signals import Signal
from starlette._testing.where import in_trio

__all__ = ("LocalRunner",)


class LocalRunner:
    """Runs jobs on the event loop that runs in this thread.

    Attributes:
        parked: How many tasks wait for the client side.
    """

    def __init__(self) -> None:
        self.parked: int = 0
        self._changed = Signal()
        self._tasks: Set[Any] = set()

    def spawn(self, func: Callable[..., Awaitable[Any]], *args: Any) -> Job:
        """Start a job in a task of its own."""
        job = Job(self.wake)
        if in_trio():
            import trio

            # A nursery would have to be left in the task that entered it.  The
            # job keeps its errors to itself, as a system task must.
            trio.lowlevel.spawn_system_task(
                job.run, func, *args, context=copy_context()
            )
        else:
            task = asyncio.get_running_loop().create_task(job.run(func, *args))
            # The event loop refers to its tasks weakly.
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return job

    def wake(self) -> None:
        """Let the waiting tasks look again."""
        self._changed.notify()

    async def wait(self, is_ready: Callable[[], Any], timeout: Optional[float]) -> bool:
        """Wait; return whether it became ready in time."""
        with anyio.move_on_after(timeout):
            while not is_ready():
                await self._changed.wait()
        return bool(is_ready())

    async def stop(self, job: Job) -> None:
        """Cancel a job and wait for its end, even if the caller is cancelled."""
        if not job.is_done:
            job.cancel()
            with anyio.CancelScope(shield=True):
                await self.wait(job.has_ended, CANCEL_TIMEOUT)
