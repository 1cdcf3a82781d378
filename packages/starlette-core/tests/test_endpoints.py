"""Endpoints as classes, by themselves: routing and exceptions are others' tests."""

from __future__ import annotations

import threading
from typing import Any, Dict, List, Tuple

import anyio
import pytest

from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope
from starlette.types import Message
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


# -- HTTP -----------------------------------------------------------------------


class Things(HTTPEndpoint):
    """Takes some methods, and has others that no request may reach."""

    async def get(self, request: Request) -> Response:
        return PlainTextResponse(f"got by {request.method}")

    def post(self, request: Request) -> Response:
        return PlainTextResponse(str(threading.get_ident()))

    @staticmethod
    async def put(request: Request) -> Response:
        body = await request.body()
        return PlainTextResponse(b"put " + body)

    async def query(self, request: Request) -> Response:
        return PlainTextResponse("queried")

    delete = None

    async def secret(self, request: Request) -> Response:
        raise AssertionError("reached")  # pragma: no cover (that is the test)

    trace = connect = secret


async def test_a_method_of_http() -> None:
    """
    It is answered by the method of the class with its name.
    """
    recorder = await exchange(Things, http_scope("GET"))

    assert recorder.status == 200
    assert recorder.body == b"got by GET"
    assert recorder.is_complete


async def test_a_plain_function() -> None:
    """
    It runs in a worker thread.
    """
    recorder = await exchange(Things, http_scope("POST"))

    assert int(recorder.body) != threading.get_ident()


async def test_the_body_of_the_request() -> None:
    """
    The request that the method is given has it.
    """
    recorder = await exchange(Things, http_scope("PUT"), [b"a", b"b"])

    assert recorder.body == b"put ab"


async def test_head_without_a_method_of_its_own() -> None:
    """
    It is answered as GET is.
    """
    recorder = await exchange(Things, http_scope("HEAD"))

    assert recorder.body == b"got by HEAD"


async def test_head_with_a_method_of_its_own() -> None:
    """
    It is not answered as GET is.
    """

    class WithHead(Things):
        async def head(self, request: Request) -> Response:
            return Response(headers={"x-head": "yes"})

    recorder = await exchange(WithHead, http_scope("HEAD"))

    assert recorder.headers["x-head"] == "yes"


async def test_query() -> None:
    """
    The youngest method of HTTP is one like any other.
    """
    recorder = await exchange(Things, http_scope("QUERY"))

    assert recorder.body == b"queried"


@pytest.mark.parametrize(
    "method",
    [
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "CONNECT",
        "SECRET",
        "DISPATCH",
        "METHOD_NOT_ALLOWED",
        "__INIT__",
        "__CLASS__",
        "SCOPE",
        "",
    ],
)
async def test_any_other_method(method: str) -> None:
    """
    It is not allowed, whatever attribute the class has under its name.
    """
    recorder = await exchange(Things, http_scope(method))

    assert recorder.status == 405
    assert recorder.headers["allow"] == "GET, HEAD, POST, PUT, QUERY"
    assert recorder.body == b"Method Not Allowed"


async def test_a_method_in_lower_case() -> None:
    """
    Methods are case-sensitive: it is another one, and not allowed.
    """
    recorder = await exchange(Things, {**http_scope(), "method": "get"})

    assert recorder.status == 405


async def test_a_method_that_is_not_allowed_inside_an_application() -> None:
    """
    The application's handlers decide what the answer looks like.
    """
    with pytest.raises(HTTPException) as caught:
        await exchange(Things, http_scope("PATCH", app=object()))

    assert caught.value.status_code == 405
    assert caught.value.headers == {"Allow": "GET, HEAD, POST, PUT, QUERY"}


async def test_an_endpoint_without_methods() -> None:
    """
    Nothing is allowed, and the header says so.
    """
    recorder = await exchange(HTTPEndpoint, http_scope("GET"))

    assert recorder.status == 405
    assert recorder.headers["allow"] == ""


