"""Which event loop, if any, runs in the calling thread."""

from __future__ import annotations

import asyncio
import sys

__all__ = ("in_event_loop", "in_trio")


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
