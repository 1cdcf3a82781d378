"""The ``send`` that encodes a response: one per response.

What the start of the response alone decides is decided there and then.  Otherwise the
start is held back until the first part of the body, and goes one of three ways:

* as it is: too small, encoded already, a range, a media type that gains nothing, or
  a body that is no message (``http.response.pathsend``).  What is too small is sent as
  it is also to a client that says ``identity;q=0``;
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
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
)

from starlette._accept_encoding import negotiate
from starlette._codecs import Compressor, Data
from starlette._header_additions import Pair, vary_pair
from starlette._send_tracker import SendTracker
from starlette.types import Message, Send

__all__ = ("CodingSend", "Encoding", "Rules", "excluded_prefixes")

START = "http.response.start"
BODY = "http.response.body"
# Each of these is the body, in another form.
BODIES = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
VARY = (b"vary", b"Accept-Encoding")
# No content, or a part of one (RFC 9110, sections 15.3.5, 15.3.7 and 15.4.5).
UNCODED_STATUSES = frozenset({204, 205, 206, 304})


class Encoding(NamedTuple):
    """A content coding, and how a compressor for one response is made."""

    name: bytes
    start: Callable[[], Compressor]


class Rules(NamedTuple):
    """What the configuration says about every response.

    Attributes:
        encodings: By the names of their codings, the best first.
        minimum_size: Bodies with fewer bytes are sent as they are, unless they are
            streams of unknown length.
        thread_minimum_size: From this many bytes on a part is compressed in a worker
            thread; None for never.
        excluded: How the media types that are left alone begin, in lower case.
    """

    encodings: Mapping[str, Encoding]
    minimum_size: int
    thread_minimum_size: Optional[int]
    excluded: Tuple[bytes, ...]

    def encoding_for(self, headers: Iterable[Pair]) -> Optional[Encoding]:
        """Return what a client with these request headers likes best, if anything."""
        coding = negotiate(headers, tuple(self.encodings))
        return None if coding is None else self.encodings[coding]


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
        rules: What is encoded, and how.
        request_headers: Of the request; looked at when there is something to encode.
    """

    __slots__ = (
        "_forward",
        "_request_headers",
        "_rules",
        "_send",
        "_start",
    )

    def __init__(
        self, send: Send, rules: Rules, request_headers: Iterable[Pair]
    ) -> None:
        self._send = send
        self._rules = rules
        self._request_headers = request_headers
        # Where messages go, once that is decided.
        self._forward: Optional[Send] = None
        self._start: Optional[Start] = None

    # Not a coroutine function: what passes by costs no coroutine.
    def __call__(self, message: Message) -> Awaitable[None]:
        """Pass *message* on, encoded if it has to be."""
        if self._forward is not None:
            return self._forward(message)
        kind = message["type"]
        if kind == START:
            # First, and written out: it is all that a small response pays.
            is_small = False
            headers = message.get("headers")
            if type(headers) is list:
                for name, value in headers:
                    if name == b"content-length":
                        # More digits are no small body, and slow to read.
                        is_small = (
                            len(value) < 10
                            and value.isdigit()
                            and int(value) < self._rules.minimum_size
                        )
                        break
            if not is_small:
                start = Start(message)
                if start.may_be_coded(self._rules.excluded):
                    self._start = start
                    return DONE
            send = self._send
            if type(send) is SendTracker:
                # As responses do: what the tracker would do twice is done once.
                send.response_started = True
                send = send.send
            self._forward = send
            return send(message)
        held = self._start
        if held is None or (kind != BODY and kind not in BODIES):
            return self._send(message)
        self._start = None
        self._forward = self._send
        return self._first_part(held, message)

    def _first_part(self, start: Start, message: Message) -> Awaitable[None]:
        more = message.get("more_body", False)
        size = _size(message.get("body", b""))
        is_small = not more and size < max(self._rules.minimum_size, 1)
        if is_small or message["type"] != BODY:
            return self._both(start.message, message)
        encoding = self._rules.encoding_for(self._request_headers)
        if encoding is None:
            return self._both(start.varying(), message)
        if not more:
            return self._whole(encoding, start, message)
        forward = EncodedStream(self._send, self._rules, encoding, start.length)
        self._forward = forward
        return self._begin(start.coded(encoding.name, None), forward, message)

    async def _both(self, start: Message, message: Message) -> None:
        await self._send(start)
        await self._send(message)

    async def _whole(self, encoding: Encoding, start: Start, message: Message) -> None:
        encoded = await _run(
            _encode_whole, encoding.start(), message["body"], self._rules
        )
        await self._send(start.coded(encoding.name, len(encoded)))
        await self._send({**message, "body": encoded})

    async def _begin(
        self, start: Message, forward: EncodedStream, message: Message
    ) -> None:
        await self._send(start)
        await forward(message)


class EncodedStream:
    """The ``send`` for a body in several parts, each flushed as it comes.

    Args:
        send: Where the messages go.
        rules: When a worker thread is used.
        encoding: How the parts are encoded.
        length: The number of bytes that was announced, if it was.
    """

    __slots__ = ("_compressor", "_rules", "_send", "_unread")

    def __init__(
        self, send: Send, rules: Rules, encoding: Encoding, length: Optional[int]
    ) -> None:
        self._send = send
        self._rules = rules
        self._compressor = encoding.start()
        self._unread = length

    async def __call__(self, message: Message) -> None:
        """Pass *message* on, encoded if it is a part of the body.

        Raises:
            RuntimeError: The body is longer or shorter than was announced.
        """
        if message["type"] != BODY:
            await self._send(message)
            return
        body: Data = message.get("body", b"")
        more = message.get("more_body", False)
        if self._unread is not None:
            self._unread -= _size(body)
            _check(self._unread, more)
        encode = _encode_part if more else _encode_whole
        encoded = await _run(encode, self._compressor, body, self._rules)
        await self._send({**message, "body": encoded})


def _check(unread: int, more: bool) -> None:
    # The announced length is dropped from the encoded response, so that the server
    # cannot notice a body that ends too early; a client would take it as complete.
    if unread < 0 or (unread > 0 and not more):
        raise RuntimeError(
            f"The response body is {'longer' if unread < 0 else 'shorter'} "
            "than its Content-Length."
        )


async def _run(
    encode: Callable[[Compressor, Data], bytes],
    compressor: Compressor,
    body: Data,
    rules: Rules,
) -> bytes:
    limit = rules.thread_minimum_size
    if limit is None or _size(body) < limit:
        return encode(compressor, body)
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(encode, compressor, body)


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
    """

    __slots__ = ("_named", "_pairs", "message")

    def __init__(self, message: Message) -> None:
        self.message = message
        self._pairs: List[Pair] = list(message.get("headers") or ())
        self._named: Dict[bytes, bytes] = dict(self._pairs)

    @property
    def length(self) -> Optional[int]:
        """The announced length of the body, if it is announced, and a number."""
        value = self._named.get(b"content-length", b"")
        return int(value) if value.isdigit() and len(value) < 20 else None

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
