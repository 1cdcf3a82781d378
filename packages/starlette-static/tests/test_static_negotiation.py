"""Codings, navigations and conditions, by the values of headers."""

from __future__ import annotations

from typing import List, Optional

import pytest

from starlette._static_negotiation import (
    CODINGS,
    accepted_codings,
    is_navigation,
    is_unchanged_since,
    matches_etag,
)

DATE = "Tue, 14 Nov 2023 22:13:20 GMT"


@pytest.mark.parametrize(
    "header, expected",
    [
        ("", []),
        ("gzip", ["gzip"]),
        ("gzip, br", ["br", "gzip"]),
        ("gzip, deflate, br, zstd", ["zstd", "br", "gzip"]),
        ("GZIP;Q=0.5, Br ; q=0.8", ["br", "gzip"]),
        ("gzip;q=1.0, br;q=0.9, zstd;q=0.001", ["gzip", "br", "zstd"]),
        ("gzip;q=0", []),
        ("*", ["zstd", "br", "gzip"]),
        ("*;q=0", []),
        ("*, br;q=0", ["zstd", "gzip"]),
        ("x-gzip", ["gzip"]),
        ("gzip;q=0, x-gzip", []),
        ("identity", []),
        ("identity;q=0.5, gzip;q=0.4, br;q=0.6", ["br"]),
        ("identity;q=0, gzip;q=0.1", ["gzip"]),
        ("gzip;q=high", []),
        ("gzip;q=1.5, br;q=-1", []),
        ("gzip;level=9", ["gzip"]),
        (",,;;,", []),
    ],
)
def test_codings(header: str, expected: List[str]) -> None:
    """
    Those with the highest weight come first, then those that are densest.
    """
    accepted = accepted_codings(header.encode(), tuple(CODINGS))

    assert accepted == [(coding, CODINGS[coding]) for coding in expected]


@pytest.mark.parametrize(
    "mode, accept, expected",
    [
        (b"navigate", b"*/*", True),
        (b"navigate", None, True),
        (b"cors", b"text/html", False),
        (b"no-cors", b"*/*", False),
        (None, b"text/html,application/xml;q=0.9,*/*;q=0.8", True),
        (None, b"application/xhtml+xml", True),
        (None, b"TEXT/HTML;level=1", True),
        (None, b"*/*", False),
        (None, b"text/*", False),
        (None, b"text/html;q=0", False),
        (None, b"image/avif,image/webp,*/*", False),
        (None, None, False),
    ],
)
def test_navigations(
    mode: Optional[bytes], accept: Optional[bytes], expected: bool
) -> None:
    """
    Browsers say so; of others, who names HTML wants a page.
    """
    assert is_navigation(mode, accept) is expected


@pytest.mark.parametrize(
    "header, etag, expected",
    [
        ('"a"', '"a"', True),
        ('W/"a"', '"a"', True),
        ('"a"', 'W/"a"', True),
        ('"b", W/"a"', '"a"', True),
        ('"a,b"', '"a"', False),
        (" * ", '"a"', True),
        ("a", '"a"', False),
        ('"', '"a"', False),
        ("", '"a"', False),
    ],
)
def test_tags(header: str, etag: str, expected: bool) -> None:
    """
    Tags are compared weakly: a ``W/`` makes no difference.
    """
    assert matches_etag(header, etag) is expected


@pytest.mark.parametrize(
    "since, expected",
    [
        (DATE, True),
        (f" {DATE} ", True),
        ("Wed, 15 Nov 2023 00:00:00 GMT", True),
        ("Fri, 01 Dec 2023 00:00:00 GMT", True),
        ("Mon, 01 Jan 2024 00:00:00 GMT", True),
        ("Tue, 14 Nov 2023 22:13:19 GMT", False),
        ("Tue, 31 Oct 2023 23:59:59 GMT", False),
        ("Tue, 14 Nov 2023 22:13:20", False),
        ("Tue, 14 Foo 2024 22:13:20 GMT", False),
        ("tomorrow", False),
        ("", False),
    ],
)
def test_dates(since: str, expected: bool) -> None:
    """
    A date counts if it is one, and not before that of the file.
    """
    assert is_unchanged_since(since, DATE) is expected
    assert is_unchanged_since(since, "unknown") is False


@pytest.mark.parametrize("piece", ["a;q=1,", '"a', ";", "q=", ", "])
def test_long_values(piece: str) -> None:
    """
    A value of a hundred thousand characters is read like any other.
    """
    long = piece * (100_000 // len(piece))

    assert accepted_codings(long.encode(), tuple(CODINGS)) == []
    assert not is_navigation(None, long.encode())
    assert not matches_etag(long, '"b"')
