"""Schemas of Strawberry, with and without extensions of its own."""

# Strawberry is not there for everyone, mypy included, and reads the annotations here.
# mypy: disable-error-code="call-arg, misc, no-any-return"
# mypy: disable-error-code="untyped-decorator, valid-type"

import json
from typing import Any, AsyncGenerator, AsyncIterator, ClassVar, Dict, List, Optional

import pytest
from graphql import GraphQLError

from starlette._graphql.engine import Engine
from starlette._graphql.strawberry import StrawberryEngine
from starlette.datastructures import UploadFile
from starlette.graphql import GraphQLApp
from starlette.testclient import TestClient

# Where it is not: it needs graphql-core 3.3.
strawberry: Any = pytest.importorskip("strawberry")
directive: Any = pytest.importorskip("strawberry.directive")
SchemaExtension: Any = pytest.importorskip("strawberry.extensions").SchemaExtension
File: Any = pytest.importorskip("strawberry.file_uploads").Upload

EVENTS = {"accept": "text/event-stream"}
PREFLIGHT = {"graphql-require-preflight": "1"}


@strawberry.type
class Note:
    text: str

    @strawberry.field
    async def shouted(self) -> str:
        return self.text.upper()


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    async def path(self, info: strawberry.Info) -> str:
        return info.context["request"].url.path

    @strawberry.field
    def root(self, info: strawberry.Info) -> Optional[str]:
        return info.root_value

    @strawberry.field
    def notes(self) -> List[Note]:
        return [Note(text="a"), Note(text="b")]

    @strawberry.field
    def failing(self) -> Optional[str]:
        raise RuntimeError("secret")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def keep(self, file: File) -> str:
        assert isinstance(file, UploadFile)
        return (await file.read()).decode()


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int, failing: bool = False) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number
        if failing:
            raise RuntimeError("secret")


class Noted(SchemaExtension):
    """Notes what it is called for, and adds to the response."""

    called: ClassVar[List[str]] = []

    async def on_operation(self) -> AsyncIterator[None]:
        self.called.append(f"{self.execution_context.operation_name} begins")
        yield
        self.called.append("ends")

    def get_results(self) -> Dict[str, Any]:
        return {"noted": len(self.called)}


class Guard(SchemaExtension):
    """Refuses the operations of a name, and fails over those of another."""

    def on_execute(self) -> AsyncIterator[None]:
        name = self.execution_context.operation_name
        if name == "Refused":
            raise GraphQLError("Not today")
        if name == "Broken":
            raise RuntimeError("secret")
        yield


@strawberry.directive(locations=[directive.DirectiveLocation.FIELD])
def backwards(value: directive.DirectiveValue[str]) -> str:
    return value[::-1]


KINDS = {"query": Query, "mutation": Mutation, "subscription": Subscription}
PLAIN = strawberry.Schema(**KINDS)
EXTENDED = strawberry.Schema(**KINDS, extensions=[Noted, Guard])
DIRECTED = strawberry.Schema(**KINDS, directives=[backwards])

every_schema = pytest.mark.parametrize(
    "schema",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param(EXTENDED, id="extensions"),
        pytest.param(DIRECTED, id="directives"),
    ],
)


@pytest.fixture(autouse=True)
def called() -> List[str]:
    """What ``Noted`` was called for in this test."""
    Noted.called.clear()
    return Noted.called


def ask(schema: Any, query: str, *, options: Any = (), **members: Any) -> Any:
    client = TestClient(GraphQLApp(schema, **dict(options)))
    answer = client.post("/api", json={"query": query, **members}).json()
    answer.pop("extensions", None)
    return answer


@every_schema
def test_queries(schema: Any) -> None:
    """
    Arguments, nested types and asynchronous resolvers work, and the context is that
    of the application.
    """
    query = "query ($name: String!) { hello(name: $name) path notes { text shouted } }"

    assert ask(schema, query, variables={"name": "berry"}) == {
        "data": {
            "hello": "hello berry",
            "path": "/api",
            "notes": [{"text": "a", "shouted": "A"}, {"text": "b", "shouted": "B"}],
        }
    }


@every_schema
@pytest.mark.parametrize("kind", ["value", "function", "coroutine"])
def test_root_values(schema: Any, kind: str) -> None:
    """
    The root value is what the application says, or what its function returns.
    """

    async def later(context: Any) -> str:
        return "root"

    values: Dict[str, Any] = {
        "value": "root",
        "function": lambda context: "root",
        "coroutine": later,
    }

    answer = ask(schema, "{ root }", options={"root_value": values[kind]})

    assert answer == {"data": {"root": "root"}}


