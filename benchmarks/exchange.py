"""What drives one iteration of a case: scripted ASGI, plain calls, imports.

An exchange is opened on what a contender's factory built, checked, measured
any number of times, and closed.  ASGI exchanges run on one asyncio event loop,
awaiting one request after the other inside one coroutine, the way a server's
protocol does; the application's lifespan is open meanwhile.

``send`` accepts and drops, and never waits.  ``receive`` gives the request and
from then on blocks, until the response is complete: then it gives
``http.disconnect``, as uvicorn's does.  A WebSocket's client leaves when it has
everything back.  What a message holds is in ``benchmarks.scopes``.
"""

from __future__ import annotations

import asyncio
import json
import re
import reprlib
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from benchmarks.lifespan import Lifespan
from benchmarks.scopes import Message, http_scope, request_messages, websocket_scope

__all__ = (
    "Answer",
    "Awaits",
    "Calls",
    "Exchange",
    "Http",
    "Imports",
    "WebSocketEcho",
    "WrongAnswer",
)

Send = Callable[[Message], Awaitable[None]]

_DISCONNECT: Message = {"type": "http.disconnect"}
_LEAVE: Message = {"type": "websocket.disconnect", "code": 1000, "reason": ""}


class WrongAnswer(Exception):
    """A contender did not do the work of the case.

    Attributes:
        what: The part of the answer that is wrong.
        expected: What it had to be.
        got: What it was.
    """

    def __init__(self, what: str, expected: object, got: object) -> None:
        must, was = reprlib.repr(expected), reprlib.repr(got)
        super().__init__(f"{what} must be {must}, but got {was}")
        self.what = what
        self.expected = expected
        self.got = got


def _require(what: str, expected: object, got: object) -> None:
    if expected != got:
        raise WrongAnswer(what, expected, got)


@dataclass(frozen=True)
class Answer:
    """What an HTTP response has to be.

    Attributes:
        status: The status code.
        body: The body, byte by byte; None leaves it to the others.
        json: The value that the body decodes to, for frameworks whose encoders
            differ in white space; ``...`` leaves it out.
        headers: Header name in lower case to a pattern that its value matches
            in full.
        has_length: Whether ``Content-Length`` must be there and true.
    """

    status: int = 200
    body: Optional[bytes] = None
    json: Any = ...
    headers: Mapping[str, str] = field(default_factory=dict)
    has_length: bool = True

    def check(self, messages: Sequence[Message]) -> None:
        """Compare what was sent.

        Raises:
            WrongAnswer: If anything differs.
        """
        kinds = [message["type"] for message in messages]
        _require("first message", "http.response.start", (kinds or [None])[0])
        _require("others", {"http.response.body"}, set(kinds[1:]))
        _require("status", self.status, messages[0]["status"])
        _require("end of body", False, messages[-1].get("more_body", False))
        body = b"".join(message.get("body", b"") for message in messages[1:])
        self._check_headers(messages[0].get("headers", ()), len(body))
        if self.body is not None and body != self.body:
            raise WrongAnswer("body", self.body, body)
        if self.json is not ...:
            _require("JSON", self.json, json.loads(body))

    def _check_headers(self, headers: Any, length: int) -> None:
        found: Dict[str, str] = {}
        for name, value in headers:
            found[bytes(name).decode().lower()] = bytes(value).decode("latin-1")
        if self.has_length or "content-length" in found:
            _require("Content-Length", str(length), found.get("content-length"))
        for name, pattern in self.headers.items():
            if not re.fullmatch(pattern, found.get(name, "")):
                raise WrongAnswer(name, pattern, found.get(name))


class Exchange(ABC):
    """One iteration of a case, and how it is checked and measured."""

    repeats = True
    """Whether many iterations make one turn; False if one is a turn."""

    @abstractmethod
    def open(self, subject: Any) -> None:
        """Take what the contender's factory built, and make it ready."""

    @abstractmethod
    def check(self) -> None:
        """Run once and compare the outcome.

        Raises:
            WrongAnswer: If the contender did not do the work.
        """

    @abstractmethod
    def measure(self, iterations: int) -> float:
        """Run *iterations* times.

        Returns:
            The CPU seconds of the whole process, all its threads included; or
            the count, for exchanges that count.
        """

    def close(self) -> None:
        """Release what ``open`` took."""


