"""What may be a schema, and the resolvers of one in text."""

from __future__ import annotations

import enum
from typing import Any, Dict

import pytest
from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    introspection_from_schema,
)

from starlette._graphql.compat import HAS_INCREMENTAL
from starlette._graphql.schema import incremental_schema
from starlette.graphql import GraphQLApp, GraphQLRequest, Upload

pytestmark = pytest.mark.anyio

SDL = """
scalar Date
enum Color { RED GREEN }
interface Named { name: String }
type Cat implements Named { name: String }
type Dog implements Named { name: String }
union Pet = Cat | Dog
input Wish { color: Color }
type Query {
  date(value: Date): Date
  color(value: Color): Color
  named: Named
  pet: Pet
  cats: [Named]
}
type Subscription { date: Date }
"""


async def run(app: GraphQLApp, query: str, **variables: Any) -> Any:
    outcome = await app.engine.run(GraphQLRequest(query, variables), None)
    assert outcome.payload is not None
    assert "errors" not in outcome.payload, outcome.payload
    return outcome.payload["data"]


class Carrier:
    def __init__(self, **members: Any) -> None:
        vars(self).update(members)


@pytest.mark.parametrize("name", ["graphql_schema", "_schema"])
def test_object_may_carry_the_schema(name: str) -> None:
    """
    As those of other libraries do.
    """
    schema = build_schema("type Query { a: Int }")
    app = GraphQLApp(Carrier(**{name: schema}))

    assert app.schema is schema
    assert GraphQLApp(schema).schema is schema


@pytest.mark.parametrize("source", [None, 1, Carrier(), Carrier(_schema="text")])
def test_anything_else_is_no_schema(source: Any) -> None:
    """
    The program is told what would be.
    """
    with pytest.raises(TypeError, match="`schema` must be a GraphQLSchema"):
        GraphQLApp(source)


def test_resolvers_must_be_a_mapping() -> None:
    """
    By the names of types.
    """
    with pytest.raises(TypeError, match="`resolvers` must be a mapping, but got 1"):
        GraphQLApp(SDL, resolvers=1)  # type: ignore[arg-type]


def test_schema_must_be_valid() -> None:
    """
    At construction, not at the first request.
    """
    with pytest.raises(TypeError, match="Query root type must be provided"):
        GraphQLApp(GraphQLSchema())
    with pytest.raises(GraphQLError):
        GraphQLApp("type Query {")


def test_resolvers_are_for_text() -> None:
    """
    Other schemas have theirs.
    """
    with pytest.raises(ValueError, match="`resolvers` are for a schema given as text"):
        GraphQLApp(build_schema("type Query { a: Int }"), resolvers={"Query": {}})


def test_directives_for_deferring_leave_the_schema_alone() -> None:
    """
    The one that is given may be in use elsewhere.
    """
    schema = build_schema("type Query { a: Int }")
    made = incremental_schema(schema)

    assert "defer" not in {directive.name for directive in schema.directives}
    assert incremental_schema(made) is made
    assert (made is not schema) is HAS_INCREMENTAL
    assert {**schema.type_map, **made.type_map} == made.type_map


def test_incremental_directives_of_a_schema_without_numbers() -> None:
    """
    Its introspection describes all types that it names, so that clients can read it.
    """
    schema = build_schema("type Query { hello: String }")

    made = incremental_schema(schema)

    introspection = introspection_from_schema(made)
    assert set(build_client_schema(introspection).type_map) == set(made.type_map)
    assert ("Int" in made.type_map) is HAS_INCREMENTAL
    assert "Int" not in schema.type_map


async def test_scalar_is_a_mapping_of_functions() -> None:
    """
    Literals go through parse_value, unless they have a function of their own.
    """
    functions = {"serialize": lambda value: f"<{value}>", "parse_value": str.upper}
    resolvers = {
        "Date": functions,
        "Query": {"date": lambda source, info, value: value},
    }
    app = GraphQLApp(SDL, resolvers=resolvers)
    data = await run(
        app, 'query ($v: Date) { a: date(value: $v) b: date(value: "x") }', v="y"
    )

    assert data == {"a": "<Y>", "b": "<X>"}


