"""What is refused before it can be uploaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.family import write
from tests.tools.monorepo import commit, edit, make, needs_builds, package, tag
from tools import pins
from tools.__main__ import main
from tools.release.check import Checker
from tools.release.family import Refused, named

pytestmark = needs_builds


def wrong(printed: str) -> str:
    """What the check says, from the first thing that is wrong on."""
    return printed.partition("wrong: ")[2]


@pytest.mark.parametrize("name", ["starlette-core", "starlette"])
def test_a_sound_distribution_passes(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Before the first release there is none to compare with.
    """
    root = make(tmp_path)
    pins.main(["--write"], root)

    assert main(["check", name], root) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "no release before this one to compare with",
        "all right",
    ]


def test_what_was_built_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    With ``--out``: so one job builds, and another one checks the very files.
    """
    root, out = make(tmp_path / "tree"), tmp_path / "out"
    main(["build", "starlette-static", "--out", str(out)], root)
    write(package(root, "starlette-static")[1] / "later.py")

    assert main(["check", "starlette-static", "--out", str(out)], root) == 0
    (out / "starlette_static-0.4.0.tar.gz").unlink()
    assert main(["check", "starlette-static", "--out", str(out)], root) == 1
    assert "starlette_static-0.4.0.tar.gz is missing" in capsys.readouterr().err


def test_everything_that_is_wrong_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A file of the core, a test, a module that the sdist lacks, an empty README.
    """
    root = make(tmp_path)
    folder, source = package(root, "starlette-static")
    edit(folder / "pyproject.toml", ', "src/starlette/py.typed"', "")
    edit(folder / "pyproject.toml", '["src", ', '["src/starlette/staticfiles.py", ')
    write(source / "test_it.py")
    write(folder / "README.md")

    assert main(["check", "starlette-static"], root) == 1

    printed = wrong(capsys.readouterr().out)
    assert "starlette/py.typed: is in starlette_core-0.4.0" in printed
    assert "starlette/test_it.py: is a test" in printed
    assert "0.tar.gz: its wheel has another starlette/test_it.py" in printed
    assert "metadata: description is missing" in printed
    assert "`long_description` missing" in printed


def test_stale_pins_are_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The meta-package would not install what is in the tree.
    """
    root = make(tmp_path)
    pins.main(["--write"], root)
    edit(root / "pyproject.toml", "starlette-static==0.4.0", "starlette-static==0.3.0")

    assert main(["check", "starlette"], root) == 1
    assert "the pins are not those of the tree" in wrong(capsys.readouterr().out)


def test_files_are_compared_with_the_last_tag(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It is built anew, and what came and went is listed.
    """
    root = make(tmp_path)
    source = package(root, "starlette-static")[1]
    write(source / "_old.py")
    commit(root)
    tag(root, "starlette-static")
    (source / "_old.py").unlink()
    write(source / "new.py")
    commit(root)

    assert main(["check", "starlette-static"], root) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "since 0.4.0: 1 files came, 1 went",
        "  + starlette/new.py",
        "  - starlette/_old.py",
        "all right",
    ]


def test_a_tagged_commit_is_compared_with_the_release_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Not with itself.
    """
    root = make(tmp_path)
    tag(root, "starlette-static")
    write(package(root, "starlette-static")[1] / "new.py")
    main(["bump", "starlette-static", "patch"], root)
    commit(root)
    tag(root, "starlette-static", "0.4.1")

    assert main(["check", "starlette-static"], root) == 0
    assert "since 0.4.0: 1 files came, 0 went" in capsys.readouterr().out


@pytest.mark.parametrize("part, status", [("patch", 1), ("minor", 0)])
def test_a_public_module_goes_with_a_minor_release(
    part: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    While the major version is 0; a patch may not break programs.
    """
    root = make(tmp_path)
    source = package(root, "starlette-static")[1]
    write(source / "old.py")
    commit(root)
    tag(root, "starlette-static")
    (source / "old.py").unlink()
    main(["bump", "starlette-static", part], root)

    line = "starlette.old is gone since 0.4.0: a minor release"
    assert main(["check", "starlette-static"], root) == status
    assert (line in capsys.readouterr().out) is bool(status)


def test_a_wheel_to_compare_with_can_be_named(tmp_path: Path) -> None:
    """
    Or a folder, whose newest wheel of the distribution counts.
    """
    root, out = make(tmp_path / "tree"), tmp_path / "out"
    names = [f"starlette_static-{v}-py3-none-any.whl" for v in ("0.3.0", "0.10.0")]
    names += ["starlette_core-0.11.0-py3-none-any.whl"]
    for name in names:
        write(out / name)
    static = named("starlette-static", root)
    checker = Checker(root, tmp_path / "work")

    assert checker.last(static, out / names[0]) == out / names[0]
    assert checker.last(static, out) == out / names[1]
    with pytest.raises(Refused, match="has no wheel of starlette-testing"):
        checker.last(named("starlette-testing", root), out)
