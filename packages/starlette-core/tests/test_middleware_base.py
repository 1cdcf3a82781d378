"""``BaseHTTPMiddleware``: what passes through it, and what it costs nobody.

How the application inside is held and resumed is tested here too, through the
middleware, as it is nobody else's.
"""

from __future__ import annotations

import contextvars
import sys
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, List, Optional

import anyio
import pytest

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import ClientDisconnect, Request
from starlette.responses import (
    FileResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

Dispatch = Callable[[Request, RequestResponseEndpoint], Awaitable[Response]]

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")


class Boom(Exception):
    """Raised where something is meant to fail."""


async def passing(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return await call_next(request)


def around(app: ASGIApp, dispatch: Dispatch = passing, layers: int = 1) -> ASGIApp:
    """Return *app* inside of that many middlewares."""
    for _ in range(layers):
        app = BaseHTTPMiddleware(app, dispatch=dispatch)
    return app


def endpoint(function: Callable[[Request], Any]) -> Starlette:
    """Return an application with one endpoint for every path."""
    return Starlette(routes=[Route("/{rest:path}", function, methods=["GET", "POST"])])


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello", headers={"x-inner": "yes"})


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


def endless(log: List[str], *parts: bytes) -> Starlette:
    """An application that streams these, and then waits until it is closed."""

    async def chunks() -> AsyncIterator[bytes]:
        try:
            for part in parts:
                yield part
                await anyio.sleep(0)
            await anyio.sleep_forever()
        finally:
            log.append("closed")

    async def stream(request: Request) -> Response:
        return StreamingResponse(chunks())

    return endpoint(stream)


def sending(*messages: Message) -> ASGIApp:
    """Return an application that sends these messages."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


START: Message = {"type": "http.response.start", "status": 200, "headers": []}


async def test_response_can_be_changed() -> None:
    """
    Status and headers of the response inside are seen, and what is set is sent.
    """
    seen: List[Any] = []

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response = await call_next(request)
        seen.append((response.status_code, response.headers["x-inner"]))
        response.headers["x-outer"] = "yes"
        response.status_code = 201
        return response

    recorder = await exchange(around(endpoint(hello), dispatch), http_scope())

    assert seen == [(200, "yes")]
    assert recorder.status == 201
    assert recorder.headers["x-outer"] == "yes"
    assert recorder.body == b"hello"


async def test_messages_pass_as_they_are() -> None:
    """
    A body that was sent in one message is one message outside, too.
    """
    recorder = await exchange(around(endpoint(hello), layers=3), http_scope())

    assert [message["type"] for message in recorder.messages] == [
        "http.response.start",
        "http.response.body",
    ]


async def test_overridden_dispatch() -> None:
    """
    A subclass overrides the method, and may answer without the application.
    """

    class Refusing(BaseHTTPMiddleware):
        async def dispatch(
            self, request: Request, call_next: RequestResponseEndpoint
        ) -> Response:
            return PlainTextResponse("no", 403)

    recorder = await exchange(Refusing(sending()), http_scope())

    assert (recorder.status, recorder.body) == (403, b"no")


async def test_dispatch_has_to_be_given() -> None:
    """
    The class itself does not know what to do.
    """
    with pytest.raises(NotImplementedError):
        await exchange(BaseHTTPMiddleware(sending()), http_scope())


@pytest.mark.parametrize("scope", [lifespan_scope(), websocket_scope()])
async def test_other_scopes_pass_by(scope: Dict[str, Any]) -> None:
    """
    What is no HTTP request reaches the application with its own channels.
    """
    seen: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([scope, receive, send])

    receive, send = Script(), Recorder()

    await around(app)(scope, receive, send)

    assert seen == [scope, receive, send]


async def test_context_variables_flow_both_ways() -> None:
    """
    The application sees what dispatch has set, and dispatch what it sets.
    """
    seen: List[str] = []

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        variable.set("outer")
        response = await call_next(request)
        seen.append(variable.get())
        return response

    async def inner(request: Request) -> Response:
        seen.append(variable.get())
        variable.set("inner")
        return PlainTextResponse("")

    await exchange(around(endpoint(inner), dispatch), http_scope())

    assert seen == ["outer", "inner"]


async def test_exception_of_the_application() -> None:
    """
    Dispatch can catch the very exception that the application has raised.
    """
    boom = Boom()
    caught: List[BaseException] = []

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        try:
            return await call_next(request)
        except Boom as exc:
            caught.append(exc)
            return PlainTextResponse("caught")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise boom

    recorder = await exchange(around(app, dispatch), http_scope())

    assert caught == [boom]
    assert recorder.body == b"caught"


async def test_exception_passes_through_layers() -> None:
    """
    What nobody catches comes out unchanged.
    """
    boom = Boom()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise boom

    with pytest.raises(Boom) as caught:
        await exchange(around(app, layers=3), http_scope())

    assert caught.value is boom


async def test_exception_in_the_middle_of_the_body() -> None:
    """
    It comes out, and the response is not completed.
    """

    async def chunks() -> AsyncIterator[bytes]:
        yield b"1"
        raise Boom

    async def inner(request: Request) -> Response:
        return StreamingResponse(chunks())

    recorder = Recorder()
    app = around(endpoint(inner), layers=2)

    with pytest.raises(Boom):
        await app(http_scope(), Script.http(), recorder)

    assert recorder.body == b"1"
    assert not recorder.is_complete


async def test_application_without_a_response() -> None:
    """
    An application that ends without a response is an error, told to dispatch.
    """
    with pytest.raises(RuntimeError, match=r"^No response returned\.$"):
        await exchange(around(sending()), http_scope())


async def test_exception_of_dispatch_cancels_the_application() -> None:
    """
    The application is cancelled where it is held, and its cleanup runs.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(START)
        except anyio.get_cancelled_exc_class():
            log.append("cancelled")
            raise
        finally:
            log.append("cleaned up")

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        await call_next(request)
        raise Boom

    with pytest.raises(Boom):
        await exchange(around(app, dispatch), http_scope())

    assert log == ["cancelled", "cleaned up"]


async def test_exception_of_dispatch_after_the_application() -> None:
    """
    There is nothing left to cancel if the application has ended.
    """

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        try:
            await call_next(request)
        except RuntimeError:
            pass
        raise Boom

    with pytest.raises(Boom):
        await exchange(around(sending(), dispatch), http_scope())


async def test_cancelled_while_the_application_waits() -> None:
    """
    Cancelling the request cancels what the application waits for.
    """
    log: List[str] = []
    recorder = Recorder()
    app: Any = around(endless(log, b"1"), layers=2)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(app, http_scope(), Script.http(), recorder)
            await recorder.wait_for("http.response.body")
            scope.cancel()

    assert scope.cancelled_caught
    assert log == ["closed"]


async def test_dispatch_that_gives_up_while_the_application_waits() -> None:
    """
    Cancelling ``call_next`` ends the wait, and the application with it.
    """
    log: List[str] = []
    deadline = anyio.CancelScope()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        deadline.cancel()
        try:
            await anyio.sleep_forever()
        finally:
            log.append("ended")

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        with deadline:
            await call_next(request)
        return PlainTextResponse("late", 504)

    recorder = await exchange(around(app, dispatch), http_scope())

    assert recorder.status == 504
    assert log == ["ended"]


async def test_streaming_is_not_buffered() -> None:
    """
    A chunk is sent before the next one is made.
    """
    log: List[str] = []

    async def chunks() -> AsyncIterator[bytes]:
        for name in ("1", "2"):
            log.append(f"made {name}")
            yield name.encode()

    async def inner(request: Request) -> Response:
        return StreamingResponse(chunks())

    async def send(message: Message) -> None:
        log.append(f"sent {message.get('body', b'').decode()}")

    await around(endpoint(inner), layers=3)(http_scope(), Script.http(), send)

    assert log == ["sent ", "made 1", "sent 1", "made 2", "sent 2", "sent "]


async def test_background_task_runs_after_the_last_byte() -> None:
    """
    So does a task that dispatch sets on the response, and it runs first.
    """
    log: List[str] = []

    async def inner(request: Request) -> Response:
        return PlainTextResponse("", background=BackgroundTask(log.append, "inner"))

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response = await call_next(request)
        response.background = BackgroundTask(log.append, "outer")
        return response

    async def send(message: Message) -> None:
        log.append(message["type"])

    await around(endpoint(inner), dispatch)(http_scope(), Script.http(), send)

    assert log == ["http.response.start", "http.response.body", "outer", "inner"]


async def test_failing_background_task() -> None:
    """
    The response is sent, and the error comes out.
    """

    async def fail() -> None:
        raise Boom

    async def inner(request: Request) -> Response:
        return PlainTextResponse("sent", background=BackgroundTask(fail))

    recorder = Recorder()

    with pytest.raises(Boom):
        await around(endpoint(inner))(http_scope(), Script.http(), recorder)

    assert recorder.body == b"sent"


async def test_body_is_read_before_the_application() -> None:
    """
    The endpoint reads the same body again, through any number of layers.
    """
    seen: List[bytes] = []

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        seen.append(await request.body())
        return await call_next(request)

    app = around(endpoint(echo), dispatch, layers=3)
    recorder = await exchange(app, http_scope("POST"), [b"a", b"b"])

    assert seen == [b"ab"] * 3
    assert recorder.body == b"ab"


async def test_body_is_read_after_the_application() -> None:
    """
    What the endpoint has read is there for dispatch, too.
    """
    seen: List[bytes] = []

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response = await call_next(request)
        seen.append(await request.body())
        return response

    app = around(endpoint(echo), dispatch, layers=2)
    recorder = await exchange(app, http_scope("POST"), [b"a", b"b"])

    assert seen == [b"ab", b"ab"]
    assert recorder.body == b"ab"


async def test_body_that_the_application_left_alone() -> None:
    """
    Dispatch reads it afterwards.
    """
    seen: List[bytes] = []

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response = await call_next(request)
        seen.append(await request.body())
        return response

    await exchange(around(endpoint(hello), dispatch), http_scope("POST"), [b"body"])

    assert seen == [b"body"]


async def test_body_that_was_streamed_before() -> None:
    """
    Nobody has kept it: the application gets an empty one, and does not hang.
    """

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        async for _ in request.stream():
            pass
        return await call_next(request)

    app = around(endpoint(echo), dispatch)
    recorder = await exchange(app, http_scope("POST"), [b"a", b"b"])

    assert recorder.body == b""


async def test_body_that_the_application_streams() -> None:
    """
    It is not kept, and asking for it afterwards is an error and no hang.
    """

    async def inner(request: Request) -> Response:
        return PlainTextResponse(b"|".join([part async for part in request.stream()]))

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response = await call_next(request)
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await request.body()
        return response

    app = around(endpoint(inner), dispatch)
    recorder = await exchange(app, http_scope("POST"), [b"a", b"b"])

    assert recorder.body == b"a|b|"


@pytest.mark.parametrize("is_read", [True, False])
async def test_body_for_an_application_without_requests(is_read: bool) -> None:
    """
    One that calls ``receive`` itself gets the body once, and then the disconnect.
    """
    received: List[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.extend([await receive(), await receive(), await receive()])
        await PlainTextResponse("")(scope, receive, send)

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        if is_read:
            await request.body()
        return await call_next(request)

    script = Script.http(b"ab", disconnects=True)
    await exchange(around(app, dispatch), http_scope("POST"), script)

    assert [message["type"] for message in received] == [
        "http.request",
        "http.disconnect",
        "http.disconnect",
    ]
    assert received[0]["body"] == b"ab"
    assert not received[0].get("more_body", False)


async def test_body_that_dispatch_has_put_in_place() -> None:
    """
    Setting ``_body``, or ``_receive``, gives the application another body.
    """

    async def set_body(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        request._body = (await request.body()).upper()
        return await call_next(request)

    async def set_receive(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        request._receive = Script.http(b"other")
        return await call_next(request)

    first = await exchange(around(endpoint(echo), set_body), http_scope(), [b"ab"])
    second = await exchange(around(endpoint(echo), set_receive), http_scope(), [b"ab"])

    assert first.body == b"AB"
    assert second.body == b"other"


async def test_disconnect_is_seen_through_layers() -> None:
    """
    ``is_disconnected`` is true inside of five middlewares.
    """
    seen: List[bool] = []
    script = Script.http(b"")

    async def inner(request: Request) -> Response:
        await request.body()
        seen.append(await request.is_disconnected())
        script.add({"type": "http.disconnect"})
        seen.append(await request.is_disconnected())
        return PlainTextResponse("")

    await exchange(around(endpoint(inner), layers=5), http_scope(), script)

    assert seen == [False, True]


async def test_body_of_a_client_that_goes() -> None:
    """
    Reading the rest of the body raises, inside and outside.
    """

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        with pytest.raises(ClientDisconnect):
            await call_next(request)
        assert await request.is_disconnected()
        return PlainTextResponse("")

    script = Script(
        {"type": "http.request", "body": b"a", "more_body": True},
        then={"type": "http.disconnect"},
    )
    app = around(Mount("/", echo_application), dispatch)

    recorder = await exchange(app, http_scope("POST"), script)

    assert recorder.status == 200


async def echo_application(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(await Request(scope, receive).body())(scope, receive, send)


async def test_message_that_was_found_while_looking_for_a_disconnect() -> None:
    """
    It is given to an application that receives by itself.
    """
    received: List[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())
        await PlainTextResponse("")(scope, receive, send)

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        assert not await request.is_disconnected()
        return await call_next(request)

    await exchange(around(app, dispatch), http_scope("POST"), [b"body"])

    assert received[0]["body"] == b"body"


async def test_response_that_dispatch_replaces() -> None:
    """
    The application goes on to its end, seen by nobody: streams and tasks run out.
    """
    log: List[str] = []

    async def chunks() -> AsyncIterator[bytes]:
        for name in ("1", "2"):
            log.append(name)
            yield name.encode()

    async def inner(request: Request) -> Response:
        task = BackgroundTask(log.append, "task")
        return StreamingResponse(chunks(), background=task)

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        await call_next(request)
        return PlainTextResponse("other")

    recorder = await exchange(around(endpoint(inner), dispatch), http_scope())

    assert recorder.body == b"other"
    assert log == ["1", "2", "task"]


async def test_endless_stream_that_dispatch_replaces() -> None:
    """
    It is told that its client has gone, as the server of its version would.
    """
    closed: List[str] = []

    async def chunks(name: str) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
                await anyio.sleep(0)
        finally:
            closed.append(name)

    async def inner(request: Request) -> Response:
        return StreamingResponse(chunks(request.url.path))

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        await call_next(request)
        return PlainTextResponse("other")

    app = around(endpoint(inner), dispatch)
    with anyio.fail_after(60):
        for version in ("2.3", "2.4"):
            asgi = {"version": "3.0", "spec_version": version}
            await exchange(app, http_scope(path=f"/{version}", asgi=asgi))

    assert closed == ["/2.3", "/2.4"]


async def test_endless_stream_that_dispatch_stops_reading() -> None:
    """
    A stream that listens for its client already is told of the end as well.
    """
    closed: List[str] = []

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response: Any = await call_next(request)
        chunks = response.body_iterator.__aiter__()
        await chunks.__anext__()
        return PlainTextResponse(await chunks.__anext__())

    app = around(endless(closed, b"1", b"2"), dispatch)
    with anyio.fail_after(60):
        recorder = await exchange(app, http_scope())

    assert recorder.body == b"2"
    assert closed == ["closed"]


async def test_unread_stream_of_an_application() -> None:
    """
    By ASGI 2.4 sending to nobody raises, but the end of a body is let pass.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send({"type": "http.response.body", "body": b"all"})
        log.append("ended")
        await send({"type": "http.response.body", "body": b"", "more_body": True})

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        await call_next(request)
        return PlainTextResponse("other")

    asgi = {"version": "3.0", "spec_version": "2.4"}
    await exchange(around(app, dispatch), http_scope(asgi=asgi))

    assert log == ["ended"]


async def test_application_that_is_called_twice() -> None:
    """
    Each call is an exchange of its own; both come to their end.
    """
    log: List[str] = []

    async def inner(request: Request) -> Response:
        log.append("called")
        return PlainTextResponse("", background=BackgroundTask(log.append, "task"))

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        await call_next(request)
        return await call_next(request)

    recorder = await exchange(around(endpoint(inner), dispatch), http_scope())

    assert recorder.status == 200
    assert log == ["called", "called", "task", "task"]


async def test_body_for_an_application_that_is_called_twice() -> None:
    """
    The second call reads what the first has read.
    """
    seen: List[int] = []

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        seen.append((await call_next(request)).status_code)
        return await call_next(request)

    recorder = await exchange(around(endpoint(echo), dispatch), http_scope(), [b"ab"])

    assert seen == [200]
    assert recorder.body == b"ab"


async def test_body_that_dispatch_iterates() -> None:
    """
    ``body_iterator`` gives the chunks; another one in its place is sent.
    """

    async def upper(chunks: Any) -> AsyncIterator[Any]:
        async for chunk in chunks:
            yield chunk.decode().upper()

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response: Any = await call_next(request)
        response.body_iterator = upper(response.body_iterator)
        return response  # type: ignore[no-any-return]

    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"
        yield b""
        yield b"b"

    async def inner(request: Request) -> Response:
        return StreamingResponse(chunks())

    recorder = await exchange(around(endpoint(inner), dispatch), http_scope())

    assert recorder.body == b"AB"
    assert recorder.is_complete


async def test_iterated_body_of_an_application_that_stops() -> None:
    """
    The iterator ends with the application, be the body complete or not.
    """
    seen: List[Any] = []

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response: Any = await call_next(request)
        seen.extend([chunk async for chunk in response.body_iterator])
        return PlainTextResponse("")

    part: Message = {"type": "http.response.body", "body": b"a", "more_body": True}
    await exchange(around(sending(START, part), dispatch), http_scope())

    assert seen == [b"a"]


async def test_relayed_body_of_an_application_that_stops() -> None:
    """
    The response is left incomplete, as the application has left it.
    """
    part: Message = {"type": "http.response.body", "body": b"a", "more_body": True}

    recorder = await exchange(around(sending(START, part)), http_scope())

    assert not recorder.is_complete


@pytest.mark.parametrize("is_iterated", [True, False])
async def test_path_that_is_sent(is_iterated: bool) -> None:
    """
    ``http.response.pathsend`` passes, iterated or not.
    """

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response: Any = await call_next(request)
        if is_iterated:
            chunks = response.body_iterator

            async def same() -> AsyncIterator[Any]:
                async for chunk in chunks:
                    yield chunk

            response.body_iterator = same()
        return response  # type: ignore[no-any-return]

    path: Message = {"type": "http.response.pathsend", "path": "/etc/motd"}
    recorder = await exchange(around(sending(START, path), dispatch), http_scope())

    assert recorder.of_type("http.response.pathsend") == [path]


async def test_trailers() -> None:
    """
    They pass, and so does the announcement of them.
    """
    messages: List[Message] = [
        {**START, "trailers": True},
        {"type": "http.response.body", "body": b"a"},
        {"type": "http.response.trailers", "headers": [], "more_trailers": True},
        {"type": "http.response.trailers", "headers": [(b"a", b"b")]},
    ]

    recorder = await exchange(around(sending(*messages)), http_scope())

    assert recorder.messages == messages


async def test_messages_ahead_of_the_response() -> None:
    """
    Early hints pass at once; what is told to test clients keeps its place.
    """
    hint: Message = {"type": "http.response.early_hint", "links": [b"<a>"]}
    debug: Message = {"type": "http.response.debug", "info": {"a": 1}}
    body: Message = {"type": "http.response.body", "body": b"a"}

    recorder = await exchange(around(sending(hint, debug, START, body)), http_scope())

    assert recorder.messages == [hint, debug, START, body]


async def test_application_that_sends_from_other_tasks() -> None:
    """
    As libraries for event streams do: each message arrives when it is sent.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def stream() -> None:
            await send(START)
            for number in range(3):
                log.append(f"made {number}")
                body = {"type": "http.response.body", "body": b"x", "more_body": True}
                await send(body)
            await send({"type": "http.response.body", "body": b""})

        async with anyio.create_task_group() as group:
            group.start_soon(stream)

    async def send(message: Message) -> None:
        log.append(message["type"].rpartition(".")[2])

    with anyio.fail_after(60):
        await around(app, layers=2)(http_scope(), Script.http(), send)

    assert log == [
        "start",
        "made 0",
        "body",
        "made 1",
        "body",
        "made 2",
        "body",
        "body",
    ]


async def test_unread_stream_from_another_task() -> None:
    """
    A task whose message nobody will read is let go.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def stream(number: int) -> None:
            await send({**START, "status": 200 + number})
            log.append("let go")

        async with anyio.create_task_group() as group:
            group.start_soon(stream, 0)
            group.start_soon(stream, 1)

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        await call_next(request)
        return PlainTextResponse("other")

    with anyio.fail_after(60):
        await exchange(around(app, dispatch), http_scope())

    assert log == ["let go", "let go"]


async def test_application_that_is_no_coroutine() -> None:
    """
    Anything that can be awaited will do.
    """

    class Later:
        def __init__(self, *args: Any) -> None:
            self.args = args

        def __await__(self) -> Any:
            return endpoint(hello)(*self.args).__await__()

    recorder = await exchange(around(Later), http_scope())

    assert recorder.body == b"hello"


async def test_application_that_waits() -> None:
    """
    It may wait for whatever it likes before it answers, and afterwards.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep(0)
        event = anyio.Event()

        async def later() -> None:
            await anyio.sleep(0)
            event.set()

        async with anyio.create_task_group() as group:
            group.start_soon(later)
            await event.wait()
        await endpoint(hello)(scope, receive, send)
        await anyio.sleep(0)
        log.append("ended")

    recorder = await exchange(around(app, layers=2), http_scope())

    assert recorder.body == b"hello"
    assert log == ["ended"]


async def test_application_that_will_not_be_cancelled() -> None:
    """
    What it raises while it is cancelled is what comes out.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(START)
        finally:
            raise KeyError("cleanup")

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        await call_next(request)
        raise Boom

    with pytest.raises(KeyError, match="cleanup"):
        await exchange(around(app, dispatch), http_scope())


async def test_http_exception_of_the_application() -> None:
    """
    It is answered inside, where the handlers are.
    """

    async def inner(request: Request) -> Response:
        raise HTTPException(418)

    app = Starlette(
        routes=[Route("/", inner)],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=passing)] * 2,
    )

    recorder = await exchange(app, http_scope())

    assert recorder.status == 418


async def test_client_that_goes_in_the_middle_of_a_stream() -> None:
    """
    The generator is closed then and there, through all layers.
    """
    closed: List[str] = []
    recorder = Recorder()
    script = Script.http()
    app: Any = around(endless(closed, b"1"), layers=3)
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(app, http_scope(), script, recorder)
            await recorder.wait_for("http.response.body")
            script.add({"type": "http.disconnect"})

    assert closed == ["closed"]


async def test_file(tmp_path: Any) -> None:
    """
    Responses that use worker threads pass as well.
    """
    path = tmp_path / "file.txt"
    path.write_bytes(b"x" * 200_000)

    async def inner(request: Request) -> Response:
        return FileResponse(path)

    recorder = await exchange(around(endpoint(inner), layers=2), http_scope())

    assert recorder.body == path.read_bytes()


async def test_synchronous_endpoint() -> None:
    """
    So does an endpoint in a worker thread, which sees the context variables.
    """

    def inner(request: Request) -> Response:
        return PlainTextResponse(variable.get())

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        variable.set("outer")
        return await call_next(request)

    recorder = await exchange(around(endpoint(inner), dispatch), http_scope())

    assert recorder.body == b"outer"


async def test_exception_of_dispatch_while_another_task_sends() -> None:
    """
    The tasks of the application are cancelled, and waited for.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def stream() -> None:
            try:
                await send(START)
            finally:
                log.append("ended")

        async with anyio.create_task_group() as group:
            group.start_soon(stream)

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        await call_next(request)
        raise Boom

    with anyio.fail_after(60), pytest.raises(Boom):
        await exchange(around(app, dispatch), http_scope())

    assert log == ["ended"]


async def test_dispatch_that_is_busy_while_another_task_sends() -> None:
    """
    The message waits until somebody reads it.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def stream() -> None:
            await send(START)
            await send({"type": "http.response.body", "body": b"x"})

        async with anyio.create_task_group() as group:
            group.start_soon(stream)
            await anyio.sleep(0)

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response = await call_next(request)
        for _ in range(5):
            await anyio.sleep(0)
        return response

    with anyio.fail_after(60):
        recorder = await exchange(around(app, dispatch, layers=2), http_scope())

    assert recorder.body == b"x"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_cancelled_when_the_wait_is_over() -> None:
    """
    A cancellation that comes just after what was waited for is delivered.
    """
    import asyncio

    awaited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await awaited
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    task = asyncio.ensure_future(exchange(around(app), http_scope()))
    await asyncio.sleep(0)
    awaited.set_result(None)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert log == ["cancelled"]


def test_stepping_without_an_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An application that never waits needs no event loop, and nobody's library.
    """
    monkeypatch.delitem(sys.modules, "trio", raising=False)
    recorder = Recorder()
    call: Any = around(endpoint(hello), layers=2)(http_scope(), Script.http(), recorder)

    result: Optional[Any] = None
    with pytest.raises(StopIteration):
        result = call.send(None)

    assert result is None
    assert recorder.body == b"hello"
