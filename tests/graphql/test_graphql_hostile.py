"""Clients that mean no good, over real sockets.

None of them gets a 500, leaves anything running or open, or keeps others waiting.
What is asked for time after time is in ``test_graphql_clients.py``.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import uuid
from http.client import HTTPResponse
from typing import Any, Callable, Dict, List, Tuple

import pytest

from starlette.testing import LiveServer
from tests.servers.harness import Connection, wait_for

from .program import NOTES, SENT

pytestmark = pytest.mark.skipif(sys.version_info < (3, 10), reason="uvicorn needs 3.10")

JSON = "content-type: application/json"
MULTIPART = "content-type: multipart/form-data; boundary=B"
PREFLIGHT = "graphql-require-preflight: 1"

Answer = Tuple[HTTPResponse, Any]


def head(*lines: str, path: str = "/graphql", method: str = "POST") -> bytes:
    """The head of a request with these header lines."""
    text = "\r\n".join([f"{method} {path} HTTP/1.1", "host: localhost", *lines])
    return f"{text}\r\n\r\n".encode("latin-1")


def read(connection: Connection) -> Answer:
    """The next answer, and its JSON."""
    answer, body = connection.answer()
    return answer, json.loads(body)


def post(served: LiveServer, body: Any, *lines: str, path: str = "/graphql") -> Answer:
    """The answer to a body; what is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = lines or (JSON,)
    with Connection(served.port) as connection:
        connection.send(head(*lines, f"content-length: {len(data)}", path=path) + data)
        return read(connection)


def ask(served: LiveServer, query: str, **members: Any) -> Answer:
    return post(served, {"query": query, **members})


def is_served(served: LiveServer) -> bool:
    """Whether somebody else gets an answer."""
    return bool(ask(served, "{ hello }")[1] == {"data": {"hello": "hello world"}})


def eventually(what: str, look: Callable[[], bool]) -> None:
    wait_for(what, look)


# -- What is sent ------------------------------------------------------------

LONG = 30_000
DOCUMENTS: Dict[str, str] = {
    "selections": "{a" * LONG,
    "lists": "{ hello(name: " + "[" * LONG,
    "objects": "{ hello(name: " + "{a:" * LONG,
    "types": "query ($a: " + "[" * LONG,
    "fragments-in-line": "{" + "... {" * LONG,
    "repeated-fields": "{" + 'hello(name: "x") ' * 900 + "}",
    "repeated-objects": "{" + "items { id } " * 900 + "}",
    "aliases": "{" + " ".join(f"a{n}: hello" for n in range(900)) + "}",
    "directives": "{ hello " + "@skip(if: false) " * 900 + "}",
    "arguments": "{ hello(" + 'name: "x" ' * 900 + ") }",
    "cycle": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "doubling-fragments": "{ ...f0 } "
    + " ".join(
        f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(150)
    )
    + " fragment f150 on Query { hello }",
    "introspection": "{ __schema { types "
    + "{ fields { type " * 40
    + "{ name }"
    + "} }" * 40,
    "digits": "{ items(first: " + "9" * LONG + ") { id } }",
    "name": "{ " + "x" * LONG + " }",
    "string-without-end": '{ hello(name: "' + "x" * LONG,
    "surrogate": '{ hello(name: "\ud800") }',
    "prototype": "{ __proto__ { constructor } }",
    "nothing": "",
    "type-system": "type Query { a: Int } extend type Query { b: Int }",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(served: LiveServer, name: str) -> None:
    """
    They are refused with errors, and without data.
    """
    answer, body = ask(served, DOCUMENTS[name])

    assert answer.status == 200
    assert body["errors"][0]["message"]
    assert "data" not in body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe{",
        b'{"query": "\xe9"}',
        b'{"query": "{ hello }", "variables": {"a": NaN}}',
        b'{"query": "{ hello }", "variables": {"a": 1e999}}',
        b'{"query": "{ hello }"} trailing',
        b"null",
        b'"{ hello }"',
        b"[]",
        b'[{"query": "{ hello }"}]',
        b'{"query": {"$ne": null}}',
        b'{"query": "{ hello }", "variables": "{}"}',
        b'{"query": "{ hello }", "operationName": ["a"]}',
        b'{"__proto__": {"query": "{ hello }"}}',
    ],
)
def test_bodies(served: LiveServer, body: bytes) -> None:
    """
    What is no request is a 400 with errors.
    """
    answer, decoded = post(served, body)

    assert answer.status == 400
    assert decoded["errors"][0]["message"]


@pytest.mark.parametrize(
    "name", ["__proto__", "constructor", "__class__", "self", "info"]
)
def test_names_of_variables(served: LiveServer, name: str) -> None:
    """
    No name means anything to the server.
    """
    query = f"query {name}(${name}: String) {{ hello(name: ${name}) }}"

    _, body = ask(served, query, variables={name: "x"}, operationName=name)

    assert body == {"data": {"hello": "hello x"}}


