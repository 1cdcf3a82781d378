"""Schemas of Ariadne."""

from __future__ import annotations

import json
from typing import Any, AsyncIterator, Dict

import pytest

from starlette.graphql import GraphQLApp
from starlette.testclient import TestClient

# Where it is not: it needs Python 3.10.
ariadne: Any = pytest.importorskip("ariadne")

SCHEMA = """
    scalar Upload

    type Query {
      hello(name: String!): String!
      path: String
      pets: [Pet!]!
      failing: Int
    }

    interface Pet { petName: String! }
    type Cat implements Pet { petName: String!, colour: Colour }
    enum Colour { RED BLUE }
    type Mutation { keep(file: Upload!): String }
    type Subscription { count(to: Int!): Int! }
"""


def hello(source: Any, info: Any, name: str) -> str:
    return f"hello {name}"


async def path(source: Any, info: Any) -> str:
    found: str = info.context["request"].url.path
    return found


def failing(source: Any, info: Any) -> int:
    raise RuntimeError("secret")


async def keep(source: Any, info: Any, file: Any) -> str:
    data: bytes = await file.read()
    return data.decode()


async def numbers(source: Any, info: Any, to: int) -> AsyncIterator[int]:
    for number in range(to):
        yield number


def make() -> Any:
    query = ariadne.QueryType()
    query.set_field("hello", hello)
    query.set_field("path", path)
    query.set_field("pets", lambda source, info: [{"pet_name": "Tom", "colour": 1}])
    query.set_field("failing", failing)
    mutation = ariadne.MutationType()
    mutation.set_field("keep", keep)
    subscription = ariadne.SubscriptionType()
    subscription.set_source("count", numbers)
    subscription.set_field("count", lambda number, info, to: number)
    return ariadne.make_executable_schema(
        SCHEMA,
        query,
        mutation,
        subscription,
        ariadne.InterfaceType("Pet", lambda value, info, kind: "Cat"),
        ariadne.EnumType("Colour", {"RED": 1, "BLUE": 2}),
        ariadne.upload_scalar,
        convert_names_case=True,
    )


@pytest.fixture
def client() -> TestClient:
    return TestClient(GraphQLApp(make()))


def ask(client: TestClient, query: str, **variables: Any) -> Dict[str, Any]:
    body = {"query": query, "variables": variables}
    answer: Dict[str, Any] = client.post("/api", json=body).json()
    return answer


def test_queries(client: TestClient) -> None:
    """
    Resolvers, interfaces, enums and converted names work.
    """
    query = """
        query ($name: String!) {
          hello(name: $name) path
          pets { __typename petName ... on Cat { colour } }
        }
    """

    assert ask(client, query, name="Ariadne") == {
        "data": {
            "hello": "hello Ariadne",
            "path": "/api",
            "pets": [{"__typename": "Cat", "petName": "Tom", "colour": "RED"}],
        }
    }


def test_errors(client: TestClient) -> None:
    """
    An error of a resolver is masked, and stands beside the data.
    """
    answer = ask(client, "{ failing path }")

    assert answer["data"] == {"failing": None, "path": "/api"}
    assert [error["message"] for error in answer["errors"]] == ["Unexpected error."]


def test_mutations_with_files(client: TestClient) -> None:
    """
    Ariadne's own scalar for uploads takes the files of the request.
    """
    query = "mutation ($file: Upload!) { keep(file: $file) }"
    operations = {"query": query, "variables": {"file": None}}

    answer = client.post(
        "/",
        data={
            "operations": json.dumps(operations),
            "map": json.dumps({"0": ["variables.file"]}),
        },
        files={"0": ("a.txt", b"content")},
        headers={"graphql-require-preflight": "1"},
    )

    assert answer.json() == {"data": {"keep": "content"}}


def test_subscriptions(client: TestClient) -> None:
    """
    They are streamed over a WebSocket.
    """
    protocols = ["graphql-transport-ws"]
    payload = {"query": "subscription { count(to: 2) }"}
    with client.websocket_connect("/", subprotocols=protocols) as websocket:
        websocket.send_json({"type": "connection_init"})
        assert websocket.receive_json() == {"type": "connection_ack"}
        websocket.send_json({"id": "1", "type": "subscribe", "payload": payload})
        received = [websocket.receive_json() for _ in range(3)]

    assert received == [
        {"id": "1", "type": "next", "payload": {"data": {"count": 0}}},
        {"id": "1", "type": "next", "payload": {"data": {"count": 1}}},
        {"id": "1", "type": "complete"},
    ]
