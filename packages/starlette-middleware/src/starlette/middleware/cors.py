"""CORS: which scripts of other origins may read a response.

The protocol is the one of the Fetch standard ("CORS protocol").  A preflight is
answered here and goes no further; every other request goes on, and its response gets
the headers that tell the browser who may read it.

What always holds:

* every response says in ``Vary`` that it depends on the origin, also where the request
  has no ``Origin`` or one that is not allowed, and where ``*`` is the answer to all who
  have one: a cache may give what it has for the one to the other;
* with credentials the allowed origin is named, never ``*``, which browsers refuse;
* the headers are on the 500 of an unhandled exception too.  ``ServerErrorMiddleware``
  stays outside; it sends its answer through what this middleware leaves behind
  (``starlette._error_answer``).
"""

from __future__ import annotations

import re
from functools import partial
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Iterable,
    List,
    Optional,
    Pattern,
    Sequence,
    Tuple,
)

from starlette._error_answer import wrap_error_answer
from starlette._header_additions import Additions, Pair, encoded, sending
from starlette._send_tracker import SendTracker
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.background import BackgroundTask

__all__ = ("ALL_METHODS", "SAFELISTED_HEADERS", "CORSMiddleware")

ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
SAFELISTED_HEADERS = {"Accept", "Accept-Language", "Content-Language", "Content-Type"}

ANYBODY = {"Access-Control-Allow-Origin": "*"}
CREDENTIALS = {"Access-Control-Allow-Credentials": "true"}
ALLOW_ORIGIN = b"access-control-allow-origin"
VARY_ORIGIN = Additions([(b"vary", b"Origin")])


class PreflightResponse(PlainTextResponse):
    """The answer to a preflight, whose headers are at hand.

    Args:
        status_code: The status.
        text: The body.
        pairs: All the headers.
    """

    # What the constructor of responses comes to: a tenth of a preflight.
    def __init__(self, status_code: int, text: str, pairs: Sequence[Pair]) -> None:
        self.status_code = status_code
        self.body: bytes = text.encode("ascii")
        self.raw_headers: List[Tuple[bytes, bytes]] = [*pairs]
        self.background: Optional[BackgroundTask] = None


