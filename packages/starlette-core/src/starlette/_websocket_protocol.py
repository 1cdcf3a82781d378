"""The protocol of a WebSocket session, without the session.

An ASGI session has two sides, and each runs through the states of
``WebSocketState`` on its own: ``SENDING`` says what the application may send
in each state and where that leads.  What the client may send is decided by
``websockets.WebSocket``, which keeps the states of one session; here are the
table, the states, and the exceptions, which are public in
``starlette.websockets``.
"""

from __future__ import annotations

import enum
from typing import Dict, Iterable, Optional

__all__ = (
    "SENDING",
    "UnexpectedWebSocketData",
    "WebSocketDisconnect",
    "WebSocketDisconnected",
    "WebSocketState",
    "name_alternatives",
    "unexpected_message",
)


class WebSocketState(enum.Enum):
    """Where one side of a WebSocket session stands.

    Attributes:
        CONNECTING: The handshake is not over.
        CONNECTED: Messages pass.
        DISCONNECTED: This side has ended the session.
        RESPONSE: The application is refusing the handshake with a response of
            its own, and has not finished it.
    """

    CONNECTING = 0
    CONNECTED = 1
    DISCONNECTED = 2
    RESPONSE = 3


class WebSocketDisconnect(Exception):
    """The session has ended: the client closed it, or cannot be reached.

    Args:
        code: The close code (RFC 6455, section 7.4).  1006 when the connection
            was lost without a close frame, 1005 when the frame had no code.
        reason: The text of the close frame.

    Attributes:
        code: As given.
        reason: As given, or an empty string.
    """

    def __init__(self, code: int = 1000, reason: Optional[str] = None) -> None:
        self.code = code
        self.reason: str = reason or ""


class WebSocketDisconnected(WebSocketDisconnect, RuntimeError):
    """A session was used after it had ended.

    A ``RuntimeError`` because that is what programs catch, and a
    ``WebSocketDisconnect`` because whether a session ends just before it is
    used or just after is up to the client.

    Args:
        message: The sentence about the use that came too late.
        code: As for ``WebSocketDisconnect``.
    """

    def __init__(self, message: str, code: int = 1006) -> None:
        super().__init__(code)
        self.message = message

    def __str__(self) -> str:
        return self.message


class UnexpectedWebSocketData(KeyError):
    """The client sent a text frame where binary was expected, or the reverse.

    A ``KeyError``: the key that was looked for in the message is missing.

    Args:
        expected: ``"text"`` or ``"bytes"``.

    Attributes:
        expected: As given.
    """

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected

    def __str__(self) -> str:
        other = "bytes" if self.expected == "text" else "text"
        return f"Expected {self.expected} websocket messages, but got {other}"


# State of the application -> type of the message it may send -> state after it.
# A response is complete with the first body that does not announce another,
# which no table can say.
SENDING: Dict[WebSocketState, Dict[str, WebSocketState]] = {
    WebSocketState.CONNECTING: {
        "websocket.accept": WebSocketState.CONNECTED,
        "websocket.close": WebSocketState.DISCONNECTED,
        "websocket.http.response.start": WebSocketState.RESPONSE,
    },
    WebSocketState.CONNECTED: {
        "websocket.send": WebSocketState.CONNECTED,
        "websocket.close": WebSocketState.DISCONNECTED,
    },
    WebSocketState.RESPONSE: {
        "websocket.http.response.body": WebSocketState.RESPONSE,
    },
    WebSocketState.DISCONNECTED: {},
}


def name_alternatives(names: Iterable[str]) -> str:
    """Return the names quoted, as in ``"a", "b" or "c"``."""
    *others, last = (f'"{name}"' for name in names)
    return f"{', '.join(others)} or {last}" if others else last


def unexpected_message(expected: Iterable[str], got: object) -> str:
    """Return the sentence about a message that its state has no place for."""
    return f"Expected ASGI message {name_alternatives(expected)}, but got {got!r}"
