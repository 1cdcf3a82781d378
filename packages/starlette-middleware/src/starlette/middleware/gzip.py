"""Responses in gzip, for clients that accept it.

A body of at least ``minimum_size`` bytes, and every stream, is compressed; a stream is
flushed part by part.  Left alone are responses that have a content coding already,
parts of a resource (206), excluded media types, ``Cache-Control: no-transform``, the
answers to HEAD, and what is sent by ``http.response.pathsend``.  Where the answer
depends on ``Accept-Encoding``, ``Vary`` says so.

``CompressionMiddleware`` in ``starlette.middleware.compression`` does the same with
better codings for clients that know them.
"""

from __future__ import annotations

from functools import partial
from typing import Mapping, NoReturn, Optional, Sequence, Tuple

from starlette._codecs import GZip
from starlette._coding_send import CodingMiddleware, Encoding, Rules, coding_send
from starlette._elsewhere import lend
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = (
    "DEFAULT_EXCLUDED_CONTENT_TYPES",
    "GZipMiddleware",
    "GZipResponder",
    "IdentityResponder",
    "unattached_send",
)

lend(__name__, {"starlette.datastructures": "Headers MutableHeaders"})

DEFAULT_EXCLUDED_CONTENT_TYPES = ("text/event-stream",)

# The responders are told, by their choice, what the client accepts.
ACCEPTED = ((b"accept-encoding", b"gzip"),)

# A chunk of this size takes about two milliseconds at level 9: forty times what the
# way to a worker thread and back costs.
THREAD_MINIMUM_SIZE = 64 * 1024


class GZipMiddleware(CodingMiddleware):
    """Compresses responses for clients that accept gzip.

    Args:
        app: The application inside.
        minimum_size: Bodies with fewer bytes are sent as they are.
        compresslevel: From 1, the fastest, to 9, the smallest.
        exclude_content_types: How the media types that are left alone begin, as
            ``image/``; ``image/*`` means the same.  Default:
            ``DEFAULT_EXCLUDED_CONTENT_TYPES``.
        thread_minimum_size: Chunks of at least this many bytes are compressed in a
            worker thread; None for never.

    Raises:
        ValueError: There is no such level.
    """

    def __init__(
        self,
        app: ASGIApp,
        minimum_size: int = 500,
        compresslevel: int = 9,
        *,
        exclude_content_types: Optional[Sequence[str]] = None,
        thread_minimum_size: Optional[int] = THREAD_MINIMUM_SIZE,
    ) -> None:
        self.app = app
        self.minimum_size = minimum_size
        self.compresslevel = compresslevel
        self.exclude_content_types: Tuple[str, ...] = tuple(
            DEFAULT_EXCLUDED_CONTENT_TYPES
            if exclude_content_types is None
            else exclude_content_types
        )
        self.thread_minimum_size = thread_minimum_size
        self._rules = Rules.of(
            _gzip(compresslevel),
            minimum_size,
            thread_minimum_size,
            self.exclude_content_types,
        )


class IdentityResponder:
    """Runs an application for a client that accepts no gzip: ``Vary`` is added.

    Args:
        app: The application inside.
        minimum_size: Bodies with fewer bytes would be sent as they are to any client.
    """

    _encodings: Mapping[str, Encoding] = {}

    def __init__(self, app: ASGIApp, minimum_size: int) -> None:
        self.app = app
        self.minimum_size = minimum_size
        self.send: Send = unattached_send

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        rules = Rules.of(
            self._encodings,
            self.minimum_size,
            THREAD_MINIMUM_SIZE,
            DEFAULT_EXCLUDED_CONTENT_TYPES,
        )
        self.send = send
        await self.app(scope, receive, coding_send(send, rules, ACCEPTED, []))


class GZipResponder(IdentityResponder):
    """Runs an application for a client that accepts gzip.

    Args:
        app: The application inside.
        minimum_size: Bodies with fewer bytes are sent as they are.
        compresslevel: From 1 to 9.
    """

    def __init__(self, app: ASGIApp, minimum_size: int, compresslevel: int = 9) -> None:
        super().__init__(app, minimum_size)
        self._encodings = _gzip(compresslevel)

    # Of its own: the interface names it.
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and compress its response if that may be."""
        await super().__call__(scope, receive, send)


def _gzip(level: int) -> Mapping[str, Encoding]:
    GZip(level)  # for its error, if there is no such level
    return {"gzip": Encoding(b"gzip", partial(GZip, level))}


async def unattached_send(message: Message) -> NoReturn:
    """Stand where ``send`` will be.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("send awaitable not set")
