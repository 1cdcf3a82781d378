"""An event loop in a thread of its own, reached through an anyio portal.

For what cannot be driven from the calling thread: trio, an event loop that is
already running there, or an application that works in the background.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import contextvars
import threading
from typing import Any, Awaitable, Callable, Dict, List, Optional, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from starlette._testing.jobs import Job
from starlette._testing.where import in_trio, waits_for_itself

__all__ = ("PortalRunner", "apart")

T = TypeVar("T")


class PortalRunner:
    """Runs jobs on the event loop of a portal; any thread may wait for them.

    Attributes:
        parked: How many tasks wait for the client side.
    """

    def __init__(self, portal: BlockingPortal, thread_id: Optional[int] = None) -> None:
        self.parked: int = 0
        self._portal = portal
        self._thread_id = thread_id or apart(portal.call, threading.get_ident)
        self._changed = threading.Condition()
        self._jobs: List[Job] = []
        self._stack = contextlib.ExitStack()

    @classmethod
    def start(cls, backend: str, options: Dict[str, Any]) -> PortalRunner:
        """Start an event loop in a new thread."""
        stack = contextlib.ExitStack()
        runner = cls(
            apart(stack.enter_context, start_blocking_portal(backend, options))
        )
        runner._stack = stack
        return runner

    @property
    def portal(self) -> BlockingPortal:
        """The portal, for whoever wants to call into the event loop."""
        return self._portal

    def spawn(self, func: Callable[..., Awaitable[Any]], *args: Any) -> Job:
        """Start a job in a task of its own."""
        job = Job(self.wake)
        self.adopt(job, func, *args)
        return job

    def adopt(self, job: Job, func: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Start a job that is made already."""
        self._check_thread()
        # Locked: of two threads, each would lose what the other adds.
        with self._changed:
            self._jobs = [each for each in self._jobs if not each.is_done]
            self._jobs.append(job)
        apart(self._portal.start_task_soon, job.run, func, *args)

    def post(self, func: Callable[[], Any]) -> None:
        """Call *func* on the event loop, before anything that is spawned later."""
        self._check_thread()
        apart(self._portal.call, func)

    def wait(self, is_ready: Callable[[], Any], timeout: Optional[float]) -> bool:
        """Block the calling thread; return whether it became ready in time."""
        with self._changed:
            return bool(self._changed.wait_for(is_ready, timeout))

    def wake(self) -> None:
        """Let the waiting threads look again."""
        with self._changed:
            self._changed.notify_all()

    def settle(self) -> None:
        """Do nothing: the event loop runs by itself."""

    def _check_thread(self) -> None:
        if threading.get_ident() == self._thread_id:
            raise waits_for_itself()

    def close(self) -> List[str]:
        """End the event loop; return what was still running."""
        self.cancel_jobs()
        apart(self._stack.close)
        return []

    def cancel_jobs(self) -> None:
        """Cancel what is still running; the portal would wait for it."""
        for job in self._jobs:
            if not job.is_done:
                self.post(job.cancel)


def apart(func: Callable[..., T], *args: Any) -> T:
    """Call *func*, in another thread if trio runs in this one.

    A portal of trio refuses to be used in a thread of trio, whichever event
    loop it belongs to.
    """
    if not in_trio():
        return func(*args)
    result: concurrent.futures.Future[T] = concurrent.futures.Future()

    def call() -> None:
        try:
            result.set_result(func(*args))
        except BaseException as exc:
            result.set_exception(exc)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(call,))
    thread.start()
    thread.join()
    return result.result()
