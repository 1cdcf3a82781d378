"""Finds the interpreters of this machine that the tests can run on.

Nothing is installed and nothing is downloaded.  Looked through, in this order:
the interpreter that runs this, pyenv's ``versions`` folder (which is not on
PATH), and PATH.  A candidate counts if it runs and says what it is: pyenv's
shims, for one, are on PATH and fail.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, Mapping, Optional, Tuple

__all__ = ("SUPPORTED", "find", "probe")

SUPPORTED = tuple((3, minor) for minor in range(8, 14))

Version = Tuple[int, int]

# A virtual environment answers with the interpreter that it was made from:
# the environment may be gone, or rebuilt, while the tests use it.
_QUESTION = """
import os, sys
if sys.implementation.name == "cpython" and sys.version_info.releaselevel == "final":
    found = sys.executable
    if sys.prefix != sys.base_prefix:
        found = os.path.realpath(found)
    print(sys.version_info[0], sys.version_info[1], found)
"""


def probe(candidate: Path) -> Optional[Tuple[Version, Path]]:
    """Run *candidate* and return its version and its real path.

    Returns:
        None if it does not run within a minute, fails, is a pre-release,
        or is not CPython.
    """
    try:
        answer = subprocess.run(
            [str(candidate), "-I", "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
        ).stdout.decode()
        major, minor, path = answer.strip().split(" ", 2)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return (int(major), int(minor)), Path(path)


def find(environ: Mapping[str, str] = os.environ) -> Dict[Version, Path]:
    """The supported interpreters of this machine, oldest first.

    One per version: the first that was found.

    Args:
        environ: Where ``PATH``, ``HOME`` and ``PYENV_ROOT`` are read.
    """
    found: Dict[Version, Path] = {}
    for candidate in _candidates(environ):
        answer = probe(candidate)
        if answer is not None and answer[0] in SUPPORTED:
            found.setdefault(*answer)
    return dict(sorted(found.items()))


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    yield Path(sys.executable)
    names = [f"python{major}.{minor}" for major, minor in SUPPORTED]
    for folder in _folders(environ):
        for name in names:
            if (folder / name).exists():
                yield folder / name
    for folder in _folders(environ):
        if (folder / "python3").exists():
            yield folder / "python3"


def _folders(environ: Mapping[str, str]) -> Iterator[Path]:
    pyenv = environ.get("PYENV_ROOT") or os.path.join(environ.get("HOME", ""), ".pyenv")
    # The newest patch release of a version first: 3.11.10 before 3.11.9.
    yield from sorted(Path(pyenv).glob("versions/*/bin"), key=_release, reverse=True)
    for entry in environ.get("PATH", "").split(os.pathsep):
        if entry:
            yield Path(entry)


def _release(folder: Path) -> Tuple[int, ...]:
    parts = folder.parent.name.split(".")
    return tuple(int(part) for part in parts if part.isdigit())
