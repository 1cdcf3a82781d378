"""Exchanges on an event loop: HTTP requests, WebSocket sessions, coroutines.

They run on one asyncio event loop of their own, awaiting one after the other
inside one coroutine; the application's lifespan is open meanwhile.  The
application is driven through its ASGI interface alone, no server between.
"""

from __future__ import annotations

import asyncio
import sys
import time
from abc import abstractmethod
from typing import Any, Dict, List, Mapping, Optional, Tuple

from benchmarks.answers import Answer, require
from benchmarks.exchange import Exchange
from benchmarks.lifespan import Lifespan
from benchmarks.scopes import Message, http_scope, request_messages, websocket_scope
from benchmarks.wires import HttpWire, Recorder, SocketWire

__all__ = ("Awaits", "Http", "OnLoop", "WebSocketEcho")


class OnLoop(Exchange):
    """Runs on an event loop of its own, with the lifespan open."""

    _is_asgi = True

    def open(self, subject: Any) -> None:
        self._subject = subject
        self._loop = asyncio.new_event_loop()
        self._state: Dict[str, Any] = {}
        self._lifespan = Lifespan(subject, self._state) if self._is_asgi else None
        if self._lifespan is not None:
            self._loop.run_until_complete(self._lifespan.start())

    def share(self, other: OnLoop) -> None:
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


class Http(OnLoop):
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
        send = Recorder(wire.send)
        await self._subject(scope, wire.receive, send)
        self._answer.check(send.sent)

    async def _run(self, iterations: int) -> None:
        subject, start = self._subject, self._start
        for _ in range(iterations):
            scope, wire = start()
            await subject(scope, wire.receive, wire.send)
        # What the last request left to the loop is part of its cost.
        await asyncio.sleep(0)

    def _start(self) -> Tuple[Message, HttpWire]:
        # Everything that an application may write to is fresh, as it would be
        # from a server.
        scope = self._scope.copy()
        scope["headers"] = scope["headers"].copy()
        scope["state"] = self._state.copy()
        return scope, HttpWire(self._messages)


class WebSocketEcho(OnLoop):
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
        send = Recorder(wire.send)
        await self._subject(scope, wire.receive, send)
        require("first message", "websocket.accept", send.sent[0]["type"])
        texts = [m["text"] for m in send.sent if m["type"] == "websocket.send"]
        require("echo", self._texts, texts)

    async def _run(self, iterations: int) -> None:
        subject, start = self._subject, self._start
        for _ in range(iterations):
            scope, wire = start()
            await subject(scope, wire.receive, wire.send)
        await asyncio.sleep(0)

    def _start(self) -> Tuple[Message, SocketWire]:
        scope = self._scope.copy()
        scope["headers"] = scope["headers"].copy()
        scope["state"] = self._state.copy()
        return scope, SocketWire(self._messages, len(self._texts))


class Awaits(OnLoop):
    """A coroutine function without arguments, awaited on the event loop.

    Args:
        result: What it must return.
    """

    _is_asgi = False

    def __init__(self, result: Any) -> None:
        self._result = result

    async def _check(self) -> None:
        require("result", self._result, await self._subject())

    async def _run(self, iterations: int) -> None:
        subject = self._subject
        for _ in range(iterations):
            await subject()
        await asyncio.sleep(0)
