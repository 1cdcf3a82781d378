"""What counts as a change of the public interface, and which ones break."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from tests.tools.family import write
from tests.tools.monorepo import needs_builds
from tools.members import Member
from tools.release.interface import Surface, changes, metadata_changes

pytestmark = needs_builds

CORE = {
    "__init__.py": "",
    "_base.py": """
class Base:
    def inherited(self, a): ...
""",
}


def member(folder: Path, name: str, **modules: str) -> Member:
    """A member with *modules*; two underscores stand for a dot."""
    found = Member(name, folder / name)
    for module, text in modules.items():
        path = module.replace("__", "/", 1) if module != "__init__" else module
        write(found.src / "starlette" / f"{path}.py", text)
    return found


def compared(folder: Path, old: str, new: str) -> List[str]:
    """What changes when the module ``m`` of a member is *new* instead of *old*."""
    core = Member("starlette-core", folder / "core")
    for name, text in CORE.items():
        write(core.src / "starlette" / name, text)
    surfaces = []
    for name, text in (("old", old), ("new", new)):
        one = member(folder / name, "starlette-one", m=f"__all__ = ('x',)\n{text}")
        surfaces.append(Surface(one, [core, one], folder / f"{name}-laid-out"))
    return [f"{breaks:d} {text}" for breaks, text in changes(*surfaces)]


@pytest.mark.parametrize(
    "old, new, line",
    [
        (
            "def x(a): ...",
            "x = 1",
            "1 starlette.m.x was a function, and is",
        ),
        ("def x(): ...", "async def x(): ...", "1 starlette.m.x is awaited in"),
        ("def x(a): ...", "def x(): ...", "1 starlette.m.x: parameter a is gone"),
        (
            "def x(): ...",
            "def x(a): ...",
            "1 starlette.m.x: parameter a is new, and",
        ),
        ("def x(): ...", "def x(a=1): ...", "0 starlette.m.x: parameter a is new"),
        ("def x(): ...", "def x(*a): ...", "0 starlette.m.x: parameter a is new"),
        ("def x(): ...", "def x(**a): ...", "0 starlette.m.x: parameter a is new"),
        ("def x(**a): ...", "def x(): ...", "1 starlette.m.x: parameter a is gone"),
        (
            "def x(a, b): ...",
            "def x(b, a): ...",
            "1 starlette.m.x: parameter a has another place",
        ),
        (
            "def x(a, b=1): ...",
            "def x(a, *, b=1): ...",
            "1 starlette.m.x: parameter b was positional or keyword, and is keyword",
        ),
        (
            "def x(a, /): ...",
            "def x(a): ...",
            "0 starlette.m.x: parameter a was positional-only",
        ),
        (
            "def x(*, a): ...",
            "def x(a): ...",
            "0 starlette.m.x: parameter a was keyword-only",
        ),
        ("def x(*a): ...", "def x(a=()): ...", "1 starlette.m.x: parameter a was vari"),
        (
            "def x(a=1): ...",
            "def x(a): ...",
            "1 starlette.m.x: parameter a is requ",
        ),
        ("def x(a): ...", "def x(a=1): ...", "0 starlette.m.x: parameter a has a def"),
        (
            "def x(a=1): ...",
            "def x(a=2): ...",
            "1 starlette.m.x: parameter a has another default: 1, then 2",
        ),
        (
            "class x(dict): ...",
            "class x: ...",
            "1 starlette.m.x does not inherit from dict any more",
        ),
        (
            "class x:\n    def y(self): ...",
            "class x:\n    def z(self): ...",
            "1 member starlette.m.x.y is gone",
        ),
        (
            "class x:\n    def __init__(self, a): ...",
            "class x:\n    def __init__(self, a, b): ...",
            "1 starlette.m.x.__init__: parameter b is new, and required",
        ),
        (
            "class x:\n    @property\n    def y(self): ...",
            "class x:\n    def y(self): ...",
            "1 starlette.m.x.y was a attribute, and is a function",
        ),
        ("def x(): ...", "def y(): ...", "1 starlette.m.x is listed, and is not there"),
        (
            "from starlette._base import Base\nclass x(Base): ...",
            "from starlette._base import Base\nclass x:\n    y = 1",
            "1 starlette.m.x does not inherit from Base any more",
        ),
    ],
)
def test_one_change_is_told(old: str, new: str, line: str, tmp_path: Path) -> None:
    """
    It begins with 1 if it breaks programs.
    """
    assert compared(tmp_path, old, new)[0].startswith(line)


@pytest.mark.parametrize(
    "old, new",
    [
        pytest.param("x = 1", "x = 2", id="value"),
        pytest.param("def x(a): ...", "def x(a: int) -> str: ...", id="types"),
        pytest.param("def x(): ...", "def x():\n    return 1", id="body"),
        pytest.param("def x(): ...", "def x(): ...\ndef y(): ...", id="unlisted"),
        pytest.param("class x: ...", "class x:\n    def _y(self): ...", id="private"),
        pytest.param("class x: ...", "class _x: ...\nclass x(_x): ...", id="new base"),
        pytest.param("class _x: ...\nclass x(_x): ...", "class x: ...", id="old base"),
        pytest.param("from a import x", "from b import x", id="library"),
        pytest.param("globals()['x'] = 1", "x = 1", id="made as it runs"),
        pytest.param(
            "from starlette._base import Base as x",
            "class x:\n    def inherited(self, a): ...",
            id="moved",
        ),
    ],
)
def test_what_programs_cannot_hold_on_to_is_no_change(
    old: str, new: str, tmp_path: Path
) -> None:
    """
    Values, types, what is not listed, and where something is defined.
    """
    assert compared(tmp_path, old, new) == []


def test_what_is_inherited_from_a_sibling_is_seen(tmp_path: Path) -> None:
    """
    A method that a class gets from the core is one of its members.
    """
    base = "from starlette._base import Base\n"
    own = "class x(Base):\n    def inherited(self, a, b): ...\n"

    assert compared(tmp_path, f"{base}class x(Base): ...", f"{base}{own}") == [
        "1 starlette.m.x.inherited: parameter b is new, and required"
    ]


def test_modules_and_listed_names_come_and_go(tmp_path: Path) -> None:
    """
    Those that begin with an underscore do not count.
    """
    old = member(
        tmp_path / "old",
        "starlette-core",
        __init__="",
        a="__all__ = ('x',)",
        b="__all__ = ()",
        _c="__all__ = ('z',)",
    )
    new = member(
        tmp_path / "new",
        "starlette-core",
        __init__="from starlette.a import y as y",
        a="__all__ = ('y',)",
        d="__all__ = ()",
    )
    surfaces = [
        Surface(one, [old], tmp_path / f"{one.folder}-out") for one in (old, new)
    ]

    assert list(changes(*surfaces)) == [
        (True, "module starlette.b is gone"),
        (False, "module starlette.d is new"),
        (False, "name starlette.y is new"),
        (True, "name starlette.a.x is gone"),
        (False, "name starlette.a.y is new"),
    ]


def test_the_metadata_promise_something_too(tmp_path: Path) -> None:
    """
    Extras, entry points, commands, and versions of Python.
    """
    old = Member("old", tmp_path / "old")
    new = Member("new", tmp_path / "new")
    write(
        old.folder / "pyproject.toml",
        '[project]\nrequires-python = ">=3.8"\n'
        "[project.optional-dependencies]\na = []\n"
        '[project.entry-points.group]\nx = "m:x"\n'
        '[project.scripts]\ntool = "m:main"\n',
    )
    write(
        new.folder / "pyproject.toml",
        '[project]\nrequires-python = ">=3.9"\n'
        "[project.optional-dependencies]\nb = []\n"
        '[project.entry-points.group]\nx = "n:x"\ny = "m:y"\n',
    )

    assert list(metadata_changes(old, new)) == [
        (True, "extra a is gone"),
        (False, "extra b is new"),
        (False, "entry point group:y is new"),
        (True, "command tool is gone"),
        (True, "the versions of Python were >=3.8, and are >=3.9"),
    ]
    assert list(metadata_changes(new, new)) == []
