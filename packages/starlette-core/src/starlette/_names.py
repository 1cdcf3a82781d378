"""The names of the whole family as attributes of ``starlette``.

``starlette.CORSMiddleware`` is looked up when it is asked for (PEP 562), in
what the installed distributions register (``starlette.plugins``).  A module or
a name of the family whose distribution is missing is an error that names the
distribution.

Importing this costs nothing else: no distribution is looked at, and no other
module is loaded, before a name is asked for or an import fails.

``starlette/__init__.py`` takes what is public here by ``*``, so that type
checkers see the names that the installed members list for them, and no others.
That is why everything else has an underscore.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Dict, List, Optional

# What `__getattr__` has put on the package; `_forget` takes it away again.
_given: Dict[str, Any] = {}


def _attribute(name: str) -> Any:
    # Private names are nobody's: `inspect`, `copy`, `from starlette import *` and
    # the like ask for them all the time.
    if not name.startswith("_"):
        from starlette._family import MODULES

        # A module is an attribute once it is imported, and not before: this is
        # how `from starlette import status` finds out that it has to.
        if f"starlette.{name}" not in MODULES:
            return _registered(name)
    raise AttributeError(f"module 'starlette' has no attribute {name!r}")


def _registered(name: str) -> Any:
    from starlette.plugins import load

    try:
        value = load(name)
    except ImportError as exc:
        # `hasattr` says no, as it does about all that cannot be had.
        raise AttributeError(
            f"module 'starlette' has no attribute {name!r}. {exc}"
        ) from exc
    _given[name] = value
    # The next one who asks finds it without coming here.
    setattr(sys.modules["starlette"], name, value)
    return value


def _directory() -> List[str]:
    from starlette.plugins import names

    return sorted({*vars(sys.modules["starlette"]), *names()})


def _forget() -> None:
    """Take the names that were loaded off the package again."""
    package = vars(sys.modules["starlette"])
    while _given:
        name, value = _given.popitem()
        # Not what somebody else has put there meanwhile.
        if package.get(name) is value:
            del package[name]


class _MissingFinder:
    """The last of ``sys.meta_path``: it finds nothing, but says what is missing."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Return None.

        Raises:
            ImportError: *name* is one of the family, being imported, and its
                distribution is not installed; or a plugin that is broken.
        """
        if name.startswith("starlette.") and not name.startswith("starlette._"):
            from starlette._missing import explain

            explain(name, sys._getframe(1))

    def invalidate_caches(self) -> None:
        """Forget what is installed: it may have changed."""
        plugins: Optional[Any] = sys.modules.get("starlette.plugins")
        if plugins is not None:
            plugins.refresh()


# Last, so that it is asked about nothing that can be found; and once, however
# often this module is loaded.
if not any(type(each).__name__ == _MissingFinder.__name__ for each in sys.meta_path):
    sys.meta_path.append(_MissingFinder())

if TYPE_CHECKING:
    from starlette._typed import *  # noqa: F403
else:
    # Not for type checkers, which would take every name for one that exists.
    __all__ = ("__dir__", "__getattr__")
    __getattr__, __dir__ = _attribute, _directory
