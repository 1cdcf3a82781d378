"""One ``Set-Cookie`` line (RFC 6265, section 4.1).

Names and values are checked and escaped by ``http.cookies``.  The attributes are
written here: ``http.cookies`` lets a path of ``/; Domain=evil`` through, and knows
``Partitioned`` from Python 3.14 on only.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import format_datetime, formatdate
from http.cookies import SimpleCookie
from time import time
from typing import Optional, Union

__all__ = ("cookie_header",)

# Of the control characters, browsers refuse all but the tab.
_FORBIDDEN = re.compile("[;\0-\x08\x0a-\x1f\x7f]")


def cookie_header(
    key: str,
    value: str,
    *,
    max_age: Optional[int],
    expires: Optional[Union[datetime, str, int]],
    path: Optional[str],
    domain: Optional[str],
    secure: bool,
    httponly: bool,
    samesite: Optional[str],
    partitioned: bool,
) -> bytes:
    """Return the value of a ``Set-Cookie`` header.

    Attributes stand in the order of ``http.cookies``.  The arguments are those
    of ``Response.set_cookie``, which says what it raises.
    """
    if samesite is not None and samesite.lower() not in ("strict", "lax", "none"):
        raise AssertionError("samesite must be either 'strict', 'lax' or 'none'")
    cookie: SimpleCookie = SimpleCookie()
    cookie[key] = value
    line = [
        f"{key}={cookie[key].coded_value}",
        _pair("Domain", domain),
        _pair("expires", _date(expires)),
        "; HttpOnly" if httponly else "",
        _pair("Max-Age", None if max_age is None else str(max_age)),
        "; Partitioned" if partitioned else "",
        _pair("Path", path),
        _pair("SameSite", samesite),
        "; Secure" if secure else "",
    ]
    return "".join(line).encode("latin-1")


def _pair(name: str, value: Optional[str]) -> str:
    if not value:
        return ""
    if _FORBIDDEN.search(value):
        raise ValueError(
            f"`{name.lower().replace('-', '_')}` of a cookie must not contain ';' "
            f"or control characters, but got {value!r}."
        )
    return f"; {name}={value}"


def _date(expires: Optional[Union[datetime, str, int]]) -> Optional[str]:
    if isinstance(expires, datetime):
        if expires.utcoffset() is None:
            raise ValueError(
                f"`expires` must be a datetime with a time zone, but got {expires!r}."
            )
        return format_datetime(expires.astimezone(timezone.utc), usegmt=True)
    if isinstance(expires, int):
        return formatdate(time() + expires, usegmt=True)
    return expires
