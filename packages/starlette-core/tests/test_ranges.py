"""Which bytes a ``Range`` header asks for."""

from __future__ import annotations

from typing import List, Tuple

import pytest

from starlette._ranges import parse_ranges
from starlette.responses import MalformedRangeHeader, RangeNotSatisfiable

SIZE = 26


@pytest.mark.parametrize(
    "header, ranges",
    [
        ("bytes=0-4", [(0, 5)]),
        ("bytes=0-0", [(0, 1)]),
        ("bytes=5-", [(5, 26)]),
        ("bytes=25-", [(25, 26)]),
        ("bytes=-3", [(23, 26)]),
        ("bytes=-100", [(0, 26)]),
        ("bytes=0-100", [(0, 26)]),
        (f"bytes=0-{'9' * 5000}", [(0, 26)]),
        (f"bytes={'0' * 5000}1-2", [(1, 3)]),
        (" Bytes = 0-1", [(0, 2)]),
        ("bytes= 0-1 ,\t3-4", [(0, 2), (3, 5)]),
        ("bytes=0-1,,3-4,", [(0, 2), (3, 5)]),
        ("bytes=3-4,0-1", [(0, 2), (3, 5)]),
        ("bytes=0-4,2-8", [(0, 9)]),
        ("bytes=0-9,2-4", [(0, 10)]),
        ("bytes=0-1,2-3", [(0, 4)]),
        ("bytes=0-0,-1", [(0, 1), (25, 26)]),
        ("bytes=0-1,100-200", [(0, 2)]),
        ("bytes=0-1,-0", [(0, 2)]),
        ("bytes=x,0-1", [(0, 2)]),
    ],
)
def test_ranges(header: str, ranges: List[Tuple[int, int]]) -> None:
    """
    Ranges are sorted, joined and cut to the size; those beyond it are left out.
    """
    assert parse_ranges(header, SIZE, 100) == ranges


@pytest.mark.parametrize(
    "header", ["bytes=26-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 5000}-"]
)
def test_nothing_to_send(header: str) -> None:
    """
    If no range begins within the size, the error has that size.
    """
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_ranges(header, SIZE, 100)

    assert caught.value.max_size == SIZE


def test_nothing_at_all() -> None:
    """
    An empty file has no range.
    """
    with pytest.raises(RangeNotSatisfiable):
        parse_ranges("bytes=0-", 0, 100)


@pytest.mark.parametrize(
    "header, content",
    [
        ("", "Malformed range header."),
        ("bytes", "Malformed range header."),
        ("items=0-1", "Only support bytes range"),
        ("bytes=", "Range header: range must be requested"),
        ("bytes=-", "Range header: range must be requested"),
        ("bytes=x", "Range header: range must be requested"),
        ("bytes=1_0-2_0", "Range header: range must be requested"),
        ("bytes=+1-2", "Range header: range must be requested"),
        ("bytes=--1", "Range header: range must be requested"),
        ("bytes=0-1-2", "Range header: range must be requested"),
        ("bytes=\u0661-\u0662", "Range header: range must be requested"),
        ("bytes=4-2", "Range header: start must be less than end"),
        ("bytes=0-1,4-3", "Range header: start must be less than end"),
        ("bytes=9-3,0-1", "Range header: start must be less than end"),
        ("bytes=99-98", "Range header: start must be less than end"),
    ],
)
def test_malformed(header: str, content: str) -> None:
    """
    The error says what is wrong, in words for the client.
    """
    with pytest.raises(MalformedRangeHeader) as caught:
        parse_ranges(header, SIZE, 100)

    assert caught.value.content == str(caught.value) == content


def test_at_most_so_many() -> None:
    """
    More ranges than are allowed are refused, also where they would be joined.
    """
    header = "bytes=" + ",".join(["0-1"] * 3)

    assert parse_ranges(header, SIZE, 3) == [(0, 2)]
    with pytest.raises(RangeNotSatisfiable):
        parse_ranges(header, SIZE, 2)
