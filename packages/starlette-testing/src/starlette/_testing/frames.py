"""What both kinds of WebSocket session have: all but the waiting.

``SessionBase`` is the state of one; the functions lead from WebSocket messages to
what a test reads, and back.
"""

from __future__ import annotations

import json
from typing import Any, List, Optional, Tuple

from starlette._testing._httpx import httpx
from starlette._testing.jobs import Job
from starlette._testing.ws import DENY, WebSocketExchange
from starlette.types import Message, Scope
from starlette.websockets import WebSocketDisconnect

__all__ = (
    "SessionBase",
    "WebSocketDenialResponse",
    "denial_from",
    "disconnect_message",
    "frame_of",
    "is_denial_complete",
    "json_kind",
    "json_message",
    "silence_error",
)


class SessionBase:
    """A WebSocket between a test and an application, as the test sees it.

    Attributes:
        scope: The scope of the connection.
        accepted_subprotocol: What the application chose, or None.
        extra_headers: What it added to the handshake, as pairs of bytes, or None.
    """

    scope: Scope
    accepted_subprotocol: Optional[str] = None
    extra_headers: Optional[List[Tuple[bytes, bytes]]] = None

    # "open", "closed", or at first what the test has to do.  On the class, so that
    # a session whose construction failed has it too.
    _state: str
    _exchange: WebSocketExchange
    _job: Job

    def describe(self) -> str:
        """Return what this is, to begin a sentence with."""
        return f"The WebSocket session of {self.scope['path']}"

    def _check_new(self) -> None:
        if self._state in ("open", "closed"):
            raise RuntimeError("A WebSocket session can be entered once; make another.")

    def _check_open(self) -> None:
        if self._state != "open":
            raise RuntimeError(f"The WebSocket session is {self._state}.")

    def _has_message(self) -> bool:
        """Return whether there is a message, or will be no more of them."""
        return bool(self._exchange.sent) or self._job.is_done

    def _pop_message(self) -> Message:
        if self._exchange.sent:
            return self._exchange.sent.popleft()
        self._raise_error()
        raise RuntimeError("The application has ended; there is nothing to receive.")

    def _raise_error(self) -> None:
        """Raise what the application raised, if it did."""
        error = self._job.take_error()
        if error is not None:
            raise error

    def _is_accepted(self, answer: Message) -> bool:
        """Note what accepts the handshake; return False if a denial begins instead.

        Raises:
            WebSocketDisconnect: The answer is a refusal.
        """
        if answer["type"] == "websocket.accept":
            self.accepted_subprotocol = answer.get("subprotocol")
            self.extra_headers = answer.get("headers")
            return True
        if answer["type"] != DENY:
            raise _refusal_from(answer)
        return False


class WebSocketDenialResponse(  # type: ignore[misc]  # two __setstate__
    httpx.Response, WebSocketDisconnect
):
    """The application answered the handshake with an HTTP response, not a WebSocket.

    It is raised when the session is entered, and is that response.
    """


def disconnect_message(code: int = 1000, reason: Optional[str] = None) -> Message:
    """Return what the application receives when the client goes."""
    return {"type": "websocket.disconnect", "code": code, "reason": reason}


def _refusal_from(message: Message) -> WebSocketDisconnect:
    """Return what ``websocket.close`` is for the client."""
    return WebSocketDisconnect(
        code=message.get("code", 1000), reason=message.get("reason", "")
    )


def frame_of(message: Message, kind: str) -> Any:
    """Return the data of a message; *kind* is ``text`` or ``bytes``.

    Raises:
        WebSocketDisconnect: It is no data, but the close.
        KeyError: It is of the other kind.
    """
    if message["type"] == "websocket.close":
        raise _refusal_from(message)
    return message[kind]


def json_kind(mode: str) -> str:
    """Return ``text`` or ``bytes``, for the mode ``text`` or ``binary``.

    Raises:
        ValueError: *mode* is something else.
    """
    if mode not in ("text", "binary"):
        raise ValueError(f"`mode` must be 'text' or 'binary', but got {mode!r}")
    return "text" if mode == "text" else "bytes"


def json_message(data: Any, mode: str) -> Message:
    """Return what sends *data* as JSON, in a frame of this mode.

    Raises:
        ValueError: *mode* is neither ``text`` nor ``binary``.
    """
    kind = json_kind(mode)
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return {
        "type": "websocket.receive",
        kind: text if kind == "text" else text.encode(),
    }


def is_denial_complete(messages: List[Message]) -> bool:
    """Return whether a denial response has its whole body."""
    return len(messages) > 1 and not messages[-1].get("more_body", False)


def denial_from(messages: List[Message]) -> WebSocketDenialResponse:
    """Return the denial response that these messages make."""
    return WebSocketDenialResponse(
        messages[0]["status"],
        headers=[(name, value) for name, value in messages[0].get("headers", ())],
        content=b"".join(message.get("body", b"") for message in messages[1:]),
    )


def silence_error(timeout: Optional[float]) -> TimeoutError:
    """Return the error of a wait that was in vain."""
    return TimeoutError(
        f"The application sent nothing for {timeout} seconds; it still runs."
    )
