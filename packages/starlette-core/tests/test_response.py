"""Responses whose body is whole: what they send, and what they refuse to."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional

import pytest

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import URL, URLPath
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope

pytestmark = pytest.mark.anyio


async def test_text_is_sent_in_two_messages() -> None:
    """
    The start has status and headers, the body is complete in the next message.
    """
    sent = await exchange(PlainTextResponse("Grüße"), http_scope())

    assert sent.messages == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-length", b"7"),
                (b"content-type", b"text/plain; charset=utf-8"),
            ],
        },
        {"type": "http.response.body", "body": "Grüße".encode()},
    ]


async def test_denial_of_a_websocket() -> None:
    """
    Sent to a WebSocket, the messages are those of a denial response.
    """
    sent = await exchange(Response(b"no", 403), websocket_scope())

    assert [message["type"] for message in sent.messages] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert (sent.status, sent.body) == (403, b"no")


async def test_background_runs_after_the_body() -> None:
    """
    The background task finds the whole response sent.
    """
    recorder = Recorder()
    seen: List[int] = []

    async def task() -> None:
        seen.append(len(recorder.messages))

    response = Response(b"", background=BackgroundTask(task))
    await response(http_scope(), Script.http(), recorder)

    assert seen == [2]


@pytest.mark.parametrize(
    "content, body",
    [
        (None, b""),
        ("text", b"text"),
        (b"bytes", b"bytes"),
        (bytearray(b"array"), b"array"),
        (memoryview(b"view"), b"view"),
    ],
)
def test_content(content: Any, body: bytes) -> None:
    """
    Text is encoded, bytes of every kind are taken as they are.
    """
    response = Response(content)

    assert bytes(response.body) == body
    assert response.headers["content-length"] == str(len(body))


def test_view_of_wide_items() -> None:
    """
    Content-Length counts bytes, however many the items of a view have.
    """
    response = Response(memoryview(b"12345678").cast("I"))

    assert response.headers["content-length"] == "8"


def test_lazy_string() -> None:
    """
    What can be encoded passes for text, whatever its class.
    """

    class Lazy:
        def encode(self, charset: str) -> bytes:
            return f"in {charset}".encode(charset)

    assert Response(Lazy()).body == b"in utf-8"


def test_content_that_cannot_be_sent() -> None:
    """
    The error names the argument and the type.
    """
    with pytest.raises(TypeError) as caught:
        Response(5)

    assert str(caught.value) == (
        "`content` must be str, bytes, memoryview or None, but got int."
    )


@pytest.mark.parametrize("status", [100, 101, 199, 204, 304])
@pytest.mark.parametrize("content", [None, b"x"])
def test_status_without_content(status: int, content: Optional[bytes]) -> None:
    """
    Statuses that have no content announce no length.
    """
    assert Response(content, status).raw_headers == []


@pytest.mark.parametrize("status", [200, 201, 205, 301, 404, 500])
def test_status_with_content(status: int) -> None:
    """
    All others announce it, 0 too.
    """
    assert Response(None, status).raw_headers == [(b"content-length", b"0")]


def test_given_headers_come_first_and_win() -> None:
    """
    Names are lowered; a given length or type is not added again.
    """
    headers = {"X-Name": "é", "Content-Length": "5", "Content-Type": "a/b"}
    response = PlainTextResponse("other", headers=headers)

    assert response.raw_headers == [
        (b"x-name", b"\xe9"),
        (b"content-length", b"5"),
        (b"content-type", b"a/b"),
    ]


@pytest.mark.parametrize(
    "media_type, header",
    [
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv; charset=latin-1", "text/csv; charset=latin-1"),
        ("text/csv; Charset=latin-1", "text/csv; Charset=latin-1"),
        ("image/png", "image/png"),
    ],
)
def test_media_type(media_type: str, header: str) -> None:
    """
    Text gets a charset unless it has one.
    """
    response = HTMLResponse("", media_type=media_type)

    assert response.media_type == media_type
    assert response.headers["content-type"] == header


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\0b"])
@pytest.mark.parametrize("where", ["name", "value", "media type", "location"])
def test_line_breaks_are_refused(bad: str, where: str) -> None:
    """
    Nothing that would split a response gets into it.
    """

    def build() -> Response:
        if where == "location":
            return RedirectResponse(f"/{bad}")
        if where == "media type":
            return Response(b"", media_type=bad)
        return Response(b"", headers={bad: "x"} if where == "name" else {"x": bad})

    with pytest.raises(ValueError):
        build()


def test_headers_are_a_view() -> None:
    """
    Headers set on either side are seen on the other, after a replacement too.
    """
    response = Response(b"")
    response.headers["x-one"] = "1"
    response.raw_headers.append((b"x-two", b"2"))
    first = dict(response.headers)
    response.raw_headers = [(b"x-three", b"3")]

    assert (b"x-one", b"1") not in response.raw_headers
    assert first == {"content-length": "0", "x-one": "1", "x-two": "2"}
    assert dict(response.headers) == {"x-three": "3"}


def test_hooks_of_subclasses() -> None:
    """
    ``render`` and ``init_headers`` are called, in this order.
    """

    class Shouting(Response):
        media_type = "text/plain"
        charset = "latin-1"

        def render(self, content: Any) -> bytes:
            return bytes(super().render(content.upper()))

        def init_headers(self, headers: Optional[Mapping[str, str]] = None) -> None:
            super().init_headers({**(headers or {}), "x-size": str(len(self.body))})

    response = Shouting("é")

    assert response.body == b"\xc9"
    assert dict(response.headers) == {
        "x-size": "1",
        "content-length": "1",
        "content-type": "text/plain; charset=latin-1",
    }


def test_tools_replace_init_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What they put in its place is called, for subclasses as well.
    """
    original = Response.init_headers

    def init_headers(
        self: Response, headers: Optional[Mapping[str, str]] = None
    ) -> None:
        original(self, {**(headers or {}), "x-tool": "1"})

    monkeypatch.setattr(Response, "init_headers", init_headers)

    assert PlainTextResponse("x").headers["x-tool"] == "1"
    assert Response().headers["x-tool"] == "1"


