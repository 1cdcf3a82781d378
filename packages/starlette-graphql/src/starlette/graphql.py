"""GraphQL on ASGI: one object for HTTP, WebSockets and mounts.

``GraphQLApp`` is the application; the rest is what it takes, hands out or raises.  The
parts live in ``_graphql``.
"""

from __future__ import annotations

from starlette._graphql.app import GraphQLApp
from starlette._graphql.around import GraphQLOperation
from starlette._graphql.context import ContextResponse
from starlette._graphql.errors import ConnectionRejected, RequestError
from starlette._graphql.limits import GraphQLLimits
from starlette._graphql.persisted import PersistedQueries
from starlette._graphql.request import GraphQLRequest
from starlette._graphql.uploads import Upload

__all__ = (
    "ConnectionRejected",
    "ContextResponse",
    "GraphQLApp",
    "GraphQLLimits",
    "GraphQLOperation",
    "GraphQLRequest",
    "PersistedQueries",
    "RequestError",
    "Upload",
)

for _public in (
    ConnectionRejected,
    ContextResponse,
    GraphQLApp,
    GraphQLLimits,
    GraphQLOperation,
    GraphQLRequest,
    PersistedQueries,
    RequestError,
):
    _public.__module__ = __name__
