"""WSGI applications inside an ASGI one.  Deprecated: use ``a2wsgi``.

The application runs in a worker thread from its call to the end of its response; how
many do at once is up to the limiter of threads.  Bodies are streamed both ways: a
part of the request is read when the application asks for it, and each part of the
response is sent before the next is made, so that neither is held in memory.  When the
client has gone, the response is closed and not made to its end.
"""

from __future__ import annotations

import io
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

import anyio.from_thread
import anyio.to_thread

from starlette._deprecations import warn_deprecated
from starlette._headers import header_name, header_value
from starlette._wsgi_environ import RequestBody, build_environ
from starlette.types import Message, Receive, Scope, Send

__all__ = ("WSGIMiddleware", "WSGIResponder", "build_environ")

warn_deprecated(
    "starlette.middleware.wsgi is deprecated and will be removed in a future release. "
    "Please refer to https://github.com/abersheeran/a2wsgi as a replacement."
)

WSGIApp = Callable[[Dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ClientGone(ConnectionResetError):
    """Raised where the next part of the response would be made for nobody."""


class WSGIMiddleware:
    """An ASGI application that runs a WSGI one.

    Args:
        app: The WSGI application (PEP 3333).
        limiter: How many requests run at once; default: anyio's limiter of worker
            threads, 40, which synchronous endpoints share.
    """

    def __init__(
        self, app: WSGIApp, *, limiter: Optional[anyio.CapacityLimiter] = None
    ) -> None:
        self.app = app
        self.limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application for one request.

        Raises:
            AssertionError: It is no HTTP request, or the application sends a body
                before it has called ``start_response``.
            BaseException: What the application raises, unchanged; or what it has given
                to ``start_response`` as ``exc_info``, after its response.
        """
        if scope["type"] != "http":
            raise AssertionError(
                f"A WSGI application answers http, but got {scope['type']!r}"
            )
        responder = WSGIResponder(self.app, scope, limiter=self.limiter)
        await responder(receive, send)


class WSGIResponder:
    """One request to a WSGI application.

    Args:
        app: The application.
        scope: Of the request.
        limiter: As for ``WSGIMiddleware``.

    Attributes:
        status: The status code; None before the application has said it.
        response_headers: As they are sent; None before that too.
        response_started: Whether they have been sent.
        exc_info: What the application has given to ``start_response``, until it is
            raised.
    """

    def __init__(
        self,
        app: WSGIApp,
        scope: Scope,
        *,
        limiter: Optional[anyio.CapacityLimiter] = None,
    ) -> None:
        self.app = app
        self.scope = scope
        self.limiter = limiter
        self.status: Optional[int] = None
        self.response_headers: Optional[List[Tuple[bytes, bytes]]] = None
        self.response_started: bool = False
        self.exc_info: Any = None

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Run the application, and send what it answers.

        Raises:
            BaseException: As ``WSGIMiddleware`` does.
        """
        environ = build_environ(self.scope, b"")
        self._request_body = RequestBody(receive)
        environ["wsgi.input"] = io.BufferedReader(self._request_body, 64 * 1024)
        # A body without a length ends all the same.
        environ["wsgi.input_terminated"] = True
        environ["SERVER_PORT"] = str(environ["SERVER_PORT"])
        self._send = send
        try:
            await anyio.to_thread.run_sync(self._run, environ, limiter=self.limiter)
        except ClientGone:
            return  # and there is nobody to tell
        if self.exc_info is not None:
            # Not kept: it would hold the request through its own traceback.
            (_, exc, traceback), self.exc_info = self.exc_info, None
            try:
                raise exc.with_traceback(traceback)
            finally:
                del exc, traceback

    def start_response(
        self,
        status: str,
        response_headers: List[Tuple[str, str]],
        exc_info: Any = None,
    ) -> Callable[[bytes], None]:
        """Take the status and the headers; they are sent with the first bytes.

        Only the first call counts, unless the application has failed since and gives
        the exception.

        Returns:
            A function that sends a part of the body.

        Raises:
            ValueError: The status is no number, or a header contains CR, LF or NUL.
            BaseException: The given one, if the headers have been sent.
        """
        if exc_info is not None:
            self.exc_info = exc_info
            if self.response_started:
                raise exc_info[1].with_traceback(exc_info[2])
        if exc_info is not None or self.status is None:
            self.response_headers = [
                (header_name(name), header_value(value))
                for name, value in response_headers
            ]
            self.status = int(status.split(" ", 1)[0])
        return self._write

    def _run(self, environ: Dict[str, Any]) -> None:
        result = self.app(environ, self.start_response)
        try:
            for part in result:
                self._write(part)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        self._start()
        self._tell({"type": "http.response.body", "body": b""})

    def _write(self, part: bytes) -> None:
        # Empty parts are how an application that is not ready yet says so.
        if part:
            self._start()
            self._tell({"type": "http.response.body", "body": part, "more_body": True})

    def _start(self) -> None:
        if self.response_started:
            return
        if self.status is None:
            raise AssertionError(
                "The WSGI application has not called `start_response`."
            )
        self.response_started = True
        self._tell(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": self.response_headers,
            }
        )

    def _tell(self, message: Dict[str, Any]) -> None:
        anyio.from_thread.run(self._await_sent, message)

    # Not every ``send`` is a coroutine function, which trio insists on.
    async def _await_sent(self, message: Message) -> None:
        await self._send(message)
        if message.get("more_body") and await self._request_body.is_client_gone():
            raise ClientGone("The client has gone before the response's end.")
