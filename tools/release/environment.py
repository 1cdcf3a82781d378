"""An empty environment, and what is put into it to run the tests of one member.

Members are installed one by one, from where they are told to come; libraries from
where this machine gets packages.  No member is ever looked for there.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.members import read_toml
from tools.release.family import Refused, distributions
from tools.release.process import call
from tools.wheels import empty

__all__ = ("Environment", "Part")

# These add places where packages are looked for, before the one that is given.
_OTHER_INDEXES = (
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_INDEX",
    "UV_INDEX_URL",
)


@dataclass(frozen=True)
class Part:
    """One member of an environment.

    Attributes:
        name: Of the distribution.
        origin: Where it comes from, to be read.
        what: What is installed: the path of a wheel, or a requirement.
        index: Where *what* is looked for; None if it is a path.
    """

    name: str
    origin: str
    what: str
    index: Optional[str] = None


def _requirements(found: importlib.metadata.Distribution) -> List[Requirement]:
    """What *found* depends on, without its extras."""
    wanted = [Requirement(text) for text in found.requires or []]
    return [one for one in wanted if "extra" not in str(one.marker or "")]


def _suits(
    asks: importlib.metadata.Distribution,
    requirement: Requirement,
    found: Optional[importlib.metadata.Distribution],
) -> None:
    """Refuse a member that is not there, or not as another one needs it."""
    if found is None or not requirement.specifier.contains(found.version, True):
        there = "none is there" if found is None else f"not {found.version}"
        who = f"{asks.metadata['Name']} {asks.version}"
        raise Refused(f"{who} needs {requirement}, {there}")


class Environment:
    """An empty environment, and what is put into it.

    Args:
        folder: Where to make it.
        root: The monorepo.

    Raises:
        Refused: If there is no uv.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        self.uv = os.environ.get("HATCH_UV") or "uv"
        if shutil.which(self.uv) is None:
            raise Refused("uv, which makes the environment, is missing")
        self.python = empty(folder)

    def add_members(self, parts: Sequence[Part]) -> None:
        """Install members, and nothing that they depend on.

        Raises:
            Refused: If one cannot be installed.
        """
        closed: Dict[str, Optional[str]] = dict.fromkeys(_OTHER_INDEXES)
        for part in parts:
            place = ["--default-index", part.index] if part.index else ["--no-index"]
            self._install(["--no-config", "--no-deps", *place, part.what], closed)

    def add_libraries(self) -> None:
        """Install what the members depend on, and what their tests need.

        Raises:
            Refused: If something is missing, or a member does not go with another.
        """
        config = read_toml(self.root / "pyproject.toml")
        libraries = list(config["tool"]["hatch"]["envs"]["test"]["dependencies"])
        family = [member.name for member in distributions(self.root)]
        there = self.installed()
        for found in there.values():
            for requirement in _requirements(found):
                name = canonicalize_name(requirement.name)
                if name not in family:
                    libraries.append(str(requirement))
                else:
                    _suits(found, requirement, there.get(name))
        # A library may want a member, and get somebody else's of that name: none
        # of them is needed on any Python that there is.
        nobody = self.folder / "nobody.txt"
        lines = [f"{name}; python_version < '3'\n" for name in family]
        nobody.write_text("".join(lines), encoding="utf-8")
        self._install(["--override", str(nobody), *libraries])

    def installed(self) -> Dict[str, importlib.metadata.Distribution]:
        """The distributions that are in it, by name."""
        places = [str(path) for path in self.folder.glob("**/site-packages")]
        found = importlib.metadata.distributions(path=places)
        return {canonicalize_name(one.metadata["Name"]): one for one in found}

    def _install(
        self,
        arguments: Sequence[str],
        environ: Optional[Dict[str, Optional[str]]] = None,
    ) -> None:
        command = [self.uv, "pip", "install", "--quiet", "--no-sources"]
        # Not in the tree, whose workspace stands for the members otherwise.
        call([*command, "--python", str(self.python), *arguments], self.folder, environ)
