"""A request as WSGI has it: the environment of PEP 3333, and the body as a file."""

from __future__ import annotations

import io
import sys
from typing import Any, Dict, List, Optional

import anyio.from_thread

from starlette._utils import get_route_path
from starlette.concurrency import receive_nowait
from starlette.types import Message, Receive, Scope

__all__ = ("RequestBody", "build_environ")

_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def build_environ(scope: Scope, body: bytes) -> Dict[str, Any]:
    """Return the environment of a request.

    Values are what PEP 3333 calls native strings: each character stands for a byte.

    A header with an underscore in its name is left out: ``X_User`` would arrive as
    ``HTTP_X_USER``, as ``X-User`` does, which a proxy in front may have checked.

    Args:
        scope: Of the request.
        body: The whole of it, for ``wsgi.input``.
    """
    host, port = scope.get("server") or ("localhost", None)
    if port is None:
        # Of a Unix socket it is the path.
        host, port = "localhost", 443 if scope.get("scheme") == "https" else 80
    environ: Dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _native(scope.get("root_path", "")),
        "PATH_INFO": _native(get_route_path(scope)),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stdout,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"] = scope["client"][0]
    environ.update(_headers(scope))
    return environ


def _native(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _headers(scope: Scope) -> Dict[str, str]:
    values: Dict[str, List[str]] = {}
    for raw_name, value in scope["headers"]:
        name = raw_name.decode("latin-1")
        if "_" in name:
            continue
        key = _UNPREFIXED.get(name) or "HTTP_" + name.upper().replace("-", "_")
        values.setdefault(key, []).append(value.decode("latin-1"))
    # Cookies are put together in their own way (RFC 9113, section 8.2.3).
    return {
        key: ("; " if key == "HTTP_COOKIE" else ",").join(parts)
        for key, parts in values.items()
    }


class RequestBody(io.RawIOBase):
    """The body of a request as a file, read from the client as it is read here.

    For worker threads that anyio has started: each read that has no data left waits
    for the event loop.

    Args:
        receive: Of the request.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._chunk = memoryview(b"")
        self._is_complete = False
        self._early: Optional[Message] = None

    def readable(self) -> bool:
        """Tell that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill *buffer*, and return with how many bytes; 0 is the end.

        Raises:
            ConnectionResetError: The client has gone before the end of the body.
        """
        while not self._chunk and not self._is_complete:
            self._next()
        size = min(len(buffer), len(self._chunk))
        buffer[:size] = self._chunk[:size]
        self._chunk = self._chunk[size:]
        return size

    def _next(self) -> None:
        message = self._early or anyio.from_thread.run(self._await_message)
        self._early = None
        if message["type"] != "http.request":
            raise ConnectionResetError("The client has gone before the request's end.")
        self._chunk = memoryview(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)

    # Not every ``receive`` is a coroutine function, which trio insists on.
    async def _await_message(self) -> Message:
        return await self._receive()

    async def is_client_gone(self) -> bool:
        """Tell whether the client is known to have gone, without waiting.

        For the event loop, while the thread that reads is waiting for it.  A part of
        the body that comes instead is kept for the next read; as long as more is to
        follow it, nothing is looked for behind it, so that one part is all that is
        kept.
        """
        if self._early is not None and self._early.get("more_body", False):
            return False
        message = await receive_nowait(self._receive)
        if message is None:
            return False
        if message["type"] != "http.request":
            return True
        self._early = message
        return False
