"""A script of one environment starts another one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List

import pytest

from tests.tools.family import write
from tools import within

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake is a shell script")

# Poses as hatch: notes its arguments and which environment is said to be active.
HATCH = """#!/bin/sh
echo "active:$HATCH_ENV_ACTIVE$VIRTUAL_ENV $*" > "$NOTE"
exit 3
"""


def test_hatch_runs_the_command_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    As if from a fresh shell, and its status is passed on.
    """
    write(tmp_path / "hatch", HATCH)
    (tmp_path / "hatch").chmod(0o755)
    monkeypatch.setenv("HATCH_UV", str(tmp_path / "uv"))
    monkeypatch.setenv("HATCH_ENV_ACTIVE", "default")
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere")
    monkeypatch.setenv("NOTE", str(tmp_path / "note"))

    assert within.main(["release", "python", "-m", "tools", "status"]) == 3
    noted = (tmp_path / "note").read_text(encoding="utf-8")
    assert noted == "active: -e release run python -m tools status\n"


@pytest.mark.parametrize("arguments, status", [(["--help"], 0), (["release"], 2)])
def test_usage(
    arguments: List[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Help is asked for with success, and shown where the command is missing.
    """
    assert within.main(arguments) == status
    assert "usage:" in capsys.readouterr().out
