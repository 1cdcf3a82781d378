"""An application that is run message by message, by the one who reads them.

``BaseHTTPMiddleware`` needs the response of the application inside before that is
complete.  So the application is held at each message it sends, until the reader asks
for the next.  A task of its own would do, and cost a hundred times as much as a small
request; the coroutine of the application is stepped by hand instead, within the task
of the reader (``Stepped``).  What it waits for is passed on to the event loop; so it is
cancelled with its reader, and shares the context variables, both ways.

One thing needs more care.  An application may send from another task, one that it has
started.  Then nobody steps, and the reader has to be woken from what the coroutine
waits for.  A future of asyncio can be waited for by two; a trap of trio cannot, and on
trio the application is run in a task after all (``Spawned``), one with the reader's
context.

This module and ``concurrency`` are the only ones that know the event loop.
"""

from __future__ import annotations

import sys
from collections import deque
from types import CoroutineType, coroutine
from typing import Any, Awaitable, Deque, Generator, List, Optional, Protocol, Tuple

from starlette.types import ASGIApp, Message, Receive, Scope

__all__ = ("Handoff", "Spawned", "Stepped", "running_trio")

# What a send of the stepped application yields, to its stepper and nobody else.
HELD = object()

# After how many messages that nobody reads the others get a turn: an endless response
# that never waits for anything would not hear that it is to end, nor would anybody
# hear anything.
TURN = 16


class Discarded(OSError):
    """Nobody reads this response: ASGI, HTTP, "Disconnected Client"."""


def _tells_of_discard(exc: Exception) -> bool:
    # Responses make a ClientDisconnect of it.
    return isinstance(exc, Discarded) or isinstance(exc.__cause__, Discarded)


class Handoff(Protocol):
    """An application that is held at each message it sends."""

    async def next(self) -> Optional[Message]:
        """Run the application until it sends, and return the message.

        Returns:
            None: The application has ended.

        Raises:
            BaseException: What the application has raised.
        """

    async def finish(self) -> None:
        """Run the application to its end; what it still sends is discarded."""

    async def cancel(self) -> None:
        """Cancel the application, and wait for its end."""

    async def until_run(self) -> None:
        """Wait until a cancellation of the application would not hit its reader."""


class Stepped:
    """An application that is stepped within the task of its reader.

    Args:
        app: The application.
        scope: Given to *app*.
        receive: Given to *app*.
    """

    __slots__ = (
        "_acknowledge",
        "_blocker",
        "_coroutine",
        "_discarded",
        "_error",
        "_foreign",
        "_is_discarding",
        "_is_done",
        "_is_stepping",
        "_is_yielding",
        "_message",
        "_raises",
        "_waiting",
        "_waker",
    )

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive) -> None:
        # Servers of ASGI 2.4 and later raise when nobody reads; see there.
        self._raises = scope.get("asgi", {}).get("spec_version", "2.0") >= "2.4"
        awaitable = app(scope, receive, self.send)
        self._coroutine: Any = (
            awaitable if type(awaitable) is CoroutineType else _await(awaitable)
        )
        # The future that the coroutine waits for, and the one its reader waits for.
        self._blocker: Any = None
        self._waker: Any = None
        # Messages from other tasks, each with the future that lets its task go on.
        self._foreign: Deque[Tuple[Message, Any]] = deque()
        self._acknowledge: Any = None
        self._error: Optional[BaseException] = None
        self._message: Optional[Message] = None
        self._is_stepping = False
        self._is_discarding = False
        self._discarded = 0
        self._is_done = False
        # Whether it waits for its turn and nothing else; who waits for it to run.
        self._is_yielding = False
        self._waiting: List[Any] = []

    def send(self, message: Message) -> Awaitable[None]:
        """Hold the application until the reader asks for more."""
        if self._is_discarding:
            return self._discard(message)
        if self._is_stepping:
            self._message = message
            # Who waits for the application to run gets a turn while it does.
            return _held_after_a_turn() if self._waiting else _held()
        return self._send_from_elsewhere(message)

    async def _discard(self, message: Message) -> None:
        if message.get("more_body"):
            if self._raises:
                raise Discarded("Nobody reads this response")
            self._discarded += 1
            if self._discarded % TURN == 0:
                await _turn()

    async def _send_from_elsewhere(self, message: Message) -> None:
        import asyncio

        acknowledged = asyncio.get_running_loop().create_future()
        self._foreign.append((message, acknowledged))
        self._wake()
        await acknowledged

    async def next(self) -> Optional[Message]:
        """Run the application until it sends, and return the message."""
        if self._acknowledge is not None:
            self._let_go(self._acknowledge)
            self._acknowledge = None
        if self._waiting:
            for waiter in self._waiting:
                self._let_go(waiter)
        message: Optional[Message] = await self._advance()
        return message

    async def until_run(self) -> None:
        """Wait until a cancellation of the application would not hit its reader.

        They share a task: what the task waits for is the reader's, unless that has
        asked for a message.
        """
        while not (
            self._is_stepping
            or self._is_yielding
            or self._waker is not None
            or self._is_done
        ):
            import asyncio

            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            finally:
                self._waiting.remove(waiter)

    @coroutine
    def _advance(self) -> Generator[Any, Any, Optional[Message]]:
        error, self._error = self._error, None
        result: Any = None
        while True:
            if self._foreign and not self._is_discarding:
                foreign, self._acknowledge = self._foreign.popleft()
                self._error = error
                return foreign
            if self._is_done:
                return None
            blocker = self._blocker
            if blocker is not None:
                if not blocker.done():
                    try:
                        yield from self._sleep(blocker)
                    except BaseException as exc:
                        # Cancelled: as a task would, through what it waits for.
                        # The message tells anyio which scope it belongs to.
                        if not blocker.cancel(*exc.args[:1]):
                            error = exc
                    continue
                self._blocker = None
            yielded = self._step(result, error)
            result = error = None
            if yielded is HELD:
                message = self._message
                self._message = None
                return message
            if getattr(yielded, "_asyncio_future_blocking", None):
                yielded._asyncio_future_blocking = False
                self._blocker = yielded
            elif not self._is_done:
                self._is_yielding = True
                try:
                    result = yield yielded
                except BaseException as exc:
                    error = exc
                finally:
                    self._is_yielding = False

    def _step(self, result: Any, error: Optional[BaseException]) -> Any:
        self._is_stepping = True
        try:
            if error is None:
                return self._coroutine.send(result)
            return self._coroutine.throw(error)
        except StopIteration:
            self._is_done = True
        except BaseException:
            self._is_done = True
            raise
        finally:
            self._is_stepping = False

    def _sleep(self, blocker: Any) -> Generator[Any, Any, None]:
        self._waker = blocker.get_loop().create_future()
        blocker.add_done_callback(self._wake)
        try:
            yield from self._waker
        finally:
            self._waker = None
            blocker.remove_done_callback(self._wake)

    def _wake(self, blocker: Any = None) -> None:
        if self._waker is not None:
            self._let_go(self._waker)

    def _let_go(self, future: Any) -> None:
        if not future.done():
            future.set_result(None)

    async def finish(self) -> None:
        """Run the application to its end; what it still sends is discarded."""
        self._is_discarding = True
        # Other tasks may go on sending after the application has ended.
        for _, acknowledged in self._foreign:
            self._let_go(acknowledged)
        if self._is_done and self._acknowledge is None:
            return
        try:
            await self.next()
        except Exception as exc:
            if not _tells_of_discard(exc):
                raise

    async def cancel(self) -> None:
        """Cancel the application, and wait for its end."""
        if self._is_done:
            await self.finish()
            return
        import asyncio

        if self._blocker is None or not self._blocker.cancel():
            self._error = asyncio.CancelledError()
        try:
            await self.finish()
        except asyncio.CancelledError:
            pass


