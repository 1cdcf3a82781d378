"""Every difference between the supported versions of Python, in one place.

The rest of the package imports from here and never looks at
``sys.version_info``.  Names that are missing at run time exist for type
checkers all the same: ``typing_extensions`` is needed to check the code, not
to run it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ("ParamSpec", "removeprefix")

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
