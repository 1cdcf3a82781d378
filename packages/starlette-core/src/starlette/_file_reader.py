"""A file, opened and read in worker threads.

A trip to a thread costs as much as reading a hundred kilobytes, so each one does
what it can: the first opens the file, measures it and reads, the others read up to
``BATCH`` bytes, and the last one closes it too.

The file belongs to the thread that is reading.  If the event loop has no more use
for it meanwhile, the thread closes it when it is done.
"""

from __future__ import annotations

import os
from stat import S_ISREG
from threading import Lock
from typing import Callable, Iterator, List, Optional, Sequence, Tuple, Union

__all__ = ("READ", "FileReader", "OpenFile", "Part", "stat_file")

# With these, opening a named pipe does not wait for somebody to write to it.
READ = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)

# How many bytes are read in one trip, and held in memory for one response.
BATCH = 512 * 1024

# Bytes to send before a range of the file, its start, its end (excluded), and bytes
# to send after it.
Part = Tuple[bytes, int, int, bytes]


def stat_file(path: Union[str, os.PathLike[str]]) -> os.stat_result:
    """Return the status of a regular file.

    Raises:
        RuntimeError: If there is no file at *path*, or no regular one.
        OSError: If it cannot be looked at.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise RuntimeError(f"File at path {path} does not exist.") from None
    if not S_ISREG(found.st_mode):
        raise RuntimeError(f"File at path {path} is not a file.")
    return found


class OpenFile:
    """A descriptor to read from, closed with the object at the latest.

    It costs half of what a file object does.  Usually it is closed by the response;
    the object stands in where a program drops a response that it never sent.
    """

    __slots__ = ("_descriptor",)

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def closed(self) -> bool:
        """Whether there is nothing to read from any more."""
        return self._descriptor < 0

    def fileno(self) -> int:
        return self._descriptor

    def seek(self, position: int) -> None:
        os.lseek(self._descriptor, position, os.SEEK_SET)

    def read(self, size: int) -> bytes:
        return os.read(self._descriptor, size)

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()


class FileReader:
    """Reads parts of the file at *path*, in pieces of at most *chunk_size* bytes."""

    def __init__(self, path: Union[str, os.PathLike[str]], chunk_size: int) -> None:
        self._path = path
        self._chunk_size = chunk_size
        self._file: Optional[OpenFile] = None
        self._pieces: Iterator[bytes] = iter(())
        self._left = 0
        self._lock = Lock()
        self._is_unwanted = False
        self.is_at_end = False
        self.status: os.stat_result  # of the file once it is open

    def open(
        self, plan: Optional[Callable[[os.stat_result], Sequence[Part]]]
    ) -> List[bytes]:
        """Open the file, in a worker thread, and read the first batch.

        Args:
            plan: Called in the thread with the status of the open file; returns
                what to read.  Without it nothing is read yet.

        Raises:
            RuntimeError: If it is not a regular file.
            OSError: If it cannot be opened.
            BaseException: What *plan* raises.
        """
        return self._with_file(lambda: self._open(plan))

    def _open(
        self, plan: Optional[Callable[[os.stat_result], Sequence[Part]]]
    ) -> List[bytes]:
        stat_file(self._path)  # before it is opened: devices act on that
        # Closed by close(), on the event loop or in a thread.
        self._file = OpenFile(os.open(self._path, READ))
        self.status = os.fstat(self._file.fileno())
        return [] if plan is None else self._start(plan(self.status))

    def start(self, parts: Sequence[Part]) -> List[bytes]:
        """Read the first batch of *parts*, in a worker thread."""
        return self._with_file(lambda: self._start(parts))

    def _start(self, parts: Sequence[Part]) -> List[bytes]:
        assert self._file is not None
        self._pieces = _read(self._file, self._path, self._chunk_size, parts)
        self._left = sum(
            len(before) + end - start + len(after)
            for before, start, end, after in parts
        )
        return self._batch()

    def more(self) -> List[bytes]:
        """Read another batch, in a worker thread.

        Raises:
            RuntimeError: If the file has become shorter than it was announced.
        """
        return self._with_file(self._batch)

    def close(self) -> None:
        """Close the file, now or when the thread that reads it is done."""
        self._is_unwanted = True
        if self._file is not None and self._lock.acquire(blocking=False):
            try:
                self._pieces = iter(())  # as in _batch()
                self._file.close()
            finally:
                self._lock.release()

    def _with_file(self, read: Callable[[], List[bytes]]) -> List[bytes]:
        try:
            with self._lock:
                return read()
        finally:
            # close() may have come at any time, and found the lock taken.
            if self._is_unwanted or self.is_at_end:
                self.close()

    def _batch(self) -> List[bytes]:
        batch: List[bytes] = []
        room = BATCH
        while room > 0 and self._left:
            piece = next(self._pieces)
            batch.append(piece)
            room -= len(piece)
            self._left -= len(piece)
        if not self._left:
            self.is_at_end = True
            # The generator refers to the last piece.
            self._pieces = iter(())
        return batch


# Not a method: a generator that is kept in the object that it refers to is a circle,
# and of a reader that is dropped, as by a task that was cancelled, the file would stay
# open until the garbage collector comes by.
def _read(
    file: OpenFile,
    path: Union[str, os.PathLike[str]],
    chunk_size: int,
    parts: Sequence[Part],
) -> Iterator[bytes]:
    position = 0
    # Never asked for more than there is: see FileReader._left.
    for before, start, end, after in parts:  # pragma: no branch
        if before:
            yield before
        if start != position:
            file.seek(start)
        position = end
        while start < end:
            piece = file.read(min(chunk_size, end - start))
            if not piece:
                raise RuntimeError(
                    f"File at path {path} became shorter while it was sent: "
                    f"it ends at byte {start}, and not at {end}."
                )
            start += len(piece)
            yield piece
        if after:
            yield after
