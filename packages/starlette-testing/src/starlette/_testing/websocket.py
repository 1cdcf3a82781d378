"""The client's side of one WebSocket."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Callable, ContextManager, Iterator, Optional

from anyio.from_thread import BlockingPortal

from starlette._testing.defaults import CANCEL_TIMEOUT, DEFAULT_TIMEOUT
from starlette._testing.frames import (
    SessionBase,
    denial_from,
    disconnect_message,
    frame_of,
    is_denial_complete,
    json_kind,
    json_message,
    silence_error,
)
from starlette._testing.pool import RunnerPool, stop, warn_unclosed
from starlette._testing.portals import PortalRunner
from starlette._testing.runners import Runner
from starlette._testing.ws import WebSocketExchange, say_farewell
from starlette.types import ASGIApp, Message, Scope

__all__ = ("WebSocketTestSession",)

PortalFactory = Callable[[], ContextManager[BlockingPortal]]


class WebSocketTestSession(SessionBase):
    """A WebSocket between a test and an application; it is open within ``with``.

    Leaving the block closes it with code 1000.  An application that goes on
    regardless is then cancelled; one that fails has its error raised there.

    Args:
        app: An ASGI 3 application.
        scope: The scope of the connection.
        portal_factory: Returns a context manager whose value is the portal of
            the event loop that the application runs on.
        timeout: How long ``receive`` and the handshake wait, in seconds; None
            is for ever.
        pool: What ``TestClient`` passes: lends the event loop instead.

    Attributes:
        scope: As given.
        accepted_subprotocol: What the application chose, or None.
        extra_headers: What it added to the handshake, as pairs of bytes, or None.
    """

    _state = "not open yet: use it within `with`"

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        portal_factory: PortalFactory,
        *,
        timeout: Optional[float] = DEFAULT_TIMEOUT,
        pool: Optional[RunnerPool] = None,
    ) -> None:
        self.app = app
        self.scope = scope
        self.portal_factory = portal_factory
        self.timeout = timeout
        self._pool = pool
        self._stack = contextlib.ExitStack()
        self._runner: Runner

    def __enter__(self) -> WebSocketTestSession:
        """Connect.

        Raises:
            WebSocketDisconnect: The application refused the connection.
            WebSocketDenialResponse: It did so with an HTTP response.
            TimeoutError: It did not answer in time.
            RuntimeError: The session was entered before.
            BaseException: Whatever the application raised.
        """
        self._check_new()
        with contextlib.ExitStack() as stack:
            self._runner = stack.enter_context(self._lend_runner())
            self._exchange = WebSocketExchange(self._runner)
            self._state = "open"
            stack.callback(self._finish)
            self._job = self._runner.spawn(
                self.app, self.scope, self._exchange.receive, self._exchange.send
            )
            self._shake_hands()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *args: Any) -> Optional[bool]:
        """Disconnect, and wait for the application to end.

        Raises:
            BaseException: Whatever the application raised.
        """
        self._stack.__exit__(*args)
        return None

    # --- sending ------------------------------------------------------------

    def send(self, message: Message) -> None:
        """Give the application an ASGI message.

        Raises:
            RuntimeError: The session is not open.
        """
        self._check_open()
        self._runner.post(lambda: self._exchange.put(message))
        self._runner.settle()

    def send_text(self, data: str) -> None:
        """Send a text frame."""
        self.send({"type": "websocket.receive", "text": data})

    def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        self.send({"type": "websocket.receive", "bytes": data})

    def send_json(self, data: Any, mode: str = "text") -> None:
        """Send *data* as JSON, in a frame of this mode: ``text`` or ``binary``.

        Raises:
            ValueError: *mode* is something else.
        """
        self.send(json_message(data, mode))

    def close(self, code: int = 1000, reason: Optional[str] = None) -> None:
        """Disconnect; the session stays readable until its block is left."""
        self.send(disconnect_message(code, reason))

    # --- receiving ----------------------------------------------------------

    def receive(self, timeout: Optional[float] = None) -> Message:
        """Return the application's next ASGI message, waiting for it.

        Args:
            timeout: In seconds; without it, the session's own.

        Raises:
            TimeoutError: None came in time.
            RuntimeError: The session is not open, or the application has
                ended and nothing is left to read.
            BaseException: Whatever the application raised.
        """
        self._check_open()
        message = self._next(self.timeout if timeout is None else timeout)
        self._runner.settle()
        return message

    def receive_text(self, timeout: Optional[float] = None) -> str:
        """Return the next text frame; raises as ``receive`` does.

        Raises:
            WebSocketDisconnect: The application closed the connection.
            KeyError: The frame is binary.
        """
        text: str = frame_of(self.receive(timeout), "text")
        return text

    def receive_bytes(self, timeout: Optional[float] = None) -> bytes:
        """Return the next binary frame; raises as ``receive`` does.

        Raises:
            WebSocketDisconnect: The application closed the connection.
            KeyError: The frame is text.
        """
        data: bytes = frame_of(self.receive(timeout), "bytes")
        return data

    def receive_json(self, mode: str = "text", timeout: Optional[float] = None) -> Any:
        """Return the JSON value of the next frame of this mode, as ``send_json``.

        Raises:
            ValueError: *mode* is unknown, or the frame is not JSON.
            WebSocketDisconnect: The application closed the connection.
        """
        kind = json_kind(mode)
        return json.loads(frame_of(self.receive(timeout), kind))

    # --- behind it ----------------------------------------------------------

    def __del__(self) -> None:
        if self._state == "open":
            warn_unclosed(self)

    def abandon(self) -> None:
        """Close the session, and swallow the application's error."""
        with contextlib.suppress(Exception):
            self._stack.close()

    @contextlib.contextmanager
    def _lend_runner(self) -> Iterator[Runner]:
        if self._pool is not None:
            with self._pool.lend(self) as runner:
                yield runner
        else:
            with self.portal_factory() as portal:
                yield PortalRunner(portal)

    def _next(self, timeout: Optional[float]) -> Message:
        if not self._runner.wait(self._has_message, timeout):
            raise silence_error(timeout)
        return self._pop_message()

    def _shake_hands(self) -> None:
        messages = [self._next(self.timeout)]
        if self._is_accepted(messages[0]):
            self._runner.settle()
            return
        while not is_denial_complete(messages):
            messages.append(self._next(self.timeout))
        raise denial_from(messages)

    def _finish(self) -> None:
        """Disconnect and wait; the application that stays is cancelled."""
        self._state = "closed"
        runner, job, exchange = self._runner, self._job, self._exchange
        if not job.is_done:
            runner.post(lambda: exchange.put(disconnect_message()))
            farewell = runner.spawn(say_farewell, job)
            runner.wait(farewell.has_ended, CANCEL_TIMEOUT)
        stop(runner, job)
        self._raise_error()
