"""The contenders' environments: made on first use, kept in a cache folder.

Each holds one contender and what the cases ask for it.  uv makes them if it
can be found, else ``venv`` and pip.  An environment is made anew when what it
must hold has changed.

Our own distributions come from the tree alone, by a ``.pth`` file: unrelated
projects hold some of their names on the index, so what stands beside them is
installed without following dependencies, and an environment in which an
installer brought a ``starlette`` along is refused.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

from benchmarks.model import Case, Contender

__all__ = ("Environment", "Environments", "default_folder")

ROOT = Path(__file__).resolve().parent.parent

_INVENTORY = """
import importlib.metadata as metadata, json
found = {d.metadata["Name"].lower(): d.version for d in metadata.distributions()}
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Environment:
    """Where one contender runs.

    Attributes:
        python: Its interpreter.
        versions: Distribution name in lower case to installed version.
    """

    python: Path
    versions: Dict[str, str]


def default_folder() -> Path:
    """The cache folder: ``XDG_CACHE_HOME``, else ``~/.cache``, per checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    checkout = sha256(str(ROOT).encode()).hexdigest()[:8]
    return Path(base) / "starlette-benchmarks" / checkout


class Environments:
    """Makes and finds environments below *folder*.

    Args:
        folder: The cache folder; made if need be.
        contenders: All contenders by name.
        cases: The cases whose requirements are installed.
        stand_in: A requirement to measure in the place of our own tree, for
            example ``"starlette==0.40.0"``; empty for the tree.
    """

    def __init__(
        self,
        folder: Path,
        contenders: Dict[str, Contender],
        cases: Iterable[Case],
        stand_in: str = "",
    ) -> None:
        self._folder = folder
        self._contenders = contenders
        self._cases = tuple(cases)
        self._stand_in = stand_in
        self._uv = shutil.which("uv") or shutil.which(
            "uv", path=str(Path(sys.executable).parent)
        )

    def ensure(self, contender: Contender) -> Environment:
        """The environment of *contender*, made if it is not there.

        Raises:
            RuntimeError: If it cannot be made, with what the installer said.
        """
        twin = self._contenders.get(contender.twin)
        pins = self.ensure(twin).versions if twin else {}
        wanted = self._wanted(contender, pins)
        replaced = self._stand_in if contender.tree else ""
        folder = self._folder / self._name(contender, is_replaced=bool(replaced))
        with _lock(self._folder):
            marker = folder / "requirements.json"
            recipe = json.dumps([sys.version, wanted, replaced])
            if not marker.is_file() or marker.read_text() != recipe:
                self._make(folder, wanted, contender.tree)
                if replaced:
                    self._install(folder, [replaced])
                marker.write_text(recipe)
            if contender.tree and not replaced:
                _link_tree(_python(folder))
        return Environment(_python(folder), _inventory(_python(folder)))

    def _name(self, contender: Contender, *, is_replaced: bool) -> str:
        # What uv and venv put into an environment differs, and so does what an
        # interpreter loads at its start: within a run all are of one kind.
        parts = [
            contender.name,
            f"py{sys.version_info[0]}.{sys.version_info[1]}",
            "uv" if self._uv else "venv",
            *(["stand-in"] if is_replaced else []),
        ]
        return "-".join(parts)

    def _wanted(self, contender: Contender, pins: Dict[str, str]) -> List[str]:
        wanted = set(contender.requires)
        for case in self._cases:
            if case.factory(contender) is not None:
                for name in {contender.family, contender.name}:
                    wanted.update(case.requires.get(name, ()))
        named = {_distribution(requirement) for requirement in pins}
        wanted = {each for each in wanted if _distribution(each) not in named}
        for name, version in pins.items():
            if name not in ("starlette", "pip", "setuptools", "uv"):
                wanted.add(f"{name}=={version}")
        return sorted(wanted)

    def _make(self, folder: Path, wanted: Sequence[str], is_tree: bool) -> None:
        print(f"making {folder}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        if self._uv:
            self._run([self._uv, "venv", "--python", sys.executable, str(folder)])
        else:
            self._run([sys.executable, "-m", "venv", str(folder)])
        if wanted:
            self._install(folder, [*(["--no-deps"] if is_tree else []), *wanted])

    def _install(self, folder: Path, arguments: Sequence[str]) -> None:
        python = str(_python(folder))
        if self._uv:
            command = [self._uv, "pip", "install", "--python", python]
        else:
            command = [python, "-m", "pip", "install", "--quiet"]
        self._run([*command, *arguments])

    def _run(self, command: Sequence[str]) -> None:
        # In the cache folder: an installer that is run inside the checkout
        # would read the workspace's settings.
        done = subprocess.run(
            command,
            cwd=str(self._folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}")


def _distribution(requirement: str) -> str:
    """The distribution that *requirement* names, in lower case."""
    name = requirement.lower()
    for mark in "[=<>!~; ":
        name = name.partition(mark)[0]
    return name.replace("_", "-")


def _python(folder: Path) -> Path:
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def _inventory(python: Path) -> Dict[str, str]:
    found: Dict[str, str] = json.loads(_ask(python, _INVENTORY))
    return found


def _ask(python: Path, source: str) -> str:
    return subprocess.check_output(
        [str(python), "-I", "-c", source], universal_newlines=True
    ).strip()


def _sources() -> Tuple[str, ...]:
    return tuple(sorted(str(path) for path in (ROOT / "packages").glob("*/src")))


def _link_tree(python: Path) -> None:
    """Put the sources of the tree on the path of *python*.

    Raises:
        RuntimeError: If an installer brought a ``starlette`` of its own along.
    """
    if "starlette" in _inventory(python):
        raise RuntimeError(f"{python} must have no `starlette`, but has one installed")
    site = _ask(python, "import sysconfig; print(sysconfig.get_paths()['purelib'])")
    Path(site, "starlette-tree.pth").write_text("\n".join(_sources()) + "\n")


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Keep a second bench from making the same environment at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as file:
        if os.name == "posix":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
