"""The compiled executor, where something has to be awaited: on asyncio and on trio.

The expected data is written out here: graphql-core's own executor needs asyncio.
"""

from __future__ import annotations

import asyncio
import gc
import weakref
from types import coroutine
from typing import Any, AsyncIterator, Callable, Dict, List

import anyio
import anyio.lowlevel
import graphql
import pytest
from graphql import (
    ExecutionResult,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    build_schema,
    parse,
)

from starlette._graphql.executor import CompiledOperation, compile_operation
from starlette._graphql.executor.waiting import gather, track

pytestmark = pytest.mark.anyio

IS_33 = graphql.version_info >= (3, 3)
SCHEMA = build_schema(
    """
    type Query {
        a: String  b: String  must: String!  inner: Query  items: [Query!]
        texts: [String]  deep: [[String!]]  required: Query!
    }
    type Mutation { first: String  second: String  third: Query  must: String! }
    """
)


def compiled(schema: GraphQLSchema, query: str, **options: Any) -> CompiledOperation:
    document = parse(query)
    operation: Any = document.definitions[0]
    result = compile_operation(schema, document, operation, **options)
    assert result is not None
    return result


async def run(schema: GraphQLSchema, query: str, root: Any = None) -> ExecutionResult:
    result = compiled(schema, query).execute(root)
    assert not isinstance(result, ExecutionResult)
    return await result


def messages(result: ExecutionResult) -> List[Any]:
    return [(error.message, error.path) for error in result.errors or ()]


async def later(value: Any) -> Any:
    await anyio.lowlevel.checkpoint()
    if isinstance(value, Exception):
        raise value
    return value


