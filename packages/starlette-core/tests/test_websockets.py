"""Sessions against a scripted client; no server and no application around them."""

from __future__ import annotations

import json
import pickle
from typing import Any, Callable, List

import pytest

from starlette.responses import PlainTextResponse
from starlette.testing import Recorder, Script, websocket_scope
from starlette.types import Message
from starlette.websockets import (
    UnexpectedWebSocketData,
    WebSocket,
    WebSocketClose,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketState,
)

pytestmark = pytest.mark.anyio

DISCONNECT = {"type": "websocket.disconnect", "code": 1001, "reason": "Bye"}
NOT_CONNECTED = 'WebSocket is not connected. Need to call "accept" first.'
CLOSED = 'Cannot call "send" once a close message has been sent.'


def session(*messages: Message) -> WebSocket:
    """A session whose client connects and sends these messages."""
    receive = Script({"type": "websocket.connect"}, *messages)
    return WebSocket(websocket_scope(), receive, Recorder())


def sent(websocket: WebSocket) -> List[Message]:
    recorder: Any = websocket._send
    messages: List[Message] = recorder.messages
    return messages


async def accepted(*messages: Message) -> WebSocket:
    """A session that is open, with nothing in its record."""
    websocket = session(*messages)
    await websocket.accept()
    sent(websocket).clear()
    return websocket


def text(data: Any) -> Message:
    return {"type": "websocket.receive", "text": data}


def binary(data: Any) -> Message:
    return {"type": "websocket.receive", "bytes": data}


# -- the handshake --------------------------------------------------------------


def test_a_scope_of_another_type() -> None:
    """
    A session is made from the scope of a session only.
    """
    with pytest.raises(AssertionError, match="must be of type 'websocket'"):
        WebSocket({"type": "http"}, Script(), Recorder())


async def test_accepting() -> None:
    """
    accept() waits for the client's handshake, and both sides are connected.
    """
    websocket = session()
    await websocket.accept()

    assert sent(websocket) == [
        {"type": "websocket.accept", "subprotocol": None, "headers": []}
    ]
    assert websocket.client_state is WebSocketState.CONNECTED
    assert websocket.application_state is WebSocketState.CONNECTED


async def test_accepting_after_receiving_the_handshake() -> None:
    """
    accept() does not wait for a handshake that has been received.
    """
    websocket = session()
    first = await websocket.receive()
    await websocket.accept()

    assert first == {"type": "websocket.connect"}
    assert len(sent(websocket)) == 1


async def test_accepting_with_subprotocol_and_headers() -> None:
    """
    Both are passed on; the headers as a list, whatever iterable they were.
    """
    websocket = session()
    await websocket.accept("chat", iter([(b"x-a", b"1"), (b"x-b", b"2")]))

    assert sent(websocket) == [
        {
            "type": "websocket.accept",
            "subprotocol": "chat",
            "headers": [(b"x-a", b"1"), (b"x-b", b"2")],
        }
    ]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"x-a", b"1\r\nset-cookie: a=b")],
        [(b"x-a\n", b"1")],
        [(b"x-a", b"1\0")],
        [("x-a", "1\r")],
    ],
)
async def test_accepting_with_headers_that_split_the_response(headers: Any) -> None:
    """
    CR, LF and NUL are refused, and nothing was sent.
    """
    websocket = session()
    with pytest.raises(ValueError, match="`headers` must have no CR, LF or NUL"):
        await websocket.accept(headers=headers)

    assert sent(websocket) == []


async def test_accepting_with_a_subprotocol_that_splits_the_response() -> None:
    """
    It goes into a header too, so the same is refused.
    """
    websocket = session()
    with pytest.raises(ValueError, match="`subprotocol` must have no CR, LF or NUL"):
        await websocket.accept("chat\r\nx-a: 1")

    assert sent(websocket) == []


