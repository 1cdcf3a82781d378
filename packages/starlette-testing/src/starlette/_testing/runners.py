"""Which event loop a client uses, and the loops that are kept between requests.

An asyncio loop that a request left as it found it serves the next request of
the same thread; one that was left with a task, a timer, a file or an open
generator is closed, as ``asyncio.run`` closes it.  So each request sees a
loop without a past, as if it were new.
"""

from __future__ import annotations

import threading
from typing import Any, Dict, List, Union

from starlette._testing.loops import LoopRunner
from starlette._testing.portals import PortalRunner
from starlette._testing.where import in_event_loop

__all__ = ("Runner", "borrow", "give_back", "new_runner")

Runner = Union[LoopRunner, PortalRunner]


class _Kept(threading.local):
    def __init__(self) -> None:
        self.runners: List[LoopRunner] = []


_kept = _Kept()


def new_runner(backend: str, options: Dict[str, Any]) -> Runner:
    """Return a runner that the caller closes."""
    if _can_be_driven(backend, options):
        return LoopRunner()
    return PortalRunner.start(backend, options)


def borrow(backend: str, options: Dict[str, Any]) -> Runner:
    """Return a runner without a past; it goes back with ``give_back``."""
    if _can_be_driven(backend, options):
        return _kept.runners.pop() if _kept.runners else LoopRunner()
    return PortalRunner.start(backend, options)


def give_back(runner: Runner) -> List[str]:
    """Keep or close a borrowed runner; return what was still running on it."""
    if isinstance(runner, LoopRunner) and not _kept.runners and runner.is_as_new():
        _kept.runners.append(runner)
        return []
    return runner.close()


def _can_be_driven(backend: str, options: Dict[str, Any]) -> bool:
    # anyio knows what to do with options; without any, the loop is asyncio's own.
    return backend == "asyncio" and not any(options.values()) and not in_event_loop()
