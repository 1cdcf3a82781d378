"""The application's end of one WebSocket session.

``WebSocket`` keeps two states, because the two sides end independently:
``client_state`` follows what was received and ``application_state`` what was
sent.  A message that its state has no place for is never passed on: whoever
sends or receives it gets a ``RuntimeError`` that names what was expected.

A session belongs to one task at a time in each direction.  Frames, pings and
timeouts are the server's business (RFC 6455); this module sees whole messages.
"""

from __future__ import annotations

from types import MethodType
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Iterable,
    NoReturn,
    Optional,
    Tuple,
    Union,
)

from starlette._connection import HTTPConnection, StateT
from starlette._elsewhere import lend
from starlette._websocket_protocol import (
    SENDING,
    UnexpectedWebSocketData,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketState,
    unexpected_message,
)
from starlette.types import Message, Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = (
    "UnexpectedWebSocketData",
    "WebSocket",
    "WebSocketClose",
    "WebSocketDisconnect",
    "WebSocketDisconnected",
    "WebSocketState",
)

lend(__name__, {"starlette.responses": "Response"})

for _class in (
    UnexpectedWebSocketData,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketState,
):
    _class.__module__ = __name__
del _class

# Looking up a member on its Enum goes through the metaclass: these names save
# a third of the cost of a message.
_CONNECTING = WebSocketState.CONNECTING
_CONNECTED = WebSocketState.CONNECTED
_DISCONNECTED = WebSocketState.DISCONNECTED


