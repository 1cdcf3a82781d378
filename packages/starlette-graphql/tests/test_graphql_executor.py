"""The compiled executor: what it gives, and what it does when nothing is awaited.

Whatever can be asked of graphql-core is: the expected result is what its own
``execute`` returns.  Awaiting is tested in ``test_graphql_executor_async.py``,
operations by chance in ``test_graphql_executor_generated.py``.
"""

from __future__ import annotations

from collections import UserDict
from typing import Any, Dict, List, Optional

import graphql
import pytest
from graphql import (
    ExecutionResult,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    MiddlewareManager,
    build_schema,
    default_field_resolver,
    default_type_resolver,
    execute,
    get_introspection_query,
    parse,
)
from graphql.pyutils import Undefined

from starlette._graphql.executor import CompiledOperation, compile_operation
from starlette._graphql.executor.compat import COERCES_OUTPUT

IS_33 = graphql.version_info >= (3, 3)


def compiled(schema: GraphQLSchema, query: str, **options: Any) -> CompiledOperation:
    document = parse(query)
    operation: Any = document.definitions[0]
    result = compile_operation(schema, document, operation, **options)
    assert result is not None
    return result


def told(result: Any) -> Any:
    """What *result* says; the order of names counts."""
    return repr(result.data), [
        (
            error.message,
            error.path,
            error.locations,
            repr(error.nodes),
            type(error.original_error),
        )
        for error in result.errors or ()
    ]


def same(
    schema: GraphQLSchema,
    query: str,
    root: Any = None,
    variables: Optional[Dict[str, Any]] = None,
    **options: Any,
) -> ExecutionResult:
    """The result, after finding it the same as graphql-core's; twice."""
    expected = execute(
        schema, parse(query), root, "context", variable_values=variables, **options
    )
    operation = compiled(schema, query, **options)
    results = [operation.execute(root, "context", variables) for _ in range(2)]
    for result in results:
        assert told(result) == told(expected)
    assert isinstance(results[1], ExecutionResult)
    return results[1]


def field(type_: Any, **options: Any) -> GraphQLField:
    return GraphQLField(type_, **options)


def query_type(**fields: Any) -> GraphQLSchema:
    return GraphQLSchema(GraphQLObjectType("Query", fields))


class Attributes:
    def __init__(self, **values: Any) -> None:
        vars(self).update(values)


SCALARS = build_schema(
    """
    enum Color { RED GREEN }
    scalar Other
    type Query {
        int: Int  float: Float  string: String  boolean: Boolean  id: ID
        color: Color  other: Other
        ints: [Int!]  floats: [Float]  strings: [String!]!  ids: [[ID!]]
        required: Required!
    }
    type Required {
        int: Int!  float: Float!  string: String!  boolean: Boolean!  id: ID!
        color: Color!  other: Other!  ints: [Int!]!
    }
    """
)
LEAVES = "int float string boolean id color other"
ODD_VALUES = [
    None,
    Undefined,
    0,
    7,
    -(2**31) - 1,
    2**31 - 1,
    2**31,
    1.5,
    2.0,
    float("inf"),
    True,
    "",
    "RED",
    "7",
    b"bytes",
    [],
    {},
    object,
    ValueError("returned"),
    GraphQLError("returned"),
]


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
@pytest.mark.parametrize("make", [dict, Attributes, UserDict])
def test_any_value_of_any_leaf_type(make: Any, value: Any) -> None:
    """
    Is coerced, or is the error, that graphql-core makes of it.
    """
    names = LEAVES.split()
    root = make(**dict.fromkeys(names, value))

    same(SCALARS, f"{{ {LEAVES} }}", root)
    for name in names:
        same(SCALARS, f"{{ required {{ {name} }} }}", {"required": root})


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_any_value_in_lists_and_as_a_list(value: Any) -> None:
    """
    Is an item, no item, no list, or an error, as with graphql-core.
    """
    query = "{ ints floats strings ids }"
    names = ["ints", "floats", "strings"]

    same(SCALARS, query, {**{name: [value] for name in names}, "ids": [[value]]})
    same(SCALARS, query, dict.fromkeys([*names, "ids"], value))
    same(SCALARS, "{ ids }", {"ids": [value, ["x"]]})
    same(SCALARS, "{ required { ints } }", {"required": {"ints": value}})


