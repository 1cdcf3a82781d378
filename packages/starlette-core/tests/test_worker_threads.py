"""Our own threads, and asyncio without anyio."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import subprocess
import sys
import threading
import weakref
from collections import deque
from typing import Any, Deque, Iterator, List, Optional

import pytest

from starlette import _threads, _worker_threads
from starlette._event_loop import abandonable, asyncio_task, find_anyio
from starlette._thread_iterator import ThreadIterator
from starlette._threads import begin
from starlette._until import TaskScope
from starlette._worker_threads import Worker
from starlette.concurrency import (
    iterate_in_threadpool,
    receive_nowait,
    run_in_threadpool,
    run_until_disconnected,
    run_until_first_complete,
)
from starlette.exceptions import StarletteDeprecationWarning
from starlette.testing import Script
from starlette.types import Message


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread ends of itself, however long a test stands still."""
    monkeypatch.setattr(_worker_threads, "IDLE_TIME", 600)


@pytest.fixture
def no_anyio(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if anyio were not installed."""
    find_anyio.cache_clear()
    monkeypatch.setitem(sys.modules, "anyio", None)
    monkeypatch.setitem(sys.modules, "anyio.from_thread", None)
    yield
    monkeypatch.undo()
    find_anyio.cache_clear()


@pytest.fixture
def foreign_anyio(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if anyio were of a version that cannot be told about our threads."""
    _threads._anyio_hooks.cache_clear()
    monkeypatch.setitem(sys.modules, "anyio._backends._asyncio", None)
    assert _threads._anyio_hooks() is None
    monkeypatch.undo()
    yield
    _threads._anyio_hooks.cache_clear()


def test_idle_thread_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A thread that has nothing to do for a while goes.
    """
    monkeypatch.setattr(_worker_threads, "IDLE_TIME", 0.01)
    worker = Worker()
    _worker_threads._idle.append(worker)
    worker.start()
    worker.join(60)

    assert not worker.is_alive()
    assert worker not in _worker_threads._idle


def test_thread_that_was_just_taken_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A thread that is no longer among the idle ones has a job coming.
    """
    is_asked_for = threading.Semaphore(0)

    class Idle(Deque[Worker]):
        def remove(self, worker: Worker) -> None:
            is_asked_for.release()
            super().remove(worker)

    monkeypatch.setattr(_worker_threads, "IDLE_TIME", 0.01)
    monkeypatch.setattr(_worker_threads, "_idle", Idle())
    worker = Worker()
    worker.start()
    # The second time shows that it has stayed after the first.
    has_stayed = [is_asked_for.acquire(timeout=60) for _ in range(2)]
    worker.inbox.put(None)
    worker.join(60)

    assert has_stayed == [True, True]
    assert not worker.is_alive()


def test_loop_is_closed_before_the_call_ends() -> None:
    """
    There is nobody to tell, and the thread is as good as before.
    """
    goes_on, ended = threading.Event(), threading.Event()
    threads: List[threading.Thread] = []

    def call() -> None:
        threads.append(threading.current_thread())
        goes_on.wait(60)
        ended.set()

    async def abandon() -> None:
        task = asyncio.ensure_future(run_in_threadpool(call))
        while not threads:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(abandon())
    goes_on.set()
    ended.wait(60)
    again = asyncio.run(run_in_threadpool(threading.current_thread))

    assert threads[0].is_alive()
    assert isinstance(again, Worker)


def test_loop_that_was_closed_is_not_kept() -> None:
    """
    Not even by the token of the call, which nobody could give back.
    """
    goes_on = threading.Event()
    threads: List[Any] = []

    def call() -> None:
        threads.append(threading.current_thread())
        goes_on.wait(60)

    async def abandon() -> Any:
        task = asyncio.ensure_future(run_in_threadpool(call))
        while not threads:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return weakref.ref(asyncio.get_running_loop())

    loop = asyncio.run(abandon())
    (worker,) = threads
    worker.inbox.put(None)
    goes_on.set()
    worker.join(60)
    gc.collect()

    assert not worker.is_alive()
    assert loop() is None


def test_threads_that_were_told_to_end() -> None:
    """
    They are gone, and whoever calls after that gets others.
    """
    before = asyncio.run(run_in_threadpool(threading.current_thread))
    _worker_threads._finish()
    after = asyncio.run(run_in_threadpool(threading.current_thread))

    assert not before.is_alive()
    assert after.is_alive()


def test_call_at_the_exit() -> None:
    """
    What is registered to be called last does not wait for a thread that has ended: it
    gets another one, or Python's error where that starts none so late.
    """
    program = """
import asyncio, atexit
from functools import partial
from threading import Thread

def outcome(call):
    try:
        return call()
    except RuntimeError as error:
        return str(error)

def last():
    call = partial(run_in_threadpool, partial(int, 7))
    print(outcome(lambda: Thread(target=int).start() or 7))
    print(outcome(lambda: asyncio.run(asyncio.wait_for(call(), 60))), flush=True)

atexit.register(last)
from starlette.concurrency import run_in_threadpool
asyncio.run(run_in_threadpool(int))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, timeout=150
    )
    plain, ours = done.stdout.decode().splitlines()

    assert ours == plain


def test_thread_that_has_hardly_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It has a call to make, and so the end of the process waits for it.
    """
    may_run = threading.Event()
    run = Worker.run

    def run_late(worker: Worker) -> None:
        may_run.wait(60)
        run(worker)

    async def main() -> Any:
        before = set(_worker_threads._workers)
        job = await begin(int)
        new = set(_worker_threads._workers) - before
        may_run.set()
        assert job is not None
        await job.wait()
        return new

    with monkeypatch.context() as patch:
        patch.setattr(_worker_threads, "_idle", deque())
        patch.setattr(Worker, "run", run_late)
        (worker,) = asyncio.run(main())
        worker.inbox.put(None)
        worker.join(60)

    assert worker not in _worker_threads._workers


def test_thread_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The error reaches the caller, and the token is given back.
    """

    def fail(worker: Worker) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> Any:
        import anyio.to_thread

        limiter = anyio.to_thread.current_default_thread_limiter()
        with monkeypatch.context() as patch:
            patch.setattr(_worker_threads, "_idle", deque())
            patch.setattr(Worker, "start", fail)
            iterator = ThreadIterator([1])
            with pytest.raises(RuntimeError, match="start new thread"):
                await run_in_threadpool(int)
            with pytest.raises(RuntimeError, match="start new thread"):
                await iterator.__anext__()
        return limiter.borrowed_tokens, [item async for item in iterator]

    assert asyncio.run(main()) == (0, [1])


def test_library_of_the_caller_is_not_that_of_the_thread() -> None:
    """
    ``sniffio`` does not take the thread for one that runs the caller's loop.
    """
    sniffio = pytest.importorskip("sniffio")

    async def main() -> Any:
        sniffio.current_async_library_cvar.set("asyncio")
        return await run_in_threadpool(sniffio.current_async_library_cvar.get)

    assert asyncio.run(main()) is None


def test_library_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Without ``sniffio`` there is nothing to forget.
    """
    monkeypatch.delitem(sys.modules, "sniffio", raising=False)

    assert asyncio.run(run_in_threadpool(int)) == 0


def test_task_cancel_ends_the_wait() -> None:
    """
    ``Task.cancel()`` does not wait for the call; the call goes on.
    """
    goes_on, ended = threading.Event(), threading.Event()

    def call() -> None:
        goes_on.wait(60)
        ended.set()

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(run_in_threadpool(call), 0.01)
        assert not ended.is_set()
        goes_on.set()

    asyncio.run(main())

    assert ended.wait(60)


def test_threads_without_anyio(no_anyio: None) -> None:
    """
    Calls and iterators work, and no more than 40 calls run at once.
    """
    running: List[int] = []
    lock = threading.Lock()
    is_full = threading.Event()
    most = 0

    def call(number: int) -> int:
        nonlocal most
        with lock:
            running.append(number)
            most = max(most, len(running))
            if most >= 40:
                is_full.set()
        is_full.wait(60)
        with lock:
            running.remove(number)
        return number

    async def main() -> Any:
        calls = [run_in_threadpool(call, number) for number in range(100)]
        items = [item async for item in iterate_in_threadpool(iter("abc"))]
        return await asyncio.gather(*calls), items

    assert asyncio.run(main()) == ([*range(100)], ["a", "b", "c"])
    assert most == 40


def test_disconnect_without_anyio(no_anyio: None) -> None:
    """
    Work is cut short at the disconnect, and the task is not left cancelled.
    """
    seen: List[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            seen.append("ended")

    async def main() -> Any:
        script = Script.http(b"", disconnects=True)
        result = await run_until_disconnected(work(), script)
        await asyncio.sleep(0)
        return result

    assert asyncio.run(main()) is False
    assert seen == ["ended"]


def test_work_that_ignores_the_disconnect(no_anyio: None) -> None:
    """
    Work that comes to its end in spite of it has come to its end.
    """

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)

    async def main() -> Any:
        return await run_until_disconnected(work(), Script.http(b"", disconnects=True))

    assert asyncio.run(main()) is True


def test_cancelled_from_outside_without_anyio(no_anyio: None) -> None:
    """
    A cancellation that is none of ours passes through.
    """

    async def main() -> None:
        waiting = run_until_disconnected(asyncio.sleep(60), Script.http())
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(waiting, 0.01)

    asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="requests are not counted")
