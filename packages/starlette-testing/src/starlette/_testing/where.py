"""Which event loop, if any, runs in the calling thread."""

from __future__ import annotations

import asyncio
import sys

__all__ = ("in_event_loop", "in_trio", "waits_for_itself")


def in_trio() -> bool:
    """Return whether trio runs in this thread."""
    # Whoever runs trio has imported it.
    trio = sys.modules.get("trio")
    if trio is None:
        return False
    try:
        trio.lowlevel.current_trio_token()
    except RuntimeError:
        return False
    return True


def in_event_loop() -> bool:
    """Return whether an event loop, of asyncio or trio, runs in this thread."""
    return asyncio._get_running_loop() is not None or in_trio()


def waits_for_itself() -> RuntimeError:
    """Return the error of a client that is called on its own event loop."""
    return RuntimeError(
        "The client was called from the event loop of its own application, which "
        "would wait for itself. Use `AsyncTestClient` in async code."
    )
