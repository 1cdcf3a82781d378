"""Responses in the content coding that the client likes best.

zstd, Brotli and gzip, chosen by the weights of ``Accept-Encoding`` (RFC 9110, section
12.5.3).  zstd and Brotli need a library each (``pip install
starlette-middleware[compression]``) and are used where it is there; gzip always is.
Other distributions add codings through the entry-point group ``starlette.codecs``: the
name is the coding, the value a callable that takes a level or None and returns an
object with ``compress(data)``, ``flush()`` and ``finish()``, all of which return bytes.

What is compressed, and what is left alone, is as for ``starlette.middleware.gzip``.
"""

from __future__ import annotations

from functools import partial
from typing import Mapping, Optional, Sequence, Tuple

from starlette._codecs import Codec, Compressor, find_codecs
from starlette._coding_send import CodingMiddleware, Encoding, Rules
from starlette.types import ASGIApp

__all__ = (
    "DEFAULT_EXCLUDED_CONTENT_TYPES",
    "Codec",
    "CompressionMiddleware",
    "Compressor",
)

DEFAULT_EXCLUDED_CONTENT_TYPES = (
    "text/event-stream",
    # Compressed by nature.
    "application/gzip",
    "application/zip",
    "application/zstd",
    "audio/",
    "font/woff",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/",
)


class CompressionMiddleware(CodingMiddleware):
    """Compresses responses, in the coding that the client likes best.

    Args:
        app: The application inside.
        minimum_size: Bodies with fewer bytes are sent as they are.
        codings: Names of the codings to offer, the best first: of those that a client
            gives the same weight the first is used.  Default: zstd, Brotli, those of
            other distributions, gzip, as far as their libraries are installed.
        levels: How hard to try, by the name of the coding.  Default: 3 for ``zstd``
            (1 to 19), 4 for ``br`` (0 to 11), 6 for ``gzip`` (0 to 9).
        exclude_content_types: How the media types that are left alone begin.
        thread_minimum_size: Chunks of at least this many bytes are compressed in a
            worker thread; None for never.

    Attributes:
        codings: The names of the codings in use, the best first.

    Raises:
        ImportError: The library of one of *codings* is not installed.
        ValueError: A name or level is not known.
    """

    def __init__(
        self,
        app: ASGIApp,
        minimum_size: int = 500,
        *,
        codings: Optional[Sequence[str]] = None,
        levels: Optional[Mapping[str, int]] = None,
        exclude_content_types: Sequence[str] = DEFAULT_EXCLUDED_CONTENT_TYPES,
        thread_minimum_size: Optional[int] = 256 * 1024,
    ) -> None:
        given = dict(levels or {})
        names = None if codings is None else tuple(codings)
        codecs = find_codecs(names, given)
        self.app = app
        self.minimum_size = minimum_size
        self.codings: Tuple[str, ...] = tuple(codecs)
        self.thread_minimum_size = thread_minimum_size
        encodings = {
            name: Encoding(name.encode("ascii"), partial(codec, given.get(name)))
            for name, codec in codecs.items()
        }
        self._rules = Rules.of(
            encodings, minimum_size, thread_minimum_size, exclude_content_types
        )
