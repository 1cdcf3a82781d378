"""Which event loop runs, and what anyio adds to it if it is installed.

asyncio is served with the standard library; trio through anyio.  Nothing heavy is
imported with this module, and asyncio itself not at all: if nobody has imported
it, it does not run.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Dict, Optional

if TYPE_CHECKING:
    import asyncio

__all__ = (
    "abandonable",
    "asyncio_task",
    "find_anyio",
    "outlast_scopes",
    "require_anyio",
    "resolve",
)

# Not that of math, which nothing else here needs.
_INFINITY = float("inf")


def asyncio_task() -> Optional[asyncio.Task[Any]]:
    """Return the asyncio task that runs this code, or ``None`` outside asyncio.

    Asked for the task and not for the loop: where trio is the guest of asyncio, the
    loop runs but trio's tasks are none of its own.
    """
    module = sys.modules.get("asyncio")
    if module is None:
        return None
    try:
        task: Optional[asyncio.Task[Any]] = module.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None
    return task


@lru_cache(maxsize=1)
def find_anyio() -> Any:
    """Return the ``anyio`` package, or ``None`` if it is not installed."""
    try:
        import anyio.from_thread
        import anyio.to_thread
    except ImportError:
        return None
    return anyio


def require_anyio() -> Any:
    """Return the ``anyio`` package, which everything but asyncio needs.

    Raises:
        RuntimeError: If it is not installed.
    """
    anyio = find_anyio()
    if anyio is None:
        raise RuntimeError(
            "Only asyncio is supported without anyio. "
            "To run on trio: pip install starlette-core[trio]"
        )
    return anyio


def abandonable(anyio: Any) -> Dict[str, bool]:
    """Return what tells ``to_thread.run_sync`` to return when it is cancelled."""
    defaults = anyio.to_thread.run_sync.__kwdefaults__
    # Its name before anyio 4.1.
    return {
        "abandon_on_cancel" if "abandon_on_cancel" in defaults else "cancellable": True
    }


def resolve(future: asyncio.Future[None], *_: object) -> None:
    """Wake whoever awaits *future*, if somebody still does."""
    if not future.done():
        future.set_result(None)


async def outlast_scopes(wait: Callable[[], Awaitable[None]]) -> None:
    """Await ``wait()``, on asyncio, to its end, even inside a cancelled scope of anyio.

    Such a scope would end every wait again and again.  ``Task.cancel()`` ends this one.
    """
    try:
        await wait()
    except sys.modules["asyncio"].CancelledError:
        anyio = sys.modules.get("anyio")
        if anyio is None or anyio.current_effective_deadline() != -_INFINITY:
            raise
        with anyio.CancelScope(shield=True):
            await wait()
