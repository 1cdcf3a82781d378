"""JSON, as strictly as the wire demands, and whatever a resolver returns.

Reading refuses what RFC 8259 does not have (``NaN``, ``Infinity``) and what could
not be written again (numbers beyond a float).  Writing is the core's.
"""

from __future__ import annotations

import json
from typing import Any, Union

from starlette._json import encode_json as encode

__all__ = ("MalformedJSON", "decode", "encode")


class MalformedJSON(ValueError):
    """The text is not JSON, not UTF-8, or nested too deeply."""


def _refuse_constant(name: str) -> Any:
    raise MalformedJSON(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number - number != 0.0:
        raise MalformedJSON("number too large")
    return number


_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite).decode


def decode(text: Union[str, bytes]) -> Any:
    """Return the value that *text* stands for.

    Raises:
        MalformedJSON: It does not stand for any.
    """
    try:
        return _decode(str(text, "utf-8") if isinstance(text, bytes) else text)
    except MalformedJSON:
        raise
    except (ValueError, RecursionError) as exc:
        raise MalformedJSON(str(exc)) from exc
