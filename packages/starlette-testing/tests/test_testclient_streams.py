"""Responses that are read while they are still being sent."""

from __future__ import annotations

import contextlib
from typing import Any, List

import anyio
import pytest

from starlette._testing._httpx import httpx
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

START = {"type": "http.response.start", "status": 200, "headers": []}
MORE = {"type": "http.response.body", "body": b"part\n", "more_body": True}
END = {"type": "http.response.body"}


class Boom(Exception):
    """Raised by the applications that are meant to fail."""


class Endless:
    """An application that sends events until its client disconnects."""

    def __init__(self) -> None:
        self.sent = 0
        self.log: List[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(START)
        async with anyio.create_task_group() as tg:
            tg.start_soon(self.listen, receive, tg.cancel_scope)
            while True:
                await send({**MORE, "body": b"%d\n" % self.sent})
                self.sent += 1

    async def listen(self, receive: Receive, scope: anyio.CancelScope) -> None:
        self.log.append((await receive())["type"])
        scope.cancel()


def breaking_off(error: Exception) -> ASGIApp:
    """An application that sends a part of its response, and fails."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(MORE)
        raise error

    return app


def test_response_is_there_before_its_end(backend: str) -> None:
    """
    The test reads parts while the application waits to send the next.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        for name in ("first", "second"):
            log.append(name)
            await send({**MORE, "body": name.encode()})
        await send(END)
        log.append("end")

    with TestClient(app, backend=backend).stream("GET", "/") as response:
        status = response.status_code
        parts = response.iter_raw()
        first = next(parts)
        early = list(log)
        rest = list(parts)

    assert status == 200
    assert first == b"first"
    assert "end" not in early
    assert rest == [b"second"]
    assert log[-1] == "end"


def test_endless_stream_is_left(backend: str) -> None:
    """
    Leaving an endless response delivers ``http.disconnect``.
    """
    app = Endless()

    with TestClient(app, backend=backend).stream("GET", "/") as response:
        lines = response.iter_lines()
        read = [next(lines) for _ in range(3)]

    assert read == ["0", "1", "2"]
    assert app.log == ["http.disconnect"]
    assert app.sent <= 6


def test_endless_stream_of_a_streaming_response(backend: str) -> None:
    """
    A generator of ``StreamingResponse`` is closed when the client leaves.
    """
    log: List[str] = []

    async def events() -> Any:
        try:
            while True:
                yield "data: event\n\n"
                await anyio.sleep(0)
        finally:
            log.append("closed")

    app = StreamingResponse(events(), media_type="text/event-stream")

    with TestClient(app, backend=backend).stream("GET", "/") as response:
        first = next(response.iter_lines())

    assert first == "data: event"
    assert log == ["closed"]


def test_stream_is_never_read(backend: str) -> None:
    """
    A response may be left without being read at all.
    """
    app = Endless()

    with TestClient(app, backend=backend).stream("GET", "/") as response:
        assert response.status_code == 200

    assert app.log == ["http.disconnect"]


def test_stream_is_read_whole(backend: str) -> None:
    """
    ``read`` gathers what is left.
    """
    with TestClient(PlainTextResponse("text"), backend=backend).stream(
        "GET", "/"
    ) as response:
        response.read()

    assert response.text == "text"


def test_stream_within_a_lifespan(backend: str) -> None:
    """
    Requests go on beside an open stream, on the same event loop.
    """
    endless = Endless()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"] == "/endless":
            await endless(scope, receive, send)
        else:
            await PlainTextResponse("beside")(scope, receive, send)

    with TestClient(app, backend=backend) as client:
        with client.stream("GET", "/endless") as response:
            lines = response.iter_lines()
            first = next(lines)
            beside = client.get("/").text
            second = next(lines)

    assert (first, beside, second) == ("0", "beside", "1")


def test_error_before_the_start(backend: str) -> None:
    """
    An application that fails before its response fails the request.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise Boom

    with pytest.raises(Boom):
        TestClient(app, backend=backend).stream("GET", "/").__enter__()
    with TestClient(app, backend=backend, raise_server_exceptions=False).stream(
        "GET", "/"
    ) as response:
        assert response.status_code == 500


def test_error_while_it_is_read(backend: str) -> None:
    """
    An error that comes later is raised where the test reads.
    """
    app = breaking_off(Boom())

    with pytest.raises(Boom):
        with TestClient(app, backend=backend).stream("GET", "/") as response:
            response.read()


def test_client_disconnect_is_no_error(backend: str) -> None:
    """
    An application that says that its client has left is right.
    """
    app = breaking_off(ClientDisconnect())

    with TestClient(app, backend=backend).stream("GET", "/") as response:
        assert response.status_code == 200


def test_trailers_come_at_the_end(backend: str) -> None:
    """
    Trailers are in the extensions once the body was read.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "trailers": True})
        await send(MORE)
        await send(END)
        trailers = [(b"name", b"value")]
        await send({"type": "http.response.trailers", "headers": trailers})

    with TestClient(app, backend=backend).stream("GET", "/") as response:
        before = dict(response.extensions)
        response.read()

    assert "http.response.trailers" not in before
    assert response.extensions["http.response.trailers"]["name"] == "value"


def test_application_that_stays(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An application that sends on after its client has left is cancelled and reported.
    """
    monkeypatch.setattr("starlette._testing.call.LEAVE_TIMEOUT", 0.01)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        while True:
            await send(MORE)

    stream = TestClient(app, backend=backend).stream("GET", "/")
    parts = stream.__enter__().iter_raw()
    next(parts)

    with pytest.raises(RuntimeError, match=r"went on for 0.01 seconds"):
        stream.__exit__(None, None, None)


def test_timeout_of_a_stream(backend: str) -> None:
    """
    A part that does not come in time is an error where the test reads.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await anyio.sleep_forever()

    client = TestClient(app, backend=backend)

    with contextlib.ExitStack() as stack, pytest.raises(httpx.ReadTimeout):
        # On one line, because its start may not come in time either.
        stack.enter_context(client.stream("GET", "/", timeout=0.01)).read()


def test_stream_that_is_never_closed(backend: str) -> None:
    """
    Leaving the client closes a forgotten stream and reports it.
    """
    endless = Endless()
    app = Starlette(routes=[Mount("/", endless)])
    client = TestClient(app, backend=backend)

    with pytest.warns(
        ResourceWarning,
        match="The response to GET http://testserver/x was never closed",
    ):
        with client:
            client.send(client.build_request("GET", "/x"), stream=True)

    assert endless.log == ["http.disconnect"]