async def test_scalar_may_be_a_type() -> None:
    """
    Its functions are taken.
    """
    own = GraphQLScalarType(
        "Other",
        serialize=lambda value: value + 1,
        parse_value=lambda value: 41,
    )
    resolvers = {"Date": own, "Query": {"date": lambda source, info, value: value}}

    assert await run(GraphQLApp(SDL, resolvers=resolvers), "{ date(value: 0) }") == {
        "date": 42
    }


def test_scalar_of_uploads_is_known() -> None:
    """
    One that is declared takes files and nothing else.
    """
    app = GraphQLApp("scalar Upload type Query { a(file: Upload): Int }")
    declared = app.schema.type_map["Upload"]
    assert isinstance(declared, GraphQLScalarType)

    with pytest.raises(GraphQLError):
        declared.parse_value("text")
    assert declared is not Upload


def test_type_called_upload_is_no_scalar() -> None:
    """
    Then it is the program's own.
    """
    app = GraphQLApp("type Upload { a: Int } type Query { a: Upload }")

    assert isinstance(app.schema.type_map["Upload"], GraphQLObjectType)


class Colors(enum.Enum):
    RED = "#f00"
    GREEN = "#0f0"


@pytest.mark.parametrize(
    "given, red", [(Colors, Colors.RED), ({"RED": "#f00"}, "#f00")]
)
async def test_enum_has_values_of_the_program(given: Any, red: Any) -> None:
    """
    Members of a class, or what a mapping says.
    """
    seen = []

    def color(source: Any, info: Any, value: Any) -> Any:
        seen.append(value)
        return value

    app = GraphQLApp(SDL, resolvers={"Color": given, "Query": {"color": color}})
    data = await run(
        app, "query ($v: Color) { a: color(value: $v) b: color(value: RED) }", v="RED"
    )

    assert data == {"a": "RED", "b": "RED"}
    assert seen == [red, red]


@pytest.mark.parametrize("as_mapping", [True, False])
async def test_abstract_types_say_what_a_value_is(as_mapping: bool) -> None:
    """
    By a function, in a mapping or alone.
    """

    def kind(value: Any, info: Any, abstract: Any) -> str:
        return str(value["kind"])

    given: Any = {"__resolve_type": kind} if as_mapping else kind
    cat = {"kind": "Cat", "name": "Tom"}
    resolvers = {
        "Named": given,
        "Pet": given,
        "Query": {"named": lambda source, info: cat, "pet": lambda source, info: cat},
    }
    app = GraphQLApp(SDL, resolvers=resolvers)

    assert await run(app, "{ named { name } pet { __typename } }") == {
        "named": {"name": "Tom"},
        "pet": {"__typename": "Cat"},
    }


async def test_object_types_say_whether_a_value_is_theirs() -> None:
    """
    By a predicate each.
    """
    resolvers: Dict[str, Any] = {
        "Cat": {"__is_type_of": lambda value, info: value == "cat"},
        "Dog": {"__is_type_of": lambda value, info: value == "dog"},
        "Query": {"cats": lambda source, info: ["cat", "dog"]},
    }

    assert await run(
        GraphQLApp(SDL, resolvers=resolvers), "{ cats { __typename } }"
    ) == {"cats": [{"__typename": "Cat"}, {"__typename": "Dog"}]}


@pytest.mark.parametrize(
    "resolvers, error",
    [
        ({"Nope": {}}, ValueError),
        ({"Query": {"nope": print}}, ValueError),
        ({"Query": {"date": 1}}, TypeError),
        ({"Query": print}, TypeError),
        ({"Wish": {}}, ValueError),
        ({"Date": {"nope": print}}, ValueError),
        ({"Date": {"serialize": 1}}, TypeError),
        ({"Date": print}, TypeError),
        ({"Color": {"BLUE": 1}}, ValueError),
        ({"Color": 1}, TypeError),
        ({"Named": {"nope": print}}, ValueError),
        ({"Named": {}}, TypeError),
        ({"Pet": 1}, TypeError),
        ({"Subscription": {"date": 1}}, TypeError),
        ({"Subscription": {"date": {"resolve": print}}}, ValueError),
        ({"Subscription": {"date": {"subscribe": print, "nope": print}}}, ValueError),
    ],
)
def test_resolvers_that_do_not_fit_are_refused(resolvers: Any, error: Any) -> None:
    """
    At construction, with the name.
    """
    with pytest.raises(error, match="`resolvers"):
        GraphQLApp(SDL, resolvers=resolvers)
