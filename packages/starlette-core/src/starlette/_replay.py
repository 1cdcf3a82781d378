"""The ``receive`` that a middleware hands on after it may have read the body itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Optional

from starlette._request_body import BodyState, body_state
from starlette._until import open_scope
from starlette.requests import Request
from starlette.types import Message

if TYPE_CHECKING:
    from starlette._handoff import Handoff

__all__ = ("ReplayedReceive",)


class ReplayedReceive:
    """Gives the body again, if it has been read, and everything else as it comes.

    It counts as the same channel: a ``Request`` made with it shares what is known of
    the body with the ``Request`` of the middleware.

    Args:
        request: Of the middleware.

    Attributes:
        channel: What *request* receives from.
        handoff: The application that receives from this, if it is held.
    """

    __slots__ = (
        "_is_answered",
        "_is_replayed",
        "_request",
        "_waits",
        "channel",
        "handoff",
    )

    def __init__(self, request: Request) -> None:
        self.channel = request._receive
        self._request = request
        self._is_replayed = False
        self._is_answered = False
        # The cancel scopes of those who wait for the client to go.
        self._waits: List[Any] = []
        self.handoff: Optional[Handoff] = None

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
            return await self._gone()
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
            return await self._gone()
        if not message.get("more_body", False):
            state.is_consumed = self._request._stream_consumed = True
            self._is_replayed = True
        return message

    async def _gone(self) -> Message:
        """Say that the client has gone, when that may be heard.

        The application may be waited for by a task of its own that cancels it then,
        as streams are.  While it is held its task is that of the middleware, and it
        is the middleware that would be cancelled, in the midst of something.
        """
        if self.handoff is not None:
            await self.handoff.until_run()
        return {"type": "http.disconnect"}

    async def _disconnect(self) -> Message:
        """Wait for the client to go, or for the end of the response."""
        with open_scope() as scope:
            self._waits.append(scope)
            try:
                return await self.channel()
            finally:
                self._waits.remove(scope)
        return {"type": "http.disconnect"}
