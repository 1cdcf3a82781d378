"""Operations: executed, hooked, timed, and what becomes of their errors."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import Any, AsyncIterator, Dict, Iterator, List

import anyio
import pytest
from graphql import GraphQLError, MiddlewareManager, ValidationRule, graphql_sync

from starlette._graphql.compat import HAS_INCREMENTAL
from starlette._graphql.outcome import Outcome
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.graphql import (
    ContextResponse,
    GraphQLApp,
    GraphQLLimits,
    GraphQLOperation,
    GraphQLRequest,
    RequestError,
)
from starlette.testing import exchange, http_scope

pytestmark = pytest.mark.anyio

SDL = """
type Query { a: Int! later: Int fail: Int refuse: Int thread: Boolean own: Thing }
type Thing { name: String later: Int }
type Mutation { set(x: Int!): Int }
type Subscription { count(to: Int!): Int broken: Int }
"""


class Boom(Exception):
    """Raised by what is meant to fail."""


async def later(source: Any, info: Any) -> int:
    await anyio.sleep(0)
    return 3


def fail(source: Any, info: Any) -> None:
    raise Boom("secret")


def refuse(source: Any, info: Any) -> None:
    raise GraphQLError("Not for you.", extensions={"code": "FORBIDDEN"})


async def count(source: Any, info: Any, to: int) -> AsyncIterator[int]:
    for number in range(to):
        yield number


RESOLVERS: Dict[str, Any] = {
    "Query": {
        "a": lambda source, info: 1,
        "later": later,
        "fail": fail,
        "refuse": refuse,
        "own": lambda source, info: {"name": "x"},
    },
    "Thing": {"later": later},
    "Mutation": {"set": lambda source, info, x: x},
    "Subscription": {"count": count},
}


def make(**options: Any) -> GraphQLApp:
    return GraphQLApp(SDL, resolvers=RESOLVERS, **options)


async def run(
    app: GraphQLApp, query: str, context: Any = None, **options: Any
) -> Outcome:
    return await app.engine.run(GraphQLRequest(query), context, **options)


async def payload_of(
    app: GraphQLApp, query: str = "{ a }", context: Any = None
) -> Dict[str, Any]:
    payload = (await run(app, query, context)).payload
    assert payload is not None
    return payload


async def events_of(outcome: Outcome) -> List[Any]:
    assert outcome.events is not None
    try:
        return [event async for event in outcome.events]
    finally:
        await outcome.events.aclose()


def messages(payload: Any) -> List[str]:
    return [error["message"] for error in payload["errors"]]


def test_operation_that_waits_for_nothing_is_done_at_once() -> None:
    """
    Without a coroutine.
    """
    outcome = make().engine.begin(GraphQLRequest("{ a }"), None)

    assert isinstance(outcome, Outcome)
    assert outcome.payload == {"data": {"a": 1}}
    assert (outcome.kind, outcome.stage) == ("query", "executed")


@pytest.mark.parametrize(
    "query, stage",
    [
        ("{", "parse"),
        ("{ nope }", "validate"),
        ("query A { a } query B { a }", "operation"),
        ("fragment F on Query { a }", "validate"),
        ("mutation ($x: Int!) { set(x: $x) }", "variables"),
        ("{ fail }", "executed"),
    ],
)
async def test_outcome_says_how_far_an_operation_got(query: str, stage: str) -> None:
    """
    For the transport to choose a status.
    """
    outcome = await run(make(), query)

    assert outcome.stage == stage


async def test_document_without_operations_is_an_error() -> None:
    """
    Where no rule says so, the engine does.
    """
    app = make()
    app.engine.preparer.rules = ()
    payload = await payload_of(app, "fragment F on Query { a }")

    assert messages(payload) == ["Must provide an operation."]


# -- Root value, context, middleware -----------------------------------------


async def test_root_value_is_the_source_of_root_fields() -> None:
    """
    A value, or what a function of the context returns, awaited if need be.
    """

    async def of_context(context: Any) -> Any:
        return {"a": context}

    def of_context_now(context: Any) -> Any:
        return {"a": context}

    sdl = "type Query { a: Int }"
    values = [
        await payload_of(GraphQLApp(sdl, root_value={"a": 1})),
        await payload_of(GraphQLApp(sdl, root_value=of_context_now), context=7),
        await payload_of(GraphQLApp(sdl, root_value=of_context), context=7),
    ]
    own = await run(GraphQLApp(sdl, root_value={"a": 1}), "{ a }", root_value={"a": 5})

    assert values == [{"data": {"a": number}} for number in (1, 7, 7)]
    assert own.payload == {"data": {"a": 5}}


@pytest.mark.parametrize("is_async", [False, True])
async def test_root_value_may_fail(
    is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """
    That is an unexpected error of the operation.
    """

    async def broken_later(context: Any) -> Any:
        raise Boom("secret")

    def broken(context: Any) -> Any:
        raise Boom("secret")

    app = make(root_value=broken_later if is_async else broken)
    payload = await payload_of(app, "{ later }")

    assert payload == {"errors": [{"message": "Unexpected error."}]}
    assert len(caplog.records) == 1


async def test_asynchronous_root_value_serves_what_waits() -> None:
    """
    A resolver that is awaited comes after it.
    """

    async def root(context: Any) -> Any:
        return {}

    payload = await payload_of(make(root_value=root), "{ later }")

    assert payload == {"data": {"later": 3}}


async def test_context_may_be_made_by_a_function() -> None:
    """
    Plain or asynchronous; a dictionary gets what it lacks, another value nothing.
    """
    seen: List[Any] = []

    def a(source: Any, info: Any) -> int:
        seen.append(info.context)
        return 1

    async def later_context(connection: Any) -> Any:
        return {"user": connection.headers["x-user"], "response": None}

    class Mine(GraphQLApp):
        async def make_context(
            self, connection: Any, connection_params: Any = None
        ) -> Any:
            return ("mine", connection.method)

    sdl, resolvers = "type Query { a: Int }", {"Query": {"a": a}}
    apps = [
        GraphQLApp(sdl, resolvers=resolvers),
        GraphQLApp(sdl, resolvers=resolvers, context=later_context),
        GraphQLApp(sdl, resolvers=resolvers, context=lambda connection: 7),
        Mine(sdl, resolvers=resolvers),
    ]
    headers = {"content-type": "application/json", "x-user": "me"}
    for app in apps:
        await exchange(
            app, http_scope("POST", headers=headers), [b'{"query": "{ a }"}']
        )
    made = await apps[0].make_context("connection", {"token": 1})

    assert set(seen[0]) == {"request", "background", "response", "connection_params"}
    assert isinstance(seen[0]["background"], BackgroundTasks)
    assert isinstance(seen[0]["response"], ContextResponse)
    assert (seen[1]["user"], seen[1]["response"]) == ("me", None)
    assert seen[1]["request"].method == "POST"
    assert seen[2:] == [7, ("mine", "POST")]
    assert (made["request"], made["connection_params"]) == ("connection", {"token": 1})


async def test_background_task_of_another_context_is_run() -> None:
    """
    An attribute serves as well as a key.
    """
    log: List[str] = []

    class Context:
        background = BackgroundTask(log.append, "ran")

    app = make(context=lambda connection: Context)
    headers = {"content-type": "application/json"}
    await exchange(app, http_scope("POST", headers=headers), [b'{"query": "{ a }"}'])

    assert log == ["ran"]


async def test_middleware_is_around_every_resolver() -> None:
    """
    As graphql-core has it, a list or a manager.
    """
    log: List[str] = []

    def note(resolve: Any, source: Any, info: Any, **args: Any) -> Any:
        log.append(info.field_name)
        return resolve(source, info, **args)

    for middleware in ([note], (note,), MiddlewareManager(note)):
        await run(make(middleware=middleware), "{ own { name } }")

    assert log == ["own", "name"] * 3


def test_middleware_must_be_a_list() -> None:
    """
    One function is not enough.
    """
    with pytest.raises(TypeError, match="`middleware` must be a list"):
        make(middleware=print)


@pytest.mark.parametrize("middleware", [None, [], MiddlewareManager()])
async def test_plain_resolvers_may_run_in_threads(middleware: Any) -> None:
    """
    Those of the program; a coroutine function and the default resolver stay.
    """
    threads: Dict[str, Any] = {}

    class Source:
        @property
        def name(self) -> str:
            threads["name"] = threading.get_ident()
            return "x"

    def own(source: Any, info: Any) -> Any:
        threads["own"] = threading.get_ident()
        return Source()

    async def later(source: Any, info: Any) -> int:
        threads["later"] = threading.get_ident()
        return 3

    app = GraphQLApp(
        SDL,
        resolvers={
            "Query": {"own": own, "a": lambda source, info: later(source, info)},
            "Thing": {"later": later},
        },
        middleware=middleware,
        threadpool=True,
    )
    payload = await payload_of(
        app, "{ own { name later __typename } a __schema { queryType { name } } }"
    )
    here = threading.get_ident()

    assert "errors" not in payload
    assert payload["data"]["own"] == {"name": "x", "later": 3, "__typename": "Thing"}
    assert payload["data"]["a"] == 3
    assert threads["own"] != here
    assert threads["name"] == threads["later"] == here


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_loads_of_one_round_are_gathered() -> None:
    """
    Resolvers of a list wait together, so that a loader asks for all keys at once.
    """
    batches: List[List[int]] = []

    class Loader:
        def __init__(self) -> None:
            self.waiting: Dict[int, Any] = {}

        async def load(self, key: int) -> int:
            import asyncio

            loop = asyncio.get_running_loop()
            if not self.waiting:
                loop.call_soon(self.dispatch)
            self.waiting[key] = loop.create_future()
            found: int = await self.waiting[key]
            return found

        def dispatch(self) -> None:
            waiting, self.waiting = self.waiting, {}
            batches.append(sorted(waiting))
            for key, future in waiting.items():
                future.set_result(key * 10)

    app = GraphQLApp(
        "type Query { things: [Thing] } type Thing { a: Int b: Int }",
        resolvers={
            "Query": {"things": lambda source, info: [1, 2, 3]},
            "Thing": {
                "a": lambda source, info: info.context.load(source),
                "b": lambda source, info: info.context.load(source + 10),
            },
        },
    )
    payload = await payload_of(app, "{ things { a b } }", Loader())

    assert payload["data"]["things"][2] == {"a": 30, "b": 130}
    assert batches == [[1, 2, 3, 11, 12, 13]]


async def test_rules_of_a_program_are_validated() -> None:
    """
    Beside those of the specification.
    """

    class NoA(ValidationRule):
        def enter_field(self, node: Any, *args: Any) -> None:
            if node.name.value == "a":
                self.report_error(GraphQLError("No a."))

    app = make(validation_rules=[NoA])

    assert messages(await payload_of(app, "{ a }")) == ["No a."]
    assert messages(await payload_of(app, "{ b }"))[0].startswith("Cannot query")


# -- Errors ------------------------------------------------------------------


async def test_expected_error_is_shown_as_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    A GraphQLError that a resolver raises, with its extensions; nothing is logged.
    """
    payload = await payload_of(make(), "{ refuse }")
    (error,) = payload["errors"]

    assert error["message"] == "Not for you."
    assert error["path"] == ["refuse"]
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert not caplog.records