async def test_a_method_outside_of_the_standard() -> None:
    """
    A class that lists it takes it.
    """

    class Cache(HTTPEndpoint):
        http_method_names = (*HTTPEndpoint.http_method_names, "PURGE")

        async def purge(self, request: Request) -> Response:
            return PlainTextResponse("purged")

    purged = await exchange(Cache, http_scope("PURGE"))
    refused = await exchange(Cache, http_scope("GET"))

    assert purged.body == b"purged"
    assert refused.headers["allow"] == "PURGE"


async def test_a_class_that_answers_what_is_not_allowed() -> None:
    """
    It overrides one method.
    """

    class Polite(HTTPEndpoint):
        async def method_not_allowed(self, request: Request) -> Response:
            return PlainTextResponse(f"Sorry, no {request.method}.", 405)

    recorder = await exchange(Polite, http_scope("GET"))

    assert recorder.body == b"Sorry, no GET."


# -- WebSocket ------------------------------------------------------------------


class Logging(WebSocketEndpoint):
    """Notes its events in a list that the scope brings."""

    def log(self, *event: Any) -> None:
        self.scope["log"].append(event)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        self.log("receive", data)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.log("disconnect", close_code)


async def serve(
    endpoint: Any, *messages: Message, encoding: Any = None
) -> Tuple[List[Any], Recorder, Any]:
    """Return the events, what was sent, and the error that came out, if any."""
    log: List[Any] = []
    kind = type("Kind", (endpoint,), {"encoding": encoding})
    script, recorder = Script({"type": "websocket.connect"}, *messages), Recorder()
    error = None
    try:
        await kind(websocket_scope(log=log), script, recorder)
    except Exception as exc:
        error = exc
    return log, recorder, error


def text(data: Any) -> Message:
    return {"type": "websocket.receive", "text": data}


def binary(data: Any) -> Message:
    return {"type": "websocket.receive", "bytes": data}


DISCONNECT: Dict[str, Any] = {"type": "websocket.disconnect", "code": 1001}


async def test_a_session_from_beginning_to_end() -> None:
    """
    The events come in order, and the session is accepted and never closed twice.
    """
    log, recorder, error = await serve(Logging, text("a"), text("b"), DISCONNECT)

    assert log == [("receive", "a"), ("receive", "b"), ("disconnect", 1001)]
    assert [message["type"] for message in recorder.messages] == ["websocket.accept"]
    assert error is None


async def test_a_session_of_which_nothing_is_overridden() -> None:
    """
    It accepts, and does nothing else.
    """
    _, recorder, error = await serve(WebSocketEndpoint, text("a"), DISCONNECT)

    assert [message["type"] for message in recorder.messages] == ["websocket.accept"]
    assert error is None


@pytest.mark.parametrize("disconnect", [{}, {"code": None}, {"code": 0}])
async def test_a_client_that_closes_without_a_code(disconnect: Dict[str, Any]) -> None:
    """
    The end is a normal one.
    """
    message = {"type": "websocket.disconnect", **disconnect}
    log, _, _ = await serve(Logging, message)

    assert log == [("disconnect", 1000)]


@pytest.mark.parametrize(
    "encoding, message, data",
    [
        (None, text("a"), "a"),
        (None, text(""), ""),
        (None, binary(b"a"), b"a"),
        (None, {"type": "websocket.receive", "text": None, "bytes": b""}, b""),
        ("text", text(""), ""),
        ("bytes", binary(b"a"), b"a"),
        ("json", text('{"a": 1}'), {"a": 1}),
        ("json", binary('"é"'.encode()), "é"),
    ],
)
async def test_decoding(encoding: Any, message: Message, data: Any) -> None:
    """
    What on_receive() is given follows from the encoding.
    """
    log, _, error = await serve(Logging, message, DISCONNECT, encoding=encoding)

    assert log == [("receive", data), ("disconnect", 1001)]
    assert error is None


