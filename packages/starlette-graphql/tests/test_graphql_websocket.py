"""The handshake of WebSockets: origins, subprotocols, options."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Dict, List, Optional

import pytest

from starlette._graphql.websocket import WebSocketOptions
from starlette.graphql import GraphQLApp
from starlette.testing import Recorder, Script, exchange, websocket_scope

pytestmark = pytest.mark.anyio

SDL = "type Query { hello: String }"
NEW, OLD = "graphql-transport-ws", "graphql-ws"


async def shake(
    offered: Any = (NEW,),
    headers: Any = (),
    scheme: str = "ws",
    **options: Any,
) -> Recorder:
    """Connect, and disconnect."""
    scope = websocket_scope(subprotocols=offered, headers=headers, scheme=scheme)
    return await exchange(
        GraphQLApp(SDL, **options), scope, Script.websocket(code=1000)
    )


def chosen(recorder: Recorder) -> Optional[str]:
    (accepted,) = recorder.of_type("websocket.accept")
    subprotocol: Optional[str] = accepted["subprotocol"]
    return subprotocol


@pytest.mark.parametrize(
    "offered, spoken, expected",
    [
        ([NEW], [NEW], NEW),
        (["x", NEW, "y"], [NEW], NEW),
        ([OLD, NEW], [NEW], NEW),
        ([OLD], [NEW, OLD], OLD),
        ([OLD, NEW], [NEW, OLD], OLD),
        ([NEW, OLD], [OLD, NEW], NEW),
        ([OLD], OLD, OLD),
    ],
)
async def test_subprotocol(offered: Any, spoken: Any, expected: str) -> None:
    """
    The first one that the client offers and the program speaks is chosen.
    """
    recorder = await shake(offered, subprotocols=spoken)

    assert chosen(recorder) == expected
    assert recorder.close_code is None


@pytest.mark.parametrize(
    "offered, spoken", [([], [NEW]), (["x"], [NEW]), ([OLD], [NEW]), ([NEW], [OLD])]
)
async def test_subprotocol_that_is_not_spoken(offered: Any, spoken: Any) -> None:
    """
    The connection is accepted to be closed with a code that says why.
    """
    recorder = await shake(offered, subprotocols=spoken)

    assert chosen(recorder) is None
    assert recorder.messages[-1] == {
        "type": "websocket.close",
        "code": 4406,
        "reason": "Subprotocol not acceptable",
    }


async def test_scope_without_subprotocols() -> None:
    """
    A server that says nothing of subprotocols has a client that offers none.
    """
    scope = websocket_scope()
    del scope["subprotocols"]
    recorder = await exchange(GraphQLApp(SDL), scope, Script.websocket(code=1000))

    assert recorder.close_code == 4406


def from_page(origin: str, host: str = "example.org") -> Dict[str, str]:
    return {"host": host, "origin": origin}


welcome = pytest.mark.parametrize(
    "headers, scheme, allowed",
    [
        pytest.param({"host": "example.org"}, "ws", [], id="no browser"),
        pytest.param(from_page("http://example.org"), "ws", [], id="same"),
        pytest.param(from_page("https://example.org"), "wss", [], id="same with TLS"),
        pytest.param(from_page("HTTP://Example.ORG"), "ws", [], id="case"),
        pytest.param(from_page("http://example.org:80"), "ws", [], id="port 80"),
        pytest.param(from_page("http://a.b", "A.b:80"), "ws", [], id="host:80"),
        pytest.param(from_page("https://a.b", "a.b:443"), "wss", [], id="host:443"),
        pytest.param(from_page("http://a.b:8000", "a.b:8000"), "ws", [], id="port"),
        pytest.param(from_page("http://[::1]:1", "[::1]:1"), "ws", [], id="IPv6"),
        pytest.param(from_page("https://a.b", "a.b"), "ws", [], id="TLS at a proxy"),
        pytest.param(from_page("https://x.y"), "ws", ["https://x.y"], id="allowed"),
        pytest.param(from_page("https://x.y"), "ws", "https://X.y:443", id="text"),
        pytest.param(from_page("null"), "ws", ["null"], id="null"),
        pytest.param(from_page("https://x.y"), "ws", ["*"], id="any"),
        pytest.param([("origin", "a"), ("origin", "b")], "ws", "*", id="any of two"),
    ],
)


@welcome
async def test_page_that_may_connect(headers: Any, scheme: str, allowed: Any) -> None:
    """
    Pages of the same host may connect, and those of the origins that are allowed.
    """
    recorder = await shake(headers=headers, scheme=scheme, allowed_origins=allowed)

    assert chosen(recorder) == NEW


unwelcome = pytest.mark.parametrize(
    "headers, scheme, allowed",
    [
        pytest.param(from_page("http://evil.example"), "ws", [], id="other"),
        pytest.param(from_page("http://example.org.evil"), "ws", [], id="suffix"),
        pytest.param(from_page("http://sub.example.org"), "ws", [], id="subdomain"),
        pytest.param(from_page("http://example.org:81"), "ws", [], id="port"),
        pytest.param(from_page("http://example.org"), "wss", [], id="without TLS"),
        pytest.param(from_page("ftp://example.org"), "ws", [], id="scheme"),
        pytest.param(from_page("http://x@example.org"), "ws", [], id="userinfo"),
        pytest.param(from_page("http://example.org/"), "ws", [], id="path"),
        pytest.param(from_page("null"), "ws", [], id="null"),
        pytest.param(from_page(""), "ws", [], id="empty"),
        pytest.param(from_page("example.org"), "ws", [], id="host"),
        pytest.param(from_page("http://é.example"), "ws", [], id="not ASCII"),
        pytest.param(from_page("http://"), "ws", ["https://x.y"], id="no host"),
        pytest.param(from_page("http://x.y"), "ws", ["https://x.y"], id="other TLS"),
        pytest.param(
            [
                ("host", "a.b"),
                ("origin", "http://a.b"),
                ("origin", "http://evil.example"),
            ],
            "ws",
            [],
            id="two",
        ),
        pytest.param(
            [("host", "a b"), ("origin", "http://a b")], "ws", [], id="bad host"
        ),
    ],
)


@unwelcome
async def test_page_that_must_not_connect(
    headers: Any, scheme: str, allowed: Any
) -> None:
    """
    The handshake is refused before anything is said.
    """
    recorder = await shake(headers=headers, scheme=scheme, allowed_origins=allowed)

    assert recorder.messages == [
        {"type": "websocket.close", "code": 4403, "reason": "Forbidden"}
    ]


ALONE = """
import asyncio, json, sys

