"""What is installed of the family, and what others add to it.

Every distribution registers the names that it adds to ``starlette`` as entry
points of the group ``starlette.plugins``: the name is a public name, the value
is where it lives.  In a ``pyproject.toml``::

    [project.entry-points."starlette.plugins"]
    CORSMiddleware = "starlette.middleware.cors:CORSMiddleware"

After that, ``starlette.CORSMiddleware`` is it, loaded when it is first asked
for.  Third parties use the same group.  The environment variable
``STARLETTE_PLUGINS`` switches theirs off: ``off`` all of them, a list of
distributions with commas between them all but those; unset or empty, none.

A name has one owner.  Where two distributions claim it, it is an error that
names both, and all other names stay what they are.  What is installed is looked
at once, when the first name is asked for; ``refresh`` looks again.

``python -m starlette`` prints it all as a table.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from starlette._deprecations import warn_deprecated
from starlette._family import MODULES, NAMES
from starlette._missing import MissingDistribution
from starlette._names import _forget
from starlette._plugin_scan import Distribution, Plugin, normalized, scan

__all__ = (
    "Distribution",
    "MissingDistribution",
    "Plugin",
    "PluginBroken",
    "PluginConflict",
    "PluginError",
    "PluginIncomplete",
    "PluginNotFound",
    "PluginWarning",
    "find",
    "incomplete",
    "installed",
    "load",
    "missing",
    "names",
    "problems",
    "refresh",
)

for _member in (Distribution, Plugin):
    _member.__module__ = __name__


class PluginWarning(UserWarning):
    """A distribution registers something that cannot be, and is left out."""


class PluginError(ImportError):
    """A name cannot be had from the plugins.

    Attributes:
        name: The name.
    """

    name: str


class PluginNotFound(PluginError):
    """No distribution that is installed and switched on registers the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No installed distribution registers {name!r}", name=name)

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.name,)


class PluginConflict(PluginError):
    """Several distributions register the same name.

    Attributes:
        name: The name.
        plugins: What they register.
    """

    def __init__(self, name: str, plugins: Tuple[Plugin, ...]) -> None:
        self.plugins = plugins
        super().__init__(
            f"{name!r} is claimed by {' and by '.join(map(str, plugins))}. "
            "Uninstall one of them, or set STARLETTE_PLUGINS to off or to the "
            "third parties that you want",
            name=name,
        )

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.name, self.plugins)


class PluginBroken(PluginError):
    """A plugin is registered but cannot be loaded.

    The exception that was raised by loading it is the ``__cause__``.

    Attributes:
        name: The name.
        plugin: What is registered.
        reason: The exception, in words.
    """

    def __init__(self, plugin: Plugin, reason: str) -> None:
        self.plugin = plugin
        self.reason = reason
        super().__init__(
            f"{plugin.name!r} of {plugin} cannot be loaded: {reason}",
            name=plugin.name,
        )

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.plugin, self.reason)


class PluginIncomplete(PluginBroken):
    """A plugin needs a library that is not installed, as one of an extra may be.

    The ``ModuleNotFoundError`` that names it is the ``__cause__``.
    """


class _Scan(NamedTuple):
    distributions: Tuple[Distribution, ...]
    claims: Dict[str, Tuple[Plugin, ...]]


# The last scan, or nothing.  Two threads may both scan; either result will do.
_cache: List[_Scan] = []


def _scanned() -> _Scan:
    if _cache:
        return _cache[0]
    claims: Dict[str, Tuple[Plugin, ...]] = {}
    distributions = tuple(scan())
    for distribution in distributions:
        for plugin in distribution.plugins if distribution.is_enabled else ():
            claims[plugin.name] = (*claims.get(plugin.name, ()), plugin)
    result = _Scan(distributions, claims)
    # Before the warnings, which may be errors: they are given once.
    _cache[:] = [result]
    for distribution in distributions:
        for problem in distribution.problems if distribution.is_enabled else ():
            text = f"A plugin of {distribution.name} is left out: {problem}"
            warn_deprecated(text, category=PluginWarning)
    return result


def installed() -> Tuple[Distribution, ...]:
    """Return the distributions that register names, sorted by name.

    Those of third parties that are switched off are among them.
    """
    return _scanned().distributions


def missing() -> Dict[str, Tuple[str, ...]]:
    """Return the members of the family that are not installed, and their modules."""
    present = {normalized(each.name) for each in installed()}
    modules: Dict[str, Tuple[str, ...]] = {}
    for module, distribution in sorted(MODULES.items()):
        # Its files may be there without metadata, as in a frozen program.
        if distribution not in present and find_spec(module) is None:
            modules[distribution] = (*modules.get(distribution, ()), module)
    return modules


def names() -> List[str]:
    """Return the names that can be had, sorted; those in conflict are left out."""
    claims = _scanned().claims
    return sorted(name for name, plugins in claims.items() if len(plugins) == 1)


def find(name: str) -> Plugin:
    """Return what is registered as *name*.

    A name of the family whose metadata cannot be found, as in a frozen program,
    is found all the same.

    Raises:
        PluginNotFound: No distribution registers it.
        PluginConflict: More than one does.
    """
    claims = _scanned().claims.get(name, ())
    if len(claims) > 1:
        raise PluginConflict(name, claims)
    if claims:
        return claims[0]
    if name in NAMES:
        return Plugin(name, f"{NAMES[name]}:{name}", MODULES[NAMES[name]])
    raise PluginNotFound(name)


def load(name: str) -> Any:
    """Import what is registered as *name*.

    Failures are not remembered: the next call tries again.

    Raises:
        PluginNotFound: No distribution registers it.
        PluginConflict: More than one does.
        PluginIncomplete: A library that it needs is not installed.
        PluginBroken: Importing it raises another exception.
        MissingDistribution: It belongs to a member that is not installed.
    """
    plugin = find(name)
    module, *attributes = plugin.target
    try:
        value: Any = import_module(module)
        for attribute in attributes:
            value = getattr(value, attribute)
    except MissingDistribution:
        raise
    except (Exception, SystemExit) as exc:
        # SystemExit: of a module that is a program, registered by mistake.
        reason = f"{type(exc).__name__}: {exc}"
        kind = PluginIncomplete if _needs_library(exc, module) else PluginBroken
        raise kind(plugin, reason) from exc
    return value


def _needs_library(exc: BaseException, module: str) -> bool:
    """Whether *exc* misses something other than a part of *module*'s own package."""
    if not isinstance(exc, ModuleNotFoundError) or exc.name is None:
        return False
    return exc.name.partition(".")[0] not in ("starlette", module.partition(".")[0])


def problems() -> List[str]:
    """Load everything that is switched on, and return what fails, one line each.

    What is in conflict or left out by the scan is among it, and what ``incomplete``
    returns.
    """
    lines = []
    for distribution in installed():
        if distribution.is_enabled:
            lines += [f"{distribution.name}: {each}" for each in distribution.problems]
    return lines + [str(exc) for exc in _failures()]


def incomplete() -> List[str]:
    """Load everything that is switched on, and return what lacks only a library."""
    return [str(exc) for exc in _failures() if isinstance(exc, PluginIncomplete)]


def _failures() -> Iterator[ImportError]:
    for name in sorted(_scanned().claims):
        try:
            load(name)
        except ImportError as exc:
            yield exc


def refresh() -> None:
    """Forget what is installed, and the names that were loaded onto ``starlette``.

    ``importlib.invalidate_caches()`` does this too.
    """
    _cache.clear()
    _forget()
