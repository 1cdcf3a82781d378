"""Reading forms from a request: ``request.form()`` ends up here.

The parsers read a stream of chunks, apply the limits while they do, and give a
``FormData``.  Whatever goes wrong on the way, bad input, a client that goes
away, a cancellation, every temporary file is closed before the error leaves.
Bad input is a ``MultiPartException``; the request turns it into a 400.

The syntaxes are elsewhere: ``_multipart`` and ``_urlencoded``.  Files wait in
memory up to ``MultiPartParser.spool_max_size`` and go to disk from a worker
thread, many chunks at a time.
"""

from __future__ import annotations

from contextlib import suppress
from typing import (
    Any,
    AsyncIterable,
    BinaryIO,
    Callable,
    Iterable,
    List,
    Optional,
    Tuple,
    Union,
    cast,
)

from starlette._charset import decode, find_charset
from starlette._multipart import (
    Event,
    MultiPartException,
    MultipartReader,
    PartHeader,
    parse_boundary,
    parse_options,
)
from starlette._upload import FormData, UploadFile
from starlette._urlencoded import UrlencodedReader
from starlette.datastructures import Headers

__all__ = ("FormParser", "MultiPartException", "MultiPartParser")

MultiPartException.__module__ = __name__

_Job = Tuple[UploadFile, Callable[[Any], Any], Any]

# What is gathered for the disk before a thread is asked to write it.  A hop to
# a thread costs as much as copying this several times over.
_WRITE_SIZE = 1024 * 1024


def _charset_of(label: str) -> str:
    charset = find_charset(label)
    if charset is None:
        raise MultiPartException("Unknown charset.")
    return charset


class FormParser:
    """Reads a form of type ``application/x-www-form-urlencoded``.

    Escaped bytes are read as UTF-8 and bytes that are not escaped, as they
    should be, as latin-1; a ``charset`` parameter of the ``Content-Type`` is
    followed for both.

    Args:
        headers: The headers of the request.
        stream: The body, in chunks of any size.
        max_fields: How many fields there may be.
        max_part_size: How many bytes each name and each value may have.
    """

    def __init__(
        self,
        headers: Headers,
        stream: AsyncIterable[bytes],
        *,
        max_fields: Union[int, float] = 1000,
        max_part_size: int = 1024 * 1024,
    ) -> None:
        if stream is None:
            raise AssertionError("`stream` must be an asynchronous iterator.")
        self.headers = headers
        self.stream = stream
        self.max_fields = max_fields
        self.max_part_size = max_part_size

    async def parse(self) -> FormData:
        """Read the whole stream and return its fields.

        Raises:
            MultiPartException: If a limit is exceeded or the charset is not
                one that can be read.
        """
        reader = UrlencodedReader(self.max_fields, self.max_part_size, self._charset())
        try:
            async for chunk in self.stream:
                reader.feed(chunk)
            reader.finish()
        except MultiPartException:
            await _end(self.stream)
            raise
        return FormData._of(reader.fields)

    def _charset(self) -> Optional[str]:
        content_type = self.headers.get("content-type", "")
        if ";" not in content_type:
            return None
        label = parse_options(content_type)[1].get("charset")
        return _charset_of(label) if label else None


class MultiPartParser:
    """Reads a form of type ``multipart/form-data`` (RFC 7578).

    A part with a ``filename`` is a file, any other part is text, in the
    charset of its own ``Content-Type``, that of the ``_charset_`` field before
    it, that of the request, or UTF-8; what cannot be read so is latin-1.

    Args:
        headers: The headers of the request.
        stream: The body, in chunks of any size.
        max_files: How many files there may be.
        max_fields: How many fields other than files there may be.
        max_part_size: How many bytes each of these may have.  Files are not
            limited.

    Attributes:
        spool_max_size: How many bytes of a file are kept in memory.  Set it
            on the class or on an instance.
    """

    spool_max_size = 1024 * 1024
    max_part_size: int = 1024 * 1024

    def __init__(
        self,
        headers: Headers,
        stream: AsyncIterable[bytes],
        *,
        max_files: Union[int, float] = 1000,
        max_fields: Union[int, float] = 1000,
        max_part_size: int = 1024 * 1024,
    ) -> None:
        self.headers = headers
        self.stream = stream
        self.max_files = max_files
        self.max_fields = max_fields
        self.max_part_size = max_part_size
        self.items: List[Tuple[str, Union[str, UploadFile]]] = []
        self._charset = "utf-8"
        self._files: List[UploadFile] = []
        self._field_count = 0
        self._part: Union[_TextPart, _FilePart, None] = None
        # Calls that wait for a worker thread, and the bytes that wait in them.
        self._jobs: List[_Job] = []
        self._jobs_size = 0

    async def parse(self) -> FormData:
        """Read the whole stream and return its fields, in order.

        Every file stands at its beginning.  Whoever gets the form has to close
        it.

        Raises:
            MultiPartException: If the body is not what its ``Content-Type``
                says, ends early, or exceeds a limit.
        """
        try:
            reader = self._reader()
            async for chunk in self.stream:
                self._take(reader.feed(chunk))
                if self._jobs_size >= _WRITE_SIZE:
                    await self._run_jobs()
            reader.finish()
            if self._jobs:
                await self._run_jobs()
        except BaseException:
            await self._abandon()
            raise
        return FormData._of(self.items)

    def _reader(self) -> MultipartReader:
        boundary, label = parse_boundary(self.headers.get("content-type", ""))
        if label != "utf-8":
            self._charset = _charset_of(label)
        return MultipartReader(boundary)

    def _take(self, events: Iterable[Event]) -> None:
        # Any, since the reader gives no data and no end outside of a part.
        part: Any = self._part
        for event in events:
            if isinstance(event, PartHeader):
                part = self._open_part(event)
                if event.data is None:
                    continue
                part.add(event.data)
            elif event is not None:
                part.add(event)
                continue
            part.end()
            # It knows the parser: kept, it would leave both to the garbage
            # collector.
            part = None
        self._part = part

    def _open_part(self, header: PartHeader) -> Union[_TextPart, _FilePart]:
        if header.name is None:
            raise MultiPartException(
                'The Content-Disposition header field "name" must be provided.'
            )
        name = decode(header.name, self._charset)
        if header.filename is not None:
            filename = decode(header.filename, self._charset)
            return _FilePart(self, name, filename, header)
        return _TextPart(self, name, header)

    def _defer(
        self,
        upload: UploadFile,
        call: Callable[[Any], Any],
        argument: Any,
        size: int = 0,
    ) -> None:
        upload._lend()
        self._jobs.append((upload, call, argument))
        self._jobs_size += size

    async def _run_jobs(self) -> None:
        from starlette.concurrency import run_in_threadpool

        jobs, self._jobs = self._jobs, []
        self._jobs_size = 0
        await run_in_threadpool(_run_all, jobs)

    async def _abandon(self) -> None:
        """Close every file, and the stream."""
        files = FormData([("", upload) for upload in self._files])
        try:
            # What went wrong first is what the caller is told.
            with suppress(Exception):
                await files.close()
        finally:
            await _end(self.stream)


