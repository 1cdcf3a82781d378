"""Worker threads for asyncio: a call goes out, its outcome comes back to the loop.

The threads are shared by all event loops of the process.  An idle one waits on
top of ``_idle`` for some seconds, then ends; how many work at once is not decided
here but by the limit of each loop, ``_thread_limit.py``.  A call that has begun is
run to its end, even when the interpreter exits.

``anyio.to_thread.run_sync`` does the same and more for two to three times the CPU
time: it goes round the event loop twice before a call leaves, and its queue is
written in Python.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
from collections import deque
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Callable, ContextManager, Deque, Generic, Optional, Set, TypeVar

from starlette._thread_limit import ThreadLimit

__all__ = ("Claim", "Job")

T = TypeVar("T")

# How long a thread waits for the next call, in seconds.
IDLE_TIME = 10.0

# What a worker thread has to enter for the time of a call.
Claim = Callable[[], ContextManager[Any]]


class Worker(Thread):
    """A thread that runs one job after the other."""

    def __init__(self) -> None:
        # A daemon, because an idle one must not hold up the end of the process;
        # _finish() waits for those that are busy.
        super().__init__(name="starlette worker thread", daemon=True)
        self.inbox: SimpleQueue[Optional[Job[Any]]] = SimpleQueue()

    def run(self) -> None:
        try:
            while self._serve():
                pass
        finally:
            _workers.discard(self)

    def _serve(self) -> bool:
        try:
            job = self.inbox.get(timeout=IDLE_TIME)
        except Empty:
            return not self._leave()  # or somebody has just taken it, for a job
        if job is None:
            self._leave()
            return False
        job.work(self)
        return True

    def _leave(self) -> bool:
        """Be idle no more, so that nobody hands over a job; tell whether it was."""
        try:
            _idle.remove(self)
        except ValueError:
            return False
        return True


# deque.append(), pop() and remove() are atomic: no lock is needed around them.
_idle: Deque[Worker] = deque()
_workers: Set[Worker] = set()


class Job(Generic[T]):
    """One call of *func* in a worker thread, in a copy of the caller's context.

    Args:
        loop: The event loop that wants it; it is running.
        limit: Must have been acquired for this job; released when it is done.
        func: Called without arguments.
        claim: Entered in the thread around the call.
        on_done: Called on the event loop after the call has ended.
    """

    __slots__ = (
        "_claim",
        "_context",
        "_error",
        "_func",
        "_limit",
        "_loop",
        "_on_done",
        "_result",
        "_waiter",
        "is_done",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limit: ThreadLimit,
        func: Callable[[], T],
        claim: Optional[Claim] = None,
        on_done: Optional[Callable[[], None]] = None,
    ) -> None:
        self._loop = loop
        self._limit = limit
        self._func: Optional[Callable[[], T]] = func
        self._claim = claim
        self._on_done = on_done
        self._context = _worker_context()
        self._waiter: Optional[asyncio.Future[None]] = None
        self.is_done = False
        self._result: Optional[T] = None
        self._error: Optional[BaseException] = None

    def start(self) -> None:
        """Hand the job to a thread."""
        try:
            worker = _idle.pop()
        except IndexError:
            worker = Worker()
            worker.start()
            # Not by the thread: it might come too late for _finish() to wait for it.
            _workers.add(worker)
        worker.inbox.put(self)

    async def wait(self) -> None:
        """Wait until the call has ended; being cancelled has no effect on it."""
        if not self.is_done:
            self._waiter = self._loop.create_future()
            await self._waiter

    def outcome(self) -> T:
        """Return what the call returned, or raise what it raised; once."""
        error, self._error = self._error, None
        if error is None:
            return self._result  # type: ignore[return-value]
        try:
            raise error
        finally:
            del error  # or its traceback would hold this frame, and it the error

    def work(self, worker: Worker) -> None:
        """Make the call, in the worker's thread."""
        func, self._func = self._func, None
        assert func is not None
        try:
            if self._claim is None:
                self._result = self._context.run(func)
            else:
                with self._claim():
                    self._result = self._context.run(func)
        except StopIteration as error:
            # No coroutine can raise one (PEP 479).
            self._error = RuntimeError("coroutine raised StopIteration")
            self._error.__cause__ = error
        except BaseException as error:
            self._error = error
        del func
        # First of all: the loop may ask for a thread as soon as it hears of it.
        _idle.append(worker)
        try:
            self._loop.call_soon_threadsafe(self._done)
        except RuntimeError:
            pass  # the loop is closed: there is nobody to tell

    def _done(self) -> None:
        self.is_done = True
        self._limit.release(self)
        if self._on_done is not None:
            self._on_done()
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


def _worker_context() -> Context:
    context = copy_context()
    # "asyncio" in here would be inherited, and no loop runs in the thread.
    sniffio = sys.modules.get("sniffio")
    if sniffio is not None:
        library = sniffio.current_async_library_cvar
        if context.get(library) is not None:
            context.run(library.set, None)
    return context


@atexit.register
def _finish() -> None:
    """Let the calls that have begun come to their end."""
    workers = list(_workers)
    for worker in workers:
        worker.inbox.put(None)
    for worker in workers:
        worker.join()


def _forget() -> None:
    """Forget the threads, in a forked process: they stayed behind."""
    _idle.clear()
    _workers.clear()


if hasattr(os, "register_at_fork"):  # pragma: no branch (not on Windows)
    os.register_at_fork(after_in_child=_forget)
