"""The examples as processes of their own, for tests that use them as people do."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Iterator, Tuple

__all__ = ("DEADLINE", "ROOT", "address", "interrupt", "running")

ROOT = Path(__file__).resolve().parent.parent
DEADLINE = 30.0  # seconds; generous, because it is reached by failures alone


@contextlib.contextmanager
def running(
    name: str, *arguments: str, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """``python -m examples.NAME``, killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"examples.{name}", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE)


def address(process: subprocess.Popen[str]) -> str:
    """The address that an example prints; its socket listens by then."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    if found is None:  # pragma: no cover (a failure)
        raise RuntimeError(f"No address in {line!r}: {process.communicate()[1]}")
    return found.group()


def interrupt(process: subprocess.Popen[str]) -> Tuple[int, str, str]:
    """Press Ctrl-C, so to speak; return the exit status and what was printed."""
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=DEADLINE)
    return process.returncode, stdout, stderr
