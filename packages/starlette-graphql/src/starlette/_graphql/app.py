"""The application that people mount."""

from __future__ import annotations

from graphql import GraphQLSchema

from starlette.types import Receive, Scope, Send

__all__ = ("GraphQLApp",)


class GraphQLApp:
    """A GraphQL schema as an ASGI application.

    Args:
        schema: What is served.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise NotImplementedError