class Awaited:
    """An awaitable that is no coroutine."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Any:
        return later(self.value).__await__()


@coroutine
def generated() -> Any:
    """A coroutine that is a generator."""
    yield from later("x").__await__()
    return "x"


@pytest.mark.parametrize("make", [later, Awaited, lambda value: generated()])
async def test_one_awaitable(make: Callable[[Any], Any]) -> None:
    """
    Is awaited, whatever kind of awaitable it is.
    """
    result = await run(SCHEMA, "{ b a must }", {"b": "y", "a": make("x"), "must": "z"})

    assert list(result.data or ()) == ["b", "a", "must"]
    assert result == ({"b": "y", "a": "x", "must": "z"}, None)


async def test_awaitables_everywhere() -> None:
    """
    Fields, objects, lists and items are put where they belong, in their order.
    """
    root = {
        "a": later("1"),
        "inner": later({"a": later("2"), "b": "3"}),
        "items": later([later({"a": later("4")}), {"a": later("5")}, {"a": "6"}]),
        "texts": [later("7"), "8", later(None)],
        "deep": [later([later("9")]), None, ["10"]],
        "required": Awaited({"must": later("11")}),
    }

    result = await run(
        SCHEMA,
        "{ a inner { a b } items { a } texts deep required { must } }",
        root,
    )

    assert result.errors is None
    assert result.data == {
        "a": "1",
        "inner": {"a": "2", "b": "3"},
        "items": [{"a": "4"}, {"a": "5"}, {"a": "6"}],
        "texts": ["7", "8", None],
        "deep": [["9"], None, ["10"]],
        "required": {"must": "11"},
    }
    assert next(iter(result.data or ())) == "a"


async def test_awaitables_of_objects_with_attributes() -> None:
    """
    Are awaited as those of mappings are.
    """

    class Inner:
        b = "2"

        async def a(self, info: Any) -> str:
            return str(info.path.as_list())

    result = await run(SCHEMA, "{ inner { a b } }", {"inner": Inner()})

    assert result.data == {"inner": {"a": "['inner', 'a']", "b": "2"}}


async def test_fields_wait_for_each_other() -> None:
    """
    They run at the same time, and so do the items of a list.
    """
    met = anyio.Event()

    async def wait() -> str:
        with anyio.fail_after(60):
            await met.wait()
        return "waited"

    async def meet() -> str:
        met.set()
        return "met"

    result = await run(SCHEMA, "{ a b }", {"a": wait(), "b": meet()})
    met = anyio.Event()
    listed = await run(SCHEMA, "{ texts }", {"texts": [wait(), "x", meet()]})

    assert result.data == {"a": "waited", "b": "met"}
    assert listed.data == {"texts": ["waited", "x", "met"]}


async def test_errors_of_awaitables() -> None:
    """
    Make null what may be null, and go up where nothing may be.
    """
    root: Dict[str, Any] = {
        "a": later(ValueError("a")),
        "inner": {"must": later(ValueError("must")), "a": "x"},
        "items": [{"must": "x"}, {"must": later(None)}],
        "texts": [later(ValueError("text")), later("x"), later({})],
        "deep": [[later("x")], [later(None)]],
    }

    result = await run(SCHEMA, "{ a inner { a must } items { must } texts deep }", root)

    assert result.data == {
        "a": None,
        "inner": None,
        "items": None,
        "texts": [None, "x", None],
        "deep": [["x"], None],
    }
    assert sorted(messages(result), key=repr) == [
        ("Cannot return null for non-nullable field Query.deep.", ["deep", 1, 0]),
        ("Cannot return null for non-nullable field Query.must.", ["items", 1, "must"]),
        ("String cannot represent value: {}", ["texts", 2]),
        ("a", ["a"]),
        ("must", ["inner", "must"]),
        ("text", ["texts", 0]),
    ]


async def test_an_error_that_reaches_the_root() -> None:
    """
    Leaves no data, but the errors that came before.
    """
    result = await run(
        SCHEMA, "{ a must }", {"a": ValueError("a"), "must": later(ValueError("must"))}
    )

    assert result.data is None
    assert sorted(messages(result)) == [("a", ["a"]), ("must", ["must"])]


async def test_what_goes_on_when_a_sibling_fails() -> None:
    """
    Is cancelled, and has ended before the error goes up.
    """
    log: List[str] = []
    begun = anyio.Event()

    async def endless() -> None:
        begun.set()
        try:
            await anyio.sleep_forever()
        finally:
            log.append("ended")

    async def fail() -> None:
        await begun.wait()
        raise ValueError("failed")

    root = {"inner": {"a": endless(), "must": fail()}, "b": "x"}
    result = await run(SCHEMA, "{ inner { a must } b }", root)

    assert result.data == {"inner": None, "b": "x"}
    assert messages(result) == [("failed", ["inner", "must"])]
    assert log == ["ended"]


async def test_a_caller_that_is_cancelled() -> None:
    """
    Nothing of the execution goes on.
    """
    log: List[str] = []

    async def endless(name: str) -> None:
        log.append(f"{name} began")
        try:
            await anyio.sleep_forever()
        finally:
            log.append(f"{name} ended")

    root = {"a": endless("a"), "inner": {"b": endless("b")}}
    async with anyio.create_task_group() as group:
        group.start_soon(run, SCHEMA, "{ a inner { b } }", root)
        while len(log) < 2:
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()

    assert sorted(log) == ["a began", "a ended", "b began", "b ended"]


async def test_awaitables_that_nobody_awaits() -> None:
    """
    An error that is met before anything is awaited: what was not begun is closed.
    """
    log: List[str] = []

    async def resolve(info: Any) -> None:
        log.append("began")  # pragma: no cover (which must not happen)

    root = {
        "inner": {"a": resolve, "must": ValueError("must"), "items": [later(1)]},
        "items": [{"a": resolve, "b": Awaited("x")}, {"must": None}],
        "texts": iter([later("x"), later(ValueError("text"))]),
    }
    document = "{ inner { items { a } a must } items { a b must } texts }"
    result = await run(SCHEMA, document, root)
    sync = compiled(SCHEMA, "{ inner { a must } }").execute(root)
    gc.collect()

    assert result.data == {"inner": None, "items": None, "texts": ["x", None]}
    assert isinstance(sync, ExecutionResult)
    assert log == []


async def texts_of(*values: Any) -> AsyncIterator[Any]:
    for value in values:
        await anyio.lowlevel.checkpoint()
        yield value


async def test_asynchronous_iterables() -> None:
    """
    Are lists, of items that may have to be awaited.
    """
    none = await run(SCHEMA, "{ texts }", {"texts": texts_of()})
    plain = await run(SCHEMA, "{ texts }", {"texts": texts_of("a", None, 5)})
    one = await run(SCHEMA, "{ texts }", {"texts": texts_of("a", later("b"))})
    two = await run(SCHEMA, "{ texts }", {"texts": texts_of(later("a"), later("b"))})
    items = await run(SCHEMA, "{ items { a } }", {"items": texts_of({"a": later("b")})})

    assert none.data == {"texts": []}
    assert plain.data == {"texts": ["a", None, "5"]}
    assert one.data == {"texts": ["a", "b"]}
    assert two.data == {"texts": ["a", "b"]}
    assert items.data == {"items": [{"a": "b"}]}


async def test_asynchronous_iterables_that_fail() -> None:
    """
    The error is the field's; an iterator that could go on is closed.
    """
    log: List[str] = []

    async def failing() -> AsyncIterator[Any]:
        yield "a"
        raise ValueError("no more")

    async def items() -> AsyncIterator[Any]:
        try:
            yield {"a": later("x"), "must": "x"}
            yield {"must": None}
        finally:
            log.append("closed")

    class Unclosable:
        def __aiter__(self) -> Any:
            return self

        async def __anext__(self) -> Any:
            return None

    failed = await run(SCHEMA, "{ texts }", {"texts": failing()})
    closed = await run(SCHEMA, "{ items { a must } }", {"items": items()})
    unclosed = await run(SCHEMA, "{ items { a } }", {"items": Unclosable()})
    gc.collect()

    assert messages(failed) == [("no more", ["texts"])]
    assert messages(closed)[0][1] == ["items", 1, "must"]
    assert messages(unclosed)[0][1] == ["items", 0]
    assert log == ["closed"]


async def test_what_can_be_iterated_both_ways() -> None:
    """
    Is taken as the installed line takes it.
    """

    class Both(List[str]):
        def __aiter__(self) -> AsyncIterator[str]:
            return texts_of("async").__aiter__()

    result: Any = compiled(SCHEMA, "{ texts }").execute({"texts": Both(["plain"])})
    if not isinstance(result, ExecutionResult):
        result = await result

    assert result.data == {"texts": ["async" if IS_33 else "plain"]}


async def test_scalars_that_have_to_be_awaited() -> None:
    """
    What a coercion returns is awaited as well.
    """
    schema = GraphQLSchema(
        GraphQLObjectType(
            "Query",
            {
                "a": GraphQLField(GraphQLScalarType("Later", later)),
                "b": GraphQLField(GraphQLNonNull(GraphQLScalarType("Soon", Awaited))),
            },
        )
    )

    result = await run(schema, "{ a b }", {"a": "x", "b": "y"})

    assert result.data == {"a": "x", "b": "y"}


def animals(**options: Any) -> GraphQLSchema:
    name = {"name": GraphQLField(GraphQLString)}
    named = GraphQLInterfaceType("Named", name, resolve_type=options.get("resolve"))
    cat, dog = (
        GraphQLObjectType(type_, name, [named], is_type_of=options.get(type_))
        for type_ in ("Cat", "Dog")
    )
    either = GraphQLUnionType("Either", [dog, cat])
    fields = {
        "named": GraphQLField(named),
        "eithers": GraphQLField(GraphQLList(either)),
        "cat": GraphQLField(cat),
        "dog": GraphQLField(dog),
    }
    return GraphQLSchema(GraphQLObjectType("Query", fields), types=[cat, dog])


async def test_types_that_have_to_be_awaited() -> None:
    """
    ``resolve_type`` and ``is_type_of`` may be coroutine functions.
    """

    async def resolve(value: Any, info: Any, type_: Any) -> Any:
        return (await later(value["name"])).capitalize()

    async def is_cat(value: Any, info: Any) -> bool:
        return bool(await later(value["name"] == "cat"))

    async def is_dog(value: Any, info: Any) -> bool:
        return bool(await later(value["name"] != "cat"))

    schema = animals(resolve=resolve, Cat=is_cat, Dog=is_dog)
    cat, dog = {"name": "cat"}, {"name": later("dog"), "a": 1}
    query = "{ named { name __typename } eithers { ... on Cat { name } } cat { name } }"
    root = {"named": cat, "eithers": [cat, {"name": "x"}], "cat": cat}

    result = await run(schema, query, root)
    refused = await run(schema, "{ cat { name } named { name } }", {"cat": {"name": 5}})
    unknown = await run(schema, "{ named { name } }", {"named": {"name": "x"}})
    nested = await run(
        animals(Dog=lambda value, info: later(True)), "{ dog { name } }", {"dog": dog}
    )

    assert result.data == {
        "named": {"name": "cat", "__typename": "Cat"},
        "eithers": [{"name": "cat"}, {}],
        "cat": {"name": "cat"},
    }
    assert messages(refused) == [
        ("Expected value of type 'Cat' but got: {'name': 5}.", ["cat"])
    ]
    assert "type 'X' that does not exist" in messages(unknown)[0][0]
    assert nested.data == {"dog": {"name": "dog"}}


async def test_types_of_which_some_have_to_be_awaited() -> None:
    """
    A plain yes ends the search, no yes at all is an error, and so is an exception.
    """

    async def no(value: Any, info: Any) -> bool:
        return False

    def fail(value: Any, info: Any) -> bool:
        raise ValueError("asked")

    def yes(value: Any, info: Any) -> bool:
        return True

    root: Dict[str, Any] = {"eithers": [{"name": later("x")}]}
    query = "{ eithers { __typename ... on Cat { name } } }"
    first = await run(animals(Dog=no, Cat=yes), query, root)
    root = {"eithers": [{}]}
    neither = await run(animals(Dog=no, Cat=no), "{ eithers { __typename } }", root)
    failed: Any = compiled(
        animals(Dog=no, Cat=fail), "{ eithers { __typename } }"
    ).execute(root)
    gc.collect()

    assert first.data == {"eithers": [{"__typename": "Cat", "name": "x"}]}
    assert "must resolve to an Object type at runtime" in messages(neither)[0][0]
    assert messages(failed) == [("asked", ["eithers", 0])]


async def test_fields_of_mutations() -> None:
    """
    Run one after the other, with all that is below them.
    """
    log: List[str] = []

    async def step(name: str) -> str:
        log.append(f"{name} began")
        await anyio.lowlevel.checkpoint()
        log.append(f"{name} ended")
        return name

    def plain(info: Any) -> str:
        log.append("plain")
        return "plain"

    root = {
        "first": lambda info: step("first"),
        "second": plain,
        "third": {"a": lambda info: step("a")},
    }
    query = "mutation { zero: second first second third { a } last: first }"
    result = await run(SCHEMA, query, root)

    assert list(result.data or ()) == ["zero", "first", "second", "third", "last"]
    assert log == [
        "plain",
        *("first began", "first ended"),
        "plain",
        *("a began", "a ended"),
        *("first began", "first ended"),
    ]


async def test_a_mutation_that_fails() -> None:
    """
    Does not go on if its data is lost.
    """
    log: List[str] = []
    root = {
        "first": lambda info: later("x"),
        "must": lambda info: later(ValueError("must")),
        "second": lambda info: log.append("second"),
    }

    result = await run(SCHEMA, "mutation { first must second }", root)

    assert result.data is None
    assert messages(result) == [("must", ["must"])]
    assert log == []


async def test_an_exception_that_is_no_error() -> None:
    """
    Comes out as it is, and what was not begun is closed.
    """

    async def stop() -> None:
        raise KeyboardInterrupt

    def stop_at_once(info: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await run(SCHEMA, "{ a }", {"a": stop()})
    with pytest.raises(KeyboardInterrupt):
        await run(SCHEMA, "{ a b }", {"a": later("x"), "b": stop_at_once})
    gc.collect()


async def test_executing_again_after_a_failure() -> None:
    """
    One execution leaves nothing to the next, of the same compiled operation.
    """
    operation = compiled(SCHEMA, "{ a inner { must } }")
    results: List[Any] = []

    for value in (ValueError("x"), "x", None):
        pending: Any = operation.execute({"a": "a", "inner": {"must": later(value)}})
        results.append(await pending)

    assert [result.data["inner"] for result in results] == [None, {"must": "x"}, None]
    assert [len(result.errors or ()) for result in results] == [1, 0, 1]


async def test_executions_at_the_same_time() -> None:
    """
    Do not see each other.
    """
    operation = compiled(SCHEMA, "{ a inner { a } }")
    pending: List[Any] = [
        operation.execute({"a": later(str(n)), "inner": {"a": later(str(-n))}})
        for n in range(20)
    ]

    results = await gather(pending)

    assert [result.data for result in results] == [
        {"a": str(n), "inner": {"a": str(-n)}} for n in range(20)
    ]


class Context:
    """Something that can be referred to weakly."""


async def failing(message: str) -> None:
    await anyio.lowlevel.checkpoint()
    raise ValueError(message)


def fail(info: Any) -> None:
    raise ValueError("failed")


@pytest.mark.parametrize(
    "query, make",
    [
        ("{ a }", lambda: {"a": "x"}),
        ("{ a must }", lambda: {"a": fail, "must": None}),
        ("{ inner { a } }", lambda: {"inner": {"a": later("x")}}),
        ("{ a b }", lambda: {"a": later("x"), "b": later("y")}),
        ("{ a must }", lambda: {"a": later("x"), "must": failing("m")}),
        (
            "{ items { must } texts }",
            lambda: {
                "items": [{"must": later("x")}, {"must": failing("m")}],
                "texts": [failing("text"), later("x")],
            },
        ),
    ],
    ids=["plain", "plain-error", "one", "two", "root-error", "list-errors"],
)
async def test_what_an_execution_leaves_behind(query: str, make: Any) -> None:
    """
    Nothing that would have to wait for the garbage collector, errors included.
    """
    gc.collect()
    gc.disable()
    try:
        context = Context()
        reference = weakref.ref(context)
        result: Any = compiled(SCHEMA, query).execute(make(), context)
        if not isinstance(result, ExecutionResult):
            result = await result
        del context, result
        # The loop lets go of what it has just run.
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        is_gone = reference() is None
    finally:
        gc.enable()

    assert is_gone


@pytest.mark.skipif(not IS_33, reason="helpers came with graphql-core 3.3")
async def test_helpers_of_the_info(anyio_backend_name: str) -> None:
    """
    Gathering and tracking work on both backends.
    """
    log: List[Any] = []

    async def note() -> None:
        log.append(await later("noted"))

    async def resolve(info: Any) -> str:
        helpers = info.async_helpers
        helpers.track([note()])
        return "".join(await helpers.gather([later("a"), later("b")]))

    result = await run(SCHEMA, "{ a }", {"a": resolve})
    for _ in range(5):
        await anyio.lowlevel.checkpoint()

    assert result.data == {"a": "ab"}
    assert log == (["noted"] if anyio_backend_name == "asyncio" else [])


async def test_tracking(anyio_backend_name: str) -> None:
    """
    Runs in the background on asyncio; on trio what was not begun is closed.
    """
    log: List[str] = []

    async def note(error: Any) -> None:
        log.append(await later("noted"))
        await later(error)

    track([note(None), "plain", note(ValueError("unseen"))])
    for _ in range(9):
        await anyio.lowlevel.checkpoint()
    gc.collect()

    assert log == (["noted", "noted"] if anyio_backend_name == "asyncio" else [])


@coroutine
def cancelled_by_hand(stepped: Any) -> Any:
    """Run a coroutine, and cancel it where it waits first and where it waits then."""
    stepped.send(None)
    waits_for = stepped.throw(asyncio.CancelledError())
    yield waits_for
    try:
        stepped.send(None)
    except asyncio.CancelledError:
        return True


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_who_gathers_is_cancelled_by_hand() -> None:
    """
    Nobody is told of an error that was never looked at.
    """
    told: List[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: told.append(context))
    pending = gather([anyio.sleep_forever(), anyio.sleep_forever()])
    is_cancelled = await cancelled_by_hand(pending)
    gc.collect()
    await anyio.lowlevel.checkpoint()

    assert is_cancelled
    assert told == []


async def test_the_first_failure_of_what_is_gathered() -> None:
    """
    Is raised as it is.
    """
    with pytest.raises(ValueError, match="first"):
        await gather([later("x"), later(ValueError("first")), anyio.sleep_forever()])


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_futures_that_nobody_awaits() -> None:
    """
    Go on, and may fail or be cancelled without a word.
    """
    loop = asyncio.get_running_loop()
    told: List[Any] = []
    loop.set_exception_handler(lambda loop, context: told.append(context))
    futures = [loop.create_future() for _ in range(3)]
    root = {"inner": {"texts": futures, "a": futures[0], "must": None}}

    result: Any = compiled(SCHEMA, "{ inner { texts a must } }").execute(root)
    futures[0].set_exception(ValueError("unseen"))
    futures[1].cancel()
    futures[2].set_result("x")
    await anyio.lowlevel.checkpoint()
    del futures, root
    gc.collect()

    assert result.data == {"inner": None}
    assert told == []


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_future_that_was_cancelled() -> None:
    """
    Ends the execution as a cancellation does: nothing goes on behind it.
    """
    log: List[str] = []

    async def endless() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            log.append("ended")

    future = asyncio.get_running_loop().create_future()
    pending: Any = compiled(SCHEMA, "{ a b }").execute({"a": future, "b": endless()})
    task = asyncio.ensure_future(pending)
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    future.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["ended"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_closing_an_execution() -> None:
    """
    Cancels what goes on, but does not wait for it.
    """
    log: List[str] = []

    async def endless() -> None:
        log.append("began")
        try:
            await anyio.sleep_forever()
        finally:
            log.append("ended")

    root = {"a": endless(), "b": endless()}
    pending: Any = compiled(SCHEMA, "{ a b }").execute(root)
    pending.send(None)
    await anyio.lowlevel.checkpoint()
    pending.close()
    await anyio.lowlevel.checkpoint()

    assert log == ["began", "began", "ended", "ended"]
