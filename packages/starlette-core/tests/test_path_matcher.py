"""Whether paths fit templates: that every kind of matcher answers as the regex does."""

from __future__ import annotations

import itertools
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest

from starlette._linear_matcher import LinearMatcher, Step, linear_steps
from starlette._path import compile_path, parse_template
from starlette._path_matcher import Matcher, make_matcher
from starlette.convertors import (
    CONVERTOR_TYPES,
    Convertor,
    PathConvertor,
    register_url_convertor,
)

UUID = "0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a"


class UpperConvertor(Convertor[str]):
    """A convertor of a program's own, which knows values that are none."""

    regex = "[A-Z]+"

    def convert(self, value: str) -> str:
        if value == "NONE":
            raise ValueError("not a value")
        return value.lower()


@pytest.fixture
def upper() -> Iterator[None]:
    """The type ``upper``, for one test."""
    register_url_convertor("upper", UpperConvertor())
    yield
    del CONVERTOR_TYPES["upper"]


def matcher_of(template: str) -> Matcher:
    regex, _, convertors = compile_path(template)
    return make_matcher(regex, convertors, parse_template(template))


def linear_matcher_of(template: str) -> LinearMatcher:
    return LinearMatcher(
        [(part, linear_steps(part)) for part in parse_template(template)]
    )


def is_linear(template: str) -> bool:
    """Tell whether *template* is matched in two passes."""
    return isinstance(getattr(matcher_of(template), "__self__", None), LinearMatcher)


def test_literal() -> None:
    """
    Without parameters a path is the template or it is not.
    """
    match = matcher_of("/admin")

    assert match("/admin") == {}
    assert match("/admin\n") is None
    assert match("/admin/") is None


@pytest.mark.parametrize(
    "template, path, params",
    [
        ("/{id:int}", "/12", {"id": 12}),
        ("/{x:float}", "/1.5", {"x": 1.5}),
        ("/{x:float}", "/1.", None),
        ("/{name}.{ext}", "/a.b.c", {"name": "a.b", "ext": "c"}),
        ("/{name}.{ext}", "/a.", None),
        ("/{a:path}/{b:path}", "/1/2/3", {"a": "1/2", "b": "3"}),
        ("/{a:path}/x/{b:path}", "/1/x/x/3\n", {"a": "1/x", "b": "3\n"}),
        ("/{a:float}{b:float}", "/1.52", {"a": 1.5, "b": 2.0}),
        ("/{a:int}{b:int}{c}", "/1234", {"a": 12, "b": 3, "c": "4"}),
        ("/{a:path}{b:int}", "/x12", {"a": "x1", "b": 2}),
        ("/{a:path}{b:float}{c:path}", "/.1.2.", {"a": ".1.", "b": 2.0, "c": "."}),
    ],
)
def test_parameters(template: str, path: str, params: Optional[Dict[str, Any]]) -> None:
    """
    Each parameter takes as much as it can, and is converted.
    """
    assert matcher_of(template)(path) == params


@pytest.mark.parametrize("template", ["/{n:int}", "/{n:int}{m:int}", "/{n:float}"])
def test_digits_without_a_value(template: str) -> None:
    """
    A number that no value stands for does not match; nothing is raised.
    """
    assert matcher_of(template)("/" + "9" * 5000) is None


def test_uuid_between_other_parameters() -> None:
    """
    A UUID is found where it stands, whatever may stand around it.
    """
    params = matcher_of("/{a:path}{id:uuid}{b:path}")(f"/ab{UUID}cd")

    assert params is not None
    assert str(params["id"]) == UUID
    assert (params["a"], params["b"]) == ("ab", "cd")


def test_convertor_of_a_program(upper: None) -> None:
    """
    Its expression decides, then its ``convert``, which may refuse.
    """
    match = matcher_of("/{a:upper}{b}")

    assert match("/ABc") == {"a": "ab", "b": "c"}
    assert match("/abc") is None
    assert match("/NONEx") is None


def test_convertor_of_a_program_among_competing_ones(upper: None) -> None:
    """
    An expression that is not ours keeps the whole template with expressions.
    """
    template = "/{a:upper}{b:path}{c:path}"

    assert matcher_of(template)("/ABc") == {"a": "ab", "b": "c", "c": ""}
    assert not is_linear(template)


