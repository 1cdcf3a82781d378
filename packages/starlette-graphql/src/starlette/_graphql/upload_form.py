"""The form of the GraphQL multipart request specification, read as it arrives.

Its parts are ``operations``, ``map`` and then the files, in this order, which the
specification lets a server rely on.  So what is wrong with the first two is said
before a file is read, and a file that nobody asked for is not stored.  Other parts
that are no files pass unread: a middleware may have wanted them.

The syntax is read by the core (``starlette._multipart``), but not by its form parser,
which knows no order and keeps every part.  Files wait in memory up to
``MultiPartParser.spool_max_size`` and go to disk from a worker thread.
"""

from __future__ import annotations

from typing import (
    Any,
    AsyncGenerator,
    BinaryIO,
    Dict,
    Iterable,
    List,
    Optional,
    Union,
    cast,
)

from starlette._charset import decode
from starlette._graphql.errors import RequestError
from starlette._graphql.request import MalformedRequest
from starlette._graphql.upload_map import Slot, find_slots, quoted
from starlette._graphql.wirejson import MalformedJSON
from starlette._graphql.wirejson import decode as decode_json
from starlette._multipart import (
    Event,
    MultiPartException,
    MultipartReader,
    PartHeader,
    parse_boundary,
)
from starlette.datastructures import FormData, Headers, UploadFile

__all__ = ("UploadForm",)

# What is gathered of a file before it is written, in bytes: once it is on disk,
# each write is a trip to a thread.
_WRITE_SIZE = 1024 * 1024


class UploadForm:
    """The form of one request.

    Args:
        content_type: Of the request.
        max_text: How many bytes ``operations`` and ``map`` may have, each.
        max_parts: How many parts there may be, those that nobody asked for included;
            and how many paths in ``map``, beside the two parts that are no files.

    Attributes:
        operations: What that part says: an object or an array, with the files in it
            once they have been read.
        files: All files that were opened, those of a form that fails included.

    Raises:
        RequestError: Status 400, there is no boundary in *content_type*.
    """

    operations: Any = None

    def __init__(self, content_type: str, *, max_text: float, max_parts: float) -> None:
        try:
            boundary, _ = parse_boundary(content_type)
        except MultiPartException as exc:
            raise RequestError(400, exc.message) from None
        self.max_text = max_text
        self.max_parts = max_parts
        self.max_paths = max_parts - 2
        self.files: List[UploadFile] = []
        self._reader = MultipartReader(boundary)
        self._slots: Optional[Dict[str, List[Slot]]] = None
        self._received: Dict[str, UploadFile] = {}
        self._part: _Part = _Unread()
        self._count = 0
        self._waiting: List[_File] = []

    async def read(self, stream: AsyncGenerator[bytes, None]) -> None:
        """Read the whole form; the caller closes its files.

        Raises:
            RequestError: Status 400, it is malformed or ends early; 413, it is beyond
                a limit.
        """
        try:
            async for chunk in stream:
                self._take(self._reader.feed(chunk))
                for file in self._waiting:
                    await file.write()
                self._waiting = [file for file in self._waiting if not file.is_done]
            self._reader.finish()
        except MultiPartException as exc:
            raise RequestError(400, exc.message) from None
        self._finish()

    async def close(self) -> None:
        """Close every file, whatever becomes of the others."""
        await FormData([("", file) for file in self.files]).close()

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, PartHeader):
                self._part = self._open(event)
                if event.data is None:
                    continue
                self._part.add(event.data)
            elif event is not None:
                self._part.add(event)
                continue
            self._part.end()
            # It knows this form: kept, it would leave both to the garbage collector.
            self._part = _Unread()

    def _open(self, header: PartHeader) -> _Part:
        self._count += 1
        if self._count > self.max_parts:
            raise RequestError(
                413, f"The form has too many parts. The maximum is {self.max_parts}."
            )
        name = decode(header.name or b"", "utf-8")
        if name == "operations" or name == "map":
            return _Text(self, name)
        if header.filename is None:
            if name in (self._slots or ()):
                raise RequestError(
                    400, f"The file {quoted(name)} was sent without a file name."
                )
            return _Unread()
        if self._slots is None:
            raise RequestError(400, 'The files must come after the part "map".')
        if name not in self._slots:
            raise RequestError(
                400, f'The part "map" has no paths for the file {quoted(name)}.'
            )
        if name in self._received:
            raise RequestError(400, f"The file {quoted(name)} was sent twice.")
        return self._open_file(name, header)

    def _open_file(self, name: str, header: PartHeader) -> _File:
        import tempfile

        from starlette.formparsers import MultiPartParser

        limit = MultiPartParser.spool_max_size
        # Closed with the form.
        spooled = tempfile.SpooledTemporaryFile(max_size=limit)  # noqa: SIM115
        upload = UploadFile(
            cast(BinaryIO, spooled),
            size=0,
            filename=decode(header.filename or b"", "utf-8"),
            headers=Headers(raw=header.fields),
        )
        self.files.append(upload)
        self._received[name] = upload
        file = _File(upload)
        self._waiting.append(file)
        return file

    def set_text(self, name: str, data: bytes) -> None:
        """Take the part *name*, ``operations`` or ``map``."""
        if name == "map":
            if self.operations is None:
                raise RequestError(
                    400, 'The part "operations" must come before the part "map".'
                )
            mapping = _decode(name, data)
            self._slots = find_slots(self.operations, mapping, self.max_paths)
            return
        self.operations = _decode(name, data)
        if not isinstance(self.operations, (dict, list)):
            raise MalformedRequest(
                400, 'The part "operations" must be a JSON object or an array.'
            )

    def has(self, name: str) -> bool:
        """Tell whether the part *name* has been taken."""
        return (self._slots if name == "map" else self.operations) is not None

    def _finish(self) -> None:
        for name in ("operations", "map"):
            if not self.has(name):
                raise RequestError(400, f'The form has no part "{name}".')
        for name, slots in (self._slots or {}).items():
            upload = self._received.get(name)
            if upload is None:
                raise RequestError(
                    400, f'The file {quoted(name)} of the part "map" was not sent.'
                )
            for slot in slots:
                slot.fill(upload)


