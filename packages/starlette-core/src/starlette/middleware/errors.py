"""The outermost middleware: whatever goes wrong, the client gets an answer.

An exception that nothing inside has handled is answered with status 500, if
the response has not started, and is then raised again: the server must see it
to log it, and a test client to raise it.  What the page for programmers looks
like is in ``_debug_page.py``, which is imported when there is one to make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Optional

from starlette._elsewhere import lend
from starlette._send_tracker import SendTracker
from starlette._utils import is_async_callable
from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from inspect import FrameInfo

    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ("ServerErrorMiddleware",)

lend(
    __name__,
    {
        "starlette.concurrency": "run_in_threadpool",
        "starlette.requests": "Request",
        "starlette.responses": "HTMLResponse PlainTextResponse Response",
        "starlette.types": "ExceptionHandler",
    },
)


class ServerErrorMiddleware:
    """Answers with status 500 when *app* raises, and raises again.

    Only ``http`` scopes are watched.  A WebSocket session has no answer to
    give, and an error of the lifespan is the server's to report: these pass
    through untouched.

    Args:
        app: The application.
        handler: Called with the request and the exception; returns the
            response.  A plain function runs in a worker thread.  It is called
            even if the response has started, and its own response is then
            dropped: it may have something to log.
        debug: Whether the response shows the traceback, with source code.  The
            *handler* is not called then.

    Attributes:
        app: As given.
        handler: As given.
        debug: As given.
    """

    def __init__(
        self,
        app: ASGIApp,
        handler: Optional[Callable[[Request, Exception], Any]] = None,
        debug: bool = False,
    ) -> None:
        self.app = app
        self.handler = handler
        self.debug = debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application.

        Raises:
            BaseException: Whatever the application raises, unchanged; or what
                *handler* raises, or its response.
            TypeError: *handler* returned None.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        tracker = SendTracker(send)
        try:
            await self.app.__call__(scope, receive, tracker)  # type: ignore[operator]
        except Exception as exc:
            await self._answer(scope, receive, tracker, exc)
            raise

    async def _answer(
        self, scope: Scope, receive: Receive, send: SendTracker, exc: Exception
    ) -> None:
        from starlette._error_answer import through_wrappers
        from starlette.requests import Request

        send.send = through_wrappers(exc, send.send)

        request: Request = Request(scope, receive, send)
        if self.handler is None or self.debug:
            if not send.response_started:
                response = await self._own_response(request, exc)
                await response(scope, receive, send)
            return
        response = await _call(self.handler, request, exc)
        if not send.response_started:
            if response is None:
                raise TypeError(
                    f"`handler` must return a response, but {self.handler!r} "
                    "returned None"
                ) from exc
            await response(scope, receive, send)

    async def _own_response(self, request: Request, exc: Exception) -> Response:
        if not self.debug:
            return self.error_response(request, exc)
        # In a worker thread: source files are read, and a deep traceback takes
        # long enough to be felt by every other request.
        response: Response = await _call(self.debug_response, request, exc)
        return response

    def error_response(self, request: Request, exc: Exception) -> Response:
        """Return the response for users: status 500 and no details."""
        from starlette.responses import PlainTextResponse

        return PlainTextResponse("Internal Server Error", status_code=500)

    def debug_response(self, request: Request, exc: Exception) -> Response:
        """Return the response for programmers; runs in a worker thread.

        A page for clients that accept ``text/html``, and otherwise the
        traceback as plain text.
        """
        from starlette.responses import HTMLResponse, PlainTextResponse

        accepted = ",".join(request.headers.getlist("accept")).lower()
        if "text/html" not in accepted:
            return PlainTextResponse(
                _encodable(self.generate_plain_text(exc)), status_code=500
            )
        from starlette._debug_page import HEADERS

        return HTMLResponse(
            _encodable(self.generate_html(exc)), status_code=500, headers=HEADERS
        )

    def generate_plain_text(self, exc: Exception) -> str:
        """Return the traceback as Python prints it."""
        from traceback import format_exception

        return "".join(format_exception(type(exc), exc, exc.__traceback__))

    def generate_html(self, exc: Exception, limit: int = 7) -> str:
        """Return the page about *exc* and the exceptions that led to it.

        Args:
            exc: The exception.
            limit: How many lines of source to show for each frame.
        """
        from starlette._debug_page import render_page

        return render_page(
            exc,
            limit,
            render_frame=self.generate_frame_html,
            plain_text=self.generate_plain_text(exc),
        )

    def generate_frame_html(self, frame: FrameInfo, is_collapsed: bool) -> str:
        """Return the part of the page about one frame.

        Args:
            frame: Its ``code_context`` is None where there is no source.
            is_collapsed: Whether the source stays hidden until it is asked for.
        """
        from starlette._debug_page import render_frame

        return render_frame(frame, is_collapsed, render_line=self.format_line)

    def format_line(
        self, index: int, line: str, frame_lineno: int, frame_index: int
    ) -> str:
        """Return the part of the page about one line of source.

        Args:
            index: Which line of those shown.
            line: Its text.
            frame_lineno: The number of the line that was running.
            frame_index: Which line of those shown was running.
        """
        from starlette._debug_page import render_line

        return render_line(line, frame_lineno + index - frame_index, frame_lineno)


# What it was before anybody put something in its place, which has to be called.
SERVER_ERROR_CALL: Any = ServerErrorMiddleware.__call__


async def _call(
    func: Callable[[Request, Exception], Any], request: Request, exc: Exception
) -> Any:
    if is_async_callable(func):
        return await func(request, exc)
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(func, request, exc)


def _encodable(text: str) -> str:
    # The text of an exception may hold surrogates, as file names do; an error
    # page that cannot be encoded would hide the error.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
