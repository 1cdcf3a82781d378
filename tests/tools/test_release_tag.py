"""The tag of a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.family import write
from tests.tools.monorepo import commit, git, make, needs_builds
from tools.__main__ import main

pytestmark = needs_builds


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A family with a release of starlette-static that is not tagged yet."""
    root = make(tmp_path)
    main(["bump", "starlette-static", "patch", "--date", "2026-01-02"], root)
    commit(root)
    return root


def test_the_name_has_the_distribution_and_its_version(
    released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It is printed alone, for a program to read; nothing is made.
    """
    capsys.readouterr()

    assert main(["tag", "starlette-static"], released) == 0
    assert capsys.readouterr().out == "starlette-static-v0.4.1\n"
    assert git(released, "tag") == ""


def test_check_makes_nothing(released: Path) -> None:
    """
    It says that the tag can be made.
    """
    assert main(["tag", "starlette-static", "--check"], released) == 0
    assert git(released, "tag") == ""


def test_create_makes_an_annotated_tag(released: Path) -> None:
    """
    It carries the section of the changelog, headings included.
    """
    assert main(["tag", "starlette-static", "--create"], released) == 0

    assert git(released, "cat-file", "-t", "starlette-static-v0.4.1") == "tag"
    assert git(released, "tag", "--format=%(contents)").splitlines() == [
        "starlette-static 0.4.1",
        "",
        "## 0.4.1 (2026-01-02)",
        "",
        "### Added",
        "",
        "- `starlette-static` is new.",
    ]


def test_an_existing_tag_is_refused(
    released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A release is made once.
    """
    main(["tag", "starlette-static", "--create"], released)

    assert main(["tag", "starlette-static", "--create"], released) == 1
    assert "the tag starlette-static-v0.4.1 exists" in capsys.readouterr().err


def test_changes_that_are_not_committed_are_refused(
    released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The tag would not be what was tried.
    """
    write(released / "README.md", "Other words.\n")
    write(released / "new file", "")

    assert main(["tag", "starlette-static", "--create"], released) == 1
    assert 'not committed: README.md, "new file"' in capsys.readouterr().err
    assert git(released, "tag") == ""


def test_a_version_without_a_changelog_is_refused(
    released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Nobody bumped it.
    """
    assert main(["tag", "starlette-testing", "--check"], released) == 1
    assert (
        "packages/starlette-testing/CHANGELOG.md has no 0.4.0"
        in capsys.readouterr().err
    )


def test_the_meta_package_goes_by_the_changelog_of_the_core(
    released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It can be tagged once the core was bumped.
    """
    assert main(["tag", "starlette", "--check"], released) == 1
    main(["bump", "starlette-core", "minor"], released)
    commit(released)
    capsys.readouterr()

    assert main(["tag", "starlette", "--create"], released) == 0
    assert capsys.readouterr().out == "starlette-v0.5.0\n"
    assert git(released, "tag") == "starlette-v0.5.0"
