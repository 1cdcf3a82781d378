"""The ``send`` that encodes a response: one per response.

What the start of the response alone decides is decided there and then.  Otherwise the
start is held back until the first part of the body, and goes one of three ways:

* as it is: too small, encoded already, a range, a media type that gains nothing, or
  a body that is no message (``http.response.pathsend``);
* as it is, with ``Vary``: it would have been encoded for another client;
* encoded: a body that is whole gets its new ``Content-Length``, a stream is flushed
  after each part, so that the client has at once what the application has sent.

What does not belong to the response's start and body passes by: early hints, trailers.
"""

from __future__ import annotations

from typing import (
    Any,
    Awaitable,
    Callable,
    Dict,
    Generator,
    List,
    NamedTuple,
    Optional,
    Tuple,
)

from starlette._codecs import Compressor, Data
from starlette._header_additions import Pair, vary_pair
from starlette.types import Message, Send

__all__ = ("CodingSend", "Encoding", "Rules", "excluded_prefixes")

START = "http.response.start"
BODY = "http.response.body"
# Each of these is the body, in another form.
BODIES = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
VARY = (b"vary", b"Accept-Encoding")
# No content, or a part of one (RFC 9110, sections 15.3.5, 15.3.7 and 15.4.5).
UNCODED_STATUSES = frozenset({204, 205, 206, 304})


class Rules(NamedTuple):
    """What the configuration says about every response.

    Attributes:
        minimum_size: Bodies with fewer bytes are sent as they are, unless streamed.
        thread_minimum_size: From this many bytes on a chunk is compressed in a worker
            thread; None for never.
        excluded: How the media types that are left alone begin, in lower case.
    """

    minimum_size: int
    thread_minimum_size: Optional[int]
    excluded: Tuple[bytes, ...]


class Encoding(NamedTuple):
    """A content coding, and how a compressor for one response is made."""

    name: bytes
    start: Callable[[], Compressor]


class _Done:
    # What there is to wait for when nothing was sent.
    def __await__(self) -> Generator[Any, Any, None]:
        return iter(())  # type: ignore[return-value]


DONE = _Done()


def excluded_prefixes(content_types: Tuple[str, ...]) -> Tuple[bytes, ...]:
    """Return how the excluded media types begin: ``image/*`` is ``image/``."""
    return tuple([name.lower().rstrip("*").encode("latin-1") for name in content_types])


class CodingSend:
    """A ``send`` that encodes the response.

    Args:
        send: Where the messages go.
        rules: What is encoded.
        encoding: How; None if the client accepts nothing that there is.
        is_identity_accepted: Whether small bodies may be sent as they are.
    """

    __slots__ = (
        "_compressor",
        "_encoding",
        "_is_decided",
        "_is_identity_accepted",
        "_rules",
        "_send",
        "_start",
        "_unread",
    )

    def __init__(
        self,
        send: Send,
        rules: Rules,
        encoding: Optional[Encoding],
        is_identity_accepted: bool = True,
    ) -> None:
        self._send = send
        self._rules = rules
        self._encoding = encoding
        self._is_identity_accepted = is_identity_accepted
        self._start: Optional[Start] = None
        self._compressor: Optional[Compressor] = None
        self._is_decided = False
        self._unread: Optional[int] = None

    # Not a coroutine function: what passes by costs no coroutine.
    def __call__(self, message: Message) -> Awaitable[None]:
        """Pass *message* on, encoded if it has to be."""
        kind = message["type"]
        if self._is_decided:
            if self._compressor is None or kind != BODY:
                return self._send(message)
            return self._continue(self._compressor, message)
        if kind == START:
            self._start = start = Start(message)
            if start.may_be_coded(self._rules.excluded):
                return DONE
            self._is_decided = True
            return self._send(message)
        if self._start is None or (kind != BODY and kind not in BODIES):
            return self._send(message)
        self._is_decided = True
        return self._first_part(self._start, message)

    def _first_part(self, start: Start, message: Message) -> Awaitable[None]:
        more = message.get("more_body", False)
        size = start.length if more else _size(message.get("body", b""))
        if message["type"] != BODY or size == 0 or self._is_small(size):
            return self._both(start.message, message)
        encoding = self._encoding
        if encoding is None:
            return self._both(start.varying(), message)
        if not more:
            return self._whole(encoding, start, message)
        self._unread = size
        self._compressor = compressor = encoding.start()
        return self._begin(encoding, start, compressor, message)

    def _is_small(self, size: Optional[int]) -> bool:
        # A stream of unknown length is not small.
        return (
            size is not None
            and size < self._rules.minimum_size
            and self._is_identity_accepted
        )

    async def _both(self, start: Message, message: Message) -> None:
        self._start = None
        await self._send(start)
        await self._send(message)

    async def _whole(self, encoding: Encoding, start: Start, message: Message) -> None:
        body: Data = message["body"]
        encoded = await self._run(_encode_whole, encoding.start(), body)
        await self._send(start.coded(encoding.name, len(encoded)))
        await self._send({**message, "body": encoded})

    async def _begin(
        self,
        encoding: Encoding,
        start: Start,
        compressor: Compressor,
        message: Message,
    ) -> None:
        await self._send(start.coded(encoding.name, None))
        await self._continue(compressor, message)

    async def _continue(self, compressor: Compressor, message: Message) -> None:
        body: Data = message.get("body", b"")
        more = message.get("more_body", False)
        if self._unread is not None:
            self._count(_size(body), more)
        encode = _encode_part if more else _encode_whole
        encoded = await self._run(encode, compressor, body)
        if not more:
            self._compressor = None
        await self._send({**message, "body": encoded})

    async def _run(
        self,
        encode: Callable[[Compressor, Data], bytes],
        compressor: Compressor,
        body: Data,
    ) -> bytes:
        limit = self._rules.thread_minimum_size
        if limit is None or _size(body) < limit:
            return encode(compressor, body)
        from starlette.concurrency import run_in_threadpool

        return await run_in_threadpool(encode, compressor, body)

    def _count(self, size: int, more: bool) -> None:
        """Take *size* bytes from what was announced.

        The announced length is dropped from the encoded response, so that the server
        cannot notice a body that ends too early; a client would take it as complete.
        """
        unread = (self._unread or 0) - size
        self._unread = unread
        if unread < 0 or (unread > 0 and not more):
            raise RuntimeError(
                "The response body is "
                f"{'longer' if unread < 0 else 'shorter'} than its Content-Length."
            )


