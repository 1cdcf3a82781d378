"""Schemas as older releases of Strawberry made them, for graphql-core 3.2.

The class here has their methods, by which alone a schema of Strawberry is known.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, AsyncIterator, Dict, List, Optional

import pytest
from graphql import GraphQLError, build_schema, graphql

from starlette.graphql import GraphQLApp
from starlette.testclient import TestClient

SDL = "type Query { hello: String } type Subscription { count: Int }"


class OlderSchema:
    """Notes the text it is asked to execute.

    Args:
        refusal: What ``subscribe`` returns in place of a stream.
    """

    def __init__(self, refusal: Optional[GraphQLError] = None) -> None:
        self._schema = build_schema(SDL)
        self.extensions = [object]
        self.texts: List[str] = []
        self.refusal = refusal

    async def execute(
        self,
        query: str,
        variable_values: Optional[Dict[str, Any]] = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: Optional[str] = None,
    ) -> Any:
        self.texts.append(query)
        result = await graphql(self._schema, query, {"hello": "hi"})
        return SimpleNamespace(data=result.data, errors=result.errors, extensions={})

    async def subscribe(
        self,
        query: str,
        variable_values: Optional[Dict[str, Any]] = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: Optional[str] = None,
    ) -> Any:
        if self.refusal is not None:
            return SimpleNamespace(data=None, errors=[self.refusal], extensions=None)
        return self._numbers()

    async def _numbers(self) -> AsyncIterator[Any]:
        yield SimpleNamespace(data={"count": 1}, errors=None, extensions=None)
        raise RuntimeError("secret")


def post(schema: Any, query: str, **options: Any) -> str:
    headers = {"accept": "text/event-stream"}
    client = TestClient(GraphQLApp(schema, **options))
    return client.post("/", json={"query": query}, headers=headers).text


def test_queries() -> None:
    """
    The schema gets the text as the client wrote it.
    """
    schema = OlderSchema()

    assert '{"data":{"hello":"hi"}}' in post(schema, "{ hello } # as it is")
    assert schema.texts == ["{ hello } # as it is"]


def test_what_fails_before() -> None:
    """
    It is masked like the errors of resolvers.
    """

    def fail(context: Any) -> Any:
        raise RuntimeError("secret")

    text = post(OlderSchema(), "{ hello }", root_value=fail)

    assert "Unexpected error." in text
    assert "secret" not in text


def test_subscriptions() -> None:
    """
    They are streamed, until the stream fails.
    """
    text = post(OlderSchema(), "subscription { count }")

    assert '{"data":{"count":1}}' in text
    assert "Unexpected error." in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "refusal, message",
    [
        (GraphQLError("Not today"), "Not today"),
        (GraphQLError("x", original_error=RuntimeError("secret")), "Unexpected error."),
    ],
)
def test_subscriptions_that_are_refused(refusal: GraphQLError, message: str) -> None:
    """
    A result in place of a stream is told, masked if need be.
    """
    text = post(OlderSchema(refusal), "subscription { count }")

    assert f'"message":"{message}"' in text
    assert "secret" not in text
