"""How many worker threads may be busy at once, for each asyncio event loop.

It is anyio's default thread limiter that decides where anyio is installed: that is
the number people change.  Without anyio there are 40 tokens per loop, as many as
anyio's limiter has at first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Deque, MutableMapping
from weakref import WeakKeyDictionary

from starlette._event_loop import find_anyio

__all__ = ("ThreadLimit", "thread_limit")

TOKENS = 40


class ThreadLimit:
    """Tokens, handed out in the order they are asked for."""

    def __init__(self, tokens: int = TOKENS) -> None:
        self._free = tokens
        self._queue: Deque[asyncio.Future[None]] = deque()

    def try_acquire(self, owner: object) -> bool:
        """Take a token for *owner* if there is one and nobody waits for it."""
        if self._free == 0:
            return False
        self._free -= 1
        return True

    async def acquire(self, owner: object) -> None:
        """Wait for a token for *owner*."""
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.release(owner)  # it was granted, and came too late
            elif turn in self._queue:
                self._queue.remove(turn)
            raise

    def release(self, owner: object) -> None:
        """Give the token of *owner* back, or rather to who has waited longest."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class AnyioLimit(ThreadLimit):
    """The same, by the tokens of a ``CapacityLimiter``."""

    # It is told the number of the owner and not the owner, which knows its event loop:
    # a token that is not given back, because the loop was closed before the call ended,
    # would keep the loop in `_limits` for ever.

    def __init__(self, anyio: Any) -> None:
        self._limiter = anyio.to_thread.current_default_thread_limiter()
        self._would_block = anyio.WouldBlock

    def try_acquire(self, owner: object) -> bool:
        """Take a token for *owner* if there is one and nobody waits for it."""
        try:
            self._limiter.acquire_on_behalf_of_nowait(id(owner))
        except self._would_block:
            return False
        return True

    async def acquire(self, owner: object) -> None:
        """Wait for a token for *owner*."""
        try:
            await self._limiter.acquire_on_behalf_of(id(owner))
        except BaseException:
            self._wake_next()
            raise

    def _wake_next(self) -> None:
        # For anyio 4.5, the last one for Python 3.8: who is cancelled when it is its
        # turn keeps that, and with tokens to be had all others wait for ever.  Later
        # ones leave nobody waiting while a token is free.
        limiter = self._limiter
        is_free = limiter.borrowed_tokens < limiter.total_tokens
        if is_free and limiter.statistics().tasks_waiting:  # pragma: no cover (later)
            limiter.total_tokens += 1
            limiter.total_tokens -= 1

    def release(self, owner: object) -> None:
        """Give the token of *owner* back."""
        self._limiter.release_on_behalf_of(id(owner))


_limits: MutableMapping[asyncio.AbstractEventLoop, ThreadLimit] = WeakKeyDictionary()


def thread_limit(loop: asyncio.AbstractEventLoop) -> ThreadLimit:
    """Return the limit of *loop*, which must be running."""
    # Asking anyio each time would cost as much as acquiring a token ten times.
    try:
        return _limits[loop]
    except KeyError:
        anyio = find_anyio()
        limit = _limits[loop] = ThreadLimit() if anyio is None else AnyioLimit(anyio)
        return limit
