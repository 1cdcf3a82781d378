"""How a deprecation is announced.

A warning is of use only if it names the line that has to change.  That line
is the first one on the stack outside the ``starlette`` package, whichever
distribution and however many calls deep the warning comes from.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Type

from starlette.exceptions import StarletteDeprecationWarning

__all__ = ("warn_deprecated",)


def warn_deprecated(
    message: str, *, category: Type[Warning] = StarletteDeprecationWarning
) -> None:
    """Warn the first caller outside the ``starlette`` package.

    Args:
        message: What is deprecated, and what to use instead.
        category: The class of the warning.

    Raises:
        Warning: *category*, where filters turn it into an error.
    """
    import warnings

    frame = sys._getframe(1)
    # The outermost frame is the answer if there is nothing else.
    while _is_ours(frame) and frame.f_back is not None:
        frame = frame.f_back
    # Not warn(stacklevel=...): it leaves import machinery out of its count,
    # so that a number found by walking the stack can point past the line.
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=frame.f_globals.get("__name__", "<unknown>"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _is_ours(frame: FrameType) -> bool:
    # Import machinery counts as ours: the line that says "import" is behind it.
    name = str(frame.f_globals.get("__name__", ""))
    return name.split(".")[0] == "starlette" or name.startswith("importlib._bootstrap")
