"""What a client says about content codings: ``Accept-Encoding``.

RFC 9110, section 12.5.3.  Whatever a client sends, the answer is a choice: what
cannot be read counts as not being there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Dict, Iterable, NamedTuple, Optional, Sequence, Tuple

__all__ = ("Choice", "choose", "negotiate")

IDENTITY = "identity"
# The old names of codings that are used to this day (RFC 9110, section 8.4.1.3).
ALIASES = {"x-gzip": "gzip", "x-compress": "compress"}
# RFC 9110, section 12.4.2: three digits at most.
_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)").fullmatch


class Choice(NamedTuple):
    """What to answer with.

    Attributes:
        coding: The name of a content coding, or None to send the body as it is.
        is_identity_accepted: Whether the body may be sent as it is.
    """

    coding: Optional[str]
    is_identity_accepted: bool


def negotiate(
    headers: Iterable[Tuple[bytes, bytes]], codings: Tuple[str, ...]
) -> Choice:
    """Choose among *codings* for a request with these *headers*.

    Args:
        headers: Of the request, names in lower case.
        codings: What there is, the best first.
    """
    given = [value for name, value in headers if name == b"accept-encoding"]
    if not given:
        return _NOTHING_SAID
    field = given[0] if len(given) == 1 else b",".join(given)
    # Browsers send a few values for ever; a long one is not worth remembering.
    if len(field) <= 128:
        return _remembered(field, codings)
    return choose(field.decode("latin-1"), codings)


@lru_cache(maxsize=256)
def _remembered(field: bytes, codings: Tuple[str, ...]) -> Choice:
    return choose(field.decode("latin-1"), codings)


def choose(field: str, codings: Sequence[str]) -> Choice:
    """Choose by the value of ``Accept-Encoding``.

    The highest weight wins, and among equals the first of *codings*.  To send the
    body as it is wins only where the client gives it more weight than every coding;
    a coding of weight 0 is never chosen.
    """
    weights = _weights(field)
    others = weights.get("*", 0.0)
    # Always accepted unless refused by name, or by "*" and not named.
    identity = weights.get(IDENTITY, weights.get("*", 1.0))
    best, weight = None, 0.0
    for coding in codings:
        candidate = weights.get(coding, others)
        if candidate > weight:
            best, weight = coding, candidate
    if best is not None and weights.get(IDENTITY, 0.0) > weight:
        best = None
    return Choice(best, identity > 0)


_NOTHING_SAID = Choice(None, True)


def _weights(field: str) -> Dict[str, float]:
    weights: Dict[str, float] = {}
    for item in field.lower().split(","):
        name, _, parameters = item.partition(";")
        name = name.strip()
        if name:
            weights[ALIASES.get(name, name)] = _weight(parameters)
    return weights


def _weight(parameters: str) -> float:
    text = parameters.strip()
    if not text:
        return 1.0
    name, _, value = text.partition("=")
    value = value.strip()
    # An unreadable weight refuses: a coding must not be used against the client's will.
    return float(value) if name.strip() == "q" and _WEIGHT(value) else 0.0
