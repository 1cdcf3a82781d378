"""How a content coding is chosen, without a response around it."""

from __future__ import annotations

from typing import List, Optional, Tuple

import pytest

from starlette._accept_encoding import choose, negotiate

CODINGS = ("zstd", "br", "gzip")


@pytest.mark.parametrize(
    "field, coding",
    [
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.9", "gzip"),
        ("gzip; q=0.5 , br ; q=0.500", "br"),
        ("gzip;q=0", None),
        ("gzip;q=0.000, *", "zstd"),
        ("*", "zstd"),
        ("*;q=0", None),
        ("*;q=0, gzip", "gzip"),
        ("zstd;q=0, *;q=0.1", "br"),
        ("identity", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("deflate, compress", None),
        ("gzipped", None),
        (", ,gzip,,", "gzip"),
        # What cannot be read refuses.
        ("gzip;q=2", None),
        ("gzip;q=-1", None),
        ("gzip;q=nan", None),
        ("gzip;q=1e0", None),
        ("gzip;q=0.1234", None),
        ("gzip;q=", None),
        ("gzip;level=1", None),
        ("gzip;q=\u0661", None),
        ("gzip;", "gzip"),
    ],
)
def test_a_field(field: str, coding: Optional[str]) -> None:
    """
    The coding with the highest weight is chosen, the best of those that are equal.
    """
    assert choose(field, CODINGS) == coding


@pytest.mark.parametrize(
    "headers, coding",
    [
        ([], None),
        ([(b"accept", b"gzip")], None),
        ([(b"accept-encoding", b"gzip")], "gzip"),
        ([(b"accept-encoding", b"gzip;q=0.1"), (b"accept-encoding", b"br")], "br"),
        ([(b"accept-encoding", b"gzip," + b" " * 200 + b"br")], "br"),
        ([(b"accept-encoding", b"\xff, gzip")], "gzip"),
    ],
)
def test_headers(headers: List[Tuple[bytes, bytes]], coding: Optional[str]) -> None:
    """
    Several fields are one list; long ones and odd bytes are read as well.
    """
    assert negotiate(headers, CODINGS) == coding


def test_a_field_without_end() -> None:
    """
    It is read in one pass.
    """
    assert choose("a;q=0.5," * 100_000 + "gzip", CODINGS) == "gzip"
