"""Where a request was sent to: the ``host[:port]`` of its URL.

What a client writes into ``Host`` is used only if it is a host and nothing
more (RFC 9110, section 7.2; RFC 3986, section 3.2): text with a delimiter of
URLs in it would move the path or the authority of ``request.url``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Mapping

__all__ = ("bracketed", "is_authority", "scope_authority")

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

# Userinfo is no part of ``Host``, and percent-escapes have no use in one.
_AUTHORITY = re.compile(
    r"(?:[A-Za-z0-9._~!$&'()*+,;=-]+|\[(?P<ip>[0-9A-Fa-f:.]{2,45})\])"
    r"(?::(?P<port>[0-9]{0,5}))?"
)


def is_authority(text: str) -> bool:
    """Tell whether *text* is a host, or a host and a port from 0 to 65535."""
    # Longer than a DNS name and a port can be; nor is that worth remembering.
    return len(text) <= 260 and _is_authority(text)


# A server is asked for by a few names, over and over.
@lru_cache(maxsize=128)
def _is_authority(text: str) -> bool:
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return False
    address, port = match.groups()
    return (not port or int(port) <= 65535) and (address is None or _is_ipv6(address))


def _is_ipv6(text: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address

    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def bracketed(host: str) -> str:
    """Return *host* as it stands in a URL: an IPv6 address gets its brackets."""
    return f"[{host}]" if host.count(":") > 1 and host[0] != "[" else host


def _of_server(server: Any, scheme: str) -> str:
    """Return the authority of ``scope["server"]``; of a Unix socket it is empty."""
    if server is None:
        return ""
    host, port = server
    authority = bracketed(host)
    if port is not None and port != _DEFAULT_PORTS.get(scheme):
        authority = f"{authority}:{port}"
    return authority if is_authority(authority) else ""


def scope_authority(scope: Mapping[str, Any], scheme: str) -> str:
    """Return the authority that a request was sent to.

    It is that of the first ``Host`` field; if there is none, or it is
    malformed, that of the server; if that has no address, it is empty.
    """
    for name, value in scope["headers"]:
        if name == b"host":
            authority: str = value.decode("latin-1")
            if is_authority(authority):
                return authority
            break
    return _of_server(scope.get("server"), scheme)
