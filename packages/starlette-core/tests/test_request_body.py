"""The body of a request: read once, however many ask for it."""

from __future__ import annotations

import gc
import json
import zlib
from typing import Any, AsyncIterator, Callable, Dict, List

import anyio
import pytest

from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testing import Script, exchange, http_scope
from starlette.types import ASGIApp, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

URLENCODED = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
UPLOAD = (
    b"--b\r\nContent-Disposition: form-data; name=f; filename=a.txt\r\n\r\n"
    b"text\r\n--b--\r\n"
)


def post(*chunks: bytes, **headers: str) -> Request:
    """Return a request with this body."""
    return Request(http_scope("POST", headers=headers), Script.http(*chunks))


async def chunks_of(request: Request) -> List[bytes]:
    return [chunk async for chunk in request.stream()]


async def test_body() -> None:
    """
    The chunks are joined, and the body may be asked for again.
    """
    request = post(b"one", b"", b"two")

    assert await request.body() == b"onetwo"
    assert await request.body() == b"onetwo"


async def test_stream() -> None:
    """
    Chunks come as they arrive, empty ones left out, and an empty one at the end.
    """
    assert await chunks_of(post(b"one", b"", b"two")) == [b"one", b"two", b""]
    assert await chunks_of(post()) == [b""]


async def test_stream_after_the_body() -> None:
    """
    A body that was kept is streamed again, in one piece.
    """
    request = post(b"one", b"two")
    await request.body()

    assert await chunks_of(request) == [b"onetwo", b""]
    assert await chunks_of(request) == [b"onetwo", b""]


async def test_body_after_the_stream() -> None:
    """
    What was streamed nobody has kept; reading it again is an error.
    """
    request = post(b"one")
    await chunks_of(request)
    with pytest.raises(RuntimeError, match="Stream consumed"):
        await request.body()
    with pytest.raises(RuntimeError, match="Stream consumed"):
        await chunks_of(request)

    assert request._stream_consumed


async def test_stream_that_was_left() -> None:
    """
    Who asks next gets the rest.
    """
    request = post(b"one", b"two", b"three")
    stream = request.stream()
    first = await stream.__anext__()
    await stream.aclose()

    assert first == b"one"
    assert await request.body() == b"twothree"


async def test_client_that_leaves() -> None:
    """
    A body that stays incomplete is an error of its own.
    """
    part = {"type": "http.request", "body": b"one", "more_body": True}
    for method in (Request.body, chunks_of):
        request: Request = Request(
            http_scope("POST"), Script(part, {"type": "http.disconnect"})
        )
        with pytest.raises(ClientDisconnect):
            await method(request)

        assert await request.is_disconnected()


async def test_messages_of_servers() -> None:
    """
    A message may lack its body, or hold None; others are passed over.
    """
    script = Script(
        {"type": "http.request", "more_body": True},
        {"type": "http.request", "body": None, "more_body": True},
        {"type": "http.something.else"},
        {"type": "http.request", "body": b"x"},
    )

    assert await Request(http_scope("POST"), script).body() == b"x"


# -- one body, several requests ---------------------------------------------------


async def test_second_request_on_one_scope() -> None:
    """
    It gets the body that the first one has read, by ``body`` and by ``stream``.
    """
    scope, receive = http_scope("POST"), Script.http(b"one", b"two")
    first: Request = Request(scope, receive)
    await first.body()

    assert await Request(scope, receive).body() == b"onetwo"
    assert await chunks_of(Request(scope, receive)) == [b"onetwo", b""]
    assert receive.calls == 2


async def test_second_request_without_a_channel() -> None:
    """
    A request that cannot read anything takes what others have read.
    """
    scope = http_scope("POST")
    await Request(scope, Script.http(b"body")).body()

    assert await Request(scope).body() == b"body"


async def test_second_request_with_another_channel() -> None:
    """
    Another channel is another body, which a program gives on purpose.
    """
    scope = http_scope("POST")
    await Request(scope, Script.http(b"first")).body()

    assert await Request(scope, Script.http(b"second")).body() == b"second"


