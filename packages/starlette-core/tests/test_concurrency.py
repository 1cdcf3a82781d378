"""Threads, and awaiting one thing until another, as applications use them."""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
import threading
import time
from typing import Any, Dict, Iterator, List, Tuple

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from starlette.concurrency import (
    iterate_in_threadpool,
    receive_nowait,
    run_in_threadpool,
    run_until,
    run_until_disconnected,
    run_until_first_complete,
)
from starlette.exceptions import StarletteDeprecationWarning
from starlette.testing import Script
from starlette.types import Message

pytestmark = pytest.mark.anyio


class Boom(Exception):
    """Raised where something is meant to fail."""


async def test_call_in_a_thread() -> None:
    """
    The function gets its arguments, in another thread, and its result comes back.
    """

    def call(*args: Any, **kwargs: Any) -> Tuple[Any, ...]:
        return (threading.get_ident(), args, kwargs)

    thread, args, kwargs = await run_in_threadpool(call, 1, 2, name="x")

    assert thread != threading.get_ident()
    assert (args, kwargs) == ((1, 2), {"name": "x"})


async def test_call_holds_a_token_of_the_default_limiter() -> None:
    """
    anyio's default limiter counts the call while it runs, and no longer.
    """
    limiter = anyio.to_thread.current_default_thread_limiter()
    during = await run_in_threadpool(lambda: limiter.borrowed_tokens)

    assert (during, limiter.borrowed_tokens) == (1, 0)


async def test_calls_wait_for_a_token() -> None:
    """
    No more calls run at once than the limiter has tokens, and all of them run.
    """
    limiter = anyio.to_thread.current_default_thread_limiter()
    tokens, limiter.total_tokens = limiter.total_tokens, 1
    running: List[int] = []

    def call() -> None:
        running.append(limiter.borrowed_tokens)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(run_in_threadpool, call)
    limiter.total_tokens = tokens

    assert running == [1] * 5


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")


async def test_context_is_copied() -> None:
    """
    The function sees the caller's context variables; what it sets stays with it.
    """

    def call() -> str:
        seen = variable.get()
        variable.set("set in the thread")
        return seen

    variable.set("set by the caller")
    seen = await run_in_threadpool(call)

    assert seen == variable.get() == "set by the caller"


async def test_no_loop_runs_in_the_thread() -> None:
    """
    Another event loop can be run in the thread.
    """

    async def inner() -> str:
        return "ran"

    assert await run_in_threadpool(anyio.run, inner) == "ran"


async def test_way_back_to_the_loop() -> None:
    """
    ``anyio.from_thread`` works in the thread.
    """

    async def inner() -> int:
        await anyio.sleep(0)
        return threading.get_ident()

    def call() -> int:
        return anyio.from_thread.run(inner)

    assert await run_in_threadpool(call) == threading.get_ident()


async def test_way_back_inside_a_scope() -> None:
    """
    It works within a cancel scope too, whose cancellation the thread can see.
    """

    def call() -> bool:
        anyio.from_thread.run_sync(scope.cancel)
        end = time.monotonic() + 60
        try:
            # Not at once: trio tells the thread when its loop has gone round.
            while time.monotonic() < end:  # pragma: no branch
                anyio.from_thread.check_cancelled()
        except BaseException:
            return True
        return False  # pragma: no cover (it has not been seen)

    with anyio.CancelScope() as scope:
        seen = await run_in_threadpool(call)

    assert seen


@pytest.mark.parametrize("error", [Boom(), KeyboardInterrupt()])
async def test_error_in_a_thread(error: BaseException) -> None:
    """
    The caller gets the very exception that was raised.
    """

    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        await run_in_threadpool(fail)

    assert caught.value is error


async def test_stop_iteration_in_a_thread() -> None:
    """
    ``StopIteration`` cannot be raised by a coroutine, and is replaced.
    """
    with pytest.raises(RuntimeError, match="StopIteration"):
        await run_in_threadpool(next, iter(()))


async def test_call_in_a_cancelled_scope() -> None:
    """
    What is cancelled already does not call the function.
    """
    called: List[int] = []

    with anyio.CancelScope() as scope:
        scope.cancel()
        await run_in_threadpool(called.append, 1)

    assert scope.cancelled_caught
    assert called == []


async def test_cancelled_while_the_call_runs() -> None:
    """
    The caller waits for the end of the call, and gets its result.
    """
    done: List[str] = []

    def call() -> str:
        anyio.from_thread.run_sync(scope.cancel)
        done.append("done")
        return "result"

    with anyio.CancelScope() as scope:
        done.append(await run_in_threadpool(call))
        await anyio.sleep(0)
        done.append("not reached")  # pragma: no cover (it is cancelled)

    assert done == ["done", "result"]


