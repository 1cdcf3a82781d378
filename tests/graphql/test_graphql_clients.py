"""What the audits and the clients of npm make of the served program."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from starlette._graphql.compat import HAS_INCREMENTAL
from starlette.testing import LiveServer
from tests.servers.harness import wait_for

from .clients import NODE, Outcomes, checks_of, run
from .program import NOTES

pytestmark = [
    pytest.mark.skipif(sys.version_info < (3, 10), reason="uvicorn needs 3.10"),
    pytest.mark.skipif(NODE is None, reason="needs node and npm"),
    # Seconds: the packages are installed, from a registry.
    pytest.mark.timeout(600),
]


def wrong(outcomes: Outcomes) -> str:
    """What failed, each with its reason."""
    return "\n\n".join(f"{name}: {why}" for name, why in outcomes.items() if why)


def has_ended(key: str) -> bool:
    return NOTES.count(f"{key} started") == NOTES.count(f"{key} ended")


def wait_for_end(*keys: str) -> None:
    """Wait until all that was started under these keys has ended."""
    for key in keys:
        assert f"{key} started" in NOTES
        wait_for(f"end of {key}", partial(has_ended, key))


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
    wait_for_end("ws-stop", "ws-twice", "ws-again", "ws-slow", "ws-many", "ws-gone")
    wait_for_end("ws-gone-query")


def test_server_sent_events(served: LiveServer, clients: Path) -> None:
    """
    The client of graphql-sse is served, by GET and by POST.
    """
    outcomes = run(clients, "sse.mjs", served.url)

    assert not wrong(outcomes), wrong(outcomes)
    assert len(outcomes) >= checks_of("sse.mjs")
    wait_for_end("sse-stop", "sse-gone")


def test_apollo_client(served: LiveServer, clients: Path) -> None:
    """
    Apollo Client is served, with its uploads, batches, persisted queries,
    subscriptions and, where graphql-core can, incremental delivery.
    """
    arguments = ["incremental"] if HAS_INCREMENTAL else []

    outcomes = run(clients, "apollo.mjs", served.url, *arguments)

    assert not wrong(outcomes), wrong(outcomes)
    assert len(outcomes) >= checks_of("apollo.mjs")
