"""The response whose body is a file, or ranges of one.

What a request asks for is decided by ``_ranges.py``; ``_file_reader.py`` reads.
Conditional requests other than ``If-Range`` are for whoever knows the URL space:
see ``starlette.staticfiles``.
"""

from __future__ import annotations

import os
from functools import lru_cache, partial
from typing import (
    TYPE_CHECKING,
    Callable,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from starlette._compat import md5
from starlette._file_reader import FileReader, Part, stat_file
from starlette._ranges import (
    MalformedRangeHeader,
    RangeNotSatisfiable,
    multipart_frame,
    multipart_tail,
    parse_ranges,
)
from starlette._response import PlainTextResponse, Response, denial_send
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.background import BackgroundTask

__all__ = ("FileResponse",)

T = TypeVar("T")


class FileResponse(Response):
    """A response that sends a file.

    Ranges are answered (RFC 9110, section 14) for GET and HEAD with status 200, up
    to ``max_ranges`` of them.  A file that becomes shorter while it is sent makes
    the response fail, so that the client does not take it for complete; of one
    that grows the announced length is sent.  It is closed in any case.

    Args:
        path: The file.  It is looked at when the response is sent.
        status_code: The status.
        headers: Headers to send, instead of those that are computed.
        media_type: The media type.  Guessed from the name if it is not given.
        background: Awaited when the file has been sent.
        filename: The name under which the client is to save it.
        stat_result: The status of the file, if it is known.
        method: Deprecated, and without effect.
        content_disposition_type: What the client is to do with it if *filename* is
            given: ``"attachment"`` or ``"inline"``.

    Attributes:
        chunk_size: How much is sent in one message, at most, in bytes.
        max_ranges: How many ranges a request may ask for; more are answered with 416.

    Raises:
        ValueError: If a header contains CR, LF or NUL.
        RuntimeError: When sent, if there is no regular file at *path*, or if it
            becomes shorter.
    """

    chunk_size = 64 * 1024
    max_ranges = 100

    def __init__(
        self,
        path: Union[str, os.PathLike[str]],
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
        filename: Optional[str] = None,
        stat_result: Optional[os.stat_result] = None,
        method: Optional[str] = None,
        content_disposition_type: str = "attachment",
    ) -> None:
        if method is not None:
            from starlette._deprecations import warn_deprecated

            warn_deprecated(
                "The 'method' parameter is not used, and it will be removed."
            )
        if media_type is None:
            media_type = _guess(os.fsdecode(filename or path))
        self.path = path
        self.filename = filename
        self.media_type: Optional[str] = media_type
        self.status_code = status_code
        self.background: Optional[BackgroundTask] = background
        self.stat_result = stat_result
        self.init_headers(headers)
        self.headers.setdefault("accept-ranges", "bytes")
        if filename is not None:
            self.headers.setdefault(
                "content-disposition", _disposition(content_disposition_type, filename)
            )
        if stat_result is not None:
            self.set_stat_headers(stat_result)

    def set_stat_headers(self, stat_result: os.stat_result) -> None:
        """Add the length, ``Last-Modified`` and ``ETag`` where they are missing."""
        values = _stat_values(stat_result.st_size, stat_result.st_mtime)
        for name, value in zip(("content-length", "last-modified", "etag"), values):
            self.headers.setdefault(name, value)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, as an ASGI application, then await ``background``."""
        if scope["type"] == "websocket":
            send = denial_send(send)
        refusal: Optional[Response] = None
        try:
            await self._fresh()._send_file(_Wish(scope, self.status_code), send)
        except MalformedRangeHeader as error:
            refusal = PlainTextResponse(error.content, status_code=400)
        except RangeNotSatisfiable as error:
            size = {"Content-Range": f"bytes */{error.max_size}"}
            refusal = PlainTextResponse(status_code=416, headers=size)
        if refusal is not None:
            await refusal({"type": "http"}, receive, send)
        elif self.background is not None:
            await self.background()

    def _fresh(self) -> FileResponse:
        """Return what the headers of one request may be written to.

        A response can be sent any number of times.  The file may change between
        them, and the ranges do.
        """
        fresh = object.__new__(type(self))
        fresh.__dict__.update(self.__dict__, _headers=None)
        fresh.raw_headers = list(self.raw_headers)
        return fresh

    async def _send_file(self, wish: _Wish, send: Send) -> None:
        if wish.is_body_wanted:
            reader = self._reader()
            try:
                await self._send_content(wish, reader, send)
            finally:
                reader.close()
            return
        if self.stat_result is None:
            self._know(await _apart(partial(stat_file, self.path)))
        self._plan(wish)
        await self._send_start(wish, send)
        if wish.is_head:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            path = os.path.abspath(os.fsdecode(self.path))
            await send({"type": "http.response.pathsend", "path": path})

    def _reader(self) -> FileReader:
        return FileReader(self.path, self.chunk_size)

    async def _send_content(self, wish: _Wish, reader: FileReader, send: Send) -> None:
        if self.stat_result is None and wish.if_range is not None:
            # The validator is among the headers, and they depend on the status.
            await _apart(partial(reader.open, None))
            self._know(reader.status)
            parts = self._plan(wish)
            pieces = await _apart(partial(reader.start, parts))
        else:
            pieces = await _apart(partial(reader.open, partial(self._plan, wish)))
            if self.stat_result is None:
                self._know(reader.status)
        await self._send_start(wish, send)
        await self._send_pieces(pieces, reader, send)

    async def _send_pieces(
        self, pieces: List[bytes], reader: FileReader, send: Send
    ) -> None:
        message = {"type": "http.response.body", "more_body": True}
        while not reader.is_at_end:
            for piece in pieces:
                await send({**message, "body": piece})
            pieces = await _apart(reader.more)
        *pieces, last = pieces or [b""]
        for piece in pieces:
            await send({**message, "body": piece})
        await send({"type": "http.response.body", "body": last, "more_body": False})

    def _know(self, status: os.stat_result) -> None:
        self.stat_result = status
        self.set_stat_headers(status)

    async def _send_start(self, wish: _Wish, send: Send) -> None:
        for name, value in wish.headers.items():
            self.headers[name] = value
        await send(self._start(206 if wish.headers else self.status_code))

    def _plan(
        self, wish: _Wish, found: Optional[os.stat_result] = None
    ) -> Sequence[Part]:
        """Return what to read, and note in *wish* what to say about it.

        Runs in a worker thread; *found* is the status of the file if it was not
        known before.
        """
        status = found if self.stat_result is None else self.stat_result
        size = 0 if status is None else status.st_size
        if wish.range is None or not self._is_current(wish.if_range):
            return [(b"", 0, size, b"")]
        ranges = parse_ranges(wish.range, size, self.max_ranges)
        if len(ranges) == 1:
            ((start, end),) = ranges
            wish.headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
            wish.headers["content-length"] = str(end - start)
            return [(b"", start, end, b"")]
        boundary = os.urandom(13).hex()
        media_type = self.headers.get("content-type", "application/octet-stream")
        length, frame = self.generate_multipart(ranges, boundary, size, media_type)
        wish.headers["content-type"] = f"multipart/byteranges; boundary={boundary}"
        wish.headers["content-length"] = str(length)
        parts = [(frame(start, end), start, end, b"\r\n") for start, end in ranges]
        return [*parts, (multipart_tail(boundary), 0, 0, b"")]

    def _is_current(self, validator: Optional[str]) -> bool:
        # If-Range wants a strong validator, so a weak one never holds; a date must
        # be the very one that was sent (RFC 9110, section 13.1.5).
        if validator is None:
            return True
        ours = (self.headers.get("etag"), self.headers.get("last-modified"))
        return validator in ours and not validator.startswith("W/")

    def generate_multipart(
        self,
        ranges: Sequence[Tuple[int, int]],
        boundary: str,
        max_size: int,
        content_type: str,
    ) -> Tuple[int, Callable[[int, int], bytes]]:
        """Return how long a body of several ranges is, and what makes its frames.

        Args:
            ranges: Pairs of a start and an end (excluded).
            boundary: What separates the parts.
            max_size: The size of the file, in bytes.
            content_type: The media type of the file.

        Returns:
            The length of the whole body in bytes, and a function that returns what
            stands before the bytes from its first argument up to its second.
        """

        def frame(start: int, end: int) -> bytes:
            return multipart_frame(boundary, content_type, start, end, max_size)

        crlf = 2
        parts = sum(
            len(frame(start, end)) + end - start + crlf for start, end in ranges
        )
        return parts + len(multipart_tail(boundary)), frame


class _Wish:
    """What one request wants, and the headers in which its answer is special."""

    def __init__(self, scope: Scope, status_code: int) -> None:
        method = scope.get("method", "GET")
        self.headers: Dict[str, str] = {}
        self.range: Optional[str] = None
        self.if_range: Optional[str] = None
        if status_code == 200 and method in ("GET", "HEAD"):
            for name, value in scope["headers"]:
                if name == b"range" and self.range is None:
                    self.range = value.decode("latin-1")
                elif name == b"if-range" and self.if_range is None:
                    self.if_range = value.decode("latin-1")
        self.is_head = method == "HEAD"
        self.is_body_wanted = not self.is_head and (
            self.range is not None
            or "http.response.pathsend" not in (scope.get("extensions") or ())
        )


# Most files are sent again and again; writing a date costs more than opening one.
@lru_cache(maxsize=1024)
def _stat_values(size: int, modified: float) -> Tuple[str, str, str]:
    from email.utils import formatdate

    etag = md5(f"{modified}-{size}".encode())
    return str(size), formatdate(modified, usegmt=True), f'"{etag}"'


def _guess(name: str) -> str:
    from mimetypes import guess_type

    return guess_type(name)[0] or "text/plain"


def _disposition(kind: str, filename: str) -> str:
    """Return a ``Content-Disposition`` (RFC 6266), the name in UTF-8 if need be."""
    from urllib.parse import quote

    quoted = quote(filename, errors="surrogateescape")
    if quoted == filename:
        return f'{kind}; filename="{filename}"'
    return f"{kind}; filename*=utf-8''{quoted}"


async def _apart(func: Callable[[], T]) -> T:
    # Imported with the first file: it knows asyncio.
    from starlette._threads import call_apart

    return await call_apart(func)