class CORSMiddleware:
    """Answers preflights, and says on responses which origins may read them.

    Args:
        app: The application inside.
        allow_origins: Origins as browsers send them (``https://example.org``, no path,
            no slash at the end), or ``*`` for all.
        allow_methods: Methods for preflights to allow, or ``*`` for all.
        allow_headers: Request headers to allow beside the safelisted ones, or ``*``.
        allow_credentials: Whether browsers may send cookies and authorization.  With
            ``*`` this lets every site act in the name of its visitors.
        allow_origin_regex: Origins that match it as a whole are allowed too.
        expose_headers: Response headers that scripts may read.
        max_age: Seconds for browsers to remember a preflight.
        allow_private_network: Whether preflights from a less private network are
            granted ("Private Network Access").

    Attributes:
        simple_headers: What every response gets.
        preflight_headers: What every answer to a preflight gets.

    Both may be changed until the first request.
    """

    def __init__(
        self,
        app: ASGIApp,
        allow_origins: Sequence[str] = (),
        allow_methods: Sequence[str] = ("GET",),
        allow_headers: Sequence[str] = (),
        allow_credentials: bool = False,
        allow_origin_regex: Optional[str] = None,
        expose_headers: Sequence[str] = (),
        max_age: int = 600,
        *,
        allow_private_network: bool = False,
    ) -> None:
        allow_origins = _several(allow_origins)
        allow_methods = _several(allow_methods)
        given = _several(allow_headers)
        headers = sorted(SAFELISTED_HEADERS | set(given))
        self.app = app
        self.allow_origins = allow_origins
        self.allow_methods: Sequence[str] = (
            ALL_METHODS if "*" in allow_methods else allow_methods
        )
        self.allow_headers: List[str] = [header.lower() for header in headers]
        self.allow_all_origins: bool = "*" in allow_origins
        self.allow_all_headers: bool = "*" in given
        self.allow_credentials = allow_credentials
        self.allow_private_network = allow_private_network
        self.allow_origin_regex: Optional[Pattern[str]] = (
            None if allow_origin_regex is None else re.compile(allow_origin_regex)
        )
        self.preflight_explicit_allow_origin: bool = (
            not self.allow_all_origins or allow_credentials
        )
        common = {} if self.preflight_explicit_allow_origin else ANYBODY
        credentials = CREDENTIALS if allow_credentials else {}
        self.simple_headers: Dict[str, str] = {**common, **credentials}
        exposed = ", ".join(_several(expose_headers))
        if exposed:
            self.simple_headers["Access-Control-Expose-Headers"] = exposed
        self.preflight_headers: Dict[str, str] = {
            **(common or {"Vary": "Origin"}),
            "Access-Control-Allow-Methods": ", ".join(self.allow_methods),
            "Access-Control-Max-Age": str(max_age),
            **credentials,
        }
        if not self.allow_all_headers:
            self.preflight_headers["Access-Control-Allow-Headers"] = ", ".join(headers)
        # Here, so that a name or value that cannot be sent is told to who wrote it.
        encoded({**self.simple_headers, **self.preflight_headers})
        self._others: Optional[Additions] = None
        self._named: Dict[bytes, Additions] = {}
        self._answers: Dict[Any, Tuple[int, str, Tuple[Pair, ...]]] = {}
        cls, ours = type(self), CORSMiddleware
        self._is_send_overridden = cls.send is not ours.send
        self._is_overridden = (
            self._is_send_overridden or cls.simple_response is not ours.simple_response
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or run the application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        origin = b""
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value
                break
        if not origin:
            additions = VARY_ORIGIN
        else:
            if scope["method"] == "OPTIONS" and _has(
                scope["headers"], b"access-control-request-method"
            ):
                headers = Headers(scope=scope)
                response = self.preflight_response(request_headers=headers)
                await response(scope, receive, send)
                return
            if self._is_overridden:
                headers = Headers(scope=scope)
                await self.simple_response(
                    scope, receive, send, request_headers=headers
                )
                return
            # What simple_response does, without the headers as an object.
            additions = self._for_origin(origin, scope["headers"])
        tracker = send if type(send) is SendTracker else None
        if tracker is None:
            send = sending(additions, send)
        else:
            # Behind the tracker and not around it: what is further in knows it by its
            # class, and would put a second one on top.
            inner = tracker.send
            tracker.send = sending(additions, inner)
        try:
            # Spelled out: objects are called by a detour.
            await self.app.__call__(scope, receive, send)  # type: ignore[operator]
        except Exception as exc:
            wrap_error_answer(exc, partial(sending, additions))
            raise
        finally:
            if tracker is not None:
                tracker.send = inner

    def is_allowed_origin(self, origin: str) -> bool:
        """Tell whether scripts of *origin* may read responses."""
        if self.allow_all_origins:
            return True
        regex = self.allow_origin_regex
        if regex is not None and regex.fullmatch(origin):
            return True
        return origin in self.allow_origins

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the answer to a preflight: 200, or 400 with what is not allowed.

        Args:
            request_headers: Of the preflight; ``Origin`` and
                ``Access-Control-Request-Method`` are among them.
        """
        origin = method = b""
        asked_for: Optional[bytes] = None
        is_private = False
        for name, value in request_headers.raw:
            if name == b"origin":
                origin = origin or value
            elif name == b"access-control-request-method":
                method = method or value
            elif name == b"access-control-request-headers":
                # Several lines are one list: RFC 9110, section 5.2.
                asked_for = value if asked_for is None else asked_for + b", " + value
            elif name == b"access-control-request-private-network":
                is_private = value == b"true"
        is_allowed = self.is_allowed_origin(origin.decode("latin-1"))
        key = (origin, is_allowed, method, asked_for, is_private)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answer(*key)
            # A page asks for a few things over and over, but a client can make others
            # up.
            if len(self._answers) >= 64:
                self._answers.clear()
            if asked_for is None or len(asked_for) <= 256:
                self._answers[key] = answer
        return PreflightResponse(*answer)

    def _answer(
        self,
        origin: bytes,
        is_allowed: bool,
        method: bytes,
        asked_for: Optional[bytes],
        is_private: bool,
    ) -> Tuple[int, str, Tuple[Pair, ...]]:
        """Return status, text and headers of the answer to a preflight."""
        pairs = [*encoded(self.preflight_headers)]
        refused = []
        if not is_allowed:
            refused.append("origin")
        elif self.preflight_explicit_allow_origin and _is_printable(origin):
            pairs.append((ALLOW_ORIGIN, origin))
        if method.decode("latin-1") not in self.allow_methods:
            refused.append("method")
        if asked_for is not None:
            if not self.allow_all_headers:
                if not self._allows_headers(asked_for.decode("latin-1")):
                    refused.append("headers")
            elif _is_printable(asked_for):
                pairs.append((b"access-control-allow-headers", asked_for))
        if is_private:
            if self.allow_private_network:
                pairs.append((b"access-control-allow-private-network", b"true"))
            else:
                refused.append("private-network")
        text = "Disallowed CORS " + ", ".join(refused) if refused else "OK"
        status = 400 if refused else 200
        response = PlainTextResponse(text, status)
        return status, text, (*pairs, *response.raw_headers)

    def _allows_headers(self, asked_for: str) -> bool:
        allowed = self.allow_headers
        return all(name.strip() in allowed for name in asked_for.lower().split(","))

    async def simple_response(
        self, scope: Scope, receive: Receive, send: Send, request_headers: Headers
    ) -> None:
        """Run the application, and add the headers to its response.

        Raises:
            Exception: What the application raises, unchanged.
        """
        if self._is_send_overridden:
            wrapper = partial(_overridden, self.send, request_headers)
        else:
            wrapper = partial(sending, self._for_request(request_headers))
        try:
            await self.app(scope, receive, wrapper(send))
        except Exception as exc:
            wrap_error_answer(exc, wrapper)
            raise

    async def send(
        self, message: Message, send: Send, request_headers: Headers
    ) -> None:
        """Pass *message* on, with the headers if it starts the response."""
        await sending(self._for_request(request_headers), send)(message)

    def _for_request(self, request_headers: Headers) -> Additions:
        origin = request_headers["origin"].encode("latin-1")
        return self._for_origin(origin, request_headers.raw)

    def _for_origin(self, origin: bytes, headers: Iterable[Pair]) -> Additions:
        others = self._others
        if others is None:
            # Not in the constructor: subclasses change simple_headers in theirs.
            given = encoded(self.simple_headers)
            others = self._others = Additions([*given, *VARY_ORIGIN.pairs])
        if self.preflight_explicit_allow_origin:
            if not self.is_allowed_origin(origin.decode("latin-1")):
                return others
        elif not _has(headers, b"cookie"):
            return others
        # With a cookie it is of no use, but it has always been so.
        return self._named.get(origin) or self._naming(origin, others)

    def _naming(self, origin: bytes, others: Additions) -> Additions:
        if not _is_printable(origin):
            return others
        kept = [pair for pair in others.pairs if pair[0] != ALLOW_ORIGIN]
        named = Additions([*kept, (ALLOW_ORIGIN, origin)])
        # A page comes from one of a few origins, but a client can make them up.
        if len(self._named) >= 64:
            self._named.clear()
        self._named[origin] = named
        return named

    @staticmethod
    def allow_explicit_origin(headers: MutableHeaders, origin: str) -> None:
        """Allow *origin* alone in *headers*, and have caches tell origins apart."""
        headers["Access-Control-Allow-Origin"] = origin
        headers.add_vary_header("Origin")


def _has(headers: Iterable[Pair], wanted: bytes) -> bool:
    # Not any(): its generator costs more than the comparisons.
    for name, _ in headers:  # noqa: SIM110
        if name == wanted:
            return True
    return False


def _several(given: Sequence[str]) -> Sequence[str]:
    # One string is one item, not its letters: "*" has always been understood.
    return (given,) if isinstance(given, str) else given


def _is_printable(value: bytes) -> bool:
    # Servers let no line break in, but who calls this as a function may.
    return value.decode("latin-1").isprintable()


def _overridden(method: Any, request_headers: Headers, send: Send) -> Send:
    # What a subclass has made of ``send`` gets every message.
    return partial(method, send=send, request_headers=request_headers)