def test_subclass_of_a_convertor() -> None:
    """
    A subclass may say anything, so it is not taken for its base class.
    """

    class Suffixed(PathConvertor):
        regex = ".*!"

    CONVERTOR_TYPES["suffixed"] = Suffixed()
    try:
        match = matcher_of("/{a:suffixed}/{b:path}")
    finally:
        del CONVERTOR_TYPES["suffixed"]

    assert match("/x!/y") == {"a": "x!", "b": "y"}
    assert match("/x/y") is None


def test_unknown_template() -> None:
    """
    Where the parts are not known, the expression alone decides.
    """
    regex, _, convertors = compile_path("/{a:int}")
    match = make_matcher(regex, convertors, None)

    assert match("/1") == {"a": 1}
    assert match("/x") is None


@pytest.mark.parametrize(
    "template",
    [
        "/{a}{b}",
        "/{a}-{b}-{c}",
        "/{a}.{b}.{c}",
        "/{a:path}/{b:path}",
        "/{a:path}/x/{b:path}",
        "/{a:float}.{b:float}",
        "/{a:int}0{b:int}",
        "/{a:uuid}{b}",
    ],
)
def test_competing_parameters(template: str) -> None:
    """
    What an expression could divide in many ways is matched in two passes.
    """
    assert is_linear(template)


@pytest.mark.parametrize(
    "template",
    [
        "/{a}",
        "/{a}/{b}/{c}",
        "/{a:path}.js",
        "/{a:int}-{b:int}",
        "/{a:uuid}-{b}",
        "/{a:path}/{b:int}",
        "/files/{a}.{b:int}",
    ],
)
def test_parameters_that_do_not_compete(template: str) -> None:
    """
    What an expression finds at once is left to it.
    """
    assert not is_linear(template)


PIECES = ("{:str}", "{:path}", "{:int}", "{:float}", "/", ".", "1", "a1")


def templates() -> List[str]:
    """Return all templates of up to four pieces that have two parameters or more."""
    found = []
    for size in (2, 3, 4):
        for pieces in itertools.product(PIECES, repeat=size):
            if sum(piece[0] == "{" for piece in pieces) >= 2:
                named = (
                    piece.replace("{", "{" + "abcd"[place])
                    for place, piece in enumerate(pieces)
                )
                found.append("".join(named))
    return found


def paths(longest: int) -> List[str]:
    """Return all texts up to this length over a small alphabet."""
    return [
        "".join(chars)
        for size in range(longest + 1)
        for chars in itertools.product("1./\n", repeat=size)
    ]


def both_answers(template: str, texts: List[str]) -> Iterator[Tuple[str, Any, Any]]:
    """Give each text, with what is found in two passes and by the expression."""
    regex, _, convertors = compile_path(template)
    match = linear_matcher_of(template).match
    for text in texts:
        found = regex.match(text)
        yield (
            text,
            match(text),
            found
            and {
                name: convertors[name].convert(value)
                for name, value in found.groupdict().items()
            },
        )


# Some of the templates each, so that no test takes long.
@pytest.mark.parametrize("part", range(4))
def test_linear_matcher_equals_the_expression(part: int) -> None:
    """
    For every template and every short path it finds what the expression finds.
    """
    texts = [*paths(4), "a1a1", "a1.a1", "11.11", "1.1.1.1", "/a1/1.1", "1\n/1.1"]
    answers = [
        (template, text, linear, expected)
        for template in templates()[part::24]
        for text, linear, expected in both_answers(template, texts)
    ]

    assert [answer for answer in answers if answer[2] != answer[3]] == []


@pytest.mark.parametrize(
    "template",
    [
        "/{a:path}/{b:path}/{c:path}/{d:path}/x",
        "/{a}-{b}-{c}-{d}-{e}x",
        "/{a:path}{b:path}{c:path}{d:path}x",
        "/{a:int}{b:int}{c:int}{d:int}{e:int}x",
        "/{a:float}{b:float}{c:float}{d:float}x",
        "/{a:path}/{b}/{c:path}/{d}.json",
        "/{a:path}{b:uuid}{c:path}{d:uuid}x",
        "/{a:path}/-{b:path}/-",
    ],
)
@pytest.mark.parametrize("piece", ["/", "-", "1", "1.", "/-", "a0"])
def test_hostile_path(template: str, piece: str) -> None:
    """
    A long path that almost fits is refused in one go, not divided in every way.
    """
    assert matcher_of(template)("/" + piece * 20_000 + "!") is None


def test_step_of_no_kind() -> None:
    """
    A step says for itself where it begins and ends.
    """
    with pytest.raises(NotImplementedError):
        Step().begins("", bytearray(1))
    with pytest.raises(NotImplementedError):
        Step().end("", 0, bytearray(1))
