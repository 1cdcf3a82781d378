"""Middleware as a function from a request to a response.

``dispatch`` gets the request, and ``call_next``, which gives the response of the
application inside as soon as that has started; its body comes as it is read.  All of it
happens in the task of the request (``_handoff.py``).
"""

from __future__ import annotations

from functools import partial
from typing import (
    Any,
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    List,
    Mapping,
    Optional,
    TypeVar,
    Union,
    cast,
)

from starlette._elsewhere import lend
from starlette._handoff import Handoff, Spawned, Stepped, running_trio
from starlette._replay import ReplayedReceive
from starlette._utils import collapse_excgroups
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = (
    "BaseHTTPMiddleware",
    "DispatchFunction",
    "RequestResponseEndpoint",
    "T",
)

lend(__name__, {"starlette.requests": "ClientDisconnect"})

T = TypeVar("T")

RequestResponseEndpoint = Callable[[Request], Awaitable[Response]]
DispatchFunction = Callable[[Request, RequestResponseEndpoint], Awaitable[Response]]
StartHandoff = Callable[[ASGIApp, Scope, Receive], Handoff]

BODY = "http.response.body"


class BaseHTTPMiddleware:
    """A middleware whose ``dispatch`` is overridden, or given.

    Scopes other than HTTP requests pass by it.

    Args:
        app: The application inside.
        dispatch: In place of the method.
    """

    def __init__(
        self, app: ASGIApp, dispatch: Optional[DispatchFunction] = None
    ) -> None:
        self.app = app
        self.dispatch_func: DispatchFunction = dispatch or self.dispatch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response that ``dispatch`` returns.

        Raises:
            Exception: What the application inside has raised, unchanged, unless
                ``dispatch`` has caught it.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trio = running_trio()
        if trio is None:
            await Exchange(self, Stepped).run(scope, receive, send)
            return
        with collapse_excgroups():
            async with trio.open_nursery() as nursery:
                start = partial(Spawned, nursery=nursery, trio=trio)
                await Exchange(self, start).run(scope, receive, send)

    async def dispatch(
        self, request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        """Return the response to *request*.

        Args:
            request: Its body can be read here, before and after ``call_next``.
            call_next: Gives the response of the application inside, once it has
                started.  What that raises before, it raises too.
        """
        raise NotImplementedError()


class _CachedRequest(Request):
    """The request that ``dispatch`` is given.

    Programs that do by hand what this middleware does make one, and hand on its
    ``wrapped_receive``.
    """

    _replayed: Optional[ReplayedReceive] = None

    async def wrapped_receive(self) -> Message:
        """Give the body to those inside, even if it has been read here."""
        if self._replayed is None:
            self._replayed = ReplayedReceive(self)
            self._replayed.share()
        return await self._replayed()


class Exchange:
    """One request on its way through one middleware.

    Args:
        middleware: Whose application and dispatch function are called.
        start: Starts the application.
    """

    __slots__ = ("_handoffs", "_middleware", "_receives", "_send", "_start")

    def __init__(self, middleware: BaseHTTPMiddleware, start: StartHandoff) -> None:
        self._middleware = middleware
        self._start = start
        self._handoffs: List[Handoff] = []
        self._receives: List[ReplayedReceive] = []

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the dispatch function, send its response, let the application end."""
        self._send = send
        request = _CachedRequest(scope, receive, send)
        try:
            response = await self._middleware.dispatch_func(request, self.call_next)
            await response(scope, receive, send)
            for replayed in self._receives:
                replayed.answer()
            # Only now, after the last byte: background tasks run here.
            for handoff in self._handoffs:
                await handoff.finish()
        except BaseException:
            await self._cancel()
            raise

    async def _cancel(self) -> None:
        """Cancel all that runs inside, whatever comes of each."""
        if self._handoffs:
            try:
                await self._handoffs.pop(0).cancel()
            finally:
                await self._cancel()

    async def call_next(self, request: Request) -> Response:
        """Return the response of the application inside, once it has started.

        Raises:
            RuntimeError: The application has ended without a response.
        """
        receive = ReplayedReceive(request)
        receive.share()
        self._receives.append(receive)
        handoff = self._start(self._middleware.app, request.scope, receive)
        self._handoffs.append(handoff)
        receive.handoff = handoff
        info = None
        while True:
            message = await handoff.next()
            if message is None:
                raise RuntimeError("No response returned.")
            if message["type"] == "http.response.start":
                return _StreamingResponse(message, handoff, info)
            if message["type"] == "http.response.debug":
                info = message["info"]
            else:
                # Early hints, push promises: ahead of the response by nature.
                await self._send(message)


class _StreamingResponse(Response):
    """The response of the application inside, its body still to come.

    Args:
        start: The message it has started with.
        handoff: Gives the other messages.
        info: For ``http.response.debug``.

    Attributes:
        body_iterator: The body, chunk by chunk.  May be iterated here and now, or
            replaced.
    """

    def __init__(
        self, start: Message, handoff: Handoff, info: Optional[Mapping[str, Any]]
    ) -> None:
        self.status_code = start["status"]
        self.media_type = None
        self.background = None
        self.info = info
        # As a list: the application may have given any iterable, and whoever
        # changes the headers changes this list.
        self.raw_headers = list(start.get("headers") or ())
        self._start_message = start
        self._handoff = handoff
        self._own_iterator = self._chunks()
        self.body_iterator = self._own_iterator

    body_iterator: AsyncIterable[Union[str, bytes, Message]]

    async def _chunks(self) -> AsyncGenerator[Union[bytes, Message], None]:
        message = await self._handoff.next()
        while message is not None:
            if message["type"] != BODY:
                yield message
            elif message.get("body"):
                yield message["body"]
            if message["type"] == BODY and not message.get("more_body", False):
                return
            message = await self._handoff.next()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response as it comes."""
        if self.info is not None:
            await send({"type": "http.response.debug", "info": self.info})
        start = dict(
            self._start_message, status=self.status_code, headers=self.raw_headers
        )
        await send(start)
        if self.body_iterator is self._own_iterator:
            await self._relay(send)
        else:
            await self._send_iterator(send)
        if self.background is not None:
            await self.background()

    async def _relay(self, send: Send) -> None:
        has_trailers = self._start_message.get("trailers", False)
        while True:
            message = await self._handoff.next()
            if message is None:
                return
            await send(message)
            if message["type"] == BODY:
                if message.get("more_body", False) or has_trailers:
                    continue
                return
            if not message.get("more_trailers", False):
                return

    async def _send_iterator(self, send: Send) -> None:
        iterator: Any = self.body_iterator.__aiter__()
        try:
            async for chunk in iterator:
                if isinstance(chunk, dict):
                    await send(cast(Message, chunk))
                    continue
                body = chunk.encode(self.charset) if isinstance(chunk, str) else chunk
                await send({"type": BODY, "body": body, "more_body": True})
        except BaseException:
            # Here and now, and not by the garbage collector.
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()
            raise
        finally:
            # It need not have been read to its end.
            await self._own_iterator.aclose()
        await send({"type": BODY, "body": b"", "more_body": False})
