"""The protocol ``graphql-ws``, the one of the npm package subscriptions-transport-ws.

Nobody works on that package any more, but clients of it still run.  Its messages are
``connection_init``, ``connection_ack``, ``connection_error``, ``ka``, ``start``,
``data``, ``error``, ``complete``, ``stop`` and ``connection_terminate``.  It has no
close codes; those of the newer protocol are used.

Its clients do not wait for the acknowledgement before they ``start``, so that nothing
is read while the program is asked about the connection.
"""

from __future__ import annotations

from typing import Any, Dict, List

from starlette._graphql.ws_messages import (
    NORMAL_CLOSURE,
    UNAUTHORIZED,
    Closing,
    Message,
    text_of,
)
from starlette._graphql.ws_session import Session

__all__ = ("LegacySession",)


class LegacySession(Session):
    """A connection that speaks ``graphql-ws``."""

    def error_payload(self, errors: List[Dict[str, Any]]) -> Any:
        """Return the first error: the protocol has one."""
        return errors[0]

    async def _init(self, message: Message) -> None:
        self.begin(message)
        try:
            await self.acknowledge()
        except Closing as refusal:
            error = {"message": refusal.reason}
            await self.sender.send({"type": "connection_error", "payload": error})
            raise
        if self.options.keep_alive is not None:
            # The first at once: with it the client begins to expect them.
            await self.sender.send({"type": self.SIGN_OF_LIFE})

    async def _start(self, message: Message) -> None:
        id = text_of(message, "id")
        if not self.is_acknowledged:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        # An id that is in use means the operation anew.
        self.operations.stop(id)
        await self.start(id, message)

    async def _stop(self, message: Message) -> None:
        self.operations.stop(text_of(message, "id"))

    async def _terminate(self, message: Message) -> None:
        raise Closing(NORMAL_CLOSURE, "")

    RESULT = "data"
    SIGN_OF_LIFE = "ka"
    HANDLERS = {  # noqa: RUF012 (a ClassVar in the class above)
        "connection_init": _init,
        "start": _start,
        "stop": _stop,
        "connection_terminate": _terminate,
    }
