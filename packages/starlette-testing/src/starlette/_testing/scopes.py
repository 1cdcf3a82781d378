"""Connection scopes, built from what a test cares about.

A scope made here is complete: it has every key that the ASGI specification
asks of a server, so that code under test never meets a gap that no server
would leave.  Each call makes a new dict that the test may change.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Tuple, Union

__all__ = (
    "HeadersInput",
    "QueryInput",
    "http_scope",
    "lifespan_scope",
    "websocket_scope",
)

HeadersInput = Union[
    Mapping[str, str], Iterable[Tuple[Union[str, bytes], Union[str, bytes]]]
]
QueryInput = Union[str, bytes, Mapping[str, Any]]


def http_scope(
    method: str = "GET",
    path: str = "/",
    *,
    headers: HeadersInput = (),
    query: QueryInput = b"",
    **extra: Any,
) -> Dict[str, Any]:
    """Return the scope of an HTTP request, as ASGI's "HTTP Connection Scope".

    Args:
        method: The method; it is upper-cased.
        path: The path as the application sees it: percent-decoded, without a
            query string.  ``raw_path`` is its percent-encoded form.
        headers: A mapping or pairs, of ``str`` or ``bytes``.  Names are
            lower-cased; pairs may repeat a name.
        query: The query string without ``?``, or a mapping to encode.
        **extra: Further keys of the scope, taken as they are.  They replace
            those made here: ``type``, ``asgi``, ``http_version``, ``scheme``,
            ``root_path``, ``client``, ``server``, ``state``, ``extensions``.

    Raises:
        ValueError: *path* holds a ``?``.
    """
    scope = _connection_scope("http", path, headers, query)
    scope["method"] = method.upper()
    scope["scheme"] = "http"
    scope.update(extra)
    return scope


def websocket_scope(
    path: str = "/",
    *,
    headers: HeadersInput = (),
    query: QueryInput = b"",
    subprotocols: Iterable[str] = (),
    **extra: Any,
) -> Dict[str, Any]:
    """Return the scope of a WebSocket, as ASGI's "Websocket Connection Scope".

    Args:
        path: As for ``http_scope``.
        headers: As for ``http_scope``.
        query: As for ``http_scope``.
        subprotocols: What the client offers, in its order of preference.
        **extra: Further keys of the scope, taken as they are.

    Raises:
        ValueError: *path* holds a ``?``.
    """
    scope = _connection_scope("websocket", path, headers, query)
    scope["scheme"] = "ws"
    scope["subprotocols"] = list(subprotocols)
    scope["extensions"] = {"websocket.http.response": {}}
    scope.update(extra)
    return scope


def lifespan_scope(**extra: Any) -> Dict[str, Any]:
    """Return the scope of a lifespan, with an empty ``state`` to fill.

    Args:
        **extra: Further keys of the scope, taken as they are.
    """
    scope: Dict[str, Any] = {
        "type": "lifespan",
        "asgi": {"version": "3.0", "spec_version": "2.0"},
        "state": {},
    }
    scope.update(extra)
    return scope


def _connection_scope(
    kind: str, path: str, headers: HeadersInput, query: QueryInput
) -> Dict[str, Any]:
    from urllib.parse import quote

    if "?" in path:
        raise ValueError(
            f"`path` must be a path alone (pass `query` beside it), but got {path!r}"
        )
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "path": path,
        "raw_path": quote(path, safe="/:@!$&'()*+,;=~").encode("ascii"),
        "root_path": "",
        "query_string": _encoded_query(query),
        "headers": encoded_headers(headers),
        "client": ("testclient", 50000),
        "server": ("testserver", 80),
        "state": {},
        "extensions": {},
    }


def _encoded_query(query: QueryInput) -> bytes:
    if isinstance(query, bytes):
        return query
    if isinstance(query, str):
        return query.encode("latin-1")
    from urllib.parse import urlencode

    return urlencode(query, doseq=True).encode("ascii")


def encoded_headers(headers: HeadersInput) -> List[Tuple[bytes, bytes]]:
    """Return *headers* as ASGI has them: lower-case names, all in bytes."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(_encoded(name).lower(), _encoded(value)) for name, value in pairs]


def _encoded(text: Union[str, bytes]) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
