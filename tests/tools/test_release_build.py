"""Sdists and wheels, the same from the same commit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tools.family import write
from tests.tools.monorepo import commit, edit, git, make, needs_builds, package
from tools.__main__ import main

pytestmark = needs_builds


def test_the_paths_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    An sdist and a wheel for each distribution, in the folder that was named.
    """
    root, out = make(tmp_path / "tree"), tmp_path / "out"

    status = main(["build", "starlette-core", "starlette", "--out", str(out)], root)

    names = [
        "starlette_core-0.4.0.tar.gz",
        "starlette_core-0.4.0-py3-none-any.whl",
        "starlette-0.4.0.tar.gz",
        "starlette-0.4.0-py3-none-any.whl",
    ]
    assert status == 0
    assert capsys.readouterr().out.splitlines() == [str(out / name) for name in names]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)


def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    """
    Elsewhere, and with files of another age.
    """
    one, two = make(tmp_path / "one"), tmp_path / "two"
    git(tmp_path, "clone", "--quiet", str(one), str(two))
    for path in two.rglob("*.py"):
        os.utime(path, (10**9, 10**9))

    outs = []
    for root in (one, two):
        out = root / "dist"
        main(["build", "starlette-static", "--out", str(out)], root)
        outs.append({path.name: path.read_bytes() for path in out.iterdir()})

    assert len(outs[0]) == 2
    assert outs[0] == outs[1]


def test_check_builds_nothing(tmp_path: Path) -> None:
    """
    It prints what would be built.
    """
    root, out = make(tmp_path / "tree"), tmp_path / "out"

    assert main(["build", "starlette", "--check", "--out", str(out)], root) == 0
    assert not out.exists()


def test_changes_that_are_not_committed_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    They are built all the same: that is how one tries a change.
    """
    root, out = make(tmp_path / "tree"), tmp_path / "out"
    write(package(root, "starlette-static")[1] / "new.py")

    assert main(["build", "starlette-static", "--out", str(out)], root) == 0
    assert "changes that are not committed" in capsys.readouterr().err


def test_what_the_backend_refuses_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Its own words are shown.
    """
    root, out = make(tmp_path / "tree"), tmp_path / "out"
    (package(root, "starlette-static")[0] / "README.md").unlink()

    assert main(["build", "starlette-static", "--out", str(out)], root) == 1
    assert "Readme file does not exist" in capsys.readouterr().err


def test_another_name_in_the_metadata_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A folder has the name of its distribution.
    """
    root, out = make(tmp_path / "tree"), tmp_path / "out"
    path = package(root, "starlette-static")[0] / "pyproject.toml"
    edit(path, 'name = "starlette-static"', 'name = "starlette-files"')
    commit(root)

    assert main(["build", "starlette-static", "--out", str(out)], root) == 1
    assert "starlette_static-0.4.0.tar.gz was to be built" in capsys.readouterr().err
