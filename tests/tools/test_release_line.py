"""The command line of the release tools, whatever the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.monorepo import make, needs_builds
from tools.__main__ import COMMANDS, main

pytestmark = needs_builds


def test_help_is_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    """
    It names every command, and fits a window of 80 columns and 40 lines.
    """
    with pytest.raises(SystemExit) as caught:
        main(["--help"])

    text = capsys.readouterr().out
    assert caught.value.code == 0
    assert [name for name in COMMANDS if f"    {name} " not in text] == []
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It says what the command does before it lists the options.
    """
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])

    first = capsys.readouterr().out.splitlines()[0]
    assert caught.value.code == 0
    assert first.startswith(f"usage: python -m tools {command}")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "launch",
        "bump starlette-static",
        "bump starlette-static huge",
        "bump starlette-static patch --date today",
    ],
)
def test_wrong_arguments_end_with_2(line: str) -> None:
    """
    As argparse does it, before anything is read or written.
    """
    with pytest.raises(SystemExit) as caught:
        main(line.split())

    assert caught.value.code == 2


def test_only_some_commands_pass_arguments_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """
    What nobody knows is refused where no other program would get it.
    """
    for arguments in (["--force"], ["--", "--force"]):
        with pytest.raises(SystemExit):
            main(["tag", "starlette-static", *arguments])

        assert "unrecognized arguments: --force" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "bump {} patch",
        "changelog {}",
        "build {}",
        "check {}",
        "tag {}",
        "publish {} --index http://127.0.0.1:1/",
        "siblings {} --at tree",
        "api {}",
    ],
)
def test_an_unknown_distribution_is_refused(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Every command that takes one says which there are.
    """
    root = make(tmp_path)

    assert main(line.format("static").split(), root) == 1
    assert capsys.readouterr().err == (
        "refused: there is no distribution 'static'; there are starlette-core, "
        "starlette-static, starlette-testing, starlette\n"
    )


def test_a_folder_that_is_no_repository_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    With what git says of it.
    """
    root = make(tmp_path)
    (root / ".git").rename(root / "elsewhere")

    assert main(["build", "starlette-static"], root) == 1
    assert "not a git repository" in capsys.readouterr().err
