"""Endpoints as classes: one method per HTTP method, or per event of a session.

An endpoint class is an ASGI application in two steps: calling it with
``(scope, receive, send)`` makes an instance for one connection, and awaiting
the instance serves that connection.  Nothing is shared between connections
but the class.
"""

from __future__ import annotations

from functools import cached_property
from typing import (
    Any,
    Callable,
    ClassVar,
    Generator,
    List,
    NoReturn,
    Optional,
    Sequence,
)

from starlette._elsewhere import lend
from starlette._utils import is_async_callable
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.status import WS_1000_NORMAL_CLOSURE as NORMAL_CLOSURE
from starlette.status import WS_1003_UNSUPPORTED_DATA as UNSUPPORTED_DATA
from starlette.status import WS_1011_INTERNAL_ERROR as INTERNAL_ERROR
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketState

__all__ = ("HTTPEndpoint", "WebSocketEndpoint")

lend(
    __name__,
    {
        "starlette": "status",
        "starlette.concurrency": "run_in_threadpool",
    },
)


class HTTPEndpoint:
    """An HTTP endpoint with a method for each HTTP method that it takes.

    ``async def get(self, request)`` answers GET, and HEAD too if there is no
    ``head``; ``post``, ``put`` and so on answer theirs.  A plain ``def`` runs in
    a worker thread.  Methods of any other name are never called by a request,
    whatever method it asks for.

    Args:
        scope: An ASGI scope of type ``http``.
        receive: The ASGI callable that gives the request's body.
        send: The ASGI callable that takes the response.

    Attributes:
        http_method_names: The HTTP methods that requests can reach, in upper
            case (they are case-sensitive: RFC 9110, section 9.1).  A subclass
            that takes more, such as ``PURGE``, lists them all.
        scope: As given.
        receive: As given.
        send: As given.

    Raises:
        AssertionError: *scope* is of another type.
    """

    # No TRACE and no CONNECT: 0.47.3 never offered them in ``Allow`` either,
    # and methods called "trace" or "connect" are likely to be something else.
    http_method_names: ClassVar[Sequence[str]] = (
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "QUERY",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _require_type(scope, "http")
        self.scope = scope
        self.receive = receive
        self.send = send

    def __await__(self) -> Generator[Any, None, None]:
        return self.dispatch().__await__()

    async def dispatch(self) -> None:
        """Serve the request.

        Raises:
            HTTPException: No method answers it (405), and there is an
                application around.
            Exception: Whatever the method, or its response, raises.
        """
        request: Request = Request(self.scope, self.receive, self.send)
        handler = self._handler_of(request.method)
        if handler is None:
            response = await self.method_not_allowed(request)
        elif is_async_callable(handler):
            response = await handler(request)
        else:
            from starlette.concurrency import run_in_threadpool

            response = await run_in_threadpool(handler, request)
        await response(self.scope, self.receive, self.send)

    async def method_not_allowed(self, request: Request) -> Response:
        """Return the response to a request that no method answers.

        Raises:
            HTTPException: In place of it, where an application can handle it.
        """
        # RFC 9110, 15.5.6: the header is required, and may be empty.
        allow = ", ".join(self._allowed_methods)
        refusal = HTTPException(405, headers={"Allow": allow})
        if "app" not in self.scope:
            return PlainTextResponse(refusal.detail, 405, refusal.headers)
        raise refusal

    def _handler_of(self, method: str) -> Optional[Callable[[Request], Any]]:
        handler: Optional[Callable[[Request], Any]] = None
        # Never getattr() with what the client sent: it would reach ``dispatch``
        # and every helper of a subclass.
        if method in self.http_method_names:
            handler = getattr(self, method.lower(), None)
            if handler is None and method == "HEAD":
                handler = getattr(self, "get", None)
        return handler

    @cached_property
    def _allowed_methods(self) -> List[str]:
        return [
            name
            for name in self.http_method_names
            if self._handler_of(name) is not None
        ]


class WebSocketEndpoint:
    """A WebSocket endpoint with a method for each event of a session.

    ``on_connect`` comes first.  Unless it raises, ``on_disconnect`` comes last,
    exactly once, and ``on_receive`` in between, once for each message.

    Args:
        scope: An ASGI scope of type ``websocket``.
        receive: The ASGI callable that gives the client's messages.
        send: The ASGI callable that takes the application's.

    Attributes:
        encoding: What ``on_receive`` is given: ``"text"`` a ``str``, ``"bytes"``
            a ``bytes``, ``"json"`` the value of a text or binary message;
            None a ``str`` or a ``bytes``, as it comes.
        scope: As given.
        receive: As given.
        send: As given.

    Raises:
        AssertionError: *scope* is of another type.
    """

    encoding: Optional[str] = None

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _require_type(scope, "websocket")
        self.scope = scope
        self.receive = receive
        self.send = send

    def __await__(self) -> Generator[Any, None, None]:
        return self.dispatch().__await__()

    async def dispatch(self) -> None:
        """Serve the session to its end.

        Raises:
            RuntimeError: A message was not of the kind of ``encoding``.
            Exception: Whatever the methods raise.
        """
        websocket: WebSocket = WebSocket(self.scope, self.receive, self.send)
        await self.on_connect(websocket)
        close_code = NORMAL_CLOSURE
        try:
            close_code = await self._receive_all(websocket)
        except Exception:
            close_code = INTERNAL_ERROR
            raise
        finally:
            await self.on_disconnect(websocket, close_code)

    async def _receive_all(self, websocket: WebSocket) -> int:
        if websocket.client_state is WebSocketState.CONNECTING:
            # An ``on_connect`` that refuses need not have waited for the client.
            await websocket.receive()
        message = await websocket.receive()
        while message["type"] == "websocket.receive":
            await self.on_receive(websocket, await self.decode(websocket, message))
            message = await websocket.receive()
        return int(message.get("code") or NORMAL_CLOSURE)

    async def decode(self, websocket: WebSocket, message: Message) -> Any:
        """Return what ``on_receive`` is given for *message*.

        Raises:
            RuntimeError: It is not of the kind of ``encoding``, or not JSON.  The
                session has been closed with code 1003.
            AssertionError: There is no such ``encoding``.
        """
        text, data = message.get("text"), message.get("bytes")
        if self.encoding == "text":
            if text is None:
                await _reject(
                    websocket, "Expected text websocket messages, but got bytes"
                )
            return text
        if self.encoding == "bytes":
            if data is None:
                await _reject(
                    websocket, "Expected bytes websocket messages, but got text"
                )
            return data
        if text is None and data is None:
            await _reject(websocket, "Expected text or bytes, but got neither")
        if self.encoding is None:
            return data if text is None else text
        if self.encoding != "json":
            raise AssertionError(f"Unsupported 'encoding' attribute {self.encoding}")
        return await _decode_json(websocket, data if text is None else text)

    async def on_connect(self, websocket: WebSocket) -> None:
        """Accept the session.  Override it to refuse, or to accept otherwise."""
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """Do nothing with a message.  Override it."""

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        """Do nothing at the end.  Override it to clean up.

        Args:
            websocket: The session; nothing can be received from it any more.
            close_code: What the client closed with, or 1011 after an exception.
                1000 if the client did not say, and when the task is cancelled.
        """


def _require_type(scope: Scope, kind: str) -> None:
    if scope["type"] != kind:
        raise AssertionError(
            f"`scope` must be of type {kind!r}, but got {scope['type']!r}"
        )


async def _decode_json(websocket: WebSocket, data: Any) -> Any:
    import json

    try:
        return json.loads(data if isinstance(data, str) else data.decode("utf-8"))
    except (ValueError, RecursionError) as malformed:
        await _reject(websocket, "Malformed JSON data received.", malformed)


async def _reject(
    websocket: WebSocket, sentence: str, cause: Optional[Exception] = None
) -> NoReturn:
    # Before the handshake, or after a close, there is nothing to close.
    if websocket.application_state is WebSocketState.CONNECTED:
        await websocket.close(code=UNSUPPORTED_DATA)
    raise RuntimeError(sentence) from cause
