"""Which part of the version must move."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from tests.tools.family import write
from tests.tools.monorepo import commit, edit, make, needs_builds, package, tag
from tools.__main__ import main

pytestmark = needs_builds


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A family whose members have all been released as they are."""
    made = make(tmp_path)
    for name in ("starlette-core", "starlette-static", "starlette-testing"):
        tag(made, name)
    tag(made, "starlette")
    return made


def asked(root: Path, capsys: pytest.CaptureFixture[str], *options: str) -> List[str]:
    """What is said of starlette-static."""
    capsys.readouterr()
    assert main(["api", "starlette-static", *options], root) == 0
    return capsys.readouterr().out.splitlines()


def test_nothing_must_move_for_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Changes of tests, papers, other members and copies of their files are no release.
    """
    edit(package(root, "starlette-static")[1] / "__init__.py", "", "# Words.\n")
    edit(package(root, "starlette-static")[0] / "CHANGELOG.md", "", "Words.\n")
    edit(package(root, "starlette-core")[1] / "routing.py", "Router", "Another")

    assert asked(root, capsys, "--check")[1:] == [
        "must move: none; has moved: none (0.4.0 -> 0.4.0)"
    ]


@pytest.mark.parametrize(
    "path, old, new",
    [
        ("src/starlette/staticfiles.py", "= directory", "= directory or '.'"),
        ("pyproject.toml", "A part", "One part"),
    ],
)
def test_what_is_shipped_asks_for_a_patch(
    path: str, old: str, new: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The interface is the same, and something is not.
    """
    edit(package(root, "starlette-static")[0] / path, old, new)

    assert "must move: patch;" in asked(root, capsys)[-1]


def test_something_new_is_a_patch_before_1(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    And is told, with what it is compared with.
    """
    path = package(root, "starlette-static")[1] / "staticfiles.py"
    edit(path, "html: bool = False", "html: bool = False, hidden: bool = True")

    assert asked(root, capsys) == [
        "starlette-static since starlette-static-v0.4.0:",
        "adds:   starlette.staticfiles.StaticFiles.__init__: parameter hidden is new",
        "must move: patch; has moved: none (0.4.0 -> 0.4.0)",
    ]


def test_check_fails_until_the_version_has_moved_enough(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    What breaks programs needs a minor release before 1.0; more will do as well.
    """
    folder, source = package(root, "starlette-static")
    edit(source / "staticfiles.py", ", html: bool = False", "")
    command = ["api", "starlette-static", "--check"]

    assert main(command, root) == 1
    main(["bump", "starlette-static", "patch"], root)
    assert main(command, root) == 1
    edit(folder / "pyproject.toml", '"0.4.1"', '"0.5.0"')
    assert main(command, root) == 0
    edit(folder / "pyproject.toml", '"0.5.0"', '"1.0.0"')
    assert main(command, root) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "breaks: starlette.staticfiles.StaticFiles.__init__: parameter html is gone",
        "must move: minor; has moved: major (0.4.0 -> 1.0.0)",
    ]


def test_from_1_on_versions_are_semantic(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    New is minor, broken is major.
    """
    folder, source = package(root, "starlette-static")
    edit(folder / "pyproject.toml", '"0.4.0"', '"1.4.0"')
    commit(root)
    tag(root, "starlette-static", "1.4.0")

    edit(source / "staticfiles.py", "html: bool", "xhtml: bool = True, html: bool")
    assert "must move: major;" in asked(root, capsys)[-1]
    edit(source / "staticfiles.py", "xhtml: bool = True, html: bool", "html: bool")
    write(source / "more.py", "__all__ = ()\n")
    assert "must move: minor;" in asked(root, capsys)[-1]


def test_a_tagged_commit_is_compared_with_the_release_before(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    So the check can be run for a tag.
    """
    edit(package(root, "starlette-static")[1] / "staticfiles.py", "html", "xhtml")
    main(["bump", "starlette-static", "minor"], root)
    commit(root)
    tag(root, "starlette-static", "0.5.0")

    lines = asked(root, capsys, "--check")

    assert lines[0] == "starlette-static since starlette-static-v0.4.0:"
    assert lines[-1] == "must move: minor; has moved: minor (0.4.0 -> 0.5.0)"


def test_any_commit_can_be_compared_with(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    One that does not exist is refused.
    """
    edit(package(root, "starlette-static")[1] / "staticfiles.py", "html", "xhtml")
    commit(root)

    assert asked(root, capsys, "--against", "HEAD")[1:] == [
        "must move: none; has moved: none (0.4.0 -> 0.4.0)"
    ]
    assert "must move: minor" in asked(root, capsys, "--against", "HEAD~1")[-1]
    assert main(["api", "starlette-static", "--against", "nowhere"], root) == 1


def test_a_commit_without_the_distribution_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A new member has nothing to be compared with.
    """
    package(root, "starlette-static")[0].rename(root / "packages" / "starlette-x")
    path = root / "packages" / "starlette-x" / "pyproject.toml"
    edit(path, '"starlette-static"', '"starlette-x"')

    assert main(["api", "starlette-x"], root) == 0
    assert "no release before this one" in capsys.readouterr().out
    assert main(["api", "starlette-x", "--against", "HEAD"], root) == 1
    assert "HEAD has no starlette-x" in capsys.readouterr().err


def test_the_meta_package_has_extras(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    They are its interface.
    """
    edit(root / "pyproject.toml", "dependencies]\n", "dependencies]\nfull = []\n")

    assert main(["api", "starlette"], root) == 0
    assert "adds:   extra full is new" in capsys.readouterr().out
