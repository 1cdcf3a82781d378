"""Runs the tests of the whole family: ``hatch run test``.

Without arguments:

1. everything (``packages/*/tests`` and ``tests/``) on Python 3.11, or on the
   newest supported version there is if 3.11 is missing; the tests of GraphQL
   once more with the older line of graphql-core, if it is 3.11; and the
   coverage of lines and branches must be 100 % (judged on 3.11 alone: each
   version leaves out the branches that are for another);
2. ``packages/*/tests`` on every other Python from 3.8 to 3.13 that is on the
   machine, pyenv's included, as many at a time as there are processors.

With arguments, these go to pytest, which then runs once, as in 1, without
coverage: ``hatch run test -k redirect``, ``hatch run test packages/NAME``.

Each Python has an environment of its own, ``test.py3.X``, that hatch makes
and keeps up to date.  No interpreter is ever downloaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from tools.interpreters import find
from tools.members import ROOT, members

__all__ = ("Run", "Suite", "hatch_command", "main", "main_version")

Version = Tuple[int, int]

PREFERRED = (3, 11)

# An environment of PREFERRED with the other line of graphql-core, and the tests
# that are run there as well.
OTHER_LINE = ("test-graphql32", "packages/starlette-graphql/tests")

# A test that hangs where the timeout of pytest cannot reach it, in a thread or
# in a `finally`, ends the whole run after that many seconds, with all stacks.
# (pytest 9, which needs Python 3.10.)
LAST_RESORT = (
    "-o",
    "faulthandler_timeout=900",
    "-o",
    "faulthandler_exit_on_timeout=true",
)


@dataclass
class Run:
    """The outcome of the tests on one interpreter.

    Attributes:
        version: Of the interpreter.
        status: The exit status, 0 for success.
        seconds: How long it took.
        last: The last line of output: pytest's summary.
    """

    version: Version
    status: int
    seconds: float
    last: str

    def __str__(self) -> str:
        verdict = "passed" if self.status == 0 else f"FAILED (status {self.status})"
        name = "{}.{}".format(*self.version)
        return f"Python {name:<5}{verdict:<20}{self.seconds:5.0f} s   {self.last}"


def main_version(found: Sequence[Version]) -> Version:
    """The version that runs everything: 3.11, else the newest.

    Raises:
        SystemExit: If there is none.
    """
    if PREFERRED in found:
        return PREFERRED
    if not found:
        raise SystemExit("no interpreter of Python 3.8 to 3.13 on this machine")
    return max(found)


def hatch_command(environ: Mapping[str, str] = os.environ) -> List[str]:
    """The command that starts the hatch that started this.

    hatch says where its uv is, and it installed that beside itself; so it is
    found when it was called by its path and is not on PATH.

    Raises:
        SystemExit: If there is no hatch.
    """
    beside = os.path.dirname(environ.get("HATCH_UV", ""))
    for path in (beside, environ.get("PATH", "")):
        hatch = shutil.which("hatch", path=path) if path else None
        if hatch is not None:
            return [hatch]
    raise SystemExit("hatch was not found: start this as `hatch run test`")


class Suite:
    """The tests on the interpreters of one machine.

    Args:
        found: The interpreters, as ``interpreters.find`` returns them.
        hatch: The command that starts hatch.
        root: The monorepo.
    """

    def __init__(
        self, found: Dict[Version, Path], hatch: Sequence[str], root: Path = ROOT
    ) -> None:
        self.found = found
        self.hatch = hatch
        self.root = root

    def everything(self, version: Version) -> Run:
        """Run all tests on *version*, and judge the coverage if it is 3.11."""
        self._erase_coverage()
        options = LAST_RESORT if version >= (3, 10) else ()
        measured = ("coverage", "run", "-m", "pytest", *options)
        run = self._run(version, *measured)
        statuses = [run.status]
        limit = "--fail-under=0"
        if version == PREFERRED:
            limit = "--fail-under=100"
            environment, tests = OTHER_LINE
            other = self._run(version, *measured, tests, environment=environment)
            statuses.append(other.status)
        for command in (("combine", "--quiet"), ("report", limit)):
            statuses.append(self._run(version, "coverage", *command).status)
        run.status = next((status for status in statuses if status), 0)
        return run

    def selected(self, version: Version, arguments: Sequence[str]) -> Run:
        """Run pytest with *arguments* on *version*."""
        return self._run(version, "pytest", *arguments)

    def packages(self, versions: Sequence[Version]) -> List[Run]:
        """Run the packages' own tests on *versions*, several at a time."""
        # Making environments writes to places that hatch shares between them.
        for version in versions:
            self._run(version, "pytest", "--version", quiet=True)
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return list(pool.map(self._packages, versions))

    def _packages(self, version: Version) -> Run:
        tests = [member.tests for member in members(self.root)]
        folders = [str(path) for path in tests if path.is_dir()]
        # The cache of failures is one folder for all versions.
        options = ["-q", "-p", "no:cacheprovider"]
        options += LAST_RESORT if version >= (3, 10) else ()
        return self._run(version, "pytest", *options, *folders, quiet=True)

    def _erase_coverage(self) -> None:
        for pattern in (".coverage", ".coverage.*"):
            for path in self.root.glob(pattern):
                path.unlink()

    def _run(
        self,
        version: Version,
        *module: str,
        environment: Optional[str] = None,
        quiet: bool = False,
    ) -> Run:
        environment = environment or "test.py{}.{}".format(*version)
        command = [*self.hatch, "-e", environment, "run", "python", "-m", *module]
        started = time.monotonic()
        environ = self._environ(version)
        status, output = _execute(command, self.root, environ, quiet=quiet)
        lines = [line for line in output.splitlines() if line.strip()] or [""]
        last = lines[-1].strip("= ")
        if quiet and status:
            print(f"\n--- Python {version[0]}.{version[1]}:\n{output}", flush=True)
        return Run(version, status, time.monotonic() - started, last)

    def _environ(self, version: Version) -> Dict[str, str]:
        environ = dict(os.environ)
        # hatch looks for `python3.X` on PATH.
        folder = str(self.found[version].parent)
        environ["PATH"] = os.pathsep.join([folder, environ.get("PATH", "")])
        # What [tool.coverage.run] measures is below it.
        environ["COVERAGE_ROOT"] = str(self.root)
        # Absolute, because a process that a test starts may run in another folder.
        environ["COVERAGE_FILE"] = str(self.root / ".coverage")
        # These say that the environment of this very process is active.
        for name in ("VIRTUAL_ENV", "HATCH_ENV_ACTIVE", "HATCH_ENV"):
            environ.pop(name, None)
        return environ


