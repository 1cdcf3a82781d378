"""The middleware that turns exceptions of the application into answers.

It stands around the router, innermost of an application's own stack.  What it
has no handler for passes through, to ``ServerErrorMiddleware`` at the outside.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Type, Union

from starlette._elsewhere import lend
from starlette._exception_handler import HANDLERS, answer_exception
from starlette._router import ROUTER_CALL
from starlette._send_tracker import SendTracker
from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send
from starlette.websockets import WebSocket

__all__ = ("ExceptionHandlers", "ExceptionMiddleware", "StatusHandlers")

lend(__name__, {"starlette._exception_handler": "wrap_app_handling_exceptions"})

ExceptionHandlers = Dict[Any, ExceptionHandler]
StatusHandlers = Dict[int, ExceptionHandler]

BODILESS = frozenset({204, 304})


class ExceptionMiddleware:
    """Answers exceptions with the handlers registered for them.

    Args:
        app: The application inside.
        handlers: Handlers by class of exception or by HTTP status code.
            ``HTTPException`` and ``WebSocketException`` have one from the start.
        debug: Kept for those who read it; handled exceptions look the same
            in debug mode.
    """

    def __init__(
        self,
        app: ASGIApp,
        handlers: Optional[Mapping[Any, ExceptionHandler]] = None,
        debug: bool = False,
    ) -> None:
        self.app = app
        self.debug = debug
        self._status_handlers: StatusHandlers = {}
        self._exception_handlers: ExceptionHandlers = {
            HTTPException: self.http_exception,
            WebSocketException: self.websocket_exception,
        }
        self._handlers = (self._exception_handlers, self._status_handlers)
        for key, handler in (handlers or {}).items():
            self.add_exception_handler(key, handler)

    def add_exception_handler(
        self,
        exc_class_or_status_code: Union[int, Type[Exception]],
        handler: ExceptionHandler,
    ) -> None:
        """Register *handler*, in place of the one there was.

        Args:
            exc_class_or_status_code: A class of exception, subclasses included,
                or the status code of an ``HTTPException``.
            handler: Called with the connection and the exception; a coroutine
                function on the event loop, another one in a worker thread.

        Raises:
            AssertionError: The key is neither.
        """
        key = exc_class_or_status_code
        if isinstance(key, int):
            self._status_handlers[key] = handler
        elif isinstance(key, type) and issubclass(key, Exception):
            self._exception_handlers[key] = handler
        else:
            raise AssertionError(
                "`exc_class_or_status_code` must be a subclass of Exception "
                f"or a status code, but got {key!r}"
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside, and answer what it raises."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        scope[HANDLERS] = self._handlers
        tracker = send if type(send) is SendTracker else SendTracker(send)
        app: Any = self.app
        try:
            if type(app).__call__ is ROUTER_CALL and app.middleware_stack is app._bare:
                # All that the router would do itself: one coroutine less.
                await app._choose(scope)(scope, receive, tracker)
            else:
                await app(scope, receive, tracker)
        except Exception as exc:
            if not await answer_exception(exc, None, scope, receive, tracker):
                raise

    async def http_exception(self, request: Request, exc: Exception) -> Response:
        """Answer an ``HTTPException`` with its status, and its detail as text."""
        if not isinstance(exc, HTTPException):
            raise AssertionError(f"`exc` must be an HTTPException, but got {exc!r}")
        if exc.status_code in BODILESS:
            return Response(status_code=exc.status_code, headers=exc.headers)
        return PlainTextResponse(exc.detail, exc.status_code, exc.headers)

    async def websocket_exception(self, websocket: WebSocket, exc: Exception) -> None:
        """Answer a ``WebSocketException`` by closing with its code and reason."""
        if not isinstance(exc, WebSocketException):
            raise AssertionError(f"`exc` must be a WebSocketException, but got {exc!r}")
        await websocket.close(code=exc.code, reason=exc.reason)
