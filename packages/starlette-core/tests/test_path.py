"""Path templates: what they compile to, and paths made of them again."""

from __future__ import annotations

import re
from typing import Any, Dict

import pytest

from starlette._path import Param, fill_path, parse_template
from starlette.convertors import CONVERTOR_TYPES
from starlette.routing import PARAM_REGEX, compile_path, replace_params


def test_template_with_parameters() -> None:
    """
    The expression finds whole paths; the format has the places without types.
    """
    regex, path_format, convertors = compile_path("/x.y/{id:int}/{rest:path}")
    found = regex.match("/x.y/12/a/b")

    assert found is not None
    assert found.groupdict() == {"id": "12", "rest": "a/b"}
    assert path_format == "/x.y/{id}/{rest}"
    assert convertors == {
        "id": CONVERTOR_TYPES["int"],
        "rest": CONVERTOR_TYPES["path"],
    }


@pytest.mark.parametrize(
    "template, path",
    [
        ("/admin", "/admin\n"),
        ("/users/{name}", "/users/a/b"),
        ("/x.y", "/xzy"),
        ("/{id:int}", "/1\n"),
    ],
)
def test_expression_matches_a_path_whole(template: str, path: str) -> None:
    """
    No more of a path than the template says, be it a line break at the end.
    """
    assert compile_path(template)[0].match(path) is None


def test_path_parameter_holds_line_breaks() -> None:
    """
    What a path may hold, ``path`` takes: a final line break is part of it.
    """
    found = compile_path("/{rest:path}")[0].match("/a\nb\n")

    assert found is not None
    assert found.group("rest") == "a\nb\n"


def test_expression_of_a_template_compiles_again() -> None:
    """
    Programs compile the pattern with flags of their own.
    """
    pattern = compile_path("/Users/{name}")[0].pattern

    assert re.compile(pattern, re.IGNORECASE).match("/uSERS/x")


def test_parts_of_a_template() -> None:
    """
    Literals and parameters come in order, without empty literals.
    """
    parts = parse_template("{a}-{b:int}")

    assert parts == [
        Param("a", CONVERTOR_TYPES["str"]),
        "-",
        Param("b", CONVERTOR_TYPES["int"]),
    ]
    assert parse_template("") == []


def test_parameter_expression() -> None:
    """
    Programs find the parameters of a template by it: a name, and a type or none.
    """
    assert PARAM_REGEX.findall("/{a}/{b:int}/{1}") == [("a", ""), ("b", ":int")]


@pytest.mark.parametrize(
    "template, message",
    [
        ("/{a}/{a}", "Duplicated param name a at path /{a}/{a}"),
        ("/{b}{a}/{a}{b}", "Duplicated param names a, b at path /{b}{a}/{a}{b}"),
    ],
)
def test_duplicate_parameters(template: str, message: str) -> None:
    """
    Two parameters of one name are refused, and the message names them.
    """
    with pytest.raises(ValueError) as caught:
        compile_path(template)

    assert str(caught.value) == message


def test_unknown_type_of_parameter() -> None:
    """
    A type that nobody registered is refused by its name.
    """
    with pytest.raises(AssertionError, match="Unknown path convertor 'nothing'"):
        compile_path("/{a:nothing}")


@pytest.mark.parametrize(
    "path_params, path, unused",
    [
        ({"id": 1}, "/1/{name}", {}),
        ({"id": 1, "name": "x"}, "/1/x", {}),
        ({"id": 1, "name": "x", "more": 2}, "/1/x", {"more": 2}),
        ({"id": 1, "name": "50%? #1"}, "/1/50%25%3F %231", {}),
        ({"name": "{id}", "id": 7}, "/7/{id}", {}),
        ({"id": 7, "name": "{id}"}, "/7/{id}", {}),
    ],
)
def test_replaced_parameters(
    path_params: Dict[str, Any], path: str, unused: Dict[str, Any]
) -> None:
    """
    Values stand in their places, escaped; those without a place come back.
    """
    _, path_format, convertors = compile_path("/{id:int}/{name}")
    given = dict(path_params)

    assert replace_params(path_format, convertors, given) == (path, unused)
    assert given == unused


def test_filled_path_leaves_the_values_alone() -> None:
    """
    Filling reads the mapping it is given and takes nothing out.
    """
    _, path_format, convertors = compile_path("/{id:int}")
    values = {"id": 3}

    assert fill_path(path_format, convertors, values) == "/3"
    assert values == {"id": 3}
