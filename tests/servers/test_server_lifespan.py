"""The beginning and the end of a server's life."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Iterator

import httpx
import pytest

from .harness import DEADLINE, SERVERS, Running, Server, start, wait_for


@pytest.fixture(params=SERVERS, ids=lambda server: server.name)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A server for one test, which may end it."""
    with start(request.param, tmp_path) as running:
        wait_for("first answer", running.answers)
        yield running


@pytest.fixture(params=SERVERS, ids=lambda server: server.name)
def patient(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """The same, and its end waits for what it is at work on."""
    with start(request.param, tmp_path, *request.param.patience) as running:
        wait_for("first answer", running.answers)
        yield running


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_startup_that_fails(server: Server, tmp_path: Path) -> None:
    """
    A program that cannot start is not served: the process ends and says why.
    """
    with start(server, tmp_path, PROGRAM_FAILS="1") as running:
        status = running.wait()
        accepts = running.accepts()
        output = running.output

    assert (status != 0) is server.fails_by_status
    assert not accepts
    assert running.notes("lifespan") == ["startup"]
    assert "this program does not start" in output


def test_state_is_shared_with_requests(client: httpx.Client) -> None:
    """
    Requests find what the lifespan yielded, and not what a mounted one did.
    """
    answer = client.get("/state").json()

    assert answer == {"shared": "from the lifespan", "child": None}


def test_state_of_a_mounted_application(client: httpx.Client) -> None:
    """
    A mounted application has the parent's state and its own.
    """
    answer = client.get("/child/state").json()

    assert answer == {"shared": "from the lifespan", "child": "from the child"}


def test_lifespans_are_nested(fresh: Running) -> None:
    """
    A mounted application starts after its parent and ends before it, each once.
    """
    started = fresh.notes("lifespan")
    fresh.terminate()
    fresh.wait()

    assert started == ["startup", "child-startup"]
    assert fresh.notes("lifespan") == [*started, "child-shutdown", "shutdown"]


def test_graceful_shutdown(patient: Running, key: str) -> None:
    """
    A request that is running when SIGTERM comes is answered, and its background task
    run if the server waits for it, before the shutdown handlers run.  Connections that
    are idle are closed meanwhile, and new ones refused, if the server does so.
    """
    with patient.connection() as connection, patient.connection() as idle:
        idle.send(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        idle.answer()
        connection.send(f"GET /gated/{key} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        patient.wait_for_note(key, "waiting")
        patient.terminate()
        last = idle.socket.recv(1)
        if patient.server.closes_port:
            wait_for("closed port", lambda: not patient.accepts())
        before = patient.notes("lifespan")
        (patient.folder / key).touch()
        response, body = connection.answer()
        status = patient.wait()

    assert last == b""
    assert (response.status, body) == (200, b"finished")
    if patient.server.waits_for_background:
        assert patient.notes(key) == ["waiting", "after"]
    assert "shutdown" not in before
    assert patient.notes("lifespan")[-1] == "shutdown"
    # uvicorn passes the signal on to its parent when all is done.
    assert status in (0, -signal.SIGTERM)


def test_shutdown_with_connections_that_are_idle(fresh: Running) -> None:
    """
    A connection that is kept alive does not keep the server alive.
    """
    with fresh.client() as client:
        client.get("/hello").raise_for_status()
        fresh.terminate()
        fresh.wait()

    assert fresh.notes("lifespan")[-1] == "shutdown"


def test_shutdown_with_an_open_websocket(fresh: Running, key: str) -> None:
    """
    A conversation does not keep the server alive; its endpoint gets to its end, and
    the shutdown handlers run, if the server sees to it.
    """
    with fresh.websocket(f"/ws/echo/{key}") as websocket:
        websocket.send("Hello")
        websocket.recv(DEADLINE)
        fresh.terminate()
        fresh.wait()

    if fresh.server.ends_websockets:
        assert fresh.notes(key)[-1].startswith("ended")
        assert fresh.notes("lifespan")[-1] == "shutdown"