async def test_accepting_twice() -> None:
    """
    The second time is an error that names what may be sent.
    """
    websocket = await accepted()
    with pytest.raises(RuntimeError) as caught:
        await websocket.accept()

    assert str(caught.value) == (
        'Expected ASGI message "websocket.send" or "websocket.close", '
        "but got 'websocket.accept'"
    )


async def test_accepting_a_client_that_went_away_first() -> None:
    """
    A disconnect in place of the handshake ends the session before it began.
    """
    websocket = WebSocket(websocket_scope(), Script(DISCONNECT), Recorder())
    with pytest.raises(WebSocketDisconnected) as caught:
        await websocket.accept()

    assert str(caught.value) == (
        "Expected ASGI message \"websocket.connect\", but got 'websocket.disconnect'"
    )
    assert websocket.client_state is WebSocketState.DISCONNECTED
    assert sent(websocket) == []


async def test_a_server_that_begins_with_data() -> None:
    """
    That is the server's error, and not taken for a handshake.
    """
    websocket = WebSocket(websocket_scope(), Script(text("hi")), Recorder())
    with pytest.raises(RuntimeError) as caught:
        await websocket.receive()

    assert str(caught.value) == (
        "Expected ASGI message \"websocket.connect\", but got 'websocket.receive'"
    )
    assert websocket.client_state is WebSocketState.CONNECTING


@pytest.mark.parametrize(
    "use",
    [
        WebSocket.receive_text,
        WebSocket.receive_bytes,
        WebSocket.receive_json,
    ],
)
async def test_receiving_data_before_accepting(use: Callable[..., Any]) -> None:
    """
    It is an error, but not one about a client that has gone.
    """
    with pytest.raises(RuntimeError) as caught:
        await use(session())

    assert str(caught.value) == NOT_CONNECTED
    assert not isinstance(caught.value, WebSocketDisconnect)


@pytest.mark.parametrize(
    "use, data",
    [
        (WebSocket.send_text, "hi"),
        (WebSocket.send_bytes, b"hi"),
        (WebSocket.send_json, "hi"),
    ],
)
async def test_sending_data_before_accepting(
    use: Callable[..., Any], data: Any
) -> None:
    """
    It is an error that names what may be sent.
    """
    websocket = session()
    with pytest.raises(RuntimeError) as caught:
        await use(websocket, data)

    assert str(caught.value) == (
        'Expected ASGI message "websocket.accept", "websocket.close" or '
        "\"websocket.http.response.start\", but got 'websocket.send'"
    )
    assert sent(websocket) == []


async def test_refusing_the_handshake() -> None:
    """
    A close before accept() is sent at once; the session is over.
    """
    websocket = session()
    await websocket.close()

    assert sent(websocket) == [{"type": "websocket.close", "code": 1000, "reason": ""}]
    assert websocket.application_state is WebSocketState.DISCONNECTED


async def test_refusing_the_handshake_with_a_response() -> None:
    """
    The response is sent as the server's extension has it, and ends the session.
    """
    websocket = session()
    await websocket.receive()
    await websocket.send_denial_response(PlainTextResponse("No.", status_code=403))

    start, body = sent(websocket)
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert (body["type"], body["body"]) == ("websocket.http.response.body", b"No.")
    assert websocket.application_state is WebSocketState.DISCONNECTED


async def test_refusing_the_handshake_with_a_response_in_parts() -> None:
    """
    The session ends with the part that announces no other.
    """
    part = {"type": "websocket.http.response.body", "body": b"a", "more_body": True}
    last = {"type": "websocket.http.response.body", "body": b"b"}
    websocket = session()
    await websocket.send(
        {"type": "websocket.http.response.start", "status": 403, "headers": []}
    )
    await websocket.send(part)
    before = websocket.application_state
    await websocket.send(last)
    after = websocket.application_state

    assert sent(websocket)[1:] == [part, last]
    assert before is WebSocketState.RESPONSE
    assert after is WebSocketState.DISCONNECTED


