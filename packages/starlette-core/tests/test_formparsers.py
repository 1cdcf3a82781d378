"""Forms as they are read from a request, with their files and limits."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import weakref
from typing import (
    Any,
    AsyncIterator,
    ClassVar,
    Dict,
    List,
    Optional,
    Set,
    Tuple,
    Type,
    Union,
)

import anyio
import pytest

from starlette import _worker_threads
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

pytestmark = pytest.mark.anyio

Shown = List[Tuple[str, Any]]


class Boom(Exception):
    """Raised by the streams and disks that are meant to fail."""


class Body:
    """The body of a request: chunks, an end, and a note of how it ended.

    Args:
        body: What to give.
        size: How many bytes a chunk has.
        error: Raised after the last chunk.
    """

    def __init__(
        self, body: bytes, size: int = 1 << 30, error: Optional[Exception] = None
    ) -> None:
        self._chunks = [body[i : i + size] for i in range(0, len(body), size)]
        self._error = error
        self.is_closed = False

    async def stream(self) -> AsyncIterator[bytes]:
        try:
            for chunk in self._chunks:
                yield chunk
            if self._error is not None:
                raise self._error
            yield b""
        finally:
            self.is_closed = True


def text(name: str, value: bytes, *lines: bytes) -> bytes:
    """A part that is text."""
    disposition = b'Content-Disposition: form-data; name="%s"' % name.encode()
    return b"\r\n".join((b"--B", disposition, *lines, b"", value, b""))


def file(name: str, data: bytes, filename: bytes = b"f.txt") -> bytes:
    """A part that is a file."""
    disposition = b'Content-Disposition: form-data; name="%s"; filename="%s"'
    lines = (b"--B", disposition % (name.encode(), filename), b"Content-Type: text/x")
    return b"\r\n".join((*lines, b"", data, b""))


END = b"--B--\r\n"
TYPE = "multipart/form-data; boundary=B"


def parser_of(
    body: Union[bytes, Body], content_type: str = TYPE, **limits: Any
) -> MultiPartParser:
    if isinstance(body, bytes):
        body = Body(body)
    headers = Headers({"content-type": content_type} if content_type else {})
    return MultiPartParser(headers, body.stream(), **limits)


async def show(form: FormData) -> Shown:
    """The pairs of a form, each file by its name and content; closes it."""
    shown: Shown = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            assert value.size == len(content)
            shown.append((name, (value.filename, content)))
        else:
            shown.append((name, value))
    await form.close()
    return shown


async def read(body: bytes, content_type: str = TYPE, **limits: Any) -> Shown:
    return await show(await parser_of(body, content_type, **limits).parse())


class RecordingFile(tempfile.SpooledTemporaryFile):  # type: ignore[type-arg]
    """A temporary file that notes the threads it goes to disk in."""

    made: ClassVar[List[RecordingFile]] = []
    disk_threads: ClassVar[Set[int]] = set()
    error: ClassVar[Optional[Exception]] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made.append(self)

    def write(self, data: Any) -> Any:
        result = super().write(data)
        if self._rolled:  # type: ignore[attr-defined]
            self.disk_threads.add(threading.get_ident())
            if self.error is not None:
                raise self.error
        return result


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Type[RecordingFile]:
    """The class of the temporary files that are made meanwhile."""
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", RecordingFile)
    monkeypatch.setattr(RecordingFile, "made", [])
    monkeypatch.setattr(RecordingFile, "disk_threads", set())
    return RecordingFile


URLENCODED = "application/x-www-form-urlencoded"


def form_parser_of(body: Body, content_type: str, **limits: Any) -> FormParser:
    return FormParser(Headers({"content-type": content_type}), body.stream(), **limits)


@pytest.mark.parametrize("size", [1, 5, 1000])
async def test_an_urlencoded_form(size: int) -> None:
    """
    Its fields come out in order, however it is cut.
    """
    form = await form_parser_of(Body(b"a=1&b=%C3%A9+&a=", size), URLENCODED).parse()

    assert isinstance(form, FormData)
    assert form.multi_items() == [("a", "1"), ("b", "é "), ("a", "")]


@pytest.mark.parametrize(
    "parameters, value",
    [
        ("", "Ã©é"),
        ("; charset=utf-8", "éé"),
        ("; charset=latin-1", "Ã©Ã©"),
        ("; charset=", "Ã©é"),
        ("; x=y", "Ã©é"),
    ],
)
async def test_the_charset_of_an_urlencoded_form(parameters: str, value: str) -> None:
    """
    Escapes are UTF-8 and other bytes latin-1, unless a charset is given.
    """
    body = Body(b"a=\xc3\xa9%C3%A9")
    form = await form_parser_of(body, URLENCODED + parameters).parse()

    assert form["a"] == value


async def test_an_urlencoded_form_without_a_content_type() -> None:
    """
    The parser does not ask why it was called.
    """
    form = await FormParser(Headers(), Body(b"a=1").stream()).parse()

    assert form["a"] == "1"


@pytest.mark.parametrize(
    "content_type, limits, message",
    [
        (URLENCODED + "; charset=hex", {}, "Unknown charset."),
        (
            URLENCODED,
            {"max_fields": 1},
            "Too many fields. Maximum number of fields is 1.",
        ),
        (URLENCODED, {"max_part_size": 5}, "Part exceeded maximum size of 0KB."),
    ],
)
async def test_an_urlencoded_form_that_is_refused(
    content_type: str, limits: Dict[str, Any], message: str
) -> None:
    """
    The exception says why, and the stream is closed.
    """
    body = Body(b"a=1&b=" + b"x" * 6 + b"&c", 4)
    with pytest.raises(MultiPartException) as caught:
        await form_parser_of(body, content_type, **limits).parse()

    assert caught.value.message == message
    assert body.is_closed is ("hex" not in content_type)


def test_a_form_parser_needs_a_stream() -> None:
    """
    Without one there is nothing to read.
    """
    with pytest.raises(AssertionError, match="`stream` must be"):
        FormParser(Headers(), None)  # type: ignore[arg-type]


async def test_text_and_files_in_order() -> None:
    """
    A part with a file name is a file, and every part keeps its place.
    """
    body = text("a", b"1") + file("f", b"data") + text("a", "é".encode()) + END

    assert await read(body) == [("a", "1"), ("f", ("f.txt", b"data")), ("a", "é")]


@pytest.mark.parametrize("size", [1, 2, 3, 10, 50])
async def test_cuts_do_not_matter(size: int) -> None:
    """
    Chunks of any size give the same form.
    """
    body = text("a", b"1\r\n2") + file("f", b"\r\n--\r\n" * 50) + text("b", b"") + END
    parser = parser_of(Body(body, size))
    parser.spool_max_size = 20

    assert await show(await parser.parse()) == await read(body)


async def test_what_is_kept_of_a_file() -> None:
    """
    Its name, its type, every header of its part.
    """
    form = await parser_of(file("f", b"x") + END).parse()
    upload = form["f"]

    assert isinstance(upload, UploadFile)
    assert upload.content_type == "text/x"
    assert upload.headers.keys() == ["content-disposition", "content-type"]

    await form.close()


@pytest.mark.parametrize(
    "given, filename",
    [
        (b"", ""),
        (b"a;b.txt", "a;b.txt"),
        (b'a\\"b', 'a"b'),
        (b"a%22b", "a%22b"),
        ("é.txt".encode(), "é.txt"),
        (b"\xe9.txt", "é.txt"),
        (b"../../x", "../../x"),
        (b"C:\\files\\a.txt", "a.txt"),
    ],
)
async def test_file_names(given: bytes, filename: str) -> None:
    """
    They are as the client gave them, but for the folder of old browsers.
    """
    assert await read(file("f", b"x", given) + END) == [("f", (filename, b"x"))]


async def test_an_extended_file_name_is_ignored() -> None:
    """
    RFC 7578, section 4.2, forbids it; the part is text.
    """
    line = b"Content-Disposition: form-data; name=a; filename*=UTF-8''x"
    body = b"--B\r\n" + line + b"\r\n\r\n1\r\n"

    assert await read(body + END) == [("a", "1")]


@pytest.mark.parametrize(
    "content_type, body, value",
    [
        (TYPE, text("a", b"\xe9"), "é"),
        (TYPE + "; charset=utf-8", text("a", b"\xc3\xa9"), "é"),
        (TYPE + "; charset=latin-1", text("a", b"\xc3\xa9"), "Ã©"),
        (TYPE, text("a", b"\xa4", b"Content-Type: text/plain; charset=cp1251"), "¤"),
        (
            TYPE,
            text("a", b"\xc0", b"Content-Type: text/plain; charset=cp1251"),
            "\u0410",
        ),
        (TYPE, text("a", b"\xc3\xa9", b"Content-Type: text/x; xcharset=y"), "é"),
        (TYPE, text("_charset_", b"cp1251") + text("a", b"\xc0"), "\u0410"),
        (TYPE, text("_charset_", b"") + text("a", b"\xc3\xa9"), "é"),
    ],
)
async def test_charsets(content_type: str, body: bytes, value: str) -> None:
    """
    That of the part, of the form, of the request, else UTF-8 or latin-1.
    """
    shown = await read(body + END, content_type)

    assert shown[-1] == ("a", value)


@pytest.mark.parametrize("charset", ["zzz", "hex", "utf-16", "utf-7", "idna", "a b"])
async def test_a_charset_that_cannot_be_read(charset: str) -> None:
    """
    It is refused, wherever it is named.
    """
    named = charset.encode()
    part_type = b'Content-Type: text/plain; charset="%s"' % named
    for content_type, body in (
        (f'{TYPE}; charset="{charset}"', text("a", b"1")),
        (TYPE, text("a", b"1", part_type)),
        (TYPE, text("_charset_", named)),
    ):
        with pytest.raises(MultiPartException, match="Unknown charset"):
            await read(body + END, content_type)


@pytest.mark.parametrize(
    "body, limits, message",
    [
        (
            file("f", b"") * 3,
            {"max_files": 2},
            "Too many files. Maximum number of files is 2.",
        ),
        (
            text("f", b"") * 3,
            {"max_fields": 2},
            "Too many fields. Maximum number of fields is 2.",
        ),
        (
            text("f", b"x" * 1025),
            {"max_part_size": 1024},
            "Part exceeded maximum size of 1KB.",
        ),
        (
            b"--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n",
            {},
            'The Content-Disposition header field "name" must be provided.',
        ),
        (
            b"--B\r\n\r\n1\r\n",
            {},
            'The Content-Disposition header field "name" must be provided.',
        ),
        (
            b"--B\r\nx\r\n\r\n1\r\n",
            {},
            "Invalid header in a part.",
        ),
    ],
)
@pytest.mark.parametrize("size", [7, 1 << 30])
async def test_a_form_that_is_refused(
    body: bytes,
    limits: Dict[str, Any],
    message: str,
    size: int,
    files: Type[RecordingFile],
) -> None:
    """
    The exception says why; stream and files are closed.
    """
    source = Body(file("kept", b"x") + body + END, size)
    if "max_files" in limits:
        limits = {"max_files": limits["max_files"]}
    with pytest.raises(MultiPartException) as caught:
        await parser_of(source, **limits).parse()

    assert caught.value.message == message
    assert source.is_closed
    assert files.made
    assert all(made.closed for made in files.made)


async def test_limits_are_reached_but_not_exceeded() -> None:
    """
    Exactly what is allowed is allowed; files have no limit of size.
    """
    body = text("a", b"x" * 10) * 2 + file("f", b"x" * 100) * 2 + END
    shown = await read(body, max_fields=2, max_files=2, max_part_size=10)

    assert len(shown) == 4


async def test_limits_may_be_infinite() -> None:
    """
    Any number will do.
    """
    body = (text("a", b"x") + file("f", b"x")) * 20 + END
    infinite = float("inf")

    assert len(await read(body, max_fields=infinite, max_files=infinite)) == 40


@pytest.mark.parametrize("content_type", ["", "multipart/form-data", "text/plain"])
async def test_a_type_without_a_boundary(content_type: str) -> None:
    """
    It is refused before anything is read, and the stream is closed.
    """
    with pytest.raises(MultiPartException, match="Missing boundary in multipart"):
        await read(END, content_type)


@pytest.mark.parametrize("spool_max_size", [0, 5, 1 << 20])
async def test_a_body_that_ends_early(
    spool_max_size: int, files: Type[RecordingFile]
) -> None:
    """
    It is refused, and its files are closed, in memory or on disk.
    """
    source = Body(file("a", b"1") + file("b", b"2" * 100))
    parser = parser_of(source)
    parser.spool_max_size = spool_max_size

    with pytest.raises(MultiPartException, match="ends before its closing boundary"):
        await parser.parse()

    assert len(files.made) == 2
    assert all(made.closed for made in files.made)
    assert source.is_closed


async def test_a_body_without_a_byte() -> None:
    """
    It is a form without fields.
    """
    assert await read(b"") == []


async def test_a_client_that_goes_away(files: Type[RecordingFile]) -> None:
    """
    What the stream raises gets through, and the files are closed.
    """
    boom = Boom()
    parser = parser_of(Body(file("a", b"1") + file("b", b"2"), error=boom))

    with pytest.raises(Boom) as caught:
        await parser.parse()

    assert caught.value is boom
    assert len(files.made) == 2
    assert all(made.closed for made in files.made)


@pytest.mark.parametrize("spool_max_size", [10, 1 << 20])
async def test_a_cancellation(spool_max_size: int, files: Type[RecordingFile]) -> None:
    """
    Whoever cancels the request closes its files, in memory or on disk.
    """
    body = file("a", b"1") + file("b", b"2" * (1 << 20))
    with anyio.CancelScope() as scope:

        async def stream() -> AsyncIterator[bytes]:
            yield body
            scope.cancel()
            await anyio.sleep_forever()

        parser = MultiPartParser(Headers({"content-type": TYPE}), stream())
        parser.spool_max_size = spool_max_size
        await parser.parse()

    assert scope.cancelled_caught
    assert len(files.made) == 2
    assert all(made.closed for made in files.made)


def test_a_cancellation_while_a_thread_writes(
    files: Type[RecordingFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What the thread has put on disk by then is closed when it is done.
    """
    is_rolling, may_roll = threading.Event(), threading.Event()
    roll = RecordingFile.rollover

    def rollover(file: RecordingFile) -> None:
        is_rolling.set()
        may_roll.wait(60)
        roll(file)

    async def main() -> None:
        body = file("a", b"1") + file("b", b"2" * (1 << 21))
        task = asyncio.ensure_future(parser_of(Body(body)).parse())
        while not is_rolling.is_set():
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        # Once more: now nobody waits for the thread.
        task.cancel()
        await asyncio.wait([task])

    monkeypatch.setattr(RecordingFile, "rollover", rollover)
    asyncio.run(main())
    may_roll.set()
    _worker_threads._finish()

    assert len(files.made) == 2
    assert all(made.closed for made in files.made)


