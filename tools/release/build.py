"""Builds the sdist and the wheel of every DIST into a folder.

The same commit gives the same bytes: SOURCE_DATE_EPOCH is the time of the last
one. The build backend is the one that is installed here, and nothing is fetched.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.members import Member
from tools.pins import version_of
from tools.release.family import Refused, named
from tools.release.git import changes, commit_time
from tools.release.process import call

__all__ = ("Built", "add_arguments", "build", "built", "build_wheel", "run")


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
    _hatchling(member.folder, folder, epoch)
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
    _hatchling(member.folder, folder, epoch, "-t", "wheel")
    return built(member, folder).wheel


def _hatchling(project: Path, folder: Path, epoch: str, *options: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hatchling", "build", *options, "-d", str(folder)]
    call(command, project, {"SOURCE_DATE_EPOCH": epoch})


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