@every_schema
def test_errors(schema: Any) -> None:
    """
    An error of a resolver is masked, and stands beside the data.
    """
    answer = ask(schema, "{ failing hello }")

    assert answer["data"] == {"failing": None, "hello": "hello world"}
    assert [error["message"] for error in answer["errors"]] == ["Unexpected error."]


@every_schema
def test_mutations_with_files(schema: Any) -> None:
    """
    Strawberry's own scalar for uploads takes the files of the request.
    """
    query = "mutation ($file: Upload!) { keep(file: $file) }"
    operations = {"query": query, "variables": {"file": None}}

    answer = TestClient(GraphQLApp(schema)).post(
        "/",
        data={
            "operations": json.dumps(operations),
            "map": json.dumps({"0": ["variables.file"]}),
        },
        files={"0": ("a.txt", b"content")},
        headers=PREFLIGHT,
    )

    assert answer.json()["data"] == {"keep": "content"}


@every_schema
def test_subscriptions(schema: Any) -> None:
    """
    They are streamed; one that fails says so, masked, and ends.
    """
    client = TestClient(GraphQLApp(schema))
    query = "subscription { count(to: 2, failing: true) }"

    lines = client.post("/", json={"query": query}, headers=EVENTS).text.splitlines()
    results = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]

    assert [result.get("data") for result in results[:2]] == [
        {"count": 0},
        {"count": 1},
    ]
    assert results[2]["errors"][0]["message"] == "Unexpected error."
    assert "secret" not in json.dumps(results)


def test_a_schema_without_anything_of_its_own() -> None:
    """
    It is executed here, which is faster.
    """
    assert type(GraphQLApp(PLAIN).engine) is Engine
    assert type(GraphQLApp(EXTENDED).engine) is StrawberryEngine
    assert type(GraphQLApp(DIRECTED).engine) is StrawberryEngine


def test_extensions_are_run(called: List[str]) -> None:
    """
    They are around the operation, and what they add is in the response.
    """
    client = TestClient(GraphQLApp(EXTENDED))

    answer = client.post("/", json={"query": "query Q { hello }"}).json()

    assert answer["extensions"] == {"noted": 2}
    assert called == ["Q begins", "ends"]


def test_extensions_are_run_around_subscriptions(called: List[str]) -> None:
    """
    They end with the stream.
    """
    query = "subscription S { count(to: 1) }"

    TestClient(GraphQLApp(EXTENDED)).post("/", json={"query": query}, headers=EVENTS)

    assert called[0] == "S begins"
    assert called[-1] == "ends"


@pytest.mark.parametrize(
    "name, message", [("Refused", "Not today"), ("Broken", "Unexpected error.")]
)
@pytest.mark.parametrize("kind", ["query", "subscription"])
def test_an_extension_that_fails(name: str, message: str, kind: str) -> None:
    """
    Its ``GraphQLError`` is told to the client, anything else is masked.
    """
    field = "hello" if kind == "query" else "count(to: 1)"
    client = TestClient(GraphQLApp(EXTENDED))
    body = {"query": f"{kind} {name} {{ {field} }}"}

    answer = client.post("/", json=body, headers=EVENTS)

    assert f'"message":"{message}"' in answer.text
    assert "secret" not in answer.text


def test_directives_of_strawberry() -> None:
    """
    A directive with a resolver has its effect.
    """
    assert ask(DIRECTED, "{ hello @backwards }") == {"data": {"hello": "dlrow olleh"}}


def test_defer_is_executed_at_once() -> None:
    """
    What Strawberry was not told to defer is in the one response.
    """
    answer = ask(EXTENDED, "{ ... @defer { hello } }")

    assert answer == {"data": {"hello": "hello world"}}


def test_limits_hold() -> None:
    """
    What the application refuses does not reach Strawberry.
    """
    answer = ask(EXTENDED, "{ nothing }")

    assert "Cannot query field" in answer["errors"][0]["message"]
    assert Noted.called == []


def test_middleware_is_refused() -> None:
    """
    Strawberry takes none, and would leave it out in silence.
    """
    with pytest.raises(ValueError, match="write an extension with a `resolve` method"):
        GraphQLApp(EXTENDED, middleware=[lambda following, *args: following(*args)])
