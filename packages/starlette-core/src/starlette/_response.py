"""The response whose body is whole, and its kinds.

A response is prepared once, in its constructor: the body is rendered and the
headers stand ready as the pairs of bytes that ASGI wants.  Calling it sends two
messages and computes nothing.  ``raw_headers`` is the truth; ``headers`` is a
view of it, made when somebody looks.

Streams are in ``_streaming.py``, files in ``_file_response.py``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import (
    TYPE_CHECKING,
    Any,
    Awaitable,
    Callable,
    List,
    Mapping,
    Optional,
    Tuple,
    Union,
)

from starlette._headers import MutableHeaders, header_name, header_value
from starlette._json import encode_json
from starlette._send_tracker import SendTracker
from starlette.types import Message, Receive, Scope, Send

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Literal

    from starlette.background import BackgroundTask
    from starlette.datastructures import URL, URLPath

__all__ = (
    "HTMLResponse",
    "JSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
)

# What stays as it is in a redirect target besides letters, digits and "_.-~": the
# reserved characters of RFC 3986, and "%", since what is quoted already is right.
_URL_RESERVED = ":/?#[]@!$&'()*+,;=%"
_IS_URL = re.compile(r"[\w.~:/?#\[\]@!$&'()*+,;=%-]*", re.ASCII).fullmatch


@lru_cache(maxsize=4096)
def _standard_headers(
    size: int, media_type: Optional[str], charset: str
) -> Tuple[Tuple[bytes, bytes], ...]:
    # Cached because it is the same few bytes for response after response: a third
    # of the cost of a small one.
    pairs = []
    if size >= 0:
        pairs.append((b"content-length", b"%d" % size))
    if media_type is not None:
        if media_type[:5] == "text/" and "charset=" not in media_type.lower():
            media_type = f"{media_type}; charset={charset}"
        pairs.append((b"content-type", header_value(media_type)))
    return tuple(pairs)


def denial_send(send: Send) -> Send:
    """Wrap *send* for a response that refuses a WebSocket.

    The messages are those of a response with ``websocket.`` before their types
    (ASGI, "Websocket Denial Response").
    """

    async def send_denial(message: Message) -> None:
        await send({**message, "type": "websocket." + message["type"]})

    return send_denial


class Response:
    """A response with its whole body in memory.

    Subclasses override ``render`` to accept other content, ``init_headers`` to
    prepare other headers, ``media_type`` and ``charset`` to set defaults.

    Args:
        content: ``str`` is encoded with ``charset``; ``None`` is an empty body.
        status_code: The status, an ``int``.
        headers: Headers to send.  ``Content-Length`` and ``Content-Type`` are
            added unless they are among them.
        media_type: The media type of the body, instead of the class's own.
        background: Awaited when the body has been sent.

    Attributes:
        body: What ``render`` made of the content.
        raw_headers: The headers, a list of pairs of bytes, names in lower case.

    Raises:
        ValueError: If a header or the media type contains CR, LF or NUL.
        TypeError: If *content* is nothing that can be sent.
    """

    media_type: Optional[str] = None
    charset: str = "utf-8"

    status_code: int
    background: Optional[Callable[[], Awaitable[None]]]
    body: Union[bytes, memoryview]
    raw_headers: List[Tuple[bytes, bytes]]
    # On the class, so that a subclass that never calls __init__ has it too.
    _headers: Optional[MutableHeaders] = None

    def __init__(
        self,
        content: Any = None,
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
    ) -> None:
        self.background = background
        self.status_code = status_code
        if media_type is not None:
            self.media_type = media_type
        body = self.body = self.render(content)
        if (
            headers is None
            and (status_code == 200 or status_code >= 400)
            and type(body) is bytes
            and type(self).init_headers is INIT_HEADERS
        ):
            # What init_headers() would come to; a call less in the common case.
            standard = _standard_headers(len(body), self.media_type, self.charset)
            self.raw_headers = [*standard]
        else:
            self.init_headers(headers)

    def render(self, content: Any) -> Union[bytes, memoryview]:
        """Return the body that *content* makes.

        Raises:
            TypeError: If it is neither bytes nor text nor ``None``.
        """
        if isinstance(content, str):
            return content.encode(self.charset)
        if content is None:
            return b""
        if isinstance(content, (bytes, memoryview)):
            return content
        return _render_other(content, self.charset)

    def init_headers(self, headers: Optional[Mapping[str, str]] = None) -> None:
        """Prepare ``raw_headers``: *headers*, then what must be added to them.

        ``Content-Length`` is added if there is a ``body`` and the status allows
        one, ``Content-Type`` if there is a ``media_type``.

        Raises:
            ValueError: If a name or value contains CR, LF or NUL.
        """
        size = -1
        status = self.status_code
        # 1xx, 204 and 304 have no content (RFC 9110, section 6.4.1).
        if status == 200 or (status > 200 and status != 204 and status != 304):
            body = getattr(self, "body", None)
            if body is not None:
                size = body.nbytes if type(body) is memoryview else len(body)
        standard = _standard_headers(size, self.media_type, self.charset)
        if not headers:
            self.raw_headers = [*standard]
            return
        given = [(header_name(k), header_value(v)) for k, v in headers.items()]
        names = {name for name, _ in given}
        given += [pair for pair in standard if pair[0] not in names]
        self.raw_headers = given

    @property
    def headers(self) -> MutableHeaders:
        """The headers; a change here is a change of ``raw_headers``."""
        view = self._headers
        # raw_headers is public: whoever puts another list there gets another view.
        if view is None or view.raw is not self.raw_headers:
            view = self._headers = MutableHeaders(raw=self.raw_headers)
        return view

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: Optional[int] = None,
        expires: Optional[Union[datetime, str, int]] = None,
        path: Optional[str] = "/",
        domain: Optional[str] = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: Optional[Literal["lax", "strict", "none"]] = "lax",
        partitioned: bool = False,
    ) -> None:
        """Add a ``Set-Cookie`` header (RFC 6265, section 4.1).

        Args:
            key: The name of the cookie.
            value: Its value; what a cookie cannot hold is escaped.
            max_age: Seconds to keep it.  0 removes it.
            expires: When to remove it: a UTC ``datetime``, seconds from now, or
                a date in text that is sent as it is.
            path: The path it is sent for; ``None`` leaves that to the client.
            domain: The domain it is sent to, subdomains too; ``None`` means
                this host only.
            secure: Whether it is sent over HTTPS only.
            httponly: Whether it is hidden from scripts.
            samesite: ``"lax"``, ``"strict"``, ``"none"``, or ``None`` to say nothing.
            partitioned: Whether it is kept apart for each top-level site.

        Raises:
            http.cookies.CookieError: If *key* cannot be the name of a cookie.
            AssertionError: If *samesite* is none of the above.
            ValueError: If an attribute contains ``;`` or a control character.
        """
        from starlette._cookies import cookie_header

        line = cookie_header(
            key,
            value,
            max_age=max_age,
            expires=expires,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
            partitioned=partitioned,
        )
        self.raw_headers.append((b"set-cookie", line))

    def delete_cookie(
        self,
        key: str,
        path: str = "/",
        domain: Optional[str] = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: Optional[Literal["lax", "strict", "none"]] = "lax",
    ) -> None:
        """Tell the client to remove a cookie.

        *path* and *domain* must be those that it was set with.

        Raises:
            Exception: What ``set_cookie`` raises.
        """
        gone = {"max_age": 0, "expires": 0}
        flags = {"secure": secure, "httponly": httponly, "samesite": samesite}
        self.set_cookie(key, path=path, domain=domain, **gone, **flags)  # type: ignore[arg-type]

    def _start(self, status: int) -> Message:
        headers = self.raw_headers
        return {"type": "http.response.start", "status": status, "headers": headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, as an ASGI application, then await ``background``."""
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        if scope["type"] == "websocket":
            send = denial_send(send)
        elif type(send) is SendTracker:
            # Once, what the tracker would do twice; a tenth of a small response.
            send.response_started = True
            send = send.send
        await send(start)
        await send({"type": "http.response.body", "body": self.body})
        if self.background is not None:
            await self.background()


