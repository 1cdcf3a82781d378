"""GraphQL on ASGI: one object for HTTP, WebSockets and mounts.

The parts live in ``_graphql``.
"""

from __future__ import annotations

from starlette._graphql.app import GraphQLApp

__all__ = ("GraphQLApp",)

for _public in (GraphQLApp,):
    _public.__module__ = __name__
