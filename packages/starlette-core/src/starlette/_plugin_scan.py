"""What the installed distributions register in the group ``starlette.plugins``.

The metadata of every distribution is looked at, once per scan; no plugin is
imported.  What one distribution gets wrong is noted with it, and the others are
none the worse for it.
"""

from __future__ import annotations

import os
import re
from importlib import metadata
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from starlette._family import MODULES

__all__ = (
    "FIRST_PARTY",
    "GROUP",
    "VARIABLE",
    "Distribution",
    "Plugin",
    "normalized",
    "scan",
)

GROUP = "starlette.plugins"

VARIABLE = "STARLETTE_PLUGINS"

FIRST_PARTY = frozenset(MODULES.values())


class Plugin(NamedTuple):
    """A name that a distribution registers.

    Attributes:
        name: The name on ``starlette``.
        value: Where it lives, as ``package.module:attribute``.
        distribution: The distribution that says so.
    """

    name: str
    value: str
    distribution: str

    def __str__(self) -> str:
        return f"{self.distribution} ({self.value})"

    @property
    def target(self) -> List[str]:
        """The module to import, and the attributes to follow from there."""
        # What may stand in brackets says what it needs, not where it is.
        module, colon, path = self.value.partition("[")[0].partition(":")
        return [part.strip() for part in (module, *(path.split(".") if colon else ()))]


class Distribution(NamedTuple):
    """An installed distribution that registers names.

    Attributes:
        name: As its metadata spells it.
        version: As its metadata has it.
        is_first_party: Whether it is a member of the family.
        is_enabled: Whether its names count; false for a third party's that
            ``STARLETTE_PLUGINS`` switches off.
        plugins: What it registers, by name, but what is wrong.
        problems: What is wrong, one sentence each.
    """

    name: str
    version: str
    is_first_party: bool
    is_enabled: bool
    plugins: Tuple[Plugin, ...]
    problems: Tuple[str, ...]


def scan() -> List[Distribution]:
    """Read the metadata of all that is installed; the result is sorted by name."""
    return [
        distribution
        for name, candidate in sorted(dict(_candidates()).items())
        for distribution in _read(name, candidate, _allowed())
    ]


def _candidates() -> Iterator[Tuple[str, metadata.Distribution]]:
    for distribution in metadata.distributions():
        # The text first: parsing it for every distribution takes ten times as long.
        try:
            text = distribution.read_text("entry_points.txt") or ""
        except UnicodeDecodeError:
            continue  # whoever wrote that did not register anything here
        # A folder without a name is left over from a failed uninstallation.
        if GROUP in text and "Name" in distribution.metadata:
            yield distribution.metadata["Name"], distribution


def _read(
    name: str, candidate: metadata.Distribution, allowed: Optional[FrozenSet[str]]
) -> Iterator[Distribution]:
    # By name again, for the first one on the path: that is what is imported.
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        found = candidate  # its folder has another name than its metadata
    is_first_party = normalized(name) in FIRST_PARTY
    plugins: Dict[str, Plugin] = {}
    problems: List[str] = []
    try:
        entries: List[Any] = [
            each for each in found.entry_points if each.group == GROUP
        ]
    except Exception as exc:  # whatever the parser of this Python raises
        entries = []
        problems = [f"entry_points.txt cannot be read: {exc!r}"]
    for entry in entries:
        plugin = Plugin(entry.name, entry.value, name)
        problem = _problem(plugin, plugins)
        if problem:
            problems.append(f"{entry.name} = {entry.value!r}: {problem}")
        else:
            plugins[entry.name] = plugin
    if entries or problems:
        yield Distribution(
            name,
            _version(found),
            is_first_party,
            is_first_party or allowed is None or normalized(name) in allowed,
            tuple(plugins[key] for key in sorted(plugins)),
            tuple(problems),
        )


def _version(distribution: metadata.Distribution) -> str:
    fields = distribution.metadata
    if "Version" not in fields:
        return "unknown"
    return fields["Version"]


def _problem(plugin: Plugin, others: Dict[str, Plugin]) -> Optional[str]:
    if not plugin.name.isidentifier() or plugin.name.startswith("_"):
        return "the name must be a public identifier"
    if f"starlette.{plugin.name}" in MODULES:
        return f"the name is taken by the module starlette.{plugin.name}"
    if plugin.name in others:
        return "the name is registered twice"
    module, *attributes = plugin.target
    if not all(part.isidentifier() for part in (*module.split("."), *attributes)):
        return "the value must be like package.module:attribute"
    return None


def _allowed() -> Optional[FrozenSet[str]]:
    """The third parties that the environment names; None for all of them."""
    value = os.environ.get(VARIABLE, "").strip()
    if value.lower() in ("", "all"):
        return None
    if value.lower() == "off":
        return frozenset()
    return frozenset(normalized(name.strip()) for name in value.split(","))


def normalized(name: str) -> str:
    """Return the name of a distribution as an index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
