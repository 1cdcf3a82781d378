"""Fields of query strings and forms."""

from __future__ import annotations

import random
from urllib.parse import parse_qsl

import pytest

from starlette._query import parse_fields, unquote


@pytest.mark.parametrize(
    "text, fields",
    [
        pytest.param("", [], id="nothing"),
        pytest.param("a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")], id="several"),
        pytest.param("a=&b", [("a", ""), ("b", "")], id="blank-values"),
        pytest.param("&&a=1&&", [("a", "1")], id="empty-fields"),
        pytest.param("=x", [("", "x")], id="empty-name"),
        pytest.param("a=1=2", [("a", "1=2")], id="second-equals-sign"),
        pytest.param("a=1;b=2", [("a", "1;b=2")], id="semicolon"),
        pytest.param("a+b=c+%2B", [("a b", "c +")], id="plus-signs"),
        pytest.param("%26=%3D", [("&", "=")], id="escaped-delimiters"),
        pytest.param("a=%C3%a9", [("a", "é")], id="escaped-utf8"),
        pytest.param("é=ü%20", [("é", "ü ")], id="not-ascii"),
        pytest.param(
            "a=%zz&b=%&c=%2", [("a", "%zz"), ("b", "%"), ("c", "%2")], id="odd"
        ),
        pytest.param("a=%ff%E2%82", [("a", "\ufffd\ufffd")], id="not-utf8"),
        pytest.param("a=%00\n", [("a", "\0\n")], id="controls"),
    ],
)
def test_text_is_split_into_fields(text: str, fields: object) -> None:
    """
    Fields come out in order, resolved, with nothing raised.
    """
    assert parse_fields(text) == fields


def test_any_text_reads_as_the_standard_library_reads_it() -> None:
    """
    The result is that of ``parse_qsl`` with blank values kept.
    """
    draw = random.Random(7)
    texts = [
        "".join(draw.choices("ab&=+%%%0aF19é€;\x00", k=draw.randrange(25)))
        for _ in range(3000)
    ]

    for text in texts:
        assert parse_fields(text) == parse_qsl(text, keep_blank_values=True)


def test_a_charset_applies_to_escaped_and_raw_bytes_alike() -> None:
    """
    Both spellings of a byte give the same character.
    """
    assert parse_fields("\xe9=%E9", "latin_1") == [("é", "é")]
    assert parse_fields("a=\xc3\xa9%C3%A9", "utf_8") == [("a", "éé")]


def test_a_charset_that_does_not_fit_is_no_error() -> None:
    """
    What cannot be decoded becomes U+FFFD.
    """
    assert unquote("%FFx", "utf_8") == "\ufffdx"
