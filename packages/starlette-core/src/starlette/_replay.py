"""The ``receive`` that a middleware hands on after it may have read the body itself."""

from __future__ import annotations

from typing import Any, List

from starlette._request_body import BodyState, body_state
from starlette._until import open_scope
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
    """

    __slots__ = ("_is_answered", "_is_replayed", "_request", "_waits", "channel")

    def __init__(self, request: Request) -> None:
        self.channel = request._receive
        self._request = request
        self._is_replayed = False
        self._is_answered = False
        # The cancel scopes of those who wait for the client to go.
        self._waits: List[Any] = []

    def answer(self) -> None:
        """Note that the response is over: from now on the client counts as gone."""
        self._is_answered = True
        for scope in self._waits:
            scope.cancel()

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
        if self._is_answered or self._request._is_disconnected:
            return {"type": "http.disconnect"}
        state = self._state()
        message = state.take_pending()
        if message is not None:
            pass
        elif state.data is not None and not self._is_replayed:
            self._is_replayed = True
            return {"type": "http.request", "body": state.data, "more_body": False}
        elif state.is_consumed:
            message = await self._disconnect()
        else:
            message = await self.channel()
        if message["type"] == "http.disconnect":
            self._request._is_disconnected = True
        elif not message.get("more_body", False):
            state.is_consumed = self._request._stream_consumed = True
            self._is_replayed = True
        return message

    async def _disconnect(self) -> Message:
        """Wait for the client to go, or for the end of the response."""
        with open_scope() as scope:
            self._waits.append(scope)
            try:
                return await self.channel()
            finally:
                self._waits.remove(scope)
        return {"type": "http.disconnect"}
