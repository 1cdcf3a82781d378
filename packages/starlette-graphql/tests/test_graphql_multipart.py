"""Responses in parts: what is deferred, and subscriptions."""

from __future__ import annotations

import json
from typing import Any, AsyncIterator, Dict, List

import anyio
import pytest

from starlette._graphql import multipart
from starlette._graphql.compat import HAS_INCREMENTAL
from starlette._graphql.outcome import Outcome
from starlette.graphql import GraphQLApp
from starlette.testing import Recorder, Script, exchange, http_scope

pytestmark = pytest.mark.anyio

needs_incremental = pytest.mark.skipif(
    not HAS_INCREMENTAL, reason="graphql-core 3.3 and later"
)
on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])
on_trio = pytest.mark.parametrize("anyio_backend", ["trio"])

SDL = """
    type Query { friend: Friend, numbers: [Int] }
    type Friend { name: String, slow: String, boom: String, wait: String }
    type Subscription { count(to: Int!): Int, watch: Int }
"""

V02 = "multipart/mixed; incrementalSpec=v0.2"
V2022 = "multipart/mixed; deferSpec=20220824"
EVENTS = 'multipart/mixed; subscriptionSpec="1.0"'
JSON = ", application/json"


class World:
    """A schema whose resolvers wait for the test, and say what becomes of them."""

    def __init__(self) -> None:
        self.log: List[str] = []
        self.is_waiting = anyio.Event()

    def app(self, **options: Any) -> GraphQLApp:
        resolvers = {
            "Query": {
                "friend": lambda source, info: {"name": "Ada"},
                "numbers": lambda source, info: [1, 2, 3],
            },
            "Friend": {"slow": self.slow, "boom": self.boom, "wait": self.wait},
            "Subscription": {"count": self.count, "watch": self.watch},
        }
        return GraphQLApp(SDL, resolvers=resolvers, **options)

    async def slow(self, source: Any, info: Any) -> str:
        await anyio.lowlevel.checkpoint()
        return "slowly"

    async def boom(self, source: Any, info: Any) -> str:
        raise ValueError("secret")

    async def wait(self, source: Any, info: Any) -> str:
        self.is_waiting.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.log.append("cancelled")
        raise AssertionError("unreachable")  # pragma: no cover

    async def count(self, source: Any, info: Any, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    async def watch(self, source: Any, info: Any) -> AsyncIterator[int]:
        try:
            yield 0
            self.is_waiting.set()
            await anyio.sleep_forever()
        finally:
            self.log.append("closed")


def scope(accept: str) -> Any:
    headers = {"accept": accept, "content-type": "application/json"}
    return http_scope("POST", headers=headers)


def body_of(query: str) -> bytes:
    return json.dumps({"query": query}).encode()


async def post(query: str, accept: str, **options: Any) -> Recorder:
    return await exchange(World().app(**options), scope(accept), [body_of(query)])


def parts(sent: Recorder) -> List[Dict[str, Any]]:
    """Parse a multipart body (RFC 2046, section 5.1.1)."""
    content_type = sent.headers["content-type"]
    boundary = content_type.split('boundary="')[1].split('"')[0].encode()
    preamble, *found, epilogue = sent.body.split(b"\r\n--" + boundary)
    assert preamble == b""
    assert epilogue == b"--\r\n"
    payloads = []
    for part in found:
        head, _, body = part.partition(b"\r\n\r\n")
        assert head == b"\r\ncontent-type: application/json; charset=utf-8"
        payloads.append(json.loads(body))
    return payloads


@needs_incremental
@on_asyncio
@pytest.mark.parametrize("accept", [V02, V02 + JSON, "application/json, " + V02])
async def test_defer(accept: str) -> None:
    """
    The deferred part comes later, under the id that was announced.
    """
    sent = await post("{ friend { name ... @defer { slow } } }", accept)

    assert sent.status == 200
    assert (
        sent.headers["content-type"]
        == 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'
    )
    assert parts(sent) == [
        {
            "data": {"friend": {"name": "Ada"}},
            "pending": [{"id": "0", "path": ["friend"]}],
            "hasNext": True,
        },
        {
            "hasNext": False,
            "incremental": [{"id": "0", "data": {"slow": "slowly"}}],
            "completed": [{"id": "0"}],
        },
    ]


@needs_incremental
@on_asyncio
async def test_defer_for_older_clients() -> None:
    """
    The deferred part comes later, with its path and label.
    """
    query = '{ friend { name ... @defer(label: "L") { slow } } }'
    sent = await post(query, V2022 + JSON)

    assert (
        sent.headers["content-type"]
        == 'multipart/mixed; boundary="-"; deferSpec=20220824'
    )
    assert parts(sent) == [
        {"data": {"friend": {"name": "Ada"}}, "hasNext": True},
        {
            "hasNext": False,
            "incremental": [
                {"data": {"slow": "slowly"}, "path": ["friend"], "label": "L"}
            ],
        },
    ]


@needs_incremental
@on_asyncio
@pytest.mark.parametrize("accept", ["multipart/mixed", "multipart/mixed" + JSON])
async def test_client_that_says_no_more(accept: str) -> None:
    """
    One that takes parts, and does not say of which kind, gets the form of 2023.
    """
    sent = await post("{ friend { name ... @defer { slow } } }", accept)

    assert "pending" in parts(sent)[0]


@needs_incremental
@on_asyncio
async def test_stream() -> None:
    """
    Items come after the beginning of the list, from their index on.
    """
    query = "{ numbers @stream(initialCount: 1) }"
    first, *others = parts(await post(query, V2022))
    items = [piece for payload in others for piece in payload.get("incremental", [])]

    assert first["data"] == {"numbers": [1]}
    assert items[0]["path"] == ["numbers", 1]
    assert [item for piece in items for item in piece["items"]] == [2, 3]


@needs_incremental
@on_asyncio
async def test_error_in_what_is_deferred(caplog: pytest.LogCaptureFixture) -> None:
    """
    It is masked and logged as any other.
    """
    sent = await post("{ friend { name ... @defer { boom } } }", V02)
    piece = parts(sent)[1]["incremental"][0]

    assert piece["data"] == {"boom": None}
    assert piece["errors"][0]["message"] == "Unexpected error."
    assert "secret" in caplog.text


@needs_incremental
@on_asyncio
async def test_client_that_goes() -> None:
    """
    What is deferred is cancelled.
    """
    world = World()
    script = Script.http(body_of("{ friend { name ... @defer { wait } } }"))
    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(world.app(), scope(V02), script, recorder)
        await world.is_waiting.wait()
        script.add({"type": "http.disconnect"})

    assert not recorder.is_complete
    assert world.log == ["cancelled"]


@needs_incremental
@on_asyncio
@pytest.mark.parametrize("has_begun", [True, False])
async def test_client_that_goes_while_a_list_is_streamed(has_begun: bool) -> None:
    """
    The source of the list is closed, even if it was the first part that nobody took.
    """
    log: List[str] = []
    wire = anyio.Event()
    script = Script.http(body_of("{ numbers @stream(initialCount: 1) }"))

    async def numbers(source: Any, info: Any) -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
            wire.set()
            await anyio.sleep_forever()
        finally:
            log.append("closed")

    async def send(message: Any) -> None:
        if not has_begun and b"data" in message.get("body", b""):
            wire.set()
            await anyio.sleep_forever()

    app = GraphQLApp(
        "type Query { numbers: [Int] }", resolvers={"Query": {"numbers": numbers}}
    )
    async with anyio.create_task_group() as group:
        group.start_soon(app, scope(V02), script, send)
        await wire.wait()
        script.add({"type": "http.disconnect"})

    assert log == ["closed"]


@needs_incremental
@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "*/*",
        EVENTS + JSON,
        "multipart/mixed; incrementalSpec=v9" + JSON,
        "multipart/mixed; deferSpec=20991231" + JSON,
    ],
)
async def test_client_that_does_not_take_parts(accept: str) -> None:
    """
    It gets everything at once.
    """
    sent = await post("{ friend { name ... @defer { slow } } }", accept)

    assert sent.headers["content-type"].startswith("application/json")
    assert json.loads(sent.body) == {
        "data": {"friend": {"name": "Ada", "slow": "slowly"}}
    }