@pytest.mark.parametrize("make", [list, tuple, set, iter, dict.fromkeys])
def test_iterables(make: Any) -> None:
    """
    All that can be iterated is a list, but for mappings.
    """
    result = compiled(SCALARS, "{ strings }").execute({"strings": make(["a"])})
    expected = execute(SCALARS, parse("{ strings }"), {"strings": make(["a"])})

    assert told(result) == told(expected)


def test_an_iterator_that_fails() -> None:
    """
    Is an error of the field, whatever it gave before.
    """

    def items(info: Any) -> Any:
        yield 1
        raise ValueError("no more")

    assert same(SCALARS, "{ ints }", {"ints": items}).data == {"ints": None}


def test_a_scalar_that_serializes_to_nothing() -> None:
    """
    Is an error that names the method of the installed line.
    """
    for nothing in (None, Undefined):
        scalar = GraphQLScalarType("Nothing", {5: nothing}.get)
        schema = query_type(nothing=field(scalar))

        result = same(schema, "{ nothing }", {"nothing": 5})

        assert "Nothing." in str(result.errors)


def test_a_built_in_scalar_with_another_coercion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    The coercion that was put there is called.
    """
    monkeypatch.setattr(GraphQLString, COERCES_OUTPUT, lambda value: value.upper())
    schema = build_schema("type Query { text: String  texts: [String] }")

    result = same(schema, "{ text texts }", {"text": "a", "texts": ["b"]})

    assert result.data == {"text": "A", "texts": ["B"]}


class Failing:
    """An object and a mapping that can be read no more than partly."""

    good = "read"

    @property
    def bad(self) -> Any:
        raise ValueError("unreadable")


class FailingMapping(UserDict):  # type: ignore[type-arg]
    def get(self, key: str, default: Any = None) -> Any:
        if key == "bad":
            raise ValueError("unreadable")
        return "read"


@pytest.mark.parametrize("make", [Failing, FailingMapping])
def test_reading_that_fails(make: Any) -> None:
    """
    Is an error of the field that was read.
    """
    schema = build_schema(
        "type Query { good: String bad: String inner: Inner } type Inner { bad: Int! }"
    )

    same(schema, "{ good bad }", make())
    same(schema, "{ good: __typename inner { bad } }", {"inner": make()})


def test_methods() -> None:
    """
    A value that can be called is called with the info and the arguments.
    """
    schema = build_schema(
        """
        type Query { plain: String  with(a: Int, b: String = "x"): String  no: Int! }
        """
    )

    def failing(info: Any) -> Any:
        raise KeyError("called")

    root = {
        "plain": lambda info: f"{info.path} {info.context}",
        "with": lambda info, **arguments: repr(arguments),
        "no": failing,
    }

    same(schema, "{ plain with }", root)
    same(schema, "{ with(a: 3, b: null) }", root)
    same(schema, "query ($a: Int) { with(a: $a) }", root, {"a": 5})
    same(schema, "query ($a: Int) { with(a: $a) }", Attributes(**root))
    same(schema, "{ plain no }", root)


def test_resolvers_are_told_what_they_are_told_by_graphql_core() -> None:
    """
    The info is the same, field by field.
    """
    infos: List[Any] = []

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        infos.append(info)
        return [{}]

    node = GraphQLObjectType("Node", lambda: {"nodes": nodes()})

    def nodes() -> GraphQLField:
        return field(
            GraphQLList(GraphQLNonNull(node)),
            args={"a": GraphQLArgument(GraphQLInt)},
            resolve=resolve,
        )

    schema = query_type(nodes=nodes())
    query = """
        query Q($a: Int) {
            nodes { again: nodes(a: $a) { ...F } again: nodes(a: $a) { ...F } }
        }
        fragment F on Node { nodes { __typename } }
    """
    document = parse(query)
    operation: Any = document.definitions[0]
    execute(schema, document, "root", "context", {"a": 3})
    expected = [info._asdict() for info in infos]
    infos.clear()
    compilation = compile_operation(schema, document, operation)
    assert compilation is not None

    compilation.execute("root", "context", {"a": 3})

    assert len(expected) == 3
    for info, other in zip(infos, expected):
        found = info._asdict()
        # Functions of one execution: there is no other way to be equal.
        helpers = [part.pop("async_helpers", None) for part in (found, other)]
        assert found == other
        assert type(info) is graphql.GraphQLResolveInfo
        assert type(info.path) is type(other["path"])
        assert type(helpers[0]) is type(helpers[1])


def test_arguments() -> None:
    """
    Literals, variables and defaults are what graphql-core makes of them.
    """
    color = GraphQLEnumType("Color", {"RED": [1], "GREEN": 2})
    point = GraphQLInputObjectType(
        "Point",
        {
            "x": GraphQLInputField(GraphQLInt, default_value=5, out_name="left"),
            "y": GraphQLInputField(GraphQLNonNull(GraphQLInt)),
        },
    )

    def resolve(source: Any, info: Any, **arguments: Any) -> str:
        return repr(arguments)

    schema = query_type(
        all=field(
            GraphQLString,
            args={
                "color": GraphQLArgument(color),
                "point": GraphQLArgument(point),
                "many": GraphQLArgument(GraphQLList(GraphQLString)),
                "number": GraphQLArgument(GraphQLInt, default_value=3, out_name="n"),
            },
            resolve=resolve,
        ),
        flat=field(
            GraphQLString,
            args={
                "number": GraphQLArgument(GraphQLNonNull(GraphQLInt)),
                "color": GraphQLArgument(color),
            },
            resolve=resolve,
        ),
        default=field(GraphQLString, args={"n": GraphQLArgument(GraphQLInt)}),
    )
    root = {"default": resolve.__get__("source")}

    for arguments in (
        "all",
        "all(color: RED)",
        "all(color: null, number: null)",
        "all(point: {y: 1}, many: [])",
        'all(many: "one")',
        "flat(number: 1)",
        "flat(number: 1, color: GREEN)",
        "flat(number: null)",
        "flat",
        "flat(number: {a: $n})",
        'flat(number: "text")',
        "default(n: 3)",
    ):
        same(schema, f"{{ {arguments} }}", root)
    for variables in ({}, {"n": 1}, {"n": None}, {"n": 2, "p": {"y": 1}}, {"c": "RED"}):
        query = """query ($n: Int, $p: Point, $c: Color) {
            a: all(point: $p, number: $n, color: $c)
            b: flat(number: $n, color: $c)
            c: flat(number: $n, color: $c)
            d: default(n: $n)
        }"""
        same(schema, query, root, variables)


def test_arguments_are_not_shared_if_they_can_be_changed() -> None:
    """
    What one call does to its arguments, no other sees.
    """

    def resolve(source: Any, info: Any, items: List[int], n: int = 0) -> List[int]:
        items.append(n)
        return items

    schema = query_type(
        items=field(
            GraphQLList(GraphQLInt),
            args={
                "items": GraphQLArgument(GraphQLList(GraphQLInt)),
                "n": GraphQLArgument(GraphQLInt),
            },
            resolve=resolve,
        )
    )
    operation = compiled(schema, "{ items(items: [1], n: 2) }")

    results: List[Any] = [operation.execute(), operation.execute()]

    assert [result.data for result in results] == [{"items": [1, 2]}] * 2


def test_arguments_of_the_same_field_of_many_objects() -> None:
    """
    Are worked out once in an execution, if they cannot be changed.
    """
    coerced = []

    def parse_value(value: Any) -> Any:
        coerced.append(value)
        return value

    scalar = GraphQLScalarType("Counted", parse_value=parse_value)
    seen: List[Any] = []

    def note(source: Any, info: Any, n: int) -> int:
        seen.append(n)
        return n

    item = GraphQLObjectType(
        "Item",
        {
            "flat": field(
                GraphQLInt,
                args={"n": GraphQLArgument(GraphQLInt)},
                resolve=note,
            ),
            "own": field(
                GraphQLInt,
                args={"n": GraphQLArgument(scalar)},
                resolve=lambda source, info, n: n,
            ),
        },
    )
    schema = query_type(items=field(GraphQLList(item)))
    operation = compiled(schema, "query ($n: Int) { items { flat(n: $n) own(n: 5) } }")

    first: Any = operation.execute({"items": [{}, {}]}, None, {"n": 1})
    second: Any = operation.execute({"items": [{}, {}]}, None, {"n": 2})

    assert first.data == {"items": [{"flat": 1, "own": 5}] * 2}
    assert second.data == {"items": [{"flat": 2, "own": 5}] * 2}
    assert seen == [1, 1, 2, 2]
    assert len(coerced) == 4


def test_variables_in_error() -> None:
    """
    Are the errors of graphql-core, and nothing is executed.
    """
    schema = build_schema(
        """
        enum Color { RED }  input In { a: Int!  name: Color }
        type Query { a(in: In, list: [Int!], c: Color): Int }
        """
    )
    query = "query ($in: In!, $list: [Int!], $c: Color) { a(in: $in, list: $list) }"

    for variables in (
        {},
        {"in": None},
        {"in": {"a": "x"}, "list": list("a" * 60)},
        {"in": {"b": 1, "nam": "RED"}, "c": "REDD"},
    ):
        result = same(schema, query, None, variables)
        assert result.data is None
        same(schema, query, None, variables, hide_suggestions=True)
    operation = compiled(schema, query)
    assert isinstance(operation.coerce({}), list)
    assert not isinstance(operation.coerce({"in": {"a": 1}}), list)


CONDITIONS = build_schema(
    "type Query { a: String b: Query } type Mutation { a: String }"
)


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("no", [True, False, Undefined])
def test_conditions(yes: bool, no: Any) -> None:
    """
    @skip and @include count at fields, fragments and spreads; @skip first.
    """
    query = """
        query ($yes: Boolean!, $no: Boolean! = false) {
            a @skip(if: $yes)
            c: a @include(if: $no) @other(if: $yes)
            both: a @skip(if: $no) @include(if: $yes)
            never: a @include(if: false)
            ... @skip(if: $no) { d: a b { a @include(if: $yes) } }
            ...F @include(if: $no)
            ...F
            ...F @skip(if: $yes)
        }
        fragment F on Query { e: a @skip(if: $no) }
    """
    variables = {"yes": yes} if no is Undefined else {"yes": yes, "no": no}

    same(CONDITIONS, query, {"a": "x", "b": {"a": "y"}}, variables)


def test_a_condition_without_a_value() -> None:
    """
    Is an error where its selection is executed.
    """
    query = """
        query ($yes: Boolean! = true, $other: Boolean = true) {
            a b { a @skip(if: $yes) c: a @include(if: $other) }
        }
    """
    root = {"a": "x", "b": {"a": "y"}}

    same(CONDITIONS, query, root)
    assert same(CONDITIONS, query, root, {"other": None}).data == {"a": "x", "b": None}
    query = "query ($yes: Boolean) { a @skip(if: $yes) }"
    assert same(CONDITIONS, query, root, {"yes": None}).data is None
    assert same(CONDITIONS, query, root).data is None
    assert same(CONDITIONS, query, root, {"yes": False}).data == {"a": "x"}


def test_a_condition_with_a_variable_of_another_type() -> None:
    """
    Fails as in graphql-core, should validation have been left out.
    """
    query = "query ($yes: [Int]) { a @skip(if: $yes) }"

    same(CONDITIONS, query, {"a": "x"}, {"yes": [1]})


def test_many_sets_of_conditions() -> None:
    """
    What is kept compiled is bounded, and what is not kept still works.
    """
    names = [f"v{index}" for index in range(13)]
    query = f"""
        query ({" ".join(f"${name}: Boolean!" for name in names)}) {{
            {" ".join(f"{name}: a @include(if: ${name})" for name in names)}
        }}
    """
    operation = compiled(CONDITIONS, query)
    sizes = []

    for number in range(2**11):
        answers = {name: bool(number >> bit & 1) for bit, name in enumerate(names)}
        result: Any = operation.execute({"a": "x"}, None, answers)
        assert result.data == {name: "x" for name in names if answers[name]}
        sizes.append(operation._compilation.size)

    assert max(sizes) < 5100
    assert sizes[-1] < max(sizes)


def test_fragments_without_end() -> None:
    """
    Are read once for each object type, however often and however deep.
    """
    chain = " ".join(
        f"fragment F{index} on Query {{ a{index}: a ...F{index + 1} ...F{index + 1} }}"
        for index in range(400)
    )
    query = f"{{ {'...F0 ' * 1000} }} {chain} fragment F400 on Query {{ a }}"

    result: Any = compiled(CONDITIONS, query).execute({"a": "x"})

    assert len(result.data) == 401


def test_fragments_on_many_ways() -> None:
    """
    What many ways lead to is compiled once.
    """
    chain = " ".join(
        f"fragment F{index} on Query {{ l: b {{ ...F{index + 1} }}"
        f" r: b {{ ...F{index + 1} }} }}"
        for index in range(8)
    )
    operation = compiled(
        CONDITIONS, f"{{ ...F0 }} {chain} fragment F8 on Query {{ a }}"
    )
    root: Dict[str, Any] = {"a": "x"}
    root["b"] = root

    result: Any = operation.execute(root)

    assert repr(result.data).count("'a': 'x'") == 2**8
    # Two fields at each level, and their selections.
    assert operation._compilation.size < 60


class Counting(MiddlewareManager):
    """Counts the fields that are compiled: each asks for its resolver once."""

    count = 0

    def get_field_resolver(self, field_resolver: Any) -> Any:
        self.count += 1
        return super().get_field_resolver(field_resolver)


def test_a_fragment_in_many_places() -> None:
    """
    Its fields are compiled once for all of them.
    """
    spreads = " ".join(f"x{index}: b {{ ...F c{index}: a }}" for index in range(50))
    fields = " ".join(f"y{index}: a" for index in range(50))
    counting = Counting()
    query = f"{{ {spreads} }} fragment F on Query {{ {fields} }}"

    operation = compiled(CONDITIONS, query, middleware=counting)
    result: Any = operation.execute({"b": {"a": "x"}})

    assert repr(result.data).count("'y7': 'x'") == 50
    assert counting.count == 150


def test_merged_selections() -> None:
    """
    What several nodes ask of one field comes in the order in which it was asked.
    """
    schema = build_schema(
        """
        interface Named { name: String inner: Cat }
        type Cat implements Named { name: String inner: Cat lives: Int }
        type Dog implements Named { name: String inner: Cat toys: Int }
        union Pet = Cat | Dog
        type Query { pets: [Pet] named: Named }
        """
    )
    query = """
        {
            pets { ... on Cat { lives } ...N ... { __typename } ... on Dog { toys } }
            pets { ... on Named { name } ...Unknown ...N }
            named { inner { lives } ... on Pet { __typename } ... on Query { pets } }
            named { inner { name lives } unknown }
        }
        fragment N on Named { inner { name } name }
    """
    cat: Dict[str, Any] = {"__typename": "Cat", "name": "c", "lives": 9}
    cat["inner"] = cat
    dog = {"__typename": "Dog", "name": "d", "toys": 2, "inner": cat}

    same(schema, query, {"pets": [cat, dog, None], "named": dog})


class Named:
    __typename = "Cat"
    name = "mangled"


class Unnamed:
    name = "unnamed"


def pets(**options: Any) -> GraphQLSchema:
    named = GraphQLInterfaceType(
        "Named",
        {"name": field(GraphQLString)},
        resolve_type=options.get("resolve_type"),
    )
    cat = GraphQLObjectType(
        "Cat",
        {"name": field(GraphQLString)},
        interfaces=[named],
        is_type_of=options.get("is_cat"),
    )
    dog = GraphQLObjectType(
        "Dog",
        {"name": field(GraphQLString)},
        interfaces=[named],
        is_type_of=options.get("is_dog"),
    )
    other = GraphQLObjectType("Other", {"name": field(GraphQLString)})
    pet = GraphQLUnionType("Pet", [cat, dog])
    return GraphQLSchema(
        GraphQLObjectType(
            "Query",
            {
                "named": field(named),
                "required": field(GraphQLNonNull(named)),
                "pets": field(GraphQLList(GraphQLNonNull(pet))),
                "cat": field(cat),
                "cats": field(GraphQLList(cat)),
                "other": field(other),
            },
        )
    )


PETS_QUERY = "{ named { name } pets { ... on Cat { name } __typename } }"


@pytest.mark.parametrize(
    "value",
    [
        {"__typename": "Cat", "name": "c"},
        {"__typename": "Dog"},
        {"__typename": "Other"},
        {"__typename": "Named"},
        {"__typename": "Nothing"},
        {"__typename": 5},
        {},
        Named(),
        Unnamed(),
        UserDict({"__typename": "Dog"}),
        5,
        None,
        Undefined,
        ValueError("returned"),
    ],
    ids=repr,
)
def test_abstract_types_without_functions(value: Any) -> None:
    """
    The type is what the value says, or the error is graphql-core's.
    """
    same(pets(), PETS_QUERY, {"named": value, "pets": [value, value]})
    same(pets(), "{ required { name } }", {"required": value})
    same(
        pets(),
        PETS_QUERY,
        {"named": value, "pets": [value]},
        type_resolver=default_type_resolver,
    )


@pytest.mark.parametrize(
    "name", ["Cat", "Dog", "Other", "Named", "Nothing", None, 5, ["Cat"], Undefined]
)
def test_abstract_types_with_a_function(name: Any) -> None:
    """
    The type is what ``resolve_type`` says, or the error is graphql-core's.
    """
    schema = pets(resolve_type=lambda value, info, type_: name)

    same(schema, PETS_QUERY, {"named": {"name": "x"}, "pets": []})
    same(
        pets(),
        PETS_QUERY,
        {"pets": [{"name": "x"}]},
        type_resolver=lambda value, info, type_: name,
    )


def test_abstract_types_whose_function_returns_the_type() -> None:
    """
    Is refused in the words of the installed line.
    """
    schema = pets(resolve_type=lambda value, info, _: info.schema.get_type("Cat"))

    result = same(schema, "{ named { name } }", {"named": {"name": "x"}})

    assert ("removed in GraphQL-core 3.2" in str(result.errors)) is not IS_33


def test_types_that_are_asked() -> None:
    """
    ``is_type_of`` finds the type, and refuses what is not of it.
    """

    def is_cat(value: Any, info: Any) -> Any:
        if value == {"name": "error"}:
            raise ValueError("asked")
        return value.get("name") == "cat"

    schema = pets(is_cat=is_cat, is_dog=lambda value, info: info.path is not None)
    cat, dog, error = {"name": "cat"}, {"name": "dog"}, {"name": "error"}

    for value in (cat, dog, error, None, ValueError("returned")):
        same(schema, PETS_QUERY, {"named": value, "pets": [value]})
        same(schema, "{ cat { name } }", {"cat": value})
        same(schema, "{ cats { name } }", {"cats": [value, cat, value]})
    same(schema, "{ cat { name } }", {"cat": lambda info: cat})
    same(schema, "{ named { name } }", {"named": lambda info: dog})


def test_nulls_go_up_to_where_they_may_be() -> None:
    """
    With the errors, and what else was asked, of graphql-core.
    """
    schema = build_schema(
        """
        type Query { a: A  as: [A!]  ass: [[A!]!]  must: A! list: [A]! }
        type A { n: Int!  a: A!  maybe: A  text: String }
        """
    )
    bad: Dict[str, Any] = {"text": "t", "n": None}
    good: Dict[str, Any] = {"text": "t", "n": 1, "maybe": bad}
    root = {
        "a": {"a": {"a": bad}, "text": KeyError("k"), "n": 1, "maybe": good},
        "as": [good, bad, good],
        "ass": [[good], [bad], None],
        "must": {"maybe": bad, "n": "x"},
        "list": [good, ValueError("v"), bad, 5],
    }

    same(schema, "{ a { text a { a { n } } maybe { maybe { n } } } }", root)
    same(schema, "{ as { text maybe { n } n } }", root)
    same(schema, "{ ass { text n } }", root)
    same(schema, "{ list { text n } must { maybe { n } } }", root)
    assert same(schema, "{ a { text } must { n } }", root).data is None
    assert same(schema, "{ must { maybe { n } a { n } } }", root).data is None


def test_errors_of_many_fields() -> None:
    """
    Come in the order of the installed line: met first, or first in the document.
    """
    schema = build_schema("type Query { a: Int b: Query c: Int }")
    root: Dict[str, Any] = {"a": ValueError("a"), "c": ValueError("c")}
    root["b"] = {**root, "b": root}

    result = same(schema, "{ c ...F b { b { a } c } } fragment F on Query { a }", root)

    assert result.errors is not None
    assert len(result.errors) == 4


def test_errors_that_know_their_place_keep_it() -> None:
    """
    An error raised with nodes and a path is not located anew.
    """
    error = GraphQLError("elsewhere", path=["x"], extensions={"code": "C"})
    schema = query_type(
        a=field(GraphQLString, resolve=lambda *_: error),
        b=field(GraphQLString, resolve=lambda *_: GraphQLError("here")),
    )

    result = same(schema, "{ a b }")

    assert result.errors is not None
    assert {tuple(found.path or ()) for found in result.errors} == {("x",), ("b",)}


def test_exceptions_that_are_no_errors() -> None:
    """
    Whoever ends the program ends the execution.
    """

    def resolve(*_: Any) -> Any:
        raise KeyboardInterrupt

    schema = query_type(a=field(GraphQLString, resolve=resolve))

    with pytest.raises(KeyboardInterrupt):
        compiled(schema, "{ a }").execute()


def upper(next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
    value = next_(source, info, **arguments)
    return value.upper() if isinstance(value, str) else value


@pytest.mark.parametrize(
    "middleware", [[], [upper], (upper,), MiddlewareManager(upper), MiddlewareManager()]
)
def test_middleware(middleware: Any) -> None:
    """
    Wraps every resolver: own ones, the default one and ``__typename``.
    """
    schema = build_schema("type Query { a: String b: Query c: String }")
    schema.query_type.fields["c"].resolve = lambda *_: "c"  # type: ignore[union-attr]

    same(
        schema,
        "{ a b { a } __typename c }",
        {"a": "x", "b": Attributes(a="y")},
        middleware=middleware,
    )


def test_a_resolver_for_fields_without_one() -> None:
    """
    Is called instead of the default one.
    """
    schema = build_schema("type Query { a: String b: Query }")

    same(
        schema,
        "{ a b { a } }",
        {},
        field_resolver=lambda source, info: info.path.as_list()[-1],
    )
    same(schema, "{ a }", {"a": "x"}, field_resolver=default_field_resolver)


def test_introspection() -> None:
    """
    Gives what it gives in graphql-core.
    """
    schema = pets()

    same(schema, get_introspection_query())
    same(schema, '{ __type(name: "Cat") { name } t: __type(name: "X") { name } }')
    same(schema, "{ other { __type { name } __schema { name } __typename } }")


def test_mutations() -> None:
    """
    Execute as queries do, on the type of mutations.
    """
    same(CONDITIONS, "mutation { b: a a }", {"a": "x"})
    same(CONDITIONS, "mutation { b: a a }", UserDict({"a": "x"}))
    same(CONDITIONS, "mutation { b: a a }", {"a": ValueError("x")})


def test_subscriptions() -> None:
    """
    The operation is what is executed for each event.
    """
    schema = build_schema("type Query { a: Int } type Subscription { n: Int m: Int }")
    operation = compiled(schema, "subscription ($m: Int) { n }")
    variables = operation.coerce({})

    results: List[Any] = [operation.run({"n": n}, None, variables) for n in range(3)]

    assert [result.data for result in results] == [{"n": 0}, {"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    "query",
    [
        "{ a ... @defer { b { a } } }",
        "{ b { ...F } } fragment F on Query { ... on Query { b @stream { a } } }",
        "query @experimental_disableErrorPropagation { a }",
        "mutation { a }",
        "subscription { a }",
    ],
)
def test_operations_that_are_left_to_graphql_core(query: str) -> None:
    """
    What is more than this executor does, or cannot be executed, is not compiled.
    """
    schema = build_schema("type Query { a: String b: Query }")
    document = parse(query)
    operation: Any = document.definitions[0]

    assert compile_operation(schema, document, operation) is None


def test_variables_of_fragments() -> None:
    """
    Are left to graphql-core as well.
    """
    option: Any = (
        {"experimental_fragment_arguments": True}
        if IS_33
        else {"allow_legacy_fragment_variables": True}
    )
    document = parse("{ ...F } fragment F($a: Int) on Query { a }", **option)
    operation: Any = document.definitions[0]

    assert compile_operation(CONDITIONS, document, operation) is None


def test_a_schema_that_is_not_valid() -> None:
    """
    Is refused, as by ``execute``.
    """
    schema = GraphQLSchema()
    document = parse("{ a }")
    operation: Any = document.definitions[0]

    with pytest.raises(TypeError, match="Query root type must be provided"):
        compile_operation(schema, document, operation)


def test_types_of_leaves_beside_each_other() -> None:
    """
    Values that stand for themselves are passed on as they are.
    """
    schema = query_type(
        texts=field(GraphQLList(GraphQLString)),
        answers=field(GraphQLList(GraphQLNonNull(GraphQLBoolean))),
        ids=field(GraphQLList(GraphQLID)),
        floats=field(GraphQLList(GraphQLFloat)),
    )
    root = {
        "texts": ["a", 1, None],
        "answers": [True, 0],
        "ids": [1, "b"],
        "floats": [1, 1.5, float("nan"), True],
    }

    same(schema, "{ texts answers ids floats }", root)
