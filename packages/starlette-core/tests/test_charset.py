"""Charsets that clients may name."""

from __future__ import annotations

import codecs
import encodings
from typing import Optional

import pytest

from starlette._charset import _KNOWN, decode, find_charset


@pytest.mark.parametrize(
    "label, codec",
    [
        ("utf-8", "utf_8"),
        ("UTF8", "utf_8"),
        (" Utf_8 ", "utf_8"),
        ("us-ascii", "ascii"),
        ("ISO-8859-1", "latin_1"),
        ("latin-1", "latin_1"),
        ("windows-1252", "cp1252"),
        ("Shift_JIS", "shift_jis"),
        ("gb2312", "gb2312"),
    ],
)
def test_labels_of_the_web_are_known(label: str, codec: Optional[str]) -> None:
    """
    A label gives the codec that Python reads it with.
    """
    assert find_charset(label) == codec


@pytest.mark.parametrize(
    "label",
    [
        *("", "zzz", "utf-16", "utf-7", "utf_8_sig", "idna", "punycode", "rot13"),
        *("hex", "zip", "base64", "unicode_escape", "raw_unicode_escape", "undefined"),
        *("a\0b", "os", "../x", "é", "x" * 100_000),
    ],
)
def test_anything_else_is_unknown(label: str) -> None:
    """
    Names of no charset, and of codecs that are none, are told apart unseen:
    the codec machinery does not get to remember them.
    """
    before = dict(encodings._cache)

    assert find_charset(label) is None
    assert encodings._cache == before


@pytest.mark.parametrize("codec", sorted(_KNOWN))
def test_every_known_charset_leaves_ascii_alone(codec: str) -> None:
    """
    The syntax around the text reads the same in each of them.
    """
    letters = bytes(range(0x30, 0x5B))

    assert codecs.lookup(codec)._is_text_encoding
    assert letters.decode(codec) == letters.decode("ascii")


def test_text_that_is_not_in_its_charset_is_latin_1() -> None:
    """
    No byte makes an error.
    """
    assert decode(b"\xc3\xa9", "utf_8") == "é"
    assert decode(b"\xe9", "utf_8") == "é"