async def test_second_request_after_a_stream() -> None:
    """
    It is told that the body is gone, and does not wait for it.
    """
    scope, receive = http_scope("POST"), Script.http(b"one")
    await chunks_of(Request(scope, receive))
    with pytest.raises(RuntimeError, match="Stream consumed"):
        await Request(scope, receive).body()


class Connection:
    """A server's object, whose bound method is the channel."""

    def __init__(self, body: bytes) -> None:
        self.messages = [{"type": "http.request", "body": body}]

    async def receive(self) -> Message:
        return self.messages.pop()

    async def other(self) -> Message:
        return {"type": "http.request", "body": b"other"}


class Slotted:
    """A channel without room for weak references, as compiled ones are."""

    __slots__ = ()

    async def __call__(self) -> Message:
        return {"type": "http.request", "body": b"slotted"}


async def test_kinds_of_channels() -> None:
    """
    A method is the same channel each time it is looked up; another method is not.
    """
    connection, slotted = Connection(b"body"), Slotted()
    scope, other_scope = http_scope("POST"), http_scope("POST")
    bodies = [
        await Request(scope, connection.receive).body(),
        await Request(scope, connection.receive).body(),
        await Request(scope, connection.other).body(),
        await Request(other_scope, slotted).body(),
        await Request(other_scope, slotted).body(),
    ]

    assert bodies == [b"body", b"body", b"other", b"slotted", b"slotted"]


async def test_function_as_channel() -> None:
    """
    A function is a channel by itself.
    """
    messages: List[Message] = [{"type": "http.request", "body": b"body"}]

    async def receive() -> Message:
        return messages.pop()

    scope = http_scope("POST")

    assert await Request(scope, receive).body() == b"body"
    assert await Request(scope, receive).body() == b"body"


async def test_server_object_is_not_kept_alive() -> None:
    """
    The scope does not hold the object that holds the scope.
    """
    import weakref

    connection = Connection(b"body")
    connection.scope = http_scope("POST")  # type: ignore[attr-defined]
    await Request(connection.scope, connection.receive).body()  # type: ignore[attr-defined]
    alive = weakref.ref(connection)
    gc.disable()
    try:
        del connection
        left = alive()
    finally:
        gc.enable()

    assert left is None


def reading(read: Callable[[Request], Any]) -> Any:
    """Return a middleware that reads the request before the application does."""

    class Reading:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await read(Request(scope, receive))
            await self.app(scope, receive, send)

    return Reading


async def test_middleware_that_reads() -> None:
    """
    The endpoint reads again what a middleware has read: body, JSON or form.
    """

    async def endpoint(request: Request) -> JSONResponse:
        form = await request.form()
        return JSONResponse([(await request.body()).decode(), dict(form)])

    app = Starlette(
        routes=[Route("/", endpoint, methods=["POST"])],
        middleware=[Middleware(reading(Request.body))],
    )
    scope = http_scope("POST", headers=URLENCODED)
    recorder = await exchange(app, scope, [b"a=1", b"&b=2"])

    assert json.loads(recorder.body) == ["a=1&b=2", {"a": "1", "b": "2"}]


async def test_middleware_that_reads_a_form() -> None:
    """
    The endpoint gets the form that a middleware has parsed.
    """

    async def read_form(request: Request) -> None:
        await request.form()

    async def endpoint(request: Request) -> PlainTextResponse:
        async with request.form() as form:
            upload = form["f"]
            assert isinstance(upload, UploadFile)
            return PlainTextResponse(await upload.read())

    app = Starlette(
        routes=[Route("/", endpoint, methods=["POST"])],
        middleware=[Middleware(reading(read_form))],
    )
    recorder = await exchange(app, http_scope("POST", headers=MULTIPART), [UPLOAD])

    assert recorder.body == b"text"


