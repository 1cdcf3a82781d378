"""The syntax of urlencoded forms, with its limits."""

from __future__ import annotations

from typing import Any, List, Tuple
from urllib.parse import urlencode

import pytest

from starlette._multipart import MultiPartException
from starlette._urlencoded import UrlencodedReader


def read(body: bytes, size: int = 1 << 30, **limits: Any) -> List[Tuple[str, str]]:
    """The fields of *body*, fed in chunks of *size*."""
    reader = UrlencodedReader(
        limits.get("max_fields", 1000), limits.get("max_part_size", 1 << 20)
    )
    for start in range(0, len(body), size):
        reader.feed(body[start : start + size])
    reader.finish()
    return reader.fields


every_cut = pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 30])


@every_cut
def test_fields_come_out_however_they_are_cut(size: int) -> None:
    """
    An escape, a name or a separator may be split between two chunks.
    """
    body = b"&a=1&b%20c=%C3%A9+&&a=&d&=e"

    assert read(body, size) == [
        ("a", "1"),
        ("b c", "é "),
        ("a", ""),
        ("d", ""),
        ("", "e"),
    ]


def test_nothing_has_no_fields() -> None:
    """
    An empty body is an empty form.
    """
    assert read(b"") == []


def test_bytes_that_are_not_escaped_are_latin_1() -> None:
    """
    Unless a charset says what they are.
    """
    assert read(b"a=\xe9") == [("a", "é")]

    reader = UrlencodedReader(1, 10, "utf_8")
    reader.feed(b"a=\xc3\xa9%C3%A9")
    reader.finish()

    assert reader.fields == [("a", "éé")]


@every_cut
def test_too_many_fields(size: int) -> None:
    """
    Exactly as many as allowed are read; empty ones do not count.
    """
    assert len(read(b"a&b&&c=1&", size, max_fields=3)) == 3
    with pytest.raises(MultiPartException) as caught:
        read(b"a&b&&c=1&d", size, max_fields=3)

    assert caught.value.message == ("Too many fields. Maximum number of fields is 3.")


def test_too_many_fields_are_noticed_on_the_way() -> None:
    """
    A chunk of any size is not turned into fields first.
    """
    reader = UrlencodedReader(10, 1 << 20)
    with pytest.raises(MultiPartException):
        reader.feed(b"a&" * (1 << 20))

    assert len(reader.fields) <= 1 << 16


@every_cut
@pytest.mark.parametrize("body", [b"x=%s", b"%s=x", b"%s", b"a=1&x=%s&b=2"])
@pytest.mark.parametrize("unit", [b"v", b"%41", b"+"])
def test_a_field_that_is_too_long(body: bytes, unit: bytes, size: int) -> None:
    """
    A name or a value may stand for as many bytes as allowed, and no more.
    """
    assert read(body % (unit * 20), size, max_part_size=20)
    with pytest.raises(MultiPartException) as caught:
        read(body % (unit * 21), size, max_part_size=20)

    assert caught.value.message == "Part exceeded maximum size of 0KB."


def test_a_field_that_does_not_end_is_noticed_on_the_way() -> None:
    """
    No more is kept than 64 KiB, or a small multiple of what is allowed.
    """
    for limit in (1024, 100 * 1024):
        reader = UrlencodedReader(10, limit)
        for _ in range(max(limit, 64 * 1024) // 1024):
            reader.feed(b"x" * 1024)

        with pytest.raises(MultiPartException, match=f"size of {limit // 1024}KB"):
            reader.feed(b"x")


@pytest.mark.parametrize("size", [1000, 64 * 1024, 1 << 30])
def test_a_long_form_is_read_in_pieces(size: int) -> None:
    """
    Its fields are what they would be in one piece.
    """
    fields = [(f"field {number}", "é=&+" * 9) for number in range(5000)]
    body = urlencode(fields).encode()

    assert read(body, size, max_fields=5000, max_part_size=100) == fields
