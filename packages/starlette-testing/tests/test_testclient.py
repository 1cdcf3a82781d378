"""Requests and responses of the client."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import threading
from typing import Any, Callable, Dict, List

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from starlette._testing._httpx import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

START = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}
BODY = {"type": "http.response.body", "body": b"x"}
MORE = {"type": "http.response.body", "body": b"x", "more_body": True}

ok = PlainTextResponse("ok")


class Boom(Exception):
    """Raised by the applications that are meant to fail."""


class Spy:
    """An application that keeps its scopes and what it receives."""

    def __init__(self) -> None:
        self.scopes: List[Scope] = []
        self.received: List[Message] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        self.received.append(await receive())
        await ok(scope, receive, send)
        self.received.append(await receive())

    @property
    def scope(self) -> Scope:
        return self.scopes[-1]


def sends(*messages: Message, error: Any = None) -> ASGIApp:
    """Return an application that sends just these messages."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    return app


# --- what the application is given --------------------------------------------


def test_scope_of_a_plain_request(backend: str) -> None:
    """
    The scope is complete, and has the client's headers in their order.
    """
    app = Spy()
    TestClient(app, backend=backend).get("/a%20b?x=1&y=%20")

    assert app.scope["type"] == "http"
    assert app.scope["method"] == "GET"
    assert app.scope["path"] == "/a b"
    assert app.scope["raw_path"] == b"/a%20b"
    assert app.scope["query_string"] == b"x=1&y=%20"
    assert app.scope["scheme"] == "http"
    assert app.scope["server"] == ["testserver", 80]
    assert app.scope["client"] == ("testclient", 50000)
    assert app.scope["root_path"] == ""
    assert app.scope["state"] == {}
    assert app.scope["http_version"] == "1.1"
    assert "http.response.debug" in app.scope["extensions"]
    assert app.scope["headers"][0] == (b"host", b"testserver")
    assert (b"user-agent", b"testclient") in app.scope["headers"]


def test_body_then_disconnect(backend: str) -> None:
    """
    The body comes whole, and after the response comes the disconnect.
    """
    app = Spy()
    TestClient(app, backend=backend).post("/", content=iter([b"a", b"b"]))

    assert app.received == [
        {"type": "http.request", "body": b"ab"},
        {"type": "http.disconnect"},
    ]


@pytest.mark.parametrize(
    "base_url, url, server, host, path",
    [
        ("http://testserver", "/a", ["testserver", 80], b"testserver", "/a"),
        (
            "https://a.org:99/b",
            "/a",
            ["a.org", 99],
            b"a.org:99",
            "/b/a",
        ),
        ("https://example.org", "", ["example.org", 443], b"example.org", "/"),
        ("http://[::1]:8000", "/a", ["::1", 8000], b"[::1]:8000", "/a"),
        ("http://[::1]", "/a", ["::1", 80], b"[::1]", "/a"),
        ("http://testserver", "http://other/x", ["other", 80], b"other", "/x"),
        ("http://testserver", "/a%252Fb", ["testserver", 80], b"testserver", "/a%2Fb"),
    ],
)
def test_url_becomes_scope(
    base_url: str, url: str, server: List[Any], host: bytes, path: str
) -> None:
    """
    Host, port and path follow from the base URL and the URL.
    """
    app = Spy()
    TestClient(app, base_url=base_url).get(url)

    assert app.scope["server"] == server
    assert app.scope["headers"][0] == (b"host", host)
    assert app.scope["path"] == path


def test_scope_as_the_client_was_told() -> None:
    """
    Root path, address, headers and cookies are those of the constructor.
    """
    app = Spy()
    client = TestClient(
        app,
        root_path="/root",
        client=("1.2.3.4", 5),
        headers={"User-Agent": "mine", "X": "y"},
        cookies={"c": "d"},
    )
    client.get("/")

    assert app.scope["root_path"] == "/root"
    assert app.scope["client"] == ("1.2.3.4", 5)
    assert [v for n, v in app.scope["headers"] if n == b"user-agent"] == [b"mine"]
    assert (b"x", b"y") in app.scope["headers"]
    assert (b"cookie", b"c=d") in app.scope["headers"]


@pytest.mark.parametrize(
    "verb", ["get", "options", "head", "delete", "post", "put", "patch"]
)
def test_each_verb(verb: str) -> None:
    """
    Each method of the client sends the request of its name.
    """
    app = Spy()
    response = getattr(TestClient(app), verb)("/")

    assert response.status_code == 200
    assert app.scope["method"] == verb.upper()


