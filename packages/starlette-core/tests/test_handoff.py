"""What a held application may do to the middleware that holds it, and the reverse.

``test_middleware_base.py`` has the rest.
"""

from __future__ import annotations

from typing import Any, AsyncIterator, List

import anyio
import pytest

from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.testing import Recorder, Script, http_scope
from starlette.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

START: Message = {"type": "http.response.start", "status": 200, "headers": []}


class Boom(Exception):
    """Raised where something is meant to fail."""


def old_scope() -> Scope:
    """Return a scope of a server whose ``send`` raises nothing."""
    return {**http_scope(), "asgi": {"version": "3.0", "spec_version": "2.3"}}


class Body:
    """A body that notes when it is open; whoever asks for more than it has waits."""

    def __init__(self, *pieces: bytes) -> None:
        self.is_open = False
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.is_open = True
        try:
            for piece in self._pieces:
                yield piece
            await anyio.sleep_forever()  # pragma: no cover (nobody comes so far)
        finally:
            self.is_open = False


async def turns() -> None:
    """Let everything else go on that can."""
    for _ in range(20):
        await anyio.sleep(0)


@pytest.mark.parametrize("layers", [1, 2])
async def test_client_goes_while_the_middleware_works(layers: int) -> None:
    """
    The stream inside ends when it is asked for more; the middleware is left alone.
    """
    body, script = Body(b"1"), Script.http()
    recorder = Recorder()
    went_on: List[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(body)(scope, receive, send)

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response = await call_next(request)
        await turns()
        script.add({"type": "http.disconnect"})
        await turns()
        went_on.append(True)
        return response

    middleware: Any = app
    for _ in range(layers):
        middleware = BaseHTTPMiddleware(middleware, dispatch=dispatch)
    await middleware(old_scope(), script, recorder)

    assert len(went_on) == layers
    assert not body.is_open
    assert recorder.status == 200


@pytest.mark.parametrize("layers", [1, 2])
async def test_client_goes_from_a_stream_that_never_waits(layers: int) -> None:
    """
    It ends all the same, with nothing but the sending to wait for.
    """
    script, sent = Script.http(), []
    errors: List[BaseException] = []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(1000):  # pragma: no branch (it does not get there)
            yield b"x"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(pieces())(scope, receive, send)

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 5:
            script.add({"type": "http.disconnect"})
        try:
            await anyio.sleep(0)
        except BaseException as error:  # pragma: no cover (a failure)
            errors.append(error)
            raise

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        return await call_next(request)

    middleware: Any = app
    for _ in range(layers):
        middleware = BaseHTTPMiddleware(middleware, dispatch=dispatch)
    await middleware(old_scope(), script, send)

    assert 5 <= len(sent) < 100
    assert errors == []


async def test_nobody_reads_a_stream_that_never_waits() -> None:
    """
    It is ended, and others have their turns meanwhile.
    """
    made: List[bytes] = []
    recorder = Recorder()

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(1000):  # pragma: no branch (it does not get there)
            made.append(b"x")
            yield b"x"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(pieces())(scope, receive, send)

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        await call_next(request)
        return PlainTextResponse("instead")

    await BaseHTTPMiddleware(app, dispatch=dispatch)(
        old_scope(), Script.http(), recorder
    )

    assert recorder.body == b"instead"
    assert len(made) < 100


@pytest.mark.parametrize("fails", [False, True])
async def test_task_that_sends_after_the_end(fails: bool) -> None:
    """
    Nobody is there to read it, and the task goes on.
    """
    sent: List[str] = []
    is_over = anyio.Event()

    async with anyio.create_task_group() as tasks:

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async def late() -> None:
                await is_over.wait()
                await send({"type": "http.response.trailers", "headers": []})
                sent.append("late")

            tasks.start_soon(late)
            await send(START)
            await send({"type": "http.response.body", "body": b"1"})

        async def dispatch(
            request: Request, call_next: RequestResponseEndpoint
        ) -> Response:
            response = await call_next(request)
            if fails:
                _ = [chunk async for chunk in response.body_iterator]  # type: ignore[attr-defined]
                await turns()
                raise Boom
            return response

        try:
            await BaseHTTPMiddleware(app, dispatch=dispatch)(
                http_scope(), Script.http(), Recorder()
            )
        except Boom:
            assert fails
        is_over.set()
        await turns()
        tasks.cancel_scope.cancel()

    assert sent == ["late"]


async def test_task_that_was_read_last() -> None:
    """
    An error of the reader lets it go on, also after the end of the application.
    """
    sent: List[str] = []

    async with anyio.create_task_group() as tasks:

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async def beside() -> None:
                await send({"type": "http.response.body", "body": b"1"})
                sent.append("beside")

            await send(START)
            tasks.start_soon(beside)
            await turns()

        async def dispatch(
            request: Request, call_next: RequestResponseEndpoint
        ) -> Response:
            response = await call_next(request)
            async for _ in response.body_iterator:  # type: ignore[attr-defined]
                await turns()
                raise Boom
            raise AssertionError  # pragma: no cover

        with pytest.raises(Boom):
            await BaseHTTPMiddleware(app, dispatch=dispatch)(
                http_scope(), Script.http(), Recorder()
            )
        await turns()
        tasks.cancel_scope.cancel()

    assert sent == ["beside"]


async def test_two_applications_are_cancelled_and_one_fails() -> None:
    """
    The other one is cancelled and waited for as well.
    """
    ended: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(START)
        except BaseException:
            ended.append(scope["path"])
            if len(ended) == 1:
                raise Boom from None
            raise

    async def dispatch(
        request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        for path in ("/a", "/b", "/c"):
            await call_next(Request({**request.scope, "path": path}, request.receive))
        raise ValueError

    with pytest.raises(Boom):
        await BaseHTTPMiddleware(app, dispatch=dispatch)(
            http_scope(), Script.http(), Recorder()
        )

    assert ended == ["/a", "/b", "/c"]


async def test_body_of_another_ends_early() -> None:
    """
    What has been put in place of the body is closed before the error is raised.
    """
    closed: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(Body(b"1"))(scope, receive, send)

    async def around(chunks: Any) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:  # pragma: no branch (nobody reads to the end)
                yield chunk
        finally:
            closed.append("around")

    kept: List[Any] = []

    async def dispatch(request: Request, call_next: RequestResponseEndpoint) -> Any:
        response: Any = await call_next(request)
        kept.append(response.body_iterator)
        response.body_iterator = around(response.body_iterator)
        kept.append(response.body_iterator)
        return response

    with pytest.raises(Boom):
        await BaseHTTPMiddleware(app, dispatch=dispatch)(
            http_scope(), Script.http(), Recorder(error=Boom(), after=1)
        )

    assert closed == ["around"]
    for iterator in kept:
        with pytest.raises(StopAsyncIteration):
            await iterator.__anext__()


async def test_body_of_another_that_cannot_be_closed() -> None:
    """
    The error is raised all the same.
    """

    class Endless:
        def __aiter__(self) -> Any:
            return self

        async def __anext__(self) -> bytes:
            return b"x"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("1")(scope, receive, send)

    async def dispatch(request: Request, call_next: RequestResponseEndpoint) -> Any:
        response: Any = await call_next(request)
        response.body_iterator = Endless()
        return response

    with pytest.raises(Boom):
        await BaseHTTPMiddleware(app, dispatch=dispatch)(
            http_scope(), Script.http(), Recorder(error=Boom(), after=3)
        )
