"""What an asyncio event loop has to do, and how it ends."""

from __future__ import annotations

import asyncio
from typing import Any, List, Optional, Set

__all__ = ("close_if_resting", "end_loop", "has_nothing_to_do")


def has_nothing_to_do(
    loop: asyncio.AbstractEventLoop, alarm: Optional[asyncio.TimerHandle] = None
) -> bool:
    """Return whether nothing but a task can happen on the loop, which rests.

    There is no public way to ask, so this knows the loops of the standard
    library; any other is taken for busy.

    Args:
        loop: The event loop.
        alarm: A timer that does not count.
    """
    inner: Any = loop
    try:
        # The loop's own wake-up pipe is always registered.
        has_files = len(inner._selector.get_map()) > 1
        timers = [timer for timer in inner._scheduled if not timer.cancelled()]
        has_more = bool(inner._ready or inner._asyncgens or inner._default_executor)
    except AttributeError:
        return False
    return not has_files and not has_more and timers in ([], [alarm])


def close_if_resting(loop: asyncio.AbstractEventLoop) -> None:
    """Close the loop, unless a thread that nobody has ended still runs it."""
    if not loop.is_running():
        loop.close()


def end_loop(loop: asyncio.AbstractEventLoop) -> List[str]:
    """Close the loop as ``asyncio.run`` does; return the tasks that still ran."""
    try:
        tasks = asyncio.all_tasks(loop)
        leaked = sorted(_description(task) for task in tasks)
        _cancel(loop, tasks)
        loop.run_until_complete(loop.shutdown_asyncgens())
        # Python 3.8 has no such method; the executor is told to end by `close`.
        shutdown = getattr(loop, "shutdown_default_executor", loop.shutdown_asyncgens)
        loop.run_until_complete(shutdown())
    finally:
        loop.close()
    return leaked


def _description(task: asyncio.Task[Any]) -> str:
    if not task.get_name().startswith("Task-"):
        return task.get_name()
    coro = task.get_coro()
    return str(getattr(coro, "__qualname__", coro))


def _cancel(loop: asyncio.AbstractEventLoop, tasks: Set[asyncio.Task[Any]]) -> None:
    if not tasks:
        return
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    for task in tasks:
        if not task.cancelled() and task.exception() is not None:
            loop.call_exception_handler(
                {
                    "message": "A task of the application failed when cancelled",
                    "exception": task.exception(),
                    "task": task,
                }
            )