async def _await(awaitable: Awaitable[None]) -> None:
    await awaitable


@coroutine
def _held() -> Generator[Any, None, None]:
    yield HELD


@coroutine
def _turn() -> Generator[Any, None, None]:
    yield


@coroutine
def _held_after_a_turn() -> Generator[Any, None, None]:
    yield
    yield HELD


class Spawned:
    """An application in a task of trio.

    Args:
        app: The application.
        scope: Given to *app*.
        receive: Given to *app*.
        nursery: Where the task is started.
        trio: The module.
    """

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, nursery: Any, trio: Any
    ) -> None:
        self._trio = trio
        self._news = trio.Event()
        self._messages: Deque[Tuple[Message, Any]] = deque()
        self._acknowledge: Any = None
        self._error: Optional[BaseException] = None
        self._raises = scope.get("asgi", {}).get("spec_version", "2.0") >= "2.4"
        self._is_discarding = False
        self._discarded = 0
        self._is_done = False
        self._cancel_scope = trio.CancelScope()
        context = trio.lowlevel.current_task().context
        nursery.start_soon(self._run, app, scope, receive, context)

    async def _run(
        self, app: ASGIApp, scope: Scope, receive: Receive, context: Any
    ) -> None:
        # Trio enters a task's context at each step; from the next one on it is
        # the reader's.
        self._trio.lowlevel.current_task().context = context
        try:
            with self._cancel_scope:
                await self._trio.lowlevel.checkpoint()
                await app(scope, receive, self.send)
        except Exception as exc:
            self._error = exc
        finally:
            self._is_done = True
            self._news.set()

    async def send(self, message: Message) -> None:
        """Hold the application until the reader asks for more."""
        if self._is_discarding:
            if message.get("more_body"):
                if self._raises:
                    raise Discarded("Nobody reads this response")
                self._discarded += 1
                if self._discarded % TURN == 0:
                    await self._trio.lowlevel.checkpoint()
            return
        acknowledged = self._trio.Event()
        self._messages.append((message, acknowledged))
        self._news.set()
        await acknowledged.wait()

    async def next(self) -> Optional[Message]:
        """Run the application until it sends, and return the message."""
        if self._acknowledge is not None:
            self._acknowledge.set()
            self._acknowledge = None
        while not self._messages and not self._is_done:
            self._news = self._trio.Event()
            try:
                await self._news.wait()
            except self._trio.Cancelled:
                # As if the reader ran the application itself.
                self._cancel_scope.cancel()
                raise
        if self._messages:
            message, self._acknowledge = self._messages.popleft()
            return message
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return None

    async def finish(self) -> None:
        """Run the application to its end; what it still sends is discarded."""
        self._discard_messages()
        try:
            await self.next()
        except Exception as exc:
            if not _tells_of_discard(exc):
                raise

    def _discard_messages(self) -> None:
        self._is_discarding = True
        for _, acknowledged in self._messages:
            acknowledged.set()
        self._messages.clear()

    async def cancel(self) -> None:
        """Cancel the application, and wait for its end."""
        self._cancel_scope.cancel()
        # Shielded: the reader may be cancelled as well, and this is its cleanup.
        with self._trio.CancelScope(shield=True):
            while not self._is_done:
                self._news = self._trio.Event()
                await self._news.wait()
        # Tasks that are not the application's own may be sending.
        self._discard_messages()
        if self._acknowledge is not None:
            self._acknowledge.set()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    async def until_run(self) -> None:
        """Do nothing: the application has a task of its own."""


def running_trio() -> Any:
    """Return the ``trio`` module if this code runs in a task of it, else None."""
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            trio.lowlevel.current_task()
        except RuntimeError:
            return None
    return trio
