"""Builds DIST and looks at the files as an index and its users will.

They must have complete metadata, pass `twine check --strict`, hold no test and no
file that another member of the family has, and the sdist must build the very same
wheel. Against the last release it prints which files came and went; a public
module that went needs a release that may break programs.

The last release is that of the last tag, built anew, or what --last names: a
wheel, or a folder from which the newest wheel of DIST is taken. With --out the
files that `build` put there are looked at.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Optional

from tools import pins, wheels
from tools.members import Member, members
from tools.release import contents
from tools.release.build import Built, build, build_wheel, build_wheels, built
from tools.release.family import META, Refused, named
from tools.release.git import commit_time, export, tag_before
from tools.release.process import call

__all__ = ("Checker", "add_arguments", "run")


class Checker:
    """Checks releases of one tree.

    The wheels of the whole family are built once, and only if they are needed.

    Args:
        root: The monorepo.
        folder: A folder for what is built; nobody else may write to it.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.epoch = commit_time(root)
        self._family: Dict[str, Path] = {}

    def problems(self, member: Member, files: Built) -> List[str]:
        """What is wrong with the files of *member*, one line each.

        Raises:
            Refused: If something that is compared cannot be built.
        """
        return [
            *contents.metadata_problems(member, files.wheel),
            *self._owners(member, files.wheel),
            *self._sdist(member, files),
            *self._twine(files),
            *self._pins(member),
        ]

    def last(self, member: Member, given: Optional[Path]) -> Optional[Path]:
        """The wheel of the last release; ``None`` before the first.

        Raises:
            Refused: If *given* has none.
        """
        if given is not None:
            return _newest(member, given)
        tag = tag_before(member, self.root)
        if tag is None:
            return None
        old = export(member, self.root, tag, self.folder / f"tree-of-{tag}")
        epoch = commit_time(self.root, tag)
        return build_wheel(old, self.folder / f"wheel-of-{tag}", epoch)

    def _owners(self, member: Member, wheel: Path) -> List[str]:
        if not self._family:
            family = members(self.root)
            paths = build_wheels(family, self.folder / "family", self.epoch)
            self._family = {one.name: path for one, path in zip(family, paths)}
        others = {**self._family, member.name: wheel}
        return wheels.problems(list(others.values()))

    def _sdist(self, member: Member, files: Built) -> Iterator[str]:
        project = contents.unpack(files.sdist, self.folder / f"sdist-{member.name}")
        if not project.is_dir():
            yield f"{files.sdist.name}: has no folder {project.name}"
            return
        again = build_wheel(
            Member(member.name, project),
            self.folder / f"again-{member.name}",
            self.epoch,
        )
        for name in contents.differences(files.wheel, again):
            yield f"{files.sdist.name}: its wheel has another {name}"

    def _twine(self, files: Built) -> Iterator[str]:
        paths = [str(files.sdist), str(files.wheel)]
        command = [sys.executable, "-m", "twine", "--no-color", "check", "--strict"]
        try:
            call([*command, *paths], self.root)
        except Refused as error:
            yield str(error)

    def _pins(self, member: Member) -> Iterator[str]:
        if member.name == META:
            text = (self.root / "pyproject.toml").read_text(encoding="utf-8")
            if pins.written(text, members(self.root)) != text:
                yield "the pins are not those of the tree: python -m tools.pins --check"


def _newest(member: Member, given: Path) -> Path:
    """The wheel that is given, or the newest of *member* in the given folder."""
    if given.is_file():
        return given
    name = member.name.replace("-", "_")
    found = sorted(given.glob(f"{name}-*.whl"), key=contents.version_in)
    if not found:
        raise Refused(f"{given} has no wheel of {member.name}")
    return found[-1]


def report(old: Optional[Path], new: Path) -> Iterator[str]:
    """What came and went since the last release, to be read."""
    if old is None:
        yield "no release before this one to compare with"
        return
    came, went = contents.came_and_went(old, new)
    yield f"since {contents.version_in(old)}: {len(came)} files came, {len(went)} went"
    yield from (f"  + {name}" for name in came)
    yield from (f"  - {name}" for name in went)


def check(
    checker: Checker, member: Member, files: Built, last: Optional[Path] = None
) -> bool:
    """Print what there is to say about *files*, and whether they are all right."""
    print(f"{files.sdist.name}\n{files.wheel.name}")
    lines = checker.problems(member, files)
    old = checker.last(member, last)
    print("\n".join(report(old, files.wheel)))
    lines += contents.lost_modules(old, files.wheel) if old else []
    print("\n".join(f"wrong: {line}" for line in lines) or "all right")
    return not lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("dist", metavar="DIST")
    parser.add_argument("--out", metavar="DIR", type=Path, help="what was built")
    parser.add_argument("--last", metavar="WHEEL|DIR", type=Path, help="compare with")


def run(options: argparse.Namespace, root: Path) -> int:
    """Check; 1 if something is wrong."""
    member = named(options.dist, root)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checker = Checker(root, folder)
        if options.out is None:
            files = build(member, folder / "dist", checker.epoch)
        else:
            files = built(member, options.out.absolute())
        for path in (files.sdist, files.wheel):
            if not path.is_file():
                raise Refused(f"{path} is missing; `build` makes it")
        return 0 if check(checker, member, files, options.last) else 1