def test_headers_of_a_response_without_a_body() -> None:
    """
    A subclass that makes its own way to a body gets no length for it.
    """

    class Bare(Response):
        def __init__(self) -> None:
            self.status_code = 200
            self.init_headers({"x-name": "value"})

    assert Bare().raw_headers == [(b"x-name", b"value")]


@pytest.mark.parametrize(
    "content, body",
    [
        (None, b"null"),
        ({"é": [1, 2.5, None, True]}, '{"é":[1,2.5,null,true]}'.encode()),
        ({1: "/"}, b'{"1":"/"}'),
    ],
)
def test_json(content: Any, body: bytes) -> None:
    """
    JSON is compact and in UTF-8.
    """
    response = JSONResponse(content)

    assert response.body == body
    assert response.headers["content-type"] == "application/json"


def _circular() -> List[Any]:
    content: List[Any] = []
    content.append(content)
    return content


@pytest.mark.parametrize(
    "content, error, message",
    [
        (float("nan"), ValueError, "Out of range float values"),
        ({"a": {1, 2}}, TypeError, "Object of type set is not JSON serializable"),
        (_circular(), ValueError, "Circular reference detected"),
    ],
)
def test_what_json_cannot_hold(content: Any, error: Any, message: str) -> None:
    """
    The errors are those of ``json.dumps``.
    """
    with pytest.raises(error, match=message):
        JSONResponse(content)


@pytest.mark.parametrize(
    "url, location",
    [
        ("/path?a=1&b=%20#f", "/path?a=1&b=%20#f"),
        ("/é x", "/%C3%A9%20x"),
        ("/[]!$'()*+,;=@~:", "/[]!$'()*+,;=@~:"),
        ('/|\\^`<>"{}', "/%7C%5C%5E%60%3C%3E%22%7B%7D"),
        (URL("http://example.org/é"), "http://example.org/%C3%A9"),
        (URLPath("/there"), "/there"),
    ],
)
def test_redirect(url: Any, location: str) -> None:
    """
    The target is percent-encoded, and what is encoded already stays so.
    """
    response = RedirectResponse(url)

    assert response.status_code == 307
    assert response.headers["location"] == location
    assert response.body == b""


def test_redirect_replaces_a_given_location() -> None:
    """
    There is one ``Location``: the target.
    """
    response = RedirectResponse("/a", 303, {"Location": "/b"})

    assert response.headers.getlist("location") == ["/a"]
    assert response.status_code == 303


def test_cookies_are_added() -> None:
    """
    Each cookie has a line of its own; deleting one is a line too.
    """
    response = Response()
    response.set_cookie("one", "1")
    response.set_cookie("two", "2", path="/there", domain="example.org")
    response.delete_cookie("two", path="/there", domain="example.org", secure=True)
    one, two, gone = response.headers.getlist("set-cookie")

    assert one == "one=1; Path=/; SameSite=lax"
    assert two == "two=2; Domain=example.org; Path=/there; SameSite=lax"
    assert gone.startswith('two=""; Domain=example.org; expires=')
    assert gone.endswith(" GMT; Max-Age=0; Path=/there; SameSite=lax; Secure")


async def test_response_within_an_application() -> None:
    """
    An application adds nothing to what a response sends.
    """

    async def endpoint(request: Request) -> Response:
        return PlainTextResponse("text")

    app = Starlette(routes=[Route("/", endpoint)])
    sent = await exchange(app, http_scope())

    assert (
        sent.messages
        == (await exchange(PlainTextResponse("text"), {"type": "http"})).messages
    )
