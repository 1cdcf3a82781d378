"""Clients that run in node: how they are installed, and what they say.

A script of ``npm/`` is called with the address of a server.  It prints an object:
what each of its checks is called, and ``null`` or what was wrong.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Optional

__all__ = ("NODE", "Outcomes", "checks_of", "install", "run")

SCRIPTS = Path(__file__).resolve().parent / "npm"
NODE: Optional[str] = shutil.which("npm") and shutil.which("node")

Outcomes = Dict[str, Optional[str]]


def install(folder: Path) -> Path:
    """Install the packages and the scripts into *folder*, and return it.

    What is installed is what ``package-lock.json`` says, by its hashes.
    """
    for path in filter(Path.is_file, SCRIPTS.iterdir()):
        shutil.copy(path, folder)
    # More patience with the registry than npm has of itself, which tries three times.
    options = ("--no-progress", "--prefer-offline", "--fetch-retries=5")
    _call(["npm", "ci", *options], folder)
    return folder


def run(folder: Path, script: str, *arguments: str) -> Outcomes:
    """What became of the checks of *script*."""
    output = _call(["node", script, *arguments], folder)
    outcomes: Outcomes = json.loads(output)
    return outcomes


def _call(command: List[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=500
    )
    if done.returncode:  # pragma: no cover (a failure)
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def checks_of(script: str) -> int:
    """How many calls of ``check`` *script* has; one in a loop counts once."""
    text = (SCRIPTS / script).read_text(encoding="utf-8")
    return len(re.findall(r"^ *check\(", text, re.MULTILINE))