def _decode(name: str, data: bytes) -> Any:
    try:
        return decode_json(data)
    except MalformedJSON:
        raise RequestError(
            400, f'The part "{name}" must be JSON in UTF-8, but is not.'
        ) from None


class _Unread:
    """A part that nobody asked for."""

    __slots__ = ()

    def add(self, data: bytes) -> None:
        """Forget *data*."""

    def end(self) -> None:
        """Do nothing."""


class _Text:
    """One of the two parts that are JSON; some clients send them as files."""

    __slots__ = ("_chunks", "_form", "_name", "_size")

    def __init__(self, form: UploadForm, name: str) -> None:
        if form.has(name):
            raise RequestError(400, f'The part "{name}" was sent twice.')
        self._form = form
        self._name = name
        self._chunks: List[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._form.max_text:
            raise RequestError(
                413,
                f'The part "{self._name}" is too large. '
                f"The maximum is {self._form.max_text} bytes.",
            )
        self._chunks.append(data)

    def end(self) -> None:
        self._form.set_text(self._name, b"".join(self._chunks))


class _File:
    """A part that is a file; what is written to it waits for ``write``."""

    __slots__ = ("_chunks", "_size", "_upload", "is_done")

    def __init__(self, upload: UploadFile) -> None:
        self._upload = upload
        self._chunks: List[bytes] = []
        self._size = 0
        self.is_done = False

    def add(self, data: bytes) -> None:
        self._size += len(data)
        self._chunks.append(data)

    def end(self) -> None:
        self.is_done = True

    async def write(self) -> None:
        """Write what waits, if it is enough or all; a whole file is rewound."""
        if self.is_done or self._size >= _WRITE_SIZE:
            data = b"".join(self._chunks)
            self._chunks, self._size = [], 0
            await self._upload.write(data)
        if self.is_done:
            await self._upload.seek(0)


_Part = Union[_Unread, _Text, _File]
