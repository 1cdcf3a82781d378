"""A plain iterator in worker threads: how far ahead, and how it ends."""

from __future__ import annotations

import threading
import time
from typing import Any, Iterator, List

import anyio
import anyio.to_thread
import pytest

from starlette._thread_iterator import MAX_BYTES, MAX_ITEMS, ThreadIterator

pytestmark = pytest.mark.anyio


class Boom(Exception):
    """Raised where something is meant to fail."""


class Source(Iterator[Any]):
    """An iterator that counts, and notes when it is closed, and where."""

    def __init__(self, item: Any = 0) -> None:
        self.item = item
        self.given = 0
        self.closed_in: List[int] = []

    def __next__(self) -> Any:
        self.given += 1
        return self.item

    def close(self) -> None:
        self.closed_in.append(threading.get_ident())


async def _settled(iterator: ThreadIterator[Any]) -> None:
    """Return when the thread has come back."""
    limiter = anyio.to_thread.current_default_thread_limiter()
    while limiter.borrowed_tokens:  # pragma: no cover (it may be back already)
        await anyio.sleep(0)


@pytest.mark.parametrize(
    "item, ahead",
    [
        (0, MAX_ITEMS),
        (b"x", MAX_ITEMS),
        (b"x" * (MAX_BYTES // 4), 4),
        ("x" * MAX_BYTES * 2, 1),
    ],
)
async def test_ahead(item: Any, ahead: int) -> None:
    """
    The thread stops when it is ahead by so many items, or by so many bytes.
    """
    source = Source(item)
    iterator = ThreadIterator(source)
    await iterator.__anext__()
    await _settled(iterator)
    given = source.given
    await iterator.aclose()

    assert given == ahead


async def test_slow_iterator_is_not_delayed() -> None:
    """
    An item is delivered while the iterator is busy with the next.
    """
    goes_on = threading.Event()

    def items() -> Iterator[str]:
        yield "first"
        yield "second"
        goes_on.wait(60)
        yield "third"

    iterator = ThreadIterator(items())
    seen = [await iterator.__anext__(), await iterator.__anext__()]
    is_waiting = iterator._is_pulling
    goes_on.set()
    seen += [item async for item in iterator]

    assert is_waiting
    assert seen == ["first", "second", "third"]


async def test_closed_by_its_own_thread() -> None:
    """
    Closed while a thread reads it, it is closed by that thread.
    """
    goes_on = threading.Event()
    threads: List[int] = []

    def items() -> Iterator[int]:
        try:
            yield 1
            goes_on.wait(60)
            yield 2
        finally:
            threads.append(threading.get_ident())

    iterator = ThreadIterator(items())
    await iterator.__anext__()
    async with anyio.create_task_group() as group:
        group.start_soon(iterator.aclose)
        await anyio.sleep(0)
        goes_on.set()

    assert len(threads) == 1
    assert threads[0] != threading.get_ident()
    assert [item async for item in iterator] == []


@pytest.mark.parametrize("begun", [False, True])
async def test_closed_between_two_pulls(begun: bool) -> None:
    """
    It is closed in a thread, once, whether it was begun or not.
    """
    source = Source()
    iterator = ThreadIterator(source)
    if begun:
        await iterator.__anext__()
        await _settled(iterator)
    await iterator.aclose()
    await iterator.aclose()

    assert len(source.closed_in) == 1
    assert source.closed_in[0] != threading.get_ident()


async def test_closed_while_the_thread_is_on_its_way_back() -> None:
    """
    What the thread has left behind, too early to be told, is closed all the same.
    """
    source = Source()
    goes_on = threading.Event()

    def items() -> Iterator[Any]:
        yield next(source)
        goes_on.wait(60)
        yield from source

    class Held(Source):
        def __init__(self) -> None:
            super().__init__()
            self.items = items()

        def __next__(self) -> Any:
            return next(self.items)

    held = Held()
    iterator = ThreadIterator(held)
    await iterator.__anext__()
    goes_on.set()
    while iterator._is_held:  # pragma: no branch
        # The loop must not learn that the thread has left.
        time.sleep(0)  # pragma: no cover (if the thread is not quicker)
    await iterator.aclose()

    assert source.given == MAX_ITEMS
    assert len(held.closed_in) == 1


async def test_closed_by_two_at_once() -> None:
    """
    One of them closes it, and both wait for that.
    """
    source = Source()
    iterator = ThreadIterator(source)
    await iterator.__anext__()
    await _settled(iterator)
    seen: List[int] = []

    async def close() -> None:
        await iterator.aclose()
        seen.append(len(source.closed_in))

    async with anyio.create_task_group() as group:
        group.start_soon(close)
        group.start_soon(close)

    assert seen == [1, 1]


async def test_closed_when_it_is_too_late_to_wait() -> None:
    """
    Cancelled, it is closed as well.
    """
    source = Source()
    iterator = ThreadIterator(source)
    await iterator.__anext__()
    await _settled(iterator)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await iterator.aclose()

    assert len(source.closed_in) == 1


async def test_stopped_while_the_thread_is_busy() -> None:
    """
    Cancelled, it does not wait; the thread closes it, and there are no more items.
    """
    goes_on = threading.Event()
    is_closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield 1
            goes_on.wait(60)
            yield 2
        finally:
            is_closed.set()

    iterator = ThreadIterator(items())
    await iterator.__anext__()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await iterator.aclose()
    was_closed = is_closed.is_set()
    goes_on.set()
    rest = [item async for item in iterator if not is_closed.wait(60)]

    assert scope.cancelled_caught
    assert not was_closed
    assert is_closed.wait(60)
    assert rest == []


async def test_not_closed_at_its_end() -> None:
    """
    What has come to its end by itself is left alone.
    """

    class Short(Source):
        def __next__(self) -> Any:
            raise StopIteration

    source = Short()
    iterator = ThreadIterator(source)
    items = [item async for item in iterator]
    await iterator.aclose()

    assert (items, source.closed_in) == ([], [])


@pytest.mark.parametrize("iterable", [[1, 2], iter([1, 2])])
async def test_nothing_to_close(iterable: Any) -> None:
    """
    Iterables that were not begun, and iterators without ``close``, need none.
    """
    iterator = ThreadIterator(iterable)
    await iterator.aclose()

    assert [item async for item in iterator] == []


async def test_close_that_fails() -> None:
    """
    The error is raised by ``aclose``.
    """

    class Failing(Source):
        def close(self) -> None:
            raise Boom

    with pytest.raises(Boom):
        await ThreadIterator(Failing()).aclose()


async def test_iterable_that_fails_to_begin() -> None:
    """
    An iterable that gives no iterator raises its error in the thread.
    """

    class Failing:
        def __iter__(self) -> Iterator[Any]:
            raise Boom

    with pytest.raises(Boom):
        await ThreadIterator(Failing()).__anext__()


async def test_item_that_comes_before_the_wait() -> None:
    """
    An item that came while nobody could be woken for it is not waited for.
    """
    iterator: ThreadIterator[int] = ThreadIterator([])
    iterator._is_pulling = True
    iterator._items.append(1)

    await iterator._wait()

    assert await iterator.__anext__() == 1


async def test_cancelled_while_it_waits_for_a_thread() -> None:
    """
    It can be asked again, and no item is lost.
    """
    iterator = ThreadIterator([1, 2])
    seen: List[int] = []

    with anyio.CancelScope() as scope:
        scope.cancel()
        seen.append(await iterator.__anext__())
    seen += [item async for item in iterator]

    assert seen == [1, 2]


async def test_cancelled_while_the_thread_works() -> None:
    """
    The item that it was waiting for is there the next time.
    """
    goes_on = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        goes_on.wait(60)
        yield 2

    iterator = ThreadIterator(items())
    await iterator.__anext__()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await iterator.__anext__()
    goes_on.set()

    assert scope.cancelled_caught
    assert await iterator.__anext__() == 2
    await iterator.aclose()
