"""Server-sent events, as clients of GraphQL over SSE read them."""

from __future__ import annotations

import json
from typing import Any, AsyncIterator, Dict, List, Tuple

import anyio
import pytest

from starlette._graphql.compat import HAS_INCREMENTAL
from starlette.graphql import GraphQLApp
from starlette.testing import Recorder, Script, exchange, http_scope

pytestmark = pytest.mark.anyio

SDL = """
    type Query { hello: String, friend: Friend, cookie: String }
    type Friend { name: String, slow: String }
    type Mutation { add(number: Int!): Int }
    type Subscription { count(to: Int!): Int, watch: Int }
"""


class World:
    """A schema whose resolvers wait for the test, and say what becomes of them."""

    def __init__(self) -> None:
        self.log: List[str] = []
        self.is_waiting = anyio.Event()

    def app(self, **options: Any) -> GraphQLApp:
        resolvers = {
            "Query": {
                "hello": lambda source, info: "a\n\nb",
                "friend": lambda source, info: {"name": "Ada"},
                "cookie": self.cookie,
            },
            "Friend": {"slow": self.slow},
            "Mutation": {"add": lambda source, info, number: number},
            "Subscription": {"count": self.count, "watch": self.watch},
        }
        return GraphQLApp(SDL, resolvers=resolvers, **options)

    async def slow(self, source: Any, info: Any) -> str:
        await anyio.lowlevel.checkpoint()
        return "slowly"

    def cookie(self, source: Any, info: Any) -> str:
        info.context["response"].set_cookie("a", "b")
        return "set"

    async def count(self, source: Any, info: Any, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    async def watch(self, source: Any, info: Any) -> AsyncIterator[int]:
        async def note() -> None:
            self.log.append("background")

        info.context["background"].add_task(note)
        try:
            yield 0
            self.is_waiting.set()
            await anyio.sleep_forever()
        finally:
            self.log.append("closed")


def scope(method: str = "POST", query: Any = b"") -> Any:
    headers = {"accept": "text/event-stream", "content-type": "application/json"}
    return http_scope(method, headers=headers, query=query)


async def post(app: Any, query: str, **members: Any) -> Recorder:
    body = json.dumps({"query": query, **members}).encode()
    return await exchange(app, scope(), [body])


def events(body: bytes) -> List[Tuple[str, Any]]:
    """Parse an event stream (HTML, section 9.2.6)."""
    found = []
    for block in body.decode().split("\n\n"):
        fields: Dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            fields[name] = value[1:] if value.startswith(" ") else value
        if "data" in fields:
            data = fields["data"]
            found.append((fields["event"], json.loads(data) if data else None))
    return found


COMPLETE = ("complete", None)


async def test_subscription() -> None:
    """
    Each event is a ``next``, and the end a ``complete`` with a field for data.
    """
    sent = await post(World().app(), "subscription { count(to: 2) }")

    assert sent.status == 200
    assert sent.body.startswith(b":\n\nevent: next\ndata: {")
    assert sent.body.endswith(b"event: complete\ndata: \n\n")
    assert events(sent.body) == [
        ("next", {"data": {"count": 0}}),
        ("next", {"data": {"count": 1}}),
        COMPLETE,
    ]
    assert sent.is_complete


async def test_headers() -> None:
    """
    Proxies and caches are told to keep out of it.
    """
    sent = await post(World().app(), "{ cookie }")

    assert sent.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert sent.headers["cache-control"] == "no-cache, no-transform"
    assert sent.headers["x-accel-buffering"] == "no"
    assert "content-length" not in sent.headers
    assert sent.headers["set-cookie"].startswith("a=b")


@pytest.mark.parametrize(
    "query, data",
    [
        ("{ hello }", {"hello": "a\n\nb"}),
        ("mutation { add(number: 3) }", {"add": 3}),
    ],
)
async def test_operation_with_one_result(query: str, data: Any) -> None:
    """
    It is one ``next``, whatever is in it.
    """
    sent = await post(World().app(), query)

    assert events(sent.body) == [("next", {"data": data}), COMPLETE]


@pytest.mark.parametrize("query", ["{", "{ nope }", "query A { hello } { hello }"])
async def test_request_that_is_not_executed(query: str) -> None:
    """
    Its errors are a ``next`` in a response of status 200.
    """
    sent = await post(World().app(), query)
    (name, payload), end = events(sent.body)

    assert sent.status == 200
    assert name == "next"
    assert set(payload) == {"errors"}
    assert end == COMPLETE


async def test_get() -> None:
    """
    The request may come by GET, as an ``EventSource`` sends it.
    """
    query = {"query": "subscription { count(to: 1) }"}
    sent = await exchange(World().app(), scope("GET", query))

    assert events(sent.body) == [("next", {"data": {"count": 0}}), COMPLETE]


async def test_client_that_goes() -> None:
    """
    The source is closed, and the background tasks run.
    """
    world = World()
    body = json.dumps({"query": "subscription { watch }"}).encode()
    script = Script.http(body)
    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(world.app(), scope(), script, recorder)
        await world.is_waiting.wait()
        script.add({"type": "http.disconnect"})

    assert events(recorder.body) == [("next", {"data": {"watch": 0}})]
    assert world.log == ["closed", "background"]


async def test_signs_of_life() -> None:
    """
    They are comments, which clients do not see.
    """
    world = World()
    body = json.dumps({"query": "subscription { watch }"}).encode()
    script = Script.http(body)
    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(world.app(keep_alive=1e-3), scope(), script, recorder)
        await recorder.wait_for("http.response.body", 4)
        script.add({"type": "http.disconnect"})

    assert recorder.body.endswith(b":\n\n:\n\n")
    assert events(recorder.body) == [("next", {"data": {"watch": 0}})]


@pytest.mark.skipif(not HAS_INCREMENTAL, reason="graphql-core 3.3 and later")
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_deferred_results() -> None:
    """
    Each payload is a ``next``, in the form of 2023.
    """
    sent = await post(World().app(), "{ friend { name ... @defer { slow } } }")
    first, second, end = events(sent.body)

    assert first[1]["data"] == {"friend": {"name": "Ada"}}
    assert first[1]["hasNext"] is True
    assert second[1]["incremental"][0]["data"] == {"slow": "slowly"}
    assert second[1]["hasNext"] is False
    assert end == COMPLETE
