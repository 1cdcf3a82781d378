"""What the audits and the clients of npm make of the served program."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from starlette._graphql.compat import HAS_INCREMENTAL
from starlette.testing import LiveServer

from .clients import NODE, Outcomes, checks_of, run
from .program import NOTES

pytestmark = [
    pytest.mark.skipif(sys.version_info < (3, 10), reason="uvicorn needs 3.10"),
    pytest.mark.skipif(NODE is None, reason="needs node and npm"),
    # Seconds: the packages are installed, from a registry.
    pytest.mark.timeout(120),
]


def wrong(outcomes: Outcomes) -> str:
    """What failed, each with its reason."""
    return "\n\n".join(f"{name}: {why}" for name, why in outcomes.items() if why)


def ended(key: str) -> bool:
    """Whether all that was started under *key* has ended; waits for it."""
    deadline = time.monotonic() + 10
    while NOTES.count(f"{key} started") != NOTES.count(f"{key} ended"):
        if time.monotonic() > deadline:  # pragma: no cover (a failure)
            return False
        time.sleep(0.01)
    return f"{key} started" in NOTES


def test_all_audits_of_graphql_http(served: LiveServer, clients: Path) -> None:
    """
    61 of 61, those that are no more than recommendations included.
    """
    outcomes = run(clients, "audits.mjs", f"{served.url}/graphql")

    assert not wrong(outcomes), wrong(outcomes)
    assert len(outcomes) == 61


def test_websockets(served: LiveServer, clients: Path) -> None:
    """
    The client of graphql-ws is served, and every rule of its protocol is kept.
    """
    outcomes = run(clients, "ws.mjs", served.url)

    assert not wrong(outcomes), wrong(outcomes)
    assert len(outcomes) >= checks_of("ws.mjs")
    # What the client stopped, or left, has been cancelled.
    keys = "ws-stop ws-twice ws-again ws-slow ws-many ws-gone ws-gone-query".split()
    assert [key for key in keys if not ended(key)] == []


def test_server_sent_events(served: LiveServer, clients: Path) -> None:
    """
    The client of graphql-sse is served, by GET and by POST.
    """
    outcomes = run(clients, "sse.mjs", served.url)

    assert not wrong(outcomes), wrong(outcomes)
    assert len(outcomes) >= checks_of("sse.mjs")
    assert [key for key in ("sse-stop", "sse-gone") if not ended(key)] == []


def test_apollo_client(served: LiveServer, clients: Path) -> None:
    """
    Apollo Client is served, with its uploads, batches, persisted queries,
    subscriptions and, where graphql-core can, incremental delivery.
    """
    arguments = ["incremental"] if HAS_INCREMENTAL else []

    outcomes = run(clients, "apollo.mjs", served.url, *arguments)

    assert not wrong(outcomes), wrong(outcomes)
    assert len(outcomes) >= checks_of("apollo.mjs")
