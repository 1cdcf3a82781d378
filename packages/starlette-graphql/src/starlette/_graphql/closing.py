"""Closing what a stream was made of, also where nobody has begun to read it.

``aclose()`` of a generator that was never asked for anything does not run a line of
it, so no ``finally`` in it either.  A stream may well be closed like that: the client
is gone before the first byte can be sent.  So whatever has to be closed with a stream
is not left to a generator.
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Optional

__all__ = ("ClosedWith",)


class ClosedWith:
    """A stream, and what is done when it has been closed.

    Args:
        stream: An asynchronous generator, or anything with ``__anext__()``; its
            ``aclose()`` is called if it has one.
        close: Awaited after that, once, whatever came of it.  ``None`` for nothing.
    """

    def __init__(
        self,
        stream: Any,
        close: Optional[Callable[[], Awaitable[Any]]],
    ) -> None:
        self._stream = stream
        self._close = close

    def __aiter__(self) -> ClosedWith:
        return self

    async def __anext__(self) -> Any:
        return await self._stream.__anext__()

    async def aclose(self) -> None:
        """Close the stream, and do what is done then."""
        close, self._close = self._close, None
        aclose: Any = getattr(self._stream, "aclose", None)
        try:
            if aclose is not None:
                await aclose()
        finally:
            if close is not None:
                await close()