def _size(body: Data) -> int:
    return body.nbytes if type(body) is memoryview else len(body)


def _encode_part(compressor: Compressor, body: Data) -> bytes:
    return compressor.compress(body) + compressor.flush() if body else b""


def _encode_whole(compressor: Compressor, body: Data) -> bytes:
    return compressor.compress(body) + compressor.finish()


class Start:
    """The start of a response, and what its headers say.

    Args:
        message: Stays as it is.

    Attributes:
        message: As given.
        length: The announced length of the body; None if it is not announced, or
            is not a number.
    """

    __slots__ = ("_named", "_pairs", "length", "message")

    def __init__(self, message: Message) -> None:
        self.message = message
        self._pairs: List[Pair] = list(message.get("headers") or ())
        named: Dict[bytes, bytes] = dict(self._pairs)
        self._named = named
        length = named.get(b"content-length", b"")
        self.length = int(length) if length.isdigit() and len(length) < 20 else None

    def may_be_coded(self, excluded: Tuple[bytes, ...]) -> bool:
        """Tell whether the response may be sent in a content coding."""
        named = self._named
        status = self.message["status"]
        if status < 200 or status in UNCODED_STATUSES:
            return False
        if b"content-encoding" in named or b"content-range" in named:
            return False
        if named.get(b"content-type", b"").lower().startswith(excluded):
            return False
        # RFC 9111, section 5.2.2.6.
        return b"no-transform" not in named.get(b"cache-control", b"").lower()

    def varying(self) -> Message:
        """Return the start, with ``Vary``."""
        return self._with([pair for pair in self._pairs if pair[0] != b"vary"])

    def coded(self, coding: bytes, length: Optional[int]) -> Message:
        """Return the start of the response in a content coding.

        Args:
            coding: Its name.
            length: The number of bytes, if it is known.
        """
        headers = []
        for name, value in self._pairs:
            if name == b"etag" and value[:2] != b"W/":
                # Not the same bytes any more (RFC 9110, section 8.8.3).
                value = b"W/" + value
            if name not in (b"content-length", b"vary"):
                headers.append((name, value))
        if length is not None:
            headers.append((b"content-length", b"%d" % length))
        headers.append((b"content-encoding", coding))
        return self._with(headers)

    def _with(self, headers: List[Pair]) -> Message:
        headers.append(vary_pair([*self._pairs, VARY]))
        return {**self.message, "headers": headers}
