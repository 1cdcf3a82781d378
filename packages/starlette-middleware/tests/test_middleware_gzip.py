"""Compressed responses: what is compressed, how, and what is left alone.

``CompressionMiddleware`` shares all of it; what is its own is at the end.
"""

from __future__ import annotations

import gzip
import threading
import zlib
from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple

import brotli
import pytest
import zstandard

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.compression import CompressionMiddleware
from starlette.middleware.gzip import (
    DEFAULT_EXCLUDED_CONTENT_TYPES,
    GZipMiddleware,
    GZipResponder,
    IdentityResponder,
    unattached_send,
)
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.testing import Recorder, Script, exchange, http_scope, lifespan_scope
from starlette.types import ASGIApp, Receive, Scope, Send

pytestmark = pytest.mark.anyio

GZIP = {"accept-encoding": "gzip"}
TEXT = b"Hello, world! " * 300


class Boom(Exception):
    """Raised by the applications that are meant to fail."""


def answering(
    *parts: Any, status: Any = 200, start: Any = None, **headers: Any
) -> ASGIApp:
    """An application that sends *parts* as they are."""
    names = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = {"type": "http.response.start", "status": status, "headers": names}
        await send({**message, **(start or {})})
        for index, part in enumerate(parts):
            more = index < len(parts) - 1
            await send({"type": "http.response.body", "body": part, "more_body": more})

    return app


async def get(app: ASGIApp, headers: Any = GZIP, method: str = "GET") -> Recorder:
    return await exchange(app, http_scope(method, headers=headers))


async def test_a_whole_body() -> None:
    """
    It is compressed, and its length is the new one.
    """
    app = answering(TEXT, content_length=str(len(TEXT)), content_type="text/plain")
    recorder = await get(GZipMiddleware(app))

    assert gzip.decompress(recorder.body) == TEXT
    assert recorder.headers["content-encoding"] == "gzip"
    assert recorder.headers.getlist("content-length") == [str(len(recorder.body))]
    assert recorder.headers["content-type"] == "text/plain"
    assert recorder.headers["vary"] == "Accept-Encoding"
    assert len(recorder.messages) == 2


@pytest.mark.parametrize("kind", [bytearray, memoryview])
async def test_a_body_that_is_no_bytes(kind: Any) -> None:
    """
    Other kinds of bytes are compressed as well.
    """
    recorder = await get(GZipMiddleware(answering(kind(TEXT))))

    assert gzip.decompress(recorder.body) == TEXT


async def test_a_stream() -> None:
    """
    Every part can be read as soon as it is sent; the length is not announced.
    """
    app = answering(TEXT, b"", b"abc", b"", content_length=str(len(TEXT) + 3))
    recorder = await get(GZipMiddleware(app))
    decode = zlib.decompressobj(wbits=31).decompress

    assert "content-length" not in recorder.headers
    assert recorder.headers["content-encoding"] == "gzip"
    bodies = [message["body"] for message in recorder.of_type("http.response.body")]
    assert [decode(body) for body in bodies] == [TEXT, b"", b"abc", b""]
    assert recorder.is_complete


async def test_a_small_stream() -> None:
    """
    Nobody knows how long it will be, so that it is compressed.
    """
    recorder = await get(GZipMiddleware(answering(b"a", b"b")))

    assert gzip.decompress(recorder.body) == b"ab"


async def test_a_streaming_response_of_an_application() -> None:
    """
    It is compressed inside of the whole stack.
    """

    async def endpoint(request: Request) -> Response:
        async def parts() -> Any:
            yield TEXT
            yield b"end"

        return StreamingResponse(parts())

    app = Starlette(
        routes=[Route("/", endpoint)], middleware=[Middleware(GZipMiddleware)]
    )
    recorder = await get(app)

    assert gzip.decompress(recorder.body) == TEXT + b"end"


@pytest.mark.parametrize("length", [{"content_length": "499"}, {}])
async def test_a_body_that_is_too_small(length: Dict[str, str]) -> None:
    """
    It is sent as it is, without a word about codings.
    """
    recorder = await get(GZipMiddleware(answering(b"x" * 499, **length)))

    assert recorder.body == b"x" * 499
    assert dict(recorder.headers) == {k.replace("_", "-"): v for k, v in length.items()}


async def test_a_small_response_of_an_application() -> None:
    """
    It passes the whole stack; what fails afterwards is not answered again.
    """

    async def endpoint(request: Request) -> Response:
        async def fail() -> None:
            raise Boom

        return PlainTextResponse("small", background=fail)  # type: ignore[arg-type]

    app = Starlette(
        routes=[Route("/", endpoint)], middleware=[Middleware(GZipMiddleware)]
    )
    recorder = Recorder()
    with pytest.raises(Boom):
        await app(http_scope(headers=GZIP), Script.http(), recorder)

    assert recorder.body == b"small"
    assert len(recorder.of_type("http.response.start")) == 1


