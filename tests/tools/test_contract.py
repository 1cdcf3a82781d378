"""Which differences from the interface count."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import contract

MODULES = ["starlette.requests", "starlette.staticfiles", "starlette.static"]

REPORT = """\
starlette.requests.Request.url: is missing
starlette.staticfiles: cannot be imported: ModuleNotFoundError: No module named 'x'
3 modules and names asked for, 2 differences
"""

API = """
import sys
print(open(sys.argv[2] + ".report").read())
"""


def test_modules_of_absent_members_are_excused() -> None:
    """
    They may lack while the folder of their member does.
    """
    everyone = list(contract.MODULES)

    assert contract.missing_members(everyone) == set()
    assert contract.missing_members(everyone[1:]) == set(contract.MODULES[everyone[0]])


def test_every_other_difference_counts() -> None:
    """
    A module is found by its whole name: ``static`` is not ``staticfiles``.
    """
    excused = {"starlette.staticfiles"}

    assert contract.differences(REPORT, MODULES, excused) == [REPORT.splitlines()[0]]
    assert len(contract.differences(REPORT, MODULES, {"starlette.static"})) == 2


def test_an_absent_contract_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Who has only this repository is told that nothing was checked.
    """
    assert contract.main([str(tmp_path)]) == 0
    assert "not checked" in capsys.readouterr().out


@pytest.mark.parametrize(
    "report, status",
    [
        (REPORT, 1),
        ("3 modules and names asked for, 0 differences\n", 0),
        pytest.param("", 1, id="crash"),
    ],
)
def test_the_status_follows_the_report(
    report: str, status: int, tmp_path: Path
) -> None:
    """
    Differences fail; so does a check that ended before its last line.
    """
    (tmp_path / "api.py").write_text(API, encoding="utf-8")
    (tmp_path / "api-0.47.3.json").write_text('{"starlette.requests": {}}', "utf-8")
    (tmp_path / "api-0.47.3.json.report").write_text(report, encoding="utf-8")

    assert contract.main([str(tmp_path)]) == status


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """
    The usage is the documentation of the module.
    """
    assert contract.main(["--help"]) == 0
    assert "usage:" in capsys.readouterr().out
