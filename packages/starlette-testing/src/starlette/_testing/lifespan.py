"""The server's side of a lifespan."""

from __future__ import annotations

from typing import Any, Dict, NoReturn, Optional

from starlette._testing.signals import Signal
from starlette._testing.types import Host
from starlette.types import ASGIApp, Message, Scope

__all__ = ("LifespanExchange", "lifespan_timeout_error")


class LifespanExchange:
    """One lifespan, as far as it has come.

    Attributes:
        scope: What the application is called with; it fills ``state``.
        is_started: Whether the application said that it is started.
        failure: What it said when it failed to start or to shut down.
    """

    def __init__(self, host: Host, state: Dict[str, Any]) -> None:
        self.scope: Scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": state,
        }
        self.is_started = False
        self.is_ended = False
        self.failure: Optional[str] = None
        self._host = host
        self._is_ending = False
        self._asked = 0
        self._end = Signal()
        self._changed = Signal()
        self._has_returned = False
        self._error: Optional[BaseException] = None

    async def run(self, app: ASGIApp) -> None:
        """Call *app*; its error is kept for who waits for it, and raised."""
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as exc:
            self._error = exc
            raise
        finally:
            self._has_returned = True
            self._changed.notify()

    async def receive(self) -> Message:
        """Give the startup; then the shutdown, once there is one."""
        self._asked += 1
        if self._asked == 1:
            return {"type": "lifespan.startup"}
        while not self._is_ending:
            self._host.parked += 1
            try:
                await self._end.wait()
            finally:
                self._host.parked -= 1
        return {"type": "lifespan.shutdown"}

    async def send(self, message: Message) -> None:
        """Take what the application says of its start or end.

        Raises:
            AssertionError: The message is not one that may come now.
        """
        kind = message["type"]
        if kind == "lifespan.startup.complete" and not self.is_started:
            self.is_started = True
        elif kind == "lifespan.shutdown.complete" and self._is_ending:
            self.is_ended = True
        elif kind in ("lifespan.startup.failed", "lifespan.shutdown.failed"):
            self.failure = str(message.get("message", ""))
        else:
            raise AssertionError(
                f'Received "{kind}", which is not due in the lifespan.'
            )
        self._changed.notify()

    async def start(self) -> None:
        """Wait until the application is started.

        Raises:
            BaseException: What the application raised instead.
            RuntimeError: It said that it failed, without raising.
            AssertionError: It ended without a word.
        """
        while not (self.is_started or self._has_returned):
            await self._changed.wait()
        if not self.is_started:
            self._raise("startup")

    async def stop(self) -> None:
        """Ask for the shutdown, and wait until the application has ended.

        Raises:
            BaseException: As for ``start``.
        """
        self._is_ending = True
        self._end.notify()
        while not self._has_returned:
            await self._changed.wait()
        if self._error is not None or self.failure is not None or not self.is_ended:
            self._raise("shutdown")

    def _raise(self, phase: str) -> NoReturn:
        if self._error is not None:
            raise self._error
        if self.failure is not None:
            raise RuntimeError(f"The application failed its {phase}: {self.failure}")
        raise AssertionError(
            f'The application ended its lifespan without "lifespan.{phase}.complete".'
        )


def lifespan_timeout_error(phase: str, limit: Optional[float]) -> RuntimeError:
    """Return the error of an application that does not start, or end, in time."""
    return RuntimeError(f"The application's {phase} took longer than {limit} seconds.")