async def test_a_small_stream_of_known_length() -> None:
    """
    It is sent as it is, at once.
    """
    recorder = await get(GZipMiddleware(answering(b"a", b"b", content_length="2")))

    assert recorder.body == b"ab"
    assert "content-encoding" not in recorder.headers


@pytest.mark.parametrize("length", ["1_0", "-1", "x", "9" * 5000, ""])
async def test_a_length_that_is_no_number(length: str) -> None:
    """
    It says nothing.
    """
    recorder = await get(GZipMiddleware(answering(TEXT, b"", content_length=length)))

    assert gzip.decompress(recorder.body) == TEXT


@pytest.mark.parametrize("minimum_size", [0, 1])
async def test_an_empty_body(minimum_size: int) -> None:
    """
    It stays empty.
    """
    app = GZipMiddleware(answering(b""), minimum_size=minimum_size)
    recorder = await get(app)

    assert recorder.body == b""
    assert "content-encoding" not in recorder.headers


@pytest.mark.parametrize(
    "headers",
    [{}, {"accept-encoding": "br"}, {"accept-encoding": "gzip;q=0, identity"}],
)
async def test_a_client_that_does_not_accept_gzip(headers: Dict[str, str]) -> None:
    """
    It gets the body as it is, and caches are told.
    """
    app = answering(TEXT, vary="Cookie")
    recorder = await get(GZipMiddleware(app), headers)

    assert recorder.body == TEXT
    assert "content-encoding" not in recorder.headers
    assert recorder.headers.getlist("vary") == ["Cookie, Accept-Encoding"]


async def test_a_stream_for_a_client_that_does_not_accept_gzip() -> None:
    """
    It gets the parts as they are.
    """
    recorder = await get(GZipMiddleware(answering(TEXT, b"end")), {})

    assert [m["body"] for m in recorder.of_type("http.response.body")] == [TEXT, b"end"]
    assert recorder.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "status, headers",
    [
        (206, {"content_range": "bytes 0-9/10"}),
        (206, {}),
        (200, {"content_range": "bytes 0-9/10"}),
        (304, {}),
        (200, {"content_encoding": "br"}),
        (200, {"content_type": "text/event-stream; charset=utf-8"}),
        (200, {"content_type": "Text/Event-Stream"}),
        (200, {"cache_control": "public, No-Transform"}),
        (103, {}),
    ],
)
@pytest.mark.parametrize("parts", [(TEXT,), (TEXT, b"")])
async def test_a_response_that_is_left_alone(
    status: int, headers: Dict[str, str], parts: Tuple[bytes, ...]
) -> None:
    """
    Its headers and its body are what they were.
    """
    app = answering(*parts, status=status, **headers)
    recorder = await get(GZipMiddleware(app, minimum_size=1))

    assert recorder.body == TEXT
    assert dict(recorder.headers) == {
        name.replace("_", "-"): value for name, value in headers.items()
    }


async def test_events_that_are_yet_to_come() -> None:
    """
    The start of a response that is left alone is not held back for them.
    """
    sent: List[int] = []
    recorder = Recorder()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        sent.append(len(recorder.messages))

    await GZipMiddleware(app)(http_scope(headers=GZIP), Script.http(), recorder)

    assert sent == [1]


async def test_media_types_that_are_excluded() -> None:
    """
    They are given by their beginnings, in place of the default.
    """
    exclude = partial(
        GZipMiddleware, exclude_content_types=["image/*", "application/zip"]
    )
    types = ["image/png", "IMAGE/gif", "application/zip", "text/event-stream", "a/b"]
    encodings = [
        (await get(exclude(answering(TEXT, content_type=name)))).headers.get(
            "content-encoding"
        )
        for name in types
    ]

    assert encodings == [None, None, None, "gzip", "gzip"]


async def test_nothing_excluded() -> None:
    """
    Then everything is compressed.
    """
    app = answering(TEXT, content_type="text/event-stream")
    recorder = await get(GZipMiddleware(app, exclude_content_types=()))

    assert recorder.headers["content-encoding"] == "gzip"


