"""What is made of the complaints of type checkers."""

from __future__ import annotations

import pytest

from tools import typednames


def test_every_name_has_its_line() -> None:
    """
    The first line imports, the others use one name each.
    """
    lines = typednames.program(["A", "B"]).splitlines()

    assert lines == ["import starlette", "print(starlette.A)", "print(starlette.B)"]


def test_errors_where_they_belong_are_no_problem() -> None:
    """
    A name that is installed is known, one that is not is an error.
    """
    assert typednames.problems("mypy", ["A", "B"], {"A"}, {2}) == []


def test_errors_elsewhere_are_problems() -> None:
    """
    So is an error that is missing.
    """
    assert typednames.problems("mypy", ["A", "B"], {"A"}, {0, 1}) == [
        "mypy: complains about import, which is installed",
        "mypy: complains about A, which is installed",
        "mypy: takes B, which is not installed",
    ]


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """
    It says what is checked.
    """
    assert typednames.main(["--help"]) == 0
    assert "usage:" in capsys.readouterr().out
