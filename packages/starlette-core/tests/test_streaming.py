"""Streamed responses: what is sent, and what becomes of the iterator."""

from __future__ import annotations

from typing import Any, AsyncIterator, Dict, Iterator, List

import anyio
import anyio.from_thread
import pytest

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope
from starlette.types import Message, Receive, Send

pytestmark = pytest.mark.anyio

OLD = {"version": "3.0", "spec_version": "2.3"}
NEW = {"version": "3.0", "spec_version": "2.4"}

both_specs = pytest.mark.parametrize(
    "asgi", [pytest.param(OLD, id="2.3"), pytest.param(NEW, id="2.4")]
)


class Log:
    """Iterators that tell when they are closed, and by what."""

    def __init__(self) -> None:
        self.seen: List[str] = []
        self.waits = anyio.Event()

    async def agen(self, *pieces: Any, waits: bool = False) -> AsyncIterator[Any]:
        try:
            for piece in pieces:
                yield piece
            if waits:
                self.waits.set()
                await anyio.sleep_forever()
        except BaseException as error:
            self.seen.append(type(error).__name__)
            raise
        finally:
            self.seen.append("closed")

    def gen(self, *pieces: Any) -> Iterator[Any]:
        try:
            yield from pieces
        finally:
            self.seen.append("closed")

    async def background(self) -> None:
        self.seen.append("background")


@both_specs
@pytest.mark.parametrize("kind", ["async", "sync", "list"])
async def test_pieces(kind: str, asgi: Any) -> None:
    """
    Each piece is a message of its own, text is encoded, an empty one ends it.
    """
    log = Log()
    pieces = ["é", b"b", memoryview(b"c")]
    kinds: Dict[str, Any] = {"async": log.agen, "sync": log.gen, "list": lambda *x: x}
    content = kinds[kind](*pieces)
    response = StreamingResponse(
        content,
        201,
        {"x-name": "value"},
        "text/csv",
        BackgroundTask(log.background),
    )
    sent = await exchange(response, http_scope(asgi=asgi))

    assert sent.messages == [
        {
            "type": "http.response.start",
            "status": 201,
            "headers": [
                (b"x-name", b"value"),
                (b"content-type", b"text/csv; charset=utf-8"),
            ],
        },
        {"type": "http.response.body", "body": "é".encode(), "more_body": True},
        {"type": "http.response.body", "body": b"b", "more_body": True},
        {"type": "http.response.body", "body": b"c", "more_body": True},
        {"type": "http.response.body", "body": b"", "more_body": False},
    ]
    assert log.seen == (["background"] if kind == "list" else ["closed", "background"])


async def test_scope_without_a_version() -> None:
    """
    A scope that says nothing of the version is served as one of ASGI 2.0.
    """
    scope = http_scope()
    del scope["asgi"]
    sent = await exchange(StreamingResponse([b"x"]), scope)

    assert sent.is_complete


async def test_denial_of_a_websocket() -> None:
    """
    Sent to a WebSocket, every message is one of a denial response.
    """
    sent = await exchange(StreamingResponse([b"no"], 403), websocket_scope())

    assert [message["type"] for message in sent.messages] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
        "websocket.http.response.body",
    ]


def test_content_that_cannot_be_iterated_over() -> None:
    """
    The mistake is found where it is made.
    """
    with pytest.raises(TypeError) as caught:
        StreamingResponse(5)  # type: ignore[arg-type]

    assert str(caught.value) == (
        "`content` must be an iterable or an async iterable, but got int."
    )


@both_specs
async def test_piece_that_cannot_be_sent(asgi: Any) -> None:
    """
    The error names the type, and the generator is closed.
    """
    log = Log()

    with pytest.raises(TypeError, match="but got int"):
        await exchange(StreamingResponse(log.agen(5)), http_scope(asgi=asgi))

    assert log.seen == ["GeneratorExit", "closed"]


async def test_client_goes_while_the_generator_waits() -> None:
    """
    The generator is cancelled where it waits; the background task still runs.
    """
    log = Log()
    script = Script.http()
    recorder = Recorder()
    response = StreamingResponse(
        log.agen(b"x", waits=True), background=BackgroundTask(log.background)
    )

    async def go() -> None:
        await log.waits.wait()
        script.add({"type": "http.disconnect"})

    async with anyio.create_task_group() as group:
        group.start_soon(go)
        await response(http_scope(asgi=OLD), script, recorder)

    assert len(log.seen) == 3
    assert log.seen[1:] == ["closed", "background"]
    assert not recorder.is_complete


async def test_client_goes_while_a_piece_is_sent() -> None:
    """
    The generator is closed before the response returns, and may await at that.
    """
    seen: List[str] = []
    script = Script.http()

    async def content() -> AsyncIterator[bytes]:
        try:
            yield b"x"
        finally:
            await anyio.sleep(0)
            seen.append("closed")

    async def send(message: Message) -> None:
        if message.get("body"):
            script.add({"type": "http.disconnect"})
            await anyio.sleep_forever()

    await StreamingResponse(content())(http_scope(asgi=OLD), script, send)

    assert seen == ["closed"]


