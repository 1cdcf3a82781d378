"""Every difference between the supported versions of Python, in one place.

The rest of the package imports from here and never looks at
``sys.version_info``.  Names that are missing at run time exist for type
checkers all the same: ``typing_extensions`` is needed to check the code, not
to run it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, List, Tuple, TypeVar

__all__ = (
    "ParamSpec",
    "cancellations",
    "entry_points",
    "grouped_exceptions",
    "is_marked_coroutine_function",
    "md5",
    "removeprefix",
    "uncancel",
)

if TYPE_CHECKING:
    from typing_extensions import ParamSpec as ParamSpec
elif sys.version_info >= (3, 10):
    from typing import ParamSpec
else:  # pragma: no cover (before 3.10)

    class ParamSpec(TypeVar, _root=True):
        """A stand-in that annotations can mention; nothing is checked with it."""

        args = Any
        kwargs = Any


if sys.version_info >= (3, 9):
    removeprefix = str.removeprefix
else:  # pragma: no cover (3.8)

    def removeprefix(text: str, prefix: str) -> str:
        """Return *text* without *prefix*, if it starts with it."""
        return text[len(prefix) :] if text.startswith(prefix) else text


def is_marked_coroutine_function(obj: Any) -> bool:
    """Tell whether *obj* passes for a coroutine function by a mark it carries.

    What the mark is differs between versions, and so does who knows it: before
    3.12 ``asyncio``, since then ``inspect``.
    """
    if sys.version_info >= (3, 12):  # pragma: no cover (before 3.12)
        from inspect import iscoroutinefunction
    else:  # pragma: no cover (since 3.12)
        from asyncio import iscoroutinefunction

    return iscoroutinefunction(obj)


def grouped_exceptions(exc: BaseException) -> Tuple[BaseException, ...]:
    """Return the exceptions that *exc* groups; none if it is not a group."""
    if sys.version_info >= (3, 11):  # pragma: no cover (before 3.11)
        group = BaseExceptionGroup
    else:  # pragma: no cover (since 3.11)
        # The backport.  Where nobody has loaded it, no group can exist.
        backport = sys.modules.get("exceptiongroup")
        group = backport.BaseExceptionGroup if backport else ()
    return exc.exceptions if isinstance(exc, group) else ()


if sys.version_info >= (3, 11):

    def cancellations(task: Any) -> int:
        """Return how many requests to cancel an asyncio task are not settled."""
        return task.cancelling()  # type: ignore[no-any-return]

    def uncancel(task: Any) -> int:
        """Settle one request to cancel an asyncio task; return how many are left."""
        return task.uncancel()  # type: ignore[no-any-return]

else:  # pragma: no cover (before 3.11)

    def cancellations(task: Any) -> int:
        """Return 0: requests are not counted."""
        return 0

    def uncancel(task: Any) -> int:
        """Return 0: requests are not counted."""
        return 0


def md5(data: bytes) -> str:
    """Return the MD5 of *data* in hexadecimal digits; for naming, not for security."""
    import hashlib

    if sys.version_info >= (3, 9):  # pragma: no cover (3.8)
        return hashlib.md5(data, usedforsecurity=False).hexdigest()
    # There is no way to say so, and none is needed.
    return hashlib.md5(data).hexdigest()  # pragma: no cover (since 3.9)


def entry_points(group: str) -> List[Any]:
    """Return the entry points of *group*, of all installed distributions."""
    from importlib import metadata

    if sys.version_info >= (3, 10):  # pragma: no cover (before 3.10)
        return list(metadata.entry_points(group=group))
    return list(metadata.entry_points().get(group, ()))  # pragma: no cover (since 3.10)