def test_cancelled_by_both_at_once(no_anyio: None) -> None:
    """
    Ours and somebody else's: theirs passes through.
    """

    async def main() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        scope = TaskScope(task)
        scope.cancel()
        scope.cancel()
        task.cancel()

        assert not scope.__exit__(None, asyncio.CancelledError(), None)
        assert task.cancelling() == 1  # type: ignore[attr-defined]
        await asyncio.wait([task])

    asyncio.run(main())


def test_message_without_anyio(no_anyio: None) -> None:
    """
    A message that would have to be waited for is not.
    """

    async def receive() -> Message:
        await asyncio.sleep(60)
        raise AssertionError  # pragma: no cover

    async def main() -> Any:
        message = await receive_nowait(receive)
        await asyncio.sleep(0)
        return message

    assert asyncio.run(main()) is None


def test_receive_that_cannot_be_thrown_into() -> None:
    """
    Servers in other languages return awaitables that know no more than to go on.
    """

    class Bare:
        def __init__(self) -> None:
            self.steps = asyncio.get_running_loop().create_future().__await__()

        def __await__(self) -> Any:
            return self

        def __iter__(self) -> Any:  # pragma: no cover (it is an iterator, formally)
            return self

        def __next__(self) -> Any:
            return next(self.steps)

    async def main() -> Any:
        return await receive_nowait(Bare)

    assert asyncio.run(main()) is None


