"""What the ``pyproject.toml`` of every member must say, whoever wrote it."""

from __future__ import annotations

import re
import sys
from typing import Any, Dict, List

import pytest

from tools.members import CORE, ROOT, Member, members, read_toml

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="older environments have no TOML parser"
)

every_member = pytest.mark.parametrize("member", members(), ids=lambda m: m.name)

every_satellite = pytest.mark.parametrize(
    "member", [m for m in members() if m.name != CORE], ids=lambda m: m.name
)


def name_of(requirement: str) -> str:
    """``httpx`` of ``httpx>=0.27; python_version > "3"``."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found[0].lower().replace("_", "-")


def meta() -> Dict[str, Any]:
    """The ``[project]`` table of the meta-package."""
    project: Dict[str, Any] = read_toml(ROOT / "pyproject.toml")["project"]
    return project


@every_member
def test_a_member_has_its_papers(member: Member) -> None:
    """
    A README, a changelog with a folder for news, and the family's licence.
    """
    folder = member.folder

    assert (folder / "README.md").is_file()
    assert (folder / "CHANGELOG.md").is_file()
    assert (folder / "changes").is_dir()
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@every_member
def test_a_member_is_described_like_the_others(member: Member) -> None:
    """
    Python, licence and classifiers of versions are the same for all.
    """
    project = member.metadata

    assert project["requires-python"] == meta()["requires-python"]
    # And what comes with it from others, if anything does: their files name it.
    ours, *others = project["license"].split(" AND ")
    assert ours == meta()["license"]
    assert project["license-files"][0] == "LICENSE"
    assert bool(others) == (len(project["license-files"]) > 1)
    assert project["readme"] == "README.md"
    assert pythons(project) == pythons(meta())


def pythons(project: Dict[str, Any]) -> List[str]:
    """The classifiers that name a version of Python."""
    return [line for line in project["classifiers"] if "Python ::" in line]


def test_the_matrix_is_what_the_classifiers_promise() -> None:
    """
    Every version that is promised has an environment to be tested in.
    """
    config = read_toml(ROOT / "pyproject.toml")
    (matrix,) = config["tool"]["hatch"]["envs"]["test"]["matrix"]
    promised = [line.rpartition(" ")[2] for line in pythons(meta())]

    assert matrix["python"] == [version for version in promised if "." in version]


def test_the_core_depends_on_nothing() -> None:
    """
    What the core can use is in its extras.
    """
    core = next(member for member in members() if member.name == CORE)

    assert core.metadata["dependencies"] == []


@every_satellite
def test_a_satellite_depends_on_the_core_alone(member: Member) -> None:
    """
    It states the floor that is tested, no cap below 1, and names no sibling.
    """
    family = [m.name for m in members()]
    requirements = member.metadata["dependencies"]
    siblings = [r for r in requirements if name_of(r) in family]

    assert len(siblings) == 1
    assert re.fullmatch(rf"{CORE}>=\d+\.\d+\.\d+,<1", siblings[0])


@every_satellite
def test_the_core_has_an_extra_for_each_satellite(member: Member) -> None:
    """
    ``starlette-core[static]`` installs starlette-static.
    """
    core = next(m for m in members() if m.name == CORE)
    extra = member.name.partition("-")[2]

    assert core.metadata["optional-dependencies"][extra] == [member.name]


@every_member
def test_every_third_party_requirement_has_a_floor(member: Member) -> None:
    """
    A requirement without a lower bound says that nothing was tried.
    """
    project = member.metadata
    extras = project.get("optional-dependencies", {}).values()
    requirements = [*project["dependencies"], *(r for extra in extras for r in extra)]
    family = [m.name for m in members()]

    assert [r for r in requirements if name_of(r) not in family and ">=" not in r] == []