async def test_accepting_in_the_middle_of_a_refusal() -> None:
    """
    Only the rest of the response may be sent.
    """
    websocket = session()
    await websocket.send(
        {"type": "websocket.http.response.start", "status": 403, "headers": []}
    )
    with pytest.raises(RuntimeError) as caught:
        await websocket.accept()

    assert str(caught.value) == (
        'Expected ASGI message "websocket.http.response.body", '
        "but got 'websocket.accept'"
    )


@pytest.mark.parametrize("extensions", [{}, None, {"other": {}}])
async def test_refusing_with_a_response_where_the_server_cannot(
    extensions: Any,
) -> None:
    """
    A server without the extension is told by its scope.
    """
    scope = websocket_scope(extensions=extensions)
    websocket = WebSocket(scope, Script(), Recorder())
    with pytest.raises(RuntimeError) as caught:
        await websocket.send_denial_response(PlainTextResponse("No."))

    assert str(caught.value) == (
        "The server doesn't support the Websocket Denial Response extension."
    )


# -- data from the client -------------------------------------------------------


async def test_receiving() -> None:
    """
    Each kind of data comes as it was sent, an empty message included.
    """
    websocket = await accepted(
        text("hi"), text(""), binary(b"\xff"), binary(b""), text('{"a": 1}')
    )

    assert await websocket.receive_text() == "hi"
    assert await websocket.receive_text() == ""
    assert await websocket.receive_bytes() == b"\xff"
    assert await websocket.receive_bytes() == b""
    assert await websocket.receive_json() == {"a": 1}


async def test_receiving_json_from_a_binary_message() -> None:
    """
    The mode says which kind of message holds the JSON.
    """
    websocket = await accepted(binary('{"é": [1]}'.encode()))

    assert await websocket.receive_json(mode="binary") == {"é": [1]}


async def test_receiving_from_a_server_that_sets_both_keys() -> None:
    """
    A key with None in it counts as missing, as the ASGI specification says.
    """
    websocket = await accepted(
        {"type": "websocket.receive", "text": "hi", "bytes": None},
        {"type": "websocket.receive", "text": None, "bytes": b"hi"},
    )

    assert await websocket.receive_text() == "hi"
    assert await websocket.receive_bytes() == b"hi"


@pytest.mark.parametrize(
    "message, use, sentence",
    [
        (
            binary(b"1"),
            WebSocket.receive_text,
            "Expected text websocket messages, but got bytes",
        ),
        (
            {"type": "websocket.receive", "text": None, "bytes": b"1"},
            WebSocket.receive_json,
            "Expected text websocket messages, but got bytes",
        ),
        (
            text("1"),
            WebSocket.receive_bytes,
            "Expected bytes websocket messages, but got text",
        ),
    ],
)
async def test_receiving_data_of_the_other_kind(
    message: Message, use: Callable[..., Any], sentence: str
) -> None:
    """
    It is an error and never None; the message after it can be received.
    """
    websocket = await accepted(message, text("next"))
    with pytest.raises(UnexpectedWebSocketData) as caught:
        await use(websocket)

    assert isinstance(caught.value, KeyError)
    assert str(caught.value) == sentence
    assert await websocket.receive_text() == "next"


@pytest.mark.parametrize(
    "message, mode, error",
    [
        pytest.param(text("{"), "text", json.JSONDecodeError, id="not-json"),
        pytest.param(binary(b"\xff"), "binary", UnicodeDecodeError, id="not-utf-8"),
        pytest.param(text("[" * 200_000), "text", ValueError, id="too-deep"),
    ],
)
async def test_receiving_malformed_json(
    message: Message, mode: str, error: Any
) -> None:
    """
    It is a ValueError, whatever is wrong with it.
    """
    websocket = await accepted(message)
    with pytest.raises(error) as caught:
        await websocket.receive_json(mode)

    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(
            lambda websocket: websocket.receive_json(mode="yaml"), id="receive"
        ),
        pytest.param(lambda websocket: websocket.send_json({}, mode="yaml"), id="send"),
    ],
)
async def test_json_in_an_unknown_mode(use: Callable[[WebSocket], Any]) -> None:
    """
    There are two modes, and the error says which.
    """
    with pytest.raises(RuntimeError) as caught:
        await use(session())

    assert str(caught.value) == 'The "mode" argument should be "text" or "binary".'


