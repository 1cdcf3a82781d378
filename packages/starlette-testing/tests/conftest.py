"""What the tests of the clients share."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """What a ``TestClient`` runs the application on; each test runs on both."""
    name: str = request.param
    return name
