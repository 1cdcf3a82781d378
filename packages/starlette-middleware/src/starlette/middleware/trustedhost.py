"""Requests for a host that is not ours are refused.

Programs build links out of ``Host``: in a mail that resets a password the wrong one
sends the secret to whoever made the request.  What is checked here is the whole
header: one that is no host and nothing more (RFC 9110, section 7.2), that ends with a
dot, or that is there twice, is not trusted whatever it contains.
"""

from __future__ import annotations

from typing import List, Optional, Sequence, Set

from starlette._answering import answer
from starlette._authority import bracketed, is_authority
from starlette._elsewhere import lend
from starlette.datastructures import URL
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("ENFORCE_DOMAIN_WILDCARD", "TrustedHostMiddleware")

lend(__name__, {"starlette.datastructures": "Headers"})

ENFORCE_DOMAIN_WILDCARD = "Domain wildcard patterns must be like '*.example.com'."


class TrustedHostMiddleware:
    """Answers 400 to requests whose ``Host`` is not one of *allowed_hosts*.

    Args:
        app: The application inside.
        allowed_hosts: Names and addresses, without regard to case; they are allowed
            with every port, or with one if they have it.  ``*.example.com`` stands for
            all below ``example.com``, ``*`` for everything, which is the default.
        www_redirect: Whether a request for ``example.com`` is redirected if only
            ``www.example.com`` is allowed.

    Raises:
        AssertionError: A wildcard stands elsewhere than in front.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed_hosts: Optional[Sequence[str]] = None,
        www_redirect: bool = True,
    ) -> None:
        if allowed_hosts is None:
            allowed_hosts = ["*"]
        elif isinstance(allowed_hosts, str):
            allowed_hosts = [allowed_hosts]
        for pattern in allowed_hosts:
            if "*" in pattern[1:] or (pattern[:1] == "*" and pattern[1:2] not in "."):
                raise AssertionError(ENFORCE_DOMAIN_WILDCARD)
        self.app = app
        self.allowed_hosts: List[str] = list(allowed_hosts)
        self.allow_any: bool = "*" in allowed_hosts
        self.www_redirect = www_redirect
        patterns = [pattern.lower() for pattern in allowed_hosts]
        self._names = frozenset([bracketed(p) for p in patterns if p and p[0] != "*"])
        # Values of Host that have been found in order.
        self._trusted: Set[bytes] = set()
        self._suffixes = tuple([p[1:] for p in patterns if p[:1] == "*"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, or refuse the request."""
        if not self.allow_any and scope["type"] in ("http", "websocket"):
            host = None
            for name, value in scope["headers"]:
                if name == b"host":
                    # Of two, somebody further in may read the other.
                    host = value if host is None else b""
            if host not in self._trusted:
                refusal = self._check(host or b"", scope)
                if refusal is not None:
                    await answer(refusal, scope, receive, send)
                    return
        await self.app.__call__(scope, receive, send)  # type: ignore[operator]

    def _check(self, host: bytes, scope: Scope) -> Optional[Response]:
        authority = host.decode("latin-1").lower()
        name = _host_of(authority)
        # A dot in front would be an empty name below the domain.
        is_below = name.endswith(self._suffixes) and name[0] != "."
        if is_below or name in self._names or authority in self._names:
            # A server has a few names; below a wildcard a client can make others up.
            if len(self._trusted) >= 64:
                self._trusted.clear()
            self._trusted.add(host)
            return None
        if self.www_redirect and f"www.{name}" in self._names:
            url = URL(scope=scope)
            return RedirectResponse(url.replace(netloc=f"www.{authority}"))
        return PlainTextResponse("Invalid host header", status_code=400)


def _host_of(authority: str) -> str:
    """Return *authority* without its port, or nothing if it is no authority."""
    if not is_authority(authority):
        return ""
    host, colon, port = authority.rpartition(":")
    return host if colon and (not port or port.isdigit()) else authority
