"""The event loop of one client, and who uses it.

Within ``with`` there is one for everything; outside, each request, stream and
WebSocket borrows one.
"""

from __future__ import annotations

import contextlib
import warnings
from typing import Any, Dict, Iterator, List, Optional

from starlette._testing.defaults import CANCEL_TIMEOUT
from starlette._testing.jobs import Job
from starlette._testing.runners import Runner, borrow, give_back, new_runner
from starlette._testing.types import User

__all__ = ("RunnerPool", "stop", "warn_leaked", "warn_unclosed")


class RunnerPool:
    """Lends the event loops of a client.

    Attributes:
        current: The one that is in use for everything, or None.
        in_use: What would be cut off if *current* were closed now.
    """

    def __init__(self, backend: str, options: Dict[str, Any]) -> None:
        self.current: Optional[Runner] = None
        self.in_use: List[User] = []
        self._backend = backend
        self._options = options

    def open(self) -> Runner:
        """Start the event loop that serves everything until ``close``."""
        self.current = new_runner(self._backend, self._options)
        return self.current

    def close(self) -> List[str]:
        """End that event loop; return what was still running on it."""
        runner, self.current = self.current, None
        return runner.close() if runner is not None else []

    def acquire(self) -> Runner:
        """Return an event loop to run one job on; ``release`` it."""
        if self.current is not None:
            return self.current
        return borrow(self._backend, self._options)

    def release(self, runner: Runner) -> None:
        """Take an event loop back, and report what was left on it."""
        if runner is self.current:
            runner.settle()
        else:
            warn_leaked(give_back(runner))

    @contextlib.contextmanager
    def lend(self, user: User) -> Iterator[Runner]:
        """Lend an event loop for the time of a block."""
        runner = self.acquire()
        self.in_use.append(user)
        try:
            yield runner
        finally:
            self.in_use.remove(user)
            self.release(runner)

    def close_users(self) -> None:
        """Close what was left open, and report it."""
        for user in reversed(self.in_use):
            warn_unclosed(user)
            user.abandon()


def warn_unclosed(user: User) -> None:
    """Report a stream or a session that nobody closed."""
    warnings.warn(
        f"{user.describe()} was never closed.",
        ResourceWarning,
        stacklevel=2,
        source=user,
    )


def warn_leaked(names: List[str]) -> None:
    """Report tasks that outlived what started them."""
    if names:
        warnings.warn(
            f"The application left {len(names)} task(s) running, which were cancelled: "
            + ", ".join(names),
            ResourceWarning,
            stacklevel=2,
        )


def stop(runner: Runner, job: Job) -> bool:
    """Cancel a job; return whether it has ended."""
    if not job.is_done:
        runner.post(job.cancel)
        runner.wait(job.has_ended, CANCEL_TIMEOUT)
    return job.is_done
