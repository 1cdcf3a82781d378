"""The compiled executor beside graphql-core's own, on operations made by chance.

What resolvers return is made by chance as well, wrong and missing values, exceptions
and awaitables among it.  It depends on nothing but a seed and the position in the
response, so both executors are given the same.
"""

from __future__ import annotations

import asyncio
import gc
import random
import re
import warnings
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Optional, Sequence

import anyio
import graphql
import pytest
from graphql import (
    GraphQLError,
    GraphQLSchema,
    build_schema,
    execute,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
    parse,
    validate,
)
from graphql.pyutils import Undefined, is_awaitable

from starlette._graphql.executor import compile_operation

IS_33 = graphql.version_info >= (3, 3)
SDL = """
interface Node { id: ID!  self: Node }
interface Named { name(upper: Boolean = false): String  twin: Named! }
union Thing = Cat | Dog | Box
enum Color { RED GREEN BLUE }
scalar Anything
input Filter { color: Color = RED, words: [String!], deep: Filter, n: Int! = 3 }

type Cat implements Node & Named {
    id: ID!  self: Node  name(upper: Boolean = false): String  twin: Named!
    lives: Int!  weight: Float  tame: Boolean!  color: Color  anything: Anything
    friends(first: Int, filter: Filter): [Cat!]
    box: Box!
}
type Dog implements Named {
    name(upper: Boolean = false): String  twin: Named!
    toys: [[Thing!]]!  words(like: [String!] = ["a"]): [String!]
    owner(id: ID!): Node!  color: Color!
}
type Box implements Node {
    id: ID!  self: Node  content: [Thing]  numbers: [Int!]!  names: [String]
    parent: Box
}
type Query { cat(id: ID): Cat  things(filter: Filter): [Thing!]  node: Node  box: Box! }
type Mutation { cat(id: ID): Cat  things(filter: Filter): [Thing!]  box: Box! }
"""
VARIABLES = (
    "$yes: Boolean!, $no: Boolean = false, $n: Int, $id: ID = 7, $filter: Filter,"
    " $color: Color, $words: [String!]"
)


class Thing:
    """A value that is no mapping."""

    def __init__(self, values: Dict[str, Any]) -> None:
        vars(self).update(values)


