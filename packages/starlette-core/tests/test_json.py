"""JSON in both directions, held against the standard library's own functions."""

from __future__ import annotations

import json
from typing import Any, List

import pytest

from starlette._json import decode_json, encode_json

VALUES: List[Any] = [
    None,
    True,
    0,
    -1.5,
    "",
    '\u20ac \U0001f600 " \\ \n \u2028',
    [],
    {},
    {"a": [1, {"b": None}], "\u00e9": "x"},
    {1: 2, None: 3, False: 4, 1.5: 5},
    (1, 2),
]


@pytest.mark.parametrize("value", VALUES)
def test_text_is_that_of_the_standard_library(value: Any) -> None:
    """
    The shortest form, with characters as they are.
    """
    expected = json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    assert encode_json(value) == expected.encode()


@pytest.mark.parametrize("value", ["\ud800", {"\udfff\u20ac": ["\udc80x"]}])
def test_half_a_surrogate_pair(value: Any) -> None:
    """
    It is written as its escape, from which it is read again.
    """
    data = encode_json(value)

    assert decode_json(data) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_numbers_that_json_does_not_have(value: Any) -> None:
    """
    They are refused.
    """
    with pytest.raises(ValueError, match="Out of range float values"):
        encode_json(value)


@pytest.mark.parametrize("value", [object(), {"a": {1}}, b"", {(1,): 2}])
def test_values_that_json_does_not_have(value: Any) -> None:
    """
    They are refused as the standard library refuses them.
    """
    with pytest.raises(TypeError) as expected:
        json.dumps(value)
    with pytest.raises(TypeError) as refused:
        encode_json(value)

    assert str(refused.value) == str(expected.value)


def test_value_that_contains_itself() -> None:
    """
    It is told from one that is only deep, and does not spoil the next one.
    """
    circle: Any = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular reference"):
        encode_json(circle)

    assert encode_json([[]]) == b"[[]]"


def test_value_without_end() -> None:
    """
    One that is only deep is an error of its own.
    """
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(RecursionError):
        encode_json(deep)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": [1, 2.5, null, true, "\xe2\x82\xac"]}',
        b"0",
        b'"x"',
        b" [1] ",
        b"[1]\n",
        "\ufeff[1]".encode(),
        '{"a": "\u20ac"}'.encode("utf-16"),
        "[1]".encode("utf-16-le"),
        "[1]".encode("utf-16-be"),
        "[1]".encode("utf-32-be"),
        b'"\xed\xa0\x80"',
        b"NaN",
    ],
)
def test_value_is_that_of_the_standard_library(data: bytes) -> None:
    """
    Whatever the encoding, and with white space around it.
    """
    expected, found = json.loads(data), decode_json(data)

    assert repr(found) == repr(expected)


@pytest.mark.parametrize(
    "data", [b"", b" ", b"{", b"[1] 2", b'{"a" 1}', b"\xff", b'"\xff"', b"01", b"\0"]
)
def test_error_is_that_of_the_standard_library(data: bytes) -> None:
    """
    What is not JSON is named in the same words.
    """
    with pytest.raises(ValueError) as expected:
        json.loads(data)
    with pytest.raises(type(expected.value)) as refused:
        decode_json(data)

    assert str(refused.value) == str(expected.value)


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000])
def test_brackets_without_end(data: bytes) -> None:
    """
    They are malformed, and no error of the program.
    """
    with pytest.raises(json.JSONDecodeError, match="Nested too deeply"):
        decode_json(data)