async def test_expected_error_may_have_an_original(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    What the resolver says is shown; what made it say so is not.
    """

    def refuse(source: Any, info: Any) -> None:
        raise GraphQLError("Not today.", original_error=Boom("secret"))

    app = GraphQLApp(SDL, resolvers={"Query": {"refuse": refuse}})
    payload = await payload_of(app, "{ refuse }")

    assert messages(payload) == ["Not today."]
    assert "secret" not in json.dumps(payload)
    assert not caplog.records


async def test_error_of_another_execution_is_masked_as_it_was_there() -> None:
    """
    A resolver that passes one on has not said it itself.
    """

    def pass_on(source: Any, info: Any) -> None:
        result = graphql_sync(inner.schema, "{ fail }")
        assert result.errors is not None
        raise result.errors[0]

    inner = make()
    app = GraphQLApp(SDL, resolvers={"Query": {"refuse": pass_on}})

    assert messages(await payload_of(app, "{ refuse }")) == ["Unexpected error."]


async def test_masking_can_be_off(caplog: pytest.LogCaptureFixture) -> None:
    """
    The message is shown then; the log is the same.
    """
    payload = await payload_of(make(mask_errors=False), "{ fail }")

    assert messages(payload) == ["secret"]
    assert len(caplog.records) == 1


async def test_debugging_shows_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    """
    As an extension of each unexpected error.
    """
    payload = await payload_of(make(debug=True), "{ fail refuse }")
    by_path = {error["path"][0]: error for error in payload["errors"]}
    exception = by_path["fail"]["extensions"]["exception"]

    assert by_path["fail"]["message"] == "secret"
    assert exception["type"] == "Boom"
    assert exception["traceback"][-1].endswith("Boom: secret")
    assert "exception" not in by_path["refuse"]["extensions"]


async def test_errors_may_be_formatted_by_the_program(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    After masking; those of the document too.
    """
    app = make(format_error=lambda error: {"message": error.message.upper()})

    assert messages(await payload_of(app, "{ fail }")) == ["UNEXPECTED ERROR."]
    assert messages(await payload_of(app, "{ nope }"))[0].startswith("CANNOT QUERY")


@pytest.mark.parametrize(
    "query, variables",
    [
        ("query($x: Odd) { a(x: $x) }", {"x": 1}),
        ("query($x: In) { b(x: $x) }", {"x": {"odd": 1}}),
        ("{ a(x: 1) }", None),
        ("{ b(x: { odd: 1 }) }", None),
    ],
)
async def test_scalar_that_fails_is_an_unexpected_error(
    query: str, variables: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """
    Each time that it does: a document is not kept for an error of the program.
    """
    fails = [True]

    def parse(*args: Any) -> int:
        if fails:
            raise Boom("secret")
        return 1

    app = GraphQLApp(
        "scalar Odd input In { odd: Odd } type Query { a(x: Odd): Int b(x: In): Int }",
        resolvers={"Odd": {"parse_value": parse, "parse_literal": parse}},
    )
    request = GraphQLRequest(query, variables)
    failed = [await app.engine.run(request, {}) for _ in range(2)]
    fails.clear()
    whole = await app.engine.run(request, {})

    assert [messages(outcome.payload) for outcome in failed] == (
        [["Unexpected error."]] * 2
    )
    assert list(whole.payload or ()) == ["data"]
    assert "Boom: secret" in caplog.text
    assert len(caplog.records) == 2


async def test_what_a_scalar_says_of_a_variable_is_shown() -> None:
    """
    The client has to know what is wrong with its value.
    """

    def parse(value: Any) -> Any:
        raise ValueError("Too odd.")

    app = GraphQLApp(
        "scalar Even type Query { a(x: Even): Int }",
        resolvers={"Even": {"parse_value": parse}},
    )
    request = GraphQLRequest("query ($x: Even) { a(x: $x) }", {"x": 1})
    outcome = await app.engine.run(request, None)

    assert outcome.stage == "variables"
    assert "Too odd." in messages(outcome.payload)[0]


async def test_execution_that_is_too_deep_is_an_error() -> None:
    """
    A stack that overflows is no crash.
    """

    def deep(source: Any, info: Any) -> Any:
        raise RecursionError

    app = make(root_value=lambda context: deep(None, None))
    payload = await payload_of(app, "{ a }")

    assert messages(payload) == ["The operation is nested too deeply."]


async def test_error_of_the_engine_itself_is_masked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    When it comes at once, and when it comes later.
    """

    class Broken:
        def execute(self, *args: Any) -> Any:
            raise Boom("secret")

    class BrokenLater:
        async def execute(self, *args: Any) -> Any:
            raise Boom("secret")

    app = make()
    for compiled in (Broken(), BrokenLater()):
        (operation,) = app.engine.preparer.prepare("{ a }").operations.values()
        operation.compiled, operation.is_compiled = compiled, True
        payload = await payload_of(app, "{ a }")

        assert payload == {"errors": [{"message": "Unexpected error."}]}


async def test_extensions_of_the_result_are_kept() -> None:
    """
    Where the executor returns any.
    """
    from graphql import ExecutionResult

    class Extended:
        def __init__(self, *errors: Any) -> None:
            self.errors = list(errors)

        def execute(self, *args: Any) -> Any:
            return ExecutionResult({"a": 1}, self.errors, {"took": 5})

    app = make()
    (operation,) = app.engine.preparer.prepare("{ a }").operations.values()
    operation.is_compiled = True
    operation.compiled = Extended()
    fine = await payload_of(app, "{ a }")
    operation.compiled = Extended(GraphQLError("x", path=["a"]))
    partial = await payload_of(app, "{ a }")

    assert fine == {"data": {"a": 1}, "extensions": {"took": 5}}
    assert partial["extensions"] == {"took": 5}
    assert messages(partial) == ["x"]


async def test_operation_that_cannot_be_compiled_is_executed_all_the_same() -> None:
    """
    By graphql-core.
    """
    app = make()
    (operation,) = app.engine.preparer.prepare("{ a }").operations.values()
    operation.is_compiled = True
    payload = await payload_of(app, "{ a }")

    assert operation.compiled is None
    assert payload == {"data": {"a": 1}}


# -- Hooks, extensions, time -------------------------------------------------


async def test_hooks_are_around_an_operation() -> None:
    """
    Plain and asynchronous, in order; they see what it is and what it came to.
    """
    log: List[Any] = []

    @contextlib.contextmanager
    def plain(operation: GraphQLOperation) -> Iterator[None]:
        log.append(("in", operation.kind, operation.name, operation.result))
        yield
        assert operation.result is not None
        log.append(("out", operation.result.data))

    @contextlib.asynccontextmanager
    async def asynchronous(operation: GraphQLOperation) -> AsyncIterator[None]:
        log.append(("in", operation.request.query, operation.context))
        yield
        log.append(("out", len(operation.document.definitions)))

    app = make(on_operation=[plain, asynchronous])
    payload = await payload_of(app, "query Q { a later }", "context")
    alone = make(on_operation=plain)
    await run(alone, "mutation { set(x: 1) }")

    assert payload == {"data": {"a": 1, "later": 3}}
    assert log == [
        ("in", "query", "Q", None),
        ("in", "query Q { a later }", "context"),
        ("out", 1),
        ("out", {"a": 1, "later": 3}),
        ("in", "mutation", None, None),
        ("out", {"set": 1}),
    ]


async def test_hook_is_left_when_a_stream_ends() -> None:
    """
    Not before it is closed, even if nobody has begun to read it.
    """
    log: List[Any] = []

    @contextlib.contextmanager
    def hook(operation: GraphQLOperation) -> Iterator[None]:
        yield
        log.append("left")

    outcome = await run(make(on_operation=hook), "subscription { count(to: 2) }")
    before = list(log)
    events = await events_of(outcome)
    unread = await run(make(on_operation=hook), "subscription { count(to: 2) }")
    assert unread.events is not None
    await unread.events.aclose()

    assert before == []
    assert events == [{"data": {"count": 0}}, {"data": {"count": 1}}]
    assert log == ["left", "left"]


async def test_hook_may_refuse_a_request() -> None:
    """
    By a RequestError; hooks that were entered are left.
    """
    log: List[str] = []

    @contextlib.contextmanager
    def outer(operation: GraphQLOperation) -> Iterator[None]:
        try:
            yield
        finally:
            log.append("left")

    def inner(operation: GraphQLOperation) -> Any:
        raise RequestError(429, "Slow down.")

    with pytest.raises(RequestError, match="Slow down"):
        await run(make(on_operation=[outer, inner]), "{ a }")

    assert log == ["left"]


async def test_hook_that_fails_is_an_unexpected_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    On the way in, and on the way out.
    """

    def before(operation: GraphQLOperation) -> Any:
        raise Boom("secret")

    @contextlib.contextmanager
    def after(operation: GraphQLOperation) -> Iterator[None]:
        yield
        raise Boom("secret")

    for hook in (before, after):
        payload = await payload_of(make(on_operation=hook), "{ a }")

        assert payload == {"errors": [{"message": "Unexpected error."}]}
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    "name, given",
    [
        ("on_operation", [1]),
        ("on_operation", 1),
        ("extensions", 1),
        ("validation_rules", 1),
        ("validation_rules", ["NoRule"]),
        ("context", {}),
        ("format_error", "short"),
    ],
)
def test_functions_must_be_callable(name: str, given: Any) -> None:
    """
    Anything else is the program's mistake, alone or in a list.
    """
    with pytest.raises(TypeError, match=f"`{name}` must be callable, but got"):
        make(**{name: given})


async def test_extensions_are_added_to_the_response() -> None:
    """
    Several are merged; an awaitable is awaited, None adds nothing.
    """

    async def later(operation: GraphQLOperation) -> Any:
        assert operation.result is not None
        return {"later": sorted(operation.result.data or ())}

    app = make(
        extensions=[lambda operation: {"kind": operation.kind}, later, lambda o: None]
    )
    payload = await payload_of(app, "{ a }")
    empty = await payload_of(make(extensions=[lambda operation: None]), "{ a }")

    assert payload["extensions"] == {"kind": "query", "later": ["a"]}
    assert empty == {"data": {"a": 1}}


async def test_extension_that_fails_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    It is logged; the result is there.
    """

    def broken(operation: GraphQLOperation) -> Any:
        raise Boom("secret")

    payload = await payload_of(make(extensions=[broken]), "{ a }")

    assert payload == {"data": {"a": 1}}
    assert len(caplog.records) == 1


async def test_operation_ends_with_its_time() -> None:
    """
    What waits for too long is cancelled, and the request refused.
    """
    ended: List[str] = []

    async def never(source: Any, info: Any) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")

    resolvers = {"Query": {"later": never, "a": lambda source, info: 1}}
    app = GraphQLApp(SDL, resolvers=resolvers, limits=GraphQLLimits(time=0.01))
    with pytest.raises(RequestError) as caught, anyio.fail_after(60):
        await run(app, "{ later }")
    fine = await payload_of(make(limits=GraphQLLimits(time=60)), "{ later }")
    at_once = await payload_of(app, "{ a }")

    assert (caught.value.status, caught.value.code) == (503, "TIMEOUT")
    assert ended == ["cancelled"]
    assert fine == {"data": {"later": 3}}
    assert at_once == {"data": {"a": 1}}


# -- Subscriptions -----------------------------------------------------------


async def test_subscription_gives_a_result_an_event() -> None:
    """
    Each event of the source is the value of the field.
    """
    outcome = await run(make(), "subscription { count(to: 3) }")
    events = await events_of(outcome)

    assert (outcome.kind, outcome.payload, outcome.incremental) == (
        "subscription",
        None,
        False,
    )
    assert events == [{"data": {"count": number}} for number in range(3)]


async def test_subscription_may_have_a_resolver_for_its_events() -> None:
    """
    Which may wait; errors are those of the one event.
    """

    async def half(event: int, info: Any, to: int) -> int:
        await anyio.sleep(0)
        if event % 2:
            raise Boom("secret")
        return event // 2

    app = GraphQLApp(
        SDL,
        resolvers={"Subscription": {"count": {"subscribe": count, "resolve": half}}},
    )
    events = await events_of(await run(app, "subscription { count(to: 3) }"))

    assert [event["data"]["count"] for event in events] == [0, None, 1]
    assert messages(events[1]) == ["Unexpected error."]


async def test_closing_the_events_closes_their_source() -> None:
    """
    Then and there.
    """
    log: List[str] = []

    async def source(root: Any, info: Any, to: int) -> AsyncIterator[int]:
        try:
            yield to
        finally:
            log.append("closed")

    app = GraphQLApp(SDL, resolvers={"Subscription": {"count": source}})
    outcome = await run(app, "subscription { count(to: 3) }")
    assert outcome.events is not None
    await outcome.events.__anext__()
    await outcome.events.aclose()

    assert log == ["closed"]


async def test_source_need_not_be_a_generator() -> None:
    """
    Any asynchronous iterator will do.
    """

    class Source:
        def __init__(self) -> None:
            self.left = [1, 2]

        def __aiter__(self) -> Source:
            return self

        async def __anext__(self) -> int:
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop(0)

    app = GraphQLApp(
        SDL, resolvers={"Subscription": {"count": lambda root, info, to: Source()}}
    )
    events = await events_of(await run(app, "subscription { count(to: 3) }"))

    assert events == [{"data": {"count": 1}}, {"data": {"count": 2}}]


@pytest.mark.parametrize(
    "error, message",
    [
        (Boom("secret"), "Unexpected error."),
        (GraphQLError("No more."), "No more."),
    ],
)
async def test_source_that_fails_ends_the_stream(
    error: Exception, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """
    Its error is the last event, masked unless it is a GraphQLError.
    """

    async def source(root: Any, info: Any, to: int) -> AsyncIterator[int]:
        yield 1
        raise error

    app = GraphQLApp(SDL, resolvers={"Subscription": {"count": source}})
    events = await events_of(await run(app, "subscription { count(to: 3) }"))

    assert events == [
        {"data": {"count": 1}},
        {"errors": [{"message": message}]},
    ]
    assert len(caplog.records) == isinstance(error, Boom)


@pytest.mark.parametrize(
    "query, stage, message",
    [
        ("subscription ($n: Int!) { count(to: $n) }", "variables", "$n"),
        ("subscription { broken }", "executed", "Unexpected error."),
        ("subscription { count(to: 1) }", "executed", "Not for you."),
    ],
)
async def test_subscription_that_cannot_begin_has_no_data(
    query: str, stage: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """
    One response map with errors in place of a stream.
    """
    app = GraphQLApp(
        SDL,
        resolvers={
            "Subscription": {
                "count": lambda root, info, to: refuse(root, info),
                "broken": lambda root, info: fail(root, info),
            }
        },
    )
    outcome = await run(app, query)

    assert outcome.events is None
    assert outcome.stage == stage
    assert outcome.payload is not None
    assert list(outcome.payload) == ["errors"]
    assert message in messages(outcome.payload)[0]


async def test_subscription_without_a_source_is_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    A resolver must return an asynchronous iterator.
    """
    app = GraphQLApp(
        SDL, resolvers={"Subscription": {"count": lambda root, info, to: 1}}
    )
    outcome = await run(app, "subscription { count(to: 1) }")

    assert outcome.events is None
    assert len(messages(outcome.payload)) == 1


# -- @defer and @stream ------------------------------------------------------

DEFERRED = "{ a ... @defer { own { name } } }"


async def test_deferred_data_is_data_where_nobody_can_wait_for_it() -> None:
    """
    Everything is in the one response; graphql-core 3.2 does not know the directive.
    """
    payload = await payload_of(make(), DEFERRED)

    if HAS_INCREMENTAL:
        assert payload == {"data": {"a": 1, "own": {"name": "x"}}}
    else:
        assert messages(payload) == ["Unknown directive '@defer'."]


@pytest.mark.skipif(not HAS_INCREMENTAL, reason="graphql-core 3.2 cannot")
async def test_deferred_data_comes_later(anyio_backend_name: str) -> None:
    """
    As events, of which the first has the rest.
    """
    outcome = await run(make(), DEFERRED, incremental=True)
    if anyio_backend_name == "trio":
        # Where graphql-core cannot defer, everything comes at once.
        assert outcome.payload == {"data": {"a": 1, "own": {"name": "x"}}}
        return
    events = await events_of(outcome)

    assert outcome.incremental
    assert events[0]["data"] == {"a": 1}
    assert events[0]["hasNext"] is True
    assert events[-1]["hasNext"] is False
    assert "'name': 'x'" in str(events)


async def test_deferring_can_be_off() -> None:
    """
    Then the directive is unknown.
    """
    payload = await payload_of(make(incremental=False), DEFERRED)

    assert "@defer" in messages(payload)[0]


async def test_query_that_does_not_defer_is_one_response() -> None:
    """
    Also where the client would wait.
    """
    outcome = await run(make(), "{ a }", incremental=True)

    assert outcome.payload == {"data": {"a": 1}}


def test_request_error_is_a_response_map() -> None:
    """
    With a code, if it has one.
    """
    plain = RequestError(400, "No.")
    coded = RequestError(400, "No.", code="NO", headers={"x": "y"})

    assert plain.payload() == {"errors": [{"message": "No."}]}
    assert json.dumps(coded.payload()["errors"][0]["extensions"]) == '{"code": "NO"}'
    assert coded.headers == {"x": "y"}
