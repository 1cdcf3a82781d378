"""The client's side of one WebSocket."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Callable, ContextManager, Iterator, List, Optional, Tuple, Union

import anyio.lowlevel
from anyio.from_thread import BlockingPortal

from starlette._testing._httpx import httpx
from starlette._testing.jobs import Job
from starlette._testing.pool import RunnerPool
from starlette._testing.portals import PortalRunner
from starlette._testing.runners import Runner
from starlette._testing.ws import DENY, WebSocketExchange, denial_of
from starlette.types import ASGIApp, Message, Scope
from starlette.websockets import WebSocketDisconnect

__all__ = ("WebSocketDenialResponse", "WebSocketTestSession")

# How long the client waits for the application, in seconds, unless told.
DEFAULT_TIMEOUT = 60.0
# How often the application may go on after the disconnect before it is cancelled.
FAREWELL_TURNS = 50

PortalFactory = Callable[[], ContextManager[BlockingPortal]]


class WebSocketDenialResponse(httpx.Response, WebSocketDisconnect):
    """The application answered the handshake with an HTTP response, not a WebSocket.

    It is raised by ``websocket_connect``, and is that response.
    """


class WebSocketTestSession:
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

    accepted_subprotocol: Optional[str] = None
    extra_headers: Optional[List[Tuple[bytes, bytes]]] = None

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
        self._state = "not open yet: use it within `with`"
        self._runner: Runner
        self._job: Job
        self._exchange: WebSocketExchange

    def __enter__(self) -> WebSocketTestSession:
        """Connect.

        Raises:
            WebSocketDisconnect: The application refused the connection.
            WebSocketDenialResponse: It did so with an HTTP response.
            TimeoutError: It did not answer in time.
            RuntimeError: The session was entered before.
            BaseException: Whatever the application raised.
        """
        if self._state != "not open yet: use it within `with`":
            raise RuntimeError("A WebSocket session can be entered once; make another.")
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
        _check_mode(mode)
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        if mode == "text":
            self.send_text(text)
        else:
            self.send_bytes(text.encode())

    def close(self, code: int = 1000, reason: Optional[str] = None) -> None:
        """Disconnect; the session stays readable until its block is left."""
        self.send({"type": "websocket.disconnect", "code": code, "reason": reason})

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
        text: str = self._receive_frame(timeout)["text"]
        return text

    def receive_bytes(self, timeout: Optional[float] = None) -> bytes:
        """Return the next binary frame; raises as ``receive`` does.

        Raises:
            WebSocketDisconnect: The application closed the connection.
            KeyError: The frame is text.
        """
        data: bytes = self._receive_frame(timeout)["bytes"]
        return data

    def receive_json(self, mode: str = "text", timeout: Optional[float] = None) -> Any:
        """Return the JSON value of the next frame of this mode, as ``send_json``.

        Raises:
            ValueError: *mode* is unknown, or the frame is not JSON.
            WebSocketDisconnect: The application closed the connection.
        """
        _check_mode(mode)
        data: Union[str, bytes]
        if mode == "text":
            data = self.receive_text(timeout)
        else:
            data = self.receive_bytes(timeout)
        return json.loads(data)

    # --- behind it ----------------------------------------------------------

    def describe(self) -> str:
        """Return what this is, to begin a sentence with."""
        return f"The WebSocket session of {self.scope['path']}"

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

    def _check_open(self) -> None:
        if self._state != "open":
            raise RuntimeError(f"The WebSocket session is {self._state}.")

    def _receive_frame(self, timeout: Optional[float]) -> Message:
        message = self.receive(timeout)
        if message["type"] == "websocket.close":
            raise WebSocketDisconnect(
                code=message.get("code", 1000), reason=message.get("reason", "")
            )
        return message

    def _next(self, timeout: Optional[float]) -> Message:
        sent, job = self._exchange.sent, self._job
        if not self._runner.wait(lambda: sent or job.is_done, timeout):
            raise TimeoutError(
                f"The application sent nothing for {timeout} seconds; it still runs."
            )
        if sent:
            return sent.popleft()
        error = job.take_error()
        if error is not None:
            raise error
        raise RuntimeError("The application has ended; there is nothing to receive.")

    def _shake_hands(self) -> None:
        message = self._next(self.timeout)
        if message["type"] == "websocket.accept":
            self.accepted_subprotocol = message.get("subprotocol")
            self.extra_headers = message.get("headers")
            self._runner.settle()
            return
        if message["type"] == DENY:
            self._raise_denial(message)
        raise WebSocketDisconnect(
            code=message.get("code", 1000), reason=message.get("reason", "")
        )

    def _raise_denial(self, start: Message) -> None:
        messages = [start]
        while len(messages) == 1 or messages[-1].get("more_body", False):
            messages.append(self._next(self.timeout))
        status, headers, body = denial_of(messages)
        raise WebSocketDenialResponse(
            status, headers=[(n, v) for n, v in headers], content=body
        )

    def _finish(self) -> None:
        """Disconnect and wait; the application that stays is cancelled."""
        self._state = "closed"
        runner, job, exchange = self._runner, self._job, self._exchange
        if not job.is_done:
            leaving = {"type": "websocket.disconnect", "code": 1000, "reason": None}
            runner.post(lambda: exchange.put(leaving))
            farewell = runner.spawn(_say_farewell, job)
            runner.wait(farewell.has_ended, self.timeout)
        if not job.is_done:
            runner.post(job.cancel)
            runner.wait(job.has_ended, self.timeout)
        error = job.take_error()
        if error is not None:
            raise error


async def _say_farewell(job: Job) -> None:
    for _ in range(FAREWELL_TURNS):
        if job.is_done:
            return
        await anyio.lowlevel.checkpoint()


def _check_mode(mode: str) -> None:
    if mode not in ("text", "binary"):
        raise ValueError(f"`mode` must be 'text' or 'binary', but got {mode!r}")
