"""The ``receive`` that a middleware hands on after it may have read the body itself."""

from __future__ import annotations

from starlette._request_body import BodyState, body_state
from starlette.requests import Request
from starlette.types import Message

__all__ = ("ReplayedReceive",)


class ReplayedReceive:
    """Gives the body again, if it has been read, and everything else as it comes.

    It counts as the same channel: a ``Request`` made with it shares what is known of
    the body with the ``Request`` of the middleware.

    Args:
        request: Of the middleware.

    Attributes:
        channel: What *request* receives from.
        is_answered: Set when the response is over; from then on the client counts
            as gone.
    """

    __slots__ = ("_is_replayed", "_request", "channel", "is_answered")

    def __init__(self, request: Request) -> None:
        self.channel = request._receive
        self.is_answered = False
        self._request = request
        self._is_replayed = False

    def _state(self) -> BodyState:
        return body_state(self._request.scope, self.channel, True)

    def share(self) -> None:
        """Make a body that the middleware has put in place known to those inside."""
        body = self._request.__dict__.get("_body")
        if body is not None:
            self._state().data = body
        elif self._request._stream_consumed:
            # Streamed, and kept by nobody: there is no more of it.
            state = self._state()
            if state.data is None:
                state.data = b""

    async def __call__(self) -> Message:
        if self.is_answered:
            return {"type": "http.disconnect"}
        if self._request._is_disconnected:
            return {"type": "http.disconnect"}
        state = self._state()
        message = state.pending
        if message is not None:
            state.pending = None
        elif state.data is not None and not self._is_replayed:
            self._is_replayed = True
            return {"type": "http.request", "body": state.data, "more_body": False}
        else:
            message = await self.channel()
        if message["type"] == "http.disconnect":
            self._request._is_disconnected = True
        elif not message.get("more_body", False):
            state.is_consumed = self._request._stream_consumed = True
            self._is_replayed = True
        return message
