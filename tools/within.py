"""Runs a command in another environment of hatch than the active one.

usage: python -m tools.within ENVIRONMENT COMMAND [ARGUMENT ...]

A script of the default environment can so be one that needs libraries which the
default environment, that of the demo, does not have: ``hatch run release``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Optional, Sequence

from tools.members import ROOT
from tools.suite import hatch_command

__all__ = ("main",)

# They say that the environment of this very process is active.
_ACTIVE = ("HATCH_ENV", "HATCH_ENV_ACTIVE", "VIRTUAL_ENV")


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run it; the status is that of the command, 2 if there is none."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) < 2:
        print(__doc__)
        return 0 if list(arguments) in (["-h"], ["--help"]) else 2

    name, *command = arguments
    environ = {key: os.environ[key] for key in os.environ if key not in _ACTIVE}
    whole = [*hatch_command(), "-e", name, "run", *command]
    with subprocess.Popen(whole, cwd=ROOT, env=environ) as process:
        # Ctrl-C is for the command, which knows how to end.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    raise SystemExit(main())
