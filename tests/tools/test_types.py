"""What mypy is given, and how pyright's report is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tools.family import make, write
from tools import typecheck, verifytypes


def test_each_module_is_given_to_mypy_once(tmp_path: Path) -> None:
    """
    The copies are left out, and each package's tests are a run of their own.
    """
    root = make(tmp_path)
    write(root / "tools" / "x.py")

    (first, roots), (second, own) = typecheck.groups(root)

    names = [path.relative_to(root).as_posix() for path in first]
    assert names.count("packages/starlette-core/src/starlette/__init__.py") == 1
    assert "packages/starlette-static/src/starlette/staticfiles.py" in names
    assert "packages/starlette-static/src/starlette/__init__.py" not in names
    assert names[-1] == "tools"
    assert roots == [root]
    assert [path.name for path in second] == ["test_staticfiles.py"]
    assert own == [root / "packages" / "starlette-static" / "tests"]


def test_symbols_without_a_type_are_problems() -> None:
    """
    Each comes on one line, with what pyright says of it.
    """
    unknown = {"name": "s.a", "isTypeKnown": False}
    known = {"name": "s.b", "isTypeKnown": True, "diagnostics": []}
    symbols = [{**unknown, "diagnostics": [{"message": "no type\n  at all"}]}, known]
    report = {"completenessScore": 0.5, "symbols": symbols}

    lines = verifytypes.problems({"typeCompleteness": report})

    assert lines == ["s.a: no type at all"]


def test_a_low_score_is_never_silent() -> None:
    """
    Without a symbol to blame the figure itself is the problem.
    """
    report = {"completenessScore": 0.5, "symbols": []}

    lines = verifytypes.problems({"typeCompleteness": report})

    assert lines == ["complete to 50.00% only"]


def test_complete_types_are_no_problem() -> None:
    """
    A score of one is what is asked for.
    """
    report = {"completenessScore": 1.0, "symbols": []}

    assert verifytypes.problems({"typeCompleteness": report}) == []


@pytest.mark.parametrize("tool", [typecheck, verifytypes])
def test_help(tool: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """
    The usage is the documentation of the module.
    """
    assert tool.main(["--help"]) == 0
    assert "usage:" in capsys.readouterr().out
