"""JSON for responses: the text of RFC 8259, without spaces and without ``NaN``.

The result, and the errors, are those of ``json.dumps`` with these options.  What is
spared is what that does over and over: it builds an encoder for each call, and the
encoder builds another one in C for each value.
"""

from __future__ import annotations

import json
from json import encoder
from typing import Any, Callable, Iterable

__all__ = ("encode_json",)

_EXACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _make_encoder() -> Callable[[Any], str]:
    make: Any = getattr(encoder, "c_make_encoder", None)
    if make is None:  # pragma: no cover (an interpreter without the C module)
        return _EXACT.encode
    # In this order: no record of containers, what to do with other types, how to
    # write text, indent, separators, sort_keys, skipkeys, allow_nan.
    iterate: Callable[[Any, int], Iterable[str]] = make(
        None,
        _EXACT.default,
        encoder.encode_basestring,
        None,
        ":",
        ",",
        False,
        False,
        False,
    )
    join = "".join

    def encode(value: Any) -> str:
        return join(iterate(value, 0))

    return encode


_encode = _make_encoder()


def encode_json(value: Any) -> bytes:
    """Return *value* as JSON in UTF-8.

    Raises:
        TypeError: It has something that JSON does not.
        ValueError: It contains itself, or a float that is not finite.
        RecursionError: It is nested too deeply.
    """
    try:
        return _encode(value).encode("utf-8")
    except RecursionError:
        # A record of the containers that are open costs a sixth of the time, and
        # only serves to name the error: what contains itself is too deep, too.
        return _EXACT.encode(value).encode("utf-8")
