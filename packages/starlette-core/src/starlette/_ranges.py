"""Byte ranges (RFC 9110, section 14): which bytes a request asks for.

Pure functions, without files or responses.  A range is a pair ``(start, end)`` with
the end excluded.  Everything is linear in the length of the header, but for the
sort of at most as many ranges as are allowed.
"""

from __future__ import annotations

import re
from typing import List, Optional, Sequence, Tuple

__all__ = (
    "MalformedRangeHeader",
    "RangeNotSatisfiable",
    "multipart_frame",
    "multipart_tail",
    "parse_ranges",
)

Range = Tuple[int, int]

# ASCII digits only: int() would take "1_0" and "+1" as well.
_RANGE = re.compile(r"[ \t]*([0-9]*)-([0-9]*)[ \t]*").fullmatch
# More digits than any file is long; int() refuses thousands of them.
_ENDLESS = 10**18


class MalformedRangeHeader(Exception):
    """A ``Range`` header that says nothing that could be understood.

    Attributes:
        content: What to tell the client.
    """

    def __init__(self, content: str = "Malformed range header.") -> None:
        super().__init__(content)
        self.content = content


class RangeNotSatisfiable(Exception):
    """A ``Range`` header that asks for nothing that exists, or for too much.

    Attributes:
        max_size: The size of what was asked about, in bytes.
    """

    def __init__(self, max_size: int) -> None:
        super().__init__(max_size)
        self.max_size = max_size


def parse_ranges(header: str, size: int, max_ranges: int) -> List[Range]:
    """Return the ranges that *header* asks for: sorted, apart, and within *size*.

    Ranges that overlap or touch are joined.  Those that begin behind the end are
    left out, unless that leaves none.

    Args:
        header: The value of a ``Range`` header.
        size: The size of the representation, in bytes.
        max_ranges: How many ranges it may ask for.

    Raises:
        MalformedRangeHeader: If its unit is not bytes, if it has no range, or one
            that ends before it begins.
        RangeNotSatisfiable: If no range begins within *size*, or there are more
            than *max_ranges*.
    """
    unit, equals, specs = header.partition("=")
    if not equals:
        raise MalformedRangeHeader
    if unit.strip().lower() != "bytes":
        raise MalformedRangeHeader("Only support bytes range")
    asked = [match.groups() for match in map(_RANGE, specs.split(",")) if match]
    asked = [spec for spec in asked if any(spec)]
    if not asked:
        raise MalformedRangeHeader("Range header: range must be requested")
    if len(asked) > max_ranges:
        raise RangeNotSatisfiable(size)
    resolved = (_resolve(first, last, size) for first, last in asked)
    ranges = sorted(r for r in resolved if r is not None)
    if not ranges:
        raise RangeNotSatisfiable(size)
    return _joined(ranges)


def _resolve(first: str, last: str, size: int) -> Optional[Range]:
    if not first:
        start, end = max(0, size - _number(last)), size
    else:
        start, end = _number(first), _number(last) + 1 if last else size
        if last and start >= end:
            raise MalformedRangeHeader("Range header: start must be less than end")
    return (start, min(end, size)) if start < size else None


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return _ENDLESS if len(digits) > 18 else int(digits or "0")


def _joined(ranges: Sequence[Range]) -> List[Range]:
    joined = [ranges[0]]
    for start, end in ranges[1:]:
        last_start, last_end = joined[-1]
        if start > last_end:
            joined.append((start, end))
        else:
            joined[-1] = (last_start, max(last_end, end))
    return joined


def multipart_frame(
    boundary: str, content_type: str, start: int, end: int, size: int
) -> bytes:
    """Return what stands before the bytes of one range of several (section 14.6).

    The bytes are followed by CRLF.
    """
    return (
        f"--{boundary}\r\n"
        f"Content-Type: {content_type}\r\n"
        f"Content-Range: bytes {start}-{end - 1}/{size}\r\n"
        "\r\n"
    ).encode("latin-1")


def multipart_tail(boundary: str) -> bytes:
    """Return what stands after the last range."""
    return f"--{boundary}--\r\n".encode("latin-1")