def _run_all(jobs: Iterable[_Job]) -> None:
    for upload, call, argument in jobs:
        upload._call(call, argument)


async def _end(stream: AsyncIterable[bytes]) -> None:
    """Close a stream that is not read to its end, if it is a generator."""
    # Left to the garbage collector it would be closed some time later, on trio
    # with a warning.
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


class _TextPart:
    """A part that becomes a string."""

    __slots__ = ("_charset", "_data", "_name", "_parser", "_rest", "_size")

    def __init__(self, parser: MultiPartParser, name: str, header: PartHeader) -> None:
        parser._field_count += 1
        if parser._field_count > parser.max_fields:
            raise MultiPartException(
                f"Too many fields. Maximum number of fields is {parser.max_fields}."
            )
        self._parser = parser
        self._name = name
        self._charset = parser._charset
        if header.content_type and b"charset" in header.content_type.lower():
            options = parse_options(header.content_type.decode("latin-1"))[1]
            if "charset" in options:
                self._charset = _charset_of(options["charset"])
        self._data = b""
        self._rest: Optional[List[bytes]] = None
        self._size = 0

    def add(self, data: bytes) -> None:
        self._size += len(data)
        limit = self._parser.max_part_size
        if self._size > limit:
            raise MultiPartException(
                f"Part exceeded maximum size of {int(limit / 1024)}KB."
            )
        if not self._data:
            self._data = data
        elif self._rest is None:
            self._rest = [data]
        else:
            self._rest.append(data)

    def end(self) -> None:
        data = self._data
        if self._rest:
            data = b"".join([data, *self._rest])
        text = decode(data, self._charset)
        if self._name == "_charset_" and text:
            # RFC 7578, section 4.6: the charset of the fields to come.
            self._parser._charset = _charset_of(text)
        self._parser.items.append((self._name, text))


class _FilePart:
    """A part that becomes a file.

    It starts in memory, where writing does not block.  From the write on that
    would take it to disk, all its calls are deferred.
    """

    __slots__ = ("_file", "_limit", "_name", "_parser", "_size", "_upload")

    def __init__(
        self, parser: MultiPartParser, name: str, filename: str, header: PartHeader
    ) -> None:
        if len(parser._files) >= parser.max_files:
            raise MultiPartException(
                f"Too many files. Maximum number of files is {parser.max_files}."
            )
        import tempfile

        if filename[1:3] == ":\\":
            # Some browsers sent the path: C:\files\a.txt.
            filename = filename.rpartition("\\")[2]
        # Closed by whoever gets the form, or when there will be none.
        file = tempfile.SpooledTemporaryFile(max_size=parser.spool_max_size)  # noqa: SIM115
        self._parser = parser
        self._name = name
        self._file = cast(BinaryIO, file)
        self._size = 0
        self._limit = parser.spool_max_size or float("inf")
        self._upload = UploadFile(
            file=self._file,
            size=0,
            filename=filename,
            headers=Headers(raw=header.fields),
        )
        parser._files.append(self._upload)

    def add(self, data: bytes) -> None:
        size = len(data)
        self._size += size
        if self._size > self._limit:
            self._parser._defer(self._upload, self._file.write, data, size)
        else:
            self._file.write(data)

    def end(self) -> None:
        self._upload.size = self._size
        if self._size > self._limit:
            self._parser._defer(self._upload, self._file.seek, 0)
        else:
            self._file.seek(0)
        self._parser.items.append((self._name, self._upload))
