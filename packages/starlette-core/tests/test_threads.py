"""Trips to a thread that do without ``anyio.from_thread``."""

from __future__ import annotations

import threading
from typing import List

import anyio
import anyio.to_thread
import pytest

from starlette._threads import call_apart

pytestmark = pytest.mark.anyio


async def test_runs_in_a_limited_worker_thread() -> None:
    """
    The call is made in another thread, and holds one token of the limiter meanwhile.
    """
    limiter = anyio.to_thread.current_default_thread_limiter()

    thread, borrowed = await call_apart(
        lambda: (threading.get_ident(), limiter.borrowed_tokens)
    )

    assert thread != threading.get_ident()
    assert borrowed == 1
    assert limiter.borrowed_tokens == 0


async def test_error() -> None:
    """
    It propagates unchanged.
    """
    error = LookupError()

    def fail() -> None:
        raise error

    with pytest.raises(LookupError) as caught:
        await call_apart(fail)

    assert caught.value is error


async def test_cancelled_meanwhile() -> None:
    """
    A call that has begun is run to its end, and waited for.
    """
    log: List[str] = []
    has_begun = threading.Event()
    may_end = threading.Event()

    def work() -> None:
        has_begun.set()
        may_end.wait()
        log.append("done")

    async def cancel(scope: anyio.CancelScope) -> None:
        await anyio.to_thread.run_sync(has_begun.wait)
        scope.cancel()
        may_end.set()

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            with anyio.CancelScope() as scope:
                group.start_soon(cancel, scope)
                await call_apart(work)
            log.append("after")

    assert log == ["done", "after"]
