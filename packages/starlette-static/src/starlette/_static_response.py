"""The responses of ``StaticFiles``: a file that is already open, and "not modified".

A small file comes here with its content, and is sent in one message.  A large one
comes open, with its first bytes: the path is not looked at a second time, at which
it might lead elsewhere.
"""

from __future__ import annotations

import os
from typing import Callable, List, Optional, Sequence

from starlette._file_reader import FileReader, OpenFile, Part
from starlette._file_response import FileResponse
from starlette._response import Response
from starlette._send_tracker import SendTracker
from starlette._static_headers import FileHeaders
from starlette._static_open import Opened, open_inside
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

__all__ = (
    "Found",
    "NotModifiedResponse",
    "StaticFileResponse",
    "found_from",
    "not_modified",
)


class Found(str):
    """The path of a file that was found, which knows how it was.

    A ``str``, so that it passes through methods that programs override with the
    parameters they have always had.

    Attributes:
        status: Its status.
        name: Its path in the folder, with slashes; that of the original, if this
            is a compressed sibling.
        coding: The coding of a sibling.
        is_fallback: Whether it stands for a page that is not a file.
        headers: What to send it with, once that is known.
        is_not_modified: Whether the client has it; ``None`` if that is not known.
        answers: The status of the response, if it is this file.
        body: Its content, if it is small and was asked for.
        reader: What reads it, if it is large and was asked for.
        pieces: What *reader* has already read.
    """

    status: os.stat_result
    name: str
    root: str
    parts: Sequence[str]
    is_anywhere: bool
    coding: str = ""
    is_fallback: bool = False
    headers: Optional[FileHeaders] = None
    is_not_modified: Optional[bool] = None
    answers: int = 200
    body: Optional[bytes] = None
    reader: Optional[FileReader] = None
    pieces: Sequence[bytes] = ()
    file: Optional[OpenFile] = None

    def read(self, limit: int) -> bool:
        """Read the file, in a worker thread, if it has at most *limit* bytes.

        Returns:
            ``False`` if it is larger, and as well if it has just become shorter.
        """
        file, size = self.file, self.status.st_size
        if file is None or size > limit:
            return False
        body = file.read(size) if size else b""
        if len(body) != size:
            return False
        file.close()
        self.file = None
        self.body = body
        return True

    def read_first(self, chunk_size: int) -> None:
        """Read the first batch of a large file, in a worker thread."""
        reader = self.make_reader(chunk_size)
        try:
            self.pieces = reader.start([(b"", 0, self.status.st_size, b"")])
        except BaseException:
            reader.close()
            raise
        self.reader = reader

    def make_reader(self, chunk_size: int) -> FileReader:
        """Return what reads the file, which belongs to the reader from now on."""
        file, self.file = self.file, None
        return _InsideReader(self, chunk_size, file)

    def take_reader(self) -> Optional[FileReader]:
        """Return the reader that has begun to read, once."""
        reader, self.reader = self.reader, None
        return reader

    def close(self) -> None:
        """Close the file, if nobody has taken it to read."""
        if self.file is not None:
            self.file.close()
            self.file = None
        reader = self.take_reader()
        if reader is not None:
            reader.close()


class _InsideReader(FileReader):
    """Reads a file that is open, or opens it as it was opened before."""

    def __init__(
        self, found: Found, chunk_size: int, file: Optional[OpenFile] = None
    ) -> None:
        super().__init__(str(found), chunk_size)
        # Not *found* itself, which keeps this: a circle would keep the file open.
        self._place = found.root, found.parts, found.is_anywhere
        self._file = file

    def _open(
        self, plan: Optional[Callable[[os.stat_result], Sequence[Part]]]
    ) -> List[bytes]:
        if self._file is None:
            opened = open_inside(*self._place)
            if opened is None or opened.file is None:
                raise RuntimeError(f"File at path {self._path} does not exist.")
            self._file = opened.file
        self.status = os.fstat(self._file.fileno())
        return [] if plan is None else self._start(plan(self.status))


class StaticFileResponse(FileResponse):
    """A file in a folder.  What it is called, it is sent as ``FileResponse`` does."""

    def __init__(self, found: Found, headers: FileHeaders, status_code: int) -> None:
        # Not super().__init__(), which would make the headers that are there.
        self._found = found
        self.path = str(found)
        self.filename = None
        self.media_type = headers.media_type
        self.status_code = status_code
        self.background = None
        self.stat_result = found.status
        self.raw_headers = [*headers.pairs]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, as an ASGI application, then await ``background``."""
        found = self._found
        if found.body is not None:
            if type(send) is SendTracker:
                # As in Response: said once, what it would find out twice.
                send.response_started = True
                send = send.send
            await send(self._start(self.status_code))
            await send({"type": "http.response.body", "body": found.body})
        else:
            reader = found.take_reader()
            if reader is None:
                await self._send_as_file(scope, receive, send)
                return
            try:
                await send(self._start(self.status_code))
                pieces, found.pieces = found.pieces, ()
                await self._send_pieces([*pieces], reader, send)
            finally:
                reader.close()
        if self.background is not None:
            await self.background()

    async def _send_as_file(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._found.coding:
            # Ranges are of the file as it is (and those of the coded one would
            # have to be put together in the order of its bytes).
            headers = [(k, v) for k, v in scope["headers"] if k != b"range"]
            scope = {**scope, "headers": headers}
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._found.close()

    def __del__(self) -> None:
        # A program has dropped the response.  On trio, the thread that has found the
        # file refers to what it has returned until its next call.
        self._found.close()

    def _reader(self) -> FileReader:
        return self._found.make_reader(self.chunk_size)


class NotModifiedResponse(Response):
    """A 304: the client's copy is still good (RFC 9110, section 15.4.5).

    Args:
        headers: Those of the response it stands for; what belongs into a 304 is
            taken from them.
    """

    NOT_MODIFIED_HEADERS = (
        "cache-control",
        "content-location",
        "date",
        "etag",
        "expires",
        "vary",
    )

    def __init__(self, headers: Headers) -> None:
        names = (name for name in self.NOT_MODIFIED_HEADERS if name in headers)
        names = (name for name in self.NOT_MODIFIED_HEADERS if name in headers)
        kept = {name: headers[name] for name in names}
        super().__init__(status_code=304, headers=kept)


def not_modified(headers: FileHeaders) -> NotModifiedResponse:
    """Return the 304 of a file whose headers are known.

    Without the constructor, which would take them apart and put them together
    again: a tenth of what a 304 costs.
    """
    response: NotModifiedResponse = object.__new__(NotModifiedResponse)
    response.status_code = 304
    response.background = None
    response.body = b""
    response.raw_headers = [*headers.pairs_if_not_modified]
    return response


def found_from(
    opened: Opened, root: str, parts: Sequence[str], is_anywhere: bool
) -> Found:
    """Return what *opened* is, as it was found in *root*."""
    found = Found(opened.path)
    found.status = opened.status
    found.file = opened.file
    found.name = "/".join(parts)
    found.root = root
    found.parts = parts
    found.is_anywhere = is_anywhere
    return found
