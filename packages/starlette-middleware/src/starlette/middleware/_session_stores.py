"""What keeps sessions on the server's side: the interface, and a store in memory.

A store holds bytes under ids and knows nothing of what they mean.  ``set`` compares
and sets in one step: that is all that concurrent requests need to bring their changes
together (``_session_records.py``), and every database has it.
"""

from __future__ import annotations

from threading import Lock
from time import time
from typing import Any, Callable, Dict, Optional, Protocol, Tuple, Union

from starlette._compat import entry_points

__all__ = ("MemoryStore", "SessionStore", "open_store")

GROUP = "starlette.session_stores"


class SessionStore(Protocol):
    """Where sessions are kept.  All times to live are in seconds, and positive.

    A distribution makes its store known by an entry point of the group
    ``starlette.session_stores``: a callable from the text that is given as ``store``,
    such as ``"redis://localhost"``, to the store; its name is what stands before the
    colon.
    """

    async def get(self, session_id: str) -> Optional[bytes]:
        """Return what is kept under an id; ``None`` if nothing is, or it is too old."""
        ...

    async def set(
        self, session_id: str, data: bytes, ttl: int, *, replaces: Optional[bytes]
    ) -> bool:
        """Keep *data*, if *replaces* is what is kept now.

        Both in one step, across all processes that share the store.

        Args:
            session_id: Of ASCII letters, digits, ``-`` and ``_``.
            data: What to keep.
            ttl: How long.
            replaces: As ``get`` returned it; ``None`` stands for nothing.

        Returns:
            Whether it is kept; if not, nothing has changed.
        """
        ...

    async def delete(self, session_id: str) -> None:
        """Keep nothing under an id any more; nothing there is no error."""
        ...

    async def renew(self, session_id: str, ttl: int) -> None:
        """Keep what is there for *ttl* from now on; nothing there is no error."""
        ...


class MemoryStore:
    """Sessions in the memory of one process.  They end with it.

    Args:
        max_sessions: How many are kept; beyond that, those go that were written
            longest ago.  An attacker can begin as many as he likes.
        clock: Gives the time in seconds.

    Raises:
        ValueError: *max_sessions* is not positive.
    """

    def __init__(
        self, *, max_sessions: int = 100_000, clock: Callable[[], float] = time
    ) -> None:
        if max_sessions < 1:
            raise ValueError(
                f"`max_sessions` must be 1 or more, but got {max_sessions!r}."
            )
        self.max_sessions = max_sessions
        self._clock = clock
        # Applications may serve several event loops, each in a thread of its own.
        self._lock = Lock()
        # In the order of writing.
        self._kept: Dict[str, Tuple[bytes, float]] = {}
        self._writes_to_purge = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, session_id: str) -> Optional[bytes]:
        """See ``SessionStore.get``."""
        with self._lock:
            return self._get(session_id)

    def _get(self, session_id: str) -> Optional[bytes]:
        data, end = self._kept.get(session_id, (None, 0))
        if data is not None and end <= self._clock():
            del self._kept[session_id]
            return None
        return data

    async def set(
        self, session_id: str, data: bytes, ttl: int, *, replaces: Optional[bytes]
    ) -> bool:
        """See ``SessionStore.set``."""
        with self._lock:
            if self._get(session_id) != replaces:
                return False
            # First, so that for one that is there already nobody else has to go.
            self._kept.pop(session_id, None)
            self._make_room()
            self._kept[session_id] = data, self._clock() + ttl
        return True

    def _make_room(self) -> None:
        if self._writes_to_purge == 0:
            now = self._clock()
            self._kept = {k: kept for k, kept in self._kept.items() if kept[1] > now}
            # As many as there are sessions, so that it costs each write the same.
            self._writes_to_purge = len(self._kept) + 1
        self._writes_to_purge -= 1
        while len(self._kept) >= self.max_sessions:
            del self._kept[next(iter(self._kept))]

    async def delete(self, session_id: str) -> None:
        """See ``SessionStore.delete``."""
        with self._lock:
            self._kept.pop(session_id, None)

    async def renew(self, session_id: str, ttl: int) -> None:
        """See ``SessionStore.renew``."""
        with self._lock:
            data = self._get(session_id)
            if data is not None:
                self._kept[session_id] = data, self._clock() + ttl


def _memory(url: str) -> MemoryStore:
    return MemoryStore()


def _file(url: str) -> Any:
    from starlette.middleware._session_files import FileStore

    return FileStore(url.partition(":")[2])


_OWN: Dict[str, Callable[[str], Any]] = {"memory": _memory, "file": _file}


def open_store(store: Union[SessionStore, str]) -> SessionStore:
    """Return *store*, or the one that a text such as ``"file:/var/lib/x"`` names.

    Raises:
        ValueError: There is no store of that name.
        TypeError: It is not a store.
    """
    if not isinstance(store, str):
        missing = [
            n for n in ("get", "set", "delete", "renew") if not hasattr(store, n)
        ]
        if missing:
            raise TypeError(
                f"`store` must have the methods of `SessionStore`, but "
                f"{type(store).__name__} has no {', '.join(missing)}."
            )
        return store
    name = store.partition(":")[0]
    make = _OWN.get(name)
    others = {} if make else {entry.name: entry for entry in entry_points(GROUP)}
    if name in others:
        make = others[name].load()
    if make is None:
        names = ", ".join([*_OWN, *sorted(others)])
        raise ValueError(f"`store` must be one of {names}, but got {store!r}.")
    opened: SessionStore = make(store)
    return opened
