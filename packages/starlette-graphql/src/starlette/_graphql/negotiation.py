"""Which media types the client accepts: RFC 9110, section 12.5.1.

The few values of ``Accept`` that clients send are parsed once.  The most specific
range that matches a type gives its weight, the highest weight wins, and among equal
ones the order in the header decides.  Media types for streams must be named: a client
that accepts anything expects a document.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Dict, List, NamedTuple, Optional, Tuple

__all__ = ("Accept", "GRAPHQL_JSON", "JSON", "accepted", "media_type")

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"

_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z", re.ASCII)

# A header of more ranges than that is not read to its end.
_MAX_RANGES = 100

# A longer header is parsed each time: a client must not fill the memory with them.
_MAX_KEPT = 250


class Accept(NamedTuple):
    """What a client accepts.

    Attributes:
        json: The JSON media type to answer with, or ``None`` if it accepts none.
        sse: Whether ``text/event-stream`` is named.
        multipart: The parameters of the ``multipart/mixed`` that are named, by names
            in lower case; ``None`` if none is.
        html: Whether ``text/html`` is named and outranks JSON.
        streams_first: Whether ``text/event-stream`` outranks JSON, so that even a
            single result should be sent as events.
    """

    json: Optional[str]
    sse: bool
    multipart: Optional[Dict[str, str]]
    html: bool
    streams_first: bool


class _Range(NamedTuple):
    type: str
    params: Dict[str, str]
    weight: float
    place: int


def accepted(header: Optional[str]) -> Accept:
    """Return what a client accepts that sent *header*.  Treat it as read-only.

    No header, or an empty one, means anything, which is ``application/json``.
    """
    if header is not None and len(header) > _MAX_KEPT:
        return _accepted.__wrapped__(header)
    return _accepted(header)


@lru_cache(maxsize=256)
def _accepted(header: Optional[str]) -> Accept:
    ranges = _ranges(header) if header else []
    if not ranges:
        json = JSON if header is None or not header.strip() else None
        return Accept(json, False, None, False, False)
    ranked = [(_rank(ranges, name), name) for name in (JSON, GRAPHQL_JSON)]
    # In case of a tie, through */* for example, the first of the two.
    best, name = max(ranked, key=lambda pair: pair[0])
    sse = _named(ranges, "text/event-stream")
    html = _named(ranges, "text/html")
    return Accept(
        name if best[0] > 0 else None,
        sse is not None,
        _parameters(ranges),
        html is not None and html > best,
        sse is not None and sse > best,
    )


Rank = Tuple[float, float]


def _rank(ranges: List[_Range], name: str) -> Rank:
    """Return the weight of *name* and minus its place in the header."""
    for pattern in (name, name.partition("/")[0] + "/*", "*/*"):
        found = [r for r in ranges if r.type == pattern]
        if found:
            return max((r.weight, -float(r.place)) for r in found)
    return (0.0, 0.0)


def _named(ranges: List[_Range], name: str) -> Optional[Rank]:
    ranks = [(r.weight, -float(r.place)) for r in ranges if r.type == name and r.weight]
    return max(ranks) if ranks else None


def _parameters(ranges: List[_Range]) -> Optional[Dict[str, str]]:
    found = [r.params for r in ranges if r.type == "multipart/mixed" and r.weight]
    if not found:
        return None
    # Of the same parameter twice, the first one.
    return {name: value for params in reversed(found) for name, value in params.items()}


def _ranges(header: str) -> List[_Range]:
    found = []
    for place, text in enumerate(header.split(",", _MAX_RANGES)[:_MAX_RANGES]):
        name, params = media_type(text)
        weight = 1.0
        if "q" in params:
            given = params.pop("q")
            weight = float(given) if _WEIGHT.match(given) else 0.0
        if name:
            found.append(_Range(name, params, weight, place))
    return found


def media_type(header: str) -> Tuple[str, Dict[str, str]]:
    """Return the type and subtype in lower case, and the parameters, of *header*."""
    name, *rest = header.split(";")
    pairs = (part.partition("=") for part in rest)
    params = {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}
    return name.strip().lower(), params
