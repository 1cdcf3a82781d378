"""What a client says about content codings: ``Accept-Encoding``.

RFC 9110, section 12.5.3.  Whatever a client sends, the answer is a choice: what
cannot be read counts as not being there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Dict, Iterable, Optional, Sequence, Tuple

__all__ = ("choose", "negotiate")

IDENTITY = "identity"
# The old names of codings that are used to this day (RFC 9110, section 8.4.1.3).
ALIASES = {"x-gzip": "gzip", "x-compress": "compress"}
# RFC 9110, section 12.4.2: three digits at most.
_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)").fullmatch


def negotiate(
    headers: Iterable[Tuple[bytes, bytes]], codings: Tuple[str, ...]
) -> Optional[str]:
    """Choose among *codings* for a request with these *headers*.

    None is to send the body as it is.

    Args:
        headers: Of the request, names in lower case.
        codings: What there is, the best first.
    """
    given = [value for name, value in headers if name == b"accept-encoding"]
    if not given:
        return None
    field = given[0] if len(given) == 1 else b",".join(given)
    # Browsers send a few values for ever; a long one is not worth remembering.
    if len(field) <= 128:
        return _remembered(field, codings)
    return choose(field.decode("latin-1"), codings)


@lru_cache(maxsize=256)
def _remembered(field: bytes, codings: Tuple[str, ...]) -> Optional[str]:
    return choose(field.decode("latin-1"), codings)


def choose(field: str, codings: Sequence[str]) -> Optional[str]:
    """Choose by the value of ``Accept-Encoding``.

    The highest weight wins, and among equals the first of *codings*.  To send the
    body as it is wins only where the client gives it more weight than every coding;
    a coding of weight 0 is never chosen.
    """
    weights = _weights(field)
    others = weights.get("*", 0.0)
    best, weight = None, 0.0
    for coding in codings:
        candidate = weights.get(coding, others)
        if candidate > weight:
            best, weight = coding, candidate
    if best is not None and weights.get(IDENTITY, 0.0) > weight:
        return None
    return best


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
