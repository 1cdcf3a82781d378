"""Moves the version of DIST, and everything that goes with it.

The version lives in one place: `src/starlette/_version.py` of the core, and
`[project]` of every other member. With it move the pins of the meta-package, and
for the core the version of the meta-package too. The fragments of news become a
section of the changelog, and go. Nothing is committed.

Refused without news, unless --allow-empty says that this is meant. The part `none`
releases the version that is there: the first one of a distribution.
"""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path
from typing import List

from tools import pins
from tools.members import CORE, Member, members, read_toml
from tools.release import changelog
from tools.release.family import META, Refused, named, tag_of
from tools.release.git import has_tag
from tools.release.versions import PARTS, bumped

__all__ = ("add_arguments", "run", "version_file", "write_version")

# The line of the version in a project's table, and in a file of its own.
_LINE = re.compile(r'^(version|__version__) = "[^"]*"$', re.MULTILINE)


def version_file(member: Member) -> Path:
    """The one file that says which version *member* has."""
    if "version" in member.metadata:
        return member.folder / "pyproject.toml"
    config = read_toml(member.folder / "pyproject.toml")
    return member.folder / str(config["tool"]["hatch"]["version"]["path"])


def write_version(member: Member, version: str) -> None:
    """Write *version* where the version of *member* lives.

    Raises:
        Refused: If there is no such line, or the line is another version's.
    """
    path = version_file(member)
    text = path.read_text(encoding="utf-8")
    path.write_text(_LINE.sub(rf'\1 = "{version}"', text, count=1), encoding="utf-8")
    if pins.version_of(member) != version:
        path.write_text(text, encoding="utf-8")
        raise Refused(f'{path} has no line `version = "..."` that says it')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("dist", metavar="DIST")
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--check", action="store_true", help="only say what it does")
    parser.add_argument("--date", type=_date, help="of the release, default: today")
    parser.add_argument("--allow-empty", action="store_true", help="without news")


def run(options: argparse.Namespace, root: Path) -> int:
    """Move it, or say what would be moved."""
    member = named(options.dist, root)
    if member.name == META:
        raise Refused(f"{META} has the version of {CORE}: bump {CORE}")
    news = _news(member, root, allow_empty=options.allow_empty)
    old = pins.version_of(member)
    new = bumped(old, options.part)
    if new == old and has_tag(root, tag_of(member)):
        raise Refused(f"{member.name} {old} is released: {tag_of(member)}")
    print(f"{member.name} {old} -> {new}, news: {len(news)}")
    if options.check:
        print(f"\n{changelog.draft(member, root, new, options.date)}", end="")
        return 0

    # First, because it is the step that another program may refuse.
    changelog.write(member, root, new, options.date)
    write_version(member, new)
    path = root / "pyproject.toml"
    text = pins.written(path.read_text(encoding="utf-8"), members(root))
    path.write_text(text, encoding="utf-8")
    print(f"next: git commit -a -m 'Release {member.name} {new}'")
    tagged = [member.name, META] if member.name == CORE else [member.name]
    for name in tagged:
        print(f"      python -m tools tag {name} --create")
    return 0


def _date(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _news(member: Member, root: Path, *, allow_empty: bool) -> List[Path]:
    wrong = list(changelog.problems(member, root))
    if wrong:
        raise Refused("\n".join(wrong))
    news = changelog.fragments(member)
    if not news and not allow_empty:
        folder = (member.folder / "changes").relative_to(root).as_posix()
        raise Refused(f"{folder} has no news; --allow-empty releases without")
    return news