@pytest.mark.parametrize("fails", [False, True])
def test_first_complete_without_anyio(no_anyio: None, fails: bool) -> None:
    """
    The others are cancelled, and an error of the first is raised.
    """
    seen: List[str] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("ended")

    async def finish() -> None:
        if fails:
            raise ValueError("failed")

    async def main() -> Optional[ValueError]:
        try:
            await run_until_first_complete((wait, {}), (finish, {}))
        except ValueError as error:
            return error
        return None

    with pytest.warns(StarletteDeprecationWarning):
        error = asyncio.run(main())

    assert seen == ["ended"]
    assert (error is not None) is fails


def test_threads_of_anyio(foreign_anyio: None) -> None:
    """
    Where our threads would be strangers to anyio, its own are used.
    """
    import anyio.from_thread

    def items() -> Iterator[int]:
        yield 1
        anyio.from_thread.run_sync(int)
        yield 2

    async def main() -> Any:
        thread = await run_in_threadpool(threading.current_thread)
        seen = [item async for item in iterate_in_threadpool(items())]
        return isinstance(thread, Worker), seen

    assert asyncio.run(main()) == (False, [1, 2])


def test_name_of_an_argument_of_anyio() -> None:
    """
    What lets a call be abandoned had another name before anyio 4.1.
    """

    class Old:
        class to_thread:
            @staticmethod
            async def run_sync(func: Any, *, cancellable: bool = False) -> None:
                """As in anyio 3."""

    assert abandonable(Old) == {"cancellable": True}


def test_asyncio_that_nobody_has_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It does not run, and is not imported to be asked.
    """
    monkeypatch.delitem(sys.modules, "asyncio")

    assert asyncio_task() is None
    assert "asyncio" not in sys.modules


def test_wait_for_what_is_done() -> None:
    """
    There is nothing to wait for any more.
    """

    async def main() -> Any:
        job = await begin(lambda: "result")
        assert job is not None
        await job.wait()
        await job.wait()
        return job.outcome()

    assert asyncio.run(main()) == "result"


def test_context_of_the_caller() -> None:
    """
    A call of one task does not see the variables of another.
    """
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable")

    async def one(number: int) -> int:
        variable.set(number)
        return await run_in_threadpool(variable.get)

    async def main() -> Any:
        return await asyncio.gather(*(one(number) for number in range(10)))

    assert asyncio.run(main()) == [*range(10)]