async def test_client_goes_while_a_thread_waits() -> None:
    """
    A plain generator is closed, in a thread, before the response returns.
    """
    log = Log()
    script = Script.http()

    def content() -> Iterator[bytes]:
        try:
            yield b"x"
            anyio.from_thread.run_sync(script.add, {"type": "http.disconnect"})
            while not gone:  # pragma: no branch (closed at the yield, or here)
                yield b"y"  # pragma: no cover (if the loop is not quicker)
        finally:
            log.seen.append("closed")

    gone: List[bool] = []

    class Listening(StreamingResponse):
        async def listen_for_disconnect(self, receive: Receive) -> None:
            await super().listen_for_disconnect(receive)
            gone.append(True)

    await Listening(content())(http_scope(asgi=OLD), script, Recorder())

    assert log.seen == ["closed"]


async def test_client_goes_at_once() -> None:
    """
    A generator that was never asked for anything is closed all the same.
    """
    log = Log()
    recorder = Recorder(error=OSError("gone"))
    content = log.gen(b"x")

    with pytest.raises(ClientDisconnect) as caught:
        await StreamingResponse(content)(http_scope(asgi=NEW), Script.http(), recorder)

    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(StopIteration):
        next(content)


@pytest.mark.parametrize("kind", ["async", "sync"])
async def test_send_fails_because_the_client_is_gone(kind: str) -> None:
    """
    From ASGI 2.4 on it is a ``ClientDisconnect``, without a background task.
    """
    log = Log()
    pieces = (b"x", b"y")
    response = StreamingResponse(
        log.agen(*pieces) if kind == "async" else log.gen(*pieces, *[b"z"] * 1000),
        background=BackgroundTask(log.background),
    )
    recorder = Recorder(error=OSError("gone"), after=2)

    with pytest.raises(ClientDisconnect):
        await response(http_scope(asgi=NEW), Script.http(), recorder)

    assert log.seen[-1] == "closed"


async def test_send_fails_before_2_4() -> None:
    """
    An older server's ``OSError`` is its own affair: it passes unchanged.
    """
    log = Log()
    error = OSError("gone")
    response = StreamingResponse(log.agen(b"x", b"y"))

    with pytest.raises(OSError, match="gone") as caught:
        await response(
            http_scope(asgi=OLD), Script.http(), Recorder(error=error, after=2)
        )

    assert caught.value is error
    assert log.seen == ["GeneratorExit", "closed"]


async def test_error_of_an_application_that_streams() -> None:
    """
    Within an application too: what has begun is not answered with an error page.
    """
    log = Log()

    async def endpoint(request: Request) -> StreamingResponse:
        return StreamingResponse(log.agen(b"x", 5))

    app = Starlette(routes=[Route("/", endpoint)])
    recorder = Recorder()
    with pytest.raises(TypeError, match="but got int"):
        await app(http_scope(), Script.http(), recorder)

    assert (recorder.status, recorder.body) == (200, b"x")
    assert not recorder.is_complete


@both_specs
@pytest.mark.parametrize("error", [OSError("disk"), ValueError("boo")])
async def test_generator_fails(error: Exception, asgi: Any) -> None:
    """
    Its error passes unchanged; an ``OSError`` of its own is no disconnect.
    """

    async def content() -> AsyncIterator[bytes]:
        yield b"x"
        raise error

    with pytest.raises(type(error)) as caught:
        await exchange(StreamingResponse(content()), http_scope(asgi=asgi))

    assert caught.value is error


async def test_iterable_that_is_no_iterator() -> None:
    """
    What is closed is the iterator, not the iterable it came from.
    """
    seen: List[str] = []

    class Source:
        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                yield b"x"
            finally:
                seen.append("closed")

        async def aclose(self) -> None:  # pragma: no cover (not ours to close)
            seen.append("source closed")

    response = StreamingResponse(Source())

    with pytest.raises(ClientDisconnect):
        await response(
            http_scope(asgi=NEW), Script.http(), Recorder(error=OSError(), after=1)
        )

    assert seen == ["closed"]


async def test_iterator_that_cannot_be_closed() -> None:
    """
    There is nothing to do about it.
    """

    class Endless:
        def __aiter__(self) -> Endless:
            return self

        async def __anext__(self) -> bytes:
            return b"x"

    with pytest.raises(ClientDisconnect):
        await StreamingResponse(Endless())(
            http_scope(asgi=NEW), Script.http(), Recorder(error=OSError(), after=5)
        )


async def test_hooks_of_subclasses() -> None:
    """
    ``stream_response`` and ``listen_for_disconnect`` of a subclass are used.
    """
    seen: List[str] = []

    class Own(StreamingResponse):
        async def listen_for_disconnect(self, receive: Receive) -> None:
            seen.append("listens")

        async def stream_response(self, send: Send) -> None:
            seen.append("streams")
            await anyio.sleep_forever()

    await Own([])(http_scope(asgi=OLD), Script.http(), Recorder())

    assert seen == ["streams", "listens"]


async def test_listening_by_itself() -> None:
    """
    ``listen_for_disconnect`` drops the body and returns at the disconnect.
    """
    script = Script.http(b"a", b"b", disconnects=True)

    await StreamingResponse([]).listen_for_disconnect(script)

    assert script.calls == 3


async def test_nothing_is_received_without_need() -> None:
    """
    A body that does not wait, or a server that reports by ``send``, has no listener.
    """
    log = Log()
    script = Script.http(b"body")
    await StreamingResponse(log.agen(b"x"))(http_scope(asgi=NEW), script, Recorder())

    assert script.calls == 0
