"""Fakes for tests that call an ASGI application without a client.

Scopes built from what a test cares about, a scripted ``receive`` and a
recording ``send``; neither httpx nor a server is needed::

    recorder = await exchange(app, http_scope("POST", "/notes"), [b"text"])

    assert recorder.status == 201

``live_server`` serves an application with uvicorn, for real clients.
``starlette.testclient`` is the client that speaks HTTP to an application
without a server.
"""

from __future__ import annotations

from starlette._testing.fakes import Recorder, Script, exchange
from starlette._testing.live import LiveServer, live_server
from starlette._testing.scopes import http_scope, lifespan_scope, websocket_scope

__all__ = (
    "LiveServer",
    "Recorder",
    "Script",
    "exchange",
    "http_scope",
    "lifespan_scope",
    "live_server",
    "websocket_scope",
)

for _public in (
    LiveServer,
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    live_server,
    websocket_scope,
):
    _public.__module__ = __name__
del _public