async def test_the_default_for_excluded_media_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    It is read when the middleware is made, as it was before it could be given.
    """
    name = "starlette.middleware.gzip.DEFAULT_EXCLUDED_CONTENT_TYPES"
    monkeypatch.setattr(name, (*DEFAULT_EXCLUDED_CONTENT_TYPES, "image/"))
    recorder = await get(GZipMiddleware(answering(TEXT, content_type="image/png")))

    assert recorder.body == TEXT


async def test_head() -> None:
    """
    The answer passes as it is.
    """
    app = answering(b"", content_length="4000")
    recorder = await get(GZipMiddleware(app), method="HEAD")

    assert dict(recorder.headers) == {"content-length": "4000"}


@pytest.mark.parametrize("etag, sent", [('"abc"', 'W/"abc"'), ('W/"abc"', 'W/"abc"')])
async def test_an_etag(etag: str, sent: str) -> None:
    """
    The compressed body has not the same bytes: a strong one becomes weak.
    """
    recorder = await get(GZipMiddleware(answering(TEXT, etag=etag)))
    plain = await get(GZipMiddleware(answering(TEXT, etag=etag)), {})

    assert recorder.headers["etag"] == sent
    assert plain.headers["etag"] == etag


@pytest.mark.parametrize("parts", [(TEXT, b"end"), (TEXT,)])
async def test_trailers(parts: Tuple[bytes, ...]) -> None:
    """
    They follow the compressed body.
    """
    trailers = {"type": "http.response.trailers", "headers": [(b"x-a", b"1")]}
    inner = answering(*parts, start={"trailers": True})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)
        await send(trailers)

    recorder = await get(GZipMiddleware(app))

    assert recorder.messages[0]["trailers"] is True
    assert gzip.decompress(recorder.body) == b"".join(parts)
    assert recorder.messages[-1] == trailers


async def test_other_messages_before_the_body() -> None:
    """
    They pass by what is held back.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.early_hint", "links": []})
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.debug", "info": {}})
        await send({"type": "http.response.body", "body": TEXT})

    recorder = await get(GZipMiddleware(app))

    assert [message["type"].rpartition(".")[2] for message in recorder.messages] == [
        "early_hint",
        "debug",
        "start",
        "body",
    ]
    assert gzip.decompress(recorder.body) == TEXT


async def test_a_file_that_the_server_sends() -> None:
    """
    It is sent as it is.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"4000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.pathsend", "path": "/file"})

    recorder = await get(GZipMiddleware(app))

    assert dict(recorder.headers) == {"content-length": "4000"}
    assert recorder.messages[1] == {"type": "http.response.pathsend", "path": "/file"}


@pytest.mark.parametrize(
    "parts, message",
    [
        ((b"x" * 900, b""), "shorter"),
        ((b"x" * 900, b"x" * 200), "longer"),
        ((b"x" * 900, b"x" * 200, b""), "longer"),
    ],
)
async def test_a_stream_that_is_not_as_long_as_announced(
    parts: Iterable[bytes], message: str
) -> None:
    """
    The response ends as broken: the client cannot take it as complete.
    """
    recorder = Recorder()
    app = GZipMiddleware(answering(*parts, content_length="1000"))
    with pytest.raises(RuntimeError, match=message):
        await app(http_scope(headers=GZIP), Script.http(), recorder)

    assert not recorder.is_complete


@pytest.mark.parametrize("body", [b"x" * 900, b"x" * 1100, "x" * 1000])
async def test_a_whole_body_that_cannot_be_sent(body: Any) -> None:
    """
    It has another length than was announced, or is no bytes: nothing has been sent by
    then, so that the answer is a 500.
    """
    middleware = [Middleware(GZipMiddleware)]
    route = Mount("/", answering(body, content_length="1000"))
    starlette = Starlette(routes=[route], middleware=middleware)
    recorder = Recorder()
    with pytest.raises((RuntimeError, TypeError)):
        await starlette(http_scope(headers=GZIP), Script.http(), recorder)

    assert recorder.status == 500
    assert recorder.is_complete


async def test_a_file_that_shrinks_while_it_is_sent(tmp_path: Path) -> None:
    """
    The response ends as broken through compression, too.
    """
    path = tmp_path / "file.txt"
    path.write_bytes(b"x" * 1_000_000)
    response = FileResponse(path, stat_result=path.stat())
    path.write_bytes(b"x" * 300_000)
    recorder = Recorder()
    with pytest.raises(RuntimeError):
        await GZipMiddleware(response)(
            http_scope(headers=GZIP), Script.http(), recorder
        )

    assert not recorder.is_complete


async def test_a_failure_before_the_first_part_of_the_body() -> None:
    """
    Nothing was sent yet, so that the client gets a proper 500.
    """

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise Boom

    app = Starlette(middleware=[Middleware(GZipMiddleware)])
    app.mount("/", endpoint)
    recorder = Recorder()
    with pytest.raises(Boom):
        await app(http_scope(headers=GZIP), Script.http(), recorder)

    assert recorder.status == 500


@pytest.mark.parametrize(
    "minimum, is_worker", [(None, False), (100_000, False), (4000, True)]
)
@pytest.mark.parametrize("parts", [(TEXT,), (TEXT, b"end")])
async def test_where_a_large_part_is_compressed(
    minimum: Optional[int],
    is_worker: bool,
    parts: Tuple[bytes, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    In a worker thread, from the size on that is given.
    """
    threads: List[int] = []

    class Watched:
        def __init__(self, level: Optional[int]) -> None:
            self._inner = zlib.compressobj(wbits=31)
            self.finish = self._inner.flush

        def compress(self, data: bytes) -> bytes:
            threads.append(threading.get_ident())
            return self._inner.compress(data)

        def flush(self) -> bytes:
            return self._inner.flush(zlib.Z_SYNC_FLUSH)

    monkeypatch.setattr("starlette.middleware.gzip.GZip", Watched)
    app = GZipMiddleware(answering(*parts), thread_minimum_size=minimum)
    recorder = await get(app)

    assert gzip.decompress(recorder.body) == b"".join(parts)
    assert (threads[0] != threading.get_ident()) is is_worker
    assert all(thread == threading.get_ident() for thread in threads[1:])


