"""Requests and answers as they arrive through real servers."""

from __future__ import annotations

import hashlib
from typing import Iterator

import httpx
import pytest

from .harness import Running

# The second one has three `BaseHTTPMiddleware` between the server and the endpoint.
prefixes = pytest.mark.parametrize("prefix", ["", "/wrapped"], ids=["plain", "wrapped"])


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def test_connection_is_kept_alive(server: Running) -> None:
    """
    One connection carries many requests, whatever their method and outcome.
    """
    answers = []
    with server.connection() as connection:
        for method, path, body in [
            ("GET", "/peer", b""),
            ("POST", "/echo", b"x" * 100_000),
            ("HEAD", "/file", b""),
            ("GET", "/stream-file", b""),
            ("GET", "/missing", b""),
            ("PUT", "/echo", b""),
            ("GET", "/wrapped/hello", b""),
            ("GET", "/peer", b""),
        ]:
            head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}"
            connection.send(head.encode() + b"\r\n\r\n" + body)
            answers.append(connection.answer(method))
        port = connection.socket.getsockname()[1]

    assert [response.status for response, _ in answers] == [
        *(200, 200, 200, 200),
        *(404, 405, 200, 200),
    ]
    assert answers[0][1] == answers[-1][1] == str(port).encode()


def test_requests_in_one_packet_are_answered_in_order(server: Running) -> None:
    """
    A client may send the next request before it has the answer to the last.
    """
    request = "GET /path/{} HTTP/1.1\r\nHost: a\r\n\r\n"
    with server.connection() as connection:
        connection.send("".join(map(request.format, range(3))).encode())
        received = b""
        while received.count(b"HTTP/1.1 200") < 3 or not received.endswith(b"}}"):
            received += connection.socket.recv(65536)

    positions = [received.find(b'"path":"/path/%d"' % number) for number in range(3)]
    assert -1 < positions[0] < positions[1] < positions[2]


@pytest.mark.parametrize("size", [7, 65_536], ids=["tiny", "large"])
@prefixes
def test_chunked_request_body(client: httpx.Client, prefix: str, size: int) -> None:
    """
    A body of unannounced length arrives whole, whatever it is cut into.
    """
    body = bytes(range(256)) * (8 if size == 7 else 4000)

    answer = client.post(f"{prefix}/echo", content=pieces(body, size))

    assert "content-length" not in answer.request.headers
    assert answer.content == body


def test_chunked_request_body_with_extensions_and_trailers(server: Running) -> None:
    """
    What else RFC 9112, section 7.1 allows in a chunked body is not part of it.
    """
    with server.connection() as connection:
        connection.send(
            b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'5;name="value"\r\nHello\r\n0A\r\n, trailers\r\n0\r\nX-Sum: 1\r\n\r\n'
        )
        response, body = connection.answer()

    assert (response.status, body) == (200, b"Hello, trailers")


@prefixes
def test_large_body_goes_and_comes_back(
    client: httpx.Client, prefix: str, content: bytes
) -> None:
    """
    Ten mebibytes there, and the same ten mebibytes back.
    """
    answer = client.post(f"{prefix}/echo", content=content)

    assert answer.content == content
    assert answer.headers["content-length"] == str(len(content))


def test_large_body_is_read_as_a_stream(client: httpx.Client, content: bytes) -> None:
    """
    A streamed body of ten mebibytes hashes to what was sent.
    """
    answer = client.post("/digest", content=pieces(content, 100_000)).json()

    digest = hashlib.sha256(content).hexdigest()
    assert answer == {"size": len(content), "sha256": digest}


@prefixes
def test_large_upload(client: httpx.Client, prefix: str, content: bytes) -> None:
    """
    A file of ten mebibytes in a form arrives beside a text field; no file stays open.
    """
    answer = client.post(
        f"{prefix}/upload",
        data={"text": "föhn"},
        files={"file": ("name.bin", content)},
    )

    digest = hashlib.sha256(content).hexdigest()
    expected = {"filename": "name.bin", "size": len(content), "sha256": digest}
    assert answer.json() == {"text": "föhn", "file": expected}
    assert client.get("/open-files").json() == 0


@pytest.mark.parametrize("path", ["/file", "/wrapped/file", "/stream-file"])
def test_large_download(client: httpx.Client, path: str, content: bytes) -> None:
    """
    Ten mebibytes arrive byte for byte, as a file and as a stream.
    """
    assert client.get(path).content == content


def test_stream_has_no_announced_length(client: httpx.Client) -> None:
    """
    A stream is sent in chunks, a file with its length.
    """
    with client.stream("GET", "/stream-file") as stream:
        streamed = stream.headers
    with client.stream("GET", "/file") as file:
        sent = file.headers

    assert streamed["transfer-encoding"] == "chunked"
    assert "content-length" not in streamed
    assert sent["content-length"] == str(10 << 20)


