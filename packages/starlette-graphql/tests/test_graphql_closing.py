"""Streams that are closed, whether or not anybody has read of them."""

from __future__ import annotations

from typing import AsyncIterator, List, Optional

import pytest

from starlette._graphql.closing import ClosedWith

pytestmark = pytest.mark.anyio


class Numbers:
    """A stream that is no generator and cannot be closed."""

    async def __anext__(self) -> int:
        return 1


class Stream(Numbers):
    """Numbers, and a note of when they were closed.

    Args:
        log: Where it is noted.
        error: Raised by ``aclose``.
    """

    def __init__(self, log: List[str], error: Optional[Exception] = None) -> None:
        self._log = log
        self._error = error

    async def aclose(self) -> None:
        self._log.append("stream")
        if self._error is not None:
            raise self._error


async def test_a_stream_is_passed_on() -> None:
    """
    It gives what the stream gives, and ends where that ends.
    """

    async def numbers() -> AsyncIterator[int]:
        yield 1
        yield 2

    assert [number async for number in ClosedWith(numbers(), None)] == [1, 2]


@pytest.mark.parametrize("is_read", [True, False])
async def test_closing(is_read: bool) -> None:
    """
    First the stream is closed and then the rest, also if nothing was ever read.
    """
    log: List[str] = []

    async def close() -> None:
        log.append("rest")

    stream = ClosedWith(Stream(log), close)
    if is_read:
        await stream.__anext__()
    await stream.aclose()

    assert log == ["stream", "rest"]


@pytest.mark.parametrize(
    "is_begun, expected", [(True, ["begun", "ended", "rest"]), (False, ["rest"])]
)
async def test_closing_a_generator(is_begun: bool, expected: List[str]) -> None:
    """
    If it was never begun none of its lines is run, but the rest is closed.
    """
    log: List[str] = []

    async def numbers() -> AsyncIterator[int]:
        log.append("begun")
        try:
            yield 1
        finally:
            log.append("ended")

    async def close() -> None:
        log.append("rest")

    stream = ClosedWith(numbers(), close)
    if is_begun:
        await stream.__anext__()
    await stream.aclose()

    assert log == expected


async def test_closing_twice() -> None:
    """
    The rest is closed once.
    """
    log: List[str] = []

    async def close() -> None:
        log.append("rest")

    stream = ClosedWith(Numbers(), close)
    await stream.aclose()
    await stream.aclose()

    assert log == ["rest"]


async def test_a_stream_that_fails_to_close() -> None:
    """
    The rest is closed all the same, and the error goes on.
    """
    log: List[str] = []

    async def close() -> None:
        log.append("rest")

    with pytest.raises(RuntimeError):
        await ClosedWith(Stream(log, RuntimeError()), close).aclose()

    assert log == ["stream", "rest"]


async def test_nothing_but_a_stream() -> None:
    """
    Neither of the two has to be closed.
    """
    stream = ClosedWith(Numbers(), None)

    assert await stream.__anext__() == 1
    await stream.aclose()
