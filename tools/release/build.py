"""Builds the sdist and the wheel of every DIST into a folder.

The same commit gives the same bytes: SOURCE_DATE_EPOCH is the time of the last
one. The build backend is the one that is installed here, and nothing is fetched.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List, Sequence

from tools.members import Member
from tools.pins import version_of
from tools.release.family import Refused, named
from tools.release.git import changes, commit_time
from tools.release.process import call

__all__ = (
    "Built",
    "add_arguments",
    "build",
    "build_wheel",
    "build_wheels",
    "built",
    "run",
)


@dataclass(frozen=True)
class Built:
    """The two files of a release.

    Attributes:
        sdist: The source distribution.
        wheel: The wheel.
    """

    sdist: Path
    wheel: Path


def built(member: Member, folder: Path) -> Built:
    """The paths in *folder* of what is built from the version in the tree."""
    stem = f"{member.name.replace('-', '_')}-{version_of(member)}"
    return Built(folder / f"{stem}.tar.gz", folder / f"{stem}-py3-none-any.whl")


def build(member: Member, folder: Path, epoch: str) -> Built:
    """Build *member* into *folder*.

    Args:
        member: Where its sources are; this need not be the tree.
        folder: Made if it is missing.
        epoch: The time that is written into archives, in seconds since 1970.

    Raises:
        Refused: If the backend does not build it, or builds something else.
    """
    _call_hooks(["build_sdist", "build_wheel"], [member], folder, epoch)
    paths = built(member, folder)
    for path in (paths.sdist, paths.wheel):
        if not path.is_file():
            raise Refused(f"{path.name} was to be built, but was not")
    return paths


def build_wheel(member: Member, folder: Path, epoch: str) -> Path:
    """Build only the wheel of *member*, as ``build`` does.

    Raises:
        Refused: If the backend does not build it.
    """
    (wheel,) = build_wheels([member], folder, epoch)
    return wheel


def build_wheels(family: Sequence[Member], folder: Path, epoch: str) -> List[Path]:
    """Build only the wheels of several, as ``build`` does, in their order.

    Raises:
        Refused: If the backend does not build one.
    """
    _call_hooks(["build_wheel"], family, folder, epoch)
    return [built(member, folder).wheel for member in family]


# What frontends call (PEP 517), for many projects in one process: most of the time
# of a build is the start of Python.
_HOOKS = """
import os, sys
from hatchling import build

folder, hooks, *projects = sys.argv[1:]
for project in projects:
    os.chdir(project)
    for hook in hooks.split():
        getattr(build, hook)(folder)
"""


def _call_hooks(
    hooks: Sequence[str], family: Sequence[Member], folder: Path, epoch: str
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    projects = [str(member.folder) for member in family]
    command = [sys.executable, "-c", _HOOKS, str(folder), " ".join(hooks), *projects]
    call(command, folder, {"SOURCE_DATE_EPOCH": epoch})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("dist", metavar="DIST", nargs="+")
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("dist"))
    parser.add_argument(
        "--check", action="store_true", help="only say what would be built"
    )


def run(options: argparse.Namespace, root: Path) -> int:
    """Build them and print the paths."""
    wanted = [named(name, root) for name in options.dist]
    folder = options.out.absolute()
    epoch = commit_time(root)
    if changes(root):
        print("note: the tree has changes that are not committed", file=sys.stderr)
    for member in wanted:
        paths = built(member, folder)
        if not options.check:
            build(member, folder, epoch)
        print(f"{paths.sdist}\n{paths.wheel}")
    return 0
