"""The live server: a real one, on a real port."""

from __future__ import annotations

import importlib.util
import socket
import sys
import threading
from typing import Any, List

import pytest

from starlette._testing._httpx import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.testing import LiveServer, live_server
from starlette.types import Receive, Scope, Send

app = Starlette(routes=[Mount("/", PlainTextResponse("ok"))])

needs_uvicorn = pytest.mark.skipif(
    importlib.util.find_spec("uvicorn") is None,
    reason="uvicorn is not installed: it has no version for this Python here",
)


@needs_uvicorn
def test_serves_for_the_time_of_the_block() -> None:
    """
    A real client is answered within the block; afterwards nobody listens.
    """
    threads = set(threading.enumerate())

    with live_server(app) as server:
        text = httpx.get(server.url, timeout=60, trust_env=False).text

    assert text == "ok"
    assert set(threading.enumerate()) <= threads
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url, timeout=60, trust_env=False)


@needs_uvicorn
def test_two_servers_at_once() -> None:
    """
    Each server takes a free port of its own.
    """
    with live_server(app) as first, live_server(app) as second:
        assert first.port != second.port
        assert first.ws_url == f"ws://127.0.0.1:{first.port}"


@needs_uvicorn
def test_port_that_is_taken() -> None:
    """
    A port that somebody listens on is an error of the operating system.
    """
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError):
            live_server(app, port=taken.getsockname()[1]).__enter__()


@needs_uvicorn
def test_application_that_does_not_start() -> None:
    """
    A startup that fails is an error of the block, not a server that hangs.
    """

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": ""})

    with pytest.raises(RuntimeError, match="did not start"):
        live_server(broken, log_level="critical").__enter__()


@needs_uvicorn
def test_server_that_does_not_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A server whose application does not end is reported.
    """
    go_on = threading.Event()
    threads: List[threading.Thread] = []

    async def stays(scope: Scope, receive: Receive, send: Send) -> None:
        threads.append(threading.current_thread())
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        go_on.wait(60)
        await send({"type": "lifespan.shutdown.complete"})

    with pytest.raises(RuntimeError, match=r"did not stop within 0.2 seconds"):
        with live_server(stays):
            # Not before: it is how long the server may take to start as well.
            monkeypatch.setattr("starlette._testing.live.TIMEOUT", 0.2)
    go_on.set()
    threads[0].join(60)


def test_address_of_a_server() -> None:
    """
    An IPv6 address stands in brackets.
    """
    server = LiveServer("::1", 8000)

    assert server.url == "http://[::1]:8000"
    assert server.ws_url == "ws://[::1]:8000"


def test_uvicorn_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The error says what to install.
    """
    modules: Any = sys.modules
    monkeypatch.setitem(modules, "uvicorn", None)

    with pytest.raises(RuntimeError, match=r"pip install 'starlette-testing\[server"):
        live_server(app).__enter__()
