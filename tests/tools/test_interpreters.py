"""Finding interpreters, with small programs that pose as one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tools import interpreters

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fakes are shell scripts")


def fake(path: Path, body: str) -> Path:
    """A program at *path* that runs *body* in the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def claims(path: Path, version: str) -> Path:
    """A program that says that it is Python *version*."""
    major, minor, *_ = version.split(".")
    return fake(path, f"echo {major} {minor} {path}")


def test_the_running_interpreter_is_found() -> None:
    """
    What runs the tests is itself one of the interpreters of the machine.
    """
    version = sys.version_info[:2]

    answer = interpreters.probe(Path(sys.executable))

    assert answer is not None
    assert answer[0] == version
    assert interpreters.find({"HOME": "/nonexistent"}) == {version: answer[1]}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("echo 'python3.8: command not found' >&2; exit 127", id="shim"),
        pytest.param("exit 0", id="says-nothing"),
        pytest.param("echo nonsense", id="says-something-else"),
    ],
)
def test_a_program_that_does_not_answer_is_no_interpreter(
    body: str, tmp_path: Path
) -> None:
    """
    Being on PATH under the right name is not enough.
    """
    assert interpreters.probe(fake(tmp_path / "python3.8", body)) is None


def test_a_missing_program_is_no_interpreter(tmp_path: Path) -> None:
    """
    A candidate that cannot be run is passed over.
    """
    assert interpreters.probe(tmp_path / "python3.8") is None


def test_pyenv_is_looked_through_newest_release_first(tmp_path: Path) -> None:
    """
    Releases are compared as numbers, and pyenv's come before those of PATH.
    """
    versions = tmp_path / "pyenv" / "versions"
    claims(versions / "3.8.9" / "bin" / "python3.8", "3.8.9")
    newest = claims(versions / "3.8.18" / "bin" / "python3.8", "3.8.18")
    claims(tmp_path / "bin" / "python3.8", "3.8.20")
    environ = {"PYENV_ROOT": str(tmp_path / "pyenv"), "PATH": str(tmp_path / "bin")}

    found = interpreters.find(environ)

    assert found[(3, 8)] == newest


def test_pyenv_is_found_in_the_home_folder(tmp_path: Path) -> None:
    """
    Without ``PYENV_ROOT`` it is ``~/.pyenv``.
    """
    there = claims(tmp_path / ".pyenv/versions/3.9.1/bin/python3.9", "3.9.1")

    found = interpreters.find({"HOME": str(tmp_path)})

    assert found[(3, 9)] == there


def test_a_plain_python3_counts_if_it_is_supported(tmp_path: Path) -> None:
    """
    The name does not say the version: the interpreter is asked.
    """
    there = claims(tmp_path / "new" / "python3", "3.12.1")
    claims(tmp_path / "old" / "python3", "3.7.16")
    path = os.pathsep.join([str(tmp_path / "old"), "", str(tmp_path / "new")])

    found = interpreters.find({"HOME": "/nonexistent", "PATH": path})

    assert found[(3, 12)] == there
    assert (3, 7) not in found


def test_versions_are_sorted_oldest_first(tmp_path: Path) -> None:
    """
    3.8 comes before 3.13, whatever was found first.
    """
    claims(tmp_path / "python3.13", "3.13.0")
    claims(tmp_path / "python3.8", "3.8.0")

    found = interpreters.find({"HOME": "/nonexistent", "PATH": str(tmp_path)})

    assert list(found) == sorted(found)
    assert {(3, 8), (3, 13)} <= set(found)
