"""One request's part in a session that is kept in a store.

Requests of one session run at the same time, in several processes perhaps.  Each
starts from what is stored then, and what it changes is put into what is stored when it
is done, key by key: nobody's change is lost, and of two changes of one key the later
counts.  A session that has ended meanwhile stays ended.
"""

from __future__ import annotations

import re
from secrets import token_urlsafe
from typing import Any, Dict, Optional

from starlette.middleware._session import Session, decode_session, encode_session
from starlette.middleware._session_stores import SessionStore

__all__ = ("StoredSession",)

# What token_urlsafe(32) gives.
_IS_ID = re.compile(rb"[A-Za-z0-9_-]{43}").fullmatch

# Every refusal means that another request was faster; so many in a row mean that
# the store does not compare.
MAX_ATTEMPTS = 1000


class StoredSession:
    """A session as the store has it, and as this request knows it.

    Args:
        store: Where it is kept.
        ttl: How long, after a change, in seconds.

    Attributes:
        id: The one that the client has, or is to be given; ``None`` if there is none.
        stored: What the store was seen to keep.
        has_ended: Whether another request has ended it, or given it another id, since
            this one has begun.  The client has its answer, and the cookie in it.
    """

    __slots__ = ("_known", "_store", "_ttl", "has_ended", "id", "stored")

    def __init__(self, store: SessionStore, ttl: int) -> None:
        self.id: Optional[str] = None
        self.stored: Optional[bytes] = None
        self.has_ended = False
        # What the values were when they were read, or written by this request.
        self._known = b"{}"
        self._store = store
        self._ttl = ttl

    async def open(self, session_id: Optional[bytes]) -> None:
        """Fetch the session, if there is one of this id.

        The id of a session that is not there is not used: it may be an attacker's.
        """
        if session_id is None or not _IS_ID(session_id):
            return
        text = session_id.decode("ascii")
        self.stored = await self._store.get(text)
        if self.stored is not None:
            self.id = text
            self._known = self.stored

    async def renew(self) -> None:
        """Keep the session longer."""
        if self.id is not None:
            await self._store.renew(self.id, self._ttl)
            if await self._store.get(self.id) is None:
                self._end()

    def _end(self) -> None:
        self.id = None
        self.has_ended = True

    async def save(self, session: Session) -> None:
        """Bring what *session* has become into the store, under a new id if need be."""
        if self.id is None or session._is_cleared or session._needs_new_id:
            await self._begin_anew(session)
        else:
            await self._merge(self.id, session)

    async def save_rest(self, session: Session) -> None:
        """Bring into the store what has changed after the client had its answer.

        The client cannot be given another id any more.
        """
        if self.id is None or encode_session(session) == self._known:
            return
        if not session and session._is_cleared:
            await self._store.delete(self.id)
        else:
            await self._merge(self.id, session)

    async def _begin_anew(self, session: Session) -> None:
        old, text = self.id, encode_session(session)
        if old is not None and not session._is_cleared:
            latest = decode_session(await self._store.get(old) or b"{}")
            text = _merged(decode_session(self._known), decode_session(text), latest)
        self.id = token_urlsafe(32) if text != b"{}" else None
        if self.id is not None:
            await self._store.set(self.id, text, self._ttl, replaces=None)
        if old is not None:
            await self._store.delete(old)
        self._note(session, text)

    async def _merge(self, session_id: str, session: Session) -> None:
        before = decode_session(self._known)
        now = decode_session(encode_session(session))
        for _ in range(MAX_ATTEMPTS):
            if self.stored is None:
                self._end()
                return
            text = _merged(before, now, decode_session(self.stored))
            if await self._store.set(session_id, text, self._ttl, replaces=self.stored):
                self._note(session, text)
                return
            self.stored = await self._store.get(session_id)
        raise RuntimeError(
            f"{type(self._store).__name__}.set() has refused {MAX_ATTEMPTS} times in a "
            "row to replace what get() returned."
        )

    def _note(self, session: Session, text: bytes) -> None:
        self.stored = text
        self._known = encode_session(session)
        session._is_cleared = session._needs_new_id = False


def _merged(
    before: Dict[str, Any], now: Dict[str, Any], stored: Dict[str, Any]
) -> bytes:
    """Return *stored* with what has changed from *before* to *now*."""
    for key in before:
        if key not in now:
            stored.pop(key, None)
    for key, value in now.items():
        # As JSON: 1 and True are equal, and not the same.
        if key not in before or encode_session(before[key]) != encode_session(value):
            stored[key] = value
    return encode_session(stored)