def _execute(
    command: Sequence[str], root: Path, environ: Mapping[str, str], *, quiet: bool
) -> Tuple[int, str]:
    """Run *command*; its output is returned if *quiet*, else shown as it comes."""
    with tempfile.TemporaryFile() as file:
        with subprocess.Popen(
            command,
            cwd=root,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=file if quiet else subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            for line in process.stdout or ():
                sys.stdout.write(line.decode("utf-8", "replace"))
                sys.stdout.flush()
                file.write(line)
        file.seek(0)
        return process.returncode, file.read().decode("utf-8", "replace")


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the tests; the status is that of the first run that failed, or 0."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) in (["-h"], ["--help"]):
        print(__doc__)
        return 0

    found = find()
    first = main_version(list(found))
    names = ["{}.{}".format(*version) for version in found]
    print(f"Interpreters: {', '.join(names)}; everything runs on {first[0]}.{first[1]}")
    suite = Suite(found, hatch_command(), ROOT)
    if arguments:
        return suite.selected(first, arguments).status

    runs = [suite.everything(first)]
    runs += suite.packages([version for version in found if version != first])
    print("\n" + "\n".join(str(run) for run in runs))
    return next((run.status for run in runs if run.status), 0)


if __name__ == "__main__":
    raise SystemExit(main())
