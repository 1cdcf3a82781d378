"""Files, whole and in ranges."""

from __future__ import annotations

import hashlib
import os
from email.utils import formatdate
from pathlib import Path
from typing import Any, Dict, List, Optional

import anyio
import pytest

from starlette.background import BackgroundTask
from starlette.exceptions import StarletteDeprecationWarning
from starlette.responses import FileResponse
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope
from starlette.types import Message

pytestmark = pytest.mark.anyio

CONTENT = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PATHSEND: Dict[str, Any] = {"http.response.pathsend": {}}

closes = pytest.mark.skipif(
    not os.path.isdir("/proc/self/fd"), reason="open files cannot be listed here"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "letters.bin"
    path.write_bytes(CONTENT)
    return path


def _open_files() -> List[str]:
    """The files below a test's folder that this process has open."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:  # pragma: no cover (the listing itself, closed by now)
            pass
    return [target for target in found if "letters" in target or "large" in target]


async def test_whole_file(path: Path) -> None:
    """
    A file is described by its length, date and tag, and closed.
    """
    status = path.stat()
    sent = await exchange(FileResponse(path), http_scope())
    tag = hashlib.md5(f"{status.st_mtime}-{status.st_size}".encode()).hexdigest()

    assert sent.status == 200
    assert dict(sent.headers) == {
        "content-type": "application/octet-stream",
        "accept-ranges": "bytes",
        "content-length": "26",
        "last-modified": formatdate(status.st_mtime, usegmt=True),
        "etag": f'"{tag}"',
    }
    assert sent.messages[1:] == [
        {"type": "http.response.body", "body": CONTENT, "more_body": False}
    ]


async def test_empty_file(tmp_path: Path) -> None:
    """
    An empty file is an empty body; it has no ranges.
    """
    path = tmp_path / "empty"
    path.touch()
    sent = await exchange(FileResponse(path), http_scope())
    ranged = await exchange(
        FileResponse(path), http_scope(headers={"range": "bytes=0-"})
    )

    assert (sent.body, sent.is_complete) == (b"", True)
    assert ranged.status == 416


@pytest.mark.parametrize("size", [512 * 1024, 1024 * 1024, 1024 * 1024 + 1])
async def test_large_file(tmp_path: Path, size: int) -> None:
    """
    No message is larger than ``chunk_size``, and all of the file is sent.
    """
    path = tmp_path / "large.bin"
    path.write_bytes(os.urandom(size))
    sent = await exchange(FileResponse(path), http_scope())
    sizes = [len(message["body"]) for message in sent.messages[1:]]

    assert sent.body == path.read_bytes()
    assert max(sizes) == FileResponse.chunk_size
    assert min(sizes) > 0
    assert sent.is_complete


async def test_chunk_size_of_an_instance(path: Path) -> None:
    """
    ``chunk_size`` can be set on each response.
    """
    response = FileResponse(path)
    response.chunk_size = 10
    sent = await exchange(response, http_scope())

    assert [
        (message["body"], message["more_body"]) for message in sent.messages[1:]
    ] == [(CONTENT[:10], True), (CONTENT[10:20], True), (CONTENT[20:], False)]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("extensions", [{}, PATHSEND])
@pytest.mark.parametrize("header", [None, "bytes=0-4", "bytes=0-1,5-6", "bytes=99-"])
async def test_head(
    path: Path, header: Optional[str], extensions: Any, known: bool
) -> None:
    """
    HEAD has the status and the length of GET, and no body.
    """
    headers = {} if header is None else {"range": header}
    get = await exchange(FileResponse(path), http_scope(headers=headers))
    head = await exchange(
        FileResponse(path, stat_result=path.stat() if known else None),
        http_scope("HEAD", headers=headers, extensions=extensions),
    )

    assert head.status == get.status
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.body == b""
    assert head.is_complete


async def test_pathsend(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A server that can send files itself gets an absolute path.
    """
    monkeypatch.chdir(path.parent)
    sent = await exchange(FileResponse(path.name), http_scope(extensions=PATHSEND))

    assert sent.headers["content-length"] == "26"
    assert sent.messages[1:] == [
        {"type": "http.response.pathsend", "path": os.path.abspath(path)}
    ]


async def test_range_is_not_for_pathsend(path: Path) -> None:
    """
    What the extension cannot express is sent by ourselves.
    """
    scope = http_scope(headers={"range": "bytes=0-1"}, extensions=PATHSEND)

    assert (await exchange(FileResponse(path), scope)).body == b"AB"


async def test_denial_of_a_websocket(path: Path) -> None:
    """
    Sent to a WebSocket, a file is a denial response.
    """
    sent = await exchange(FileResponse(path, 403), websocket_scope())

    assert [message["type"] for message in sent.messages] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]


