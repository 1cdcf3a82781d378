"""Runs ``pyright --verifytypes`` on the installed wheels.

usage: python -m tools.verifytypes

Builds the wheels, installs all of them into an empty environment, and fails
unless every symbol that is public there has a known type.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from tools.wheels import build, install

__all__ = ("main", "problems")


def problems(report: Dict[str, Any]) -> List[str]:
    """What keeps the types of *report*, pyright's JSON, from being complete.

    Private symbols are in the report where public ones are made of them.
    """
    completeness = report["typeCompleteness"]
    lines = [
        f"{symbol['name']}: {' '.join(diagnostic['message'].split())}"
        for symbol in completeness["symbols"]
        if not symbol["isTypeKnown"]
        for diagnostic in symbol["diagnostics"]
    ]
    if completeness["completenessScore"] < 1 and not lines:
        lines.append(f"complete to {completeness['completenessScore']:.2%} only")
    return lines


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Verify; 1 if a public symbol has no known type."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        wheels = build(Path(folder))
        paths = [str(wheel) for wheel in wheels[:-1]]
        full = f"starlette[full] @ {wheels[-1].as_uri()}"
        python = install(Path(folder, "env"), *paths, full)
        command = [sys.executable, "-m", "pyright", "--pythonpath", str(python)]
        command += ["--outputjson", "--ignoreexternal", "--verifytypes", "starlette"]
        # Here pyright looks into the first Python on PATH, and not at the option.
        path = os.pathsep.join((str(python.parent), os.environ["PATH"]))
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            check=False,
        )
    # The first run may print how it installs itself before the report.
    output = done.stdout.decode()
    report = json.loads(output[output.index("{") :])
    lines = problems(report)
    count = report["typeCompleteness"]["exportedSymbolCounts"]["withKnownType"]
    print("\n".join([*lines, f"{count} public symbols have a known type"]))
    return 1 if lines or done.returncode else 0


if __name__ == "__main__":
    raise SystemExit(main())
