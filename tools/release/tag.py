"""Prints the tag of the version of DIST that is in the tree.

--create makes it, annotated with what the changelog says; --check only says
whether that could be done. Refused if there are changes that are not committed,
if the changelog does not have the version, or if the tag exists.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Iterator

from tools.members import Member
from tools.pins import version_of
from tools.release.changelog import section
from tools.release.family import Refused, changelog_of, named, tag_of
from tools.release.git import changes, git, has_tag

__all__ = ("add_arguments", "problems", "run")


def problems(member: Member, root: Path) -> Iterator[str]:
    """Why the tag cannot be made, one line each."""
    dirty = changes(root)
    if dirty:
        yield f"not committed: {', '.join(dirty)}"
    if not section(member, version_of(member)):
        path = changelog_of(member).relative_to(root).as_posix()
        yield f"{path} has no {version_of(member)}: `bump` writes it"
    if has_tag(root, tag_of(member)):
        yield f"the tag {tag_of(member)} exists"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("dist", metavar="DIST")
    does = parser.add_mutually_exclusive_group()
    does.add_argument("--check", action="store_true", help="whether it can be made")
    does.add_argument("--create", action="store_true", help="make it")


def run(options: argparse.Namespace, root: Path) -> int:
    """Print it, and make it if that is asked for."""
    member = named(options.dist, root)
    if options.check or options.create:
        wrong = list(problems(member, root))
        if wrong:
            raise Refused("\n".join(wrong))
    if options.create:
        version = version_of(member)
        message = f"{member.name} {version}\n\n{section(member, version)}"
        # As it is: headings begin with what git takes for comments.
        git(root, "tag", "-a", "--cleanup=whitespace", "-m", message, tag_of(member))
    print(tag_of(member))
    return 0
