"""The meta-package follows the members."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.family import make, write
from tools import pins
from tools.members import members


def test_check_names_the_lines_that_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A member that is not pinned fails the check, which prints the lines to add.
    """
    root = make(tmp_path)

    status = pins.main(["--check"], root)

    assert status == 1
    assert 'missing: "starlette-static==1.4",' in capsys.readouterr().out


def test_the_version_is_that_of_the_core(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Another one fails the check, and is put right.
    """
    root = make(tmp_path)

    pins.main(["--check"], root)
    pins.main(["--write"], root)

    assert 'missing: version = "1.3"' in capsys.readouterr().out
    assert '\nversion = "1.3"\n' in (root / "pyproject.toml").read_text(
        encoding="utf-8"
    )


def test_write_adds_every_member(tmp_path: Path) -> None:
    """
    Pins and sources are written; what else the meta-package needs stays.
    """
    root = make(tmp_path)

    assert pins.main(["--write"], root) == 0
    assert pins.main(["--check"], root) == 0

    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert '    "anyio>=3",\n    "starlette-core==1.3",\n' in text
    assert "starlette-static = { workspace = true }\n" in text


def test_extras_are_those_of_the_members(tmp_path: Path) -> None:
    """
    Those of one name are one extra; those that name a member are not repeated.
    """
    root = make(tmp_path)

    pins.main(["--write"], root)

    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert (
        "[project.optional-dependencies]\n"
        'brotli = ["starlette-static[brotli]"]\n'
        'zip = ["starlette-core[zip]", "starlette-static[zip]"]\n'
        'full = ["starlette[brotli,zip]"]\n'
    ) in text


def test_extras_of_the_test_client_are_left_out(tmp_path: Path) -> None:
    """
    They are for writing programs; a meta-package without extras has no ``full``.
    """
    root = make(tmp_path)
    name = "starlette-testing"
    write(
        root / "packages" / name / "pyproject.toml",
        f'[project]\nname = "{name}"\n[project.optional-dependencies]\nx = ["x>=1"]\n',
    )
    (member,) = [m for m in members(root) if m.name == name]

    assert pins.extras([member]) == ""


def test_a_new_version_is_a_stale_pin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The check fails when a member's version has moved and its pin has not.
    """
    root = make(tmp_path)
    pins.main(["--write"], root)
    core = root / "packages" / "starlette-core"
    write(core / "src/starlette/_version.py", '__version__ = "1.5"\n')

    assert pins.main([], root) == 1
    assert 'stale:   "starlette-core==1.3",' in capsys.readouterr().out


def test_order_matters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Lines in another order are reported as such.
    """
    root = make(tmp_path)
    pins.main(["--write"], root)
    path = root / "pyproject.toml"
    lines = path.read_text(encoding="utf-8").splitlines(True)
    path.write_text("".join([*lines[:-2], lines[-1], lines[-2]]), encoding="utf-8")

    assert pins.main([], root) == 1
    assert "the order of the lines differs" in capsys.readouterr().out


def test_a_folder_has_the_name_of_its_distribution(tmp_path: Path) -> None:
    """
    A member in a folder with another name is refused.
    """
    root = make(tmp_path)
    (root / "packages" / "starlette-static").rename(root / "packages" / "static")

    with pytest.raises(ValueError, match="holds starlette-static"):
        pins.main([], root)


def test_a_version_file_without_a_version_is_refused(tmp_path: Path) -> None:
    """
    The error names the file and the line that it lacks.
    """
    root = make(tmp_path)
    write(root / "packages/starlette-core/src/starlette/_version.py")

    with pytest.raises(ValueError, match="has no line"):
        pins.version_of(members(root)[0])


def test_a_root_without_the_blocks_is_refused(tmp_path: Path) -> None:
    """
    Nothing is written where the list of dependencies is not found.
    """
    with pytest.raises(ValueError, match="is missing"):
        pins.written("[project]\n", members(make(tmp_path)))


@pytest.mark.parametrize("argument, status", [("--help", 0), ("--what", 2)])
def test_usage(argument: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Help is asked for with success, and shown for a wrong argument.
    """
    assert pins.main([argument]) == status
    assert "usage:" in capsys.readouterr().out