@pytest.mark.parametrize(
    "path", ["/hello", "/file", "/wrapped/hello", "/wrapped/file", "/stream-file"]
)
def test_head_has_the_headers_of_get_and_no_body(server: Running, path: str) -> None:
    """
    After the head of the answer the connection is free for the next request.
    """
    with server.connection() as connection, server.client() as client:
        for name in (path, "/hello"):
            connection.send(f"HEAD {name} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        head, body = connection.answer("HEAD")
        following, _ = connection.answer("HEAD")
        with client.stream("GET", path) as got:
            expected = got.headers

    assert (head.status, body, following.status) == (200, b"", 200)
    assert head.headers["content-length"] == expected.get("content-length")
    assert head.headers["content-type"] == expected["content-type"]
    assert following.headers["content-length"] == "13"


@pytest.mark.parametrize(
    "header, start, stop",
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-70000", 1000, 70_001),
        ("bytes=10485000-", 10_485_000, 10_485_760),
        ("bytes=-100", 10_485_660, 10_485_760),
        ("bytes=-99999999", 0, 10_485_760),
        ("bytes=10485759-99999999", 10_485_759, 10_485_760),
    ],
    ids=["first", "middle", "open", "suffix", "suffix-of-more-than-all", "clamped"],
)
@prefixes
def test_one_range(
    client: httpx.Client,
    prefix: str,
    content: bytes,
    header: str,
    start: int,
    stop: int,
) -> None:
    """
    A range is answered with those bytes, and says which they are.
    """
    answer = client.get(f"{prefix}/file", headers={"Range": header})

    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(content)}"
    assert answer.headers["content-length"] == str(stop - start)
    assert answer.content == content[start:stop]


@prefixes
def test_several_ranges(client: httpx.Client, prefix: str, content: bytes) -> None:
    """
    Ranges apart from each other are the parts of one multipart/byteranges answer.
    """
    headers = {"Range": "bytes=0-9, 5000-5009, -10"}

    answer = client.get(f"{prefix}/file", headers=headers)

    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    _, *parts, end = answer.content.split(b"--" + boundary.strip('"').encode())
    bodies = [part.partition(b"\r\n\r\n")[2][:10] for part in parts]
    assert (answer.status_code, kind) == (206, "multipart/byteranges")
    assert answer.headers["content-length"] == str(len(answer.content))
    assert bodies == [content[:10], content[5000:5010], content[-10:]]
    assert b"Content-Range: bytes 5000-5009/10485760" in parts[1]
    assert end.strip() == b"--"


@pytest.mark.parametrize("header", ["bytes=10485760-", "bytes=99999999-999999999"])
def test_unsatisfiable_range(client: httpx.Client, header: str) -> None:
    """
    A range behind the end is a 416 that says where the end is.
    """
    answer = client.get("/file", headers={"Range": header})

    assert answer.status_code == 416
    assert answer.headers["content-range"].endswith("*/10485760")


def test_range_of_a_head_request_has_no_body(server: Running) -> None:
    """
    HEAD answers a range with its length alone, and the connection goes on.
    """
    request = "{} /file HTTP/1.1\r\nHost: a\r\nRange: bytes=0-99\r\n\r\n"
    with server.connection() as connection:
        connection.send((request.format("HEAD") + request.format("GET")).encode())
        head, _ = connection.answer("HEAD")
        _, body = connection.answer("GET")

    assert (head.status, head.headers["content-length"], len(body)) == (206, "100", 100)


def test_range_is_sent_only_if_the_file_is_the_same(
    client: httpx.Client, content: bytes
) -> None:
    """
    If-Range with the file's ETag gives the range, with another one the whole file.
    """
    headers = {"Range": "bytes=0-9"}
    etag = client.head("/file").headers["etag"]

    same = client.get("/file", headers={**headers, "If-Range": etag})
    other = client.get("/file", headers={**headers, "If-Range": '"other"'})

    assert (same.status_code, same.content) == (206, content[:10])
    assert (other.status_code, len(other.content)) == (200, len(content))


def test_middlewares_do_their_work(client: httpx.Client) -> None:
    """
    Each of the three middlewares has seen the response.
    """
    assert client.get("/wrapped/hello").headers["x-through"] == "3"


def test_redirect_leads_to_the_same_server(
    server: Running, client: httpx.Client
) -> None:
    """
    The address of a redirect is absolute, and right.
    """
    answer = client.get("/old", follow_redirects=True)

    assert answer.url == f"{server.url}/hello"
    assert answer.text == "Hello, world!"


def test_error_is_a_500_and_the_server_goes_on(client: httpx.Client) -> None:
    """
    An exception of an endpoint costs its own answer, and no other.
    """
    # Some servers close the connection after it, so it is not used again.
    broken = client.get("/boom", headers={"Connection": "close"})
    following = client.get("/hello")

    assert (broken.status_code, broken.text) == (500, "Internal Server Error")
    assert following.status_code == 200


def test_url_is_what_was_asked_for(server: Running, client: httpx.Client) -> None:
    """
    The URL, its parts and the URLs of routes name this very server.
    """
    answer = client.get("/path/a%20b/c?x=1&x=%C3%A4").json()

    assert answer["url"] == f"{server.url}/path/a%20b/c?x=1&x=%C3%A4"
    assert answer["base_url"] == f"{server.url}/"
    assert answer["named"] == f"{server.url}/path/a/b"
    assert answer["path_params"] == {"value": "a b/c"}
    assert answer["query"] == [["x", "1"], ["x", "ä"]]