async def test_replaced_body() -> None:
    """
    Programs set ``_body``, and a channel of their own, in place of what came.
    """

    async def receive() -> Message:
        return {"type": "http.request", "body": b"replayed"}

    request = post(b"original")
    request._receive = receive
    other = post(b"original")
    other._body = b"mine"

    assert await request.body() == b"replayed"
    assert await other.body() == b"mine"
    assert await chunks_of(other) == [b"mine", b""]


class GzipRequest(Request):
    """The recipe of a request that unpacks its body."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            self._body = zlib.decompress(await super().body())
        return self._body


class UpperRequest(Request):
    """A request that changes its body on the way."""

    async def stream(self) -> Any:
        async for chunk in super().stream():
            yield chunk.upper()


async def test_subclass_with_a_body_of_its_own() -> None:
    """
    What is built on the body is built on the subclass's.
    """
    packed = zlib.compress(b'{"a": 1}')
    scope, receive = http_scope("POST"), Script.http(packed)
    request = GzipRequest(scope, receive)

    assert await request.json() == {"a": 1}
    assert await request.body() == b'{"a": 1}'
    assert await Request(scope, receive).body() == packed


async def test_subclass_with_a_stream_of_its_own() -> None:
    """
    The body is that stream, and not the body of other requests.
    """
    scope, receive = http_scope("POST", headers=URLENCODED), Script.http(b"a=b")
    first = UpperRequest(scope, receive)
    await Request(scope, receive).body()

    assert await first.body() == b"A=B"
    assert await UpperRequest(scope, receive).form() == FormData([("A", "B")])


async def test_tools_replace_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What they put in its place is where the body comes through, for all who ask.
    """
    original = Request.stream
    seen: List[bytes] = []

    async def stream(self: Request) -> AsyncIterator[bytes]:
        async for chunk in original(self):
            seen.append(chunk)
            yield chunk.upper()

    monkeypatch.setattr(Request, "stream", stream)
    scope = http_scope(method="POST")
    receive = Script.http(b"ab", b"cd")
    bodies = [await Request(scope, receive).body() for _ in range(2)]

    assert bodies == [b"ABCD", b"ABCD"]
    assert seen == [b"ab", b"cd", b""]


# -- JSON --------------------------------------------------------------------------


async def test_json() -> None:
    """
    The body is parsed once.
    """
    request = post(b'{"a":', b" [1]}")

    assert await request.json() == {"a": [1]}
    assert await request.json() is await request.json()


@pytest.mark.parametrize("body", [b"", b"{", b"nul", b"[" * 100_000, b'{"a":' * 50_000])
async def test_malformed_json(body: bytes) -> None:
    """
    Whatever is no JSON is one and the same error, however deep it nests.
    """
    with pytest.raises(json.JSONDecodeError):
        await post(body).json()


async def test_json_that_is_no_text() -> None:
    """
    Bytes that are no Unicode are a ``ValueError`` as well.
    """
    with pytest.raises(ValueError, match="can't decode"):
        await post(b'"\xff"').json()


async def test_json_of_null() -> None:
    """
    None is a value, and kept like another.
    """
    request = post(b"null")

    assert await request.json() is None
    assert await request.json() is None


# -- forms -------------------------------------------------------------------------


async def test_form() -> None:
    """
    The form is parsed once, whether it is awaited or used in ``async with``.
    """
    request: Request = Request(
        http_scope("POST", headers=URLENCODED), Script.http(b"a=1&a=2")
    )
    form = await request.form()
    async with request.form() as again:
        same = again is form

    assert form.multi_items() == [("a", "1"), ("a", "2")]
    assert same


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data; boundary=b", "Multipart/Form-Data;boundary=b"],
)
async def test_upload(content_type: str) -> None:
    """
    Leaving ``async with`` closes the files, and ``close`` does.
    """
    headers = {"content-type": content_type}
    request: Request = Request(http_scope("POST", headers=headers), Script.http(UPLOAD))
    async with request.form() as form:
        upload = form["f"]
        assert isinstance(upload, UploadFile)
        content = await upload.read()
        is_open = not upload.file.closed
    await request.close()

    assert content == b"text"
    assert is_open
    assert upload.file.closed