class _OnLoop(Exchange):
    """Runs on an event loop of its own, with the lifespan open."""

    _is_asgi = True

    def open(self, subject: Any) -> None:
        self._subject = subject
        self._loop = asyncio.new_event_loop()
        self._state: Dict[str, Any] = {}
        self._lifespan = Lifespan(subject, self._state) if self._is_asgi else None
        if self._lifespan is not None:
            self._loop.run_until_complete(self._lifespan.start())

    def share(self, other: _OnLoop) -> None:
        """Open on what *other* has open, for checks that follow it."""
        self._subject, self._loop = other._subject, other._loop
        self._state = other._state

    def check(self) -> None:
        self._loop.run_until_complete(asyncio.wait_for(self._check(), 20))

    def measure(self, iterations: int) -> float:
        started = time.process_time()
        self._loop.run_until_complete(self._run(iterations))
        return time.process_time() - started

    def close(self) -> None:
        if self._lifespan is not None:
            self._loop.run_until_complete(self._lifespan.stop())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        if sys.version_info >= (3, 9):
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    @abstractmethod
    async def _check(self) -> None: ...

    @abstractmethod
    async def _run(self, iterations: int) -> None: ...


class _HttpWire:
    """The scripted ``receive`` and ``send`` of one request.

    Slim, since making it is part of what is measured: what most requests never
    set is an attribute of the class.

    Args:
        messages: What is received before the end of the response.
    """

    _is_complete = False
    _waiter: Optional[asyncio.Future[None]] = None

    def __init__(self, messages: Sequence[Message]) -> None:
        self._left = iter(messages)

    async def receive(self) -> Message:
        for message in self._left:
            return message
        if not self._is_complete:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return _DISCONNECT

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._is_complete = True
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(None)


class _SocketWire:
    """The scripted ``receive`` and ``send`` of one WebSocket session.

    Args:
        messages: What is received first.
        count: How many messages must have come back before the client leaves.
    """

    _waiter: Optional[asyncio.Future[None]] = None

    def __init__(self, messages: Sequence[Message], count: int) -> None:
        self._left = iter(messages)
        self._missing = count

    async def receive(self) -> Message:
        for message in self._left:
            return message
        if self._missing > 0:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return _LEAVE

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            self._missing -= 1
            if not self._missing and self._waiter and not self._waiter.done():
                self._waiter.set_result(None)


class _Recorder:
    """A ``send`` that keeps what it passes on."""

    def __init__(self, send: Send) -> None:
        self.sent: List[Message] = []
        self._send = send

    async def __call__(self, message: Message) -> None:
        self.sent.append(message)
        await self._send(message)


class Http(_OnLoop):
    """One HTTP request, sent as uvicorn would hand it over.

    Args:
        method: The request method.
        path: The path, in ASCII.
        answer: What must come back.
        query: The query string, without ``?``.
        headers: Header name to value, added to those of a usual client.
        body: The request body; handed over in pieces of 64 KiB.
    """

    def __init__(
        self,
        method: str,
        path: str,
        answer: Answer,
        *,
        query: str = "",
        headers: Optional[Mapping[str, str]] = None,
        body: bytes = b"",
    ) -> None:
        self._scope = http_scope(method, path, query, headers or {}, body)
        self._messages = request_messages(body)
        self._answer = answer

    async def _check(self) -> None:
        scope, wire = self._start()
        send = _Recorder(wire.send)
        await self._subject(scope, wire.receive, send)
        self._answer.check(send.sent)

    async def _run(self, iterations: int) -> None:
        subject, start = self._subject, self._start
        for _ in range(iterations):
            scope, wire = start()
            await subject(scope, wire.receive, wire.send)
        # What the last request left to the loop is part of its cost.
        await asyncio.sleep(0)

    def _start(self) -> Tuple[Message, _HttpWire]:
        # Everything that an application may write to is fresh, as it would be
        # from a server.
        scope = self._scope.copy()
        scope["headers"] = scope["headers"].copy()
        scope["state"] = self._state.copy()
        return scope, _HttpWire(self._messages)


