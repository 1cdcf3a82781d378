"""What the checks know of the family."""

from __future__ import annotations

from pathlib import Path

from tests.tools.family import make, write
from tools.members import members


def test_members_are_the_folders_with_a_project(tmp_path: Path) -> None:
    """
    A folder of packages/ without ``pyproject.toml`` is not a member.
    """
    root = make(tmp_path)
    write(root / "packages" / "notes" / "README.md")

    assert [m.name for m in members(root)] == ["starlette-core", "starlette-static"]


def test_modules_leave_out_the_copies(tmp_path: Path) -> None:
    """
    The namespace files are the core's, whoever has copies.
    """
    core, static = members(make(tmp_path))

    assert core.modules() == ["starlette", "starlette._version", "starlette.middleware"]
    assert static.modules() == ["starlette.staticfiles"]
