"""How a task on the event loop waits for the client side.

``Signal`` wakes the tasks that wait for it.  It is made outside of any event
loop and binds to one on the first wait, so that the objects that hold it can
be built by the test.
"""

from __future__ import annotations

from typing import Optional

import anyio

__all__ = ("Signal",)


class Signal:
    """Wakes whoever waits at that moment; it has no memory."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event: Optional[anyio.Event] = None

    def notify(self) -> None:
        """Wake the waiting tasks.  Call it on the event loop, or while it rests."""
        if self._event is not None:
            self._event.set()
            self._event = None

    async def wait(self) -> None:
        """Block until the next ``notify``."""
        if self._event is None:
            self._event = anyio.Event()
        await self._event.wait()