for name in ("anyio", "sniffio", "trio"):
    sys.modules[name] = None

from starlette.graphql import GraphQLApp

async def watch(source, info):
    try:
        yield 1
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(0)
        print("closed")

sdl = "type Query { a: Int } type Subscription { watch: Int }"
app = GraphQLApp(sdl, resolvers={"Subscription": {"watch": watch}}, keep_alive=60)
scope = {
    "type": "websocket",
    "path": "/",
    "headers": [],
    "subprotocols": ["graphql-transport-ws"],
}

async def main():
    inbox = asyncio.Queue()
    payload = {"query": "subscription { watch }"}
    for message in (
        {"type": "connection_init"},
        {"type": "subscribe", "id": "1", "payload": payload},
    ):
        inbox.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    async def receive():
        if scope:
            scope.clear()
            return {"type": "websocket.connect"}
        return await inbox.get()

    async def send(message):
        print(message.get("text", message["type"]))
        if "next" in message.get("text", ""):
            inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})

    await app(dict(scope), receive, send)

asyncio.run(main())
"""


def test_without_anyio() -> None:
    """
    On asyncio, nothing is needed beside the core and graphql-core.
    """
    ended = subprocess.run(
        [sys.executable, "-c", ALONE], capture_output=True, text=True, check=False
    )

    assert ended.stderr == ""
    assert ended.stdout.splitlines() == [
        "websocket.accept",
        '{"type":"connection_ack"}',
        '{"id":"1","type":"next","payload":{"data":{"watch":1}}}',
        "closed",
    ]


async def test_server_without_an_address() -> None:
    """
    Where nobody knows what the program is called, no page is one of its own.
    """
    scope = websocket_scope(
        headers={"origin": "http://x"}, subprotocols=[NEW], server=None
    )
    recorder = await exchange(GraphQLApp(SDL), scope, Script.websocket(code=1000))

    assert recorder.close_code == 4403


async def test_client_that_goes_during_the_handshake() -> None:
    """
    Nothing is sent, and nothing is raised.
    """
    recorder = Recorder()
    script = Script({"type": "websocket.disconnect", "code": 1006})
    await GraphQLApp(SDL)(websocket_scope(subprotocols=[NEW]), script, recorder)

    assert recorder.messages == []


@pytest.mark.parametrize("after", [0, 1])
async def test_client_that_goes_while_it_is_sent_away(after: int) -> None:
    """
    Nothing is raised.
    """
    recorder = Recorder(error=OSError("gone"), after=after)
    script = Script.websocket()
    await GraphQLApp(SDL)(websocket_scope(subprotocols=["x"]), script, recorder)

    assert len(recorder.messages) == after


wrong: List[Any] = [
    ({"subprotocols": ["soap"]}, ValueError),
    ({"subprotocols": "soap"}, ValueError),
    ({"allowed_origins": ["example.org"]}, ValueError),
    ({"allowed_origins": ["https://example.org/path"]}, ValueError),
    ({"allowed_origins": [None]}, ValueError),
    ({"on_connect": 1}, TypeError),
    ({"on_disconnect": "x"}, TypeError),
    ({"connection_init_timeout": 0}, ValueError),
    ({"connection_init_timeout": None}, ValueError),
    ({"connection_init_timeout": True}, ValueError),
    ({"keep_alive": -1}, ValueError),
    ({"keep_alive": "1"}, ValueError),
    ({"max_operations": 0}, ValueError),
    ({"max_operations": 1.5}, ValueError),
    ({"max_operations": True}, ValueError),
]


@pytest.mark.parametrize("options, error", wrong)
def test_options_that_are_wrong(options: Any, error: Any) -> None:
    """
    They are refused when the program starts, by their names.
    """
    (name,) = options

    with pytest.raises(error, match=f"`{name}` must be"):
        WebSocketOptions(**options)


def test_options() -> None:
    """
    They are there as they were given.
    """
    options = WebSocketOptions(
        subprotocols=[NEW, OLD],
        allowed_origins=["*", "null", "HTTPS://a.b:443"],
        on_connect=print,
        on_disconnect=print,
        connection_init_timeout=1,
        keep_alive=2.5,
        max_operations=3,
    )

    assert options.subprotocols == (NEW, OLD)
    assert options.allowed_origins == ("*", "null", "https://a.b")
    assert options.on_connect is print
    assert options.on_disconnect is print
    assert options.connection_init_timeout == 1
    assert options.keep_alive == 2.5
    assert options.max_operations == 3
