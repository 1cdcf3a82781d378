"""The program that real clients are set upon: one schema, all transports.

The schema is text, so that graphql-core is all it needs.  What happens inside is
noted in ``NOTES`` and ``SENT``, for the tests that ask what became of it.
"""

from __future__ import annotations

import asyncio
from typing import Any, AsyncGenerator, Dict, List

from graphql import GraphQLError

from starlette.applications import Starlette
from starlette.graphql import ConnectionRejected, GraphQLApp
from starlette.routing import Route, WebSocketRoute

__all__ = ("NOTES", "SENT", "app")

NOTES: List[str] = []
SENT: Dict[str, int] = {}
GATES: Dict[str, asyncio.Event] = {}

SCHEMA = """
    scalar Upload

    type Query {
      hello(name: String = "world"): String!
      items(first: Int = 3): [Item!]!
      failing: String
      forbidden: String
      patient(key: String!): String
      gated(key: String!): String
      slow: String
    }

    type Item { id: ID!, name: String!, details: String! }

    type Mutation {
      keep(file: Upload!): File!
      keepAll(files: [Upload!]!): [File!]!
      add(a: Int!, b: Int!): Int!
      open(key: String!): Boolean
    }

    type File { name: String!, type: String, size: Int!, text: String! }

    type Subscription {
      count(to: Int!, failing: Boolean = false): Int!
      forever(key: String!, busy: Boolean = false): Int!
      refused: Int
    }
"""


def items(source: Any, info: Any, first: int) -> List[Dict[str, Any]]:
    return [{"id": n, "name": f"item {n}", "details": details} for n in range(first)]


async def details(info: Any) -> str:
    # Not at once, so that it is worth deferring.
    await asyncio.sleep(0)
    return "details"


def failing(source: Any, info: Any) -> str:
    raise RuntimeError("the password is 1234")


def forbidden(source: Any, info: Any) -> str:
    raise GraphQLError("Not for you", extensions={"code": "FORBIDDEN"})


async def patient(source: Any, info: Any, key: str) -> None:
    """Wait until cancelled, and note it."""
    NOTES.append(f"{key} started")
    try:
        await asyncio.Event().wait()
    finally:
        NOTES.append(f"{key} ended")


async def gated(source: Any, info: Any, key: str) -> str:
    """Wait until somebody opens."""
    await GATES.setdefault(key, asyncio.Event()).wait()
    return "gated"


def open_gate(source: Any, info: Any, key: str) -> bool:
    """Let go what waits, and what will."""
    GATES.setdefault(key, asyncio.Event()).set()
    return True


async def slow(source: Any, info: Any) -> str:
    await asyncio.sleep(0.05)
    return "slow"


async def describe(file: Any) -> Dict[str, Any]:
    text = (await file.read()).decode()
    await file.seek(0)
    return {
        "name": file.filename,
        "type": file.content_type,
        "size": file.size,
        "text": text[:100],
    }


async def keep(source: Any, info: Any, file: Any) -> Dict[str, Any]:
    return await describe(file)


async def keep_all(source: Any, info: Any, files: List[Any]) -> List[Dict[str, Any]]:
    return [await describe(file) for file in files]


def add(source: Any, info: Any, a: int, b: int) -> int:
    return a + b


async def count(
    source: Any, info: Any, to: int, failing: bool
) -> AsyncGenerator[int, None]:
    for number in range(1, to + 1):
        yield number
        await asyncio.sleep(0)
    if failing:
        raise GraphQLError("Lost count")


async def forever(
    source: Any, info: Any, key: str, busy: bool
) -> AsyncGenerator[int, None]:
    """Give one number, or many, then wait until closed; and note it."""
    NOTES.append(f"{key} started")
    try:
        yield 1
        while busy:
            SENT[key] = SENT.get(key, 0) + 1
            yield SENT[key]
        await asyncio.Event().wait()
    finally:
        NOTES.append(f"{key} ended")


def refused(source: Any, info: Any) -> None:
    raise GraphQLError("No subscription for you")


RESOLVERS: Dict[str, Any] = {
    "Query": {
        "hello": lambda source, info, name: f"hello {name}",
        "items": items,
        "failing": failing,
        "forbidden": forbidden,
        "patient": patient,
        "gated": gated,
        "slow": slow,
    },
    "Mutation": {"keep": keep, "keepAll": keep_all, "add": add, "open": open_gate},
    "Subscription": {"count": count, "forever": forever, "refused": refused},
}


def on_connect(websocket: Any, payload: Any) -> Dict[str, Any]:
    if payload and payload.get("token") == "wrong":
        raise ConnectionRejected("Forbidden")
    return {"welcome": payload}


def endpoint(path: str, **options: Any) -> List[Any]:
    graphql = GraphQLApp(SCHEMA, resolvers=RESOLVERS, **options)
    return [Route(path, graphql), WebSocketRoute(path, graphql)]


app = Starlette(
    routes=[
        *endpoint("/graphql", on_connect=on_connect, max_operations=5),
        *endpoint("/batching", batching=10),
        *endpoint("/impatient", connection_init_timeout=0.05),
        *endpoint("/legacy", subprotocols=("graphql-transport-ws", "graphql-ws")),
        *endpoint("/draft", http_spec="draft"),
        *endpoint("/apq", apq=True),
    ]
)
