"""The protocol ``graphql-transport-ws``, message by message."""

from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Callable, Dict, List, Optional

import anyio
import pytest
from graphql import GraphQLError

from starlette._graphql.compat import HAS_INCREMENTAL
from starlette.exceptions import HTTPException
from starlette.graphql import (
    ConnectionRejected,
    GraphQLApp,
    GraphQLLimits,
    RequestError,
)
from starlette.testclient import AsyncTestClient
from starlette.testing import Recorder, Script, websocket_scope
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

pytestmark = pytest.mark.anyio

PROTOCOL = "graphql-transport-ws"
MASKED = {"message": "Unexpected error."}

SDL = """
    scalar Odd
    type Query {
        hello(name: String = "world"): String
        param(name: String!): String
        wait: String
        odd: Odd
        boom: String
        later: String
    }
    type Mutation { add(number: Int!): Int }
    type Subscription {
        count(to: Int!): Int
        watch: Int
        broken: Int
        odd: Odd
        nothing: Int
    }
"""


class World:
    """A schema whose resolvers wait for the test, and say what becomes of them."""

    def __init__(self) -> None:
        self.total = 0
        self.log: List[str] = []
        self.has_begun = anyio.Event()
        self.gate = anyio.Event()
        self.is_over = anyio.Event()

    def app(self, **options: Any) -> GraphQLApp:
        resolvers = {
            "Query": {
                "hello": lambda source, info, name: f"hello {name}",
                "param": lambda source, info, name: info.context["connection_params"][
                    name
                ],
                "wait": self.wait,
                "odd": lambda source, info: object(),
                "boom": self.boom,
                "later": self.later,
            },
            "Mutation": {"add": self.add},
            "Subscription": {
                "count": self.count,
                "watch": self.watch,
                "broken": self.broken,
                "odd": self.odd,
                "nothing": lambda source, info: 1,
            },
        }
        return GraphQLApp(SDL, resolvers=resolvers, **options)

    async def wait(self, source: Any, info: Any) -> str:
        self.has_begun.set()
        try:
            await self.gate.wait()
        except BaseException:
            self.log.append("cancelled")
            raise
        finally:
            self.is_over.set()
        return "waited"

    def boom(self, source: Any, info: Any) -> str:
        raise ValueError("secret")

    def later(self, source: Any, info: Any) -> str:
        info.context["background"].add_task(self.note, "background")
        return "now"

    async def note(self, text: str) -> None:
        self.log.append(text)
        self.is_over.set()

    def add(self, source: Any, info: Any, number: int) -> int:
        self.total += number
        return self.total

    async def count(self, source: Any, info: Any, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    async def watch(self, source: Any, info: Any) -> AsyncIterator[int]:
        info.context["background"].add_task(self.note, "background")
        task = anyio.get_current_task().id
        try:
            yield 0
            self.has_begun.set()
            await self.gate.wait()
            yield 1
        finally:
            same = task == anyio.get_current_task().id
            self.log.append("closed" if same else "closed elsewhere")

    async def broken(self, source: Any, info: Any) -> AsyncIterator[int]:
        yield 0
        raise ValueError("secret")

    async def odd(self, source: Any, info: Any) -> AsyncIterator[Any]:
        try:
            yield object()
            self.log.append("asked for more")  # pragma: no cover (a mistake)
        finally:
            self.log.append("closed")


@asynccontextmanager
async def connected(app: Any, **kwargs: Any) -> AsyncIterator[Any]:
    kwargs.setdefault("subprotocols", [PROTOCOL])
    async with AsyncTestClient(app).websocket_connect("/", **kwargs) as websocket:
        yield websocket


@asynccontextmanager
async def ready(app: Any, payload: Any = None) -> AsyncIterator[Any]:
    async with connected(app) as websocket:
        await websocket.send_json({"type": "connection_init", "payload": payload})
        assert (await websocket.receive_json())["type"] == "connection_ack"
        yield websocket


def subscribe(query: str, id: str = "1", **members: Any) -> Message:
    return {"type": "subscribe", "id": id, "payload": {"query": query, **members}}


async def close_of(websocket: Any) -> Any:
    message = await websocket.receive()
    assert message["type"] == "websocket.close", message
    return message["code"], message["reason"]


async def test_subprotocol() -> None:
    """
    The handshake is answered with the protocol that is spoken.
    """
    async with connected(World().app()) as websocket:
        assert websocket.accepted_subprotocol == PROTOCOL


@pytest.mark.parametrize("payload", [None, {}, {"token": "x"}])
async def test_initialisation(payload: Any) -> None:
    """
    The first message is acknowledged, without a payload where nobody has one.
    """
    async with connected(World().app()) as websocket:
        await websocket.send_json({"type": "connection_init", "payload": payload})

        assert await websocket.receive_json() == {"type": "connection_ack"}


async def test_initialisation_without_payload() -> None:
    """
    The payload may be absent.
    """
    async with connected(World().app()) as websocket:
        await websocket.send_json({"type": "connection_init"})

        assert await websocket.receive_json() == {"type": "connection_ack"}


async def test_initialisation_that_does_not_come() -> None:
    """
    The connection is closed when the time is over.
    """
    async with connected(World().app(connection_init_timeout=1e-3)) as websocket:
        assert await close_of(websocket) == (
            4408,
            "Connection initialisation timeout",
        )


async def test_second_initialisation() -> None:
    """
    The connection is closed.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json({"type": "connection_init"})

        assert await close_of(websocket) == (4429, "Too many initialisation requests")


async def test_subscribe_before_initialisation() -> None:
    """
    The connection is closed.
    """
    async with connected(World().app()) as websocket:
        await websocket.send_json(subscribe("{ hello }"))

        assert await close_of(websocket) == (4401, "Unauthorized")


@pytest.mark.parametrize("payload", [{"a": [1]}, {}, None])
@pytest.mark.parametrize("is_initialised", [True, False])
async def test_ping(payload: Any, is_initialised: bool) -> None:
    """
    It is answered at any time, with its payload.
    """
    context = (ready if is_initialised else connected)(World().app())
    async with context as websocket:
        await websocket.send_json({"type": "ping", "payload": payload})
        answer = await websocket.receive_json()

    expected: Message = {"type": "pong"}
    if payload is not None:
        expected["payload"] = payload
    assert answer == expected


async def test_pong() -> None:
    """
    It is taken note of, and not answered.
    """
    async with connected(World().app()) as websocket:
        await websocket.send_json({"type": "pong", "payload": {"a": 1}})
        await websocket.send_json({"type": "ping"})

        assert await websocket.receive_json() == {"type": "pong"}


DEEP = '{"type": "ping", "payload": ' + "[" * 100_000 + "]" * 100_000 + "}"

malformed = pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="no JSON"),
        pytest.param(DEEP, id="brackets"),
        pytest.param('{"type": "ping", "payload": {"a": NaN}}', id="NaN"),
        pytest.param("[]", id="array"),
        pytest.param("null", id="null"),
        pytest.param('"ping"', id="string"),
        pytest.param("{}", id="no type"),
        pytest.param('{"type": null}', id="null type"),
        pytest.param('{"type": ["ping"]}', id="type of another type"),
        pytest.param('{"type": "PING"}', id="unknown type"),
        pytest.param('{"type": "next", "id": "1", "payload": {}}', id="next"),
        pytest.param('{"type": "connection_ack"}', id="connection_ack"),
        pytest.param('{"type": "ping", "payload": 1}', id="ping payload"),
        pytest.param('{"type": "pong", "payload": []}', id="pong payload"),
        pytest.param('{"type": "connection_init", "payload": "x"}', id="init payload"),
        pytest.param('{"type": "subscribe"}', id="no id"),
        pytest.param('{"type": "subscribe", "id": 1}', id="id of another type"),
        pytest.param('{"type": "subscribe", "id": ""}', id="empty id"),
        pytest.param('{"type": "complete"}', id="complete without id"),
    ],
)


@malformed
async def test_malformed_message(text: str) -> None:
    """
    The connection is closed.
    """
    async with connected(World().app()) as websocket:
        await websocket.send_text(text)
        code, reason = await close_of(websocket)

    assert code == 4400
    assert reason


malformed_payloads = pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "{ hello }",
        {},
        {"query": None},
        {"query": 1},
        {"query": ["{ hello }"]},
        {"query": "{ hello }", "variables": "x"},
        {"query": "{ hello }", "variables": []},
        {"query": "{ hello }", "operationName": 1},
        {"query": "{ hello }", "extensions": "x"},
        {"query": "{ hello }", "documentId": 1},
        {"extensions": {}},
    ],
)


@malformed_payloads
async def test_malformed_request(payload: Any) -> None:
    """
    The connection is closed.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json({"type": "subscribe", "id": "1", "payload": payload})
        code, reason = await close_of(websocket)

    assert code == 4400
    assert reason


async def test_binary_message() -> None:
    """
    The connection is closed.
    """
    async with connected(World().app()) as websocket:
        await websocket.send_bytes(b'{"type": "ping"}')

        assert await close_of(websocket) == (4400, "Messages must be text")


async def test_long_message() -> None:
    """
    The connection is closed before the message is read.
    """
    app = World().app(limits=GraphQLLimits(body=100))
    async with connected(app) as websocket:
        await websocket.send_json({"type": "ping", "payload": {"a": "x" * 100}})

        assert await close_of(websocket) == (1009, "Messages may have 100 characters")


async def test_long_message_without_limit() -> None:
    """
    Where there is no limit, there is none here.
    """
    async with connected(World().app(limits=GraphQLLimits(body=None))) as websocket:
        await websocket.send_json({"type": "ping", "payload": {"a": "x" * 2_000_000}})

        assert (await websocket.receive_json())["type"] == "pong"


async def test_query() -> None:
    """
    Its result is one ``next``, and then it is complete.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(
            subscribe(
                "query A { hello } query B($n: String) { hello(name: $n) }",
                variables={"n": "\ud800"},
                operationName="B",
                extensions={},
            )
        )
        received = [await websocket.receive_json() for _ in range(2)]

    assert received == [
        {"id": "1", "type": "next", "payload": {"data": {"hello": "hello \ud800"}}},
        {"id": "1", "type": "complete"},
    ]


async def test_mutation() -> None:
    """
    It is executed like a query.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(subscribe("mutation { add(number: 2) }"))
        received = [await websocket.receive_json() for _ in range(2)]

    assert received[0]["payload"] == {"data": {"add": 2}}
    assert world.total == 2


async def test_subscription() -> None:
    """
    Each event is a ``next``, and its end is ``complete``.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(subscribe("subscription { count(to: 2) }"))
        received = [await websocket.receive_json() for _ in range(3)]

    assert received == [
        {"id": "1", "type": "next", "payload": {"data": {"count": 0}}},
        {"id": "1", "type": "next", "payload": {"data": {"count": 1}}},
        {"id": "1", "type": "complete"},
    ]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{", id="syntax"),
        pytest.param("{ nope }", id="validation"),
        pytest.param("query($a: String!) { hello(name: $a) }", id="variables"),
        pytest.param("query A { hello } query B { hello }", id="operation"),
    ],
)
async def test_request_that_is_not_executed(query: str) -> None:
    """
    It ends with one ``error``, and the connection goes on.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(subscribe(query))
        received = [await websocket.receive_json()]
        await websocket.send_json(subscribe("{ hello }"))
        received += [await websocket.receive_json() for _ in range(2)]

    error, *others = received
    assert error["type"] == "error"
    assert error["id"] == "1"
    assert [set(e) >= {"message"} for e in error["payload"]] == [True]
    assert [message["type"] for message in others] == ["next", "complete"]


async def test_request_that_is_refused() -> None:
    """
    It ends with an ``error`` too.
    """
    app = World().app(documents={"x": "{ hello }"}, trusted_only=True)
    async with ready(app) as websocket:
        await websocket.send_json(subscribe("{ boom }"))
        refused = await websocket.receive_json()
        payload = {"documentId": "x"}
        await websocket.send_json({"type": "subscribe", "id": "2", "payload": payload})
        accepted = await websocket.receive_json()

    assert refused["type"] == "error"
    assert accepted["payload"] == {"data": {"hello": "hello world"}}


async def test_persisted_query_without_text() -> None:
    """
    It is no malformed message: whether it is known is the program's answer.
    """
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    async with ready(World().app()) as websocket:
        payload = {"extensions": extensions}
        await websocket.send_json({"type": "subscribe", "id": "1", "payload": payload})
        received = await websocket.receive_json()

    assert received["type"] == "error"


async def test_error_of_a_resolver(caplog: pytest.LogCaptureFixture) -> None:
    """
    It is part of the result, masked and logged.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(subscribe("{ boom }"))
        received = [await websocket.receive_json() for _ in range(2)]

    assert received[0]["payload"]["data"] == {"boom": None}
    assert received[0]["payload"]["errors"][0]["message"] == "Unexpected error."
    assert received[1] == {"id": "1", "type": "complete"}
    assert "secret" in caplog.text


async def test_error_of_a_source(caplog: pytest.LogCaptureFixture) -> None:
    """
    It is the last result, masked and logged.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(subscribe("subscription { broken }"))
        received = [await websocket.receive_json() for _ in range(3)]

    assert received == [
        {"id": "1", "type": "next", "payload": {"data": {"broken": 0}}},
        {"id": "1", "type": "next", "payload": {"errors": [MASKED]}},
        {"id": "1", "type": "complete"},
    ]
    assert "secret" in caplog.text


async def test_subscription_without_a_source() -> None:
    """
    What is no stream is an error, and the operation is over.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(subscribe("subscription { nothing }"))
        received = [await websocket.receive_json() for _ in range(2)]

    assert "errors" in received[0]["payload"]
    assert received[1] == {"id": "1", "type": "complete"}


@pytest.mark.parametrize("query", ["{ odd }", "subscription { odd }"])
async def test_result_that_is_not_json(
    query: str, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The operation ends with an ``error``, masked and logged; its source is closed.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(subscribe(query))
        received = await websocket.receive_json()

    assert received == {"id": "1", "type": "error", "payload": [MASKED]}
    assert "not JSON serializable" in caplog.text
    assert world.log == (["closed"] if query.startswith("sub") else [])


async def test_id_that_is_in_use() -> None:
    """
    The connection is closed at once, and the operation is cancelled.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(subscribe("{ wait }", id="é" * 100))
        await websocket.send_json(subscribe("{ hello }", id="é" * 100))
        code, reason = await close_of(websocket)

    assert code == 4409
    assert reason == "Subscriber for " + "é" * 54
    assert world.log in ([], ["cancelled"])


async def test_id_that_was_in_use() -> None:
    """
    It may be used again as soon as its operation is complete.
    """
    async with ready(World().app()) as websocket:
        types = []
        for _ in range(3):
            await websocket.send_json(subscribe("{ hello }"))
            types += [(await websocket.receive_json())["type"] for _ in range(2)]

    assert types == ["next", "complete"] * 3


async def test_id_of_a_stopped_operation() -> None:
    """
    It may be used again at once, without waiting for the end.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(subscribe("{ wait }"))
        await websocket.send_json({"type": "complete", "id": "1"})
        await websocket.send_json(subscribe("{ hello }"))
        received = [await websocket.receive_json() for _ in range(2)]

    assert received == [
        {"id": "1", "type": "next", "payload": {"data": {"hello": "hello world"}}},
        {"id": "1", "type": "complete"},
    ]


async def test_query_that_is_stopped() -> None:
    """
    Its resolvers are cancelled, and nothing is sent for it.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(subscribe("{ wait }"))
        await world.has_begun.wait()
        await websocket.send_json({"type": "complete", "id": "1"})
        await world.is_over.wait()
        await websocket.send_json({"type": "ping"})

        assert await websocket.receive_json() == {"type": "pong"}
        assert world.log == ["cancelled"]


async def test_query_that_does_not_let_itself_be_stopped() -> None:
    """
    A resolver that swallows the cancellation changes nothing: nothing is sent.
    """
    has_begun = anyio.Event()

    async def stubborn(source: Any, info: Any) -> str:
        has_begun.set()
        try:
            await anyio.sleep_forever()
        except BaseException:
            pass
        return "here I am"

    app = GraphQLApp("type Query { a: String }", resolvers={"Query": {"a": stubborn}})
    async with ready(app) as websocket:
        await websocket.send_json(subscribe("{ a }"))
        await has_begun.wait()
        await websocket.send_json({"type": "complete", "id": "1"})
        await anyio.wait_all_tasks_blocked()
        await websocket.send_json({"type": "ping"})

        assert await websocket.receive_json() == {"type": "pong"}


async def test_operation_that_is_stopped_before_it_begins() -> None:
    """
    It is never executed.
    """
    world = World()
    recorder = Recorder()
    script = Script.websocket(
        json.dumps({"type": "connection_init"}),
        json.dumps(subscribe("mutation { add(number: 1) }")),
        json.dumps({"type": "complete", "id": "1"}),
        code=1000,
    )
    scope = websocket_scope(subprotocols=[PROTOCOL])
    await world.app()(scope, script, recorder)

    assert [json.loads(text) for text in recorder.data] == [{"type": "connection_ack"}]
    assert world.total == 0


async def test_subscription_that_is_stopped() -> None:
    """
    Its source is closed in the task that runs it, and the background tasks run.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(subscribe("subscription { watch }"))
        first = await websocket.receive_json()
        await world.has_begun.wait()
        await websocket.send_json({"type": "complete", "id": "1"})
        await world.is_over.wait()
        await websocket.send_json({"type": "ping"})

        assert first["payload"] == {"data": {"watch": 0}}
        assert await websocket.receive_json() == {"type": "pong"}
        assert world.log == ["closed", "background"]


@pytest.mark.parametrize("id", ["1", "unknown"])
async def test_complete_that_comes_late(id: str) -> None:
    """
    It is ignored.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(subscribe("{ hello }"))
        for _ in range(2):
            await websocket.receive_json()
        await websocket.send_json({"type": "complete", "id": id})
        await websocket.send_json({"type": "ping"})

        assert await websocket.receive_json() == {"type": "pong"}


async def test_slow_operation() -> None:
    """
    It holds up no other one.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(subscribe("{ wait }", id="slow"))
        await websocket.send_json(subscribe("subscription { watch }", id="slower"))
        await websocket.send_json(subscribe("{ hello }", id="quick"))
        received = [await websocket.receive_json() for _ in range(3)]
        world.gate.set()
        received += [await websocket.receive_json() for _ in range(4)]

    assert {m["id"] for m in received[:3]} == {"slower", "quick"}
    assert {m["id"] for m in received[3:]} == {"slow", "slower"}


async def test_too_many_operations() -> None:
    """
    One too many ends with an ``error``; there is room again when one has ended.
    """
    world = World()
    async with ready(world.app(max_operations=2)) as websocket:
        await websocket.send_json(subscribe("{ wait }", id="1"))
        await websocket.send_json(subscribe("{ wait }", id="2"))
        await websocket.send_json(subscribe("{ hello }", id="3"))
        refused = await websocket.receive_json()
        await websocket.send_json({"type": "complete", "id": "2"})
        await websocket.send_json(subscribe("{ hello }", id="3"))
        accepted = await websocket.receive_json()

    assert refused == {
        "id": "3",
        "type": "error",
        "payload": [{"message": "No more than 2 operations may run at once."}],
    }
    assert accepted["type"] == "next"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_many_operations_that_do_not_wait() -> None:
    """
    Any number may come in one breath: they are over before the next ones are begun.
    """
    script = opening(*[subscribe("{ hello }", id=str(i)) for i in range(25)])
    script.add({"type": "websocket.disconnect", "code": 1000})
    recorder = Recorder()
    scope = websocket_scope(subprotocols=[PROTOCOL])
    await World().app(max_operations=10)(scope, script, recorder)
    types = [json.loads(data)["type"] for data in recorder.data]

    assert types.count("error") == 0
    assert types.count("complete") >= 20


@pytest.mark.skipif(not HAS_INCREMENTAL, reason="graphql-core 3.3 and later")
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_deferred_results() -> None:
    """
    Each payload is a ``next``, in the form of 2023.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(subscribe("{ hello ... @defer { later } }"))
        first, second, end = [await websocket.receive_json() for _ in range(3)]

    assert first["payload"] == {
        "data": {"hello": "hello world"},
        "pending": [{"id": "0", "path": []}],
        "hasNext": True,
    }
    assert second["payload"]["incremental"] == [{"id": "0", "data": {"later": "now"}}]
    assert end == {"id": "1", "type": "complete"}


async def test_operations_that_are_started_and_stopped() -> None:
    """
    While those that were stopped clean up, no more are begun than twice as many as
    are allowed.
    """
    world = World()
    counts: List[int] = []
    running = 0

    async def linger(source: Any, info: Any) -> AsyncIterator[int]:
        nonlocal running
        running += 1
        counts.append(running)
        try:
            yield 1
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await world.gate.wait()
            running -= 1

    sdl = "type Query { a: Int } type Subscription { linger: Int }"
    app = GraphQLApp(
        sdl, resolvers={"Subscription": {"linger": linger}}, max_operations=1
    )
    async with ready(app) as websocket:
        for number in range(4):
            id = str(number)
            await websocket.send_json(subscribe("subscription { linger }", id=id))
            if number < 2:
                assert (await websocket.receive_json())["type"] == "next"
            await websocket.send_json({"type": "complete", "id": id})
        await websocket.send_json({"type": "ping"})
        await anyio.wait_all_tasks_blocked()
        while_waiting = running
        world.gate.set()
        answer = await websocket.receive_json()

    assert answer == {"type": "pong"}
    assert while_waiting == 2
    assert max(counts) <= 2
    assert running == 0


async def test_client_that_goes() -> None:
    """
    Everything is cancelled, in its own task, and has cleaned up in the end.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(subscribe("{ wait }", id="1"))
        await websocket.send_json(subscribe("subscription { watch }", id="2"))
        await websocket.receive_json()
        await world.has_begun.wait()

    assert sorted(world.log) == ["background", "cancelled", "closed"]


async def test_server_that_goes() -> None:
    """
    Everything is cancelled with the connection's task.
    """
    world = World()
    recorder = Recorder()
    script = Script.websocket(
        json.dumps({"type": "connection_init"}),
        json.dumps(subscribe("subscription { watch }")),
    )
    with anyio.CancelScope() as scope:

        async def cancel() -> None:
            await world.has_begun.wait()
            scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(cancel)
            await world.app()(
                websocket_scope(subprotocols=[PROTOCOL]), script, recorder
            )

    assert scope.cancelled_caught
    assert world.log == ["closed"]


async def test_background_tasks() -> None:
    """
    They run when the operation is complete; one that fails is logged.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(subscribe("{ later }"))
        await websocket.receive_json()
        await websocket.receive_json()
        await world.is_over.wait()

        assert world.log == ["background"]


async def test_background_task_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """
    It is logged, and the connection goes on.
    """

    def later(source: Any, info: Any) -> str:
        info.context["background"].add_task(fail)
        return "now"

    async def fail() -> None:
        raise ValueError("in the background")

    app = GraphQLApp("type Query { a: String }", resolvers={"Query": {"a": later}})
    async with ready(app) as websocket:
        await websocket.send_json(subscribe("{ a }"))
        for _ in range(2):
            await websocket.receive_json()
        await websocket.send_json({"type": "ping"})

        assert await websocket.receive_json() == {"type": "pong"}

    assert "in the background" in caplog.text


# -- hooks -------------------------------------------------------------------


async def test_context_of_operations() -> None:
    """
    Each has its own, with the WebSocket and the payload of the first message.
    """
    contexts: List[Any] = []

    def note(source: Any, info: Any) -> str:
        contexts.append(info.context)
        return str(info.context["request"].headers["x-name"])

    app = GraphQLApp("type Query { a: String }", resolvers={"Query": {"a": note}})
    async with connected(app, headers={"x-name": "value"}) as websocket:
        await websocket.send_json({"type": "connection_init", "payload": {"a": 1}})
        await websocket.receive_json()
        for id in "12":
            await websocket.send_json(subscribe("{ a }", id=id))
            received = await websocket.receive_json()
            await websocket.receive_json()

    assert received["payload"] == {"data": {"a": "value"}}
    assert [context["connection_params"] for context in contexts] == [{"a": 1}] * 2
    assert contexts[0] is not contexts[1]


@pytest.mark.parametrize(
    "error, message",
    [
        (HTTPException(401, "Who are you?"), "Who are you?"),
        (RequestError(401, "Who are you?"), "Who are you?"),
        (ValueError("secret"), "Unexpected error."),
        (GraphQLError("Not now"), "Not now"),
    ],
)
async def test_context_that_cannot_be_made(error: Exception, message: str) -> None:
    """
    The operation ends with an ``error``.
    """

    async def context(connection: Any) -> Any:
        raise error

    async with ready(World().app(context=context)) as websocket:
        await websocket.send_json(subscribe("{ hello }"))
        received = await websocket.receive_json()

    assert received == {"id": "1", "type": "error", "payload": [{"message": message}]}


class Hooks:
    """An ``on_connect`` and an ``on_disconnect``."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.payloads: List[Any] = []
        self.disconnected = 0
        self.gate = anyio.Event()
        self.gate.set()

    def on_connect(self, websocket: Any, payload: Dict[str, Any]) -> Any:
        self.payloads.append((websocket.url.path, payload))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def on_connect_async(self, websocket: Any, payload: Dict[str, Any]) -> Any:
        await self.gate.wait()
        return self.on_connect(websocket, payload)

    def on_disconnect(self, websocket: Any) -> None:
        self.disconnected += 1

    async def on_disconnect_async(self, websocket: Any) -> None:
        await anyio.lowlevel.checkpoint()
        self.disconnected += 1

    def app(self, is_async: bool, **options: Any) -> GraphQLApp:
        return World().app(
            on_connect=self.on_connect_async if is_async else self.on_connect,
            on_disconnect=self.on_disconnect_async if is_async else self.on_disconnect,
            **options,
        )


both_kinds = pytest.mark.parametrize(
    "is_async", [pytest.param(False, id="def"), pytest.param(True, id="async def")]
)


@both_kinds
@pytest.mark.parametrize(
    "answer, ack",
    [
        (None, {"type": "connection_ack"}),
        (True, {"type": "connection_ack"}),
        ({}, {"type": "connection_ack", "payload": {}}),
        ({"a": 1}, {"type": "connection_ack", "payload": {"a": 1}}),
    ],
)
async def test_connection_that_is_accepted(
    answer: Any, ack: Any, is_async: bool
) -> None:
    """
    What the hook returns is the payload of the acknowledgement.
    """
    hooks = Hooks(answer)
    async with connected(hooks.app(is_async)) as websocket:
        await websocket.send_json({"type": "connection_init", "payload": {"b": 2}})
        received = await websocket.receive_json()
        await websocket.send_json(subscribe("{ hello }"))
        result = await websocket.receive_json()
        before = hooks.disconnected

    assert received == ack
    assert result["type"] == "next"
    assert hooks.payloads == [("/", {"b": 2})]
    assert (before, hooks.disconnected) == (0, 1)


@both_kinds
@pytest.mark.parametrize(
    "answer, close",
    [
        (False, (4403, "Forbidden")),
        (ConnectionRejected(), (4403, "Forbidden")),
        (ConnectionRejected("No", 4999), (4999, "No")),
        (ConnectionRejected("é" * 100), (4403, "é" * 61)),
    ],
)
async def test_connection_that_is_rejected(
    answer: Any, close: Any, is_async: bool
) -> None:
    """
    It is closed, and there is nobody to say goodbye to.
    """
    hooks = Hooks(answer)
    async with connected(hooks.app(is_async)) as websocket:
        await websocket.send_json({"type": "connection_init"})
        closed = await close_of(websocket)

    assert closed == close
    assert hooks.payloads == [("/", {})]
    assert hooks.disconnected == 0


@both_kinds
@pytest.mark.parametrize("answer", [ValueError("secret"), "no mapping"])
async def test_hook_that_fails(
    answer: Any, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The connection is closed with the code for a mistake in the program, which is
    logged.
    """
    async with connected(Hooks(answer).app(is_async)) as websocket:
        await websocket.send_json({"type": "connection_init"})

        assert await close_of(websocket) == (4500, "Internal server error")

    assert ("secret" if isinstance(answer, Exception) else "no mapping") in caplog.text


async def test_ping_while_the_hook_waits() -> None:
    """
    It is answered.
    """
    hooks = Hooks()
    hooks.gate = anyio.Event()
    async with connected(hooks.app(True)) as websocket:
        await websocket.send_json({"type": "connection_init"})
        await websocket.send_json({"type": "ping"})
        first = await websocket.receive_json()
        hooks.gate.set()

        assert first == {"type": "pong"}
        assert await websocket.receive_json() == {"type": "connection_ack"}


async def test_subscribe_while_the_hook_waits() -> None:
    """
    The connection is closed, and the hook is cancelled.
    """
    hooks = Hooks()
    hooks.gate = anyio.Event()
    async with connected(hooks.app(True)) as websocket:
        await websocket.send_json({"type": "connection_init"})
        await websocket.send_json(subscribe("{ hello }"))

        assert await close_of(websocket) == (4401, "Unauthorized")

    assert hooks.payloads == []


async def test_hook_that_fails_when_it_is_cancelled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    The connection is closed with the code that was decided on before.
    """

    async def on_connect(websocket: Any, payload: Any) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ValueError("cancelled")

    async with connected(World().app(on_connect=on_connect)) as websocket:
        await websocket.send_json({"type": "connection_init"})
        await anyio.wait_all_tasks_blocked()
        await websocket.send_json(subscribe("{ hello }"))

        assert await close_of(websocket) == (4401, "Unauthorized")


async def test_hook_of_the_end_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """
    It is logged; the connection is over anyway.
    """

    def on_disconnect(websocket: Any) -> None:
        raise ValueError("at the end")

    async with ready(World().app(on_disconnect=on_disconnect)):
        pass

    assert "at the end" in caplog.text


# -- signs of life, and clients that do not read -----------------------------


async def test_keep_alive() -> None:
    """
    The server pings, over and over, once the connection is acknowledged.
    """
    async with ready(World().app(keep_alive=1e-3)) as websocket:
        received = [await websocket.receive_json() for _ in range(2)]

    assert received == [{"type": "ping"}] * 2


class Wire:
    """A ``send`` that the client reads from when the test lets it."""

    def __init__(self, after: int, error: Optional[Exception] = None) -> None:
        self.messages: List[Message] = []
        self.after = after
        self.error = error
        self.is_full = anyio.Event()
        self.gate = anyio.Event()

    async def __call__(self, message: Message) -> None:
        if len(self.messages) == self.after:
            self.is_full.set()
            await self.gate.wait()
            if self.error is not None:
                raise self.error
        self.messages.append(message)

    @property
    def types(self) -> List[str]:
        return [
            json.loads(m["text"])["type"] if "text" in m else m["type"]
            for m in self.messages
        ]


async def run(app: Any, script: Script, wire: Wire, then: Callable[[], Any]) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(app, websocket_scope(subprotocols=[PROTOCOL]), script, wire)
        await wire.is_full.wait()
        await anyio.wait_all_tasks_blocked()
        await then()


def text(message: Message) -> Message:
    return {"type": "websocket.receive", "text": json.dumps(message)}


def opening(*messages: Message) -> Script:
    return Script.websocket(
        json.dumps({"type": "connection_init"}), *map(json.dumps, messages)
    )


async def test_client_that_does_not_read() -> None:
    """
    The source waits, and the pings of the client are not read: nothing piles up.
    """
    produced: List[int] = []

    async def flood(source: Any, info: Any) -> AsyncIterator[int]:
        for number in range(1000):
            produced.append(number)
            yield number

    sdl = "type Query { a: Int } type Subscription { flood: Int }"
    app = GraphQLApp(sdl, resolvers={"Subscription": {"flood": flood}})
    script = opening(
        subscribe("subscription { flood }"), *[{"type": "ping"} for _ in range(100)]
    )
    wire = Wire(after=3)
    left: List[int] = []

    async def look() -> None:
        left.append(len(script.pending))
        left.append(len(produced))
        wire.gate.set()
        await anyio.wait_all_tasks_blocked()
        script.add({"type": "websocket.disconnect", "code": 1000})

    await run(app, script, wire, look)

    assert left[0] > 90
    assert left[1] < 10
    assert len(produced) == 1000


async def test_source_that_never_waits() -> None:
    """
    Others get their turn, so that the client can stop it.
    """
    sent: List[Message] = []

    async def flood(source: Any, info: Any) -> AsyncIterator[int]:
        while True:
            yield 1

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 5:
            script.add(text({"type": "complete", "id": "1"}))
            script.add({"type": "websocket.disconnect", "code": 1000})

    sdl = "type Query { a: Int } type Subscription { flood: Int }"
    app = GraphQLApp(sdl, resolvers={"Subscription": {"flood": flood}})
    script = opening(subscribe("subscription { flood }"))
    await app(websocket_scope(subprotocols=[PROTOCOL]), script, send)

    assert 5 <= len(sent) < 100


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("is_stopped", [True, False])
async def test_source_that_awaits_something_when_it_is_cancelled(
    is_stopped: bool,
) -> None:
    """
    What a ``finally`` awaits is awaited, as in any task of asyncio.
    """
    log: List[str] = []
    is_waiting, is_over = anyio.Event(), anyio.Event()

    async def polite(source: Any, info: Any) -> AsyncIterator[int]:
        try:
            yield 1
            is_waiting.set()
            await anyio.sleep_forever()
        finally:
            await anyio.lowlevel.checkpoint()
            log.append("closed")
            is_over.set()

    sdl = "type Query { a: Int } type Subscription { polite: Int }"
    app = GraphQLApp(sdl, resolvers={"Subscription": {"polite": polite}})
    async with ready(app) as websocket:
        await websocket.send_json(subscribe("subscription { polite }"))
        await is_waiting.wait()
        if is_stopped:
            await websocket.send_json({"type": "complete", "id": "1"})
            await is_over.wait()

    assert log == ["closed"]


async def test_operation_that_is_stopped_while_it_sends() -> None:
    """
    The message on its way is sent whole, and it is the last.
    """
    world = World()
    wire = Wire(after=2)
    script = opening(subscribe("subscription { watch }"))

    async def stop() -> None:
        script.add(text({"type": "complete", "id": "1"}))
        await anyio.wait_all_tasks_blocked()
        assert world.log == []
        wire.gate.set()
        await world.is_over.wait()
        script.add({"type": "websocket.disconnect", "code": 1000})

    await run(world.app(), script, wire, stop)

    assert wire.types == ["websocket.accept", "connection_ack", "next"]
    assert world.log == ["closed", "background"]


async def test_operation_that_is_stopped_while_another_one_sends() -> None:
    """
    What it was about to send is not sent.
    """
    wire = Wire(after=2)
    script = opening(subscribe("{ hello }", id="1"))

    async def stop() -> None:
        for message in (
            subscribe('{ hello(name: "x") }', id="2"),
            {"type": "complete", "id": "2"},
        ):
            script.add(text(message))
            await anyio.wait_all_tasks_blocked()
        wire.gate.set()
        await anyio.wait_all_tasks_blocked()
        script.add({"type": "websocket.disconnect", "code": 1000})

    await run(World().app(), script, wire, stop)

    assert wire.types == ["websocket.accept", "connection_ack", "next", "complete"]


async def test_client_that_goes_while_something_is_sent() -> None:
    """
    It is cancelled all the same, and no close is sent to nobody.
    """
    world = World()
    wire = Wire(after=2)
    script = opening(subscribe("subscription { watch }"))

    async def leave() -> None:
        script.add({"type": "websocket.disconnect", "code": 1006})

    await run(world.app(), script, wire, leave)

    assert wire.types == ["websocket.accept", "connection_ack"]
    assert world.log == ["closed", "background"]


@pytest.mark.parametrize(
    "error",
    [
        OSError("gone"),
        RuntimeError("Unexpected ASGI message 'websocket.send'"),
        WebSocketDisconnect(1006),
    ],
)
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_client_that_cannot_be_reached(error: Exception, after: int) -> None:
    """
    The connection is over, and everything is cancelled, whoever notices first.
    """
    world = World()
    wire = Wire(after=after, error=error)
    script = opening(
        subscribe("{ wait }", id="1"), subscribe("subscription { watch }", id="2")
    )
    if after == 3:
        script.add(text({"type": "ping"}))

    async def give_up() -> None:
        wire.gate.set()

    await run(world.app(), script, wire, give_up)

    assert len(wire.messages) == after
    assert "closed elsewhere" not in world.log


async def test_client_that_cannot_be_pinged() -> None:
    """
    The connection is over.
    """
    wire = Wire(after=2, error=OSError("gone"))

    async def give_up() -> None:
        wire.gate.set()

    await run(World().app(keep_alive=1e-3), opening(), wire, give_up)

    assert wire.types == ["websocket.accept", "connection_ack"]


async def test_client_that_goes_while_it_is_acknowledged() -> None:
    """
    The connection is over, when a hook was asked beside the reader too.
    """
    wire = Wire(after=1, error=OSError("gone"))

    async def give_up() -> None:
        wire.gate.set()

    await run(Hooks().app(True), opening(), wire, give_up)

    assert wire.types == ["websocket.accept"]


async def test_client_that_goes_before_the_close() -> None:
    """
    The close that cannot be sent any more is no error.
    """
    wire = Wire(after=1, error=OSError("gone"))
    wire.gate.set()
    script = Script.websocket("{")
    await World().app()(websocket_scope(subprotocols=[PROTOCOL]), script, wire)

    assert wire.types == ["websocket.accept"]


async def test_server_that_breaks_the_rules(caplog: pytest.LogCaptureFixture) -> None:
    """
    A mistake below closes the connection with the code for that, and is logged.
    """
    recorder = Recorder()
    script = Script({"type": "websocket.connect"}, KeyError("a bug"))
    await World().app()(websocket_scope(subprotocols=[PROTOCOL]), script, recorder)

    assert recorder.close_code == 4500
    assert "a bug" in caplog.text


async def test_mistake_in_an_operation(caplog: pytest.LogCaptureFixture) -> None:
    """
    What no client can cause closes the connection with the code for that, and is
    logged.
    """
    caplog.set_level(logging.ERROR)
    app = World().app()

    async def run_nothing(*args: Any, **kwargs: Any) -> Any:
        raise KeyError("a bug")

    app.engine.run = run_nothing  # type: ignore[method-assign]
    async with ready(app) as websocket:
        await websocket.send_json(subscribe("{ hello }"))

        assert await close_of(websocket) == (4500, "Internal server error")

    assert "a bug" in caplog.text