@pytest.mark.parametrize("known", [False, True])
async def test_one_range(path: Path, known: bool) -> None:
    """
    One range is a part of the file, and says which.
    """
    status = path.stat() if known else None
    sent = await exchange(
        FileResponse(path, stat_result=status),
        http_scope(headers={"range": "bytes=2-4"}),
    )

    assert sent.status == 206
    assert sent.headers["content-range"] == "bytes 2-4/26"
    assert sent.headers["content-length"] == "3"
    assert sent.headers["content-type"] == "application/octet-stream"
    assert sent.body == b"CDE"


async def test_several_ranges(path: Path) -> None:
    """
    Several ranges are parts of a multipart body of the announced length.
    """
    sent = await exchange(
        FileResponse(path, media_type="text/plain"),
        http_scope(headers={"range": "bytes=5-6,0-1"}),
    )
    media_type, _, boundary = sent.headers["content-type"].partition("; boundary=")

    assert sent.status == 206
    assert media_type == "multipart/byteranges"
    assert "content-range" not in sent.headers
    assert sent.headers["content-length"] == str(len(sent.body))
    assert sent.body.decode() == (
        f"--{boundary}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Range: bytes 0-1/26\r\n"
        "\r\n"
        "AB\r\n"
        f"--{boundary}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Range: bytes 5-6/26\r\n"
        "\r\n"
        "FG\r\n"
        f"--{boundary}--\r\n"
    )


@pytest.mark.parametrize(
    "header, status, content_range, body",
    [
        ("bytes=4-2", 400, None, b"Range header: start must be less than end"),
        ("items=0-1", 400, None, b"Only support bytes range"),
        ("bytes=26-", 416, "bytes */26", b""),
        ("bytes=" + "0-0," * 101, 416, "bytes */26", b""),
    ],
)
async def test_refused_ranges(
    path: Path, header: str, status: int, content_range: Optional[str], body: bytes
) -> None:
    """
    A malformed header is a 400, one that asks for nothing or too much a 416.
    """
    seen: List[str] = []

    async def task() -> None:  # pragma: no cover (no file has been sent)
        seen.append("background")

    response = FileResponse(path, background=BackgroundTask(task))
    sent = await exchange(response, http_scope(headers={"range": header}))

    assert (sent.status, sent.body) == (status, body)
    assert sent.headers.get("content-range") == content_range
    assert seen == []


async def test_max_ranges_of_an_instance(path: Path) -> None:
    """
    ``max_ranges`` can be set on each response.
    """
    response = FileResponse(path)
    response.max_ranges = 1
    one = await exchange(response, http_scope(headers={"range": "bytes=0-1"}))
    two = await exchange(response, http_scope(headers={"range": "bytes=0-1,3-4"}))

    assert (one.status, two.status) == (206, 416)


@pytest.mark.parametrize("method, status", [("POST", 200), ("GET", 404)])
async def test_ranges_are_for_successful_reading(
    path: Path, method: str, status: int
) -> None:
    """
    ``Range`` is ignored for other methods and other statuses.
    """
    sent = await exchange(
        FileResponse(path, status), http_scope(method, headers={"range": "bytes=0-1"})
    )

    assert (sent.status, sent.body) == (status, CONTENT)


