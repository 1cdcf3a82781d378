"""The test command: what it starts, where, and how it judges."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import List, Tuple

import pytest

from tests.tools.family import make, write
from tools import suite

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake is a shell script")

FOUND = {(3, 8): Path("/one/python3.8"), (3, 11): Path("/two/python3.11")}

# Poses as hatch: notes its arguments and the first entry of its PATH, ends like
# pytest, and fails if its arguments have the word of the file `fail`.
HATCH = """#!/bin/sh
cd "$(dirname "$0")"
echo "${PATH%%:*} $VIRTUAL_ENV $*" >> calls
echo "== 3 passed in 0.1s =="
case "$*" in
  *"$(cat fail)"*) exit 3 ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A small family with a hatch of its own beside it."""
    make(tmp_path)
    write(tmp_path / "hatch", HATCH)
    (tmp_path / "hatch").chmod(0o755)
    write(tmp_path / "fail", "nothing that is ever asked for")
    return tmp_path


def make_suite(machine: Path) -> suite.Suite:
    return suite.Suite(FOUND, [str(machine / "hatch")], machine)


def calls(machine: Path) -> List[str]:
    return (machine / "calls").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "found, expected",
    [
        ([(3, 8), (3, 11), (3, 13)], (3, 11)),
        ([(3, 8), (3, 10), (3, 9)], (3, 10)),
    ],
)
def test_everything_runs_on_311_or_the_newest(
    found: List[Tuple[int, int]], expected: Tuple[int, int]
) -> None:
    """
    3.11 is preferred to newer ones; without it the newest there is will do.
    """
    assert suite.main_version(found) == expected


def test_a_machine_without_python_is_told_so() -> None:
    """
    The message says which versions would do.
    """
    with pytest.raises(SystemExit, match=r"3\.8 to 3\.13"):
        suite.main_version([])


def test_hatch_is_found_beside_its_uv(machine: Path) -> None:
    """
    A hatch that was called by its path need not be on PATH.
    """
    environ = {"HATCH_UV": str(machine / "uv"), "PATH": "/nonexistent"}

    assert suite.hatch_command(environ) == [str(machine / "hatch")]


def test_hatch_is_found_on_path(machine: Path) -> None:
    """
    Without a word from hatch, PATH is looked through.
    """
    assert suite.hatch_command({"PATH": str(machine)}) == [str(machine / "hatch")]


def test_no_hatch_is_an_error() -> None:
    """
    The message says how to start the tests instead.
    """
    with pytest.raises(SystemExit, match="hatch run test"):
        suite.hatch_command({"PATH": "/nonexistent"})


def test_everything_is_measured_and_judged_on_311(machine: Path) -> None:
    """
    Old measurements go; tests, those of GraphQL with both lines of graphql-core,
    then the report that fails below 100 %.
    """
    write(machine / ".coverage.old")

    run = make_suite(machine).everything((3, 11))

    assert run.status == 0
    assert run.last == "3 passed in 0.1s"
    assert not (machine / ".coverage.old").exists()
    tests = " ".join(["run python -m coverage run -m pytest", *suite.LAST_RESORT])
    assert [call.partition("-e ")[2] for call in calls(machine)] == [
        f"test.py3.11 {tests}",
        f"test-graphql32 {tests} packages/starlette-graphql/tests",
        "test.py3.11 run python -m coverage combine --quiet",
        "test.py3.11 run python -m coverage report --fail-under=100",
    ]


def test_coverage_is_reported_and_not_judged_elsewhere(machine: Path) -> None:
    """
    Other versions leave out other branches: nothing is asked of the figure.
    """
    make_suite(machine).everything((3, 8))

    assert calls(machine)[-1].endswith("coverage report --fail-under=0")
    assert not any("test-graphql32" in call for call in calls(machine))


@pytest.mark.parametrize("step", ["coverage run", "test-graphql32", "coverage report"])
def test_a_step_that_fails_fails_the_run(machine: Path, step: str) -> None:
    """
    Tests that fail and coverage that is too low both give its status.
    """
    write(machine / "fail", step)

    assert make_suite(machine).everything((3, 11)).status == 3


def test_each_interpreter_comes_first_on_path(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    hatch finds the very interpreter, and no environment that is active here.
    """
    monkeypatch.setenv("VIRTUAL_ENV", "/active")

    make_suite(machine).selected((3, 8), ["-k", "x"])

    assert calls(machine) == ["/one  -e test.py3.8 run python -m pytest -k x"]


def test_other_interpreters_run_the_tests_of_the_packages(machine: Path) -> None:
    """
    Environments are made one by one, then each runs every package's tests.
    """
    runs = make_suite(machine).packages([(3, 8), (3, 11)])

    tests = machine / "packages" / "starlette-static" / "tests"
    assert [run.status for run in runs] == [0, 0]
    assert [call.endswith("--version") for call in calls(machine)[:2]] == [True] * 2
    assert all(call.endswith(f" {tests}") for call in calls(machine)[2:])


def test_failures_elsewhere_are_shown(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    What runs in parallel is quiet, until it fails.
    """
    write(machine / "fail", "py3.8")

    (run,) = make_suite(machine).packages([(3, 8)])

    assert str(run).startswith("Python 3.8  FAILED (status 3)")
    assert "--- Python 3.8:\n== 3 passed" in capsys.readouterr().out


def test_help_is_the_documentation(capsys: pytest.CaptureFixture[str]) -> None:
    """
    ``hatch run test --help`` says what runs where.
    """
    assert suite.main(["--help"]) == 0
    assert "With arguments, these go to pytest" in capsys.readouterr().out


@pytest.fixture
def command(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command itself on that machine, with this interpreter alone."""
    version = sys.version_info[:2]
    monkeypatch.setenv("HATCH_UV", str(machine / "uv"))
    monkeypatch.setattr(suite, "find", lambda: {version: Path(sys.executable)})
    # Not this checkout, whose measurements would be erased.
    monkeypatch.setattr(suite, "ROOT", machine)
    return machine


def test_arguments_go_to_pytest(command: Path) -> None:
    """
    With arguments pytest runs once, and its status is the command's.
    """
    write(command / "fail", "-k x")

    assert suite.main(["-k", "x"]) == 3
    assert len(calls(command)) == 1


def test_the_command_sums_up(command: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    The last lines say for each interpreter how it went.
    """
    assert suite.main([]) == 0
    assert capsys.readouterr().out.endswith("3 passed in 0.1s\n")
