"""JSON, read from requests and written to responses: RFC 8259.

The results, and the errors, are those of ``json.loads``, and of ``json.dumps`` without
spaces and without ``NaN``.  What is spared is what these do over and over: ``dumps``
builds an encoder for each call, which builds another one in C for each value, and
``loads`` looks for three encodings that nobody uses, and twice for white space.
"""

from __future__ import annotations

import json
from json import encoder
from typing import Any, Callable, Iterable, Tuple

__all__ = ("decode_json", "encode_json")

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
        # Half a surrogate pair, which JSON from a client may hold, has no UTF-8; what
        # Python writes for it is what JSON does.
        return _encode(value).encode("utf-8", "backslashreplace")
    except RecursionError:
        # A record of the containers that are open costs a sixth of the time, and
        # only serves to name the error: what contains itself is too deep, too.
        return _EXACT.encode(value).encode("utf-8", "backslashreplace")


_decoder: Any = json.JSONDecoder()
_scan: Callable[[str, int], Tuple[Any, int]] = _decoder.scan_once


def decode_json(data: bytes) -> Any:
    """Return the value that *data* is the text of.

    Args:
        data: In UTF-8; UTF-16 and UTF-32 are recognised too.

    Raises:
        ValueError: It is not JSON; nearly always the subclass
            ``json.JSONDecodeError``.
    """
    try:
        # UTF-16 and UTF-32, read as UTF-8, have null characters where JSON can have
        # none, or are no UTF-8; byte order marks and white space are no value.
        text = data.decode("utf-8")
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    except (StopIteration, ValueError):
        pass  # to be read again, or to be named in full
    except RecursionError:
        # A hundred kilobytes of brackets are malformed, not an accident.
        text = data.decode("utf-8", "replace")
        raise json.JSONDecodeError("Nested too deeply", text, 0) from None
    return json.loads(data)
