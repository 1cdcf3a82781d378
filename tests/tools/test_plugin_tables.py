"""What members register, and the files that are made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.family import CORE, STATIC, make, write
from tools import plugins

TABLE = """
[project.entry-points."starlette.plugins"]
{lines}

[tool.starlette]
without-names = [{without}]
"""


def family(root: Path, *lines: str, without: str = "") -> Path:
    """A family whose second member registers *lines*."""
    make(root)
    core = root / "packages/starlette-core"
    names = TABLE.format(
        lines='Middleware = "starlette.middleware:Middleware"', without=""
    )
    write(core / "pyproject.toml", CORE + names)
    write(
        core / "src/starlette/middleware/__init__.py",
        "from starlette._middleware import Middleware as Middleware, P\n",
    )
    static = root / "packages/starlette-static"
    table = TABLE.format(lines="\n".join(lines), without=without)
    write(static / "pyproject.toml", STATIC + table)
    write(
        static / "src/starlette/staticfiles.py",
        'first = second = 1\n__all__ = ("StaticFiles", "' + "Long" * 12 + '")\n',
    )
    return root


GOOD = 'StaticFiles = "starlette.staticfiles:StaticFiles"'


def test_what_is_written_passes(tmp_path: Path) -> None:
    """
    ``--write`` makes the files that ``--check`` asks for.
    """
    root = family(tmp_path, GOOD)

    assert plugins.main([], root) == 1
    assert plugins.main(["--write"], root) == 0
    assert plugins.main(["--check"], root) == 0


def test_the_files_say_what_is_where(tmp_path: Path) -> None:
    """
    The core knows every module and name; each member lists its own for checkers.
    """
    long = "Long" * 12
    root = family(tmp_path, GOOD, f'{long} = "starlette.staticfiles:{long}"')

    plugins.main(["--write"], root)

    core = root / "packages/starlette-core/src/starlette"
    static = root / "packages/starlette-static/src/starlette"
    tables = (core / "_family.py").read_text()
    listed = (static / "_typed_static.py").read_text()
    assert '"starlette.staticfiles": "starlette-static",\n' in tables
    assert '"StaticFiles": "starlette.staticfiles",\n' in tables
    assert "import StaticFiles as StaticFiles\n" in listed
    assert f"import (\n        {long} as {long},\n    )\n" in listed
    assert "_typed_static import *" in (core / "_typed.py").read_text()
    assert "import Middleware as Middleware\n" in (core / "_typed_core.py").read_text()


def test_a_change_makes_the_files_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A new name that is not written down everywhere is reported.
    """
    root = family(tmp_path, GOOD)
    plugins.main(["--write"], root)
    write(root / "packages/starlette-core/src/starlette/_family.py", "")

    assert plugins.main([], root) == 1
    assert "_family.py: is not up to date" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line, problem",
    [
        ('A = "starlette.nowhere:A"', "there is no public module starlette.nowhere"),
        ('A = "starlette._version:A"', "there is no public module starlette._version"),
        ('A = "starlette.staticfiles:A"', "starlette.staticfiles has no such public"),
        ('A = "starlette.staticfiles:StaticFiles"', "the names differ"),
        ('Middleware = "starlette.staticfiles:StaticFiles"', "by starlette-core"),
    ],
)
def test_a_wrong_name_is_reported(
    line: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It must exist, in a public module of the same member, once, by that name.
    """
    root = family(tmp_path, GOOD, line)

    assert plugins.main(["--write"], root) == 1
    assert problem in capsys.readouterr().out


def test_a_module_without_names_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Unless its member says that it has none; and that must be true.
    """
    listed = '"starlette.staticfiles"'

    assert plugins.main(["--write"], family(tmp_path / "a")) == 1
    assert "has no name that is registered" in capsys.readouterr().out
    assert plugins.main(["--write"], family(tmp_path / "b", without=listed)) == 0
    assert plugins.main(["--write"], family(tmp_path / "c", GOOD, without=listed)) == 1
    assert "listed as one without names" in capsys.readouterr().out


def test_the_family_itself_passes() -> None:
    """
    Every member registers what it adds, and it exists.
    """
    assert plugins.main(["--check"]) == 0


@pytest.mark.parametrize("argument, status", [("--help", 0), ("--what", 2)])
def test_usage(argument: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Help is asked for with success, and shown for a wrong argument.
    """
    assert plugins.main([argument]) == status
    assert "usage:" in capsys.readouterr().out
