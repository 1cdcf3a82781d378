"""What the parts of the client know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Awaitable, Callable

if TYPE_CHECKING:
    from typing_extensions import Protocol

    from starlette._testing.jobs import Job
else:
    Protocol = object

__all__ = ("Host", "JobHost", "User")


class Host(Protocol):
    """Who runs the application and waits for what it sends.

    Attributes:
        parked: How many tasks wait for the client side.
    """

    parked: int

    def wake(self) -> None:
        """Let the client side look again.  Called on the event loop."""


class JobHost(Host, Protocol):
    """Who starts the application, too."""

    def spawn(self, func: Callable[..., Awaitable[Any]], *args: Any) -> Job:
        """Start a job in a task of its own."""


class User(Protocol):
    """Who holds an event loop of the client until it is closed."""

    def describe(self) -> str:
        """Return what it is, to begin a sentence with."""

    def abandon(self) -> None:
        """Close it, and swallow what the application says to that."""
