"""Checks that type checkers know the names of what is installed, and no others.

usage: python -m tools.typednames

Installs the wheel of the core alone, and the wheels of all members, into an
environment each; writes a program that uses every name that is registered as
an attribute of ``starlette``; and fails unless mypy and pyright complain about
the names of the members that are not installed, and about nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, Optional, Sequence, Set

from tools.members import CORE, members
from tools.plugins import registered
from tools.wheels import build, install

__all__ = ("main", "mypy_errors", "problems", "program", "pyright_errors")


def program(names: Sequence[str]) -> str:
    """A program whose line *n*, from 1 on, uses the name *n*; 0 imports."""
    uses = [f"print(starlette.{name})" for name in names]
    return "\n".join(["import starlette", *uses, ""])


def mypy_errors(python: Path, path: Path) -> Set[int]:
    """The lines of *path*, from 0 on, of which mypy complains."""
    command = [sys.executable, "-m", "mypy", "--strict", "--output", "json"]
    command += ["--python-executable", str(python), "--no-incremental", path.name]
    output = _output(command, path.parent)
    return {json.loads(line)["line"] - 1 for line in output.splitlines()}


def pyright_errors(python: Path, path: Path) -> Set[int]:
    """The lines of *path*, from 0 on, of which pyright complains."""
    command = [sys.executable, "-m", "pyright", "--pythonpath", str(python)]
    output = _output([*command, "--outputjson", path.name], path.parent)
    # The first run may print how it installs itself before the report.
    report = json.loads(output[output.index("{") :])
    found = report["generalDiagnostics"]
    return {each["range"]["start"]["line"] for each in found}


def _output(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=False)
    return done.stdout.decode()


def problems(
    checker: str, names: Sequence[str], there: Set[str], errors: Set[int]
) -> List[str]:
    """What *checker* gets wrong, one line each.

    Args:
        checker: What to call it.
        names: Those of the program, in the order of its lines.
        there: Those that are installed.
        errors: The lines of which it complains.
    """
    lines = []
    for number, name in enumerate(["import", *names]):
        is_known = name in there or number == 0
        if is_known and number in errors:
            lines.append(f"{checker}: complains about {name}, which is installed")
        elif not is_known and number not in errors:
            lines.append(f"{checker}: takes {name}, which is not installed")
    return lines


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Check; 1 if a checker does not know a name, or knows too many."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    owners = {name: member.name for member in members() for name in registered(member)}
    names = [*sorted(owners), "Nothing"]
    lines: List[str] = []
    with tempfile.TemporaryDirectory() as folder:
        wheels = [str(wheel) for wheel in build(Path(folder))[:-1]]
        path = Path(folder, "program.py")
        path.write_text(program(names), encoding="utf-8")
        core = next(w for w in wheels if CORE.replace("-", "_") in w)
        for form, installed in (("alone", [core]), ("everything", wheels)):
            python = install(Path(folder, form), *installed)
            there = {n for n in owners if form == "everything" or owners[n] == CORE}
            for checker, errors in (
                ("mypy", mypy_errors(python, path)),
                ("pyright", pyright_errors(python, path)),
            ):
                lines += problems(f"{form}, {checker}", names, there, errors)
    print("\n".join(lines) or f"{len(owners)} names are known where they are installed")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