@pytest.mark.parametrize(
    "encoding, message, sentence",
    [
        ("text", binary(b"a"), "Expected text websocket messages, but got bytes"),
        ("text", text(None), "Expected text websocket messages, but got bytes"),
        ("bytes", text("a"), "Expected bytes websocket messages, but got text"),
        ("json", text("{"), "Malformed JSON data received."),
        ("json", binary(b"\xff"), "Malformed JSON data received."),
        ("json", text("[" * 200_000), "Malformed JSON data received."),
        ("json", text(None), "Expected text or bytes, but got neither"),
        (None, text(None), "Expected text or bytes, but got neither"),
    ],
)
async def test_malformed_messages(
    encoding: Any, message: Message, sentence: str
) -> None:
    """
    The session is closed as one that got unsupported data, and ends.
    """
    log, recorder, error = await serve(Logging, message, encoding=encoding)

    assert log == [("disconnect", 1011)]
    assert recorder.close_code == 1003
    assert isinstance(error, RuntimeError)
    assert str(error) == sentence


async def test_a_malformed_message_after_the_application_has_closed() -> None:
    """
    There is nothing left to close, and the error is still about the message.
    """

    class Closing(Logging):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.close(4000)

    log, recorder, error = await serve(Closing, text("1"), text("{"), encoding="json")

    assert log == [("disconnect", 1011)]
    assert recorder.close_code == 4000
    assert str(error) == "Malformed JSON data received."


async def test_an_unknown_encoding() -> None:
    """
    The first message says so.
    """
    log, _, error = await serve(Logging, text("a"), encoding="xml")

    assert log == [("disconnect", 1011)]
    assert isinstance(error, AssertionError)
    assert str(error) == "Unsupported 'encoding' attribute xml"


async def test_an_encoding_of_its_own() -> None:
    """
    A class that decodes by itself may call it what it likes.
    """

    class Upper(Logging):
        async def decode(self, websocket: WebSocket, message: Message) -> Any:
            return message["text"].upper()

    log, _, _ = await serve(Upper, text("a"), DISCONNECT, encoding="upper")

    assert log == [("receive", "A"), ("disconnect", 1001)]


async def test_an_error_while_connecting() -> None:
    """
    The session never began, so it does not end either.
    """
    boom = ValueError("boom")

    class Failing(Logging):
        async def on_connect(self, websocket: WebSocket) -> None:
            raise boom

    log, _, error = await serve(Failing, DISCONNECT)

    assert log == []
    assert error is boom


async def test_an_error_while_receiving() -> None:
    """
    The session ends with 1011, and the error comes out.
    """
    boom = ValueError("boom")

    class Failing(Logging):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            raise boom

    log, recorder, error = await serve(Failing, text("a"), DISCONNECT)

    assert log == [("disconnect", 1011)]
    assert recorder.close_code is None
    assert error is boom


async def test_refusing_a_session() -> None:
    """
    A close while connecting need not wait for the client.
    """

    class Refusing(Logging):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.close(1008)

    log, recorder, error = await serve(Refusing, DISCONNECT)

    assert recorder.messages == [
        {"type": "websocket.close", "code": 1008, "reason": ""}
    ]
    assert log == [("disconnect", 1001)]
    assert error is None


async def test_a_session_that_is_cancelled() -> None:
    """
    It ends as a normal one: nothing went wrong in it.
    """
    log: List[Any] = []
    script = Script({"type": "websocket.connect"})

    async def run() -> None:
        await Logging(websocket_scope(log=log), script, recorder)

    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await recorder.wait_for("websocket.accept")
        group.cancel_scope.cancel()

    assert log == [("disconnect", 1000)]


# -- both -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint, scope, sentence",
    [
        (
            HTTPEndpoint,
            websocket_scope(),
            "must be of type 'http', but got 'websocket'",
        ),
        (
            WebSocketEndpoint,
            http_scope(),
            "must be of type 'websocket', but got 'http'",
        ),
    ],
)
def test_a_scope_of_another_type(endpoint: Any, scope: Any, sentence: str) -> None:
    """
    An endpoint serves connections of its own kind.
    """
    with pytest.raises(AssertionError) as caught:
        endpoint(scope, Script(), Recorder())

    assert sentence in str(caught.value)