async def test_only_the_first_range_header_counts(path: Path) -> None:
    """
    A header that may not be repeated is read once.
    """
    headers = [("range", "bytes=0-1"), ("range", "bytes=3-4"), ("if-range", "x")]
    first = await exchange(FileResponse(path), http_scope(headers=headers[:2]))
    stale = await exchange(
        FileResponse(path), http_scope(headers=[*headers, ("if-range", "y")])
    )

    assert first.body == b"AB"
    assert stale.status == 200


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("validator", ["etag", "last-modified"])
async def test_if_range_holds(path: Path, validator: str, known: bool) -> None:
    """
    The range is sent if the file is the one that the client has a part of.
    """
    headers = FileResponse(path, stat_result=path.stat()).headers
    condition = {"range": "bytes=0-1", "if-range": headers[validator]}
    status = path.stat() if known else None
    sent = await exchange(
        FileResponse(path, stat_result=status), http_scope(headers=condition)
    )

    assert (sent.status, sent.body) == (206, b"AB")


@pytest.mark.parametrize("validator", ['"other"', "mon, 1 jan 2020", 'W/"weak"'])
@pytest.mark.parametrize("known", [False, True])
async def test_if_range_does_not_hold(path: Path, validator: str, known: bool) -> None:
    """
    Otherwise all of it is sent; a weak validator never holds.
    """
    status = path.stat() if known else None
    sent = await exchange(
        FileResponse(path, headers={"etag": 'W/"weak"'}, stat_result=status),
        http_scope(headers={"range": "bytes=0-1", "if-range": validator}),
    )

    assert (sent.status, sent.body) == (200, CONTENT)


async def test_given_headers_win(path: Path) -> None:
    """
    Headers that are given are not computed.
    """
    headers = {
        "content-disposition": "inline",
        "etag": '"mine"',
        "accept-ranges": "none",
        "content-type": "a/b",
    }
    response = FileResponse(path, 200, headers, "c/d", filename="x.txt")
    sent = await exchange(response, http_scope())

    assert {name: sent.headers[name] for name in headers} == headers


@pytest.mark.parametrize(
    "name, media_type",
    [
        ("page.html", "text/html; charset=utf-8"),
        ("picture.png", "image/png"),
        ("nothing", "text/plain; charset=utf-8"),
    ],
)
def test_media_type_is_guessed(name: str, media_type: str) -> None:
    """
    The name tells the media type; that of the file, or the one to save it under.
    """
    by_path = FileResponse(f"/there/{name}")
    by_name = FileResponse(b"/there/other.pdf", filename=name)  # type: ignore[arg-type]

    assert by_path.headers["content-type"] == media_type
    assert by_name.headers["content-type"] == media_type


@pytest.mark.parametrize(
    "filename, disposition",
    [
        ("plain.txt", 'attachment; filename="plain.txt"'),
        ("naïve file.txt", "attachment; filename*=utf-8''na%C3%AFve%20file.txt"),
        ('a"b\r\n', "attachment; filename*=utf-8''a%22b%0D%0A"),
        ("not-utf-8-\udcff", "attachment; filename*=utf-8''not-utf-8-%FF"),
    ],
)
def test_content_disposition(filename: str, disposition: str) -> None:
    """
    Names that are not plain are sent in UTF-8 (RFC 6266).
    """
    response = FileResponse("x", filename=filename)

    assert response.headers["content-disposition"] == disposition


def test_content_disposition_type() -> None:
    """
    The file can be shown instead of saved.
    """
    response = FileResponse("x", filename="x", content_disposition_type="inline")

    assert response.headers["content-disposition"] == 'inline; filename="x"'


def test_method_is_deprecated() -> None:
    """
    The warning names this file.
    """
    with pytest.warns(StarletteDeprecationWarning) as caught:
        FileResponse("x", method="HEAD")

    assert caught[0].filename == __file__


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_file_that_is_missing(tmp_path: Path, method: str) -> None:
    """
    The error names the path, and comes before anything is sent.
    """
    path = tmp_path / "missing"
    recorder = Recorder()

    with pytest.raises(RuntimeError) as caught:
        await FileResponse(path)(http_scope(method), Script.http(), recorder)

    assert str(caught.value) == f"File at path {path} does not exist."
    assert recorder.messages == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_file_that_is_none(tmp_path: Path, method: str) -> None:
    """
    A folder is not a file.
    """
    with pytest.raises(RuntimeError) as caught:
        await exchange(FileResponse(tmp_path), http_scope(method))

    assert str(caught.value) == f"File at path {tmp_path} is not a file."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