async def test_the_level() -> None:
    """
    It is the one that is given; there are no others than those of gzip.
    """
    small = await get(GZipMiddleware(answering(TEXT * 10), compresslevel=9))
    fast = await get(GZipMiddleware(answering(TEXT * 10), compresslevel=1))

    assert len(small.body) < len(fast.body)
    with pytest.raises(ValueError):
        GZipMiddleware(answering(TEXT), compresslevel=10)


async def test_a_scope_that_is_no_request() -> None:
    """
    It passes with the channel it came with.
    """
    seen: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(send)

    recorder = Recorder()
    for middleware in (GZipMiddleware(app), CompressionMiddleware(app)):
        await middleware(lifespan_scope(), Script(), recorder)

    assert seen == [recorder, recorder]


# -- responders -------------------------------------------------------------------


async def test_a_responder_for_gzip() -> None:
    """
    It compresses whatever the request says.
    """
    responder = GZipResponder(answering(TEXT), 500, compresslevel=1)

    assert responder.send is unattached_send
    recorder = await get(responder, {})
    assert gzip.decompress(recorder.body) == TEXT


async def test_a_responder_for_no_coding() -> None:
    """
    It compresses nothing, and tells caches that others may.
    """
    recorder = await get(IdentityResponder(answering(TEXT), 500))

    assert recorder.body == TEXT
    assert recorder.headers["vary"] == "Accept-Encoding"


async def test_sending_before_there_is_a_response() -> None:
    """
    It is an error.
    """
    with pytest.raises(RuntimeError, match="send awaitable not set"):
        await unattached_send({})


# -- CompressionMiddleware --------------------------------------------------------


@pytest.mark.parametrize(
    "accepted, coding",
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("gzip;q=1.0, *;q=0.5", "gzip"),
        ("identity", None),
    ],
)
async def test_the_coding_that_the_client_likes_best(
    accepted: str, coding: Optional[str]
) -> None:
    """
    It is used, and the best of those that the client likes equally.
    """
    app = CompressionMiddleware(answering(TEXT))
    recorder = await get(app, {"accept-encoding": accepted})
    decode: Dict[Optional[str], Any] = {
        "zstd": lambda data: (
            zstandard.ZstdDecompressor().decompressobj().decompress(data)
        ),
        "br": brotli.decompress,
        "gzip": gzip.decompress,
        None: bytes,
    }

    assert recorder.headers.get("content-encoding") == coding
    assert decode[coding](recorder.body) == TEXT
    assert recorder.headers["vary"] == "Accept-Encoding"


async def test_the_codings_that_are_offered() -> None:
    """
    Those that are given, in their order, each at its level.
    """
    app = CompressionMiddleware(
        answering(TEXT), codings=["gzip", "br"], levels={"gzip": 1}
    )
    recorder = await get(app, {"accept-encoding": "zstd, br, gzip"})

    assert app.codings == ("gzip", "br")
    assert recorder.headers["content-encoding"] == "gzip"
    assert zlib.compress(TEXT, 1)[2:20] in recorder.body


async def test_media_types_that_are_compressed_by_nature() -> None:
    """
    They are left alone.
    """
    types = ["image/png", "video/mp4", "text/event-stream", "image/svg+xml"]
    encodings = [
        (
            await get(CompressionMiddleware(answering(TEXT, content_type=name)))
        ).headers.get("content-encoding")
        for name in types
    ]

    assert encodings == [None, None, None, "gzip"]


async def test_compression_of_head() -> None:
    """
    The answer passes as it is.
    """
    app = CompressionMiddleware(PlainTextResponse(TEXT))
    recorder = await get(app, method="HEAD")

    assert "content-encoding" not in recorder.headers


@pytest.mark.parametrize("levels", [{"gzip": 10}, {"br": 12}, {"zstd": 23}, {"x": 1}])
def test_levels_that_there_are_not(levels: Dict[str, int]) -> None:
    """
    Who configures them is told.
    """
    with pytest.raises(ValueError):
        CompressionMiddleware(answering(TEXT), levels=levels)
