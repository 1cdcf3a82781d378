"""Why a module or a name of the family cannot be imported.

Asked by the last finder of ``sys.meta_path``, after all others have found
nothing.  Whoever only looks (``importlib.util.find_spec``) is told nothing but
that: an explanation is an exception, and only an import raises one.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Optional, Set, Tuple

from starlette._family import MODULES

__all__ = ("MissingDistribution", "explain")

_MACHINERY = "<frozen importlib._bootstrap>"


class MissingDistribution(ModuleNotFoundError):
    """A module of the family whose distribution is not installed, or too old.

    Attributes:
        name: The module, as ``starlette.testclient``.
        distribution: What installs it, as ``starlette-testing``.
        version: What is installed of that, too old to have the module; or None.
    """

    def __init__(
        self, module: str, distribution: str, version: Optional[str] = None
    ) -> None:
        self.distribution = distribution
        self.version = version
        if version is None:
            advice = f"{distribution}: pip install {distribution}"
        else:
            advice = (
                f"a newer {distribution} than {version}: "
                f"pip install --upgrade {distribution}"
            )
        super().__init__(
            f"No module named {module!r}; it is part of {advice}", name=module
        )

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.name, self.distribution, self.version)


# Where it is documented, whether or not that is loaded.
MissingDistribution.__module__ = "starlette.plugins"


def explain(name: str, caller: FrameType) -> None:
    """Raise what says why *name* is not there; return if there is nothing to say.

    Args:
        name: A dotted name below ``starlette`` that no finder has found.
        caller: The frame that has called the finder.

    Raises:
        MissingDistribution: It is a module of a member that is not installed.
        ImportError: It is a name in ``from ... import``, of a member that is not
            installed, or of a plugin that is broken or in conflict.
    """
    callers = _import_of(caller)
    if "_find_and_load_unlocked" not in callers:
        return
    is_from = "_handle_fromlist" in callers
    package, _, last = name.rpartition(".")
    distribution = MODULES.get(name)
    if distribution is not None:
        error = MissingDistribution(name, distribution, _version(distribution))
        if is_from:
            # A missing module would be ignored there, and its message with it.
            text = f"cannot import name {last!r} from {package!r}; {error}"
            raise ImportError(text, name=package) from error
        raise error
    plugins: Any = sys.modules.get("starlette.plugins")
    if is_from and package == "starlette" and plugins is not None:
        _explain_plugin(last, plugins)


def _explain_plugin(name: str, plugins: Any) -> None:
    try:
        # Again: the attribute was asked for before, and could not say why not.
        plugins.load(name)
    except plugins.PluginNotFound:
        pass


def _version(distribution: str) -> Optional[str]:
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _import_of(frame: Optional[FrameType]) -> Set[str]:
    """The functions of the import machinery that *frame* is in, by name."""
    names = set()
    while frame is not None and frame.f_code.co_filename == _MACHINERY:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    return names
