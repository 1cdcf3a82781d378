"""Sessions in files: one file for each, which all processes of one machine share."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import time
from typing import Any, Callable, Iterator, Optional, Union

from starlette.concurrency import run_in_threadpool

try:
    import fcntl
except ImportError:  # pragma: no cover (Windows)
    fcntl = None  # type: ignore[assignment]

__all__ = ("FileStore",)

# Seconds between two looks for sessions that are too old.
PURGE_INTERVAL = 600


class FileStore:
    """Sessions in the files of one folder.

    A session is replaced as a whole, so that a reader, or a crash, meets the old one
    or the new one.  Writers of all processes take turns; on Windows, those of one
    process.  Files are read and written in worker threads.

    Sessions that are too old are removed by writes, every ten minutes.

    Args:
        folder: Made if it is not there, for this user alone.
        clock: Gives the time in seconds.

    Raises:
        ValueError: No folder is named.
        OSError: The folder cannot be made.
    """

    def __init__(
        self, folder: Union[str, os.PathLike[str]], *, clock: Callable[[], float] = time
    ) -> None:
        if not os.fspath(folder):
            raise ValueError("`folder` must be a path, but got an empty one.")
        self.folder: Path = Path(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._clock = clock
        self._lock = Lock()
        self._purged = clock()

    async def get(self, session_id: str) -> Optional[bytes]:
        """See ``SessionStore.get``."""
        return await run_in_threadpool(self._get, self._file(session_id))

    async def set(
        self, session_id: str, data: bytes, ttl: int, *, replaces: Optional[bytes]
    ) -> bool:
        """See ``SessionStore.set``."""
        file = self._file(session_id)
        return await run_in_threadpool(self._set, file, data, ttl, replaces)

    async def delete(self, session_id: str) -> None:
        """See ``SessionStore.delete``."""
        await run_in_threadpool(self._delete, self._file(session_id))

    async def renew(self, session_id: str, ttl: int) -> None:
        """See ``SessionStore.renew``."""
        await run_in_threadpool(self._renew, self._file(session_id), ttl)

    def _file(self, session_id: str) -> Path:
        from hashlib import sha256

        # Not the id itself: who can list the folder could take over the sessions,
        # and a file system may not tell letters from capitals.
        digest = sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / f"{digest}.session"

    def _get(self, file: Path) -> Optional[bytes]:
        try:
            with file.open("rb") as stream:
                # The time of its end is kept as that of its last change.
                if os.fstat(stream.fileno()).st_mtime <= self._clock():
                    return None
                return stream.read()
        except FileNotFoundError:
            return None

    def _set(
        self, file: Path, data: bytes, ttl: int, replaces: Optional[bytes]
    ) -> bool:
        with self._locked():
            if self._get(file) != replaces:
                return False
            self._write(file, data, self._clock() + ttl)
            if self._clock() - self._purged >= PURGE_INTERVAL:
                self._purge()
        return True

    def _write(self, file: Path, data: bytes, end: float) -> None:
        # Under the lock, so that one name will do; what a crash has left there is
        # written over.
        new = self.folder / "new"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        os.utime(new, (end, end))
        os.replace(new, file)

    def _delete(self, file: Path) -> None:
        with self._locked():
            _remove(file)

    def _renew(self, file: Path, ttl: int) -> None:
        end = self._clock() + ttl
        with self._locked():
            if self._get(file) is not None:
                os.utime(file, (end, end))

    def _purge(self) -> None:
        self._purged = now = self._clock()
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(".session") and entry.stat().st_mtime <= now:
                    _remove(entry)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock, (self.folder / "lock").open("ab") as stream:
            if fcntl is not None:  # pragma: no branch (Windows)
                # Released with the file.
                fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def _remove(file: Any) -> None:
    try:
        os.unlink(file)
    except FileNotFoundError:
        pass
