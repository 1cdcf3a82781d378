"""An asyncio event loop that is driven by whoever waits for it.

While a test waits for a response, the thread of the test runs the loop: no
second thread, no hop.  In between, the loop rests, and that must not be seen:
``settle`` looks whether anything but the client could make the application go
on (a timer, a worker thread, a socket, a task), and if so hands the loop to a
thread of its own, for good.  The same happens when a second thread, or a
thread with a running event loop, wants something of it.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import Any, Awaitable, Callable, List, Optional

from anyio.from_thread import BlockingPortal

from starlette._testing.jobs import Job
from starlette._testing.loop_state import close_if_resting, end_loop, has_nothing_to_do
from starlette._testing.portals import PortalRunner
from starlette._testing.where import in_event_loop, waits_for_itself

__all__ = ("LoopRunner",)

# How long an application may go on without blocking before it gets a thread.
MAX_TURNS = 100


class LoopRunner:
    """Runs jobs on a private asyncio loop, in the calling thread where it can.

    Attributes:
        parked: How many tasks wait for the client side.
    """

    def __init__(self) -> None:
        self.parked: int = 0
        self._loop = asyncio.new_event_loop()
        self._owner = threading.get_ident()
        self._alarm: Optional[asyncio.TimerHandle] = None
        # Held while a thread drives the loop.
        self._driving = threading.Lock()
        self._moving = threading.Lock()
        self._is_moving = False
        self._is_ending = False
        self._threaded: Optional[PortalRunner] = None
        self._thread: Optional[threading.Thread] = None
        self._leaked: List[str] = []
        # A runner that is kept for the next request ends with its thread.
        self._finalizer = weakref.finalize(self, close_if_resting, self._loop)

    @property
    def portal(self) -> BlockingPortal:
        """A portal into the loop, which gets a thread of its own for it."""
        return self._move().portal

    def spawn(self, func: Callable[..., Awaitable[Any]], *args: Any) -> Job:
        """Start a job in a task of its own."""
        job = Job(self.wake)
        if not self._do(lambda: self._loop.create_task(job.run(func, *args))):
            self._move().adopt(job, func, *args)
        return job

    def post(self, func: Callable[[], Any]) -> None:
        """Call *func* on the event loop, before anything that is spawned later."""
        if not self._do(lambda: self._loop.call_soon(func)):
            self._move().post(func)

    def wait(self, is_ready: Callable[[], Any], timeout: Optional[float]) -> bool:
        """Block the calling thread; return whether it became ready in time."""
        deadline = None if timeout is None else self._loop.time() + timeout
        if self._is_driven_here():
            if self._drive(is_ready, deadline):
                return True
            if not self._is_moving:
                return False
        rest = None if deadline is None else max(0.0, deadline - self._loop.time())
        return self._move().wait(is_ready, rest)

    def wake(self) -> None:
        """Let whoever waits look again.  Called on the event loop."""
        if self._threaded is not None:
            self._threaded.wake()
        elif not self._is_ending:
            self._loop.stop()

    def silence_alarm(self) -> None:
        """Let whoever waits look at the time.  Called on the event loop."""
        self._alarm = None
        self.wake()

    def settle(self) -> None:
        """Let the application go on until it waits for the client alone."""
        turns = 0
        while turns < MAX_TURNS and getattr(self._loop, "_ready", None):
            turns += 1
            if not self._do(self._take_turn):
                return
        if self._is_driven_here() and not self._is_resting():
            self._move()

    def is_as_new(self) -> bool:
        """Return whether no job has left anything on the loop."""
        return self.parked == 0 and self._is_driven_here() and self._is_resting()

    def close(self) -> List[str]:
        """End the event loop as ``asyncio.run`` does; return what was still running."""
        if not self._is_driven_here():
            self._move()
        if self._threaded is not None and self._thread is not None:
            self._threaded.cancel_jobs()
            self._threaded.post(self._threaded.portal.stop)
            self._thread.join()
        else:
            self._finish()
        self._finalizer.detach()
        return self._leaked

    def _do(self, act: Callable[[], Any]) -> bool:
        """Use the loop, if it is driven here; tell whether it is.

        The lock, because another thread may be about to move it.
        """
        if not self._is_driven_here():
            return False
        with self._driving:
            if self._is_moving:
                return False
            act()
        return True

    def _take_turn(self) -> None:
        self._loop.call_soon(self._loop.stop)
        self._loop.run_forever()

    def _is_resting(self) -> bool:
        # All tasks wait for the client side, and nothing else can wake them.
        return (
            has_nothing_to_do(self._loop, self._alarm)
            and len(asyncio.all_tasks(self._loop)) == self.parked
        )

    def _is_driven_here(self) -> bool:
        if self._threaded is not None or self._owner != threading.get_ident():
            return False
        if asyncio._get_running_loop() is self._loop:
            raise waits_for_itself()
        return not in_event_loop()

    def _drive(self, is_ready: Callable[[], Any], deadline: Optional[float]) -> bool:
        while not is_ready():
            if deadline is not None and self._loop.time() >= deadline:
                return False
            with self._driving:
                if self._is_moving:
                    return False
                if deadline is not None:
                    self._set_alarm(deadline)
                self._loop.run_forever()
        return True

    def _set_alarm(self, deadline: float) -> None:
        # One timer for all waits: it is never later than the next deadline,
        # and the one who is woken too early sets it again.  A timer for each
        # wait would have to be taken out of the loop's heap each time.
        if self._alarm is not None:
            if self._alarm.when() <= deadline:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_at(deadline, _ring, weakref.ref(self))

    def _move(self) -> PortalRunner:
        """Give the loop a thread of its own, once."""
        with self._moving:
            if self._threaded is None:
                self._is_moving = True
                self._loop.call_soon_threadsafe(self._loop.stop)
                with self._driving:
                    self._start_thread()
            assert self._threaded is not None
            return self._threaded

    def _start_thread(self) -> None:
        is_started = threading.Event()

        async def serve() -> None:
            async with BlockingPortal() as portal:
                threaded = PortalRunner(portal, threading.get_ident())
                self._threaded = threaded
                is_started.set()
                await portal.sleep_until_stopped()

        def run() -> None:
            task = self._loop.create_task(serve())
            task.add_done_callback(lambda _: self._loop.stop())
            while not task.done():
                self._loop.run_forever()
            self._finish()

        self._thread = threading.Thread(
            target=run, name="starlette-testclient", daemon=True
        )
        self._thread.start()
        is_started.wait()

    def _finish(self) -> None:
        self._is_ending = True
        self._leaked = end_loop(self._loop)


def _ring(reference: weakref.ref[LoopRunner]) -> None:
    # Weak, because the loop lives until its runner is gone.
    runner = reference()
    if runner is not None:  # pragma: no branch - a loop that runs has a runner
        runner.silence_alarm()
