"""Which requests another site could have made a browser send, cookies and all.

A page may send, without asking the server, what an HTML form may: that is the
"simple request" of CORS (Fetch, section "CORS-safelisted request-header").  Its
``Content-Type`` is missing or one of three.  Everything else the browser asks for
first, in a preflight that no other site passes.  So a request whose type is simple
must prove that it is none, by a header that a simple request cannot have.

GET is not looked at: what has side effects is refused there.
"""

from __future__ import annotations

import re
from typing import Iterable, Optional, Sequence, Tuple

from starlette._graphql.errors import RequestError

__all__ = ("PreflightRule", "media_type")

_Pairs = Iterable[Tuple[bytes, bytes]]

_TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf"[ \t]*({_TOKEN}/{_TOKEN})[ \t]*(?:;.*)?", re.DOTALL)
_NAME = re.compile(_TOKEN)

_SIMPLE_TYPES = frozenset(
    ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
)

# What a page can set without a preflight, and what browsers add themselves.
_PROVES_NOTHING = frozenset(
    """
    accept accept-charset accept-encoding accept-language access-control-request-headers
    access-control-request-method connection content-language content-length
    content-type cookie date dnt downlink dpr ect expect host if-none-match keep-alive
    origin priority range referer rtt save-data te trailer transfer-encoding
    upgrade upgrade-insecure-requests user-agent via viewport-width width
    """.split()
)


def media_type(content_type: str) -> Optional[str]:
    """Return the media type in lower case, without parameters.

    Args:
        content_type: The value of one ``Content-Type`` header.

    Returns:
        ``None`` if it names none: RFC 9110, section 8.3.1.
    """
    match = _MEDIA_TYPE.fullmatch(content_type)
    return match.group(1).lower() if match else None


class PreflightRule:
    """Refuses simple requests that have none of some headers.

    Args:
        names: The headers; one of them, with any value but an empty one, is enough.

    Raises:
        ValueError: There are none, one is no name, or one that simple requests have.
    """

    def __init__(self, names: Sequence[str]) -> None:
        if isinstance(names, str) or not names:
            raise ValueError(
                "`csrf_headers` must be the names of one or more headers, or None, "
                f"but got {names!r}"
            )
        for name in names:
            self._check_name(name)
        self.names: Tuple[str, ...] = tuple(name.lower() for name in names)
        self._keys = frozenset(name.encode("ascii") for name in self.names)

    @staticmethod
    def _check_name(name: str) -> None:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError(f"`csrf_headers` must be header names, but got {name!r}")
        known = name.lower()
        if known in _PROVES_NOTHING or known.startswith(("sec-", "proxy-")):
            raise ValueError(
                "`csrf_headers` must be headers that a simple request cannot have, "
                f"but got {name!r}"
            )

    def check(self, headers: _Pairs) -> None:
        """Let the request pass, or not.

        To be called before the body is read.

        Args:
            headers: Of the request, as in its scope: names in lower case.

        Raises:
            RequestError: Status 400: it may be a simple request.
        """
        types = []
        for name, value in headers:
            if name in self._keys and value:
                return
            if name == b"content-type":
                types.append(media_type(value.decode("latin-1")))
        # All of them: which one of several counts is not for us to say.
        if not types or not _SIMPLE_TYPES.isdisjoint(types) or None in types:
            raise RequestError(400, self._refusal())

    def _refusal(self) -> str:
        wanted = " or ".join(f'"{name}"' for name in self.names)
        return (
            "This request could have been sent by another site, because of its "
            "Content-Type. Send it with a non-empty value for the header "
            f'{wanted}, or as "application/json".'
        )
