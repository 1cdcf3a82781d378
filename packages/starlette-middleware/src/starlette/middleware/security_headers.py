"""Headers that make browsers careful: ``SecurityHeadersMiddleware``."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from functools import partial
from typing import Awaitable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from starlette._error_answer import wrap_error_answer
from starlette._headers import header_name, header_value
from starlette._lazy_text import LazyText
from starlette._send_tracker import SendTracker
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("STRICT_HEADERS", "STRICT_POLICY", "SecurityHeadersMiddleware")

Policy = Union[str, Mapping[str, Union[str, Sequence[str]]]]
Pair = Tuple[bytes, bytes]

STRICT_POLICY: Mapping[str, str] = {
    "default-src": "'self'",
    "script-src": "'nonce-{nonce}' 'strict-dynamic'",
    "style-src": "'self' 'nonce-{nonce}'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""A Content Security Policy that runs no script without the nonce of its response."""

STRICT_HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), "
        "usb=()"
    ),
}
"""The other headers of the preset."""

_TWO_YEARS = "max-age=63072000; includeSubDomains"
_PLACE = "{nonce}"
_MEDIA_TYPES = (b"text/html", b"application/xhtml+xml", b"image/svg+xml")


class SecurityHeadersMiddleware:
    """Adds headers that take from attackers what pages do not need.

    Each answers an attack: ``Content-Security-Policy`` the injection of scripts (XSS),
    and with ``frame-ancestors`` and ``X-Frame-Options`` clickjacking;
    ``Strict-Transport-Security`` the downgrade to HTTP; ``X-Content-Type-Options``
    uploads that pass for scripts; ``Referrer-Policy`` the leak of addresses;
    ``Cross-Origin-*`` the reading across windows and processes; ``Permissions-Policy``
    the use of devices by what was injected all the same.

    A header that the application sets itself stays as it is.  Templates mark their
    scripts as their own with the nonce of the response::

        <script nonce="{{ request.state.csp_nonce }}"> ... </script>

    It is in ``scope["state"]["csp_nonce"]``, made when it is read first, or when a page
    starts that has not read it yet.

    Args:
        app: The application inside.
        content_security_policy: The policy, as text or as its directives;
            ``{nonce}`` stands for the nonce.  ``None`` sends none.
        report_only: Whether violations are reported only, not prevented.
        strict_transport_security: Sent over HTTPS only, as RFC 6797, section 7.2,
            demands.  ``None`` sends none.
        headers: Others than those of ``STRICT_HEADERS``; ``None`` takes one away.

    Raises:
        ValueError: Something cannot be a header.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        content_security_policy: Optional[Policy] = STRICT_POLICY,
        report_only: bool = False,
        strict_transport_security: Optional[
            str
        ] = "max-age=63072000; includeSubDomains",
        headers: Optional[Mapping[str, Optional[str]]] = None,
    ) -> None:
        self.app = app
        policy = _policy_text(content_security_policy)
        self._policy_name = b"content-security-policy"
        if report_only:
            self._policy_name += b"-report-only"
        # Between them stands the nonce.
        self._policy = None if policy is None else policy.split(_PLACE)
        self._has_nonce = self._policy is not None and len(self._policy) > 1
        self._plain = _pairs(headers or {})
        # A source that is left out: what has no nonce runs nothing.
        if policy is not None:
            without = policy.replace(f"'nonce-{_PLACE}'", "").replace(_PLACE, "")
            self._plain.append((self._policy_name, header_value(without)))
        self._secure = list(self._plain)
        if strict_transport_security is not None:
            value = header_value(strict_transport_security)
            self._secure.append((b"strict-transport-security", value))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and add the headers to its response.

        Raises:
            Exception: What the application raises, unchanged.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        pairs = self._secure if scope.get("scheme") == "https" else self._plain
        nonce = None
        if self._has_nonce:
            nonce = scope.setdefault("state", {})["csp_nonce"] = LazyText(_new_nonce)
        tracker = send if type(send) is SendTracker else None
        if tracker is None:
            send = self._sending(pairs, nonce, send)
        else:
            # Behind the tracker and not around it: what is further in knows it by its
            # class, and would put a second one on top.
            inner = tracker.send
            tracker.send = self._sending(pairs, nonce, inner)
        try:
            # Spelled out: an object is called by a detour.
            await self.app.__call__(scope, receive, send)  # type: ignore[operator]
        except Exception as exc:
            wrap_error_answer(exc, partial(self._sending, pairs, nonce))
            raise
        finally:
            if tracker is not None:
                tracker.send = inner

    def _sending(
        self, pairs: Sequence[Pair], nonce: Optional[LazyText], send: Send
    ) -> Send:
        # Not a coroutine function: it hands on the awaitable it gets.
        def send_with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                given = list(message.get("headers") or ())
                own = pairs
                if nonce is None:
                    pass
                elif message["status"] == 304:
                    # Its headers take the place of those that the client has kept
                    # (RFC 9111, section 4.3.4); the page there has its own nonce.
                    own = [pair for pair in pairs if pair[0] != self._policy_name]
                elif nonce.text is not None or _is_page(given):
                    own = [self._policy_with(str(nonce)), *pairs]
                names = {name for name, _ in given}
                for pair in own:
                    if pair[0] not in names:
                        names.add(pair[0])
                        given.append(pair)
                message = {**message, "headers": given}
            return send(message)

        return send_with_headers

    def _policy_with(self, nonce: str) -> Pair:
        return self._policy_name, header_value(nonce.join(self._policy or ()))


def _new_nonce() -> str:
    # CSP level 3, section 7.1: at least 128 bits.
    return urlsafe_b64encode(os.urandom(18)).decode("ascii")


def _is_page(headers: Sequence[Pair]) -> bool:
    for name, value in headers:
        if name == b"content-type":
            return value.lower().startswith(_MEDIA_TYPES)
    return False


def _policy_text(policy: Optional[Policy]) -> Optional[str]:
    if policy is None or isinstance(policy, str):
        text = policy
    else:
        directives: List[str] = []
        for name, sources in policy.items():
            value = sources if isinstance(sources, str) else " ".join(sources)
            if ";" in value or "," in value:
                raise ValueError(
                    "A directive of `content_security_policy` must not contain ';' or "
                    f"',', but got {value!r}."
                )
            directives.append(f"{name} {value}".strip())
        text = "; ".join(directives)
    if text is not None:
        header_value(text)
    return text


def _pairs(changes: Mapping[str, Optional[str]]) -> List[Pair]:
    merged: Dict[str, Optional[str]] = {
        **STRICT_HEADERS,
        **{name.lower(): value for name, value in changes.items()},
    }
    return [(header_name(n), header_value(v)) for n, v in merged.items() if v]
