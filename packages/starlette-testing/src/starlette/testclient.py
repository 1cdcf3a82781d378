"""Clients for tests of an application: they speak HTTP to it without a network.

``TestClient`` is an ``httpx.Client`` whose requests are answered by an ASGI
application; ``with`` runs its lifespan, and ``websocket_connect`` opens a
WebSocket.  The fakes that need no client are in ``starlette.testing``.
"""

from __future__ import annotations

from starlette._testing.client import TestClient
from starlette._testing.websocket import WebSocketDenialResponse, WebSocketTestSession

__all__ = ("TestClient", "WebSocketDenialResponse", "WebSocketTestSession")

for _public in (TestClient, WebSocketDenialResponse, WebSocketTestSession):
    _public.__module__ = __name__
del _public
