"""Uploaded files, and the form that holds them.

What is in memory is read and written on the spot; what is on disk, or goes
there with this very call, is left to a worker thread.  A file is closed with
the form it came in.

A task that is cancelled leaves behind the thread that works for it.  From then on
that thread has the file: who comes next waits for it, and if the file is closed
meanwhile, it is the thread that closes it.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, BinaryIO, Callable, Optional, Union

from starlette._headers import Headers
from starlette._multidict import ImmutableMultiDict

__all__ = ("FormData", "UploadFile")


class UploadFile:
    """A file that came with a form.

    Args:
        file: The file itself, opened for reading and writing bytes.
        size: How many bytes it holds, if that is known.
        filename: The name the client gave.  It may be anything: never use it
            as a path.
        headers: The header fields of its part of the form.

    Attributes:
        file: As given.
        size: The number of bytes, counting those written since; ``None`` if
            it was not given.
        filename: As given.
        headers: As given, or empty.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        size: Optional[int] = None,
        filename: Optional[str] = None,
        headers: Optional[Headers] = None,
    ) -> None:
        self.filename = filename
        self.file = file
        self.size = size
        self.headers: Headers = Headers() if headers is None else headers
        # Of a spooled temporary file: how much it keeps in memory, 0 is all.
        self._max_mem_size: int = getattr(file, "_max_size", 0)

    # Held by the thread that has the file, once a thread is asked for.
    _lock: Optional[Lock] = None
    _is_unwanted = False

    @property
    def content_type(self) -> Optional[str]:
        """The media type the client gave, if it did.  Not checked."""
        content_type: Optional[str] = self.headers.get("content-type")
        return content_type

    @property
    def _in_memory(self) -> bool:
        # Only a spooled temporary file says so; for all we know, any other
        # file may block.
        is_ours = self._lock is None or not self._lock.locked()
        return is_ours and not getattr(self.file, "_rolled", True)

    def _will_roll(self, size_to_add: int) -> bool:
        # The arithmetic of SpooledTemporaryFile, one write ahead.
        if not self._in_memory:
            return False
        end = self.file.tell() + size_to_add
        return 0 < self._max_mem_size < end

    def _lend(self) -> None:
        """Get ready for calls in threads."""
        if self._lock is None:
            self._lock = Lock()

    async def _in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        # Imported here: concurrency builds on nothing, but this module is loaded
        # by programs that never see a file.
        from starlette.concurrency import run_in_threadpool

        self._lend()
        return await run_in_threadpool(self._call, call, *args)

    def _call(self, call: Callable[..., Any], *args: Any) -> Any:
        """Call a method of the file, in a worker thread."""
        assert self._lock is not None
        try:
            with self._lock:
                return call(*args)
        finally:
            # It may have become so at any time, and found the lock taken.
            if self._is_unwanted:
                self._close_now()

    def _close_now(self) -> None:
        """Close the file, or have it closed by the thread that has it."""
        self._is_unwanted = True
        if self._lock is None:
            self.file.close()
        elif self._lock.acquire(blocking=False):
            try:
                self.file.close()
            finally:
                self._lock.release()

    async def write(self, data: bytes) -> None:
        """Write *data* at the current position.

        A write that takes the file out of memory runs in a worker thread, as
        does every one after it.
        """
        added = len(data)
        if self._in_memory and not self._will_roll(added):
            self.file.write(data)
        else:
            await self._in_thread(self.file.write, data)
        if self.size is not None:
            self.size += added

    async def read(self, size: int = -1) -> bytes:
        """Return up to *size* bytes from the current position; all by default."""
        if self._in_memory:
            return self.file.read(size)
        content: bytes = await self._in_thread(self.file.read, size)
        return content

    async def seek(self, offset: int) -> None:
        """Move to *offset*, in bytes from the start."""
        if self._in_memory:
            self.file.seek(offset)
        else:
            await self._in_thread(self.file.seek, offset)

    async def close(self) -> None:
        """Close the file, and with it delete what it had on disk.

        The file is closed even if this is cancelled.
        """
        if self._in_memory:
            self._close_now()
            return
        try:
            await self._in_thread(self.file.close)
        except BaseException:
            # No thread came to it, perhaps.  Closing twice is harmless.
            self._close_now()
            raise

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(filename={self.filename!r}, "
            f"size={self.size!r}, headers={self.headers!r})"
        )


class FormData(ImmutableMultiDict[str, Union[UploadFile, str]]):
    """The fields of a form: text is ``str``, a file is an ``UploadFile``.

    Takes what ``ImmutableMultiDict`` takes.
    """

    async def close(self) -> None:
        """Close every file of the form.

        Raises:
            Exception: The first error of a file, once all have been closed.
        """
        # Text is by far the most of it, and told quicker so.
        others = [value for _, value in self._list if type(value) is not str]
        waiting = [value for value in others if isinstance(value, UploadFile)]
        waiting.reverse()
        error: Optional[Exception] = None
        try:
            while waiting:
                try:
                    await waiting.pop().close()
                except Exception as failure:
                    error = error or failure
        finally:
            # Left over after a cancellation: there is no waiting for threads.
            for upload in waiting:
                upload._close_now()
        if error is not None:
            raise error
