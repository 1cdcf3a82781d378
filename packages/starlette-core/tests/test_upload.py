"""Uploaded files and the form that holds them."""

from __future__ import annotations

import asyncio
import io
import tempfile
import threading
from typing import Any, BinaryIO, Iterator, List, Set, cast

import anyio
import pytest

from starlette import _worker_threads
from starlette.datastructures import FormData, Headers, UploadFile

pytestmark = pytest.mark.anyio


class Traced:
    """A file that notes the threads it is used in, and delegates the rest."""

    def __init__(self, file: Any) -> None:
        self._inner = file
        self.threads: Set[int] = set()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in ("read", "write", "seek", "close"):
            return found

        def call(*args: Any) -> Any:
            self.threads.add(threading.get_ident())
            return found(*args)

        return call

    @property
    def is_off_the_loop(self) -> bool:
        """Whether the calls since the last question left this thread."""
        threads, self.threads = self.threads, set()
        return threading.get_ident() not in threads


@pytest.fixture
def spooled() -> Iterator[Any]:
    """A traced temporary file that keeps four bytes in memory."""
    with tempfile.SpooledTemporaryFile(max_size=4) as file:
        yield Traced(file)


def test_what_is_known_of_a_file() -> None:
    """
    The type is that of the part's header, and the representation shows it all.
    """
    headers = Headers({"content-type": "text/plain"})
    upload = UploadFile(io.BytesIO(), size=3, filename="a.txt", headers=headers)

    assert (upload.filename, upload.size) == ("a.txt", 3)
    assert upload.content_type == "text/plain"
    assert repr(upload) == (
        "UploadFile(filename='a.txt', size=3, "
        "headers=Headers({'content-type': 'text/plain'}))"
    )


def test_what_is_not_known_of_a_file() -> None:
    """
    It is ``None``, and the headers are empty.
    """
    upload = UploadFile(io.BytesIO())

    assert upload.filename is None
    assert upload.size is None
    assert upload.content_type is None
    assert upload.headers == Headers()


async def test_a_file_in_memory_is_used_on_the_spot(spooled: Any) -> None:
    """
    No thread is needed while nothing can block.
    """
    upload = UploadFile(spooled, size=0)
    await upload.write(b"abcd")
    await upload.seek(1)

    assert await upload.read(2) == b"bc"
    assert await upload.read() == b"d"
    assert upload.size == 4
    assert not spooled.is_off_the_loop
    assert upload._in_memory

    await upload.close()

    assert not spooled.is_off_the_loop
    assert spooled.closed


async def test_the_write_that_takes_a_file_to_disk_leaves_the_loop(
    spooled: Any,
) -> None:
    """
    So does everything after it.
    """
    upload = UploadFile(spooled, size=0)
    await upload.write(b"abc")

    assert not spooled.is_off_the_loop
    assert not upload._will_roll(1)
    assert upload._will_roll(2)

    await upload.write(b"de")

    assert spooled.is_off_the_loop
    assert not upload._in_memory
    assert not upload._will_roll(100)

    await upload.write(b"f")
    await upload.seek(0)

    assert await upload.read() == b"abcdef"
    assert upload.size == 6

    await upload.close()

    assert spooled.is_off_the_loop
    assert spooled.closed


async def test_a_file_without_a_limit_stays_in_memory() -> None:
    """
    A size of 0 is no size.
    """
    with tempfile.SpooledTemporaryFile() as file:
        upload = UploadFile(cast(BinaryIO, file))
        await upload.write(b"x" * 100_000)

        assert upload._in_memory
        assert upload.size is None


async def test_any_other_file_is_used_in_a_thread() -> None:
    """
    It may block, for all that is known.
    """
    file = Traced(io.BytesIO(b"abc"))
    upload = UploadFile(cast(BinaryIO, file))

    assert await upload.read() == b"abc"
    assert file.is_off_the_loop


