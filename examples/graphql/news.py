"""Tells all who listen, within this process."""

from __future__ import annotations

from typing import Any, Set

import anyio

# Who is this far behind is let go, so that nobody's slowness costs memory.
BACKLOG = 100


class Listener:
    """Hears what is told from when it was made, until it is closed."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._sending, self._receiving = anyio.create_memory_object_stream[Any](BACKLOG)
        news.listeners.add(self)

    def hear(self, item: Any) -> None:
        """Keep it until it is asked for; too much of it ends the stream."""
        try:
            self._sending.send_nowait(item)
        except anyio.WouldBlock:
            self._leave()

    def __aiter__(self) -> Listener:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._receiving.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """Hear nothing any more."""
        self._leave()
        self._receiving.close()

    def _leave(self) -> None:
        self._news.listeners.discard(self)
        self._sending.close()


class News:
    """Many listeners, each hears everything from when it began to listen."""

    def __init__(self) -> None:
        self.listeners: Set[Listener] = set()

    def tell(self, item: Any) -> None:
        """Tell all listeners, without waiting for any."""
        for listener in list(self.listeners):
            listener.hear(item)

    def listen(self) -> Listener:
        """Return a new listener."""
        # No generator, which would begin to listen when it is first asked.
        return Listener(self)