@needs_incremental
@on_trio
async def test_defer_on_trio() -> None:
    """
    Where graphql-core cannot defer, everything comes at once.
    """
    sent = await post("{ friend { name ... @defer { slow } } }", V02 + JSON)

    assert json.loads(sent.body) == {
        "data": {"friend": {"name": "Ada", "slow": "slowly"}}
    }


@needs_incremental
async def test_nothing_deferred() -> None:
    """
    An operation that defers nothing has an ordinary response.
    """
    sent = await post("{ friend { name } }", V02 + JSON)

    assert sent.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"incremental": False}, id="switched off"),
        pytest.param(
            {},
            id="graphql-core 3.2",
            marks=pytest.mark.skipif(HAS_INCREMENTAL, reason="before 3.3"),
        ),
    ],
)
async def test_defer_that_is_not_offered(options: Any) -> None:
    """
    The directive is refused as one that nobody knows.
    """
    sent = await post("{ friend { ... @defer { slow } } }", V02 + JSON, **options)
    (error,) = json.loads(sent.body)["errors"]

    assert error["message"].startswith("Unknown directive '@defer'.")


async def test_subscription() -> None:
    """
    Each event is a part, wrapped as a payload.
    """
    sent = await post("subscription { count(to: 2) }", EVENTS + JSON)

    assert (
        sent.headers["content-type"]
        == 'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0'
    )
    assert parts(sent) == [
        {"payload": {"data": {"count": 0}}},
        {"payload": {"data": {"count": 1}}},
    ]


