"""The client for async tests, on the event loop of the test."""

from __future__ import annotations

import threading
from typing import Any, List

import anyio
import pytest

from starlette._testing._httpx import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.testclient import AsyncTestClient, WebSocketDenialResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

pytestmark = pytest.mark.anyio

START = {"type": "http.response.start", "status": 200, "headers": []}
MORE = {"type": "http.response.body", "body": b"part", "more_body": True}
END = {"type": "http.response.body"}
ACCEPT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close", "code": 4000, "reason": "enough"}
STARTED = {"type": "lifespan.startup.complete"}
ENDED = {"type": "lifespan.shutdown.complete"}

ok = PlainTextResponse("ok")


class Boom(Exception):
    """Raised by the applications that are meant to fail."""


class App:
    """An application of every kind; it keeps what happened."""

    def __init__(self) -> None:
        self.log: List[str] = []
        self.states: List[Any] = []
        self.headers: List[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(scope, receive, send)
            return
        self.states.append(scope["state"])
        self.headers.append(scope["headers"])
        if scope["type"] == "websocket":
            await self.echo(scope, receive, send)
        elif scope["path"] == "/endless":
            await self.endless(scope, receive, send)
        elif scope["path"] == "/old":
            await RedirectResponse("/new")(scope, receive, send)
        else:
            body = await Request(scope, receive).body()
            await PlainTextResponse(body or b"ok")(scope, receive, send)

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.log.append((await receive())["type"])
        scope["state"]["shared"] = "yes"
        await send(STARTED)
        self.log.append((await receive())["type"])
        await send(ENDED)

    async def echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({**ACCEPT, "subprotocol": "a", "headers": [(b"x", b"y")]})
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.log.append(f"left with {message['code']}")
                return
            await send({**message, "type": "websocket.send"})

    async def endless(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(START)
        async with anyio.create_task_group() as tg:

            async def listen() -> None:
                self.log.append((await receive())["type"])
                tg.cancel_scope.cancel()

            tg.start_soon(listen)
            while True:
                await send(MORE)


def sends(*messages: Message, error: Any = None) -> ASGIApp:
    """Return an application that receives once, and sends these messages."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    return app


async def sleeps(scope: Scope, receive: Receive, send: Send) -> None:
    await anyio.sleep_forever()


async def test_request() -> None:
    """
    The application answers in the thread of the test.
    """
    threads: List[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        threads.append(threading.get_ident())
        await ok(scope, receive, send)

    response = await AsyncTestClient(app).get("/")

    assert response.text == "ok"
    assert threads == [threading.get_ident()]


async def test_client_as_it_was_told() -> None:
    """
    Headers, cookies and redirects are as for the other client.
    """
    app = App()
    client = AsyncTestClient(app, headers={"x": "y"}, cookies={"c": "d"})
    response = await client.get("/old")

    assert response.url.path == "/new"
    assert (b"x", b"y") in app.headers[0]
    assert (b"cookie", b"c=d") in app.headers[0]
    assert (b"user-agent", b"testclient") in app.headers[0]


async def test_body() -> None:
    """
    The body of the request arrives.
    """
    response = await AsyncTestClient(App()).post("/", content=b"body")

    assert response.content == b"body"


async def test_lifespan() -> None:
    """
    The application is started and shut down around the block, and has its state.
    """
    app = App()

    async with AsyncTestClient(app) as client:
        await client.get("/")
        during = list(app.log)
        state = client.app_state

    assert during == ["lifespan.startup"]
    assert app.log == ["lifespan.startup", "lifespan.shutdown"]
    assert app.states == [{"shared": "yes"}]
    assert state == {"shared": "yes"}


async def test_block_in_its_states() -> None:
    """
    A client is entered once at a time, and left only when it was entered.
    """
    client = AsyncTestClient(App())

    with pytest.raises(RuntimeError, match="not entered"):
        await client.__aexit__()
    async with client:
        with pytest.raises(RuntimeError, match="entered already"):
            await client.__aenter__()
    async with client:
        pass
    await client.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await client.__aenter__()


@pytest.mark.parametrize(
    "app, error",
    [
        pytest.param(sends(error=Boom()), Boom, id="raises"),
        pytest.param(sends(), AssertionError, id="silent"),
        pytest.param(sends(STARTED, error=Boom()), Boom, id="raises-later"),
        pytest.param(sends(STARTED), AssertionError, id="no-end"),
    ],
)
async def test_lifespan_that_goes_wrong(app: ASGIApp, error: Any) -> None:
    """
    The error is raised where the block is entered or left.
    """
    with pytest.raises(error):
        async with AsyncTestClient(app):
            pass


async def test_startup_that_takes_too_long() -> None:
    """
    A startup that does not end is cancelled and reported.
    """
    client = AsyncTestClient(sleeps, max_wait=0.01)

    with pytest.raises(RuntimeError, match=r"startup took longer than 0.01 seconds"):
        await client.__aenter__()


async def test_errors_of_the_application() -> None:
    """
    The test gets the exception, or a 500.
    """
    app = sends(error=Boom())

    with pytest.raises(Boom):
        await AsyncTestClient(app).get("/")
    response = await AsyncTestClient(app, raise_server_exceptions=False).get("/")

    assert response.status_code == 500


async def test_timeout() -> None:
    """
    A request that takes too long ends, and the application with it.
    """
    with pytest.raises(httpx.ReadTimeout, match="did not answer GET"):
        await AsyncTestClient(sleeps).get("/", timeout=0.01)


async def test_cancelled_test() -> None:
    """
    A test that is cancelled takes the application with it.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope_of_test.cancel()
        try:
            await anyio.sleep_forever()
        finally:
            log.append("cancelled")

    with anyio.CancelScope() as scope_of_test:
        await AsyncTestClient(app).get("/")

    assert scope_of_test.cancelled_caught
    assert log == ["cancelled"]


async def test_endless_stream_is_left() -> None:
    """
    Leaving an endless response delivers ``http.disconnect``.
    """
    app = App()

    async with AsyncTestClient(app).stream("GET", "/endless") as response:
        stream: Any = response.stream
        # Not through httpx's generators, which trio wants to be closed.
        parts = stream.__aiter__()
        first, second = await parts.__anext__(), await parts.__anext__()
        await parts.aclose()

    assert (first, second) == (b"part", b"part")
    assert app.log == ["http.disconnect"]


async def test_stream_is_read_whole() -> None:
    """
    The response is there before its end, which brings the trailers.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "trailers": True})
        await send(MORE)
        await send(MORE)
        await send(END)
        trailers = [(b"name", b"value")]
        await send({"type": "http.response.trailers", "headers": trailers})

    async with AsyncTestClient(app).stream("GET", "/") as response:
        before = dict(response.extensions)
        content = await response.aread()

    assert content == b"partpart"
    assert before == {}
    assert response.extensions["http.response.trailers"]["name"] == "value"


async def test_stream_of_an_application_that_fails() -> None:
    """
    The error is raised at once if there is no response, and at the end otherwise.
    """
    with pytest.raises(Boom):
        await AsyncTestClient(sends(error=Boom())).stream("GET", "/").__aenter__()
    late = AsyncTestClient(sends(START, END, error=Boom()))
    with pytest.raises(Boom):
        async with late.stream("GET", "/") as response:
            await response.aread()
    client = AsyncTestClient(sends(error=Boom()), raise_server_exceptions=False)
    async with client.stream("GET", "/") as response:
        assert response.status_code == 500


async def test_application_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An application that sends on after its client has left is cancelled and reported.
    """
    monkeypatch.setattr("starlette._testing.async_call.LEAVE_TIMEOUT", 0.01)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        while True:
            await send(MORE)

    with pytest.raises(RuntimeError, match=r"went on for 0.01 seconds"):
        async with AsyncTestClient(app).stream("GET", "/"):
            pass


async def test_what_is_never_closed() -> None:
    """
    Leaving the client closes forgotten streams and sessions, and reports them.
    """
    app = App()
    client = await AsyncTestClient(app).__aenter__()
    await client.send(client.build_request("GET", "/endless"), stream=True)
    await client.websocket_connect("/ws").__aenter__()

    with pytest.warns(ResourceWarning) as caught:
        await client.__aexit__()

    assert [str(warning.message) for warning in caught] == [
        "The response to GET http://testserver/endless was never closed.",
        "The WebSocket session of /ws was never closed.",
    ]
    assert "left with 1000" in app.log
    assert "http.disconnect" in app.log


async def test_session() -> None:
    """
    Text, bytes and JSON go out and come back.
    """
    app = App()

    async with AsyncTestClient(app).websocket_connect("/", ["a"]) as session:
        await session.send_text("text")
        await session.send_bytes(b"bytes")
        await session.send_json([1])
        await session.send_json([2], mode="binary")
        answers = [
            await session.receive_text(),
            await session.receive_bytes(),
            await session.receive_json(),
            await session.receive_json(mode="binary"),
        ]
        await session.close(3000)

    assert answers == ["text", b"bytes", [1], [2]]
    assert session.accepted_subprotocol == "a"
    assert session.extra_headers == [(b"x", b"y")]
    assert app.log == ["left with 3000"]


async def test_session_that_is_refused() -> None:
    """
    A close, a denial, an error or silence is raised where the session is entered.
    """
    denial = {"type": "websocket.http.response.start", "status": 403}
    body = {"type": "websocket.http.response.body", "body": b"no"}

    with pytest.raises(WebSocketDisconnect) as refused:
        await AsyncTestClient(sends(CLOSE)).websocket_connect("/").__aenter__()
    with pytest.raises(WebSocketDenialResponse) as denied:
        await AsyncTestClient(sends(denial, body)).websocket_connect("/").__aenter__()
    client = AsyncTestClient(sends(error=Boom()))
    with pytest.raises(Boom):
        await client.websocket_connect("/").__aenter__()
    with pytest.raises(RuntimeError, match="The application has ended"):
        await AsyncTestClient(sends()).websocket_connect("/").__aenter__()
    with pytest.raises(TimeoutError):
        await AsyncTestClient(sleeps).websocket_connect("/", timeout=0.01).__aenter__()

    assert refused.value.code == 4000
    assert denied.value.content == b"no"


async def test_session_that_fails_at_its_end() -> None:
    """
    An error that the test did not wait for is raised when the session is left.
    """
    with pytest.raises(Boom):
        async with AsyncTestClient(sends(ACCEPT, error=Boom())).websocket_connect("/"):
            pass


async def test_session_that_stays_is_cancelled() -> None:
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

    async with AsyncTestClient(app).websocket_connect("/"):
        pass

    assert log == ["cancelled"]


async def test_session_in_its_states() -> None:
    """
    A session cannot be used before, after, or twice.
    """
    session = AsyncTestClient(App()).websocket_connect("/")

    with pytest.raises(RuntimeError, match="not open yet"):
        await session.send_text("early")
    async with session:
        with pytest.raises(TimeoutError):
            await session.receive(timeout=0.01)
    with pytest.raises(RuntimeError, match="is closed"):
        await session.receive()
    with pytest.raises(RuntimeError, match="entered once"):
        await session.__aenter__()


async def test_session_that_is_left_after_its_client() -> None:
    """
    The client has closed it, and said so; there is nothing left to do.
    """
    app = App()
    with pytest.warns(ResourceWarning, match="never closed"):
        async with AsyncTestClient(app) as client:
            session = await client.websocket_connect("/").__aenter__()
    await session.__aexit__(None, None, None)

    with pytest.raises(RuntimeError):
        await session.send_text("late")
