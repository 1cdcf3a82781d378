"""WebSocket sessions of the client."""

from __future__ import annotations

import json
import sys
from typing import Any, Callable, Dict, List, Optional

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from starlette.testclient import (
    TestClient,
    WebSocketDenialResponse,
    WebSocketTestSession,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

ACCEPT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close", "code": 4000, "reason": "enough"}
TEXT = {"type": "websocket.send", "text": "text"}
BYTES = {"type": "websocket.send", "bytes": b"bytes"}


class Boom(Exception):
    """Raised by the applications that are meant to fail."""


class Echo:
    """An application that sends everything back, and keeps what it saw."""

    def __init__(self) -> None:
        self.received: List[Message] = []
        self.scope: Scope = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.scope = scope
        self.received.append(await receive())
        await send(ACCEPT)
        while self.received[-1]["type"] != "websocket.disconnect":
            message = await receive()
            self.received.append(message)
            if message["type"] == "websocket.receive":
                await send({**message, "type": "websocket.send"})


def sends(*messages: Message, error: Optional[Exception] = None) -> ASGIApp:
    """Return an application that sends just these messages, then ends."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    return app


def test_scope_of_a_session(backend: str) -> None:
    """
    The scope has what a handshake brings.
    """
    app = Echo()
    client = TestClient(app, backend=backend, cookies={"c": "d"})

    with client.websocket_connect("/ws?x=1", ["a", "b"], headers={"x": "y"}) as session:
        scope = session.scope

    assert scope is app.scope
    assert scope["type"] == "websocket"
    assert scope["scheme"] == "ws"
    assert scope["path"] == "/ws"
    assert scope["query_string"] == b"x=1"
    assert scope["subprotocols"] == ["a", "b"]
    assert scope["server"] == ["testserver", 80]
    assert "websocket.http.response" in scope["extensions"]
    headers = dict(scope["headers"])
    assert headers[b"connection"] == b"upgrade"
    assert headers[b"sec-websocket-version"] == b"13"
    assert headers[b"sec-websocket-protocol"] == b"a, b"
    assert headers[b"x"] == b"y"
    assert headers[b"cookie"] == b"c=d"
    assert "method" not in scope


def test_scope_of_a_full_url() -> None:
    """
    A URL of its own decides scheme, host and port.
    """
    app = Echo()

    with TestClient(app).websocket_connect("wss://example.org/ws"):
        pass

    assert app.scope["scheme"] == "wss"
    assert app.scope["server"] == ["example.org", 443]
    assert app.scope["subprotocols"] == []


def test_url_of_another_scheme() -> None:
    """
    A WebSocket cannot be had over ``http://``.
    """
    with pytest.raises(RuntimeError, match="Expected WebSocket upgrade"):
        TestClient(Echo()).websocket_connect("http://testserver/")


@pytest.mark.parametrize("within", [False, True], ids=["alone", "lifespan"])
def test_echo(backend: str, within: bool) -> None:
    """
    Text, bytes and JSON go out and come back.
    """
    app = Echo()
    client = TestClient(app, backend=backend)

    def talk() -> List[Any]:
        with client.websocket_connect("/") as session:
            session.send_text("text")
            session.send_bytes(b"bytes")
            session.send_json({"ü": [1]})
            session.send_json([2], mode="binary")
            return [
                session.receive_text(),
                session.receive_bytes(),
                session.receive_json(),
                session.receive_json(mode="binary"),
            ]

    if within:
        with client:
            answers = talk()
    else:
        answers = talk()

    assert answers == ["text", b"bytes", {"ü": [1]}, [2]]
    assert app.received[0] == {"type": "websocket.connect"}
    assert app.received[3] == {"type": "websocket.receive", "text": '{"ü":[1]}'}
    assert app.received[-1] == {
        "type": "websocket.disconnect",
        "code": 1000,
        "reason": None,
    }


@pytest.mark.parametrize("method", ["send_json", "receive_json"])
def test_unknown_mode(method: str) -> None:
    """
    A mode that does not exist is named.
    """
    arguments: List[Any] = [{}] if method == "send_json" else []

    with TestClient(Echo()).websocket_connect("/") as session:
        with pytest.raises(ValueError, match="`mode` must be 'text' or 'binary'"):
            getattr(session, method)(*arguments, mode="other")


def test_close_by_the_client(backend: str) -> None:
    """
    Code and reason reach the application, which hears nothing else after that.
    """
    app = Echo()

    with TestClient(app, backend=backend).websocket_connect("/") as session:
        session.close(3000, "bye")

    assert app.received[-1]["code"] == 3000
    assert app.received[-1]["reason"] == "bye"


def test_disconnect_is_repeated(backend: str) -> None:
    """
    An application that goes on receiving gets the disconnect again.
    """
    received: List[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        for _ in range(3):
            received.append(await receive())
        await send(TEXT)

    with TestClient(app, backend=backend).websocket_connect("/") as session:
        session.close(3000)

    assert [message["type"] for message in received] == ["websocket.disconnect"] * 3


def test_what_the_application_added(backend: str) -> None:
    """
    Subprotocol and headers of the handshake are on the session.
    """
    accept = {**ACCEPT, "subprotocol": "a", "headers": [(b"x", b"y")]}

    with TestClient(sends(accept), backend=backend).websocket_connect("/") as session:
        assert session.accepted_subprotocol == "a"
        assert session.extra_headers == [(b"x", b"y")]


def test_close_by_the_application(backend: str) -> None:
    """
    A close is a message for ``receive``, and an error for the others.
    """
    app = sends(ACCEPT, TEXT, CLOSE)

    with TestClient(app, backend=backend).websocket_connect("/") as session:
        first = session.receive_text()
        second = session.receive()
    with TestClient(app, backend=backend).websocket_connect("/") as session:
        session.receive()
        with pytest.raises(WebSocketDisconnect) as caught:
            session.receive_text()

    assert first == "text"
    assert second == CLOSE
    assert (caught.value.code, caught.value.reason) == (4000, "enough")


def test_frame_of_the_other_kind() -> None:
    """
    Text is not read as bytes, nor bytes as text.
    """
    app = sends(ACCEPT, TEXT, BYTES)

    with TestClient(app).websocket_connect("/") as session:
        with pytest.raises(KeyError):
            session.receive_bytes()
        with pytest.raises(KeyError):
            session.receive_text()


def test_json_that_is_none() -> None:
    """
    A frame that is not JSON is an error of the JSON module.
    """
    with TestClient(sends(ACCEPT, TEXT)).websocket_connect("/") as session:
        with pytest.raises(json.JSONDecodeError):
            session.receive_json()


def test_refused_connection(backend: str) -> None:
    """
    A close instead of the accept is raised where the session is entered.
    """
    with pytest.raises(WebSocketDisconnect) as caught:
        TestClient(sends(CLOSE), backend=backend).websocket_connect("/").__enter__()

    assert (caught.value.code, caught.value.reason) == (4000, "enough")


def test_denial_response(backend: str) -> None:
    """
    A denial is raised as the response that it is.
    """
    start = {
        "type": "websocket.http.response.start",
        "status": 404,
        "headers": [(b"a", b"b")],
    }
    part = {"type": "websocket.http.response.body", "body": b"no", "more_body": True}
    end = {"type": "websocket.http.response.body", "body": b"pe"}
    client = TestClient(sends(start, part, end), backend=backend)

    with pytest.raises(WebSocketDenialResponse) as caught:
        client.websocket_connect("/").__enter__()

    assert isinstance(caught.value, WebSocketDisconnect)
    assert caught.value.status_code == 404
    assert caught.value.content == b"nope"
    assert caught.value.headers["a"] == "b"


def test_application_that_ends_without_a_word(backend: str) -> None:
    """
    Nothing at all is an error, not a wait for ever.
    """
    with pytest.raises(RuntimeError, match="The application has ended"):
        TestClient(sends(), backend=backend).websocket_connect("/").__enter__()


def test_error_of_the_application(backend: str) -> None:
    """
    Its error is raised where the test waits for it, or at the latest at the end.
    """
    client = TestClient(sends(ACCEPT, error=Boom()), backend=backend)

    with pytest.raises(Boom):
        with client.websocket_connect("/") as session:
            session.receive()
    with pytest.raises(Boom):
        with client.websocket_connect("/"):
            pass
    with pytest.raises(Boom):
        TestClient(sends(error=Boom()), backend=backend).websocket_connect(
            "/"
        ).__enter__()


@pytest.mark.parametrize(
    "messages, match",
    [
        ([TEXT], r'"websocket.send" before the WebSocket was accepted'),
        ([ACCEPT, ACCEPT], r'"websocket.accept" on an accepted WebSocket'),
        ([ACCEPT, CLOSE, TEXT], r'"websocket.send" after the WebSocket was closed'),
    ],
)
def test_wrong_message_is_named(messages: List[Message], match: str) -> None:
    """
    An application that breaks the protocol is told how.
    """
    with pytest.raises(AssertionError, match=match):
        with TestClient(sends(*messages)).websocket_connect("/"):
            pass


def test_timeout_of_receive(backend: str) -> None:
    """
    A receive that waits in vain ends; the session lives on.
    """
    with TestClient(Echo(), backend=backend).websocket_connect("/") as session:
        with pytest.raises(TimeoutError, match=r"sent nothing for 0.01 seconds"):
            session.receive(timeout=0.01)
        session.send_text("alive")
        answer = session.receive_text()

    assert answer == "alive"


def test_timeout_of_the_handshake(backend: str) -> None:
    """
    An application that does not answer is cancelled.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep_forever()

    client = TestClient(app, backend=backend)

    with pytest.raises(TimeoutError):
        client.websocket_connect("/", timeout=0.01).__enter__()
    with pytest.raises(TimeoutError):
        client.websocket_connect("/", timeout=0).__enter__()


def test_application_that_stays_is_cancelled(backend: str) -> None:
    """
    Leaving the session ends an application that does not mind the disconnect.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        try:
            await anyio.sleep_forever()
        finally:
            log.append("cancelled")

    with TestClient(app, backend=backend).websocket_connect("/"):
        pass

    assert log == ["cancelled"]


def test_session_is_entered_once() -> None:
    """
    A session cannot be used before, after, or twice.
    """
    session = TestClient(Echo()).websocket_connect("/")

    with pytest.raises(RuntimeError, match="not open yet"):
        session.send_text("early")
    with session:
        pass
    with pytest.raises(RuntimeError, match="is closed"):
        session.receive()
    with pytest.raises(RuntimeError, match="entered once"):
        session.__enter__()


def test_session_with_a_portal_factory(backend: str) -> None:
    """
    A session can be made without a client, with a portal.
    """
    scope: Dict[str, Any] = {"type": "websocket", "path": "/"}
    factory: Callable[[], Any] = lambda: start_blocking_portal(backend)  # noqa: E731

    with WebSocketTestSession(Echo(), scope, factory) as session:
        session.send_text("text")
        answer = session.receive_text()

    assert answer == "text"


def test_session_without_its_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It is a TypeError; nothing is said of a session that was never made.
    """
    unraisable: List[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    make: Callable[[], Any] = WebSocketTestSession  # type: ignore[assignment]

    with pytest.raises(TypeError):
        make()

    assert unraisable == []


def test_session_that_is_never_closed(backend: str) -> None:
    """
    Leaving the client closes a forgotten session and reports it.
    """
    app = Echo()
    client = TestClient(app, backend=backend)

    with pytest.warns(
        ResourceWarning, match="WebSocket session of /x was never closed"
    ):
        with client:
            client.websocket_connect("/x").__enter__()

    assert app.received[-1]["type"] == "websocket.disconnect"


def test_application_goes_on_as_far_as_it_can(backend: str) -> None:
    """
    What the application does after the accept is done when the test goes on.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        log.append("accepted")
        await receive()

    with TestClient(app, backend=backend).websocket_connect("/"):
        seen = list(log)

    assert seen == ["accepted"]
