"""Protection against requests that another site makes a browser send.

``CSRFMiddleware`` decides by what the browser says of the origin of a request, and by
a token where it says nothing.  The token is in ``_csrf_token.py``.
"""

from __future__ import annotations

from collections import deque
from typing import (
    TYPE_CHECKING,
    Awaitable,
    Deque,
    FrozenSet,
    List,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from starlette._header_additions import vary_pair
from starlette._origins import own_origin, parse_origin
from starlette._request_body import BodyState, body_state
from starlette._send_tracker import SendTracker
from starlette._utils import is_async_callable
from starlette.datastructures import Headers
from starlette.middleware._csrf_token import (
    BoundTo,
    BoundToken,
    OfferedToken,
    TokenCookie,
    find_field,
)
from starlette.middleware._session_cookie import (
    check_name,
    check_path,
    security_flags,
    signing_keys,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from typing_extensions import Literal

    from starlette.datastructures import Secret

__all__ = ("CSRFMiddleware",)

# RFC 9110, section 9.2.1: what is not meant to change anything.
_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))

# How far into the body the token is looked for, in bytes.
_FIELD_WITHIN = 64 * 1024

_MAX_AGE = 365 * 24 * 60 * 60


class CSRFMiddleware:
    """Refuses requests that other sites have made, with 403.

    The attack is cross-site request forgery: a page of the attacker sends a form, and
    the browser adds the cookies of the user who looks at it.  Requests with GET, HEAD,
    OPTIONS and TRACE pass, so they must not change anything.  Of the others those pass

    - whose ``Sec-Fetch-Site`` is ``same-origin`` or ``none``, which all browsers of
      today send over HTTPS, and which no page can forge;
    - without it, whose ``Origin`` is that of this application;
    - whose ``Origin`` is in *trusted_origins*;
    - that have neither header and bring a token that fits the cookie, in a header or
      in a field of the form.

    All else is refused, also what comes from programs that send none of these.
    WebSockets, which have no other protection from this, pass without an ``Origin``
    (browsers send one), or with one that is allowed.

    A program that wants to serve older browsers puts the token into its forms:
    ``<input type="hidden" name="csrf_token" value="{{ request.state.csrf_token }}">``.
    It must stand before files, in the first 64 KiB of the body.  Scripts send the value
    of the cookie in the header.

    An attacker who can set cookies for this host, from a neighbouring one of the domain
    or without TLS, brings a cookie of his own and knows the token for it.  *bound_to*
    answers that: ``bound_to=lambda conn: conn.session.get("user")`` makes a cookie
    worthless in the session of somebody else, and whoever logs in or out gets another.
    So does, for cookies from elsewhere, ``https_only`` with a name such as
    ``"__Host-csrftoken"``.  Behind a proxy that ends TLS the scheme must be
    right for ``Origin`` to be: see ``ProxyHeadersMiddleware``.

    Args:
        app: The application inside.
        secret_key: What the cookie is signed with; several in a list: the first signs,
            all verify.
        trusted_origins: Others that may send requests, such as
            ``"https://admin.example.org"``.
        exempt_paths: Paths that are not protected; one that ends with ``/`` stands for
            everything below.  For what is called by programs and looks at no cookie.
        cookie_name: Of the cookie.
        header_name: Of the header with the token.
        field_name: Of the field with the token.
        path: The path that the cookie is sent for.
        same_site: As in ``SessionMiddleware``.
        https_only: Whether the cookie is sent over HTTPS only.
        domain: The domain it is sent to; ``None`` is this host only.
        bound_to: Called with the connection; returns what names the session or the
            user, or None for nobody.  A cookie is good for that one alone.  For what it
            looks at, such as the session, the middleware must stand further out.

    Raises:
        ValueError: An argument is not what it must be.
    """

    def __init__(
        self,
        app: ASGIApp,
        secret_key: Union[str, Secret, Sequence[Union[str, Secret]]],
        *,
        trusted_origins: Sequence[str] = (),
        exempt_paths: Sequence[str] = (),
        cookie_name: str = "csrftoken",
        header_name: str = "x-csrf-token",
        field_name: str = "csrf_token",
        path: str = "/",
        same_site: Literal["lax", "strict", "none"] = "lax",
        https_only: bool = False,
        domain: Optional[str] = None,
        bound_to: Optional[BoundTo] = None,
    ) -> None:
        is_awaited = is_async_callable(bound_to)
        if bound_to is not None and (is_awaited or not callable(bound_to)):
            raise ValueError(
                "`bound_to` must be a function that is not awaited, or None, "
                f"but got {bound_to!r}."
            )
        check_name("cookie_name", cookie_name)
        check_name("header_name", header_name)
        check_name("field_name", field_name)
        check_path(path)
        flags = security_flags(same_site, https_only, domain, False)
        # Scripts read it.
        flags = flags.replace("httponly; ", "")
        self.app = app
        self.trusted_origins: FrozenSet[str] = frozenset(_trusted(trusted_origins))
        self._exempt = frozenset(_paths(exempt_paths))
        self._exempt_below = tuple(p for p in self._exempt if p.endswith("/"))
        self._header_name = header_name
        self._field_name = field_name.encode("ascii")
        attributes = f"; path={path}; Max-Age={_MAX_AGE}; {flags}"
        self._cookie = TokenCookie(
            signing_keys(secret_key), cookie_name, attributes, bound_to
        )
        self._token_class = OfferedToken if bound_to is None else BoundToken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, or refuse the request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket" and not self._may_open(scope):
                await _refuse_websocket(receive, send)
            else:
                await self.app(scope, receive, send)
            return
        if scope["method"] not in _SAFE_METHODS and not self._is_exempt(scope):
            verdict = self._judge_origin(scope)
            if verdict is None:
                receive = _HeldReceive(receive)
                verdict = await self._has_token(scope, receive)
            if not verdict:
                await _refuse(scope, receive, send)
                return
        # Not by a constructor, which would cost as much as what follows.
        token = self._token_class()
        token.text, token.cookie, token.headers = None, self._cookie, scope["headers"]
        scope.setdefault("state", {})["csrf_token"] = token
        if isinstance(token, BoundToken):
            await self._offer_bound(token, scope, receive, send)
        elif type(send) is not SendTracker:
            await self.app(scope, receive, _sending(token, send))
        else:
            # Behind the tracker and not around it: what is further in knows it by its
            # class, and would put a second one on top.
            inner = send.send
            send.send = _sending(token, inner)
            try:
                # Spelled out: an object is called by a detour.
                await self.app.__call__(scope, receive, send)  # type: ignore[operator]
            finally:
                send.send = inner

    async def _offer_bound(
        self, token: BoundToken, scope: Scope, receive: Receive, send: Send
    ) -> None:
        token.scope = scope
        try:
            await self.app(scope, receive, _sending(token, send))
        finally:
            token.scope = None

    def _is_exempt(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return path in self._exempt or path.startswith(self._exempt_below)

    def _may_open(self, scope: Scope) -> bool:
        # No program but a browser can be made to, and browsers say where from.
        return self._is_exempt(scope) or self._judge_origin(scope) is not False

    def _judge_origin(self, scope: Scope) -> Optional[bool]:
        """Tell whether a request may pass; ``None`` if its origin is not told."""
        headers = Headers(scope=scope)
        origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
        if not origins and not sites:
            return None
        if sites in (["same-origin"], ["none"]):
            return True
        origin = parse_origin(origins[0]) if len(origins) == 1 else None
        if origin is None:
            return False
        if origin in self.trusted_origins:
            return True
        return not sites and origin == own_origin(scope)

    async def _has_token(self, scope: Scope, receive: _HeldReceive) -> bool:
        owner = self._cookie.owner(scope)
        secret = self._cookie.read(scope["headers"], owner)
        if secret is None:
            return False
        headers = Headers(scope=scope)
        token = headers.get(self._header_name)
        if token is not None:
            return self._cookie.matches(secret, token.encode("latin-1"), owner)
        state = body_state(scope, receive.channel, True)
        if state.form is not None:
            # Read further out, and not there to be read again.
            text = state.form.get(self._field_name.decode("ascii"), "")
            field: Optional[bytes] = str(text).encode("utf-8", "replace")
        else:
            content_type = headers.get("content-type", "")
            body, is_whole = await receive.hold(state, _FIELD_WITHIN)
            field = find_field(self._field_name, content_type, body, is_whole)
        return field is not None and self._cookie.matches(secret, field, owner)


def _sending(token: OfferedToken, send: Send) -> Send:
    # Defaults, because each variable from outside would be made an object.  Not a
    # coroutine function: it hands on the awaitable it gets.
    def send_with_token(
        message: Message, token: OfferedToken = token, send: Send = send
    ) -> Awaitable[None]:
        if token.text is not None and message["type"] == "http.response.start":
            given = list(message.get("headers") or ())
            headers = [pair for pair in given if pair[0] != b"vary"]
            headers.append(vary_pair([*given, (b"vary", b"Cookie")]))
            message = {**message, "headers": [*headers, *token.cookies()]}
        return send(message)

    return send_with_token


class _HeldReceive:
    """A ``receive`` that has read ahead, and gives everything in its order.

    It is the same channel as the one it is made from: what has been read of the body
    further out is known here and further in.

    Args:
        receive: The channel of the request.
    """

    __slots__ = ("_held", "channel")

    def __init__(self, receive: Receive) -> None:
        self.channel = receive
        self._held: Deque[Message] = deque()

    async def hold(self, state: BodyState, size: int) -> Tuple[bytes, bool]:
        """Return the first bytes of the body, and whether it is complete.

        Args:
            state: What is known of the body.
            size: How many there must be, unless the body has less.
        """
        if state.data is not None:
            return state.data[:size], len(state.data) <= size
        # What was streamed further out is gone; nothing comes any more.
        pending = state.pending or {"body": b"", "more_body": not state.is_consumed}
        body, more = bytearray(pending["body"]), pending.get("more_body", False)
        while more and len(body) < size:
            message = await self.channel()
            part = message.get("body") or b""
            body += part
            more = message["type"] == "http.request" and message.get("more_body", False)
            # Empty parts, of which there may be any number, say nothing.
            if part or not more:
                self._held.append(message)
        return bytes(body), not more

    async def __call__(self) -> Message:
        if self._held:
            return self._held.popleft()
        return await self.channel()


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    from starlette.responses import PlainTextResponse

    text = "Forbidden: the request comes from another site, or brings no valid token."
    await PlainTextResponse(text, 403)(scope, receive, send)


async def _refuse_websocket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008, "reason": ""})


def _trusted(origins: Sequence[str]) -> List[str]:
    if isinstance(origins, str):
        raise ValueError(
            f"`trusted_origins` must be a list of origins, but got {origins!r}."
        )
    parsed = []
    for text in origins:
        origin = parse_origin(text)
        if origin is None:
            raise ValueError(
                "`trusted_origins` must be origins such as 'https://example.org', "
                f"but got {text!r}."
            )
        parsed.append(origin)
    return parsed


def _paths(paths: Sequence[str]) -> Sequence[str]:
    if isinstance(paths, str) or not all(path.startswith("/") for path in paths):
        raise ValueError(
            f"`exempt_paths` must be a list of paths with '/', but got {paths!r}."
        )
    return paths