async def test_close() -> None:
    """
    ``close`` closes the files of the form; a second request gets no closed ones.
    """
    scope, receive = http_scope("POST", headers=MULTIPART), Script.http(UPLOAD)
    request: Request = Request(scope, receive)
    upload = (await request.form())["f"]
    await request.close()
    other: Request = Request(scope, receive)
    await other.close()

    assert isinstance(upload, UploadFile)
    assert upload.file.closed
    with pytest.raises(RuntimeError, match="Stream consumed"):
        await other.form()


async def test_close_of_another_form() -> None:
    """
    A request closes the form it has got, not one that came after it.
    """
    scope = http_scope("POST", headers=URLENCODED)
    first: Request = Request(scope, Script.http(b"a=1"))
    await first.form()
    channel = Script.http(b"a=2")
    second: Request = Request(scope, channel)
    form = await second.form()
    await first.close()

    assert await Request(scope, channel).form() is form


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}])
async def test_form_of_another_type(headers: Dict[str, str]) -> None:
    """
    The body of another type is an empty form, and stays to be read.
    """
    request: Request = Request(http_scope("POST", headers=headers), Script.http(b"a=1"))

    assert await request.form() == FormData()
    assert await request.body() == b"a=1"


async def test_malformed_form() -> None:
    """
    Outside of an application the parser's own error; inside status 400.
    """
    scope = http_scope("POST", headers=MULTIPART)
    with pytest.raises(MultiPartException):
        await Request(scope, Script.http(b"--b\r\nnonsense")).form()
    scope = http_scope("POST", headers=MULTIPART, app=object())
    with pytest.raises(HTTPException) as caught:
        await Request(scope, Script.http(b"--b\r\nnonsense")).form()

    assert caught.value.status_code == 400
    assert isinstance(caught.value.__cause__, MultiPartException)


@pytest.mark.parametrize(
    "headers, body, limits",
    [
        (URLENCODED, b"a=1&b=2", {"max_fields": 1}),
        (URLENCODED, b"a=12345", {"max_part_size": 4}),
        (MULTIPART, UPLOAD, {"max_files": 0}),
        (MULTIPART, UPLOAD.replace(b"; filename=a.txt", b""), {"max_fields": 0}),
        (MULTIPART, UPLOAD.replace(b"; filename=a.txt", b""), {"max_part_size": 3}),
    ],
)
async def test_limits_of_a_form(
    headers: Dict[str, str], body: bytes, limits: Dict[str, int]
) -> None:
    """
    Each limit is passed on to the parser of either kind.
    """
    request: Request = Request(http_scope("POST", headers=headers), Script.http(body))
    with pytest.raises(MultiPartException):
        await request.form(**limits)


async def test_body_after_the_form() -> None:
    """
    A parsed form was streamed: the body is gone, unless it was read before.
    """
    scope = http_scope("POST", headers=URLENCODED)
    request: Request = Request(scope, Script.http(b"a=1"))
    await request.form()
    with pytest.raises(RuntimeError, match="Stream consumed"):
        await request.body()


async def test_stream_handed_on() -> None:
    """
    The stream is an async iterator that can be given away.
    """

    async def count(stream: AsyncIterator[bytes]) -> int:
        return sum([len(chunk) async for chunk in stream])

    assert await count(post(b"one", b"two").stream()) == 6


async def test_body_whose_reading_is_cancelled() -> None:
    """
    Who asks again gets all of it, and not the rest.
    """
    script = Script({"type": "http.request", "body": b"one", "more_body": True})
    request = Request(http_scope("POST"), script)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(request.body)
            while script.calls < 2:
                await anyio.sleep(0)
            scope.cancel()
    script.add({"type": "http.request", "body": b"two"})

    assert await Request(request.scope, script).body() == b"onetwo"
