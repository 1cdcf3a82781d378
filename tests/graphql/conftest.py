"""The program, served once for all tests of this folder, and the installed clients."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator

import pytest

from starlette.testing import LiveServer, live_server

from .clients import install
from .program import app


@pytest.fixture(scope="session")
def served() -> Iterator[LiveServer]:
    """The program on a free port, served by uvicorn."""
    with live_server(app, ws="websockets-sansio", lifespan="off") as server:
        yield server


@pytest.fixture(scope="session")
def clients() -> Iterator[Path]:
    """A folder with the packages and scripts of ``npm/``."""
    # Not one of pytest's, which keeps those of the last runs: there is a lot in it.
    with tempfile.TemporaryDirectory() as folder:
        yield install(Path(folder))
