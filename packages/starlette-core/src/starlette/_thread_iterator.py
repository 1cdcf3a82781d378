"""A plain iterator, read in a worker thread and consumed on the event loop.

One trip to a thread (a "pull") brings many items.  What keeps a slow iterator from
being delayed by that is that the thread does not keep what it has: each item goes
into ``_items`` at once, and a consumer that waits is woken for it, while the
thread goes on to the next.  The thread comes back when it is ahead by
``MAX_ITEMS`` or ``MAX_BYTES``, and is sent again when all of that is used up.

The iterator is touched by one thread at a time, and never on the event loop.  Who
stops it while a thread is at it leaves the closing to that thread; with a lock they
agree on whether it still is.
"""

from __future__ import annotations

import sys
from collections import deque
from contextlib import nullcontext
from functools import partial
from threading import Lock
from typing import (
    Any,
    AsyncIterator,
    Callable,
    ContextManager,
    Deque,
    Generic,
    Iterable,
    Iterator,
    Optional,
    TypeVar,
)

from starlette._event_loop import (
    abandonable,
    asyncio_task,
    find_anyio,
    require_anyio,
    resolve,
)
from starlette._threads import begin

__all__ = ("ThreadIterator",)

T = TypeVar("T")

# How far a thread may be ahead of the consumer: enough to make the trips cheap,
# little enough to hold in memory for every response that is being sent.
MAX_ITEMS = 128
MAX_BYTES = 256 * 1024


class ThreadIterator(AsyncIterator[T], Generic[T]):
    """Iterates over *iterable* in worker threads.

    An error of the iterator is raised after the items that came before it.
    """

    def __init__(self, iterable: Iterable[T]) -> None:
        self._iterable = iterable
        # There from the start if it is an iterator, so that it is closed even if
        # nobody has asked it for anything.
        self._iterator: Optional[Iterator[T]] = (
            iterable if isinstance(iterable, Iterator) else None
        )
        self._items: Deque[T] = deque()
        self._error: Optional[BaseException] = None
        self._is_pulling = False  # a thread is away, or has not been seen to be back
        self._is_over = False  # the iterator has no more
        # Whether the consumer wants no more, and whether a thread is at the iterator
        # that will look at that before it leaves.
        self._lock = Lock()
        self._is_stopped = False
        self._is_held = False
        # Called through _post, by the thread that has something for the consumer.
        self._wake: Optional[Callable[[], Any]] = None
        self._post: Callable[[Callable[[], Any]], Any]

    def __aiter__(self) -> ThreadIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._is_pulling:
                await self._wait()
            elif self._is_over or self._is_stopped:
                self._raise_error()
                raise StopAsyncIteration
            else:
                await self._send(self._pull)
        return self._items.popleft()

    async def aclose(self) -> None:
        """Stop, and close the iterator if it can be closed and is not at its end.

        Returns when the thread that reads it, if any, has come back.  Cancelled it
        does not wait for a thread that is busy reading: that one closes the iterator
        when it has the next item.
        """
        with self._lock:
            self._is_stopped = True
            is_left, self._is_held = not self._is_held, True
        if is_left and not self._is_over and self._iterator is not None:
            with _shield():
                await self._settle()  # it has left, and is on its way
                await self._send(self._close)
                await self._settle()
        await self._settle()
        self._is_over = True
        self._raise_error()

    async def _settle(self) -> None:
        """Wait for the thread to come back, and drop what it brings."""
        self._items.clear()
        while self._is_pulling:
            await self._wait()
            self._items.clear()

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # or its traceback would hold this frame, and it the error

    async def _send(self, work: Callable[[], None]) -> None:
        """Send a thread to do *work*; it need not be back when this returns."""
        self._post = _poster()
        self._is_pulling = self._is_held = True
        try:
            run = partial(self._run, work)
            if await begin(run, self._come_back) is None:
                await self._send_with_anyio(run)
        except BaseException:
            self._is_pulling = self._is_held = False
            raise

    async def _send_with_anyio(self, run: Callable[[], None]) -> None:
        anyio = require_anyio()
        # The scope is left as soon as there is something to consume; the thread
        # stays behind.  It is a shield so that the thread is started in any case.
        with anyio.CancelScope(shield=True) as scope:
            self._wake = wake = scope.cancel
            await anyio.to_thread.run_sync(
                self._run_and_come_back, run, **abandonable(anyio)
            )
        self._forget(wake)

    async def _wait(self) -> None:
        """Wait for an item, or for the thread to come back."""
        task = asyncio_task()
        woken: Any
        if task is None:
            woken = require_anyio().Event()
            wake = woken.set
        else:
            woken = task.get_loop().create_future()
            wake = partial(resolve, woken)
        if self._wake is not None:  # another task waits, to close it
            wake = partial(_call_both, self._wake, wake)
        self._wake = wake
        try:
            # Looked at again, now that the thread knows whom to wake: the item it had
            # before that woke nobody.
            if self._is_pulling and not self._items:
                await (woken.wait() if task is None else woken)
        finally:
            self._forget(wake)

    def _forget(self, wake: Callable[[], Any]) -> None:
        if self._wake is wake:
            self._wake = None

    def _come_back(self) -> None:
        self._is_pulling = False
        wake = self._wake
        if wake is not None:
            wake()

    # From here on, in the worker thread.

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._is_over = True
            self._error = error

    def _run_and_come_back(self, run: Callable[[], None]) -> None:
        try:
            run()
        finally:
            self._post(self._come_back)

    def _pull(self) -> None:
        if self._iterator is None:
            self._iterator = iter(self._iterable)
        size = 0
        for count, item in enumerate(self._iterator, 1):
            self._items.append(item)
            wake = self._wake
            if wake is not None:
                self._wake = None
                self._post(wake)
            if isinstance(item, (bytes, str, memoryview)):
                size += len(item)
            if (count >= MAX_ITEMS or size >= MAX_BYTES) and self._leave():
                return
            if self._is_stopped:
                self._close()
                return
        self._is_over = True

    def _leave(self) -> bool:
        """Let go of the iterator, unless it has been stopped."""
        with self._lock:
            self._is_held = is_held = self._is_stopped
        return not is_held

    def _close(self) -> None:
        self._is_over = True
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()


def _shield() -> ContextManager[Any]:
    """Return what keeps a cancelled scope of anyio from ending the awaits inside."""
    anyio = find_anyio()
    scope: ContextManager[Any]
    scope = nullcontext() if anyio is None else anyio.CancelScope(shield=True)
    return scope


def _call_both(first: Callable[[], Any], second: Callable[[], Any]) -> None:
    first()
    second()


def _poster() -> Callable[[Callable[[], Any]], Any]:
    """Return what calls a function on this event loop, from any thread."""
    task = asyncio_task()
    if task is not None:
        return task.get_loop().call_soon_threadsafe
    post: Callable[[Callable[[], Any]], Any]
    post = sys.modules["trio"].lowlevel.current_trio_token().run_sync_soon
    return post
