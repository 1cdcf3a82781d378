"""Convertors by themselves; how routes use them is tested with routing."""

from __future__ import annotations

import re
import uuid
from typing import Any, Iterator

import pytest

from starlette.convertors import (
    CONVERTOR_TYPES,
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    StringConvertor,
    UUIDConvertor,
    register_url_convertor,
)

SOME_UUID = uuid.UUID("0123abcd-4567-89ab-cdef-0123456789ab")


@pytest.fixture
def restored_registry() -> Iterator[None]:
    before = dict(CONVERTOR_TYPES)
    yield
    CONVERTOR_TYPES.clear()
    CONVERTOR_TYPES.update(before)


def matches(convertor: Convertor[Any], text: str) -> bool:
    return re.fullmatch(convertor.regex, text) is not None


@pytest.mark.parametrize(
    "convertor, text, value",
    [
        pytest.param(StringConvertor(), "tomáš", "tomáš", id="str"),
        pytest.param(PathConvertor(), "a/b//c", "a/b//c", id="path"),
        pytest.param(PathConvertor(), "", "", id="path-empty"),
        pytest.param(IntegerConvertor(), "0", 0, id="int-zero"),
        pytest.param(IntegerConvertor(), "123", 123, id="int"),
        pytest.param(FloatConvertor(), "0.5", 0.5, id="float"),
        pytest.param(FloatConvertor(), "10", 10.0, id="float-whole"),
        pytest.param(UUIDConvertor(), str(SOME_UUID), SOME_UUID, id="uuid"),
    ],
)
def test_text_and_value_are_each_other_s(
    convertor: Convertor[Any], text: str, value: Any
) -> None:
    """
    The text matches, is converted to the value, and is made from it again.
    """
    assert matches(convertor, text)
    assert convertor.convert(text) == value
    assert type(convertor.convert(text)) is type(value)
    assert convertor.to_string(value) == text


@pytest.mark.parametrize(
    "convertor, text",
    [
        pytest.param(StringConvertor(), "", id="str-empty"),
        pytest.param(StringConvertor(), "a/b", id="str-two-segments"),
        pytest.param(IntegerConvertor(), "-1", id="int-negative"),
        pytest.param(IntegerConvertor(), "1_0", id="int-underscore"),
        pytest.param(IntegerConvertor(), "٣", id="int-arabic-digit"),
        pytest.param(FloatConvertor(), "1e3", id="float-exponent"),
        pytest.param(FloatConvertor(), ".5", id="float-bare-fraction"),
        pytest.param(FloatConvertor(), "1.", id="float-bare-point"),
        pytest.param(FloatConvertor(), "nan", id="float-nan"),
        pytest.param(FloatConvertor(), "٣.٣", id="float-arabic-digits"),
        pytest.param(UUIDConvertor(), "123", id="uuid-short"),
        pytest.param(UUIDConvertor(), f"{{{SOME_UUID}}}", id="uuid-braces"),
    ],
)
def test_text_of_another_form(convertor: Convertor[Any], text: str) -> None:
    """
    The regular expression does not match it.
    """
    assert not matches(convertor, text)


@pytest.mark.parametrize(
    "convertor, text",
    [
        pytest.param(IntegerConvertor(), "9" * 4301, id="int"),
        pytest.param(IntegerConvertor(), "0" * 100_000, id="int-zeros"),
        pytest.param(FloatConvertor(), "9" * 4301, id="float"),
        pytest.param(FloatConvertor(), "9" * 400 + ".5", id="float-with-fraction"),
    ],
)
def test_text_of_the_right_form_without_a_value(
    convertor: Convertor[Any], text: str
) -> None:
    """
    More digits than a number may have are a ValueError: the route does not match.
    """
    assert matches(convertor, text)
    with pytest.raises(ValueError, match="`value` must"):
        convertor.convert(text)


def test_the_most_digits_that_an_integer_may_have() -> None:
    """
    4,300 digits are a number.
    """
    assert IntegerConvertor().convert("9" * 4300) == 10**4300 - 1


