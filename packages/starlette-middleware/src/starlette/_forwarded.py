"""What proxies say of the client: ``X-Forwarded-*`` and ``Forwarded`` (RFC 7239).

Each proxy adds at the end what it has seen.  So the end is what the nearest proxy
says, and the beginning may be the client's own invention: everything here is read from
right to left.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence

__all__ = (
    "Hop",
    "MalformedForwarded",
    "Node",
    "forwarded_hops",
    "parse_node",
    "trust",
)

_HEXTETS = r"\[(?P<six>[0-9a-fA-F:.]+)\]"
_NODE = re.compile(
    rf"(?:{_HEXTETS}|(?P<four>[0-9.]+))(?::(?P<port>[0-9]{{1,5}}))?", re.ASCII
)
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PAIR = re.compile(
    rf'(?P<name>{_TOKEN})=(?:(?P<token>{_TOKEN})|"(?P<quoted>(?:[^"\\]|\\.)*)")'
    # Empty elements of a list are nothing: RFC 9110, section 5.6.1.
    r"[ \t]*(?P<end>[;,]|\Z)[ \t,]*",
    re.ASCII,
)
_ESCAPE = re.compile(r"\\(.)")


class Node(NamedTuple):
    """An address, and a port or 0."""

    host: str
    port: int


class Hop(NamedTuple):
    """What one proxy says of the one before it; ``None`` where it says nothing."""

    node: Optional[Node]
    proto: Optional[str] = None
    host: Optional[str] = None


class MalformedForwarded(Exception):
    """A ``Forwarded`` header is not what RFC 7239 says it is."""


def parse_node(text: str) -> Optional[Node]:
    """Return the address in *text*; ``None`` if it is ``unknown`` or no address.

    An IPv6 address may stand in brackets or without; a port may follow the brackets,
    or an IPv4 address.  One with a zone is none: it says nothing outside of the host of
    the proxy, and a zone can be any text (RFC 4007, section 11.2).
    """
    if "%" in text:
        return None
    match = _NODE.fullmatch(text)
    host, port = text, 0
    if match is not None:
        host = match.group("six") or match.group("four")
        port = int(match.group("port") or 0)
    try:
        return Node(str(ip_address(host)), port)
    except ValueError:
        return None


def forwarded_hops(lines: Sequence[str]) -> Iterator[Hop]:
    """Give the elements of ``Forwarded`` headers, the last one first.

    Raises:
        MalformedForwarded: The line that comes next is not made of elements.
    """
    for line in reversed(lines):
        for element in reversed(_elements(line)):
            yield Hop(
                parse_node(element.get("for", "")),
                element.get("proto"),
                element.get("host"),
            )


def _elements(line: str) -> List[Dict[str, str]]:
    line = line.strip(", \t")
    elements: List[Dict[str, str]] = [{}]
    position = 0
    while position < len(line):
        match = _PAIR.match(line, position)
        if match is None:
            raise MalformedForwarded
        name, value = match.group("name").lower(), match.group("token")
        if value is None:
            value = _ESCAPE.sub(r"\1", match.group("quoted"))
        # Section 4: each parameter at most once in an element.
        if name in elements[-1]:
            raise MalformedForwarded
        elements[-1][name] = value
        if match.group("end") == ",":
            elements.append({})
        position = match.end()
    return elements


def trust(proxies: Sequence[str]) -> Callable[[Optional[str]], bool]:
    """Return what tells whether the host of a peer is one of *proxies*.

    Args:
        proxies: Addresses and networks; ``"unix"`` is who comes through a socket
            without an address.

    Raises:
        ValueError: One is neither.
    """
    if isinstance(proxies, str):
        raise ValueError(
            f"`trusted_proxies` must be a list of networks, but got {proxies!r}."
        )
    networks: List[Any] = []
    for text in proxies:
        if text != "unix":
            try:
                networks.append(ip_network(text))
            except ValueError:
                raise ValueError(
                    "`trusted_proxies` must be addresses and networks such as "
                    f"'10.0.0.0/8', or 'unix', but got {text!r}."
                ) from None
    is_unix = "unix" in proxies

    # The same few proxies for every request: parsing an address takes longer than
    # all the rest.
    @lru_cache(maxsize=1024)
    def is_trusted(host: Optional[str]) -> bool:
        if host is None:
            return is_unix
        try:
            address = ip_address(host)
        except ValueError:
            return False
        # A server that listens on IPv6 sees IPv4 so: RFC 4291, section 2.5.5.2.
        mapped = getattr(address, "ipv4_mapped", None)
        return any(
            known in network
            for network in networks
            for known in (address, mapped)
            if known is not None and known.version == network.version
        )

    return is_trusted