async def test_iterate() -> None:
    """
    Every item arrives, in order, read in other threads.
    """
    threads: List[int] = []

    def items() -> Iterator[int]:
        for item in range(1000):
            threads.append(threading.get_ident())
            yield item

    assert [item async for item in iterate_in_threadpool(items())] == [*range(1000)]
    assert threading.get_ident() not in threads


async def test_iterate_over_what_fails() -> None:
    """
    The error comes after the items before it, and then the iterator is at its end.
    """

    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise Boom

    iterator = iterate_in_threadpool(items())
    seen = [await iterator.__anext__(), await iterator.__anext__()]
    with pytest.raises(Boom):
        await iterator.__anext__()

    assert seen == [1, 2]
    assert [item async for item in iterator] == []


async def test_first_complete() -> None:
    """
    The others are cancelled when the first returns; a warning says what to use.
    """
    seen: List[str] = []

    async def wait(name: str) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            seen.append(name)

    async def finish(name: str) -> None:
        await anyio.sleep(0)
        seen.append(name)

    with pytest.warns(StarletteDeprecationWarning):
        await run_until_first_complete(
            (wait, {"name": "waited"}), (finish, {"name": "finished"})
        )
    with pytest.warns(StarletteDeprecationWarning):
        await run_until_first_complete()

    assert seen == ["finished", "waited"]


async def test_work_that_is_not_interrupted() -> None:
    """
    Work that comes to its end makes it ``True``, whether it had to wait or not.
    """
    seen: List[str] = []

    async def straight() -> None:
        seen.append("straight")

    async def waiting() -> None:
        await anyio.sleep(0)
        await anyio.sleep(0)
        seen.append("waiting")

    script = Script.http()

    assert await run_until_disconnected(straight(), script)
    assert await run_until_disconnected(waiting(), script)
    assert seen == ["straight", "waiting"]


async def test_work_that_is_interrupted() -> None:
    """
    At the disconnect the work is cancelled; messages before it are dropped.
    """
    seen: List[str] = []

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        except BaseException:
            seen.append("cancelled")
            raise

    script = Script.http(b"a", b"b", disconnects=True)

    assert not await run_until_disconnected(work(), script)
    assert seen == ["cancelled"]


async def test_work_in_the_same_task() -> None:
    """
    Context variables that the work sets are the caller's.
    """

    async def work() -> None:
        variable.set("before the wait")
        await anyio.sleep(0)
        variable.set("after the wait")

    await run_until_disconnected(work(), Script.http())

    assert variable.get() == "after the wait"


async def test_work_with_scopes_of_its_own() -> None:
    """
    Scopes that the work opens are closed in their order, and shields are respected.
    """
    seen: List[str] = []
    script = Script.http()

    async def work() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
            with anyio.CancelScope(shield=True):
                script.add({"type": "http.disconnect"})
                for _ in range(10):
                    await anyio.sleep(0)
                seen.append("shielded")
            await anyio.sleep_forever()

    assert not await run_until_disconnected(work(), script)
    assert seen == ["shielded"]


async def test_work_that_fails() -> None:
    """
    Its error passes unchanged, before and after it has waited.
    """
    errors = [Boom(), Boom()]

    async def at_once() -> None:
        raise errors[0]

    async def later() -> None:
        await anyio.sleep(0)
        raise errors[1]

    caught = []
    for work in (at_once, later):
        with pytest.raises(Boom) as info:
            await run_until_disconnected(work(), Script.http())
        caught.append(info.value)

    assert caught == errors


async def test_receive_that_fails() -> None:
    """
    The work is cancelled, and the error of ``receive`` is raised.
    """
    error = Boom()

    with pytest.raises(Boom) as caught:
        await run_until_disconnected(anyio.sleep_forever(), Script(error))

    assert caught.value is error


async def test_watch_that_ends_together_with_the_work() -> None:
    """
    Once the work is done, nothing is cancelled any more.
    """

    async def receive() -> Message:
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            if anyio.get_cancelled_exc_class().__module__.startswith("trio"):
                raise
        return {"type": "http.disconnect"}

    assert await run_until_disconnected(anyio.sleep(0), receive)
    await anyio.sleep(0)


