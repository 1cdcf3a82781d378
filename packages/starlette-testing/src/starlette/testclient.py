"""Clients for tests of an application: they speak HTTP to it without a network.

``TestClient`` is an ``httpx.Client`` whose requests are answered by an ASGI
application; ``with`` runs its lifespan, and ``websocket_connect`` opens a
WebSocket.  ``AsyncTestClient`` is the same for ``async`` tests, on their own
event loop.  ``starlette.testing`` has what needs no client: fakes, scopes, and
a live server.
"""

from __future__ import annotations

from starlette._testing.async_client import AsyncTestClient
from starlette._testing.async_websocket import AsyncWebSocketTestSession
from starlette._testing.client import TestClient
from starlette._testing.frames import WebSocketDenialResponse
from starlette._testing.websocket import WebSocketTestSession

__all__ = (
    "AsyncTestClient",
    "AsyncWebSocketTestSession",
    "TestClient",
    "WebSocketDenialResponse",
    "WebSocketTestSession",
)

for _public in (
    AsyncTestClient,
    AsyncWebSocketTestSession,
    TestClient,
    WebSocketDenialResponse,
    WebSocketTestSession,
):
    _public.__module__ = __name__
del _public
