"""The server's side of one WebSocket: what ``receive`` gives and ``send`` takes."""

from __future__ import annotations

from collections import deque
from typing import Deque, Dict, Tuple

import anyio.lowlevel

from starlette._testing.jobs import Job
from starlette._testing.signals import Signal
from starlette._testing.types import Host
from starlette.types import Message

__all__ = ("WebSocketExchange", "say_farewell")

# How often the application may go on after the disconnect before it is cancelled.
FAREWELL_TURNS = 50

ACCEPT = "websocket.accept"
SEND = "websocket.send"
CLOSE = "websocket.close"
DENY = "websocket.http.response.start"
DENY_BODY = "websocket.http.response.body"

# What may come next: by the last message that changed the state.  A denial
# goes on until the part of its body that announces no more.
_NEXT: Dict[str, Tuple[str, ...]] = {
    "": (ACCEPT, CLOSE, DENY),
    ACCEPT: (SEND, CLOSE),
    CLOSE: (),
    DENY: (DENY_BODY,),
    DENY_BODY: (),
}


class WebSocketExchange:
    """One WebSocket, as far as it has come.

    Attributes:
        sent: What the application sent and the client has not taken.
        has_left: Whether the client has disconnected.
    """

    def __init__(self, host: Host) -> None:
        self.sent: Deque[Message] = deque()
        self.has_left = False
        self._host = host
        self._incoming: Deque[Message] = deque([{"type": "websocket.connect"}])
        self._came = Signal()
        self._state = ""
        self._last: Message = {}

    # --- the application's side ---------------------------------------------

    async def receive(self) -> Message:
        """Give the client's next message; after a disconnect, that again."""
        while not self._incoming:
            if self.has_left:
                return dict(self._last)
            self._host.parked += 1
            try:
                await self._came.wait()
            finally:
                self._host.parked -= 1
        return self._incoming.popleft()

    async def send(self, message: Message) -> None:
        """Take a message for the client.

        Raises:
            AssertionError: The message is not one that may come now.
        """
        kind = message["type"]
        due = _NEXT[self._state]
        if kind not in due:
            raise AssertionError(
                f'Received "{kind}" {_AFTER[self._state]}; '
                f"due was {' or '.join(due) or 'nothing'}."
            )
        if kind != SEND and not (kind == DENY_BODY and message.get("more_body", False)):
            self._state = kind
        self.sent.append(message)
        self._host.wake()
        if self.has_left:
            # Lets a cancellation in: the application may send for ever.
            await anyio.lowlevel.checkpoint()

    # --- the client's side; called on the event loop -------------------------

    def put(self, message: Message) -> None:
        """Give the application a message of the client."""
        if message["type"] == "websocket.disconnect":
            self.has_left = True
            self._last = message
        self._incoming.append(message)
        self._came.notify()


_AFTER = {
    "": "before the WebSocket was accepted",
    ACCEPT: "on an accepted WebSocket",
    CLOSE: "after the WebSocket was closed",
    DENY: "within a denial response",
    DENY_BODY: "after the denial response was complete",
}


async def say_farewell(job: Job) -> None:
    """Give a job whose client has left a few turns of the event loop to end."""
    for _ in range(FAREWELL_TURNS):
        if job.is_done:
            return
        await anyio.lowlevel.checkpoint()
