"""Fixtures: each server runs once for all tests that drive it.

The environment of these tests needs, beside the tools of every test:
httpx>=0.27, websockets>=13.1, uvicorn>=0.33, httptools>=0.6, h11>=0.14, wsproto>=1.2,
hypercorn[trio]>=0.17, granian>=1.6, trio>=0.27, anyio>=4.5.
"""

from __future__ import annotations

import os
import uuid
from typing import Iterator

import httpx
import pytest

from .harness import SERVERS, Running, start, wait_for

CONTENT = os.urandom(1024) * 1024 * 10


@pytest.fixture(scope="session", params=SERVERS, ids=lambda server: server.name)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A server that is ready; it serves every test of its kind, one after the other."""
    folder = tmp_path_factory.mktemp(request.param.name)
    with start(request.param, folder) as running:
        (running.folder / "file.bin").write_bytes(CONTENT)
        wait_for("first answer", running.answers)
        yield running


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    """A client of the server, with connections of its own."""
    with server.client() as client:
        yield client


@pytest.fixture(scope="session")
def content() -> bytes:
    """Ten mebibytes: the file that the program serves."""
    return CONTENT


@pytest.fixture
def key() -> str:
    """A word under which the program notes what happens in this test alone."""
    return uuid.uuid4().hex
