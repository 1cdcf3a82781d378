"""How many calls run at once where anyio has no say."""

from __future__ import annotations

import asyncio
from typing import List

import anyio.to_thread
import pytest

from starlette._thread_limit import ThreadLimit, thread_limit

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Only asyncio has this limit."""
    return "asyncio"


async def test_tokens_are_handed_out_in_order() -> None:
    """
    Who has waited longest is next, and nobody can push in.
    """
    limit = ThreadLimit(1)
    log: List[object] = [limit.try_acquire("first"), limit.try_acquire("early")]

    async def use(name: str) -> None:
        await limit.acquire(name)
        log.extend([name, limit.try_acquire("late")])
        limit.release(name)

    tasks = [asyncio.ensure_future(use(name)) for name in ("second", "third")]
    await asyncio.sleep(0)
    limit.release("first")
    await asyncio.gather(*tasks)

    assert log == [True, False, "second", False, "third", False]
    assert limit.try_acquire("last")


async def test_cancelled_while_it_waits() -> None:
    """
    Who gives up does not get a token that then is lost.
    """
    limit = ThreadLimit(1)
    limit.try_acquire("first")
    task = asyncio.ensure_future(limit.acquire("second"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    limit.release("first")

    assert task.cancelled()
    assert limit.try_acquire("third")


async def test_cancelled_when_it_is_its_turn() -> None:
    """
    A token that comes too late is passed on.
    """
    limit = ThreadLimit(1)
    limit.try_acquire("first")
    task = asyncio.ensure_future(limit.acquire("second"))
    await asyncio.sleep(0)
    limit.release("first")
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert limit.try_acquire("third")


async def test_released_to_one_who_has_just_given_up() -> None:
    """
    It goes to the next, or back.
    """
    limit = ThreadLimit(1)
    limit.try_acquire("first")
    task = asyncio.ensure_future(limit.acquire("second"))
    await asyncio.sleep(0)
    task.cancel()
    limit.release("first")
    await asyncio.wait([task])

    assert limit.try_acquire("third")


async def test_cancelled_when_it_is_its_turn_with_anyio() -> None:
    """
    The next one gets the token: nobody waits for one that is to be had.
    """
    anyio.to_thread.current_default_thread_limiter().total_tokens = 1
    limit = thread_limit(asyncio.get_running_loop())
    limit.try_acquire("first")
    second = asyncio.ensure_future(limit.acquire("second"))
    third = asyncio.ensure_future(limit.acquire("third"))
    await asyncio.sleep(0)
    limit.release("first")
    second.cancel()
    await asyncio.wait([second])
    await asyncio.wait_for(third, 60)
    limit.release("third")

    assert second.cancelled()
    assert limit.try_acquire("fourth")
    assert not limit.try_acquire("fifth")
    limit.release("fourth")
