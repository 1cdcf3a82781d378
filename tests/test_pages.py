"""The pages of the repository tell the truth: their code runs, their names exist."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
from pathlib import Path
from typing import Any, Dict, List, Set

import pytest

from starlette.testclient import TestClient
from tools.members import ROOT, members, read_toml

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="older environments have no TOML parser"
)

PAGES = sorted([*ROOT.glob("*.md"), *(m.folder / "README.md" for m in members())])

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(ROOT))
)


def blocks(page: Path) -> List[str]:
    """The blocks of Python on *page*."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def scripts() -> Set[str]:
    """What can follow ``hatch run``."""
    environments = read_toml(ROOT / "pyproject.toml")["tool"]["hatch"]["envs"]
    return {
        name if environment == "default" else f"{environment}:{name}"
        for environment, config in environments.items()
        for name in config.get("scripts", {})
    }


@every_page
def test_the_commands_exist(page: Path) -> None:
    """
    Every ``hatch run NAME`` of a page is a script of this repository.
    """
    text = page.read_text(encoding="utf-8")
    names = set(re.findall(r"hatch run ([a-z][\w:-]*)", text))

    assert names <= scripts()


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md"])
def test_every_member_is_named(page: str) -> None:
    """
    The table and the map hold what there is in packages/.
    """
    text = (ROOT / page).read_text(encoding="utf-8")

    assert [m.name for m in members() if m.name not in text] == []


def test_the_files_of_the_map_exist() -> None:
    """
    Every Python file that ARCHITECTURE.md names is somewhere in the sources.
    """
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    there = [ROOT, *(m.src / "starlette" for m in members())]
    sources = [path for m in members() for path in m.sources()]

    named = re.findall(r"[`( ]([\w*/]+\.py)[`) ]", text)
    lost = [
        name
        for name in named
        if not any(any(folder.glob(name)) for folder in there)
        and not any(path.match(name) for path in sources)
    ]

    assert len(named) > 50
    assert lost == []


@every_page
def test_the_links_lead_somewhere(page: Path) -> None:
    """
    A relative link names a file of this repository.
    """
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


@every_page
def test_the_code_runs(page: Path) -> None:
    """
    The blocks of Python run in their order, and so do the tests among them.
    """
    names: Dict[str, Any] = {}

    for block in blocks(page):
        exec(compile(block, str(page), "exec", dont_inherit=True), names)

    for name, value in list(names.items()):
        # Those that ask for fixtures are shown, not run.
        if name.startswith("test_") and not inspect.signature(value).parameters:
            result = value()
            if inspect.iscoroutine(result):
                asyncio.run(result)


@pytest.mark.parametrize(
    "page, path, body",
    [
        ("README.md", "/world", '{"hello":"world"}'),
        ("packages/starlette-core/README.md", "/hello/world", "Hello, world!"),
    ],
)
def test_the_first_program_answers(page: str, path: str, body: str) -> None:
    """
    The program that a newcomer sees first does what it seems to do.
    """
    block = blocks(ROOT / page)[0]
    names: Dict[str, Any] = {}

    exec(compile(block, page, "exec", dont_inherit=True), names)

    assert TestClient(names["app"]).get(path).text == body
