"""The server's side of one HTTP request: what ``receive`` gives and ``send`` takes.

A response is kept as it comes.  Where the client reads it in parts, ``send``
waits until a part is taken, so that an endless response costs no memory and
stops when the client leaves.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, Dict, List, Optional, Tuple

import anyio.lowlevel

from starlette._testing.signals import Signal
from starlette._testing.types import Host
from starlette.types import Message

__all__ = ("HTTPExchange",)

DISCONNECT = "http.disconnect"


class HTTPExchange:
    """One request, and the response to it as far as it has come.

    Attributes:
        status: The status code; None before the response is started.
        headers: Its headers, as sent.
        parts: The parts of the body that the client has not taken.
        trailers: The trailer fields, as sent.
        extensions: What else the application said, by ASGI extension.
        is_complete: Whether the whole response was sent.
        has_left: Whether the client does not want any more of it.
    """

    def __init__(
        self, host: Host, body: bytes, is_head: bool, is_streamed: bool
    ) -> None:
        self.status: Optional[int] = None
        self.headers: List[Tuple[bytes, bytes]] = []
        self.parts: Deque[bytes] = deque()
        self.trailers: List[Tuple[bytes, bytes]] = []
        self.extensions: Dict[str, Any] = {}
        self.is_complete = False
        self.has_left = False
        self._host = host
        self._body: Optional[bytes] = body
        self._is_head = is_head
        self._is_streamed = is_streamed
        self._has_body_ended = False
        self._has_trailers = False
        self._ended = Signal()
        self._taken = Signal()

    # --- the application's side ---------------------------------------------

    async def receive(self) -> Message:
        """Give the body, whole; then the disconnect, once there is one."""
        body, self._body = self._body, None
        if body is not None:
            return {"type": "http.request", "body": body}
        while not (self.is_complete or self.has_left):
            await self._park(self._ended)
        return {"type": DISCONNECT}

    async def send(self, message: Message) -> None:
        """Take a part of the response.

        Raises:
            AssertionError: The message is not one that may come now.
        """
        kind = message["type"]
        if kind == "http.response.start":
            self._start(message)
        elif kind == "http.response.body":
            await self._add_part(message)
        elif kind == "http.response.trailers":
            self._add_trailers(message)
        elif kind == "http.response.debug":
            self.extensions[kind] = message["info"]
        elif kind == "http.response.early_hint":
            self.extensions.setdefault(kind, []).extend(message["links"])
        elif not kind.startswith("http.response."):
            raise AssertionError(
                f'Received "{kind}", which is not a message of an HTTP response.'
            )

    def _start(self, message: Message) -> None:
        if self.status is not None:
            raise AssertionError('Received multiple "http.response.start" messages.')
        self.headers = [(name, value) for name, value in message.get("headers", ())]
        self._has_trailers = message.get("trailers", False)
        self.status = message["status"]
        if self._is_streamed:
            self._host.wake()

    async def _add_part(self, message: Message) -> None:
        if self.status is None:
            raise AssertionError(
                'Received "http.response.body" without "http.response.start".'
            )
        if self._has_body_ended:
            raise AssertionError(
                'Received "http.response.body" after response completed.'
            )
        part = message.get("body", b"")
        if not isinstance(part, (bytes, bytearray, memoryview)):
            raise TypeError(
                f"`body` must be bytes, but got {type(part).__name__}: {part!r:.50}"
            )
        has_more = message.get("more_body", False)
        if part and not self._is_head and not self.has_left:
            self.parts.append(bytes(part))
        if not has_more:
            self._has_body_ended = True
            if not self._has_trailers:
                self._complete()
        if self.has_left:
            # Let a cancellation in: the application may send for ever.
            await anyio.lowlevel.checkpoint()
        elif self._is_streamed:
            self._host.wake()
            await self._wait_for_reader(has_more)

    async def _wait_for_reader(self, has_more: bool) -> None:
        while has_more and self.parts and not self.has_left:
            await self._park(self._taken)

    def _add_trailers(self, message: Message) -> None:
        if not self._has_trailers or not self._has_body_ended or self.is_complete:
            raise AssertionError(
                'Received "http.response.trailers" without a response that announced '
                '"trailers" and has ended its body.'
            )
        self.trailers.extend(
            (name, value) for name, value in message.get("headers", ())
        )
        if not message.get("more_trailers", False):
            self._complete()
            if self._is_streamed:
                self._host.wake()

    def _complete(self) -> None:
        self.is_complete = True
        self._ended.notify()

    async def _park(self, signal: Signal) -> None:
        self._host.parked += 1
        try:
            await signal.wait()
        finally:
            self._host.parked -= 1

    # --- the client's side; called on the event loop -------------------------

    def take(self) -> None:
        """Tell the application that its part was taken."""
        self._taken.notify()

    def leave(self) -> None:
        """Tell the application that the client is gone."""
        self.has_left = True
        self.parts.clear()
        self._ended.notify()
        self._taken.notify()
