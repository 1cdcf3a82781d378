"""One call of the application, watched from outside of its event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Any, Awaitable, Callable, Optional

import anyio

__all__ = ("Job",)


class Job:
    """A coroutine function that runs to its end in a task of some event loop.

    Its error is kept for the side that waits for it, never raised in the loop.

    Attributes:
        is_done: Whether the call has returned or raised.
        error: What it raised.
    """

    __slots__ = ("_is_cancelled", "_scope", "_wake", "error", "is_done")

    def __init__(self, wake: Callable[[], None]) -> None:
        self.is_done: bool = False
        self.error: Optional[BaseException] = None
        self._wake = wake
        self._scope: Optional[anyio.CancelScope] = None
        self._is_cancelled = False

    def has_ended(self) -> bool:
        """Return ``is_done``; a callable, to wait for."""
        return self.is_done

    async def run(self, func: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Call *func*, in the task that is to be watched."""
        try:
            with anyio.CancelScope() as self._scope:
                if self._is_cancelled:
                    self._scope.cancel()
                await func(*args)
        except anyio.get_cancelled_exc_class() as exc:
            # Cancelled by someone else: the event loop is closing, or the
            # application raised it.  The loop has to see it.
            self.error = exc
            raise
        except BaseException as exc:
            self.error = exc
        finally:
            self.is_done = True
            self._scope = None
            self._wake()

    def cancel(self) -> None:
        """Cancel the call.  Called on the event loop."""
        self._is_cancelled = True
        if self._scope is not None:
            self._scope.cancel()

    def take_error(self) -> Optional[BaseException]:
        """Return the error and forget it, so that it keeps no frame alive here."""
        error, self.error = self.error, None
        if isinstance(error, asyncio.CancelledError):
            return concurrent.futures.CancelledError("The application was cancelled.")
        return error
