"""The members of the family, read from ``packages/*`` and nowhere else.

A member is a folder of ``packages/`` with a ``pyproject.toml``; the folder
has the name of the distribution.  Every check of this package derives what it
looks at from here, so that a new member is under all of them from the day it
appears.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List

__all__ = ("CORE", "ROOT", "SHARED_FILES", "Member", "members", "read_toml")

ROOT = Path(__file__).resolve().parent.parent

CORE = "starlette-core"

# What the core ships for all, relative to ``src``.  Other members hold copies.
SHARED_FILES = (
    "starlette/__init__.py",
    "starlette/py.typed",
    "starlette/middleware/__init__.py",
)


@dataclass(frozen=True)
class Member:
    """One distribution of the monorepo.

    Attributes:
        name: The name of the distribution and of its folder.
        folder: Where it lives, absolute.
    """

    name: str
    folder: Path

    @property
    def src(self) -> Path:
        """The folder that goes on ``sys.path``."""
        return self.folder / "src"

    @property
    def tests(self) -> Path:
        """The folder of its tests; it may be missing."""
        return self.folder / "tests"

    @property
    def metadata(self) -> Dict[str, Any]:
        """The ``[project]`` table of its ``pyproject.toml``."""
        project: Dict[str, Any] = read_toml(self.folder / "pyproject.toml")["project"]
        return project

    def sources(self) -> List[Path]:
        """The Python files that its wheel ships, sorted."""
        return sorted(self._sources())

    def modules(self) -> List[str]:
        """The dotted names of the modules that its wheel ships, sorted."""
        return sorted(self.module_of(path) for path in self.sources())

    def module_of(self, path: Path) -> str:
        """The dotted name of the module that a file below ``src`` is."""
        parts = path.relative_to(self.src).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def _sources(self) -> Iterator[Path]:
        for path in self.src.rglob("*.py"):
            shared = path.relative_to(self.src).as_posix() in SHARED_FILES
            if self.name == CORE or not shared:
                yield path


def members(root: Path = ROOT) -> List[Member]:
    """Every member below ``root/packages``, sorted by name."""
    found = sorted((root / "packages").glob("*/pyproject.toml"))
    return [Member(path.parent.name, path.parent) for path in found]


def read_toml(path: Path) -> Dict[str, Any]:
    """Parse a TOML file.

    Raises:
        ModuleNotFoundError: Before Python 3.11, if ``tomli`` is not installed.
    """
    # Here and not at the top: who only lists folders needs no parser, and
    # 3.10 and older have none of their own.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    return tomllib.loads(path.read_text(encoding="utf-8"))