def test_text_that_utf8_cannot_hold(served: LiveServer) -> None:
    """
    A lone surrogate comes back as it was sent, escaped.
    """
    query = "query ($name: String) { hello(name: $name) }"
    data = json.dumps({"query": query, "variables": {"name": "\ud800"}}).encode()

    answer, body = post(served, data)

    assert answer.status == 200
    assert body == {"data": {"hello": "hello \ud800"}}


def test_huge_variables(served: LiveServer) -> None:
    """
    They are served up to the limit of the body, and refused beyond it.
    """
    query = "query ($name: String) { hello(name: $name) }"
    sizes = {900_000: 200, 1_100_000: 413}

    answers = {
        size: ask(served, query, variables={"name": "x" * size}) for size in sizes
    }

    assert {size: answer.status for size, (answer, _) in answers.items()} == sizes
    assert "too large" in answers[1_100_000][1]["errors"][0]["message"]


def test_a_body_without_length_or_end(served: LiveServer) -> None:
    """
    Chunk after chunk is refused as soon as it is too much.
    """
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    with Connection(served.port) as connection:
        connection.send(head(JSON, "transfer-encoding: chunked"))
        for _ in range(100):
            connection.send(chunk)
        answer, body = read(connection)

    assert answer.status == 413
    assert "too large" in body["errors"][0]["message"]


@pytest.mark.parametrize(
    "injected", ["%0d%0aset-cookie:%20a=b", "%0aset-cookie:a=b", "%00"]
)
def test_header_splitting(served: LiveServer, injected: str) -> None:
    """
    What stands in the URL does not get into the headers of the answer.
    """
    path = f"/graphql?query=%7Bhello%7D&operationName=x{injected}&a{injected}=1"
    with Connection(served.port) as connection:
        connection.send(head(method="GET", path=path))
        answer, body = read(connection)

    assert answer.getheader("set-cookie") is None
    assert "Unknown operation" in body["errors"][0]["message"]


@pytest.mark.parametrize(
    "query", ["query=%ff%fe", "query=%", "variables=[", "%00=%00", "&&&="]
)
def test_urls(served: LiveServer, query: str) -> None:
    """
    What is no request in a URL is answered with errors.
    """
    with Connection(served.port) as connection:
        connection.send(head(method="GET", path=f"/graphql?{query}"))
        answer, body = read(connection)

    assert answer.status in (200, 400)
    assert body["errors"]


@pytest.mark.parametrize(
    "content_type",
    [
        "content-type: application/json; charset=utf-16",
        "content-type: application/json; charset=zip",
        "content-type: application/json;;;=;\t",
    ],
)
def test_parameters_of_the_content_type(served: LiveServer, content_type: str) -> None:
    """
    They are no way to make the server fail.
    """
    answer, body = post(served, {"query": "{ hello }"}, content_type)

    assert answer.status in (200, 415)
    assert body.keys() <= {"data", "errors"}


@pytest.mark.parametrize(
    "accept",
    ["a" * 8000, "*/*;q=" + "9" * 5000, "," * 8000, "text/html;q=nan, */*;q=inf"],
)
def test_accept(served: LiveServer, accept: str) -> None:
    """
    Whatever a client accepts, it gets JSON or a 406 in JSON.
    """
    answer, body = post(served, {"query": "{ hello }"}, JSON, f"accept: {accept}")

    assert answer.status in (200, 406)
    assert body.keys() <= {"data", "errors"}


# -- Clients that are slow, or go --------------------------------------------


def test_bodies_that_do_not_come(served: LiveServer) -> None:
    """
    Many clients that stop in the middle keep nobody waiting.
    """
    slow = [Connection(served.port) for _ in range(50)]
    try:
        for connection in slow:
            connection.send(head(JSON, "content-length: 1000") + b'{"query": "')

        assert is_served(served)
    finally:
        for connection in slow:
            connection.reset()
    assert is_served(served)


def test_a_client_that_goes_in_the_middle_of_a_query(served: LiveServer) -> None:
    """
    The resolver that is at work for it is cancelled.
    """
    key = uuid.uuid4().hex
    data = json.dumps({"query": f'{{ patient(key: "{key}") }}'}).encode()
    with Connection(served.port) as connection:
        connection.send(head(JSON, f"content-length: {len(data)}") + data)
        eventually("start of the resolver", lambda: f"{key} started" in NOTES)
        connection.reset()

    eventually("end of the resolver", lambda: f"{key} ended" in NOTES)


@pytest.mark.parametrize(
    "accept", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"]
)
def test_a_client_that_goes_in_the_middle_of_a_stream(
    served: LiveServer, accept: str
) -> None:
    """
    The source of the subscription is closed.
    """
    key = uuid.uuid4().hex
    query = f'subscription {{ forever(key: "{key}") }}'
    data = json.dumps({"query": query}).encode()
    lines = (JSON, f"accept: {accept}", f"content-length: {len(data)}")
    with Connection(served.port) as connection:
        connection.send(head(*lines) + data)
        eventually("start of the stream", lambda: f"{key} started" in NOTES)
        connection.reset()

    eventually("end of the stream", lambda: f"{key} ended" in NOTES)


