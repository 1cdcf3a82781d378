"""The ``Cookie`` header, read as browsers write it.

RFC 6265, section 5.4: pairs of name and value between semicolons.  Browsers send
whatever a page has set, so nothing here is an error; what cannot be understood is
taken as it stands.
"""

from __future__ import annotations

import re
from typing import Dict, Match

__all__ = ("cookie_parser",)

# A backslash quotes the character that follows it, or three octal digits.
_escape = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))", re.DOTALL)


def cookie_parser(cookie_string: str) -> Dict[str, str]:
    """Return the cookies in the value of a ``Cookie`` header.

    Takes time proportional to the length of the header.  Of two cookies with one
    name the last counts; text without ``=`` is the value of a cookie without a
    name, as in browsers.  Values in double quotes are unquoted.
    """
    cookies: Dict[str, str] = {}
    for pair in cookie_string.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            name, value = name.strip(), value.strip()
        else:
            name, value = "", name.strip()
        if name or value:
            cookies[name] = value
    if '"' in cookie_string:
        for name, value in cookies.items():
            if value[:1] == '"':
                cookies[name] = unquote(value)
    return cookies


def unquote(value: str) -> str:
    """Return *value* without its double quotes and the escapes between them."""
    if len(value) < 2 or value[-1] != '"':
        return value
    inner = value[1:-1]
    return _escape.sub(_unescape, inner) if "\\" in inner else inner


def _unescape(match: Match[str]) -> str:
    octal, char = match.groups()
    return chr(int(octal, 8)) if octal else char