async def test_a_stream_that_is_no_generator_is_left_alone() -> None:
    """
    Any asynchronous iterable will do.
    """

    class Stream:
        def __init__(self) -> None:
            self._chunks = [b"--B--"]

        def __aiter__(self) -> Stream:
            return self

        async def __anext__(self) -> bytes:
            if not self._chunks:
                raise StopAsyncIteration
            return self._chunks.pop()

    form = await MultiPartParser(Headers({"content-type": TYPE}), Stream()).parse()

    assert not form

    with pytest.raises(MultiPartException):
        await MultiPartParser(Headers(), Stream()).parse()


async def test_a_small_file_stays_in_memory(files: Type[RecordingFile]) -> None:
    """
    Up to the limit there is no disk, and no thread.
    """
    parser = parser_of(file("f", b"x" * 100) + END)
    parser.spool_max_size = 100

    assert await show(await parser.parse()) == [("f", ("f.txt", b"x" * 100))]
    assert not files.disk_threads


@pytest.mark.parametrize("size", [10, 1000, 1 << 30])
async def test_a_large_file_goes_to_disk_off_the_loop(
    size: int, files: Type[RecordingFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Its content is that of the body, it stands at its beginning, and the thread
    of the event loop has not touched the disk.
    """
    monkeypatch.setattr("starlette.formparsers._WRITE_SIZE", 300)
    data = bytes(range(256)) * 8
    body = file("f", data) + text("a", b"1") + file("g", data[::-1]) + END
    parser = parser_of(Body(body, size))
    parser.spool_max_size = 500

    form = await parser.parse()

    assert files.disk_threads
    assert threading.get_ident() not in files.disk_threads
    assert await show(form) == [
        ("f", ("f.txt", data)),
        ("a", "1"),
        ("g", ("f.txt", data[::-1])),
    ]


async def test_a_form_leaves_nothing_to_the_garbage_collector() -> None:
    """
    A parser is gone as soon as nobody holds it.
    """
    parser = parser_of(text("a", b"1") + file("f", b"2") + END)
    seen = weakref.ref(parser)
    form = await parser.parse()
    await form.close()
    del parser

    assert seen() is None


async def test_a_disk_that_fails(files: Type[RecordingFile]) -> None:
    """
    Its error gets through, and the files are closed.
    """
    files.error = Boom()
    source = Body(file("f", b"x" * 100) + END)
    parser = parser_of(source)
    parser.spool_max_size = 10
    try:
        with pytest.raises(Boom):
            await parser.parse()
    finally:
        files.error = None

    assert all(made.closed for made in files.made)
    assert source.is_closed


async def test_a_file_that_fails_to_close_does_not_hide_the_error(
    files: Type[RecordingFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What went wrong first is what is raised.
    """

    def close(self: RecordingFile) -> None:
        super(RecordingFile, self).close()
        raise OSError("close")

    monkeypatch.setattr(files, "close", close, raising=False)

    with pytest.raises(MultiPartException, match="ends before"):
        await parser_of(file("f", b"x")).parse()

    assert files.made[0].closed


async def test_the_size_kept_in_memory_can_be_set_on_the_class() -> None:
    """
    As can be read there: a megabyte by default.
    """

    class Frugal(MultiPartParser):
        spool_max_size = 10

    body = Body(file("f", b"x" * 11) + END)
    form = await Frugal(Headers({"content-type": TYPE}), body.stream()).parse()

    assert MultiPartParser.spool_max_size == 1024 * 1024
    assert not form["f"]._in_memory  # type: ignore[union-attr]

    await form.close()
