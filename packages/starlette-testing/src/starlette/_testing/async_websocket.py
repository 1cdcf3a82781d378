"""The client's side of one WebSocket, for ``async`` tests."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Awaitable, Callable, List, Optional

import anyio

from starlette._testing.frames import (
    SessionBase,
    denial_from,
    disconnect_message,
    frame_of,
    is_denial_complete,
    json_kind,
    json_message,
    silence_error,
)
from starlette._testing.local import LocalRunner
from starlette._testing.ws import WebSocketExchange, say_farewell
from starlette.types import ASGIApp, Message, Scope

__all__ = ("AsyncWebSocketTestSession",)


class AsyncWebSocketTestSession(SessionBase):
    """A WebSocket between an ``async`` test and an application.

    It is open within ``async with``, and is what ``WebSocketTestSession`` is
    for other tests, with ``await`` before what sends, receives or closes.

    Args:
        app: An ASGI 3 application.
        make_scope: Returns the scope of the connection.
        timeout: How long ``receive`` and the handshake wait, in seconds; None
            is for ever.
        open_users: Where the session is noted while it is open.

    Attributes:
        scope: The scope of the connection.
        accepted_subprotocol: What the application chose, or None.
        extra_headers: What it added to the handshake, as pairs of bytes, or None.
    """

    _state = "not open yet: use it within `async with`"

    def __init__(
        self,
        app: ASGIApp,
        make_scope: Callable[[], Awaitable[Scope]],
        timeout: Optional[float],
        open_users: List[Any],
    ) -> None:
        self.app = app
        self.scope: Scope = {}
        self.timeout = timeout
        self._make_scope = make_scope
        self._open_users = open_users
        self._runner = LocalRunner()
        self._exchange = WebSocketExchange(self._runner)

    async def __aenter__(self) -> AsyncWebSocketTestSession:
        """Connect.

        Raises:
            WebSocketDisconnect: The application refused the connection.
            WebSocketDenialResponse: It did so with an HTTP response.
            TimeoutError: It did not answer in time.
            RuntimeError: The session was entered before.
            BaseException: Whatever the application raised.
        """
        self._check_new()
        self.scope = await self._make_scope()
        self._state = "open"
        self._open_users.append(self)
        self._job = self._runner.spawn(
            self.app, self.scope, self._exchange.receive, self._exchange.send
        )
        try:
            await self._shake_hands()
        except BaseException:
            await self._finish()
            raise
        return self

    async def __aexit__(self, *args: Any) -> None:
        """Disconnect, and wait for the application to end.

        Raises:
            BaseException: Whatever the application raised.
        """
        await self._finish()

    async def send(self, message: Message) -> None:
        """Give the application an ASGI message.

        Raises:
            RuntimeError: The session is not open.
        """
        self._check_open()
        self._exchange.put(message)
        await anyio.lowlevel.checkpoint()

    async def send_text(self, data: str) -> None:
        """Send a text frame."""
        await self.send({"type": "websocket.receive", "text": data})

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        await self.send({"type": "websocket.receive", "bytes": data})

    async def send_json(self, data: Any, mode: str = "text") -> None:
        """Send *data* as JSON, in a frame of this mode: ``text`` or ``binary``.

        Raises:
            ValueError: *mode* is something else.
        """
        await self.send(json_message(data, mode))

    async def close(self, code: int = 1000, reason: Optional[str] = None) -> None:
        """Disconnect; the session stays readable until its block is left."""
        await self.send(disconnect_message(code, reason))

    async def receive(self, timeout: Optional[float] = None) -> Message:
        """Return the application's next ASGI message, waiting for it.

        Args:
            timeout: In seconds; without it, the session's own.

        Raises:
            TimeoutError: None came in time.
            RuntimeError: The session is not open, or the application has
                ended and nothing is left to read.
            BaseException: Whatever the application raised.
        """
        self._check_open()
        return await self._next(self.timeout if timeout is None else timeout)

    async def receive_text(self, timeout: Optional[float] = None) -> str:
        """Return the next text frame; raises as ``receive`` does.

        Raises:
            WebSocketDisconnect: The application closed the connection.
            KeyError: The frame is binary.
        """
        text: str = frame_of(await self.receive(timeout), "text")
        return text

    async def receive_bytes(self, timeout: Optional[float] = None) -> bytes:
        """Return the next binary frame; raises as ``receive`` does.

        Raises:
            WebSocketDisconnect: The application closed the connection.
            KeyError: The frame is text.
        """
        data: bytes = frame_of(await self.receive(timeout), "bytes")
        return data

    async def receive_json(
        self, mode: str = "text", timeout: Optional[float] = None
    ) -> Any:
        """Return the JSON value of the next frame of this mode, as ``send_json``.

        Raises:
            ValueError: *mode* is unknown, or the frame is not JSON.
            WebSocketDisconnect: The application closed the connection.
        """
        kind = json_kind(mode)
        return json.loads(frame_of(await self.receive(timeout), kind))

    async def abandon(self) -> None:
        """Close the session, and swallow the application's error."""
        with contextlib.suppress(Exception):
            await self._finish()

    async def _next(self, timeout: Optional[float]) -> Message:
        if not await self._runner.wait(self._has_message, timeout):
            raise silence_error(timeout)
        return self._pop_message()

    async def _shake_hands(self) -> None:
        messages = [await self._next(self.timeout)]
        if self._is_accepted(messages[0]):
            return
        while not is_denial_complete(messages):
            messages.append(await self._next(self.timeout))
        raise denial_from(messages)

    async def _finish(self) -> None:
        """Disconnect and wait; the application that stays is cancelled."""
        if self._state == "closed":  # by the client, which was left before
            return
        self._state = "closed"
        self._open_users.remove(self)
        job = self._job
        if not job.is_done:
            self._exchange.put(disconnect_message())
            try:
                await say_farewell(job)
            finally:
                await self._runner.stop(job)
        self._raise_error()
