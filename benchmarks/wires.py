"""Scripted ``receive`` and ``send``, as a server has them for one connection.

``send`` never waits: its client reads as fast as it is written to.  ``receive``
gives what the client sent, and from then on blocks until the response is
complete: then it gives ``http.disconnect``, as uvicorn's does.  A WebSocket's
client leaves when it has everything back.

Slim, since making a wire is part of what is measured: what most requests never
set is an attribute of the class.
"""

from __future__ import annotations

import asyncio
from typing import Awaitable, Callable, List, Optional, Sequence

from benchmarks.scopes import Message

__all__ = ("HttpWire", "Recorder", "Send", "SocketWire")

Send = Callable[[Message], Awaitable[None]]

_DISCONNECT: Message = {"type": "http.disconnect"}
_LEAVE: Message = {"type": "websocket.disconnect", "code": 1000, "reason": ""}


class HttpWire:
    """The scripted ``receive`` and ``send`` of one request.

    Args:
        messages: What is received before the end of the response.
    """

    _is_complete = False
    _waiter: Optional[asyncio.Future[None]] = None

    def __init__(self, messages: Sequence[Message]) -> None:
        self._left = iter(messages)

    async def receive(self) -> Message:
        """The next message."""
        for message in self._left:
            return message
        if not self._is_complete:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return _DISCONNECT

    async def send(self, message: Message) -> None:
        """Drop *message*, and see whether it was the last."""
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._is_complete = True
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(None)


class SocketWire:
    """The scripted ``receive`` and ``send`` of one WebSocket session.

    Args:
        messages: What is received first.
        count: How many messages must have come back before the client leaves.
    """

    _waiter: Optional[asyncio.Future[None]] = None

    def __init__(self, messages: Sequence[Message], count: int) -> None:
        self._left = iter(messages)
        self._missing = count

    async def receive(self) -> Message:
        """The next message."""
        for message in self._left:
            return message
        if self._missing > 0:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return _LEAVE

    async def send(self, message: Message) -> None:
        """Drop *message*, and see whether it was the last."""
        if message["type"] == "websocket.send":
            self._missing -= 1
            if not self._missing and self._waiter and not self._waiter.done():
                self._waiter.set_result(None)


class Recorder:
    """A ``send`` that keeps what it passes on."""

    def __init__(self, send: Send) -> None:
        self.sent: List[Message] = []
        self._send = send

    async def __call__(self, message: Message) -> None:
        self.sent.append(message)
        await self._send(message)