@pytest.mark.parametrize(
    "kwargs, body",
    [
        ({"data": {"a": "b"}}, b"a=b"),
        ({"json": {"a": 1}}, b'{"a":1}'),
        ({"content": "text"}, b"text"),
    ],
)
@pytest.mark.parametrize("verb", ["post", "put", "patch"])
def test_each_kind_of_body(verb: str, kwargs: Dict[str, Any], body: bytes) -> None:
    """
    Forms, JSON and text arrive as httpx encodes them.
    """
    app = Spy()
    getattr(TestClient(app), verb)("/", **kwargs)

    assert app.received[0]["body"].replace(b" ", b"") == body


def test_files() -> None:
    """
    Files make a multipart form.
    """
    app = Spy()
    TestClient(app).post("/", files={"f": ("name", b"content")})

    assert b'filename="name"' in app.received[0]["body"]


def test_context_variables_flow_in(backend: str) -> None:
    """
    The application sees the context variables of the test.
    """
    import contextvars

    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(variable.get())(scope, receive, send)

    variable.set("seen")

    assert TestClient(app, backend=backend).get("/").text == "seen"


# --- what becomes of the response ---------------------------------------------


def test_response(backend: str) -> None:
    """
    Status, headers and body are those the application sent.
    """
    app = sends({**START, "status": 201}, MORE, BODY)
    response = TestClient(app, backend=backend).get("/")

    assert response.status_code == 201
    assert response.headers["a"] == "b"
    assert response.content == b"xx"


def test_response_to_head_has_no_body() -> None:
    """
    What the application sends to a HEAD request is dropped.
    """
    assert TestClient(sends(START, BODY)).head("/").content == b""