@pytest.mark.parametrize(
    "use", [WebSocket.receive_text, WebSocket.receive_bytes, WebSocket.receive_json]
)
async def test_the_client_closes(use: Callable[..., Any]) -> None:
    """
    Whoever waits for data gets the close code and the reason.
    """
    websocket = await accepted(DISCONNECT)
    with pytest.raises(WebSocketDisconnect) as caught:
        await use(websocket)

    assert (caught.value.code, caught.value.reason) == (1001, "Bye")
    assert not isinstance(caught.value, WebSocketDisconnected)
    assert websocket.client_state is WebSocketState.DISCONNECTED


@pytest.mark.parametrize(
    "message",
    [
        {"type": "websocket.disconnect"},
        {"type": "websocket.disconnect", "code": None, "reason": None},
    ],
)
async def test_the_client_closes_without_a_code(message: Message) -> None:
    """
    The code is 1005, which stands for none, and the reason is empty.
    """
    websocket = await accepted(message)
    with pytest.raises(WebSocketDisconnect) as caught:
        await websocket.receive_text()

    assert (caught.value.code, caught.value.reason) == (1005, "")


async def test_receiving_the_disconnect_as_a_message() -> None:
    """
    receive() returns it like any other, and the client has gone.
    """
    websocket = await accepted(DISCONNECT)
    message = await websocket.receive()

    assert message == DISCONNECT
    assert websocket.client_state is WebSocketState.DISCONNECTED


@pytest.mark.parametrize("use", [WebSocket.receive, WebSocket.receive_text])
async def test_receiving_after_the_client_has_closed(use: Callable[..., Any]) -> None:
    """
    It is an error for those who catch RuntimeError, and for those who catch
    WebSocketDisconnect.
    """
    websocket = await accepted(DISCONNECT)
    await websocket.receive()
    with pytest.raises(WebSocketDisconnected) as caught:
        await use(websocket)

    assert isinstance(caught.value, RuntimeError)
    assert isinstance(caught.value, WebSocketDisconnect)
    assert caught.value.code == 1006
    assert str(caught.value) == (
        'Cannot call "receive" once a disconnect message has been received.'
    )


@pytest.mark.parametrize("use", [WebSocket.receive, WebSocket.receive_text])
async def test_a_server_that_sends_something_else(use: Callable[..., Any]) -> None:
    """
    A message of an unknown type is the server's error.
    """
    websocket = await accepted({"type": "websocket.surprise"})
    with pytest.raises(RuntimeError) as caught:
        await use(websocket)

    assert str(caught.value) == (
        'Expected ASGI message "websocket.receive" or "websocket.disconnect", '
        "but got 'websocket.surprise'"
    )


@pytest.mark.parametrize(
    "iterate, messages, items",
    [
        (WebSocket.iter_text, [text("a"), text("b")], ["a", "b"]),
        (WebSocket.iter_bytes, [binary(b"a"), binary(b"b")], [b"a", b"b"]),
        (WebSocket.iter_json, [text("1"), text("[2]")], [1, [2]]),
    ],
)
async def test_iterating(
    iterate: Callable[..., Any], messages: List[Message], items: List[Any]
) -> None:
    """
    The client's close ends the iteration quietly.
    """
    websocket = await accepted(*messages, DISCONNECT)

    assert [item async for item in iterate(websocket)] == items


@pytest.mark.parametrize(
    "iterate", [WebSocket.iter_text, WebSocket.iter_bytes, WebSocket.iter_json]
)
async def test_iterating_over_a_session_that_is_over(
    iterate: Callable[..., Any],
) -> None:
    """
    That is a mistake in the program, not an end like any other.
    """
    websocket = await accepted(DISCONNECT)
    await websocket.receive()

    with pytest.raises(WebSocketDisconnected):
        [item async for item in iterate(websocket)]


