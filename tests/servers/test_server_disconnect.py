"""Clients that go away before they have their answer, or before they have asked."""

from __future__ import annotations

import pytest

from .harness import Connection, Running, wait_for

prefixes = pytest.mark.parametrize("prefix", ["", "/wrapped"], ids=["plain", "wrapped"])
departures = pytest.mark.parametrize("how", ["close", "reset"])


def leave(connection: Connection, how: str) -> None:
    """Go, with a word of the operating system or without one."""
    if how == "reset":
        connection.reset()
    else:
        connection.socket.close()


def ask(connection: Connection, path: str) -> None:
    connection.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())


def receive_until(connection: Connection, text: bytes) -> None:
    received = b""
    while text not in received:
        received += connection.socket.recv(65536)


@prefixes
@departures
def test_stream_that_is_being_sent(
    server: Running, key: str, prefix: str, how: str
) -> None:
    """
    The generator is closed in its own task, and the background task runs once, after.
    """
    with server.connection() as connection:
        ask(connection, f"{prefix}/ticks/{key}")
        receive_until(connection, b"tick\n")
        leave(connection, how)
    server.wait_for_note(key, "background")

    assert server.notes(key) == ["closed same-task", "background"]


@prefixes
@departures
def test_stream_that_is_silent(
    server: Running, key: str, prefix: str, how: str
) -> None:
    """
    A generator that waits for something else is closed as well, then and there.
    """
    with server.connection() as connection:
        ask(connection, f"{prefix}/silence/{key}")
        receive_until(connection, b"tick\n")
        leave(connection, how)
    server.wait_for_note(key, "closed")

    assert server.notes(key) == ["closed"]


@prefixes
def test_stream_of_a_plain_generator(server: Running, key: str, prefix: str) -> None:
    """
    A generator that runs in threads is closed too.
    """
    with server.connection() as connection:
        ask(connection, f"{prefix}/sync-ticks/{key}")
        receive_until(connection, b"tick\n")
    server.wait_for_note(key, "closed")

    assert server.notes(key) == ["closed"]


@prefixes
@departures
def test_endpoint_that_asks(server: Running, key: str, prefix: str, how: str) -> None:
    """
    `is_disconnected` says so, through middlewares as well.
    """
    with server.connection() as connection:
        ask(connection, f"{prefix}/until-gone/{key}")
        server.wait_for_note(key, "waiting")
        leave(connection, how)
    server.wait_for_note(key, "disconnected")

    assert server.notes(key) == ["waiting", "disconnected"]


@prefixes
def test_answer_that_was_complete(server: Running, key: str, prefix: str) -> None:
    """
    A client that has its answer may go: the background task runs all the same.
    """
    with server.connection() as connection:
        ask(connection, f"{prefix}/after/{key}")
        _, body = connection.answer()
    server.wait_for_note(key, "background")

    assert body == b"done"
    assert server.notes(key) == ["background"]


@prefixes
@departures
def test_upload_that_breaks_off(server: Running, prefix: str, how: str) -> None:
    """
    The temporary file of half an upload is closed when the client is gone.
    """
    with server.client() as client:

        def count() -> int:
            return int(client.get("/open-files").json())

        before = count()
        with server.connection() as connection:
            connection.send(
                f"POST {prefix}/upload HTTP/1.1\r\nHost: a\r\n"
                "Content-Type: multipart/form-data; boundary=b\r\n"
                "Content-Length: 9000000\r\n\r\n--b\r\nContent-Disposition: "
                'form-data; name="file"; filename="half.bin"\r\n\r\n'.encode()
            )
            connection.send(bytes(3_000_000))
            wait_for("temporary file", lambda: count() == before + 1)
            leave(connection, how)
        wait_for("end of the temporary file", lambda: count() == before)

        assert client.get("/hello").status_code == 200


def test_download_that_breaks_off(server: Running) -> None:
    """
    A client that leaves in the middle of a file costs the server nothing.
    """
    with server.client() as client:
        for _ in range(5):
            with server.connection() as connection:
                ask(connection, "/file")
                receive_until(connection, b"\r\n\r\n")
                connection.reset()

        assert len(client.get("/file").content) == 10 << 20


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET /he",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
    ],
    ids=["nothing", "request-line", "body", "chunk"],
)
def test_request_that_breaks_off(server: Running, beginning: bytes) -> None:
    """
    A request that never ends is forgotten, and the next one is answered.
    """
    with server.connection() as connection:
        connection.send(beginning)
    with server.client() as client:
        answer = client.get("/hello")

    assert answer.text == "Hello, world!"


@pytest.mark.parametrize(
    "chunk", [b"zz\r\n", b"-1\r\n", b"5\r\nab", b"f" * 40 + b"\r\n"]
)
def test_chunked_body_that_is_malformed(server: Running, chunk: bytes) -> None:
    """
    A body whose end cannot be known is refused, and never taken for a whole one.
    """
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connection() as connection:
        connection.send(head + chunk + b"\r\n0\r\n\r\n")
        response, _ = connection.answer()

    assert response.status == (400 if server.server.refuses_chunks else 500)