class WebSocketEcho(_OnLoop):
    """A WebSocket session whose every text message must come back unchanged.

    Args:
        path: The path, in ASCII.
        count: How many messages the client sends before it leaves.
    """

    def __init__(self, path: str, count: int) -> None:
        self._scope = websocket_scope(path)
        self._texts = [f"message number {number}" for number in range(count)]
        self._messages: List[Message] = [{"type": "websocket.connect"}]
        for text in self._texts:
            self._messages.append({"type": "websocket.receive", "text": text})

    async def _check(self) -> None:
        scope, wire = self._start()
        send = _Recorder(wire.send)
        await self._subject(scope, wire.receive, send)
        _require("first message", "websocket.accept", send.sent[0]["type"])
        texts = [m["text"] for m in send.sent if m["type"] == "websocket.send"]
        _require("echo", self._texts, texts)

    async def _run(self, iterations: int) -> None:
        subject, start = self._subject, self._start
        for _ in range(iterations):
            scope, wire = start()
            await subject(scope, wire.receive, wire.send)
        await asyncio.sleep(0)

    def _start(self) -> Tuple[Message, _SocketWire]:
        scope = self._scope.copy()
        scope["headers"] = scope["headers"].copy()
        scope["state"] = self._state.copy()
        return scope, _SocketWire(self._messages, len(self._texts))


class Awaits(_OnLoop):
    """A coroutine function without arguments, awaited on the event loop.

    Args:
        result: What it must return.
    """

    _is_asgi = False

    def __init__(self, result: Any) -> None:
        self._result = result

    async def _check(self) -> None:
        _require("result", self._result, await self._subject())

    async def _run(self, iterations: int) -> None:
        subject = self._subject
        for _ in range(iterations):
            await subject()
        await asyncio.sleep(0)


class Calls(Exchange):
    """A plain function without arguments.

    The factory may return a pair instead: the function, and another to call
    when the measurement is over.

    Args:
        result: What the function must return.
    """

    def __init__(self, result: Any) -> None:
        self._result = result

    def open(self, subject: Any) -> None:
        is_pair = isinstance(subject, tuple)
        self._call, self._end = subject if is_pair else (subject, None)

    def check(self) -> None:
        _require("result", self._result, self._call())

    def measure(self, iterations: int) -> float:
        call = self._call
        started = time.process_time()
        for _ in range(iterations):
            call()
        return time.process_time() - started

    def close(self) -> None:
        if self._end is not None:
            self._end()


_IMPORT = """
import sys, time
before = len(sys.modules)
started = time.process_time()
import {module}
print(time.process_time() - started, len(sys.modules) - before)
"""


class Imports(Exchange):
    """The import of one module in fresh interpreters.

    The factory gives the module's name.  Times are taken inside the fresh
    interpreter, so its own start does not count.

    Args:
        counts: Measure how many modules the import adds to ``sys.modules``,
            instead of the time.
    """

    repeats = False

    def __init__(self, *, counts: bool = False) -> None:
        self._counts = counts

    def open(self, subject: Any) -> None:
        self._source = _IMPORT.format(module=subject)

    def check(self) -> None:
        _, count = self._import()
        if count < 1:
            raise WrongAnswer("modules loaded", "at least 1", count)

    def measure(self, iterations: int) -> float:
        column = 1 if self._counts else 0
        return sum(self._import()[column] for _ in range(iterations))

    def _import(self) -> List[float]:
        command = [sys.executable, "-I", "-c", self._source]
        out = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
        return [float(part) for part in out.stdout.split()]
