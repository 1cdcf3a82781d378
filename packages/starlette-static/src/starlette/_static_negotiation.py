"""What the headers of a request ask for: codings, pages, and what is not modified.

Pure functions of header values (RFC 9110, sections 12.5 and 13.1).  The answers to
values that come again and again are remembered.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Dict, Optional, Sequence, Tuple

__all__ = (
    "CODINGS",
    "accepted_codings",
    "is_navigation",
    "is_unchanged_since",
    "matches_etag",
)

# The codings of siblings, the densest first, and how their names end.
CODINGS = {"zstd": ".zst", "br": ".br", "gzip": ".gz"}

_WEIGHT = re.compile(r"[ \t]*q[ \t]*=[ \t]*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*")
_ETAG = re.compile(r'(?:W/)?("[^"]*")')
# RFC 9110, section 5.6.7: the only form that is still made.
_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) "
    r"([0-9]{2}:[0-9]{2}:[0-9]{2}) GMT"
)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def _weights(header: str) -> Dict[str, float]:
    """Return what a list with weights names, in lower case; 0 is "not this"."""
    weights: Dict[str, float] = {}
    for item in header.split(","):
        name, *params = item.split(";")
        weight = 1.0
        for param in params:
            if param.strip()[:1] in ("q", "Q"):
                match = _WEIGHT.fullmatch(param.lower())
                # What cannot be read is not taken for consent.
                weight = float(match.group(1)) if match else 0.0
        weights[name.strip().lower()] = weight
    return weights


@lru_cache(maxsize=256)
def accepted_codings(
    accept_encoding: bytes, offered: Tuple[str, ...]
) -> Sequence[Tuple[str, str]]:
    """Return which of the codings *offered* to send, the best first.

    Returns:
        Pairs of a coding and the end of its sibling's name.  Codings that the
        client likes less than the file as it is are not among them.
    """
    weights = _weights(accept_encoding.decode("latin-1"))
    if "x-gzip" in weights:  # section 8.4.1.3
        weights.setdefault("gzip", weights["x-gzip"])
    others = weights.get("*", 0.0)
    # Acceptable if it is not mentioned, but not preferred then (section 12.5.3).
    identity = weights.get("identity", 0.0)
    ranked = [(weights.get(coding, others), coding) for coding in offered]
    ranked.sort(key=lambda pair: -pair[0])
    return [
        (coding, CODINGS[coding])
        for weight, coding in ranked
        if weight > 0 and weight >= identity
    ]


@lru_cache(maxsize=256)
def _accepts_pages(accept: bytes) -> bool:
    weights = _weights(accept.decode("latin-1"))
    return any(
        weights.get(name, 0) > 0 for name in ("text/html", "application/xhtml+xml")
    )


def is_navigation(mode: Optional[bytes], accept: Optional[bytes]) -> bool:
    """Tell whether a GET is for a page that somebody goes to.

    Args:
        mode: ``Sec-Fetch-Mode``, which browsers send and which then decides.
        accept: ``Accept``: who asks for a page names HTML, where scripts, styles
            and pictures are asked for with ``*/*``.
    """
    if mode is not None:
        return mode == b"navigate"
    return accept is not None and _accepts_pages(accept)


def matches_etag(if_none_match: str, etag: str) -> bool:
    """Tell whether ``If-None-Match`` names *etag*, by the weak comparison."""
    if if_none_match.strip() == "*":
        return True
    ours = etag[2:] if etag.startswith("W/") else etag
    return ours in _ETAG.findall(if_none_match)


def is_unchanged_since(if_modified_since: str, last_modified: str) -> bool:
    """Tell whether *last_modified* is not after ``If-Modified-Since``."""
    if if_modified_since == last_modified:
        return True
    since, modified = _moment(if_modified_since), _moment(last_modified)
    return since is not None and modified is not None and modified <= since


def _moment(date: str) -> Optional[Tuple[str, int, str, str]]:
    match = _DATE.fullmatch(date.strip())
    if match is None or match.group(2) not in _MONTHS:
        return None
    day, month, year, time = match.groups()
    return year, _MONTHS.index(month), day, time
