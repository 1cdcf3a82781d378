"""Builds the wheels of the family and checks what is in them.

usage: python -m tools.wheels [FOLDER]

Builds the wheel of every member and of the meta-package into FOLDER (default:
``dist``), and fails if a file is in two wheels, if a wheel ships anything but
``starlette/`` and its own metadata, or if a test is among it.

``build`` and ``install`` are used by the tests and by the other tools, which
look at the wheels as users get them and not at this tree.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from tools.members import ROOT, members

__all__ = ("build", "build_one", "empty", "install", "main", "problems")


def build(folder: Path, root: Path = ROOT) -> List[Path]:
    """Build all wheels below *root* into *folder* and return their paths.

    The meta-package's is the last.  ``hatchling`` must be importable.

    Raises:
        CalledProcessError: If one cannot be built; its output says why.
    """
    projects = [*(member.folder for member in members(root)), root]
    return [build_one(project, folder) for project in projects]


def build_one(project: Path, folder: Path) -> Path:
    """Build the wheel of one *project* into *folder* and return its path.

    Raises:
        CalledProcessError: If it cannot be built; its output says why.
    """
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    before = set(folder.glob("*.whl"))
    _call([*command, "-d", str(folder)], cwd=project)
    (wheel,) = set(folder.glob("*.whl")) - before
    return wheel


def install(environment: Path, *arguments: str) -> Path:
    """Make a virtual environment of this Python and install into it.

    Args:
        environment: The folder to make.
        *arguments: Of ``uv pip install``.

    Returns:
        The path of its interpreter.

    Raises:
        CalledProcessError: If something cannot be installed.
    """
    python = empty(environment)
    command = [_uv(), "pip", "install", "--quiet", "--python", str(python)]
    # --no-sources: those of this workspace must not stand in for wheels.
    _call([*command, "--no-sources", *arguments], cwd=environment)
    return python


def empty(environment: Path) -> Path:
    """Make a virtual environment of this Python, with nothing in it, pip included.

    Args:
        environment: The folder to make.

    Returns:
        The path of its interpreter.

    Raises:
        CalledProcessError: If it cannot be made.
    """
    _call([_uv(), "venv", "--quiet", "--python", sys.executable, str(environment)])
    return environment / ("Scripts" if os.name == "nt" else "bin") / "python"


def _uv() -> str:
    return os.environ.get("HATCH_UV") or "uv"


def problems(wheels: Sequence[Path]) -> List[str]:
    """What is wrong with the contents of *wheels*, one line each."""
    lines: List[str] = []
    owners: Dict[str, str] = {}
    for wheel in wheels:
        for name in _files(wheel):
            if name in owners:
                lines.append(f"{name}: is in {owners[name]} and in {wheel.name}")
            owners[name] = wheel.name
            top, _, rest = name.partition("/")
            if top != "starlette" and not top.endswith(".dist-info"):
                lines.append(f"{name}: does not belong into {wheel.name}")
            if "tests" in rest.split("/") or Path(name).name.startswith("test_"):
                lines.append(f"{name}: is a test, in {wheel.name}")
    if "starlette/py.typed" not in owners:
        lines.append("starlette/py.typed: is in no wheel")
    return lines


def _files(wheel: Path) -> List[str]:
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if not name.endswith("/")]


def _call(command: Sequence[str], cwd: Optional[Path] = None) -> None:
    done = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
        raise subprocess.CalledProcessError(done.returncode, command)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Build and check; 1 if something is wrong."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    folder = Path(arguments[0] if arguments else "dist").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    wheels = build(folder)
    lines = problems(wheels)
    print("\n".join(lines) or f"{len(wheels)} wheels, each file in one of them")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
