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
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("CodingMiddleware", "Encoding", "Rules", "coding_send")

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
        digits: Of *minimum_size*: a length with fewer is below it.
    """

    encodings: Mapping[str, Encoding]
    minimum_size: int
    thread_minimum_size: Optional[int]
    excluded: Tuple[bytes, ...]
    digits: int

    @classmethod
    def of(
        cls,
        encodings: Mapping[str, Encoding],
        minimum_size: int,
        thread_minimum_size: Optional[int],
        excluded: Iterable[str],
    ) -> Rules:
        """Return the rules; *excluded* are media types, ``image/*`` for ``image/``."""
        prefixes = [kind.lower().rstrip("*").encode("latin-1") for kind in excluded]
        return cls(
            encodings,
            minimum_size,
            thread_minimum_size,
            tuple(prefixes),
            len(str(minimum_size)),
        )

    def encoding_for(self, headers: Iterable[Pair]) -> Optional[Encoding]:
        """Return what a client with these request headers likes best, if anything."""
        coding = negotiate(headers, tuple(self.encodings))
        return None if coding is None else self.encodings[coding]


class _Done:
    # What there is to wait for when nothing was sent.
    def __await__(self) -> Generator[Any, Any, None]:
        return iter(())  # type: ignore[return-value]


DONE = _Done()


class CodingMiddleware:
    """Runs an application, and encodes its responses.

    Attributes:
        app: The application inside.
    """

    app: ASGIApp
    _rules: Rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and encode its response if that may be."""
        # Spelled out below: an object is called by a detour.
        app: Any = self.app
        if scope["type"] != "http" or scope["method"] == "HEAD":
            await app(scope, receive, send)
            return
        held: List[Start] = []
        if type(send) is not SendTracker:
            send = coding_send(send, self._rules, scope["headers"], held)
            await app.__call__(scope, receive, send)
            return
        # Behind the tracker and not around it: what is further in knows it by its
        # class, and would put a second one on top.
        inner = send.send
        send.send = coding_send(inner, self._rules, scope["headers"], held)
        try:
            await app.__call__(scope, receive, send)
        except BaseException:
            if held:
                # The tracker has passed on what was not sent.
                send.response_started = False
            raise
        finally:
            send.send = inner


def coding_send(
    send: Send, rules: Rules, request_headers: Iterable[Pair], held: List[Start]
) -> Send:
    """Return a ``send`` that encodes the response.

    Args:
        send: Where the messages go.
        rules: What is encoded, and how.
        request_headers: Of the request; looked at when there is something to encode.
        held: An empty list, for the start of the response while it is held back.
    """
    forward: Optional[Send] = None

    # A function, and nothing made but it: all that a small response pays.  Defaults,
    # because variables from outside would be made an object each.  Not a coroutine
    # function: it hands on the awaitable it gets.
    def send_coded(
        message: Message,
        send: Send = send,
        rules: Rules = rules,
        request_headers: Iterable[Pair] = request_headers,
        held: List[Start] = held,
    ) -> Awaitable[None]:
        nonlocal forward
        if forward is not None:
            return forward(message)
        if message["type"] != START:
            return send(message)
        headers = message.get("headers")
        # Written out; what can be gone through but once is for others to look at.
        if type(headers) is list:
            for name, value in headers:
                if name == b"content-length":
                    if value.isdigit() and (
                        len(value) < rules.digits or _is_below(value, rules)
                    ):
                        forward = send
                        return send(message)
                    break
        forward = CodingSend(send, rules, request_headers, held)
        return forward(message)

    return send_coded


def _is_below(length: bytes, rules: Rules) -> bool:
    # More digits are no small body, and slow to read.
    return len(length) < 10 and int(length) < rules.minimum_size


class CodingSend:
    """A ``send`` that encodes the response, from its start on.

    Args:
        send: Where the messages go.
        rules: What is encoded, and how.
        request_headers: Of the request.
        held: As for ``coding_send``.
    """

    __slots__ = ("_forward", "_held", "_request_headers", "_rules", "_send")

    def __init__(
        self,
        send: Send,
        rules: Rules,
        request_headers: Iterable[Pair],
        held: List[Start],
    ) -> None:
        self._send = send
        self._rules = rules
        self._request_headers = request_headers
        self._held = held
        # Where messages go, once that is decided.
        self._forward: Optional[Send] = None

    # Not a coroutine function: what passes by costs no coroutine.
    def __call__(self, message: Message) -> Awaitable[None]:
        """Pass *message* on, encoded if it has to be."""
        if self._forward is not None:
            return self._forward(message)
        kind = message["type"]
        if kind == START:
            start = Start(message)
            if start.may_be_coded(self._rules.excluded):
                self._held.append(start)
                return DONE
            self._forward = self._send
            return self._send(message)
        if not self._held or (kind != BODY and kind not in BODIES):
            return self._send(message)
        self._forward = self._send
        return self._first_part(self._held[0], message)

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
        self._held.clear()
        await self._send(start)
        await self._send(message)

    async def _whole(self, encoding: Encoding, start: Start, message: Message) -> None:
        body = message["body"]
        if start.length is not None:
            _check(start.length - _size(body), False)
        encoded = await _run(_encode_whole, encoding.start(), body, self._rules)
        # Until here the start is held: what fails can still become a 500.
        self._held.clear()
        await self._send(start.coded(encoding.name, len(encoded)))
        await self._send({**message, "body": encoded})

    async def _begin(
        self, start: Message, forward: EncodedStream, message: Message
    ) -> None:
        self._held.clear()
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
