"""The table that ``python -m starlette`` prints."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

from starlette import plugins
from starlette.__main__ import main, table
from starlette._family import MODULES


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a distribution of the test's own; all others are out of sight."""
    info = tmp_path / "acme_voices-2.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: acme-voices\nVersion: 2.5\n")
    (info / "entry_points.txt").write_text(
        "[starlette.plugins]\n"
        "Shout = acme_voices:Shout\n"
        "Whisper = acme_voices:Whisper\n"
    )
    (tmp_path / "acme_voices.py").write_text("Shout = 1\nWhisper = 2\n")
    metadata = importlib.import_module("importlib.metadata")
    (found,) = metadata.distributions(path=[str(tmp_path)])
    monkeypatch.setattr(metadata, "distributions", lambda: [found])
    monkeypatch.setattr(metadata, "distribution", lambda name: found)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "acme_voices", raising=False)
    monkeypatch.delenv("STARLETTE_PLUGINS", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    plugins.refresh()
    yield tmp_path
    plugins.refresh()


def test_what_is_installed_is_a_row(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Distribution, version and names; the status is 0.
    """
    assert main([]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["distribution", "version", "provides"]
    assert set(lines[1]) == {"-", " "}
    assert lines[2].split(None, 2) == ["acme-voices", "2.5", "Shout, Whisper"]


def test_a_missing_member_is_a_row(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    With the command that installs it, and what that would bring; the status is 0.
    """
    monkeypatch.setitem(MODULES, "starlette.imaginary", "starlette-imaginary")

    assert main([]) == 0

    words = " ".join(capsys.readouterr().out.split())
    assert (
        "starlette-imaginary missing pip install starlette-imaginary "
        "for starlette.imaginary"
    ) in words


def test_what_is_switched_off_is_marked(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Its row says by which variable.
    """
    monkeypatch.setenv("STARLETTE_PLUGINS", "off")

    assert main([]) == 0

    words = " ".join(capsys.readouterr().out.split())
    assert "2.5 (switched off by STARLETTE_PLUGINS) Shout, Whisper" in words


def test_what_is_broken_is_listed(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Below the table, with the distribution and the reason; the status is 1.
    """
    (site / "acme_voices.py").write_text("1 / 0\n")

    assert main([]) == 1

    words = " ".join(capsys.readouterr().out.split())
    assert (
        "broken: 'Shout' of acme-voices (acme_voices:Shout) cannot be loaded: "
        "ZeroDivisionError"
    ) in words


def test_a_library_that_is_missing_is_listed(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Below the table, by itself: nothing is broken, and the status is 0.
    """
    (site / "acme_voices.py").write_text("import acme_lungs\n")

    assert main([]) == 0

    words = " ".join(capsys.readouterr().out.split())
    assert (
        "without a library that they need: 'Shout' of acme-voices (acme_voices:Shout) "
        "cannot be loaded: ModuleNotFoundError: No module named 'acme_lungs'"
    ) in words
    assert "broken" not in words


@pytest.mark.parametrize(
    "source",
    ["import acme_voices.loud\n", "import starlette.imaginary_voices\n"],
    ids=["its-own", "of-the-family"],
)
def test_a_module_that_is_nowhere_is_broken(
    source: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    One of its own package, or of the toolkit, is no library that could be installed.
    """
    (site / "acme_voices.py").write_text(source)

    assert main([]) == 1

    words = " ".join(capsys.readouterr().out.split())
    assert "broken: 'Shout' of acme-voices" in words


@pytest.mark.parametrize("argument, status", [("--help", 0), ("-h", 0), ("what", 2)])
def test_usage(argument: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Help is asked for with success, and shown for a wrong argument.
    """
    assert main([argument]) == status
    assert capsys.readouterr().out.startswith("usage: python -m starlette\n")


def test_long_lines_are_wrapped() -> None:
    """
    Under their own column, at the width that is given; an empty one stays empty.
    """
    rows = [("a", "b", "c"), ("name", "1", "some words " * 6), ("x", "2", "")]

    lines = list(table(rows, 20))

    assert lines == [
        "a     b  c",
        "----  -  ------------------------------",
        "name  1  some words some words some",
        "         words some words some words",
        "         some words",
        "x     2",
    ]


def test_it_runs_as_a_program() -> None:
    """
    ``python -m starlette --help`` needs nothing but the package.
    """
    command = [sys.executable, "-W", "error", "-m", "starlette", "--help"]

    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)

    assert done.returncode == 0
    assert b"python -m starlette" in done.stdout
