"""The table of all distributions."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from tests.tools.monorepo import commit, edit, make, needs_builds, tag
from tools import pins
from tools.__main__ import main

pytestmark = needs_builds


def table(root: Path, capsys: pytest.CaptureFixture[str]) -> List[List[str]]:
    """The rows that are printed, without the heading, and what follows them."""
    assert main(["status"], root) == 0
    lines = capsys.readouterr().out.splitlines()
    return [line.split(maxsplit=4) for line in lines[1:]]


def test_before_the_first_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    There is no tag; who needs whom comes from the metadata.
    """
    root = make(tmp_path)
    path = root / "packages/starlette-core/pyproject.toml"
    extras = '\n[project.optional-dependencies]\nstatic = ["starlette_static"]\n'
    edit(path, "", extras)

    assert table(root, capsys) == [
        [
            "starlette-core",
            "0.4.0",
            "none",
            "1",
            "starlette-static, starlette-testing, starlette",
        ],
        [
            "starlette-static",
            "0.4.0",
            "none",
            "1",
            "starlette-core[static], starlette",
        ],
        ["starlette-testing", "0.4.0", "none", "1", "starlette"],
        ["starlette", "0.4.0", "none", "-", "-"],
    ]


def test_after_releases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    The last tag is the highest version, and its news are gone.
    """
    root = make(tmp_path)
    for version in ("0.3.9", "0.3.10"):
        tag(root, "starlette-static", version)
    tag(root, "starlette")
    main(["bump", "starlette-static", "patch"], root)
    commit(root)
    capsys.readouterr()

    rows = table(root, capsys)

    assert rows[1][:4] == ["starlette-static", "0.4.1", "starlette-static-v0.3.10", "0"]
    assert rows[3][:4] == ["starlette", "0.4.0", "starlette-v0.4.0", "-"]


def test_tags_of_other_branches_do_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The last release is one that this commit comes after.
    """
    root = make(tmp_path)
    commit_before = (root / ".git" / "refs" / "heads" / "main").read_text().strip()
    edit(root / "README.md", "", "More.\n")
    commit(root)
    tag(root, "starlette-static", "0.9.0")
    (root / ".git" / "refs" / "heads" / "main").write_text(f"{commit_before}\n")

    assert table(root, capsys)[1][2] == "none"


def test_pins_that_are_ahead_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Of the meta-package's last release, until the core's next one.
    """
    root = make(tmp_path)
    pins.main(["--write"], root)
    commit(root)
    tag(root, "starlette")
    main(["bump", "starlette-static", "patch"], root)
    commit(root)
    capsys.readouterr()

    main(["status"], root)
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "The pins of starlette are ahead of its last tag; users get them with",
        "the next release of starlette-core:",
        "  starlette-static 0.4.0 -> 0.4.1",
    ]

    main(["bump", "starlette-core", "patch"], root)
    commit(root)
    tag(root, "starlette", "0.4.1")
    capsys.readouterr()
    assert len(table(root, capsys)) == 4
