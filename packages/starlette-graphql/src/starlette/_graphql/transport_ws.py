"""The protocol ``graphql-transport-ws``, the one of the npm package graphql-ws.

The client says ``connection_init`` and waits for ``connection_ack``; then it may
``subscribe`` to any number of operations, each under an id of its own, and gets
``next`` for each result, and ``complete`` or ``error`` at the end.  Both sides may
``ping`` at any time.  Whatever else it sends closes the connection, with a code that
says why.
"""

from __future__ import annotations

from starlette._graphql.ws_messages import (
    ALREADY_EXISTS,
    UNAUTHORIZED,
    Closing,
    Message,
    payload_of,
    text_of,
)
from starlette._graphql.ws_session import Session

__all__ = ("TransportSession",)


class TransportSession(Session):
    """A connection that speaks ``graphql-transport-ws``."""

    async def _init(self, message: Message) -> None:
        self.begin(message)
        if self.options.on_connect is None:
            await self.acknowledge()
        else:
            # Beside the reader: a ping is answered meanwhile, and who does not wait
            # for the acknowledgement is found out.
            self.acknowledge_beside()

    async def _ping(self, message: Message) -> None:
        payload = payload_of(message)
        pong: Message = {"type": "pong"}
        if payload is not None:
            pong["payload"] = payload
        await self.sender.send(pong)

    async def _pong(self, message: Message) -> None:
        payload_of(message)

    async def _subscribe(self, message: Message) -> None:
        id = text_of(message, "id")
        if not self.is_acknowledged:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        if id in self.operations:
            raise Closing(ALREADY_EXISTS, f"Subscriber for {id} already exists")
        await self.start(id, message)

    async def _complete(self, message: Message) -> None:
        self.operations.stop(text_of(message, "id"))

    RESULT = "next"
    SIGN_OF_LIFE = "ping"
    HANDLERS = {  # noqa: RUF012 (a ClassVar in the class above)
        "connection_init": _init,
        "ping": _ping,
        "pong": _pong,
        "subscribe": _subscribe,
        "complete": _complete,
    }
