"""Requests that no well-behaved client sends, byte by byte over plain sockets.

A server may refuse them itself.  What it lets through is answered by the program:
with a status that fits, never with a 500, and never with a traceback in the log.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, Set, Tuple

import pytest

from .harness import Running

MULTIPART = b"multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n'


@pytest.fixture(autouse=True)
def quiet(server: Running) -> Iterator[None]:
    """The server is still there after each test, and has printed no traceback."""
    before = server.output.count("Traceback")
    yield
    with server.client() as client:
        assert client.get("/hello").text == "Hello, world!"
    assert server.output.count("Traceback") == before


def answer(
    server: Running,
    target: bytes,
    *headers: bytes,
    method: bytes = b"GET",
    version: bytes = b"1.1",
    body: bytes = b"",
) -> Tuple[int, bytes]:
    """Send a request of these very bytes; return the status and the body."""
    names = {header.partition(b":")[0].lower() for header in headers}
    lines = [method + b" " + target + b" HTTP/" + version, *headers]
    if b"host" not in names and version == b"1.1":
        lines.append(b"Host: example.org")
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    with server.connection() as connection:
        connection.send(b"\r\n".join([*lines, b"Connection: close", b"", body]))
        response, received = connection.answer()
    return response.status, received


def described(server: Running, target: bytes, *headers: bytes) -> Dict[str, Any]:
    """What the program understood of a request that it has answered with 200."""
    status, body = answer(server, target, *headers)
    if status != 200:  # pragma: no cover (a failure)
        raise AssertionError(f"{status}: {body!r}")
    return dict(json.loads(body))


@pytest.mark.parametrize(
    "host",
    [
        *(b"a b", b"[::1", b"[", b"]", b"[::1]x", b"[v1.x]:80", b"a:b:c", b"a:", b":"),
        *(b"a:99999999", b"a:-1", b"a:1_0", b"a:%31", b"a:\xb2", b"", b"@", b"u:p@a"),
        *(b"a/b?c#d", b"a\\b", b"\xff\xfe", b"a,b", b"<script>", b"%00", b"." * 300),
        b"a" * 5000,
    ],
)
def test_host_that_is_none(server: Running, host: bytes) -> None:
    """
    A Host header that names no host moves nothing: the path stays what was asked for.
    """
    status, body = answer(server, b"/describe?x=1", b"Host: " + host)
    seen = json.loads(body) if status == 200 else {"path": "/describe"}

    assert status in (200, 400, 431)
    assert seen["path"] == "/describe"


@pytest.mark.parametrize("host", [b"[::1", b"a/b?c#d", b"@", b"\xff", b"u@evil"])
def test_host_that_is_none_in_a_redirect(server: Running, host: bytes) -> None:
    """
    A redirect is made from a Host header, too, and does not fail on a bad one.
    """
    assert answer(server, b"/hello/", b"Host: " + host)[0] in (307, 400)
    assert answer(server, b"/old", b"Host: " + host)[0] in (307, 400)


def test_no_host_at_all(server: Running) -> None:
    """
    HTTP/1.0 knows no Host: the server's own address stands in.
    """
    status, body = answer(server, b"/describe", version=b"1.0")

    assert status == 200
    assert json.loads(body)["url"] == f"{server.url}/describe"


def test_two_hosts(server: Running) -> None:
    """
    Two Host headers are refused, or one of them is taken.
    """
    status, _ = answer(server, b"/describe", b"Host: a", b"Host: b")

    assert status in (200, 400)


@pytest.mark.parametrize(
    "target, status",
    [
        (b"/int/" + b"1" * 5000, 404),
        (b"/int/" + b"0" * 5000, 404),
        (b"/int/%D9%A1", 404),
        (b"/int/-1", 404),
        (b"/int/1_0", 404),
        (b"/int/1%0a", 404),
        (b"/float/1.5%0a", 404),
        (b"/float/1e5", 404),
        (b"/float/nan", 404),
        (b"/uuid/5b1d3f2e-7c1e-4b8a-9d55-2f0c6a1e9b77%0a", 404),
        (b"/uuid/" + b"f" * 5000, 404),
        (b"/admin%0a", 404),
        (b"/admin%0d%0a", 404),
        (b"/admin%00", 404),
        (b"/admin%2f..%2fhello", 404),
        (b"//admin", 404),
        (b"/" + b"a/" * 2000 + b"b", 404),
        (b"/" + b"%2f" * 2000 + b"b", 404),
        (b"/path/x%0a", 200),
        (b"/path/%ff%fe", 200),
        (b"/path/%zz%", 200),
        (b"/path/%", 200),
        (b"/path/%00", 200),
        (b"/path/" + b"a/" * 2000, 200),
        (b"/describe?x=%ff%fe", 200),
        (b"/describe?%", 200),
        (b"/describe?%zz=%u1234", 200),
        (b"/describe?" + b"&" * 5000, 200),
        (b"/describe?" + b"a=1&" * 1500, 200),
        (b"/describe?a=[&b=]&//c:@d", 200),
    ],
    ids=lambda value: value if isinstance(value, int) else repr(value[:24]),
)
def test_path_and_query(server: Running, target: bytes, status: int) -> None:
    """
    Whatever stands in a URL, it is there or it is not: nothing fails on it.
    """
    assert answer(server, target)[0] == status


def test_long_number_that_is_a_float(server: Running) -> None:
    """
    Digits by the thousand make a float that is too large, or none.
    """
    assert answer(server, b"/float/" + b"9" * 5000)[0] in (200, 404)


@pytest.mark.parametrize(
    "target",
    [
        *(b"/describe?x=\xff\xfe", b"/path/\xff", b"/path/\xc3\xa4", b"*", b"describe"),
        *(b"http://other.example/describe", b"http://[/describe", b"//a:b@c/describe"),
        *(b"/describe#fragment", b"/describe?a b", b"/path/\x00", b"/path/\x7f", b""),
    ],
)
def test_target_that_is_no_path(server: Running, target: bytes) -> None:
    """
    A target that RFC 9112 does not allow is refused by the server or not found.
    """
    assert answer(server, target)[0] in (200, 307, 400, 404)


def test_newline_stays_in_a_path_parameter(server: Running) -> None:
    """
    A path parameter is everything that was sent, the newline at its end included.
    """
    assert described(server, b"/path/x%0a")["path_params"] == {"value": "x\n"}


def test_query_that_is_not_utf_8(server: Running) -> None:
    """
    Bytes that are not UTF-8 are replaced, the ones around them stay.
    """
    query = described(server, b"/describe?a=x%ffy&b=%C3%A4")["query"]

    assert query == [["a", "x\N{REPLACEMENT CHARACTER}y"], ["b", "ä"]]


@pytest.mark.parametrize(
    "cookie",
    [
        *(b"=", b";;;", b"a", b"a==b", b'a="', b'"', b"\xff=\xfe", b"a=b; a=c; =d"),
        *(b'a="\\', b'a="\\999"', b"a=" + b"\\" * 5000, b"a=" + b'"' * 5000, b"[=]"),
        b"a=1;" * 1500,
    ],
    ids=lambda value: repr(value[:16]),
)
def test_cookie_that_is_none(server: Running, cookie: bytes) -> None:
    """
    A malformed cookie is not there, or is there as it was sent; its neighbour is.
    """
    cookies = described(server, b"/describe", b"Cookie: " + cookie + b"; z=9")

    assert cookies["cookies"]["z"] == "9"


@pytest.mark.parametrize(
    "content_type, body",
    [
        (b"multipart/form-data", PART + b"--b--\r\n"),
        (b"multipart/form-data; boundary=", PART + b"--b--\r\n"),
        (b"multipart/form-data; boundary=\xff", PART + b"--b--\r\n"),
        (MULTIPART, b"garbage"),
        (MULTIPART, PART),
        (MULTIPART, PART[:30]),
        (MULTIPART, PART + b"--b"),
        (MULTIPART, b"--b\r\n: no name\r\n\r\nx\r\n--b--\r\n"),
        (MULTIPART, b"--b\r\nX: y\r\n\r\nx\r\n--b--\r\n"),
        (MULTIPART + b"; charset=no-such-charset", PART + b"--b--\r\n"),
        (MULTIPART + b"; charset=idna", PART.replace(b"value", b"\xff") + b"--b--\r\n"),
        (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="a"; filename="b"'),
        (MULTIPART, PART * 1001 + b"--b--\r\n"),
        (MULTIPART, PART.replace(b"value", b"x" * 1_100_000) + b"--b--\r\n"),
        (b"application/x-www-form-urlencoded", b"a=1&" * 1001),
    ],
    ids=[
        *("no-boundary", "empty-boundary", "odd-boundary", "garbage", "no-end"),
        *("half-a-header", "half-a-boundary", "no-header-name", "no-disposition"),
        *("unknown-charset", "hostile-charset", "half-a-file", "too-many-fields"),
        *("field-too-large", "too-many-urlencoded-fields"),
    ],
)
def test_form_that_is_none(server: Running, content_type: bytes, body: bytes) -> None:
    """
    A form that is malformed or over a limit is a 400, and leaves no file open.
    """
    header = b"Content-Type: " + content_type
    status, _ = answer(server, b"/upload", header, method=b"POST", body=body)
    _, count = answer(server, b"/open-files")

    assert status == 400
    assert count == b"0"


@pytest.mark.parametrize(
    "content_type",
    [b"", b";", b"/", b"text/\xff", b"multipart/form-data;;;boundary", b"a" * 5000],
    ids=lambda value: repr(value[:16]),
)
def test_content_type_that_is_none(server: Running, content_type: bytes) -> None:
    """
    A body of unknown type is no form: empty, or refused.
    """
    header = b"Content-Type: " + content_type
    status, _ = answer(server, b"/upload", header, method=b"POST", body=b"a=1")

    assert status in (200, 400)


@pytest.mark.parametrize(
    "value, statuses",
    [
        (b"bytes=0-9", {206}),
        (b"bytes=" + b",".join(b"%d-%d" % (i * 3, i * 3) for i in range(100)), {206}),
        (
            b"bytes=" + b",".join(b"%d-%d" % (i * 3, i * 3) for i in range(101)),
            {400, 416},
        ),
        (b"bytes=" + b",".join([b"0-"] * 2000), {200, 206, 400, 416}),
        (b"bytes=9-0", {200, 400, 416}),
        (b"bytes=1_0-2_0", {200, 400}),
        (b"bytes=0x1-0x2", {200, 400}),
        (b"bytes=-", {200, 400, 416}),
        (b"bytes=", {200, 400}),
        (b"bytes=0-" + b"9" * 5000, {200, 206, 400}),
        (b"bytes=" + b"9" * 5000 + b"-", {200, 400, 416}),
        (b"bytes=-0", {200, 400, 416}),
        (b"lines=0-9", {200, 400}),
        (b"\xff", {200, 400}),
        (b"bytes=\xb2-\xb3", {200, 400}),
    ],
    ids=lambda value: repr(value[:16]) if isinstance(value, bytes) else "",
)
def test_range_that_is_none(server: Running, value: bytes, statuses: Set[int]) -> None:
    """
    A range is satisfied, refused with its status, or ignored.
    """
    assert answer(server, b"/file", b"Range: " + value)[0] in statuses


@pytest.mark.parametrize(
    "headers",
    [
        (b"Content-Length: -1",),
        (b"Content-Length: 1, 2",),
        (b"Content-Length: abc",),
        (b"Transfer-Encoding: gzip",),
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"No colon",),
        (b": no name",),
        (b"X-Bad: a\x00b",),
        (b"Expect: nonsense",),
        (b"Upgrade: websocket", b"Connection: Upgrade"),
        (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"),
    ],
    ids=lambda value: repr(b"; ".join(value)),
)
def test_headers_that_are_none(server: Running, headers: Tuple[bytes, ...]) -> None:
    """
    What HTTP does not allow is refused by the server.
    """
    with server.connection() as connection:
        lines = [b"GET /describe HTTP/1.1", b"Host: a", *headers, b"", b"0\r\n\r\n"]
        connection.send(b"\r\n".join(lines))
        status = connection.socket.recv(65536).split(b" ", 2)[1:2]

    assert status == [] or int(status[0]) < 500 or int(status[0]) == 501