def test_a_client_that_does_not_read(served: LiveServer) -> None:
    """
    A stream waits for it, and is closed when it goes; others are served meanwhile.
    """
    key = uuid.uuid4().hex
    query = f'subscription {{ forever(key: "{key}", busy: true) }}'
    data = json.dumps({"query": query}).encode()
    lines = (JSON, "accept: text/event-stream", f"content-length: {len(data)}")

    def is_paused() -> bool:
        sent = SENT.get(key, 0)
        # Time for many more, on the loop that it shares.
        return is_served(served) and 0 < sent == SENT[key]

    with Connection(served.port) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send(head(*lines) + data)
        eventually("pause of the stream", is_paused)
        connection.reset()

    eventually("end of the stream", lambda: f"{key} ended" in NOTES)


# -- Uploads -----------------------------------------------------------------


def deleted_files() -> List[str]:
    """The temporary files that this process holds open."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:  # pragma: no cover (the listing itself, or just closed)
            continue
        if target.endswith("(deleted)"):
            found.append(target)
    return found


KEEP = {
    "query": "mutation ($file: Upload!) { keep(file: $file) { size } }",
    "variables": {"file": None},
}


def part(name: str, data: bytes, filename: str = "") -> bytes:
    disposition = f'content-disposition: form-data; name="{name}"'
    if filename:
        disposition += f'; filename="{filename}"'
    return f"--B\r\n{disposition}\r\n\r\n".encode() + data + b"\r\n"


def upload(size: int, mapping: Any = None) -> bytes:
    """A form with one file, without its end."""
    mapping = {"0": ["variables.file"]} if mapping is None else mapping
    return (
        part("operations", json.dumps(KEEP).encode())
        + part("map", json.dumps(mapping).encode())
        + part("0", b"x" * size, "a.bin")
    )


needs_proc = pytest.mark.skipif(
    not os.path.isdir("/proc/self/fd"), reason="needs /proc"
)


@needs_proc
def test_a_client_that_goes_in_the_middle_of_an_upload(served: LiveServer) -> None:
    """
    What has come of its file is closed, and so removed.
    """
    before = deleted_files()
    lines = (MULTIPART, PREFLIGHT, "content-length: 40000000")
    with Connection(served.port) as connection:
        connection.send(head(*lines) + upload(3_000_000)[:-2])
        eventually("file on disk", lambda: len(deleted_files()) > len(before))
        connection.reset()

    eventually("end of the file", lambda: len(deleted_files()) == len(before))


@needs_proc
@pytest.mark.parametrize("end", [b"--B--\r\n", b"--B\r\nbroken", b""])
def test_uploads_are_closed(served: LiveServer, end: bytes) -> None:
    """
    However an upload ends, well or not, its file is closed with the answer.
    """
    before = deleted_files()

    answer, body = post(served, upload(3_000_000) + end, MULTIPART, PREFLIGHT)

    if end == b"--B--\r\n":
        assert body == {"data": {"keep": {"size": 3_000_000}}}
    else:
        assert answer.status == 400
        assert body["errors"]
    assert len(deleted_files()) == len(before)


def test_an_upload_of_another_site(served: LiveServer) -> None:
    """
    It is refused before its body is read.
    """
    with Connection(served.port) as connection:
        connection.send(head(MULTIPART, "content-length: 1000000"))
        answer, body = read(connection)

    assert answer.status == 400
    assert '"graphql-require-preflight"' in body["errors"][0]["message"]


def test_an_upload_that_is_too_large(served: LiveServer) -> None:
    """
    It is refused before its body is read, if it says how large it is.
    """
    with Connection(served.port) as connection:
        connection.send(head(MULTIPART, PREFLIGHT, "content-length: 99999999999"))
        answer, body = read(connection)

    assert answer.status == 413
    assert "too large" in body["errors"][0]["message"]


@pytest.mark.parametrize(
    "mapping",
    [
        {"0": ["variables.__proto__.file"]},
        {"0": ["variables.file"] * 10_000},
        {str(n): ["variables.file"] for n in range(10_000)},
        {"0": ["query"]},
        ["variables.file"],
    ],
)
def test_maps(served: LiveServer, mapping: Any) -> None:
    """
    They lead to variables, few and once each, or are refused.
    """
    answer, body = post(
        served, upload(10, mapping) + b"--B--\r\n", MULTIPART, PREFLIGHT
    )

    assert answer.status in (400, 413)
    assert '"map"' in body["errors"][0]["message"]


def test_a_form_of_many_small_parts(served: LiveServer) -> None:
    """
    Parts that nobody asked for count as well.
    """
    many = b"".join(part(f"p{n}", b"x") for n in range(10_000))

    answer, body = post(served, many + upload(10) + b"--B--\r\n", MULTIPART, PREFLIGHT)

    assert answer.status == 413
    assert "too many parts" in body["errors"][0]["message"]
