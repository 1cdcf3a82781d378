"""Schemas of graphene."""

from __future__ import annotations

import json
from typing import Any, AsyncIterator, Dict, List

import pytest

from starlette.graphql import GraphQLApp, Upload
from starlette.testclient import TestClient

# Where it is not: it needs graphql-core 3.2, and Strawberry is there, which does not.
graphene: Any = pytest.importorskip("graphene")

EVENTS = {"accept": "text/event-stream"}
PREFLIGHT = {"graphql-require-preflight": "1"}


class Colour(graphene.Enum):  # type: ignore[misc]
    RED = 1
    BLUE = 2


class Named(graphene.Interface):  # type: ignore[misc]
    name = graphene.String(required=True)


class Cat(graphene.ObjectType):  # type: ignore[misc]
    class Meta:
        interfaces = (Named,)

    lives = graphene.Int(required=True)
    colour = graphene.Field(Colour)

    @staticmethod
    async def resolve_lives(parent: Any, info: Any) -> int:
        return 9


class Query(graphene.ObjectType):  # type: ignore[misc]
    hello = graphene.String(name=graphene.String(default_value="world"), required=True)
    path = graphene.String()
    pets = graphene.List(graphene.NonNull(Named))
    failing = graphene.String()

    @staticmethod
    def resolve_hello(root: Any, info: Any, name: str) -> str:
        return f"hello {name}"

    @staticmethod
    def resolve_path(root: Any, info: Any) -> str:
        path: str = info.context["request"].url.path
        return path

    @staticmethod
    def resolve_pets(root: Any, info: Any) -> List[Any]:
        return [Cat(name="Tom", colour=Colour.RED), Cat(name="Kit")]

    @staticmethod
    def resolve_failing(root: Any, info: Any) -> str:
        raise RuntimeError("secret")


class File(graphene.Scalar):  # type: ignore[misc]
    """An upload, as graphene has it done: a scalar of the program's own."""

    parse_value = staticmethod(Upload.parse_value)
    parse_literal = staticmethod(Upload.parse_literal)
    serialize = staticmethod(Upload.serialize)


class Keep(graphene.Mutation):  # type: ignore[misc]
    class Arguments:
        file = File(required=True)

    text = graphene.String()

    @staticmethod
    async def mutate(root: Any, info: Any, file: Any) -> Any:
        return Keep(text=(await file.read()).decode())


class Mutation(graphene.ObjectType):  # type: ignore[misc]
    keep = Keep.Field()


class Subscription(graphene.ObjectType):  # type: ignore[misc]
    count = graphene.Int(to=graphene.Int(required=True))

    @staticmethod
    async def subscribe_count(root: Any, info: Any, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number


SCHEMA = graphene.Schema(
    query=Query, mutation=Mutation, subscription=Subscription, types=[Cat]
)


def client(**options: Any) -> TestClient:
    return TestClient(GraphQLApp(SCHEMA, **options))


def ask(query: str, **variables: Any) -> Dict[str, Any]:
    body = {"query": query, "variables": variables}
    answer: Dict[str, Any] = client().post("/api", json=body).json()
    return answer


def test_queries() -> None:
    """
    Arguments, interfaces, enums and asynchronous resolvers work, and the context is
    that of the application.
    """
    query = """
        query ($name: String) {
          hello(name: $name) path
          pets { __typename name ... on Cat { lives colour } }
        }
    """

    assert ask(query, name="graphene") == {
        "data": {
            "hello": "hello graphene",
            "path": "/api",
            "pets": [
                {"__typename": "Cat", "name": "Tom", "lives": 9, "colour": "RED"},
                {"__typename": "Cat", "name": "Kit", "lives": 9, "colour": None},
            ],
        }
    }


def test_errors() -> None:
    """
    An error of a resolver is masked, and stands beside the data.
    """
    answer = ask("{ failing hello }")

    assert answer["data"] == {"failing": None, "hello": "hello world"}
    assert [error["message"] for error in answer["errors"]] == ["Unexpected error."]


def test_mutations_with_files() -> None:
    """
    An upload reaches the mutation of graphene.
    """
    query = "mutation ($file: File!) { keep(file: $file) { text } }"
    operations = {"query": query, "variables": {"file": None}}

    answer = client().post(
        "/",
        data={
            "operations": json.dumps(operations),
            "map": json.dumps({"0": ["variables.file"]}),
        },
        files={"0": ("a.txt", b"content")},
        headers=PREFLIGHT,
    )

    assert answer.json() == {"data": {"keep": {"text": "content"}}}


def test_subscriptions() -> None:
    """
    They are streamed as server-sent events.
    """
    body = {"query": "subscription { count(to: 2) }"}

    answer = client().post("/", json=body, headers=EVENTS)

    assert answer.text.count("event: next") == 2
    assert '{"data":{"count":1}}' in answer.text


def test_graphene_middleware() -> None:
    """
    Middleware of fields, as graphene knows it, is run.
    """

    def shout(following: Any, root: Any, info: Any, **arguments: Any) -> Any:
        value = following(root, info, **arguments)
        return value.upper() if isinstance(value, str) else value

    answer = client(middleware=[shout]).post("/", json={"query": "{ hello }"})

    assert answer.json() == {"data": {"hello": "HELLO WORLD"}}
