"""Runs mypy over everything that is written here.

usage: python -m tools.typecheck [MYPY OPTIONS]

The packages share one import name, and each has a folder of tests that is no
package; mypy wants each module once.  So this names the files itself: the
sources without the copied namespace files, with all ``src`` folders as roots,
then each folder of tests by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

from tools.members import ROOT, members

__all__ = ("groups", "main")

FOLDERS = ("tools", "tests", "examples", "benchmarks")


def groups(root: Path = ROOT) -> Iterator[Tuple[List[Path], List[Path]]]:
    """Pairs of what to check in one run, and the roots besides the sources'."""
    family = members(root)
    shipped = [path for member in family for path in member.sources()]
    own = [root / name for name in FOLDERS if (root / name).is_dir()]
    yield [*shipped, root / "conftest.py", *own], [root]
    for member in family:
        files = sorted(member.tests.rglob("*.py"))
        if files:
            yield files, [member.tests]


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Check all groups; 1 if one of them has errors."""
    options = sys.argv[1:] if arguments is None else list(arguments)
    if options in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    sources = [member.src for member in members()]
    status = 0
    for files, roots in groups():
        path = os.pathsep.join(str(folder) for folder in [*sources, *roots])
        command = [sys.executable, "-m", "mypy", *options, *map(str, files)]
        environ = {**os.environ, "MYPYPATH": path}
        status |= subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
    return 1 if status else 0


if __name__ == "__main__":
    raise SystemExit(main())