async def test_a_cancelled_close_closes(spooled: Any) -> None:
    """
    A file on disk is closed though there is no waiting for a thread.
    """
    upload = UploadFile(spooled)
    await upload.write(b"abcdef")

    with anyio.CancelScope() as scope:
        scope.cancel()
        await upload.close()

    assert scope.cancelled_caught
    assert spooled.closed


async def test_closing_a_form_closes_its_files() -> None:
    """
    Text among them does not matter.
    """
    files = [io.BytesIO(), io.BytesIO()]
    form = FormData(
        [("a", UploadFile(files[0])), ("b", "text"), ("a", UploadFile(files[1]))]
    )
    await form.close()

    assert all(file.closed for file in files)


async def test_a_file_that_fails_to_close_does_not_keep_the_others_open() -> None:
    """
    All of them are closed, then the first error is raised.
    """

    class Failing(UploadFile):
        async def close(self) -> None:
            await super().close()
            raise OSError(self.filename)

    files: List[BinaryIO] = [io.BytesIO() for _ in range(3)]
    form = FormData(
        [
            ("a", Failing(files[0], filename="first")),
            ("b", Failing(files[1], filename="second")),
            ("c", UploadFile(files[2])),
        ]
    )

    with pytest.raises(OSError, match="first"):
        await form.close()

    assert all(file.closed for file in files)


async def test_a_cancelled_close_of_a_form_closes_every_file() -> None:
    """
    Those that were not reached are closed on the spot.
    """
    files = [io.BytesIO() for _ in range(3)]
    form = FormData([("a", UploadFile(file)) for file in files])

    with anyio.CancelScope() as scope:
        scope.cancel()
        await form.close()

    assert scope.cancelled_caught
    assert all(file.closed for file in files)


class SlowToRoll(tempfile.SpooledTemporaryFile):  # type: ignore[type-arg]
    """A file that goes to disk when it is let."""

    def __init__(self) -> None:
        super().__init__(max_size=4)
        self.is_rolling = threading.Event()
        self.may_roll = threading.Event()

    def rollover(self) -> None:
        self.is_rolling.set()
        self.may_roll.wait(60)
        super().rollover()


async def _left_behind(file: SlowToRoll) -> UploadFile:
    """Return what a thread is still writing to, for a task that was cancelled."""
    upload = UploadFile(cast(BinaryIO, file), size=0)
    task = asyncio.ensure_future(upload.write(b"12345"))
    while not file.is_rolling.is_set():
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return upload


def test_a_thread_that_was_left_behind_has_the_file() -> None:
    """
    Whoever comes next waits for it, in a thread too.
    """
    file = SlowToRoll()

    async def main() -> Any:
        upload = await _left_behind(file)
        was_in_memory = upload._in_memory
        rewound = asyncio.ensure_future(upload.seek(0))
        await asyncio.sleep(0)
        file.may_roll.set()
        await rewound
        content = await upload.read()
        await upload.close()
        return was_in_memory, content

    assert asyncio.run(main()) == (False, b"12345")
    assert file.closed


def test_a_file_is_closed_while_a_thread_has_it() -> None:
    """
    It is closed when the thread has done what it was about, on disk by now.
    """
    file = SlowToRoll()

    async def main() -> None:
        upload = await _left_behind(file)
        closing = asyncio.ensure_future(upload.close())
        await asyncio.sleep(0)
        file.may_roll.set()
        await closing

    asyncio.run(main())
    _worker_threads._finish()

    assert file.closed


def test_nobody_waits_for_the_thread_that_has_a_file() -> None:
    """
    That thread closes it.
    """
    file = SlowToRoll()

    async def main() -> None:
        upload = await _left_behind(file)
        closing = asyncio.ensure_future(upload.close())
        # Cancelled before a thread was sent to close it.
        closing.cancel()
        form = FormData([("a", upload)])
        closing_all = asyncio.ensure_future(form.close())
        await asyncio.sleep(0)
        closing_all.cancel()
        await asyncio.wait([closing, closing_all])

    asyncio.run(main())
    was_open = not file.closed
    file.may_roll.set()
    _worker_threads._finish()

    assert was_open
    assert file.closed
