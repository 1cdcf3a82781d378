"""Runs the tests of DIST beside siblings from the tree, at the floor, or newest.

DIST is installed from its wheel, into an empty environment. The siblings that it
depends on, and starlette-testing for the tests, are

  --at tree     built from this tree
  --at floor    the oldest that its metadata allows: built from the tag of that
                version, or this tree's while that has the version and no tag is
                there yet, or taken from --index
  --at newest   the newest that --index has

Other libraries are those of the metadata and of the environment `test`, from where
this machine gets packages. Members are never looked for there: others may have
published something of that name. Other arguments go to pytest, as `-k name`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from packaging.requirements import Requirement
from packaging.version import Version

from tools.members import CORE, Member
from tools.pins import version_of
from tools.release.build import build_wheel
from tools.release.environment import Environment, Part
from tools.release.family import Refused, named, siblings_of, tag_prefix
from tools.release.git import commit_time, export, has_tag, versions

__all__ = ("Siblings", "add_arguments", "floor_of", "run")

TESTING = "starlette-testing"


def floor_of(requirement: Requirement) -> Version:
    """The oldest version that *requirement* allows.

    Raises:
        Refused: If it has no lower bound.
    """
    for specifier in requirement.specifier:
        if specifier.operator == ">=":
            return Version(specifier.version)
    raise Refused(f"{requirement} has no floor")


class Siblings:
    """Finds the members that stand beside one in an environment.

    Args:
        member: Whose tests are to be run.
        root: The monorepo.
        folder: A folder for what is built.
        index: Where indexed members are taken from.
    """

    def __init__(
        self, member: Member, root: Path, folder: Path, index: Optional[str]
    ) -> None:
        self.member = member
        self.root = root
        self.folder = folder
        self.index = index
        # What the metadata asks for, and what the tests do.
        self.wanted: Dict[str, Requirement] = siblings_of(member, root)
        if member.name != TESTING:
            self.wanted.setdefault(TESTING, Requirement(TESTING))
            testing = named(TESTING, root)
            for name, requirement in siblings_of(testing, root).items():
                if name != member.name:
                    self.wanted.setdefault(name, requirement)

    def parts(self, at: str) -> List[Part]:
        """The member itself, and its siblings as *at* says.

        Raises:
            Refused: If one cannot be had.
        """
        find = {"tree": self._tree, "floor": self._floor, "newest": self._newest}[at]
        itself = self._tree(self.member.name)
        return [itself, *(find(name) for name in sorted(self.wanted))]

    def _tree(self, name: str) -> Part:
        member = named(name, self.root)
        return Part(name, "the tree", self._build(member, "HEAD", "tree"))

    def _newest(self, name: str) -> Part:
        if self.index is None:
            raise Refused("the newest is that of an index: --index URL")
        # As an installer would choose for a user: the newest that is allowed.
        return Part(name, "the index", str(self.wanted[name]), self.index)

    def _floor(self, name: str) -> Part:
        if name == TESTING:
            return self._testing()
        floor = floor_of(self.wanted[name])
        member = named(name, self.root)
        if has_tag(self.root, f"{tag_prefix(member)}{floor}"):
            return self._tagged(member, floor)
        if version_of(member) == str(floor):
            part = self._tree(name)
            return Part(name, f"the tree, for want of a tag of {floor}", part.what)
        if self.index is None:
            tag = f"{tag_prefix(member)}{floor}"
            raise Refused(f"there is no tag {tag}: get {floor} with --index URL")
        return Part(name, "the index", f"{name}=={floor}", self.index)

    def _testing(self) -> Part:
        """The newest that works with the core at the floor.

        The tests are those of the tree, and the newest fakes suit them best; the
        member under test does not depend on it, so it has no floor.
        """
        testing = named(TESTING, self.root)
        core = self.wanted.get(CORE)
        if core is None or _fits(testing, floor_of(core), self.root):
            return self._tree(TESTING)
        for version in reversed(versions(testing, self.root)):
            tag = f"{tag_prefix(testing)}{version}"
            old = export(testing, self.root, tag, self.folder / f"tree-of-{tag}")
            if _fits(old, floor_of(core), self.root):
                return self._tagged(testing, version)
        raise Refused(f"no {TESTING} works with {CORE} {floor_of(core)}")

    def _tagged(self, member: Member, version: Version) -> Part:
        tag = f"{tag_prefix(member)}{version}"
        old = export(member, self.root, tag, self.folder / f"tree-of-{tag}")
        return Part(member.name, f"the tag {tag}", self._build(old, tag, tag))

    def _build(self, member: Member, ref: str, name: str) -> str:
        epoch = commit_time(self.root, ref)
        return str(build_wheel(member, self.folder / f"wheels-of-{name}", epoch))


def _fits(testing: Member, core: Version, root: Path) -> bool:
    return core in siblings_of(testing, root)[CORE].specifier


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("dist", metavar="DIST")
    parser.add_argument("--at", required=True, choices=("tree", "floor", "newest"))
    parser.add_argument("--index", metavar="URL", help="a simple index of the family")


def run(options: argparse.Namespace, root: Path) -> int:
    """Make the environment and run the tests; the status is theirs."""
    member = named(options.dist, root)
    if not member.tests.is_dir():
        raise Refused(f"{member.name} has no tests of its own")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = Siblings(member, root, folder, options.index).parts(options.at)
        environment = Environment(folder / "env", root)
        environment.add_members(parts)
        there = environment.installed()
        for part in parts:
            print(f"{part.name} {there[part.name].version}: {part.origin}", flush=True)
        environment.add_libraries()
        return _test(environment.python, member, root, options.passed_on)


def _test(python: Path, member: Member, root: Path, options: Sequence[str]) -> int:
    # What measures or directs the tests of this tree is not meant for these.
    passed = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("COVERAGE_", "COV_", "PYTEST_", "PYTHONPATH"))
    }
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [*options, str(member.tests)]
    return subprocess.run(command, cwd=root, env=passed, check=False).returncode