async def test_pipe_is_none_either(tmp_path: Path) -> None:
    """
    A named pipe is refused, and not waited for.
    """
    path = tmp_path / "pipe"
    os.mkfifo(path)

    with pytest.raises(RuntimeError, match="is not a file"):
        await exchange(FileResponse(path), http_scope())


@closes
async def test_file_that_shrinks(tmp_path: Path) -> None:
    """
    The response fails; the client must not take it for complete.
    """
    path = tmp_path / "large.bin"
    path.write_bytes(b"x" * 1024 * 1024)
    sent: List[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        os.truncate(path, 1000)

    with pytest.raises(RuntimeError, match="became shorter while it was sent"):
        await FileResponse(path)(http_scope(), Script.http(), send)

    assert all(message["more_body"] for message in sent[1:])
    assert _open_files() == []


async def test_file_that_is_shorter_than_it_was_said_to_be(path: Path) -> None:
    """
    Nothing is announced that cannot be kept.
    """
    status = path.stat()
    os.truncate(path, 5)

    with pytest.raises(RuntimeError, match="it ends at byte 5, and not at 26"):
        await exchange(FileResponse(path, stat_result=status), http_scope())


async def test_file_that_grows(path: Path) -> None:
    """
    It is sent to the length that was announced.
    """
    status = path.stat()
    path.write_bytes(CONTENT * 2)
    sent = await exchange(FileResponse(path, stat_result=status), http_scope())

    assert sent.headers["content-length"] == "26"
    assert sent.body == CONTENT


@closes
async def test_file_is_closed_when_send_fails(tmp_path: Path) -> None:
    """
    Whatever ends the response, the file is closed with it.
    """
    path = tmp_path / "large.bin"
    path.write_bytes(b"x" * 1024 * 1024)

    with pytest.raises(OSError, match="gone"):
        await FileResponse(path)(
            http_scope(), Script.http(), Recorder(error=OSError("gone"), after=2)
        )

    assert _open_files() == []


@closes
async def test_file_is_closed_when_the_response_is_cancelled(tmp_path: Path) -> None:
    """
    Cancelled while it sends, the response closes the file.
    """
    path = tmp_path / "large.bin"
    path.write_bytes(b"x" * 1024 * 1024)
    opened: List[str] = []

    with anyio.CancelScope() as scope:

        async def send(message: Message) -> None:
            opened.extend(_open_files())
            scope.cancel()
            await anyio.sleep_forever()

        await FileResponse(path)(http_scope(), Script.http(), send)

    assert opened == [str(path)]
    assert _open_files() == []


async def test_response_is_sent_twice(path: Path) -> None:
    """
    A response may serve any number of requests; each sees the file as it is then.
    """
    response = FileResponse(path)
    ranged = await exchange(response, http_scope(headers={"range": "bytes=0-1"}))
    path.write_bytes(b"other")
    whole = await exchange(response, http_scope())

    assert (ranged.status, ranged.body) == (206, b"AB")
    assert (whole.status, whole.body) == (200, b"other")
    assert whole.headers["content-length"] == "5"
    assert "content-range" not in whole.headers


async def test_background_runs_after_the_body(path: Path) -> None:
    """
    The background task finds the whole file sent.
    """
    recorder = Recorder()
    seen: List[bool] = []

    async def task() -> None:
        seen.append(recorder.is_complete)

    response = FileResponse(path, background=BackgroundTask(task))
    await response(http_scope(), Script.http(), recorder)

    assert seen == [True]


def test_multipart_of_the_contract(path: Path) -> None:
    """
    ``generate_multipart`` tells the length of the body and makes its frames.
    """
    length, frame = FileResponse(path).generate_multipart([(0, 2)], "xyz", 26, "a/b")
    body = frame(0, 2) + b"AB\r\n--xyz--\r\n"

    assert frame(0, 2) == (
        b"--xyz\r\nContent-Type: a/b\r\nContent-Range: bytes 0-1/26\r\n\r\n"
    )
    assert length == len(body)