async def test_cancelled_from_outside() -> None:
    """
    A cancellation that is none of ours passes through, and leaves nothing behind.
    """
    seen: List[str] = []

    async def receive() -> Message:
        try:
            await anyio.sleep_forever()
        finally:
            seen.append("receive ended")
        raise AssertionError  # pragma: no cover

    async def stop() -> None:
        await anyio.sleep(0)
        scope.cancel()

    async with anyio.create_task_group() as group:
        with anyio.CancelScope() as scope:
            group.start_soon(stop)
            await run_until_disconnected(anyio.sleep_forever(), receive)

    assert scope.cancelled_caught
    assert seen == ["receive ended"]


async def test_message_that_is_there() -> None:
    """
    A message that does not have to be waited for is returned.
    """
    script = Script.http(b"body")

    assert (await receive_nowait(script) or {}).get("body") == b"body"
    assert await receive_nowait(script) is None
    assert await receive_nowait(script) is None


async def test_receive_that_returns_when_it_is_cancelled() -> None:
    """
    What it says in spite of the cancellation is returned.
    """

    async def receive() -> Message:
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            pass
        return {"type": "http.disconnect"}

    assert await receive_nowait(receive) == {"type": "http.disconnect"}


async def test_receive_that_goes_on_when_it_is_cancelled() -> None:
    """
    It may await something as it ends.
    """
    seen: List[str] = []

    async def receive() -> Message:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0)
                seen.append("ended")
        raise AssertionError  # pragma: no cover

    assert await receive_nowait(receive) is None
    assert seen == ["ended"]


def _run(code: str) -> Dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=150
    )
    return {"out": done.stdout, "err": done.stderr}


def test_process_waits_for_calls_that_have_begun() -> None:
    """
    A call that nobody waits for any more ends before the interpreter does.
    """
    code = """
import asyncio, atexit, threading, time
from starlette.concurrency import run_in_threadpool

begun, ending = threading.Event(), threading.Event()

def call():
    begun.set()
    ending.wait(60)
    time.sleep(0.2)  # would be longer than what is left, if nobody waited
    print("finished")

async def main():
    task = asyncio.ensure_future(run_in_threadpool(call))
    while not begun.is_set():
        await asyncio.sleep(0)
    task.cancel()

asyncio.run(main())
print("loop closed")
atexit.register(ending.set)
"""

    assert _run(code) == {"out": "loop closed\nfinished\n", "err": ""}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_process_forks_while_threads_are_idle() -> None:
    """
    The child starts threads of its own.
    """
    code = """
import asyncio, os, warnings
from starlette.concurrency import run_in_threadpool

warnings.simplefilter("ignore")
asyncio.run(run_in_threadpool(int))
child = os.fork()
asyncio.run(run_in_threadpool(int))
if child:
    print(os.waitpid(child, 0)[1])
"""

    assert _run(code) == {"out": "0\n", "err": ""}


def test_import_is_light() -> None:
    """
    Neither an event loop nor anyio is loaded before it is needed.
    """
    code = """
import sys
import starlette.concurrency, starlette.responses
heavy = {"asyncio", "anyio", "trio", "http.cookies", "email"}
print(sorted(heavy & set(sys.modules)))
"""

    assert _run(code) == {"out": "[]\n", "err": ""}


def test_trio_without_anyio() -> None:
    """
    The error says what to install.
    """
    code = """
import sys
sys.modules["anyio"] = None
import trio
from starlette.concurrency import run_in_threadpool
try:
    trio.run(run_in_threadpool, int)
except RuntimeError as error:
    print(error)
"""

    assert _run(code)["out"] == (
        "Only asyncio is supported without anyio. "
        "To run on trio: pip install starlette-core[trio]\n"
    )


async def test_work_that_fails_when_it_is_cancelled_from_outside() -> None:
    """
    Its error is raised, and the watch has ended by then.
    """
    ended: List[str] = []

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise Boom

    async def watch() -> None:
        outer.cancel()
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("watch")

    outer = anyio.CancelScope()
    try:
        with outer:
            await run_until(work(), watch)
    except Boom as error:
        raised: BaseException = error
    except BaseException as error:  # trio's, around it and the cancellation
        (raised,) = error.exceptions  # type: ignore[attr-defined]

    assert type(raised) is Boom
    assert ended == ["watch"]


def test_cancelled_while_the_watch_ends() -> None:
    """
    ``Task.cancel()`` does not wait for it.
    """

    async def main() -> bool:
        ending, may_end = asyncio.Event(), asyncio.Event()

        async def watch() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                ending.set()
                await may_end.wait()

        task = asyncio.ensure_future(run_until(asyncio.sleep(0), watch))
        await ending.wait()
        task.cancel()
        await asyncio.wait([task])
        may_end.set()
        await asyncio.sleep(0)
        return task.cancelled()

    assert asyncio.run(main())
