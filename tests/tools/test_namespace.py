"""The copies of the namespace files, and the wheels that leave them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.family import STATIC, make, write
from tools import namespace


def test_identical_copies_pass(tmp_path: Path) -> None:
    """
    A member without middleware needs no copy of the middleware's file.
    """
    assert namespace.main(["--check"], make(tmp_path)) == 0


def test_a_copy_that_differs_is_reported_and_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    One changed byte fails the check; ``--write`` copies the core's file.
    """
    root = make(tmp_path)
    copy = root / "packages/starlette-static/src/starlette/__init__.py"
    write(copy, '"""Mine."""\n')

    assert namespace.main([], root) == 1
    assert "differs from" in capsys.readouterr().out
    assert namespace.main(["--write"], root) == 0
    assert copy.read_text(encoding="utf-8") == '"""Shared."""\n'


def test_a_member_with_middleware_needs_both_copies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Where there is a folder ``middleware``, its ``__init__`` is asked for.
    """
    root = make(tmp_path)
    write(root / "packages/starlette-static/src/starlette/middleware/cache.py")

    assert namespace.main([], root) == 1
    assert "middleware/__init__.py: is missing" in capsys.readouterr().out


def test_a_wheel_that_would_ship_a_copy_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The member's own ``pyproject.toml`` must leave the copies out.
    """
    root = make(tmp_path)
    project = STATIC.replace('    "src/starlette/py.typed",\n', "")
    write(root / "packages/starlette-static/pyproject.toml", project)

    assert namespace.main([], root) == 1
    assert "does not exclude src/starlette/py.typed" in capsys.readouterr().out


@pytest.mark.parametrize("argument, status", [("--help", 0), ("--what", 2)])
def test_usage(argument: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Help is asked for with success, and shown for a wrong argument.
    """
    assert namespace.main([argument]) == status
    assert "usage:" in capsys.readouterr().out
