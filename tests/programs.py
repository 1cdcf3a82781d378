"""The examples as processes of their own, for tests that use them as people do."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Iterator, Tuple

__all__ = ("DEADLINE", "ROOT", "address", "interrupt", "kept_port", "running")

ROOT = Path(__file__).resolve().parent.parent
DEADLINE = 60.0  # seconds; generous, because it is reached by failures alone


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


@contextlib.contextmanager
def kept_port() -> Iterator[int]:
    """A port of the loopback that nobody else is given while the block lasts.

    It is bound, but nobody listens on it: whoever is told of it may, with
    SO_REUSEADDR, as servers do.  One that was free a moment ago may not be free now.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        yield keeper.getsockname()[1]


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
