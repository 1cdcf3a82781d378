"""Starts other programs; one that fails is a refusal with its output."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Mapping, Optional, Sequence

from tools.release.family import Refused

__all__ = ("call",)


def call(
    command: Sequence[str],
    cwd: Path,
    environ: Optional[Mapping[str, Optional[str]]] = None,
) -> str:
    """Run *command* in *cwd* and return what it prints, errors included.

    Args:
        command: The program and its arguments; no shell is involved.
        cwd: The folder it runs in.
        environ: Added to the environment of this process, or taken out of it
            where it is None.

    Raises:
        Refused: If it ends with another status than 0.
    """
    whole = {**os.environ, **(environ or {})}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={key: value for key, value in whole.items() if value is not None},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        # Not more: an argument may be a whole program.
        name = " ".join(command[:3]).partition("\n")[0]
        raise Refused(f"`{name} ...` ended with {done.returncode}:\n{output.rstrip()}")
    return output
