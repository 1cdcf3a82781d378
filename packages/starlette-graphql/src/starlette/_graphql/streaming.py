"""A response that stays open while an operation goes on.

Results are sent as they come, each in a frame of the format (``sse.py``,
``multipart.py``).  The next one is asked for when the last one has been taken, so a
client that reads slowly slows the source down, and nothing piles up.

The results are iterated over, and closed, in the task of the request.  Beside it two
more watch for the client's leave and send signs of life while there is silence:
a subscription may have nothing to say for hours, and neither the program nor a proxy
in between would know that somebody still listens.
"""

from __future__ import annotations

from functools import partial
from typing import (
    Any,
    AsyncGenerator,
    Awaitable,
    Callable,
    Dict,
    Iterable,
    Mapping,
    Optional,
    Tuple,
)

from starlette._graphql.tasks import TURN, Job, make_lock, open_tasks, sleep
from starlette._until import disconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = ("Framing", "OpenResponse", "results_of")

Payload = Dict[str, Any]


class Framing:
    """How results are written.

    Args:
        media_type: The media type of the response.
        first: What comes before all results.
        frame: Makes the bytes of one result from its response map.
        last: What comes after all results.
        sign_of_life: What is sent in times of silence.
    """

    __slots__ = ("first", "frame", "last", "media_type", "sign_of_life")

    def __init__(
        self,
        media_type: str,
        *,
        first: bytes,
        frame: Callable[[Payload], bytes],
        last: bytes,
        sign_of_life: bytes,
    ) -> None:
        self.media_type = media_type
        self.first = first
        self.frame = frame
        self.last = last
        self.sign_of_life = sign_of_life


class OpenResponse(Response):
    """A response whose body is the results of one operation, with status 200.

    When the client goes, the operation is cancelled where it waits, and closed;
    ``background`` runs then too.

    Args:
        events: The results, response maps, to be iterated over; ``aclose()`` is
            called in any case.
        framing: How they are written.
        unexpected: Logs an exception and returns the ``errors`` for it.  That is
            what the last result has, if one cannot be had or written.
        keep_alive: Seconds of silence, at least, before a sign of life, and twice
            that at most; None for never.
        headers: Headers to send.
        more_headers: Further ones, as they are sent.
        background: Awaited when the body has been sent.
    """

    def __init__(
        self,
        events: Any,
        framing: Framing,
        *,
        unexpected: Callable[[BaseException], Any],
        keep_alive: Optional[float] = None,
        headers: Optional[Mapping[str, str]] = None,
        more_headers: Iterable[Tuple[bytes, bytes]] = (),
        background: Optional[Callable[[], Awaitable[None]]] = None,
    ) -> None:
        self.status_code = 200
        self.media_type = framing.media_type
        self.background = background
        self._events = events
        self._framing = framing
        self._unexpected = unexpected
        self._keep_alive = keep_alive
        self.init_headers(headers)
        self.raw_headers += more_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, as an ASGI application, then await ``background``."""
        body = _Body(send)
        try:
            if scope["method"] == "HEAD":
                # Without this, it would last as long as the body would.
                await self._write_head(body)
            else:
                await self._write_while_watching(body, receive)
        except _Gone:
            pass
        finally:
            # Outside of what is cancelled, so that the source may await something.
            await self._events.aclose()
        if self.background is not None:
            await self.background()

    async def _write_head(self, body: _Body) -> None:
        await body.send(self._start(self.status_code))
        await body.write(b"", is_last=True)

    async def _write_while_watching(self, body: _Body, receive: Receive) -> None:
        async with open_tasks() as tasks:
            writing, watching, keeping = Job(), Job(), Job()
            tasks.start(watching.run, _watch, receive, writing)
            if self._keep_alive is not None:
                sign = self._framing.sign_of_life
                keep = partial(body.keep_alive, self._keep_alive, sign)
                tasks.start(keeping.run, keep)
            await writing.run(self._write, body)
            watching.stop()
            keeping.stop()

    async def _write(self, body: _Body) -> None:
        framing = self._framing
        await body.send(self._start(self.status_code))
        await body.write(framing.first)
        await self._write_events(body)
        await body.write(framing.last, is_last=True)

    async def _write_events(self, body: _Body) -> None:
        events, frame = self._events.__aiter__(), self._framing.frame
        turn = 0
        while True:
            try:
                data = frame(await events.__anext__())
            except StopAsyncIteration:
                return
            except Exception as error:
                await body.write(frame({"errors": self._unexpected(error)}))
                return
            await body.write(data)
            turn += 1
            if turn % TURN == 0:
                await sleep(0)


class _Gone(Exception):
    """The client is not there any more."""


class _Body:
    """The body of a response that two tasks write to."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._lock = make_lock()
        self._is_silent = True
        self._is_open = False

    async def send(self, message: Any) -> None:
        """Send a message.

        Raises:
            _Gone: The client has gone (ASGI 2.4).
        """
        try:
            await self._send(message)
        except OSError as lost:
            raise _Gone from lost

    async def write(self, data: bytes, *, is_last: bool = False) -> None:
        """Send a piece of the body; raises what ``send`` raises."""
        async with self._lock:
            self._is_silent = False
            # Signs of life may come after this, and not before.
            self._is_open = not is_last
            await self.send(
                {"type": "http.response.body", "body": data, "more_body": not is_last}
            )

    async def keep_alive(self, seconds: float, sign: bytes) -> None:
        """Write *sign* whenever nothing was written for that long."""
        while True:
            self._is_silent = True
            await sleep(seconds)
            if self._is_silent and self._is_open:
                try:
                    await self.write(sign)
                except _Gone:
                    return


async def _watch(receive: Receive, writing: Job) -> None:
    await disconnect(receive)
    writing.stop()


def results_of(outcome: Any) -> Any:
    """Return the results of *outcome*, be it one or many, to be iterated over."""
    return _one(outcome.payload) if outcome.events is None else outcome.events


async def _one(payload: Payload) -> AsyncGenerator[Payload, None]:
    yield payload