class WebSocket(HTTPConnection[StateT]):
    """One WebSocket session, from the handshake to the close.

    Everything that the handshake request carried (``url``, ``headers``,
    ``cookies`` ...) is read as on any ``HTTPConnection``;
    ``WebSocket[MyState]`` tells type checkers what ``state`` looks like.

    Args:
        scope: An ASGI scope of type ``websocket``.
        receive: The ASGI callable that gives the client's messages.
        send: The ASGI callable that takes the application's.

    Attributes:
        client_state: Where the client stands.
        application_state: Where the application stands.

    Raises:
        AssertionError: *scope* is of another type.
    """

    # Whether data goes to the server's callables without passing through
    # ``receive`` and ``send``: that is one coroutine less per message, a
    # quarter of the cost of an echo.  Found out when the handshake is accepted,
    # so that subclasses and patches of the two methods take hold.
    _is_direct = False

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise AssertionError(
                f"`scope` must be of type 'websocket', but got {scope['type']!r}"
            )
        super().__init__(scope)
        self._receive = receive
        self._send = send
        self.client_state: WebSocketState = _CONNECTING
        self.application_state: WebSocketState = _CONNECTING

    # -- any message ----------------------------------------------------------

    async def receive(self) -> Message:
        """Return the next ASGI message of the client.

        ``{"type": "websocket.connect"}`` is the first.  Then come
        ``{"type": "websocket.receive", "text": str}`` or ``"bytes": bytes``,
        and last ``{"type": "websocket.disconnect", "code": int}``, with or
        without a ``"reason"``.

        Raises:
            WebSocketDisconnected: That last one has been received already, or
                came first.
            RuntimeError: The server sent a message out of place.
        """
        if self.client_state is _CONNECTED:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                self._end_receiving(message)
            return message
        if self.client_state is _CONNECTING:
            message = await self._receive()
            self._begin_receiving(message)
            return message
        raise WebSocketDisconnected(
            'Cannot call "receive" once a disconnect message has been received.'
        )

    def _begin_receiving(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.connect":
            self.client_state = _CONNECTED
            return
        sentence = unexpected_message(["websocket.connect"], kind)
        if kind == "websocket.disconnect":
            self.client_state = _DISCONNECTED
            raise WebSocketDisconnected(sentence)
        raise RuntimeError(sentence)

    def _end_receiving(self, message: Message) -> None:
        kind = message["type"]
        if kind != "websocket.disconnect":
            expected = ["websocket.receive", "websocket.disconnect"]
            raise RuntimeError(unexpected_message(expected, kind))
        self.client_state = _DISCONNECTED

    async def send(self, message: Message) -> None:
        """Send an ASGI message of the application.

        Raises:
            WebSocketDisconnect: The server found the client gone (code 1006).
            WebSocketDisconnected: The application has ended the session.
            RuntimeError: A message of this type has no place in this state.
        """
        if self.application_state is not _CONNECTED:
            self._advance(message)
            await self._send(message)
            return
        if message["type"] != "websocket.send":
            self._advance(message)
        try:
            await self._send(message)
        except OSError as lost:
            self._lose(lost)

    def _lose(self, lost: OSError) -> NoReturn:
        self.application_state = _DISCONNECTED
        raise WebSocketDisconnect(code=1006) from lost

    def _advance(self, message: Message) -> None:
        kind = message["type"]
        following = SENDING[self.application_state]
        if not following:
            raise WebSocketDisconnected(
                'Cannot call "send" once a close message has been sent.'
            )
        if kind not in following:
            raise RuntimeError(unexpected_message(following, kind))
        self.application_state = following[kind]
        if kind == "websocket.accept":
            self._is_direct = _has_own_methods(self)
        if kind == "websocket.http.response.body" and not message.get("more_body"):
            self.application_state = _DISCONNECTED

    # -- the handshake and the close ------------------------------------------

    async def accept(
        self,
        subprotocol: Optional[str] = None,
        headers: Optional[Iterable[Tuple[bytes, bytes]]] = None,
    ) -> None:
        """Accept the handshake.

        Waits for the client's ``websocket.connect`` first, unless it has been
        received.

        Args:
            subprotocol: One of those that the client offered
                (``scope["subprotocols"]``).
            headers: Further headers of the handshake response, name and value.

        Raises:
            ValueError: A header or *subprotocol* has a CR, LF or NUL in it;
                nothing was sent.
            WebSocketDisconnected: The client has gone, or the application has
                ended the session.
            RuntimeError: The handshake has been accepted already.
        """
        pairs = list(headers or ())
        for pair in pairs:
            for part in pair:
                _refuse_control_characters("headers", part)
        if subprotocol is not None:
            _refuse_control_characters("subprotocol", subprotocol)
        if self.client_state is _CONNECTING:
            await self.receive()
        await self.send(
            {"type": "websocket.accept", "subprotocol": subprotocol, "headers": pairs}
        )

    async def close(self, code: int = 1000, reason: Optional[str] = None) -> None:
        """End the session; before ``accept()``, refuse it with status 403.

        Args:
            code: The close code (RFC 6455, section 7.4): 1000, 1001, 1003, 1007
                to 1014, or 3000 to 4999.
            reason: The text of the close frame, at most 123 bytes of UTF-8.

        Raises:
            WebSocketDisconnect: The server found the client gone (code 1006).
            WebSocketDisconnected: The application has ended the session already.
        """
        await self.send(
            {"type": "websocket.close", "code": code, "reason": reason or ""}
        )

    async def send_denial_response(self, response: Response) -> None:
        """Refuse the handshake with *response* in place of the bare 403.

        Raises:
            RuntimeError: The server has no such extension, or the handshake is
                over.
        """
        extensions = self.scope.get("extensions") or {}
        if "websocket.http.response" not in extensions:
            raise RuntimeError(
                "The server doesn't support the Websocket Denial Response extension."
            )
        await response(self.scope, self.receive, self.send)

    # -- data from the client -------------------------------------------------

    async def receive_text(self) -> str:
        """Return the next message, which must be text.

        Raises:
            WebSocketDisconnect: The client has ended the session.
            UnexpectedWebSocketData: The message is binary.  It is lost; the
                session goes on.
            RuntimeError: The session has not been accepted, or is closed.
        """
        if self.application_state is not _CONNECTED:
            self._refuse_data()
        if self._is_direct and self.client_state is _CONNECTED:
            message = await self._receive()
        else:
            message = await self.receive()
        text: Optional[str] = message.get("text")
        if text is None:
            self._raise_for_lack_of("text", message)
        return text

    async def receive_bytes(self) -> bytes:
        """Return the next message, which must be binary.

        Raises:
            WebSocketDisconnect: The client has ended the session.
            UnexpectedWebSocketData: The message is text.  It is lost; the
                session goes on.
            RuntimeError: The session has not been accepted, or is closed.
        """
        if self.application_state is not _CONNECTED:
            self._refuse_data()
        if self._is_direct and self.client_state is _CONNECTED:
            message = await self._receive()
        else:
            message = await self.receive()
        data: Optional[bytes] = message.get("bytes")
        if data is None:
            self._raise_for_lack_of("bytes", message)
        return data

    async def receive_json(self, mode: str = "text") -> Any:
        """Return the value of the next message, which must be JSON (RFC 8259).

        Args:
            mode: ``"text"``, or ``"binary"`` for UTF-8 in a binary message.

        Raises:
            WebSocketDisconnect: The client has ended the session.
            UnexpectedWebSocketData: The message is not of the kind of *mode*.
            ValueError: The message is not JSON (``json.JSONDecodeError``), not
                UTF-8 (``UnicodeDecodeError``), or nested too deeply.
            RuntimeError: *mode* is neither of the two, the session has not been
                accepted, or it is closed.
        """
        _check_mode(mode)
        if mode == "text":
            return _parse_json(await self.receive_text())
        data = await self.receive_bytes()
        return _parse_json(data.decode("utf-8"))

    async def iter_text(self) -> AsyncIterator[str]:
        """Yield what ``receive_text`` returns until the client ends the session."""
        while True:
            try:
                text = await self.receive_text()
            except WebSocketDisconnect as end:
                _raise_if_overdue(end)
                return
            yield text

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """Yield what ``receive_bytes`` returns until the client ends the session."""
        while True:
            try:
                data = await self.receive_bytes()
            except WebSocketDisconnect as end:
                _raise_if_overdue(end)
                return
            yield data

    async def iter_json(self) -> AsyncIterator[Any]:
        """Yield what ``receive_json`` returns until the client ends the session."""
        while True:
            try:
                value = await self.receive_json()
            except WebSocketDisconnect as end:
                _raise_if_overdue(end)
                return
            yield value

    def _refuse_data(self) -> NoReturn:
        sentence = 'WebSocket is not connected. Need to call "accept" first.'
        if self.application_state is _DISCONNECTED:
            raise WebSocketDisconnected(sentence)
        raise RuntimeError(sentence)

    def _raise_for_lack_of(self, key: str, message: Message) -> NoReturn:
        if message["type"] == "websocket.receive":
            raise UnexpectedWebSocketData(key)
        self._end_receiving(message)
        # The defaults are those of the ASGI specification.
        code = message.get("code")
        raise WebSocketDisconnect(1005 if code is None else code, message.get("reason"))

    # -- data for the client --------------------------------------------------

    async def send_text(self, data: str) -> None:
        """Send a text message.  Raises what ``send`` raises."""
        message: Message = {"type": "websocket.send", "text": data}
        if not self._is_direct or self.application_state is not _CONNECTED:
            await self.send(message)
            return
        try:
            await self._send(message)
        except OSError as lost:
            self._lose(lost)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message.  Raises what ``send`` raises."""
        message: Message = {"type": "websocket.send", "bytes": data}
        if not self._is_direct or self.application_state is not _CONNECTED:
            await self.send(message)
            return
        try:
            await self._send(message)
        except OSError as lost:
            self._lose(lost)

    async def send_json(self, data: Any, mode: str = "text") -> None:
        """Send *data* as JSON, compact and in UTF-8.

        Args:
            data: What the ``json`` module can encode.
            mode: ``"text"``, or ``"binary"`` for a binary message.

        Raises:
            TypeError: *data* cannot be encoded.
            RuntimeError: *mode* is neither of the two.
            Exception: What ``send`` raises.
        """
        _check_mode(mode)
        text = _format_json(data)
        if mode == "text":
            await self.send_text(text)
        else:
            await self.send_bytes(text.encode("utf-8"))


class WebSocketClose:
    """An ASGI application that closes the session, whatever its state.

    Args:
        code: As for ``WebSocket.close``.
        reason: As for ``WebSocket.close``.
    """

    def __init__(self, code: int = 1000, reason: Optional[str] = None) -> None:
        self.code = code
        self.reason: str = reason or ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send ``websocket.close``."""
        await send(
            {"type": "websocket.close", "code": self.code, "reason": self.reason}
        )


def _refuse_control_characters(argument: str, part: Union[bytes, str]) -> None:
    text = part.decode("latin-1") if isinstance(part, bytes) else part
    if "\r" in text or "\n" in text or "\0" in text:
        raise ValueError(
            f"`{argument}` must have no CR, LF or NUL in them, but got {part!r}"
        )


def _check_mode(mode: str) -> None:
    if mode != "text" and mode != "binary":
        raise RuntimeError('The "mode" argument should be "text" or "binary".')


def _has_own_methods(websocket: WebSocket[Any]) -> bool:
    # Asked of the bound methods and not of __dict__: from Python 3.11 on, a look
    # at that dict makes every attribute of the object slower from then on.
    receive, send = websocket.receive, websocket.send
    return receive == MethodType(_receive_any, websocket) and send == MethodType(
        _send_any, websocket
    )


_receive_any = WebSocket.receive
_send_any = WebSocket.send


def _raise_if_overdue(end: WebSocketDisconnect) -> None:
    # The end of the session ends an iteration.  Iterating on after it is a
    # mistake in the program, which must not look like a quiet client.
    if isinstance(end, WebSocketDisconnected):
        raise end


def _parse_json(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("The JSON data received is nested too deeply.") from None


def _format_json(data: Any) -> str:
    import json

    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    if not text.isascii():
        # Half a surrogate pair cannot be sent; its escape can.
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text