# What they were before anybody put something in their place, which has to be called.
RESPONSE_CALL: Any = Response.__call__
INIT_HEADERS: Any = Response.init_headers


def _render_other(content: Any, charset: str) -> Union[bytes, memoryview]:
    if isinstance(content, bytearray):
        return bytes(content)
    try:
        # Lazy strings of translation libraries are no subclass of str.
        encoded: bytes = content.encode(charset)
    except AttributeError:
        raise TypeError(
            "`content` must be str, bytes, memoryview or None, "
            f"but got {type(content).__name__}."
        ) from None
    return encoded


class HTMLResponse(Response):
    """A response of HTML."""

    media_type: Optional[str] = "text/html"


class PlainTextResponse(Response):
    """A response of plain text."""

    media_type: Optional[str] = "text/plain"


class JSONResponse(Response):
    """A response of JSON (RFC 8259): UTF-8, no spaces, no ``NaN``.

    Raises:
        TypeError: If *content* has something that JSON does not.
        ValueError: If it contains itself, or a float that is not finite.
    """

    media_type: Optional[str] = "application/json"

    def __init__(
        self,
        content: Any,
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
    ) -> None:
        # Only to make the content required: None is JSON's null here.
        Response.__init__(self, content, status_code, headers, media_type, background)

    def render(self, content: Any) -> bytes:
        """Return *content* as JSON."""
        return encode_json(content)


class RedirectResponse(Response):
    """A response that sends the client elsewhere.

    Args:
        url: The target: absolute, or relative to the URL of the request.  What
            a URL cannot hold is percent-encoded, as UTF-8.
        status_code: 307 keeps the method of the request; 303 makes it a GET.
        headers: Further headers.
        background: Awaited when the response has been sent.

    Raises:
        ValueError: If *url* contains CR, LF or NUL.
    """

    def __init__(
        self,
        url: Union[str, URL, URLPath],
        status_code: int = 307,
        headers: Optional[Mapping[str, str]] = None,
        background: Optional[BackgroundTask] = None,
    ) -> None:
        super().__init__(b"", status_code, headers, background=background)
        self.headers["location"] = _location(str(url))


def _location(target: str) -> str:
    if _IS_URL(target):
        return target
    # quote() would make them harmless, and hide what is an attack or a mistake.
    if "\r" in target or "\n" in target or "\0" in target:
        raise ValueError(
            f"A redirect target must not contain CR, LF or NUL, but got {target!r}."
        )
    from urllib.parse import quote

    return quote(target, safe=_URL_RESERVED)
