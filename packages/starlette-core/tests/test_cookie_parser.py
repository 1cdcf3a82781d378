"""The ``Cookie`` header: read as browsers write it, and never an error."""

from __future__ import annotations

from typing import Dict

import pytest

from starlette.requests import cookie_parser


@pytest.mark.parametrize(
    "header, cookies",
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2;", {"a": "1", "b": "2"}),
        ("  a = 1  ;\tb\t=\t2\t", {"a": "1", "b": "2"}),
        ("a=1; a=2", {"a": "2"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=", {"a": ""}),
        ("=b", {"": "b"}),
        ("lonely", {"": "lonely"}),
        ("one; two", {"": "two"}),
        ("=; ;;=", {}),
        ("a; b=2", {"": "a", "b": "2"}),
        ("Domain=x; path=/; a=1", {"Domain": "x", "path": "/", "a": "1"}),
        ("a,b=1; c[]=2; d:e=3", {"a,b": "1", "c[]": "2", "d:e": "3"}),
        ("a=\xe9; b=\u20ac", {"a": "\xe9", "b": "\u20ac"}),
        ("a={'x': 1}", {"a": "{'x': 1}"}),
    ],
)
def test_pairs(header: str, cookies: Dict[str, str]) -> None:
    """
    Pairs stand between semicolons; what is not understood is taken as it stands.
    """
    assert cookie_parser(header) == cookies


@pytest.mark.parametrize(
    "value, text",
    [
        ('"x"', "x"),
        ('""', ""),
        ('"', '"'),
        ('"x', '"x'),
        ('x"', 'x"'),
        (r'"a\"b"', 'a"b'),
        (r'"a\\b"', "a\\b"),
        (r'"\073"', ";"),
        (r'"\073\054"', ";,"),
        (r'"\400"', "400"),
        (r'"\8"', "8"),
        (r'"\777"', "777"),
        (r'"\\073"', "\\073"),
        (r"a\073b", r"a\073b"),
    ],
)
def test_quoted_values(value: str, text: str) -> None:
    """
    Between double quotes a backslash quotes a character, or three octal digits.
    """
    assert cookie_parser(f"a={value}") == {"a": text}


@pytest.mark.parametrize("piece", ["\\", '"', "\\0", "a=1;", "=", "; "])
def test_long_header(piece: str) -> None:
    """
    A header as long as a server may let through is read in one go.
    """
    cookies = cookie_parser('x="' + piece * 100_000 + '"')

    assert "x" in cookies
