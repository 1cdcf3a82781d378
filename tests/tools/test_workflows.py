"""The workflows follow the members, and promise no more than they must."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
import yaml

from tests.tools.family import write
from tools import workflows
from tools.members import ROOT, members

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="older environments have no TOML parser"
)

WORKFLOW = """\
on:
  push:
    tags:
      # >>> tags
      - "starlette-gone-v*"
      # <<<
jobs:
  tests:
    strategy:
      matrix:
        # >>> matrix
        # <<<
  siblings:
    strategy:
      matrix:
        distribution:
          # >>> distributions
          # <<<
"""

FILLED = """\
on:
  push:
    tags:
      # >>> tags
      - "starlette-core-v*"
      - "starlette-static-v*"
      - "starlette-v*"
      # <<<
jobs:
  tests:
    strategy:
      matrix:
        # >>> matrix
        distribution:
          - starlette-core
          - starlette-static
        python:
          - "3.9"
          - "3.10"
        exclude:
          - distribution: starlette-static
            python: "3.9"
        # <<<
  siblings:
    strategy:
      matrix:
        distribution:
          # >>> distributions
          - starlette-core
          - starlette-static
          # <<<
"""


def project(name: str, requires: str, *versions: str) -> str:
    """A ``pyproject.toml`` that promises *versions* of Python."""
    named = [f"Programming Language :: Python :: {version}" for version in versions]
    return (
        f'[project]\nname = "{name}"\nrequires-python = "{requires}"\n'
        f"classifiers = {['Typing :: Typed', *named]}\n"
    )


def make(root: Path, workflow: str = WORKFLOW) -> Path:
    """A family of two, one of which has left a version of Python behind."""
    write(root / "pyproject.toml", project("starlette", ">=3.9"))
    core = project("starlette-core", ">=3.9", "3 :: Only", "3.9", "3.10")
    write(root / "packages/starlette-core/pyproject.toml", core)
    static = project("starlette-static", ">=3.10", "3.9", "3.10")
    write(root / "packages/starlette-static/pyproject.toml", static)
    write(root / ".github/workflows/ci.yml", workflow)
    return root


def test_check_shows_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A member that a workflow does not name fails the check, and so does one too many.
    """
    root = make(tmp_path)

    status = workflows.main(["--check"], root)

    lines = capsys.readouterr().out.splitlines()
    assert status == 1
    assert "--- .github/workflows/ci.yml\tas it is" in lines
    assert '+      - "starlette-static-v*"' in lines
    assert '-      - "starlette-gone-v*"' in lines


def test_write_fills_the_regions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    All members stand in them, on no Python but those that their metadata promise.
    """
    root = make(tmp_path)

    assert workflows.main(["--write"], root) == 0
    assert workflows.main([], root) == 0

    text = (root / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert text == FILLED
    assert capsys.readouterr().out == "the workflows name every member\n"


def test_an_unknown_region_is_refused(tmp_path: Path) -> None:
    """
    The error names the regions that there are.
    """
    root = make(tmp_path, "# >>> members\n# <<<\n")

    with pytest.raises(ValueError, match="must be one of distributions, matrix, tags"):
        workflows.main(["--write"], root)


@pytest.mark.parametrize(
    "text",
    ["# >>> tags\n", "  # >>> tags\n# <<<\n", "# >>> tags\n# <<<\n# >>> tags\n"],
)
def test_a_region_without_an_end_is_refused(text: str, tmp_path: Path) -> None:
    """
    Nothing is written where it is not clear what would be written over.
    """
    root = make(tmp_path, text)

    with pytest.raises(ValueError, match="has no end"):
        workflows.main(["--write"], root)

    assert (root / ".github/workflows/ci.yml").read_text(encoding="utf-8") == text


def test_a_member_without_a_python_is_refused(tmp_path: Path) -> None:
    """
    It would be in the matrix, and be tested nowhere.
    """
    root = make(tmp_path)
    static = root / "packages/starlette-static/pyproject.toml"
    write(static, project("starlette-static", ">=3.14", "3.9", "3.10"))

    with pytest.raises(ValueError, match="promises no version of Python"):
        workflows.main(["--check"], root)


@pytest.mark.parametrize("argument, status", [("--help", 0), ("--what", 2)])
def test_usage(argument: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Help is asked for with success, and shown for a wrong argument.
    """
    assert workflows.main([argument]) == status
    assert "usage:" in capsys.readouterr().out


# -- The workflows of this repository ----------------------------------------


def read(name: str) -> Dict[str, Any]:
    """A workflow of this repository."""
    text = (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")
    content: Dict[str, Any] = yaml.safe_load(text)
    return content


def jobs() -> Iterator[Tuple[str, Dict[str, Any]]]:
    """Every job of every workflow, with a name that says where it is."""
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        for name, job in read(path.name)["jobs"].items():
            yield f"{path.stem}: {name}", job


every_job = pytest.mark.parametrize(
    "job", [pytest.param(job, id=name) for name, job in jobs()]
)


@every_job
def test_a_job_has_limits(job: Dict[str, Any]) -> None:
    """
    It ends by itself, may do what it says and no more, and leaves no token behind.
    """
    checkouts = [
        step["with"]
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]

    assert job["timeout-minutes"] <= 90
    assert isinstance(job["permissions"], dict)
    assert all(each["persist-credentials"] is False for each in checkouts)


@every_job
def test_an_action_is_one_commit(job: Dict[str, Any]) -> None:
    """
    What runs is named by its full hash, which nobody can move.
    """
    used = [step["uses"] for step in job["steps"] if "uses" in step]

    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in used)


def test_only_the_upload_can_say_who_it_is() -> None:
    """
    No other job may ask for a token of identity, and that one runs no code of ours.
    """
    trusted = [name for name, job in jobs() if "id-token" in job["permissions"]]
    publish = read("release.yml")["jobs"]["publish"]

    assert trusted == ["release: publish"]
    assert publish["needs"] == "build"
    assert publish["environment"]
    assert all("run" not in step for step in publish["steps"])


def test_nothing_is_allowed_by_default() -> None:
    """
    A job that forgets to say what it needs gets nothing, and writes nothing.
    """
    contents = [job["permissions"].get("contents", "read") for _, job in jobs()]

    assert read("ci.yml")["permissions"] == {}
    assert read("release.yml")["permissions"] == {}
    assert set(contents) == {"read"}


def test_one_job_waits_for_all_others() -> None:
    """
    A branch that requires it requires everything, whatever the matrix becomes.
    """
    ci = read("ci.yml")["jobs"]
    others = [name for name in ci if name != "green"]

    assert ci["green"]["needs"] == others
    assert ci["green"]["if"] == "always()"


def test_every_member_is_released_by_its_tag() -> None:
    """
    Its own prefix does it, and no pattern belongs to two.
    """
    # YAML 1.1 reads the key `on` as true.
    workflow: Dict[Any, Any] = read("release.yml")
    patterns: List[str] = workflow[True]["push"]["tags"]
    names = [*(member.name for member in members()), "starlette"]

    assert patterns == [f"{name}-v*" for name in names]
