"""Pages that are rendered when they are sent, or while they are sent."""

from __future__ import annotations

import threading
from typing import Any, AsyncGenerator, AsyncIterator, Dict, Iterator, List

import anyio
import jinja2
import pytest

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.templating import Jinja2Templates
from starlette.testclient import TestClient
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope

pytestmark = pytest.mark.anyio

DEBUG: Dict[str, Any] = {"http.response.debug": {}}
ROWS = "{% for n in rows %}{{ n }},{% endfor %}"


def from_texts(is_async: bool = False, **texts: str) -> Jinja2Templates:
    """Templates that are not in files."""
    env = jinja2.Environment(loader=jinja2.DictLoader(texts), enable_async=is_async)
    return Jinja2Templates(env=env)


def page(templates: Jinja2Templates, context: Dict[str, Any], **options: Any) -> Any:
    """A response with the template ``page``."""
    request = Request(http_scope())
    return templates.TemplateResponse(request, "page", context, **options)


both_kinds = pytest.mark.parametrize(
    "is_async", [pytest.param(False, id="plain"), pytest.param(True, id="async")]
)
# How a page can be rendered without blocking: in a thread, or on the event loop.
both_late = pytest.mark.parametrize(
    "is_async, options",
    [
        pytest.param(False, {"threaded": True}, id="threaded"),
        pytest.param(True, {}, id="async"),
    ],
)


# -- Rendered when it is sent ------------------------------------------------


@both_late
async def test_late_page(is_async: bool, options: Dict[str, Any]) -> None:
    """
    It is sent as any other: escaped, with its length, cookies and all.
    """
    templates = from_texts(is_async, page="<p>{{ word }}</p>")
    done: List[str] = []
    response = page(
        templates,
        {"word": "<"},
        status_code=201,
        headers={"x-one": "1"},
        background=BackgroundTask(done.append, "done"),
        **options,
    )
    response.set_cookie("key", "value")

    sent = await exchange(response, http_scope())

    assert sent.status == 201
    assert sent.body == b"<p>&lt;</p>" == response.body
    assert sent.headers["content-length"] == "11"
    assert sent.headers["content-type"] == "text/html; charset=utf-8"
    assert sent.headers["x-one"] == "1"
    assert sent.headers["set-cookie"].startswith("key=value")
    assert done == ["done"]


@both_late
async def test_late_page_is_rendered_once(
    is_async: bool, options: Dict[str, Any]
) -> None:
    """
    A response that is sent again is not rendered again.
    """
    calls: List[int] = []
    templates = from_texts(is_async, page="{{ note(1) or '' }}page")
    response = page(templates, {"note": calls.append}, **options)

    first = await exchange(response, http_scope())
    second = await exchange(response, http_scope())

    assert first.messages == second.messages
    assert calls == [1]


@both_late
@pytest.mark.parametrize("status", [204, 304])
async def test_late_page_without_content(
    is_async: bool, options: Dict[str, Any], status: int
) -> None:
    """
    A status that allows no content gets no length.
    """
    templates = from_texts(is_async, page="")

    sent = await exchange(
        page(templates, {}, status_code=status, **options), http_scope()
    )

    assert "content-length" not in sent.headers


async def test_late_page_with_another_media_type() -> None:
    """
    The media type is that of the call, and decides what is escaped.
    """
    templates = from_texts(page="{{ word }}")
    response = page(templates, {"word": "<"}, media_type="text/plain", threaded=True)

    sent = await exchange(response, http_scope())

    assert sent.body == b"<"
    assert sent.headers["content-type"] == "text/plain; charset=utf-8"


async def test_threaded_page_is_off_the_event_loop() -> None:
    """
    The template runs in a worker thread.
    """
    threads: List[int] = []

    def note() -> str:
        threads.append(threading.get_ident())
        return ""

    await exchange(
        page(from_texts(page="{{ note() }}"), {"note": note}, threaded=True),
        http_scope(),
    )

    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


