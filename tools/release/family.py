"""What can be released: the members, and the meta-package.

The one error of the release tools is here as well.  Where a version lives is the
matter of ``tools.pins``, which reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.members import CORE, Member, members
from tools.pins import version_of

__all__ = (
    "META",
    "Refused",
    "changelog_of",
    "distributions",
    "named",
    "requirements_of",
    "siblings_of",
    "tag_of",
    "tag_prefix",
)

# Of the root: no code, and always the version of the core.
META = "starlette"


class Refused(Exception):
    """A release tool does not do what was asked; the message says why."""


def distributions(root: Path) -> List[Member]:
    """Every member, sorted by name, and the meta-package last."""
    return [*members(root), Member(META, root)]


def named(name: str, root: Path) -> Member:
    """The distribution that is called *name*.

    Raises:
        Refused: If there is none; the message has the right names.
    """
    family = {member.name: member for member in distributions(root)}
    if name not in family:
        right = ", ".join(family)
        raise Refused(f"there is no distribution {name!r}; there are {right}")
    return family[name]


def tag_prefix(member: Member) -> str:
    """What the tags of its releases begin with: ``starlette-static-v``."""
    return f"{member.name}-v"


def tag_of(member: Member) -> str:
    """The tag of the version that is in the tree."""
    return tag_prefix(member) + version_of(member)


def changelog_of(member: Member) -> Path:
    """Its changelog; the meta-package's news are those of the core."""
    if member.name == META:
        return member.folder / "packages" / CORE / "CHANGELOG.md"
    return member.folder / "CHANGELOG.md"


def requirements_of(member: Member) -> List[Requirement]:
    """What it depends on, without its extras."""
    return [Requirement(text) for text in member.metadata.get("dependencies", [])]


def siblings_of(member: Member, root: Path) -> Dict[str, Requirement]:
    """Those of its dependencies that are members, by name."""
    family = [sibling.name for sibling in members(root)]
    wanted = {canonicalize_name(r.name): r for r in requirements_of(member)}
    return {name: r for name, r in wanted.items() if name in family}
