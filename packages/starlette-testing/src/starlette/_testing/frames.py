"""From WebSocket messages to what a test reads, and back; for both kinds of session."""

from __future__ import annotations

import json
from typing import Any, List, Optional, Union

from starlette._testing._httpx import httpx
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

__all__ = (
    "WebSocketDenialResponse",
    "denial_from",
    "disconnect_message",
    "frame_of",
    "is_denial_complete",
    "json_data",
    "json_kind",
    "refusal_from",
    "silence_error",
)


class WebSocketDenialResponse(  # type: ignore[misc]  # two __setstate__
    httpx.Response, WebSocketDisconnect
):
    """The application answered the handshake with an HTTP response, not a WebSocket.

    It is raised when the session is entered, and is that response.
    """


def disconnect_message(code: int = 1000, reason: Optional[str] = None) -> Message:
    """Return what the application receives when the client goes."""
    return {"type": "websocket.disconnect", "code": code, "reason": reason}


def refusal_from(message: Message) -> WebSocketDisconnect:
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
        raise refusal_from(message)
    return message[kind]


def json_kind(mode: str) -> str:
    """Return ``text`` or ``bytes``, for the mode ``text`` or ``binary``.

    Raises:
        ValueError: *mode* is something else.
    """
    if mode not in ("text", "binary"):
        raise ValueError(f"`mode` must be 'text' or 'binary', but got {mode!r}")
    return "text" if mode == "text" else "bytes"


def json_data(data: Any, kind: str) -> Union[str, bytes]:
    """Return *data* as JSON of this kind: ``text`` or ``bytes``."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return text if kind == "text" else text.encode()


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
