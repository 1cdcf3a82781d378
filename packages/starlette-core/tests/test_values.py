"""Addresses, secrets, and lists written with commas."""

from __future__ import annotations

from typing import List

import pytest

from starlette.datastructures import Address, CommaSeparatedStrings, Secret


def test_an_address_is_a_pair() -> None:
    """
    Host and port have names, and it still equals the tuple of ASGI.
    """
    address = Address("127.0.0.1", 80)

    assert (address.host, address.port) == ("127.0.0.1", 80)
    assert address == ("127.0.0.1", 80)
    assert repr(address) == "Address(host='127.0.0.1', port=80)"


def test_a_secret_is_shown_by_str_alone() -> None:
    """
    The representation does not even tell the length.
    """
    assert str(Secret("hunter2")) == "hunter2"
    assert repr(Secret("hunter2")) == "Secret('**********')"
    assert f"{[Secret('')]}" == "[Secret('**********')]"


def test_an_empty_secret_is_false() -> None:
    """
    ``if secret:`` asks whether there is one.
    """
    assert Secret("x")
    assert not Secret("")


@pytest.mark.parametrize(
    "text, items",
    [
        ("", []),
        ("a", ["a"]),
        ("a, b ,c", ["a", "b", "c"]),
        ("a,,b,", ["a", "b"]),
        ('a, "b, c"', ["a", "b, c"]),
        ("'x','y'", ["x", "y"]),
        ("two words", ["two words"]),
    ],
)
def test_text_is_split_at_commas(text: str, items: List[str]) -> None:
    """
    Items are stripped and unquoted, and empty ones are left out.
    """
    assert list(CommaSeparatedStrings(text)) == items


def test_comma_separated_strings_are_a_sequence() -> None:
    """
    They are indexed, sliced, counted, searched and shown as one.
    """
    strings = CommaSeparatedStrings(["a", "b", "c"])

    assert (len(strings), strings[0], strings[-1]) == (3, "a", "c")
    assert strings[:2] == ["a", "b"]
    assert "b" in strings
    assert repr(strings) == "CommaSeparatedStrings(['a', 'b', 'c'])"
    assert str(strings) == "'a', 'b', 'c'"


def test_what_str_gives_is_read_again() -> None:
    """
    Text and list are two forms of one thing.
    """
    strings = CommaSeparatedStrings(["a", "b, c"])

    assert list(CommaSeparatedStrings(str(strings))) == ["a", "b, c"]


def test_an_open_quotation_is_refused() -> None:
    """
    It is a mistake in a setting, and is not guessed at.
    """
    with pytest.raises(ValueError, match="No closing quotation"):
        CommaSeparatedStrings('"a')
