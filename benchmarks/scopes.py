"""ASGI scopes and request messages in the shape that uvicorn gives them."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

__all__ = ("Message", "http_scope", "request_messages", "websocket_scope")

Message = Dict[str, Any]

CHUNK = 64 * 1024
"""Bytes of request body in one message: what a server reads from its socket."""

_USUAL_HEADERS = (
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"),
    (b"accept", b"text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"),
    (b"accept-language", b"en-GB,en;q=0.5"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"connection", b"keep-alive"),
)


def http_scope(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Dict[str, Any]:
    """The scope of one HTTP/1.1 request; *headers* come after the usual ones."""
    fields = list(_USUAL_HEADERS) + _encoded(headers)
    if body:
        fields.append((b"content-length", b"%d" % len(body)))
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "query_string": query.encode(),
        **_connection(path, fields),
    }


def websocket_scope(path: str) -> Dict[str, Any]:
    """The scope of one WebSocket handshake without subprotocols."""
    handshake = {
        "upgrade": "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
    }
    return {
        "type": "websocket",
        "scheme": "ws",
        "query_string": b"",
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
        **_connection(path, list(_USUAL_HEADERS) + _encoded(handshake)),
    }


def request_messages(body: bytes) -> List[Message]:
    """The ``http.request`` messages that carry *body*."""
    starts = range(0, len(body), CHUNK) or [0]
    return [
        {
            "type": "http.request",
            "body": body[start : start + CHUNK],
            "more_body": start + CHUNK < len(body),
        }
        for start in starts
    ]


def _connection(path: str, headers: List[Tuple[bytes, bytes]]) -> Dict[str, Any]:
    return {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 51234),
        "root_path": "",
        "path": path,
        "raw_path": path.encode("ascii"),
        "headers": headers,
        "state": {},
    }


def _encoded(headers: Mapping[str, str]) -> List[Tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