# -- data for the client --------------------------------------------------------


async def test_sending() -> None:
    """
    Each kind of data goes into a message of its kind; JSON is compact UTF-8.
    """
    websocket = await accepted()
    await websocket.send_text("hi")
    await websocket.send_bytes(b"\xff")
    await websocket.send_json({"é": [1, 2]})
    await websocket.send_json({"é": 1}, mode="binary")

    assert sent(websocket) == [
        {"type": "websocket.send", "text": "hi"},
        {"type": "websocket.send", "bytes": b"\xff"},
        {"type": "websocket.send", "text": '{"é":[1,2]}'},
        {"type": "websocket.send", "bytes": '{"é":1}'.encode()},
    ]


@pytest.mark.parametrize("mode", ["text", "binary"])
async def test_sending_half_a_surrogate_pair_as_json(mode: str) -> None:
    """
    It is written as its escape: a server cannot send the half itself.
    """
    websocket = await accepted()
    await websocket.send_json({"é": "\ud800"}, mode=mode)
    (message,) = sent(websocket)
    text = message.get("text") or message["bytes"].decode()

    assert text == '{"é":"\\ud800"}'


async def test_sending_what_json_cannot_say() -> None:
    """
    It is a TypeError, and nothing was sent.
    """
    websocket = await accepted()
    with pytest.raises(TypeError):
        await websocket.send_json(object())

    assert sent(websocket) == []


async def test_closing() -> None:
    """
    The code and the reason are sent, and the application's side is over.
    """
    websocket = await accepted()
    await websocket.close(code=4000, reason="Enough")

    assert sent(websocket) == [
        {"type": "websocket.close", "code": 4000, "reason": "Enough"}
    ]
    assert websocket.application_state is WebSocketState.DISCONNECTED
    assert websocket.client_state is WebSocketState.CONNECTED


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda websocket: websocket.close(), id="close"),
        pytest.param(lambda websocket: websocket.send_text("hi"), id="send_text"),
        pytest.param(lambda websocket: websocket.send_bytes(b"hi"), id="send_bytes"),
        pytest.param(lambda websocket: websocket.send_json(1), id="send_json"),
        pytest.param(lambda websocket: websocket.accept(), id="accept"),
    ],
)
async def test_sending_after_closing(use: Callable[[WebSocket], Any]) -> None:
    """
    It is an error for those who catch RuntimeError, and for those who catch
    WebSocketDisconnect.
    """
    websocket = await accepted()
    await websocket.close()
    with pytest.raises(WebSocketDisconnected) as caught:
        await use(websocket)

    assert isinstance(caught.value, RuntimeError)
    assert str(caught.value) == CLOSED
    assert len(sent(websocket)) == 1


async def test_receiving_data_after_closing() -> None:
    """
    Data is not for a session that is closed; messages still come.
    """
    websocket = await accepted(text("late"), DISCONNECT)
    await websocket.close()
    with pytest.raises(WebSocketDisconnected, match="WebSocket is not connected"):
        await websocket.receive_text()

    assert await websocket.receive() == text("late")
    assert await websocket.receive() == DISCONNECT


async def test_sending_to_a_client_that_has_closed() -> None:
    """
    Whether that can be sent is the server's to say.
    """
    websocket = await accepted(DISCONNECT)
    await websocket.receive()
    await websocket.send_text("hi")
    await websocket.close()

    assert [message["type"] for message in sent(websocket)] == [
        "websocket.send",
        "websocket.close",
    ]


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda websocket: websocket.close(), id="close"),
        pytest.param(lambda websocket: websocket.send_text("hi"), id="send_text"),
        pytest.param(lambda websocket: websocket.send_bytes(b"hi"), id="send_bytes"),
        pytest.param(lambda websocket: websocket.send_json(1), id="send_json"),
    ],
)
async def test_sending_to_a_client_that_cannot_be_reached(
    use: Callable[[WebSocket], Any],
) -> None:
    """
    The server's OSError becomes a disconnect with code 1006, and the session ends.
    """
    lost = ConnectionResetError("gone")
    connect = Script({"type": "websocket.connect"})
    websocket = WebSocket(websocket_scope(), connect, Recorder(error=lost, after=1))
    await websocket.accept()
    with pytest.raises(WebSocketDisconnect) as caught:
        await use(websocket)

    assert caught.value.code == 1006
    assert caught.value.__cause__ is lost
    assert websocket.application_state is WebSocketState.DISCONNECTED
    with pytest.raises(WebSocketDisconnected):
        await use(websocket)


