"""The wheel of GraphQL, where nothing is but the core and graphql-core."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.members import CORE, members
from tools.wheels import build_one, install

pytestmark = [
    pytest.mark.skipif(sys.version_info < (3, 10), reason="hatchling needs 3.10"),
    # Seconds: an environment is made, and filled from the index.
    pytest.mark.timeout(600),
]

# Prints what a program answers that nothing else is installed for: over HTTP, as
# events, over a WebSocket, with an upload; the page; and what was loaded for it.
PROGRAM = r"""
import asyncio, gc, json, sys, warnings

from starlette.graphql import GraphQLApp

SCHEMA = '''
    scalar Upload
    type Query { hello: String, later: String }
    type Mutation { keep(file: Upload!): String }
    type Subscription { count: Int }
'''


async def later(source, info):
    await asyncio.sleep(0)
    return "later"


async def keep(source, info, file):
    return (await file.read()).decode()


async def count(source, info):
    yield 1
    yield 2


app = GraphQLApp(
    SCHEMA,
    resolvers={
        "Query": {"hello": lambda source, info: "hello", "later": later},
        "Mutation": {"keep": keep},
        "Subscription": {"count": count},
    },
)


async def run(scope, *messages):
    waiting, sent = asyncio.Queue(), []
    for message in messages:
        waiting.put_nowait(message)

    async def send(message):
        sent.append(message)
        if json.loads(message.get("text", "{}")).get("type") == "complete":
            waiting.put_nowait({"type": "websocket.disconnect", "code": 1000})

    scope = {"path": "/", "root_path": "", "query_string": b"", **scope}
    await asyncio.wait_for(app(scope, waiting.get, send), 30)
    return sent


async def ask(body, *headers, method="POST"):
    scope = {"type": "http", "method": method, "headers": list(headers)}
    sent = await run(scope, {"type": "http.request", "body": body})
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent).decode()


async def talk(*messages):
    scope = {
        "type": "websocket",
        "headers": [],
        "subprotocols": ["graphql-transport-ws"],
    }
    received = [
        {"type": "websocket.receive", "text": json.dumps(message)}
        for message in messages
    ]
    sent = await run(scope, {"type": "websocket.connect"}, *received)
    return [m["text"] for m in sent if m["type"] == "websocket.send"]


JSON = (b"content-type", b"application/json")
FORM = (
    '--B\r\nContent-Disposition: form-data; name="operations"\r\n\r\n'
    '{"query": "mutation ($f: Upload!) { keep(file: $f) }", "variables": {"f": null}}'
    '\r\n--B\r\nContent-Disposition: form-data; name="map"\r\n\r\n'
    '{"0": ["variables.f"]}'
    '\r\n--B\r\nContent-Disposition: form-data; name="0"; filename="f"\r\n\r\n'
    'content\r\n--B--\r\n'
).encode()


async def main():
    query = json.dumps({"query": "{ hello later }"}).encode()
    subscription = {"query": "subscription { count }"}
    page = await ask(b"", (b"accept", b"text/html"), method="GET")
    return [
        await ask(query, JSON),
        await ask(b"[" * 100_000, JSON),
        await ask(
            json.dumps(subscription).encode(), JSON, (b"accept", b"text/event-stream")
        ),
        await ask(
            FORM,
            (b"content-type", b"multipart/form-data; boundary=B"),
            (b"graphql-require-preflight", b"1"),
        ),
        await talk(
            {"type": "connection_init"},
            {"id": "1", "type": "subscribe", "payload": subscription},
        ),
        [page[0], "<title>" in page[1]],
    ]


answers = asyncio.run(main())
gc.collect()
packages = {name.partition(".")[0] for name in sys.modules}
foreign = [name for name in ("anyio", "httpx", "sniffio", "trio") if name in packages]
print(json.dumps([answers, foreign]))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the two wheels, and what they ask for."""
    folder = tmp_path_factory.mktemp("graphql-wheel")
    wanted = [m for m in members() if m.name in (CORE, "starlette-graphql")]
    wheels = [str(build_one(member.folder, folder)) for member in wanted]
    return install(folder / "env", *wheels)


def ask(python: Path, program: str) -> Any:
    """What *program* prints, as JSON."""
    # -I: neither this tree nor the user's packages are on its path.
    command = [str(python), "-I", "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_what_is_installed(python: Path) -> None:
    """
    The core, GraphQL and graphql-core, and nothing else.
    """
    program = """
import importlib.metadata, json
found = {d.metadata["Name"] for d in importlib.metadata.distributions()}
print(json.dumps(sorted(found - {"typing_extensions"})))
"""

    assert ask(python, program) == [
        "graphql-core",
        "starlette-core",
        "starlette-graphql",
    ]


def test_every_protocol_works(python: Path) -> None:
    """
    HTTP, events, uploads, WebSockets and the page need no other library.
    """
    answers, foreign = ask(python, PROGRAM)
    query, brackets, events, upload, messages, page = answers

    assert query == [200, '{"data":{"hello":"hello","later":"later"}}']
    assert brackets[0] == 400
    assert events[0] == 200
    assert events[1].count("event: next") == 2
    assert upload == [200, '{"data":{"keep":"content"}}']
    assert [json.loads(message)["type"] for message in messages] == [
        "connection_ack",
        "next",
        "next",
        "complete",
    ]
    assert page == [200, True]
    assert foreign == []
