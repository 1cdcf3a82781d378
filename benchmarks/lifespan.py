"""The lifespan of an application under measurement, as a server runs it.

An application that raises on the ``lifespan`` scope, or answers it with
anything else, does not have one; that is no error (ASGI lifespan, "Scope").
"""

from __future__ import annotations

import asyncio
from typing import Any, Dict

__all__ = ("Lifespan",)


class Lifespan:
    """One task that holds the lifespan open between ``start`` and ``stop``.

    Args:
        app: The ASGI application.
        state: Filled by the application; copied into every request's scope.
    """

    def __init__(self, app: Any, state: Dict[str, Any]) -> None:
        self._app = app
        self._state = state

    async def start(self) -> None:
        """Run the startup to its end.

        Raises:
            RuntimeError: If the application says that its startup failed.
        """
        self._received: asyncio.Queue[Dict[str, Any]] = asyncio.Queue()
        self._answers: asyncio.Queue[Dict[str, Any]] = asyncio.Queue()
        self._task = asyncio.ensure_future(self._run())
        await self._ask("lifespan.startup")

    async def stop(self) -> None:
        """Run the shutdown to its end.

        Raises:
            RuntimeError: If the application says that its shutdown failed.
        """
        await self._ask("lifespan.shutdown")
        await self._task

    async def _ask(self, event: str) -> None:
        if self._task.done():
            return
        self._received.put_nowait({"type": event})
        answer = asyncio.ensure_future(self._answers.get())
        await asyncio.wait({answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done() and answer.result()["type"].endswith(".failed"):
            raise RuntimeError(answer.result().get("message") or f"{event} failed")
        answer.cancel()

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self._state,
        }
        try:
            await self._app(scope, self._received.get, self._send)
        except Exception:
            # No lifespan.  If it mattered, the check of the answer fails.
            return

    async def _send(self, message: Dict[str, Any]) -> None:
        if not message["type"].startswith("lifespan."):
            raise RuntimeError("this application does not speak lifespan")
        self._answers.put_nowait(message)
