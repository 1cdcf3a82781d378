"""News become changelogs; what is no news is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.family import write
from tests.tools.monorepo import make, needs_builds, status
from tools.__main__ import main
from tools.members import ROOT, Member, members
from tools.release import changelog

pytestmark = needs_builds


@pytest.mark.parametrize("member", members(), ids=lambda m: m.name)
def test_the_news_of_this_repository_are_well_named(member: Member) -> None:
    """
    So the next release of each member can be made.
    """
    assert list(changelog.problems(member, ROOT)) == []


def test_the_kinds_are_those_that_contributors_are_told() -> None:
    """
    CONTRIBUTING.md names every kind of towncrier's table.
    """
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    assert [kind for kind in changelog.kinds(ROOT) if f"`{kind}`" not in text] == []


def test_the_draft_has_the_news_by_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Security comes first; nothing is written.
    """
    root = make(tmp_path)
    folder = root / "packages/starlette-static/changes"
    write(folder / "+hole.security.md", "A hole is closed.\n")
    before = status(root)

    assert main(["changelog", "starlette-static"], root) == 0

    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines[0].startswith("## unreleased (")
    assert lines[1:] == [
        "### Security",
        "- A hole is closed.",
        "### Added",
        "- `starlette-static` is new.",
    ]
    assert status(root) == before


def test_good_news_pass_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The file that keeps an empty folder in git is none.
    """
    root = make(tmp_path)
    write(root / "packages/starlette-static/changes/.gitkeep")

    assert main(["changelog", "starlette-static", "--check"], root) == 0
    assert capsys.readouterr().out == "starlette-static: 1 fragments, all right\n"


@pytest.mark.parametrize(
    "name, text, problem",
    [
        ("+x.improved.md", "Text.\n", "must be named +NAME.KIND.md, KIND one of"),
        ("x.added.md", "Text.\n", "must be named +NAME.KIND.md"),
        ("added.md", "Text.\n", "must be named +NAME.KIND.md"),
        (".added.md", "Text.\n", "must be named +NAME.KIND.md"),
        ("+x.added.rst", "Text.\n", "must be named +NAME.KIND.md"),
        ("+x.added.md", " \n", "is empty"),
        ("+.added.md", "Text.\n", "must be named +NAME.KIND.md"),
    ],
)
def test_what_is_no_news_fails(
    name: str,
    text: str,
    problem: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """
    With and without ``--check``: towncrier would pass over it in silence, or write
    the name of the file, where it has no ``+``, behind the news.
    """
    root = make(tmp_path)
    write(root / "packages/starlette-static/changes" / name, text)

    assert main(["changelog", "starlette-static", "--check"], root) == 1
    assert main(["changelog", "starlette-static"], root) == 1
    printed = capsys.readouterr().out
    assert printed.count(f"packages/starlette-static/changes/{name}: {problem}") == 2


def test_the_meta_package_has_no_news(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Those of its members are meant.
    """
    assert main(["changelog", "starlette"], make(tmp_path)) == 1
    assert "no news of its own" in capsys.readouterr().err