class Later:
    """An awaitable that is no coroutine."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Any:
        return later(self.value, 1).__await__()


async def later(value: Any, steps: int) -> Any:
    for _ in range(steps):
        await anyio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


async def one_by_one(values: List[Any], fails: bool) -> Any:
    for value in values:
        await anyio.sleep(0)
        yield value
    if fails:
        raise ValueError("no more")


class World:
    """Values by chance, the same ones for the same seed and position."""

    def __init__(self, schema: GraphQLSchema, seed: int, is_async: bool) -> None:
        self.schema = schema
        self.seed = seed
        self.is_async = is_async
        self.made: List[Any] = []

    def clear(self) -> None:
        """Close what was made for fields that nobody asked for."""
        for coroutine in self.made:
            coroutine.close()
        self.made.clear()

    def root(self, type_: Any) -> Any:
        return self.instance(random.Random(self.seed), type_, 3)

    def value(
        self, rng: random.Random, type_: Any, depth: int, is_fresh: bool = False
    ) -> Any:
        chance = rng.random()
        if chance < 0.02:
            return ValueError(f"returned {rng.random()}")
        if chance < 0.07:
            return None
        if chance < 0.075:
            return Undefined
        if self.is_async and chance > 0.8:
            awaited = self.settled(rng, type_, depth, is_fresh)
            if rng.random() < 0.1:
                awaited = GraphQLError(f"awaited {rng.random()}")
            # What is read more than once has to be awaited more than once.
            if is_fresh and rng.random() < 0.8:
                self.made.append(later(awaited, rng.randrange(3)))
                return self.made[-1]
            return Later(awaited)
        return self.settled(rng, type_, depth, is_fresh)

    def settled(
        self, rng: random.Random, type_: Any, depth: int, is_fresh: bool
    ) -> Any:
        type_ = get_nullable_type(type_)
        if is_list_type(type_):
            return self.items(rng, type_.of_type, depth, is_fresh)
        if is_leaf_type(type_):
            return self.leaf(rng, type_)
        if is_abstract_type(type_):
            possible = sorted(t.name for t in self.schema.get_possible_types(type_))
            name = rng.choice(possible)
            value = self.instance(rng, self.schema.type_map[name], depth)
            if rng.random() < 0.06:
                wrong: List[Any] = ["Query", "Color", "Nothing", 5, None, b"Cat"]
                name = rng.choice(wrong)
            if isinstance(value, dict):
                value["__typename"] = name
            elif isinstance(value, Thing):
                vars(value)["_Thing__typename"] = name
            return value
        return self.instance(rng, type_, depth)

    def items(self, rng: random.Random, type_: Any, depth: int, is_fresh: bool) -> Any:
        values = [
            self.value(rng, type_, depth - 1, is_fresh) for _ in range(rng.randrange(4))
        ]
        chance = rng.random()
        if self.is_async and is_fresh and chance < 0.15 and IS_33:
            # 3.2 leaves coroutines in the data, if items were awaitable.
            return one_by_one(values, chance < 0.05)
        if any(is_awaitable(value) for value in values):
            return values
        if chance < 0.2:
            return rng.choice(["text", 5, {"a": 1}, b"bytes"])
        if chance < 0.3:
            return tuple(values)
        if is_fresh and chance < 0.4:
            return (value for value in values)
        return values

    def leaf(self, rng: random.Random, type_: Any) -> Any:
        chance = rng.random()
        if chance < 0.1:
            return rng.choice(["", [], object, 1.5, 2**40, float("inf"), True, "7"])
        if is_enum_type(type_):
            return rng.choice(["RED", "GREEN", "BLUE"])
        made: Dict[str, Callable[[], Any]] = {
            "ID": lambda: rng.choice(["x", 5]),
            "Int": lambda: rng.randrange(9),
            "Float": lambda: rng.choice([1.5, 2]),
            "Boolean": lambda: rng.choice([True, False]),
            "Anything": lambda: rng.choice([{"a": [1]}, [None], "x", 5]),
        }
        return made.get(type_.name, lambda: "text")()

    def instance(self, rng: random.Random, type_: Any, depth: int) -> Any:
        values: Dict[str, Any] = {}
        for name, field in type_.fields.items():
            named = get_named_type(field.type)
            if depth <= 0 or rng.random() < 0.4:
                values[name] = self.method(field.type)
            elif is_leaf_type(named) or rng.random() < 0.7:
                values[name] = self.value(rng, field.type, depth - 1)
        if any(is_awaitable(value) for value in values.values()):
            return values
        chance = rng.random()
        if chance < 0.3:
            return Thing(values)
        if chance < 0.35:
            return MappingProxyType(values)
        return values

    def method(self, type_: Any) -> Callable[..., Any]:
        def resolve(info: Any, **arguments: Any) -> Any:
            return self.resolved(info, type_, arguments)

        return resolve

    def resolved(self, info: Any, type_: Any, arguments: Any) -> Any:
        rng = random.Random(f"{self.seed} {info.path.as_list()} {arguments}")
        if rng.random() < 0.04:
            raise rng.choice([ValueError, GraphQLError])(f"raised {rng.random()}")
        return self.value(rng, type_, 1, True)


def make_schema(world_of: Callable[[], World], seed: int, is_async: bool) -> Any:
    """The schema, some of its fields and types with functions of their own."""
    schema = build_schema(SDL)
    rng = random.Random(seed)

    def resolver(type_: Any) -> Callable[..., Any]:
        def resolve(source: Any, info: Any, **arguments: Any) -> Any:
            return world_of().resolved(info, type_, arguments)

        async def resolve_later(source: Any, info: Any, **arguments: Any) -> Any:
            value = world_of().resolved(info, type_, arguments)
            await anyio.sleep(0)
            return await value if is_awaitable(value) else value

        return resolve_later if is_async and rng.random() < 0.4 else resolve

    for type_ in schema.type_map.values():
        if type_.name.startswith("__") or not is_object_type(type_):
            continue
        for field in type_.fields.values():
            if rng.random() < 0.2:
                field.resolve = resolver(field.type)
        if rng.random() < 0.15:
            type_.is_type_of = lambda value, info: not isinstance(value, Thing)
    return schema


class Query:
    """A document by chance."""

    def __init__(self, schema: GraphQLSchema, rng: random.Random) -> None:
        self.schema = schema
        self.rng = rng
        self.fragments: List[str] = []
        self.size = 0

    def text(self, kind: str) -> str:
        root = self.schema.type_map[kind.capitalize()]
        body = self.selections(root, 4)
        names = re.findall(r"\$\w+", " ".join([body, *self.fragments]))
        used = [part for part in VARIABLES.split(", ") if part.split(":")[0] in names]
        head = f"{kind}({', '.join(used)})" if used else kind
        return " ".join([head, body, *self.fragments])

    def selections(self, type_: Any, depth: int) -> str:
        parts = [self.selection(type_, depth) for _ in range(self.rng.randrange(1, 5))]
        return "{ " + " ".join(["__typename", *parts]) + " }"

    def selection(self, type_: Any, depth: int) -> str:
        self.size += 1
        chance = self.rng.random()
        if chance < 0.15 and depth > 0 and self.size < 60:
            inner = self.narrowed(type_)
            on = f"on {inner.name}" if inner is not type_ or chance < 0.1 else ""
            body = self.selections(inner, depth - 1)
            return f"... {on} {self.directive()} {body}"
        if chance < 0.3 and depth > 0 and self.size < 60:
            inner = self.narrowed(type_)
            body = self.selections(inner, depth - 1)
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {inner.name} {body}")
            return f"...{name} {self.directive()} ...{name}"
        fields = getattr(type_, "fields", {})
        if not fields:
            return "__typename"
        name = self.rng.choice(sorted(fields))
        field = fields[name]
        named = get_named_type(field.type)
        arguments = self.arguments(name)
        # The same key for different types would not be valid.
        key = f"{type_.name}_{name}_{sum(map(ord, arguments))}"
        body = ""
        if not is_leaf_type(named):
            if depth <= 0:
                return "__typename"
            body = self.selections(named, depth - 1)
        return f"{key}: {name}{arguments} {self.directive()} {body}"

    def narrowed(self, type_: Any) -> Any:
        if is_abstract_type(type_):
            return self.rng.choice(list(self.schema.get_possible_types(type_)))
        return self.rng.choice([type_, *getattr(type_, "interfaces", ())])

    def directive(self) -> str:
        return self.rng.choice(
            [""] * 8
            + ["@skip(if: $yes)", "@include(if: $yes)", "@skip(if: $no)"]
            + ["@include(if: true) @skip(if: $no)", "@skip(if: true)"]
        )

    def arguments(self, name: str) -> str:
        choices = {
            "name": ["", "(upper: true)", "(upper: $yes)"],
            "friends": ["", "(first: 2)", "(first: $n, filter: {color: BLUE})"],
            "words": ["", '(like: ["b"])', "(like: $words)"],
            "owner": ["(id: 5)", "(id: $id)"],
            "cat": ["", '(id: "c")', "(id: $id)"],
            "things": ["", "(filter: $filter)", "(filter: {n: 2, color: $color})"],
        }
        return self.rng.choice(choices.get(name, [""]))


def ordered(value: Any) -> Any:
    """*value*, with mappings as lists: their order counts."""
    if isinstance(value, dict):
        return [(key, ordered(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [ordered(item) for item in value]
    return value


def told(result: Any, is_async: bool) -> Any:
    """What *result* says, in a form that can be compared.

    Which errors of those below a null position came first is a matter of time, if
    anything was awaited; so are the tasks of trio, which run in an order by chance.
    """
    errors = [
        (
            error.message,
            error.path,
            error.locations,
            type(error.original_error),
            len(error.nodes or ()),
        )
        for error in result.errors or ()
    ]
    if is_async:
        nulls = [null_position(result.data, error[1]) for error in errors]
        return ordered(result.data), {
            repr(error if error[1] == null else null)
            for error, null in zip(errors, nulls)
        }
    return ordered(result.data), errors


def null_position(data: Any, path: Optional[List[Any]]) -> Optional[List[Any]]:
    """The part of *path* that leads to a null."""
    for length, key in enumerate(path or ()):
        if data is None:
            return (path or [])[:length]
        data = data[key]
    return path


def theirs(schema: Any, document: Any, world: World, raw: Any) -> Any:
    """What graphql-core makes of it, on asyncio, as ``told``."""

    async def main() -> Any:
        result = execute(schema, document, world.root(root_type), {}, raw)
        return await result if is_awaitable(result) else result

    operation = document.definitions[0]
    root_type = schema.get_root_type(operation.operation)
    with warnings.catch_warnings():
        # It leaves what it gives up without closing it, and the tracebacks of its
        # errors refer to that: so nothing of the result is kept.
        warnings.simplefilter("ignore")
        said = told(asyncio.run(main()), world.is_async)
        world.clear()
        if world.is_async:
            gc.collect()
    return said


def ours(schema: Any, document: Any, world: World, raw: Any, backend: str) -> Any:
    """What the compiled executor makes of it; twice, the second time warmed up."""
    operation = document.definitions[0]
    compiled = compile_operation(schema, document, operation)
    assert compiled is not None
    root_type = schema.get_root_type(operation.operation)

    async def main() -> Any:
        result = compiled.execute(world.root(root_type), {}, raw)
        result = await result if is_awaitable(result) else result
        world.clear()
        return result

    return anyio.run(main, backend=backend), anyio.run(main, backend=backend)


def check(seed: int, is_async: bool, backends: Sequence[str]) -> bool:
    """Compare the two on one document; return whether it was a valid one."""
    worlds: List[World] = []
    schema = make_schema(lambda: worlds[0], seed, is_async)
    rng = random.Random(seed)
    text = Query(schema, rng).text("mutation" if seed % 7 == 0 else "query")
    document = parse(text)
    if validate(schema, document):  # pragma: no cover (not with the seeds here)
        return False
    raw: Dict[str, Any] = {"yes": rng.random() < 0.5, "n": rng.choice([1, None])}
    if rng.random() < 0.5:
        raw["filter"] = {"words": ["a"], "deep": {"n": 1}}
    if rng.random() < 0.1:
        raw["n"] = "one"
    worlds.append(World(schema, seed, is_async))
    expected = theirs(schema, document, worlds[0], raw)

    for backend in backends:
        for result in ours(schema, document, worlds[0], raw, backend):
            assert told(result, is_async) == expected, text
    return True


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_synchronous_operations_by_chance(first: int) -> None:
    """
    Data, its order, and the errors in their order are those of graphql-core.
    """
    valid = sum(check(seed, False, ["asyncio"]) for seed in range(first, first + 20))

    assert valid > 10


@pytest.mark.parametrize("first", range(1000, 1040, 10))
def test_asynchronous_operations_by_chance(first: int) -> None:
    """
    Data and errors are those of graphql-core, which knows asyncio only.
    """
    backends = ["asyncio", "trio"]
    valid = sum(check(seed, True, backends) for seed in range(first, first + 10))

    assert valid > 5
