"""Prints for each distribution its version, last tag, and news, and who needs it.

The last tag is that of the last release up to this commit; the news are the
fragments that no release has yet. Who needs it is read from the metadata: by its
name, or, where only an extra does, as NAME[EXTRA]. Below the table stand the pins
of the meta-package that are ahead of its last tag: its users get these with the
next release of the core.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.members import CORE, Member
from tools.pins import version_of
from tools.release.changelog import fragments
from tools.release.family import META, distributions, named, requirements_of
from tools.release.git import export, last_tag

__all__ = ("add_arguments", "needed_by", "pins_ahead", "run", "table")

_HEAD = ("distribution", "version", "last tag", "news", "needed by")


def needed_by(member: Member, root: Path) -> List[str]:
    """The distributions that depend on *member*, ``NAME[EXTRA]`` if an extra does."""
    names = []
    for other in distributions(root):
        if member.name in map(_name, requirements_of(other)):
            names.append(other.name)
            continue
        extras: Dict[str, List[str]] = other.metadata.get("optional-dependencies", {})
        for extra, texts in extras.items():
            wanted = {_name(Requirement(text)) for text in texts}
            if member.name in wanted and member.name != other.name:
                names.append(f"{other.name}[{extra}]")
    return names


def pins_ahead(root: Path) -> List[Tuple[str, str, str]]:
    """The members that the meta-package pins otherwise than at its last tag.

    Returns:
        Name, version that its last release pins, version in the tree. What the
        last release does not pin, or this one does not, has a ``-`` there.
    """
    meta = named(META, root)
    tag = last_tag(meta, root)
    if tag is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        before = _pins(export(meta, root, tag, Path(folder)))
    now = _pins(meta)
    names = sorted(set(before) | set(now))
    pairs = [(name, before.get(name, "-"), now.get(name, "-")) for name in names]
    return [(name, old, new) for name, old, new in pairs if old != new]


def table(root: Path) -> Iterator[Sequence[str]]:
    """The rows, the heading first."""
    yield _HEAD
    for member in distributions(root):
        news = "-" if member.name == META else str(len(fragments(member)))
        tag = last_tag(member, root) or "none"
        needed = ", ".join(needed_by(member, root)) or "-"
        yield member.name, version_of(member), tag, news, needed


def _name(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def _pins(meta: Member) -> Dict[str, str]:
    pins = {}
    for requirement in requirements_of(meta):
        for specifier in requirement.specifier:
            if specifier.operator == "==":
                pins[_name(requirement)] = specifier.version
    return pins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing: it shows all, and writes nothing."""


def run(options: argparse.Namespace, root: Path) -> int:
    """Print the table, and what the meta-package has ahead."""
    rows = list(table(root))
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        print("  ".join([*cells, row[-1]]).rstrip())
    ahead = pins_ahead(root)
    if ahead:
        print(f"\nThe pins of {META} are ahead of its last tag; users get them with")
        print(f"the next release of {CORE}:")
        print("\n".join(f"  {name} {old} -> {new}" for name, old, new in ahead))
    return 0
