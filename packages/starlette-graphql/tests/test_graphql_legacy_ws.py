"""The protocol ``graphql-ws``, for clients of earlier times."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, List

import anyio
import pytest

from starlette.graphql import ConnectionRejected, GraphQLApp
from starlette.testclient import AsyncTestClient
from starlette.types import Message

pytestmark = pytest.mark.anyio

PROTOCOL = "graphql-ws"
SDL = """
    type Query { hello: String, wait: String }
    type Subscription { count(to: Int!): Int, watch: Int }
"""


class World:
    """A schema whose resolvers wait for the test, and say what becomes of them."""

    def __init__(self) -> None:
        self.log: List[str] = []
        self.gate = anyio.Event()
        self.has_begun = anyio.Event()
        self.is_over = anyio.Event()

    def app(self, **options: Any) -> GraphQLApp:
        resolvers = {
            "Query": {"hello": lambda source, info: "world", "wait": self.wait},
            "Subscription": {"count": self.count, "watch": self.watch},
        }
        return GraphQLApp(SDL, resolvers=resolvers, subprotocols=[PROTOCOL], **options)

    async def wait(self, source: Any, info: Any) -> None:
        await self.gate.wait()

    async def count(self, source: Any, info: Any, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    async def watch(self, source: Any, info: Any) -> AsyncIterator[int]:
        try:
            yield 0
            self.has_begun.set()
            await anyio.sleep_forever()
        finally:
            self.log.append("closed")
            self.is_over.set()


@asynccontextmanager
async def connected(app: Any) -> AsyncIterator[Any]:
    client = AsyncTestClient(app)
    async with client.websocket_connect("/", subprotocols=[PROTOCOL]) as websocket:
        yield websocket


@asynccontextmanager
async def ready(app: Any) -> AsyncIterator[Any]:
    async with connected(app) as websocket:
        await websocket.send_json({"type": "connection_init", "payload": {}})
        assert (await websocket.receive_json())["type"] == "connection_ack"
        yield websocket


def start(query: str, id: str = "1") -> Message:
    return {"type": "start", "id": id, "payload": {"query": query}}


async def close_of(websocket: Any) -> Any:
    message = await websocket.receive()
    assert message["type"] == "websocket.close", message
    return message["code"], message["reason"]


async def test_query() -> None:
    """
    Its result is one ``data``, and then it is complete.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(start("{ hello }"))
        received = [await websocket.receive_json() for _ in range(2)]

    assert received == [
        {"id": "1", "type": "data", "payload": {"data": {"hello": "world"}}},
        {"id": "1", "type": "complete"},
    ]


async def test_subscription() -> None:
    """
    Each event is one ``data``.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(start("subscription { count(to: 2) }"))
        received = [await websocket.receive_json() for _ in range(3)]

    assert [message["type"] for message in received] == ["data", "data", "complete"]
    assert [m["payload"]["data"]["count"] for m in received[:2]] == [0, 1]


@pytest.mark.parametrize("query", ["{", "{ nope }"])
async def test_request_that_is_not_executed(query: str) -> None:
    """
    It ends with one ``error``, which has a message.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json(start(query))
        received = await websocket.receive_json()

    assert received["type"] == "error"
    assert set(received["payload"]) >= {"message"}


async def test_start_without_waiting() -> None:
    """
    Clients need not wait for the acknowledgement, even if the program takes its time.
    """

    async def on_connect(websocket: Any, payload: Any) -> Any:
        await anyio.lowlevel.checkpoint()
        return payload

    async with connected(World().app(on_connect=on_connect)) as websocket:
        await websocket.send_json({"type": "connection_init", "payload": {"a": 1}})
        await websocket.send_json(start("{ hello }"))
        received = [await websocket.receive_json() for _ in range(3)]

    assert received[0] == {"type": "connection_ack", "payload": {"a": 1}}
    assert [message["type"] for message in received[1:]] == ["data", "complete"]


async def test_connection_that_is_rejected() -> None:
    """
    The client is told why, and the connection is closed.
    """

    def on_connect(websocket: Any, payload: Any) -> Any:
        raise ConnectionRejected("No")

    async with connected(World().app(on_connect=on_connect)) as websocket:
        await websocket.send_json({"type": "connection_init"})
        received = await websocket.receive_json()

        assert received == {"type": "connection_error", "payload": {"message": "No"}}
        assert await close_of(websocket) == (4403, "No")


async def test_subscription_that_is_stopped() -> None:
    """
    Its source is closed, and nothing more is sent for it.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(start("subscription { watch }"))
        await websocket.receive_json()
        await world.has_begun.wait()
        await websocket.send_json({"type": "stop", "id": "1"})
        await world.is_over.wait()
        await websocket.send_json(start("{ hello }", id="2"))

        assert (await websocket.receive_json())["id"] == "2"
        assert world.log == ["closed"]


async def test_id_that_is_in_use() -> None:
    """
    The operation of that id is stopped, and the new one takes its place.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(start("{ wait }"))
        await websocket.send_json(start("{ hello }"))
        received = [await websocket.receive_json() for _ in range(2)]
        world.gate.set()
        await websocket.send_json(start("{ hello }", id="2"))
        received.append(await websocket.receive_json())

    assert [(m["id"], m["type"]) for m in received] == [
        ("1", "data"),
        ("1", "complete"),
        ("2", "data"),
    ]


async def test_termination() -> None:
    """
    The client may ask for the end, and everything is cancelled.
    """
    world = World()
    async with ready(world.app()) as websocket:
        await websocket.send_json(start("subscription { watch }"))
        await websocket.receive_json()
        await websocket.send_json({"type": "connection_terminate"})

        assert await close_of(websocket) == (1000, "")

    assert world.log == ["closed"]


async def test_keep_alive() -> None:
    """
    The first sign of life comes at once, and others follow.
    """
    async with ready(World().app(keep_alive=1e-3)) as websocket:
        received = [await websocket.receive_json() for _ in range(3)]

    assert received == [{"type": "ka"}] * 3


@pytest.mark.parametrize(
    "message, code",
    [
        (start("{ hello }"), 4401),
        ({"type": "start"}, 4400),
        ({"type": "stop"}, 4400),
        ({"type": "subscribe", "id": "1"}, 4400),
        ({"type": 1}, 4400),
        ({}, 4400),
        ([], 4400),
        ({"type": "connection_init", "payload": 1}, 4400),
    ],
)
async def test_message_out_of_place(message: Any, code: int) -> None:
    """
    The connection is closed.
    """
    async with connected(World().app()) as websocket:
        await websocket.send_json(message)

        assert (await close_of(websocket))[0] == code


async def test_second_initialisation() -> None:
    """
    The connection is closed.
    """
    async with ready(World().app()) as websocket:
        await websocket.send_json({"type": "connection_init"})

        assert (await close_of(websocket))[0] == 4429


async def test_initialisation_that_does_not_come() -> None:
    """
    The connection is closed when the time is over.
    """
    async with connected(World().app(connection_init_timeout=1e-3)) as websocket:
        assert (await close_of(websocket))[0] == 4408
