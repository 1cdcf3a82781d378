"""What is sent over one WebSocket, one message after the other.

Several tasks send.  They take turns, in the order in which they come, and each waits
for its own message: a client that does not read holds up whoever has something for
it, so that nothing piles up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Optional

from starlette._graphql.tasks import make_lock
from starlette._graphql.wirejson import encode
from starlette.websockets import WebSocketDisconnect

if TYPE_CHECKING:
    from starlette._graphql.ws_messages import Closing, Message
    from starlette._graphql.ws_operations import Operation
    from starlette.websockets import WebSocket

__all__ = ("Lost", "Sender")

# Servers that noticed first that the client is gone raise RuntimeError.
_ERRORS = (WebSocketDisconnect, OSError, RuntimeError)


class Lost(Exception):
    """The client cannot be reached any more."""


class Sender:
    """Sends messages to one client.

    Args:
        websocket: Accepted.
    """

    def __init__(self, websocket: WebSocket[Any]) -> None:
        self._websocket = websocket
        self._lock = make_lock()

    async def send(self, message: Message) -> None:
        """Send a message that belongs to no operation.

        Raises:
            Lost: The client has gone.
        """
        text = encode(message).decode()
        async with self._lock:
            await self._send_text(text)

    async def send_for(
        self,
        operation: Operation,
        message: Message,
        before: Optional[Callable[[Operation], object]] = None,
    ) -> None:
        """Send a message of *operation*, unless that is stopped.

        Args:
            operation: Whose message it is.
            message: What is sent.
            before: Called with *operation* when it has its turn.

        Raises:
            Lost: The client has gone.
            TypeError: The message is not JSON; or ``ValueError``, ``RecursionError``.
        """
        text = encode(message).decode()
        async with self._lock:
            if operation.is_stopped:
                return
            if before is not None:
                before(operation)
            operation.is_sending = True
            try:
                await self._send_text(text)
            finally:
                operation.is_sending = False

    async def _send_text(self, text: str) -> None:
        try:
            await self._websocket.send_text(text)
        except _ERRORS as error:
            raise Lost from error

    async def close(self, closing: Closing) -> None:
        """Close the connection; if the client was faster, do nothing."""
        async with self._lock:
            try:
                await self._websocket.close(closing.code, closing.reason)
            except _ERRORS:
                pass
