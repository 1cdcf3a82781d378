"""Tasks beside the task of a connection."""

from __future__ import annotations

from typing import List

import anyio
import pytest

from starlette._graphql.tasks import Job, make_event, make_lock, open_tasks, sleep

pytestmark = pytest.mark.anyio


class Boom(Exception):
    """Raised by the tasks that are meant to fail."""


class Work:
    """Tasks that say what becomes of them."""

    def __init__(self) -> None:
        self.log: List[str] = []
        self.has_begun = anyio.Event()
        self.gate = anyio.Event()

    async def wait(self) -> None:
        self.log.append("begun")
        self.has_begun.set()
        try:
            await self.gate.wait()
            self.log.append("through")
        except BaseException as error:
            self.log.append("failed" if isinstance(error, Exception) else "cancelled")
            raise
        finally:
            self.log.append("ended")

    async def clean_up(self) -> None:
        try:
            await self.wait()
        finally:
            # The shield is for trio, where every scope interrupts again and again.
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
            self.log.append("clean")

    async def fail(self) -> None:
        await self.has_begun.wait()
        raise Boom

    async def fail_late(self) -> None:
        try:
            await self.wait()
        finally:
            raise ValueError("late")


async def test_block_waits_for_its_tasks() -> None:
    """
    What was started has ended when the block is left.
    """
    work = Work()
    async with open_tasks() as tasks:
        tasks.start(work.wait)
        await work.has_begun.wait()
        work.gate.set()

    assert work.log == ["begun", "through", "ended"]


async def test_block_without_tasks() -> None:
    """
    Nothing is waited for where nothing was started.
    """
    async with open_tasks():
        pass


async def test_block_that_raises() -> None:
    """
    Its tasks are cancelled, and have cleaned up when the error gets on.
    """
    work = Work()

    async def block() -> None:
        async with open_tasks() as tasks:
            tasks.start(work.clean_up)
            await work.has_begun.wait()
            raise Boom

    with pytest.raises(Boom):
        await block()

    assert work.log == ["begun", "cancelled", "ended", "clean"]


async def test_task_that_raises() -> None:
    """
    The block and the other tasks are cancelled, and the error is the block's own.
    """
    work = Work()
    host = Work()

    async def block() -> None:
        async with open_tasks() as tasks:
            tasks.start(work.wait)
            tasks.start(work.fail)
            await host.wait()

    with pytest.raises(Boom):
        await block()

    assert work.log == ["begun", "cancelled", "ended"]
    assert host.log == ["begun", "cancelled", "ended"]


async def test_task_that_raises_while_the_block_waits() -> None:
    """
    The other tasks are cancelled, and the first error is the block's own.
    """
    work = Work()

    async def block() -> None:
        async with open_tasks() as tasks:
            tasks.start(work.fail_late)
            tasks.start(work.fail)

    with pytest.raises(Boom):
        await block()

    assert work.log == ["begun", "cancelled", "ended"]


async def test_host_that_is_cancelled() -> None:
    """
    Its tasks are cancelled with it, and have ended when it does.
    """
    work = Work()
    with anyio.CancelScope() as scope:
        async with open_tasks() as tasks:
            tasks.start(work.clean_up)
            await work.has_begun.wait()
            scope.cancel()
            await anyio.sleep_forever()

    assert scope.cancelled_caught
    assert work.log == ["begun", "cancelled", "ended", "clean"]


async def test_host_that_is_cancelled_while_the_block_waits() -> None:
    """
    It waits on until its tasks, cancelled too, have ended.
    """
    work = Work()
    with anyio.CancelScope() as scope:

        async def cancel() -> None:
            await work.has_begun.wait()
            scope.cancel()

        async with open_tasks() as tasks:
            tasks.start(work.clean_up)
            tasks.start(cancel)

    assert scope.cancelled_caught
    assert work.log == ["begun", "cancelled", "ended", "clean"]


async def test_job_that_is_stopped() -> None:
    """
    Its work is cancelled, and the task goes on as if nothing had happened.
    """
    work = Work()
    job = Job()

    async def stoppable() -> None:
        await job.run(work.wait)
        await anyio.lowlevel.checkpoint()
        work.log.append("went on")

    async with open_tasks() as tasks:
        tasks.start(stoppable)
        await work.has_begun.wait()
        job.stop()

    assert job.is_stopped
    assert work.log == ["begun", "cancelled", "ended", "went on"]


async def test_job_that_is_stopped_before_it_begins() -> None:
    """
    Its work is never begun.
    """
    work = Work()
    job = Job()
    job.stop()
    await job.run(work.wait)

    assert work.log == []


async def test_job_that_is_stopped_after_its_end() -> None:
    """
    Nothing is cancelled any more.
    """
    work = Work()
    work.gate.set()
    job = Job()
    await job.run(work.wait)
    job.stop()
    await anyio.lowlevel.checkpoint()

    assert work.log == ["begun", "through", "ended"]


async def test_job_that_raises() -> None:
    """
    The error of the work is the job's.
    """
    work = Work()
    work.has_begun.set()

    with pytest.raises(Boom):
        await Job().run(work.fail)


async def test_lock() -> None:
    """
    One task has it at a time, in the order of asking.
    """
    log: List[str] = []

    async def hold(name: str) -> None:
        async with lock:
            log.append(f"{name} in")
            await anyio.lowlevel.checkpoint()
            log.append(f"{name} out")

    async with open_tasks() as tasks:
        lock = make_lock()
        await lock.acquire()
        tasks.start(hold, "x")
        await anyio.wait_all_tasks_blocked()
        tasks.start(hold, "y")
        await anyio.wait_all_tasks_blocked()
        lock.release()

    assert log == ["x in", "x out", "y in", "y out"]


async def test_event() -> None:
    """
    Who waits goes on when it is set.
    """
    event = make_event()
    async with open_tasks() as tasks:
        tasks.start(event.wait)
        await anyio.wait_all_tasks_blocked()
        event.set()


async def test_sleep() -> None:
    """
    Nought seconds are over after a turn of the event loop.
    """
    await sleep(0)
