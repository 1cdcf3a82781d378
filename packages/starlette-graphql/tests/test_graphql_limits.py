"""What a request may ask for, and what it takes to find out."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest
from graphql import get_introspection_query

from starlette._graphql.engine import Engine
from starlette._graphql.request import GraphQLRequest
from starlette.graphql import GraphQLApp, GraphQLLimits

pytestmark = pytest.mark.anyio

SDL = """
interface Named { name: String }
type Thing implements Named {
  name: String
  thing(first: Int): Thing
  things(first: Int, last: Int = 3, filter: String): [Thing!]!
  matrix: [[Thing]]
  found(by: By): Thing
}
input By { name: String }
union Any = Thing
type Query { thing: Thing a: Int b: Int list(first: Int): List any: Any }
type List { items: [Thing] total: Int }
type Mutation { a: Int }
"""


def engine_of(**limits: Any) -> Engine:
    return GraphQLApp(SDL, limits=GraphQLLimits(**limits)).engine


async def ask(
    engine: Engine, query: str, variables: Optional[Dict[str, Any]] = None
) -> List[Any]:
    """Return the errors."""
    outcome = await engine.run(GraphQLRequest(query, variables), {})
    assert outcome.payload is not None
    errors: List[Any] = outcome.payload.get("errors", [])
    return errors


@pytest.mark.parametrize(
    "limit, allowed, refused, what",
    [
        (
            {"depth": 2},
            "{ thing { name } }",
            "{ thing { thing { name } } }",
            "nested fields",
        ),
        (
            {"depth": 2},
            "{ thing { ...F } } fragment F on Thing { name }",
            "{ thing { ...F } } fragment F on Thing { thing { name } }",
            "nested fields",
        ),
        ({"aliases": 1}, "{ x: a b }", "{ x: a y: b }", "aliases"),
        (
            {"aliases": 3},
            "{ thing { ...F } } fragment F on Thing { x: name y: name }",
            "{ thing { ...F thing { ...F } } } fragment F on Thing { x: name y: name }",
            "aliases",
        ),
        ({"root_fields": 1}, "{ a }", "{ a b }", "fields at its root"),
        (
            {"root_fields": 1},
            "{ ...F } fragment F on Query { a }",
            "{ a ... on Query { ... { b } } }",
            "fields at its root",
        ),
        (
            {"directives": 1},
            "{ a @skip(if: true) }",
            "{ a @skip(if: true) b @skip(if: true) }",
            "directives",
        ),
        (
            {"directives": 1},
            "query @skip(if: true) { a }",
            "query ($v: Int @x) @y { a }",
            "directives",
        ),
        (
            {"directives": 1},
            "{ ...F @skip(if: true) } fragment F on Query { a }",
            "{ ...F @skip(if: true) ... @skip(if: true) { b } } "
            "fragment F on Query { a }",
            "directives",
        ),
        ({"selections": 3}, "{ a b }", "{ a b ... { a b } }", "selections"),
        (
            {"selections": 2},
            "{ a } fragment F on Query { a b }",
            "{ a } fragment F on Query { a b thing { name } }",
            "selections",
        ),
        (
            {"selections": 1},
            "{ a }",
            "query A { a } query B { a } query C { a } query D { a } query E { a }",
            "selections",
        ),
        ({"repeats": 1}, "{ a a }", "{ a a a }", "fields of the same name"),
        (
            {"repeats": 2},
            "{ thing { name } thing { name } }",
            "{ thing { name } ...F } fragment F on Query { x: thing { thing { name } } "
            "thing { name ... on Thing { name name } } }",
            "fields of the same name",
        ),
        (
            {"repeats": 1},
            "{ a } fragment F on Query { a a }",
            "{ a } fragment F on Query { ... { a } ...G } "
            "fragment G on Query { thing { name } a a }",
            "fields of the same name",
        ),
        ({"tokens": 4}, "{ a b }", "{ a b a }", ""),
        ({"characters": 8}, "{ a b  }", "{ a b   }", "characters"),
    ],
)
async def test_limit_is_the_last_that_is_allowed(
    limit: Any, allowed: str, refused: str, what: str
) -> None:
    """
    One more is an error that says what there is too much of, and where it ends.
    """
    engine = engine_of(**limit)
    fine = await ask(engine, allowed)
    (error,) = await ask(engine, refused)

    assert "too many" not in str(fine)
    assert (what or "contains more") in error["message"]
    if what:
        assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
        assert (
            str(next(iter(limit.values()))) in error["message"] or what == "selections"
        )


async def test_limits_can_be_off() -> None:
    """
    None is no bound.
    """
    engine = engine_of(
        characters=None,
        tokens=None,
        depth=None,
        aliases=None,
        root_fields=None,
        directives=None,
        selections=None,
        repeats=None,
    )
    query = "{ thing { " + " ".join(f"a{i}: name" for i in range(200)) + " } }"

    assert await ask(engine, query) == []


async def test_fragments_in_a_chain_are_fine() -> None:
    """
    Many of them, with fields of the same name, which validation compares once.
    """
    query = "{ thing { ...F0 } } " + " ".join(
        f"fragment F{i} on Thing {{ name thing {{ name }} ...F{i + 1} }}"
        for i in range(80)
    )

    assert await ask(engine_of(), query + "fragment F80 on Thing { name }") == []


async def test_introspection_of_tools_is_within_all_limits() -> None:
    """
    The longest query that they send.
    """
    query = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )

    assert await ask(engine_of(cost=1), query) == []


@pytest.mark.parametrize(
    "query",
    [
        "{ " + "a " * 900 + "}",
        "{ thing { " + "name " * 9000 + "} }",
        "{ thing { " + "thing { name } " * 2000 + "} }",
        "{ ...F0 } "
        + " ".join(
            f"fragment F{i} on Thing {{"
            f" thing {{ ...F{i + 1} }} x: thing {{ ...F{i + 1} }} }}"
            for i in range(150)
        )
        + "fragment F150 on Thing { name }",
        "{ ...F0 } "
        + " ".join(f"fragment F{i} on Query {{ ...F{i + 1} a }}" for i in range(1000)),
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ thing { ...A } } fragment A on Thing { thing { ...A } }",
        "{ thing { ...A } } fragment A on Thing { thing { ...B } } "
        "fragment B on Thing { thing { ...A } }",
        "{ a } fragment A on Thing { thing { ...A } }",
        "{ thing { "
        + " ".join(f"...F{i % 40}" for i in range(3000))
        + " } } "
        + " ".join(f"fragment F{i} on Thing {{ name }}" for i in range(40)),
        " ".join(f"query Q{i} {{ ...F0 }}" for i in range(500))
        + " ".join(f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(200))
        + "fragment F200 on Query { a }",
    ],
    ids=[
        "root",
        "leaves",
        "nested",
        "doubling",
        "chain",
        "cycle",
        "cycle-through-a-field",
        "cycle-through-fields",
        "cycle-of-none",
        "spreads",
        "operations",
    ],
)
async def test_hostile_document_is_refused(query: str) -> None:
    """
    Before validation, which would take a time that grows with its square.
    """
    (error, *_) = await ask(engine_of(), query)

    assert error["message"]


async def test_value_with_many_errors_has_a_few() -> None:
    """
    Each may quote the whole value, so that a hundred would be a long answer.
    """
    fields = " ".join(f"x{i}: 1" for i in range(80))
    query = f"{{ thing {{ found(by: {{ {fields} }}) found(by: {{ y: 1 }}) }} }}"
    answer = await ask(engine_of(), query)

    assert any("x0" in error["message"] for error in answer)
    assert any("'y'" in error["message"] for error in answer)
    assert len(str(answer)) < 25 * len(query)


async def test_fragments_that_are_no_operation_do_not_matter() -> None:
    """
    Definitions of types in a document are for validation to refuse.
    """
    (error, *_) = await ask(engine_of(), "type X { a: Int } { a ...Nope }")

    assert "not executable" in error["message"]


@pytest.mark.parametrize(
    "query, variables, cost",
    [
        ("{ a b }", {}, 2),
        ("{ thing { name } }", {}, 2),
        ("mutation { a }", {}, 1),
        ("{ thing { things(first: 7) { name } } }", {}, 1 + 1 + 7),
        ("{ thing { things { name } } }", {}, 1 + 1 + 3),
        ("{ thing { things(last: null) { name } } }", {}, 1 + 1 + 10),
        ("{ thing { things(first: 2, last: 5) { name } } }", {}, 1 + 1 + 5),
        ('{ thing { things(filter: "x", last: -5) { name } } }', {}, 1 + 1),
        ("{ thing { matrix { name } } }", {}, 1 + 1 + 100),
        (
            "query($n: Int) { thing { things(last: $n) { name } } }",
            {"n": 20},
            1 + 1 + 20,
        ),
        (
            "query($n: Int) { thing { things(last: $n) { name } } }",
            {"n": 20.0},
            1 + 1 + 20,
        ),
        ("query($n: Int = 4) { thing { things(last: $n) { name } } }", {}, 1 + 1 + 4),
        ("query($n: Int) { thing { things(last: $n) { name } } }", {}, 1 + 1 + 3),
        (
            "query($n: Int) { thing { things(last: $n) { name } } }",
            {"n": "x"},
            1 + 1 + 10,
        ),
        ("{ list { items { name } total } }", {}, 1 + (1 + 10) + 1),
        ("{ list(first: 5) { items { name } total } }", {}, 1 + 5 * ((1 + 1) + 1)),
        (
            "{ list(first: 5) { ...F } } fragment F on List { items { name } }",
            {},
            1 + 5 * 2,
        ),
        (
            "{ thing { ...F ...F } } "
            "fragment F on Thing { ... { name } ... on Named { name } }",
            {},
            1 + 4,
        ),
        ("{ any { __typename } __schema { types { name } } }", {}, 1),
    ],
)
async def test_cost_counts_what_lists_may_hold(
    query: str, variables: Dict[str, Any], cost: int
) -> None:
    """
    What is inside of a list counts as often as its arguments say.
    """
    enough = await ask(engine_of(cost=cost), query, variables)
    short = (
        await ask(engine_of(cost=cost - 1), query, variables) if cost > 1 else enough
    )

    assert "cost" not in str(enough)
    if cost > 1:
        assert short == [
            {
                "message": "The document has too many units of cost: "
                f"at most {cost - 1} are allowed.",
                "extensions": {"code": "LIMIT_EXCEEDED"},
            }
        ]


async def test_cost_of_a_field_can_be_set() -> None:
    """
    By type and name.
    """
    costs = {"Thing.name": 50, "Query.thing": 7}
    enough = await ask(engine_of(cost=57, field_costs=costs), "{ thing { name } }")
    short = await ask(engine_of(cost=56, field_costs=costs), "{ thing { name } }")

    assert enough == []
    assert len(short) == 1


@pytest.mark.parametrize(
    "name, value",
    [
        ("tokens", 0),
        ("depth", -1),
        ("body", "1"),
        ("batch", True),
        ("list_size", 1.5),
        ("time", 0),
    ],
)
def test_limit_must_be_a_number(name: str, value: Any) -> None:
    """
    Above 0; anything else is the program's mistake.
    """
    with pytest.raises(ValueError, match=f"`{name}` must be a number above 0"):
        GraphQLLimits(**{name: value})