async def test_asynchronous_page_waits_without_blocking() -> None:
    """
    A template awaits what it calls, while other tasks run.
    """
    asked, answered = anyio.Event(), anyio.Event()

    async def answer() -> str:
        asked.set()
        await answered.wait()
        return "answer"

    response = page(from_texts(True, page="{{ answer() }}"), {"answer": answer})
    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(response, http_scope(), Script.http(), recorder)
        await asked.wait()
        assert recorder.messages == []
        answered.set()

    assert recorder.body == b"answer"


def test_asynchronous_page_of_a_plain_endpoint() -> None:
    """
    It makes no difference where the response is made.
    """
    templates = from_texts(True, page="{{ request.url.path }}")

    def endpoint(request: Request) -> Any:
        return templates.TemplateResponse(request, "page")

    response: Any = TestClient(Starlette(routes=[Route("/x", endpoint)])).get("/x")

    assert response.text == "/x"
    assert response.template.name == "page"


def test_asynchronous_page_in_a_thread() -> None:
    """
    An environment that never blocks has no use for threads.
    """
    with pytest.raises(ValueError, match="`threaded` must be False"):
        page(from_texts(True, page=""), {}, threaded=True)


@both_late
async def test_late_error(is_async: bool, options: Dict[str, Any]) -> None:
    """
    Nothing has been sent by then, so that the error is answered as any other.
    """
    response = page(from_texts(is_async, page="{{ 1 // 0 }}"), {}, **options)
    recorder = Recorder()

    with pytest.raises(ZeroDivisionError):
        await response(http_scope(extensions=DEBUG), Script.http(), recorder)

    assert recorder.messages == []


@both_late
async def test_late_missing_parent(is_async: bool, options: Dict[str, Any]) -> None:
    """
    The message says where it was looked for.
    """
    response = page(from_texts(is_async, page="{% extends 'nope' %}"), {}, **options)

    with pytest.raises(jinja2.TemplateNotFound, match="looked for in DictLoader"):
        await exchange(response, http_scope())


@both_late
async def test_late_debug_extension(is_async: bool, options: Dict[str, Any]) -> None:
    """
    Test clients are told the template.
    """
    response = page(from_texts(is_async, page="x"), {"a": 1}, **options)

    sent = await exchange(response, http_scope(extensions=DEBUG))

    assert sent.messages[0]["info"]["template"].name == "page"
    assert sent.messages[0]["info"]["context"]["a"] == 1


# -- Rendered while it is sent -----------------------------------------------


@both_kinds
async def test_stream(is_async: bool) -> None:
    """
    A long page comes in pieces, as long as was asked for, without its length.
    """
    templates = from_texts(is_async, page=ROWS)
    done: List[str] = []
    response = page(
        templates,
        {"rows": range(1000)},
        status_code=201,
        headers={"x-one": "1"},
        background=BackgroundTask(done.append, "done"),
        stream=True,
        buffer_size=100,
    )

    sent = await exchange(response, http_scope())

    pieces = [part["body"] for part in sent.of_type("http.response.body")]
    assert isinstance(response, StreamingResponse)
    assert sent.body == "".join(f"{n}," for n in range(1000)).encode()
    assert {len(piece) for piece in pieces[:-2]} <= {100, 101, 102, 103}
    assert pieces[-1] == b""
    assert sent.is_complete
    assert sent.status == 201
    assert sent.headers["content-type"] == "text/html; charset=utf-8"
    assert sent.headers["x-one"] == "1"
    assert "content-length" not in sent.headers
    assert done == ["done"]


@both_kinds
async def test_stream_is_escaped(is_async: bool) -> None:
    """
    It is escaped as other pages are.
    """
    templates = from_texts(is_async, page="{{ word }}")

    html = await exchange(page(templates, {"word": "<"}, stream=True), http_scope())
    text = await exchange(
        page(templates, {"word": "<"}, stream=True, media_type="text/plain"),
        http_scope(),
    )

    assert (html.body, text.body) == (b"&lt;", b"<")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"


