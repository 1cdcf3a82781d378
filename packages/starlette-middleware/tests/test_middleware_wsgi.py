"""WSGI applications inside an ASGI one."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Tuple
from wsgiref.validate import validator

import anyio
import pytest

from starlette.exceptions import StarletteDeprecationWarning
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope
from starlette.types import Message

with warnings.catch_warnings():
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from starlette.middleware.wsgi import (
        WSGIMiddleware,
        WSGIResponder,
        build_environ,
    )

pytestmark = pytest.mark.anyio

Environ = Dict[str, Any]
TEXT = [("Content-Type", "text/plain; charset=utf-8")]


class Boom(Exception):
    """Raised by the applications that are meant to fail."""


def hello(environ: Environ, start_response: Any) -> List[bytes]:
    start_response("200 OK", TEXT)
    return [b"Hello"]


async def test_a_response() -> None:
    """
    Its status, headers and parts are sent; empty parts are not.
    """

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        start_response("201 Created", [*TEXT, ("X-One", "1"), ("X-One", "\xe9")])
        return [b"Hello", b"", b", world"]

    recorder = await exchange(WSGIMiddleware(app), http_scope())

    assert recorder.status == 201
    assert recorder.raw_headers == [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-one", b"1"),
        (b"x-one", b"\xe9"),
    ]
    bodies = [m["body"] for m in recorder.of_type("http.response.body")]
    assert bodies == [b"Hello", b", world", b""]
    assert recorder.is_complete


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_what_pep_3333_asks_for() -> None:
    """
    The reference checker of the standard library finds nothing.
    """

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(5)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body]

    headers = {"host": "testserver", "content-length": "5"}
    scope = http_scope("POST", "/a", headers=headers, query="b=c")
    recorder = await exchange(WSGIMiddleware(validator(app)), scope, [b"12", b"345"])

    assert recorder.body == b"12345"


async def test_a_response_without_a_body() -> None:
    """
    It is sent all the same.
    """

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        start_response("204 No Content", [])
        return []

    recorder = await exchange(WSGIMiddleware(app), http_scope())

    assert recorder.status == 204
    assert recorder.is_complete


async def test_the_thread_of_the_application() -> None:
    """
    It is a worker thread, from the call to the end of the response.
    """
    threads: List[int] = []

    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        threads.append(threading.get_ident())
        start_response("200 OK", TEXT)
        yield b"part"
        threads.append(threading.get_ident())

    await exchange(WSGIMiddleware(app), http_scope())

    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


async def test_a_limit_of_threads() -> None:
    """
    It is held by a request while it runs.
    """
    limiter = anyio.CapacityLimiter(1)
    borrowed: List[float] = []

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        borrowed.append(limiter.borrowed_tokens)
        return hello(environ, start_response)

    await exchange(WSGIMiddleware(app, limiter=limiter), http_scope())

    assert borrowed == [1]
    assert limiter.borrowed_tokens == 0


# -- streaming --------------------------------------------------------------------


async def test_a_streamed_response() -> None:
    """
    Each part is sent before the next is made.
    """
    recorder = Recorder()
    sent: List[bytes] = []

    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", TEXT)
        for part in (b"1", b"2", b"3"):
            yield part
            sent.append(recorder.body)

    await WSGIMiddleware(app)(http_scope(), Script.http(), recorder)

    assert sent == [b"1", b"12", b"123"]


async def test_a_streamed_request() -> None:
    """
    A part of it is read when the application asks for it.
    """
    script = Script.http(b"first line\n", b"second ", b"line\nrest", b"", b"!")
    calls: List[int] = [script.calls]
    lines: List[bytes] = []

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        body = environ["wsgi.input"]
        for read in (body.readline, body.readline, body.read, body.read):
            calls.append(script.calls)
            lines.append(read())
        return hello(environ, start_response)

    await exchange(WSGIMiddleware(app), http_scope("POST"), script)

    assert lines == [b"first line\n", b"second line\n", b"rest!", b""]
    assert calls == [0, 0, 1, 3, 5]


async def test_a_request_without_a_length() -> None:
    """
    The application is told that the body ends all the same.
    """
    seen: List[Any] = []

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        seen.append(environ["wsgi.input_terminated"])
        seen.append("CONTENT_LENGTH" in environ)
        return hello(environ, start_response)

    await exchange(WSGIMiddleware(app), http_scope("POST"), [b"1", b"2"])

    assert seen == [True, False]


async def test_a_client_that_goes_in_the_middle_of_its_request() -> None:
    """
    Reading on fails; the application cannot take what it has as complete.
    """

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        return [environ["wsgi.input"].read()]

    script = Script(
        {"type": "http.request", "body": b"half", "more_body": True},
        then={"type": "http.disconnect"},
    )
    with pytest.raises(ConnectionResetError):
        await exchange(WSGIMiddleware(app), http_scope("POST"), script)


async def test_a_client_that_goes_in_the_middle_of_its_response() -> None:
    """
    The response is closed, and the request ends quietly.
    """
    closed: List[bool] = []

    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", TEXT)
        try:
            while True:
                yield b"for ever"
        finally:
            closed.append(True)

    script = Script.http(b"body", disconnects=True)
    recorder = await exchange(WSGIMiddleware(app), http_scope("POST"), script)

    assert closed == [True]
    assert not recorder.is_complete


async def test_a_request_that_is_read_while_the_response_is_sent() -> None:
    """
    Looking for the disconnect loses no part of it.
    """

    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", TEXT)
        yield b"got "
        yield b"this: "
        yield from environ["wsgi.input"]

    script = Script.http(b"1\n", b"2\n", b"3\n")
    recorder = await exchange(WSGIMiddleware(app), http_scope("POST"), script)

    assert recorder.body == b"got this: 1\n2\n3\n"
    assert recorder.is_complete


async def test_channels_that_are_no_coroutine_functions() -> None:
    """
    Those of other middleware, which return something to wait for.
    """
    script, recorder = Script.http(b"body"), Recorder()

    def receive() -> Any:
        return script()

    def send(message: Message) -> Any:
        return recorder(message)

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        start_response("200 OK", TEXT)
        return [environ["wsgi.input"].read()]

    await WSGIMiddleware(app)(http_scope("POST"), receive, send)

    assert recorder.body == b"body"


# -- what applications do with start_response ---------------------------------------


async def test_write() -> None:
    """
    What it gets is sent before what the application returns.
    """

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        write = start_response("200 OK", TEXT)
        write(b"one ")
        write(b"two ")
        return [b"three"]

    recorder = await exchange(WSGIMiddleware(app), http_scope())

    assert recorder.body == b"one two three"


async def test_an_application_that_starts_twice() -> None:
    """
    The first start counts.
    """

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        start_response("200 OK", TEXT)
        start_response("201 Created", TEXT)
        return [b"Hello"]

    recorder = await exchange(WSGIMiddleware(app), http_scope())

    assert recorder.status == 200


async def test_an_application_that_never_starts() -> None:
    """
    It is told, and nothing is sent.
    """
    recorder = Recorder()
    with pytest.raises(AssertionError, match="start_response"):
        await WSGIMiddleware(lambda environ, start_response: [b"Hello"])(
            http_scope(), Script(), recorder
        )

    assert recorder.messages == []


async def test_an_application_that_answers_its_own_failure() -> None:
    """
    Its answer replaces the first one, and the exception comes out at the end.
    """
    boom = Boom()

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        start_response("200 OK", TEXT)
        try:
            raise boom
        except Boom:
            start_response("500 Failed", [("X-Failed", "yes")], sys.exc_info())
            return [b"sorry"]

    recorder = Recorder()
    with pytest.raises(Boom) as caught:
        await WSGIMiddleware(app)(http_scope(), Script(), recorder)

    assert caught.value is boom
    assert recorder.status == 500
    assert recorder.raw_headers == [(b"x-failed", b"yes")]
    assert recorder.body == b"sorry"
    assert recorder.is_complete


async def test_an_application_that_fails_when_it_has_answered() -> None:
    """
    It is too late for another answer: the exception ends the response.
    """
    recorder = Recorder()

    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", TEXT)
        yield b"part"
        try:
            raise Boom
        except Boom:
            start_response("500 Failed", TEXT, sys.exc_info())

    with pytest.raises(Boom):
        await WSGIMiddleware(app)(http_scope(), Script(), recorder)

    assert recorder.status == 200
    assert not recorder.is_complete


async def test_an_application_that_raises() -> None:
    """
    The very exception comes out, and nothing is sent.
    """
    boom, recorder = Boom(), Recorder()

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        raise boom

    with pytest.raises(Boom) as caught:
        await WSGIMiddleware(app)(http_scope(), Script(), recorder)

    assert caught.value is boom
    assert recorder.messages == []


async def test_a_failure_that_has_been_answered() -> None:
    """
    Its exception is not kept: it would hold the request through its traceback.
    """

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        try:
            raise Boom
        except Boom:
            start_response("500 Failed", TEXT, sys.exc_info())
        return []

    responder = WSGIResponder(app, http_scope())
    with pytest.raises(Boom):
        await responder(Script(), Recorder())

    assert responder.exc_info is None


@pytest.mark.parametrize("is_failing", [False, True])
async def test_an_iterable_with_something_to_close(is_failing: bool) -> None:
    """
    It is closed, whatever happens.
    """
    closed: List[bool] = []

    class Parts:
        def __iter__(self) -> Iterator[bytes]:
            yield b"part"
            if is_failing:
                raise Boom

        def close(self) -> None:
            closed.append(True)

    def app(environ: Environ, start_response: Any) -> Parts:
        start_response("200 OK", TEXT)
        return Parts()

    try:
        await exchange(WSGIMiddleware(app), http_scope())
    except Boom:
        closed.append(False)

    assert closed == ([True, False] if is_failing else [True])


@pytest.mark.parametrize(
    "status, headers",
    [
        ("OK", TEXT),
        ("200 OK", [("X", "a\r\nb: c")]),
        ("200 OK", [("X\n", "a")]),
        ("200 OK", [("X", "a\0")]),
    ],
)
async def test_a_start_that_cannot_be_sent(
    status: str, headers: List[Tuple[str, str]]
) -> None:
    """
    The application is told where it says it.
    """
    told: List[Exception] = []

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        try:
            start_response(status, headers)
        except ValueError as exc:
            told.append(exc)
        return hello(environ, start_response)

    recorder = await exchange(WSGIMiddleware(app), http_scope())

    assert len(told) == 1
    assert recorder.body == b"Hello"


async def test_a_websocket() -> None:
    """
    There is no such thing in WSGI.
    """
    with pytest.raises(AssertionError, match="'websocket'"):
        await exchange(WSGIMiddleware(hello), websocket_scope())


# -- the environment --------------------------------------------------------------


def test_the_environment_of_a_request() -> None:
    """
    It says all that the request says.
    """
    scope = http_scope(
        "POST",
        "/app/caf\xe9",
        root_path="/app",
        query="a=%20b",
        scheme="https",
        server=("example.org", 443),
        headers=[
            ("host", "example.org"),
            ("content-type", "text/plain"),
            ("content-length", "4"),
            ("x-many", "1"),
            ("x-many", "2"),
            ("cookie", "a=b"),
            ("cookie", "c=d"),
        ],
    )
    environ = build_environ(scope, b"body")
    stream = environ.pop("wsgi.input")

    assert stream.read() == b"body"
    assert environ == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/app",
        "PATH_INFO": "/caf\xe9".encode().decode("latin-1"),
        "QUERY_STRING": "a=%20b",
        "SERVER_NAME": "example.org",
        "SERVER_PORT": 443,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "testclient",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "4",
        "HTTP_HOST": "example.org",
        "HTTP_X_MANY": "1,2",
        "HTTP_COOKIE": "a=b; c=d",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.errors": sys.stdout,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


@pytest.mark.parametrize("server", [None, ("/run/socket", None)])
@pytest.mark.parametrize("scheme, port", [("http", 80), ("https", 443)])
def test_a_server_without_an_address(server: Any, scheme: str, port: int) -> None:
    """
    The environment needs one; an unknown client it does without.
    """
    scope = http_scope(server=server, client=None, scheme=scheme)
    environ = build_environ(scope, b"")

    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("localhost", port)
    assert "REMOTE_ADDR" not in environ


def test_a_header_that_would_pose_as_another() -> None:
    """
    One with an underscore is dropped.
    """
    headers = [("x_user", "admin"), ("content_length", "9"), ("x-role", "none")]
    environ = build_environ(http_scope(headers=headers), b"")

    assert "HTTP_X_USER" not in environ
    assert "CONTENT_LENGTH" not in environ
    assert environ["HTTP_X_ROLE"] == "none"


def test_a_path_that_begins_like_the_root_path() -> None:
    """
    It is not cut in the middle of a name.
    """
    environ = build_environ(http_scope(path="/application", root_path="/app"), b"")

    assert environ["PATH_INFO"] == "/application"


def test_a_request_with_many_headers_of_one_name() -> None:
    """
    They are put together in one pass.
    """
    headers = [("x-many", "1")] * 50_000
    environ = build_environ(http_scope(headers=headers), b"")

    assert len(environ["HTTP_X_MANY"]) == 99_999


async def test_the_input_is_a_file() -> None:
    """
    It can do what PEP 3333 asks for.
    """
    seen: List[Any] = []

    def app(environ: Environ, start_response: Any) -> List[bytes]:
        body = environ["wsgi.input"]
        seen.extend([isinstance(body, io.BufferedIOBase), body.readable()])
        seen.append(list(body))
        return hello(environ, start_response)

    await exchange(WSGIMiddleware(app), http_scope("POST"), [b"a\nb", b"\nc"])

    assert seen == [True, True, [b"a\n", b"b\n", b"c"]]


# -- deprecation ------------------------------------------------------------------


def test_the_import(tmp_path: Path) -> None:
    """
    It warns, at the line that imports.
    """
    program = tmp_path / "program.py"
    program.write_text("import starlette.middleware.wsgi")

    # In a process of its own, where pytest has no part in the import.
    done = subprocess.run(
        [sys.executable, "-W", "always", str(program)],
        stderr=subprocess.PIPE,
        check=True,
    )

    first = done.stderr.decode().splitlines()[0]
    assert first.startswith(f"{program}:1: StarletteDeprecationWarning: ")
    assert "a2wsgi" in first