async def test_parts_are_complete_when_they_are_sent() -> None:
    """
    The delimiter after a part comes with it, so that it can be read at once.
    """
    sent = await post("subscription { count(to: 1) }", EVENTS)
    bodies = [part["body"] for part in sent.of_type("http.response.body")]

    assert bodies[0] == b"\r\n--graphql"
    assert bodies[1].startswith(b"\r\ncontent-type: ")
    assert bodies[1].endswith(b'{"payload":{"data":{"count":0}}}\r\n--graphql')
    assert bodies[2] == b"--\r\n"


async def test_signs_of_life() -> None:
    """
    They are empty objects, without a payload.
    """
    world = World()
    script = Script.http(body_of("subscription { watch }"))
    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(world.app(keep_alive=1e-3), scope(EVENTS), script, recorder)
        await recorder.wait_for("http.response.body", 3)
        script.add({"type": "http.disconnect"})

    assert recorder.body.endswith(
        b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{}\r\n--graphql"
    )
    assert world.log == ["closed"]


@pytest.mark.parametrize(
    "accept",
    [V02, V2022, "multipart/mixed", "multipart/mixed; subscriptionSpec=2", "*/*"],
)
async def test_subscription_for_clients_that_cannot_read_it(accept: str) -> None:
    """
    It is refused before it is begun.
    """
    sent = await post("subscription { count(to: 1) }", accept + JSON)

    assert sent.status == 406
    assert "errors" in json.loads(sent.body)


@pytest.mark.parametrize(
    "kind, parameters, form",
    [
        ("query", None, None),
        ("query", {}, multipart.INCREMENTAL),
        ("query", {"q": "1"}, multipart.INCREMENTAL),
        ("mutation", {"incrementalspec": "v0.2"}, multipart.INCREMENTAL),
        ("query", {"incrementalspec": '"v0.2"'}, multipart.INCREMENTAL),
        ("query", {"deferspec": "20220824"}, multipart.DEFER),
        (
            "query",
            {"subscriptionspec": "1.0", "deferspec": "20220824"},
            multipart.DEFER,
        ),
        ("query", {"deferspec": "x", "incrementalspec": "v0.2"}, multipart.INCREMENTAL),
        ("query", {"subscriptionspec": "1.0"}, None),
        ("query", {"incrementalspec": "v0.1"}, None),
        ("subscription", {"subscriptionspec": "1.0"}, multipart.SUBSCRIPTION),
        ("subscription", {"subscriptionspec": "1.1"}, None),
        ("subscription", {"incrementalspec": "v0.2"}, None),
        ("subscription", {}, None),
        ("subscription", None, None),
    ],
)
def test_form(kind: str, parameters: Any, form: Any) -> None:
    """
    It is the first one of those that exist for the kind of operation that the client
    can read.
    """
    assert multipart.form_of(kind, parameters) is form


def test_form_that_nobody_reads() -> None:
    """
    A response in parts for a client that reads none is a mistake of the caller.
    """
    outcome = Outcome("subscription", "executed", None)

    with pytest.raises(ValueError, match="No parts are accepted for a subscription"):
        multipart.respond(outcome, None, {})