@both_kinds
@pytest.mark.parametrize("text", ["", "{% if x %}{{ x }}{% endif %}", "{{ x }}"])
async def test_stream_of_nothing(is_async: bool, text: str) -> None:
    """
    An empty page is a response too.
    """
    sent = await exchange(
        page(from_texts(is_async, page=text), {}, stream=True), http_scope()
    )

    assert sent.status == 200
    assert sent.body == b""
    assert sent.is_complete


async def test_stream_sends_before_the_page_is_rendered() -> None:
    """
    A piece that is long enough is sent while the template waits for the next one.
    """
    answered = anyio.Event()

    async def answer() -> str:
        await answered.wait()
        return "answer"

    templates = from_texts(True, page="first{{ answer() }}")
    response = page(templates, {"answer": answer}, stream=True, buffer_size=1)
    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(response, http_scope(), Script.http(), recorder)
        await recorder.wait_for("http.response.body")
        assert recorder.body == b"first"
        answered.set()

    assert recorder.body == b"firstanswer"


async def test_stream_of_a_plain_environment_is_off_the_event_loop() -> None:
    """
    The template runs in worker threads.
    """
    threads: List[int] = []

    def note() -> str:
        threads.append(threading.get_ident())
        return "x"

    await exchange(
        page(from_texts(page="{{ note() }}"), {"note": note}, stream=True), http_scope()
    )

    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


@both_kinds
async def test_stream_that_fails_at_once(is_async: bool) -> None:
    """
    Nothing has been sent by then, so that the error is answered as any other.
    """
    response = page(from_texts(is_async, page="a{{ 1 // 0 }}"), {}, stream=True)
    recorder = Recorder()

    with pytest.raises(ZeroDivisionError):
        await response(http_scope(extensions=DEBUG), Script.http(), recorder)

    assert recorder.messages == []


@both_kinds
async def test_stream_that_fails_later(is_async: bool) -> None:
    """
    The response is never complete then.
    """
    templates = from_texts(is_async, page="first{{ 1 // 0 }}")
    response = page(templates, {}, stream=True, buffer_size=1)
    recorder = Recorder()

    with pytest.raises(ZeroDivisionError):
        await response(http_scope(), Script.http(), recorder)

    assert recorder.body == b"first"
    assert not recorder.is_complete


@both_kinds
async def test_stream_with_a_missing_include(is_async: bool) -> None:
    """
    The message says where it was looked for.
    """
    response = page(from_texts(is_async, page="{% include 'nope' %}"), {}, stream=True)

    with pytest.raises(jinja2.TemplateNotFound, match="looked for in DictLoader"):
        await exchange(response, http_scope())


async def test_client_leaves_a_stream() -> None:
    """
    What the template iterates over is closed then and there.
    """
    closed: List[str] = []

    async def rows() -> AsyncIterator[int]:
        try:
            yield 1
            await anyio.sleep_forever()
        finally:
            closed.append("closed")

    response = page(
        from_texts(True, page=ROWS), {"rows": rows()}, stream=True, buffer_size=1
    )
    recorder = Recorder()
    script = Script.http()
    async with anyio.create_task_group() as group:
        group.start_soon(response, http_scope(), script, recorder)
        await recorder.wait_for("http.response.body")
        script.add({"type": "http.disconnect"})

    assert recorder.body == b"1,"
    assert not recorder.is_complete
    assert closed == ["closed"]


