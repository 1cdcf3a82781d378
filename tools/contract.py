"""Holds the public interface against that of Starlette 0.47.3.

usage: python -m tools.contract [FOLDER]

FOLDER has ``api.py``, which compares the ``starlette`` that is importable
here with ``api-0.47.3.json`` beside it; default: ``../shared/contract``.
Without that folder nothing is checked, and a line says so.

Every difference fails, but for modules of members that do not exist yet.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Iterable, List, Optional, Sequence, Set

from tools.members import ROOT, members

__all__ = ("differences", "main", "missing_members")

# Which member brings what, for those that are built after the core.  A module
# that is not listed here belongs to the core.
MODULES = {
    "starlette-middleware": (
        "starlette.middleware.cors",
        "starlette.middleware.gzip",
        "starlette.middleware.httpsredirect",
        "starlette.middleware.sessions",
        "starlette.middleware.trustedhost",
        "starlette.middleware.wsgi",
    ),
    "starlette-auth": (
        "starlette.authentication",
        "starlette.middleware.authentication",
    ),
    "starlette-static": ("starlette.staticfiles",),
    "starlette-templating": ("starlette.templating",),
    "starlette-testing": ("starlette.testclient",),
}


def missing_members(existing: Iterable[str]) -> Set[str]:
    """The modules whose member is not among *existing*, so that they may lack."""
    absent = set(MODULES) - set(existing)
    return {module for name in absent for module in MODULES[name]}


def differences(report: str, modules: Iterable[str], excused: Set[str]) -> List[str]:
    """The lines of *report* that count.

    Args:
        report: What ``api.py check`` prints.
        modules: The modules that the contract names.
        excused: Those of them that may be missing.
    """
    by_length = sorted(modules, key=len, reverse=True)
    lines = []
    for line in report.splitlines():
        where = line.partition(":")[0]
        module = next((m for m in by_length if f"{where}.".startswith(f"{m}.")), None)
        if module is not None and module not in excused:
            lines.append(line)
    return lines


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Compare; 1 if there are differences that count."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    folder = Path(arguments[0]) if arguments else ROOT.parent / "shared" / "contract"
    if not (folder / "api.py").is_file():
        print(f"interface: not checked, there is no {folder / 'api.py'}")
        return 0

    contract = folder / "api-0.47.3.json"
    check = subprocess.run(
        [sys.executable, str(folder / "api.py"), "check", str(contract)],
        stdout=subprocess.PIPE,
        check=False,
    )
    report = check.stdout.decode()
    # A crash prints no last line with the count; it is not an empty report.
    if " differences" not in report:
        print("interface: the check itself failed")
        return 1
    excused = missing_members(member.name for member in members())
    modules = json.loads(contract.read_text(encoding="utf-8"))
    lines = differences(report, modules, excused)
    print("\n".join([*lines, f"interface: {len(lines)} differences that count"]))
    if excused:
        print(f"interface: not there yet: {', '.join(sorted(excused))}")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
