"""One command moves a version, and everything that goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.family import write
from tests.tools.monorepo import edit, git, make, needs_builds, status
from tools import pins
from tools.__main__ import main
from tools.members import members
from tools.release.bump import write_version
from tools.release.family import Refused
from tools.release.versions import bumped

pytestmark = needs_builds


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "part, version", [("patch", "0.4.10"), ("minor", "0.5.0"), ("major", "1.0.0")]
)
def test_the_parts_after_the_one_that_moves_are_0(part: str, version: str) -> None:
    """
    They are numbers: after 9 comes 10.
    """
    assert bumped("0.4.9", part) == version


def test_a_satellite_moves_alone(tmp_path: Path) -> None:
    """
    Its own version, its pin in the tree, its changelog, and nothing else.
    """
    root = make(tmp_path)

    assert main(["bump", "starlette-static", "patch", "--date=2026-01-02"], root) == 0

    folder = root / "packages" / "starlette-static"
    assert status(root).splitlines() == [
        "M  packages/starlette-static/CHANGELOG.md",
        "D  packages/starlette-static/changes/+news.added.md",
        "A  packages/starlette-static/changes/.gitkeep",
        " M packages/starlette-static/pyproject.toml",
        " M pyproject.toml",
    ]
    assert 'version = "0.4.1"' in read(folder / "pyproject.toml")
    assert '"starlette-static==0.4.1"' in read(root / "pyproject.toml")
    assert 'version = "0.4.0"' in read(root / "pyproject.toml")
    assert "\n## 0.4.1 (2026-01-02)\n" in read(folder / "CHANGELOG.md")
    assert "\n- `starlette-static` is new.\n" in read(folder / "CHANGELOG.md")


def test_the_meta_package_moves_with_the_core(tmp_path: Path) -> None:
    """
    Both have one version, and the check of the pins passes.
    """
    root = make(tmp_path)

    assert main(["bump", "starlette-core", "minor"], root) == 0

    source = root / "packages/starlette-core/src/starlette/_version.py"
    assert read(source) == '__version__ = "0.5.0"\n'
    assert 'version = "0.5.0"' in read(root / "pyproject.toml")
    assert '"starlette-core==0.5.0"' in read(root / "pyproject.toml")
    assert pins.main(["--check"], root) == 0


def test_the_next_steps_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The core is tagged together with the meta-package.
    """
    root = make(tmp_path)

    main(["bump", "starlette-core", "patch"], root)

    assert capsys.readouterr().out.splitlines() == [
        "starlette-core 0.4.0 -> 0.4.1, news: 1",
        "next: git commit -a -m 'Release starlette-core 0.4.1'",
        "      python -m tools tag starlette-core --create",
        "      python -m tools tag starlette --create",
    ]


def test_the_first_release_is_the_version_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It gets a changelog and can be tagged; a second time it is no first release.
    """
    root = make(tmp_path)
    folder = root / "packages" / "starlette-static"

    assert main(["bump", "starlette-static", "none"], root) == 0
    git(root, "commit", "--quiet", "--all", "--message", "Release")
    assert main(["tag", "starlette-static", "--create"], root) == 0
    assert "## 0.4.0 (" in read(folder / "CHANGELOG.md")
    assert main(["bump", "starlette-static", "none", "--allow-empty"], root) == 1
    assert "0.4.0 is released: starlette-static-v0.4.0" in capsys.readouterr().err


def test_check_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It shows the versions and the section of the changelog.
    """
    root = make(tmp_path)

    status_ = main(["bump", "starlette-static", "minor", "--check"], root)

    printed = capsys.readouterr().out
    assert status_ == 0
    assert "starlette-static 0.4.0 -> 0.5.0, news: 1" in printed
    assert "## 0.5.0 (" in printed
    assert status(root) == ""


def test_a_second_release_stands_above_the_first(tmp_path: Path) -> None:
    """
    The newest section is the first one of the changelog.
    """
    root = make(tmp_path)
    folder = root / "packages" / "starlette-static"
    main(["bump", "starlette-static", "patch"], root)
    git(root, "commit", "--quiet", "--all", "--message", "Release")
    write(folder / "changes" / "+more.fixed.md", "More works.\n")

    assert main(["bump", "starlette-static", "patch"], root) == 0

    text = read(folder / "CHANGELOG.md")
    assert text.index("## 0.4.2 (") < text.index("## 0.4.1 (")
    assert text.index("start -->") < text.index("## 0.4.2 (")


def test_no_news_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Unless the release is meant to have none, which the changelog then says.
    """
    root = make(tmp_path)
    folder = root / "packages" / "starlette-static"
    (folder / "changes" / "+news.added.md").unlink()

    assert main(["bump", "starlette-static", "patch"], root) == 1
    assert "starlette-static/changes has no news" in capsys.readouterr().err
    assert main(["bump", "starlette-static", "patch", "--allow-empty"], root) == 0
    assert "No significant changes." in read(folder / "CHANGELOG.md")


def test_wrong_news_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Before anything is written, so that none get lost.
    """
    root = make(tmp_path)
    write(root / "packages/starlette-static/changes/+x.wrong.md", "Text.\n")
    before = status(root)

    assert main(["bump", "starlette-static", "patch"], root) == 1
    assert "+x.wrong.md: must be named" in capsys.readouterr().err
    assert status(root) == before


def test_the_meta_package_is_not_moved_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The message says what to move instead.
    """
    assert main(["bump", "starlette", "patch"], make(tmp_path)) == 1
    assert capsys.readouterr().err == (
        "refused: starlette has the version of starlette-core: bump starlette-core\n"
    )


@pytest.mark.parametrize(
    "version, problem", [("0.4", "has three numbers"), ("four", "is no version")]
)
def test_a_version_that_cannot_move_is_refused(
    version: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A version has three numbers.
    """
    root = make(tmp_path)
    path = root / "packages/starlette-static/pyproject.toml"
    edit(path, 'version = "0.4.0"', f'version = "{version}"')

    assert main(["bump", "starlette-static", "patch"], root) == 1
    assert problem in capsys.readouterr().err


def test_a_version_in_an_odd_line_is_refused(tmp_path: Path) -> None:
    """
    What cannot be written is left as it was.
    """
    root = make(tmp_path)
    path = root / "packages/starlette-static/pyproject.toml"
    edit(path, 'version = "0.4.0"', "version = '0.4.0'")
    before = read(path)
    (static,) = [m for m in members(root) if m.name == "starlette-static"]

    with pytest.raises(Refused, match="has no line"):
        write_version(static, "0.4.1")

    assert read(path) == before