def watched(is_async: bool, text: str, closed: List[str]) -> Jinja2Templates:
    """Templates that note when their generators are closed."""

    class Watched(jinja2.Template):
        def generate(self, *args: Any, **kwargs: Any) -> Iterator[str]:
            try:
                yield from super().generate(*args, **kwargs)
            finally:
                closed.append("closed")

        async def generate_async(
            self, *args: Any, **kwargs: Any
        ) -> AsyncGenerator[str, object]:
            pieces: Any = super().generate_async(*args, **kwargs)
            try:
                async for piece in pieces:
                    yield piece
            finally:
                closed.append("closed")
                await pieces.aclose()

    templates = from_texts(is_async, page=text)
    templates.env.template_class = Watched
    return templates


@both_kinds
@pytest.mark.parametrize("after", [0, 1, 2])
async def test_server_loses_the_client_of_a_stream(is_async: bool, after: int) -> None:
    """
    A ``send`` that fails closes the template, even if it failed at the start.
    """
    closed: List[str] = []
    templates = watched(is_async, ROWS, closed)
    response = page(templates, {"rows": range(100_000)}, stream=True, buffer_size=1)
    scope = http_scope(asgi={"version": "3.0", "spec_version": "2.4"})

    with pytest.raises(ClientDisconnect):
        await response(scope, Script.http(), Recorder(error=OSError(), after=after))

    assert closed == ["closed"]


async def test_stream_that_is_cancelled_before_it_starts() -> None:
    """
    The template is closed with the request, and nothing is sent.
    """
    closed: List[str] = []
    waiting = anyio.Event()

    async def wait() -> None:
        waiting.set()
        await anyio.sleep_forever()

    response = page(watched(True, "{{ wait() }}", closed), {"wait": wait}, stream=True)
    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(response, http_scope(), Script.http(), recorder)
        await waiting.wait()
        group.cancel_scope.cancel()

    assert recorder.messages == []
    assert closed == ["closed"]


async def test_stream_through_an_iterator_of_the_program() -> None:
    """
    ``body_iterator`` can be wrapped, also by what cannot be closed.
    """

    class Upper:
        def __init__(self, pieces: Any) -> None:
            self.pieces = pieces

        def __aiter__(self) -> Upper:
            return self

        async def __anext__(self) -> str:
            piece: str = await self.pieces.__anext__()
            return piece.upper()

    response = page(
        from_texts(True, page=ROWS), {"rows": "abc"}, stream=True, buffer_size=1
    )
    response.body_iterator = Upper(response.body_iterator)
    sent = await exchange(response, http_scope())

    broken = page(from_texts(True, page="{{ 1 // 0 }}"), {}, stream=True)
    broken.body_iterator = Upper(broken.body_iterator)
    with pytest.raises(ZeroDivisionError):
        await exchange(broken, http_scope())

    assert sent.body == b"A,B,C,"


def test_stream_with_a_token() -> None:
    """
    What middleware makes when it is read is made before the headers are sent.
    """
    made: List[str] = []

    class Token:
        def __str__(self) -> str:
            made.append("token")
            return "token"

    request = Request(http_scope(state={"csrf_token": Token()}))
    from_texts(page="").TemplateResponse(request, "page")
    assert made == []

    from_texts(page="").TemplateResponse(request, "page", stream=True)

    assert made == ["token"]


@both_kinds
async def test_stream_debug_extension(is_async: bool) -> None:
    """
    Test clients are told the template; WebSockets are refused without that.
    """
    templates = from_texts(is_async, page="x")

    http = await exchange(
        page(templates, {}, stream=True), http_scope(extensions=DEBUG)
    )
    denial = await exchange(
        page(templates, {}, stream=True), websocket_scope(extensions=DEBUG)
    )

    assert http.messages[0]["type"] == "http.response.debug"
    assert http.messages[0]["info"]["template"].name == "page"
    assert denial.messages[0]["type"] == "websocket.http.response.start"


@pytest.mark.parametrize("size", [0, -1])
def test_stream_in_pieces_of_nothing(size: int) -> None:
    """
    A piece has at least one character.
    """
    with pytest.raises(ValueError, match=f"must be positive, but got {size}"):
        page(from_texts(page=""), {}, stream=True, buffer_size=size)