def test_redirects_and_cookies() -> None:
    """
    Redirects are followed, and cookies kept on the way.
    """
    seen: List[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/first":
            response: Response = RedirectResponse("/second")
            response.set_cookie("name", "value")
        else:
            seen.extend(v for n, v in scope["headers"] if n == b"cookie")
            response = ok
        await response(scope, receive, send)

    client = TestClient(app)
    response = client.get("/first")

    assert response.text == "ok"
    assert response.url.path == "/second"
    assert seen == [b"name=value"]
    assert client.cookies["name"] == "value"
    assert client.get("/first", follow_redirects=False).status_code == 307
    assert TestClient(app, follow_redirects=False).get("/first").status_code == 307


def test_debug_information() -> None:
    """
    Template and context are attributes of the response, and all is an extension.
    """
    info = {"template": "t", "context": {"a": 1}}
    app = sends({"type": "http.response.debug", "info": info}, START, BODY)
    response: Any = TestClient(app).get("/")

    assert response.template == "t"
    assert response.context == {"a": 1}
    assert response.extensions["http.response.debug"] == info


def test_early_hints() -> None:
    """
    The links of the early hints are an extension of the response.
    """
    hint = {"type": "http.response.early_hint", "links": [b"<a>"]}
    response = TestClient(sends(hint, hint, START, BODY)).get("/")

    assert response.extensions["http.response.early_hint"] == [b"<a>", b"<a>"]


def test_trailers() -> None:
    """
    Trailers that were announced are headers in the response's extensions.
    """
    app = sends(
        {**START, "trailers": True},
        BODY,
        {
            "type": "http.response.trailers",
            "headers": [(b"t", b"1")],
            "more_trailers": True,
        },
        {"type": "http.response.trailers", "headers": [(b"u", b"2")]},
    )
    response = TestClient(app).get("/")

    assert response.extensions["http.response.trailers"] == {"t": "1", "u": "2"}


def test_unknown_response_message_is_ignored() -> None:
    """
    A message of an extension that nobody announced does no harm.
    """
    push = {"type": "http.response.push", "path": "/", "headers": []}

    assert TestClient(sends(push, START, BODY)).get("/").text == "x"


# --- applications that go wrong -----------------------------------------------

NO_RESPONSE = "TestClient did not receive any response."
AFTER_END = 'Received "http.response.body" after response completed.'
BODY_FIRST = 'Received "http.response.body" without "http.response.start".'
TWO_STARTS = 'Received multiple "http.response.start" messages.'
FOREIGN = 'Received "websocket.send", which is not a message of an HTTP response.'

mistakes = pytest.mark.parametrize(
    "messages, error, status",
    [
        pytest.param([], NO_RESPONSE, 500, id="nothing"),
        pytest.param([BODY], BODY_FIRST, 500, id="body-first"),
        pytest.param([START, START], TWO_STARTS, 200, id="two-starts"),
        pytest.param([START, BODY, BODY], AFTER_END, 200, id="body-after-end"),
        pytest.param([{"type": "websocket.send"}], FOREIGN, 500, id="foreign"),
        pytest.param(
            [START, {"type": "http.response.trailers"}], "announced", 200, id="trailers"
        ),
    ],
)


@mistakes
def test_wrong_message_is_named(
    messages: List[Message], error: str, status: int, backend: str
) -> None:
    """
    An application that breaks the protocol is told how.
    """
    with pytest.raises(AssertionError) as caught:
        TestClient(sends(*messages), backend=backend).get("/")

    assert error in str(caught.value)


@mistakes
def test_wrong_message_without_exceptions(
    messages: List[Message], error: str, status: int, backend: str
) -> None:
    """
    Without exceptions, the response is what was sent until then.
    """
    client = TestClient(
        sends(*messages), raise_server_exceptions=False, backend=backend
    )

    assert client.get("/").status_code == status


def test_body_that_is_no_bytes() -> None:
    """
    A body of the wrong type is named with its type.
    """
    app = sends(START, {"type": "http.response.body", "body": "text"})

    with pytest.raises(TypeError, match="`body` must be bytes, but got str"):
        TestClient(app).get("/")


def test_error_of_the_application_propagates(backend: str) -> None:
    """
    The test gets the very exception, or a 500.
    """
    boom = Boom()

    with pytest.raises(Boom) as caught:
        TestClient(sends(error=boom), backend=backend).get("/")
    response = TestClient(
        sends(error=boom), raise_server_exceptions=False, backend=backend
    ).get("/")

    assert caught.value is boom
    assert response.status_code == 500


def test_system_exit_reaches_the_test(backend: str) -> None:
    """
    What no application should raise is not swallowed either.
    """
    with pytest.raises(SystemExit):
        TestClient(sends(error=SystemExit(3)), backend=backend).get("/")


def test_application_that_cancels_itself() -> None:
    """
    A cancellation that nobody asked for is an error like another.
    """
    with pytest.raises(concurrent.futures.CancelledError):
        TestClient(sends(error=asyncio.CancelledError())).get("/")


def test_timeout_of_a_request(backend: str) -> None:
    """
    A request with a timeout ends when it is over, and the application with it.
    """
    ended: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("ended")

    with pytest.raises(httpx.ReadTimeout, match=r"GET http://testserver/slow within 0"):
        TestClient(app, backend=backend).get("/slow", timeout=0)

    assert ended in (["ended"], [])


def test_limit_of_a_client(backend: str) -> None:
    """
    Without a timeout of its own, a request takes no longer than ``max_wait``.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep_forever()

    with pytest.raises(httpx.ReadTimeout):
        TestClient(app, backend=backend, max_wait=0.01).get("/")


def test_no_limit_at_all(backend: str) -> None:
    """
    ``max_wait=None`` waits for ever; what answers, answers.
    """
    assert TestClient(ok, backend=backend, max_wait=None).get("/").text == "ok"


# --- kinds of applications ----------------------------------------------------


class ASGI2:
    """An application of ASGI 2."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, receive: Receive, send: Send) -> None:
        await ok(self.scope, receive, send)


class Awaited:
    """An application whose instances are awaited."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.arguments = (scope, receive, send)

    def __await__(self) -> Any:
        return ok(*self.arguments).__await__()


def asgi2_function(scope: Scope) -> Callable[[Receive, Send], Any]:
    return functools.partial(ok, scope)


def plain_function(scope: Scope, receive: Receive, send: Send) -> Any:
    return ok(scope, receive, send)


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(ASGI2, id="asgi2-class"),
        pytest.param(asgi2_function, id="asgi2-function"),
        pytest.param(Awaited, id="awaited-class"),
        pytest.param(plain_function, id="function-that-returns-a-coroutine"),
        pytest.param(ok, id="object-with-async-call"),
        pytest.param(functools.partial(ok), id="partial"),
    ],
)
def test_kinds_of_applications(app: Any, backend: str) -> None:
    """
    Whatever ASGI allows is called the way it wants to be.
    """
    assert TestClient(app, backend=backend).get("/").text == "ok"


# --- where the application runs -----------------------------------------------


async def which_thread(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(str(threading.get_ident()))(scope, receive, send)


def test_plain_request_needs_no_thread() -> None:
    """
    On asyncio the application runs in the thread of the test.
    """
    client = TestClient(which_thread)

    assert client.get("/").text == str(threading.get_ident())
    assert client.get("/").text == str(threading.get_ident())


def test_request_inside_a_running_event_loop(backend: str) -> None:
    """
    A client that is not async can be used in an async test, of either kind.
    """

    async def test() -> str:
        return TestClient(ok, backend=backend).get("/").text

    assert anyio.run(test, backend="asyncio") == "ok"
    assert anyio.run(test, backend="trio") == "ok"


def test_requests_from_several_threads(backend: str) -> None:
    """
    Each thread gets its answer.
    """
    client = TestClient(ok, backend=backend)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.get("/").text, range(8)))

    assert answers == ["ok"] * 8


def test_worker_thread_calls_back(backend: str) -> None:
    """
    Code in a worker thread can call into the event loop.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        def work() -> str:
            anyio.from_thread.run(anyio.sleep, 0)
            return "worked"

        text = await anyio.to_thread.run_sync(work)
        await PlainTextResponse(text)(scope, receive, send)

    client = TestClient(app, backend=backend)

    assert client.get("/").text == "worked"
    assert client.get("/").text == "worked"


def test_backend_options() -> None:
    """
    Options of the backend are passed on to it.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_debug = asyncio.get_running_loop().get_debug()
        await PlainTextResponse(str(is_debug))(scope, receive, send)

    client = TestClient(app, backend_options={"debug": True})

    assert client.get("/").text == "True"


def test_task_that_is_left_is_reported() -> None:
    """
    A task that outlives its request is cancelled and named.
    """

    async def forgotten() -> None:
        await asyncio.sleep(3600)

    tasks: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        tasks.append(asyncio.get_running_loop().create_task(forgotten()))
        await asyncio.sleep(0)
        await ok(scope, receive, send)

    with pytest.warns(ResourceWarning, match=r"left 1 task\(s\) running.*forgotten"):
        TestClient(app).get("/")

    assert tasks[0].cancelled()


def test_named_task_that_fails_when_cancelled() -> None:
    """
    A task with a name is reported by it, and its error goes to the event loop.
    """
    reported: List[Any] = []
    tasks: List[Any] = []

    async def stubborn() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            raise Boom

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context))
        tasks.append(asyncio.create_task(stubborn(), name="my name"))
        await asyncio.sleep(0)
        await ok(scope, receive, send)

    with pytest.warns(ResourceWarning, match="my name"):
        TestClient(app).get("/")

    assert isinstance(reported[0]["exception"], Boom)


def test_timer_that_is_left_does_not_survive() -> None:
    """
    Requests outside ``with`` share nothing: what one leaves, the next cannot see.
    """
    loops: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        loops.append(loop)
        loop.call_later(3600, print)
        await ok(scope, receive, send)

    client = TestClient(app)
    client.get("/")
    client.get("/")

    assert loops[0] is not loops[1]
    assert loops[0].is_closed()


# --- the client's own states --------------------------------------------------


def test_closed_client() -> None:
    """
    A closed client sends nothing and cannot be entered.
    """
    client = TestClient(ok)
    client.close()

    with pytest.raises(RuntimeError, match="closed"):
        client.get("/")
    with pytest.raises(RuntimeError, match="closed"):
        client.__enter__()


def test_websocket_url_in_a_request() -> None:
    """
    A request for ``ws://`` names the method to use.
    """
    with pytest.raises(RuntimeError, match="ws:// needs `websocket_connect`"):
        TestClient(ok).get("ws://testserver/")


def test_call_from_its_own_event_loop(backend: str) -> None:
    """
    An application that calls itself through the client is told that it would wait.
    """
    made: List[TestClient] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        made[0].get("/")

    routes = [Mount("/", app)]
    made.append(TestClient(Starlette(routes=routes), backend=backend))

    with contextlib.ExitStack() as stack:
        stack.enter_context(made[0])
        with pytest.raises(RuntimeError, match="own"):
            made[0].get("/")


def test_keyboard_interrupt_ends_the_application() -> None:
    """
    An exception that interrupts the wait cancels the application first.
    """
    ended: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt

        asyncio.get_running_loop().call_soon(interrupt)
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("ended")

    with pytest.raises(KeyboardInterrupt):
        TestClient(app).get("/")

    assert ended == ["ended"]


# --- URLs that are asked for again --------------------------------------------


def test_base_url_that_changes() -> None:
    """
    The same path is relative to the base URL of the moment.
    """
    app = Spy()
    client = TestClient(app)
    client.get("/a")
    client.get("/a")
    client.base_url = "http://other"
    client.get("/a")

    assert [scope["server"][0] for scope in app.scopes] == ["testserver"] * 2 + [
        "other"
    ]


def test_parameters_of_the_client() -> None:
    """
    Parameters of the client are those of the moment, too.
    """
    app = Spy()
    client = TestClient(app)
    client.params = {"a": "b"}
    client.get("/x")
    client.params = {}
    client.get("/x")

    assert [scope["query_string"] for scope in app.scopes] == [b"a=b", b""]


def test_many_urls() -> None:
    """
    The client remembers a few URLs, and answers any number.
    """
    app = Spy()
    client = TestClient(app)
    for number in range(100):
        client.get(f"/{number}")

    assert [scope["path"] for scope in app.scopes] == [f"/{n}" for n in range(100)]
    assert client._cached_urls is not None
    assert len(client._cached_urls) < 70


def test_url_object() -> None:
    """
    A URL of httpx is taken as it is.
    """
    app = Spy()
    TestClient(app).get(httpx.URL("/path"))

    assert app.scope["path"] == "/path"