# -- subclasses and patches -----------------------------------------------------


class Counting(WebSocket):
    """Counts messages, by overriding the two methods they all pass through."""

    count = 0

    async def receive(self) -> Message:
        self.count += 1
        return await super().receive()

    async def send(self, message: Message) -> None:
        self.count += 1
        await super().send(message)


async def echo_three(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.send_bytes(await websocket.receive_bytes())
    await websocket.send_json(await websocket.receive_json())


async def test_a_subclass_sees_every_message() -> None:
    """
    Data passes through receive() and send() where these are overridden.
    """
    script = Script.websocket("a", b"b", "1")
    websocket = Counting(websocket_scope(), script, Recorder())
    await echo_three(websocket)

    assert websocket.count == 8
    assert len(sent(websocket)) == 4


async def test_a_patched_instance_sees_every_message() -> None:
    """
    Data passes through receive() and send() where these are set on the object.
    """
    seen: List[str] = []
    websocket = session(text("a"), binary(b"b"), text("1"))
    receive, send = websocket.receive, websocket.send

    async def note_received() -> Message:
        message = await receive()
        seen.append(message["type"])
        return message

    async def note_sent(message: Message) -> None:
        seen.append(message["type"])
        await send(message)

    vars(websocket).update(receive=note_received, send=note_sent)
    await echo_three(websocket)

    assert len(seen) == 8


async def test_data_after_the_states_were_set_by_hand() -> None:
    """
    The states are public: what a program sets is what holds.
    """
    websocket = await accepted(text("hi"))
    websocket.client_state = WebSocketState.DISCONNECTED
    with pytest.raises(WebSocketDisconnected):
        await websocket.receive_text()

    websocket.application_state = WebSocketState.DISCONNECTED
    with pytest.raises(WebSocketDisconnected):
        await websocket.send_text("hi")


# -- the small classes ----------------------------------------------------------


@pytest.mark.parametrize(
    "close, message",
    [
        (WebSocketClose(), {"type": "websocket.close", "code": 1000, "reason": ""}),
        (
            WebSocketClose(1008, "No"),
            {"type": "websocket.close", "code": 1008, "reason": "No"},
        ),
    ],
)
async def test_the_closing_application(close: WebSocketClose, message: Message) -> None:
    """
    It sends one message and receives none.
    """
    recorder, script = Recorder(), Script()
    await close(websocket_scope(), script, recorder)

    assert recorder.messages == [message]
    assert script.calls == 0


def test_a_disconnect_without_facts() -> None:
    """
    The code is 1000 and the reason empty.
    """
    end = WebSocketDisconnect()

    assert (end.code, end.reason) == (1000, "")


@pytest.mark.parametrize(
    "error",
    [
        WebSocketDisconnect(1001, "Bye"),
        WebSocketDisconnected("Too late.", 1001),
        UnexpectedWebSocketData("text"),
    ],
)
def test_errors_cross_processes(error: Exception) -> None:
    """
    An unpickled error has the facts of the pickled one.
    """
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_a_session_with_a_typed_state() -> None:
    """
    The class takes the type of its state as a parameter.
    """

    class MyState:
        user: str

    websocket = WebSocket[MyState](websocket_scope(), Script(), Recorder())

    assert type(websocket) is WebSocket