@pytest.mark.parametrize(
    "value, text",
    [
        (0.1 + 0.2, "0.30000000000000004441"),
        (1e-9, "0.000000001"),
        (1e-25, "0"),
        (1e22, "10000000000000000000000"),
        (100.50, "100.5"),
        (-0.0, "0"),
        (7, "7"),
    ],
)
def test_text_of_a_float(value: float, text: str) -> None:
    """
    It has no exponent, 20 places at most, and no zeros at its end.
    """
    assert FloatConvertor().to_string(value) == text
    assert matches(FloatConvertor(), text)


@pytest.mark.parametrize(
    "text", [SOME_UUID.hex, str(SOME_UUID).upper(), SOME_UUID.hex.upper()]
)
def test_a_uuid_in_other_spellings(text: str) -> None:
    """
    Upper case and missing dashes make no difference.
    """
    assert matches(UUIDConvertor(), text)
    assert UUIDConvertor().convert(text) == SOME_UUID


@pytest.mark.parametrize(
    "convertor, value, sentence",
    [
        (StringConvertor(), "", "Must not be empty"),
        (StringConvertor(), "a/b", "May not contain path separators"),
        (IntegerConvertor(), -1, "Negative integers are not supported"),
        (FloatConvertor(), -0.5, "Negative floats are not supported"),
        (FloatConvertor(), float("-inf"), "Negative floats are not supported"),
        (FloatConvertor(), float("inf"), "Infinite values are not supported"),
        (FloatConvertor(), float("nan"), "NaN values are not supported"),
    ],
)
def test_value_that_no_text_stands_for(
    convertor: Convertor[Any], value: Any, sentence: str
) -> None:
    """
    It is an AssertionError that says why.
    """
    with pytest.raises(AssertionError) as caught:
        convertor.to_string(value)

    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "convertor, value, text",
    [
        (StringConvertor(), 5, "5"),
        (PathConvertor(), 5, "5"),
        (IntegerConvertor(), "5", "5"),
        (FloatConvertor(), "0.50", "0.5"),
        (UUIDConvertor(), "5", "5"),
    ],
)
def test_value_of_a_related_type(
    convertor: Convertor[Any], value: Any, text: str
) -> None:
    """
    Links may be made from what is at hand, such as a number still in text.
    """
    assert convertor.to_string(value) == text


def test_the_base_class_converts_nothing() -> None:
    """
    Both directions are the subclass's to write.
    """
    convertor: Convertor[str] = Convertor()

    with pytest.raises(NotImplementedError):
        convertor.convert("a")
    with pytest.raises(NotImplementedError):
        convertor.to_string("a")


@pytest.mark.usefixtures("restored_registry")
def test_registering_a_convertor() -> None:
    """
    It is found under its key, and replaces one that was there.
    """

    class Hex(Convertor[int]):
        regex = "[0-9a-f]+"

    first, second = Hex(), Hex()
    register_url_convertor("hex", first)
    register_url_convertor("hex", second)

    assert CONVERTOR_TYPES["hex"] is second


@pytest.mark.usefixtures("restored_registry")
def test_registering_something_that_only_looks_like_a_convertor() -> None:
    """
    No base class is asked for, only the three members.
    """

    class Duck:
        regex = "[a-z]+"
        convert = to_string = str

    duck: Any = Duck()
    register_url_convertor("duck", duck)

    assert CONVERTOR_TYPES["duck"] is duck


@pytest.mark.parametrize(
    "mistake, sentence",
    [
        (StringConvertor, "`convertor` must be an instance, but got <class"),
        (5, "but got 5, which has no `regex`"),
        (re.compile("a"), "which has no `regex`"),
    ],
)
def test_registering_something_else(mistake: Any, sentence: str) -> None:
    """
    A class, or an object without the members, is refused at once.
    """
    with pytest.raises(TypeError) as caught:
        register_url_convertor("mistake", mistake)

    assert sentence in str(caught.value)
    assert "mistake" not in CONVERTOR_TYPES
