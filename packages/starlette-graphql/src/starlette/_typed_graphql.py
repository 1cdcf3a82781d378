"""What starlette-graphql adds to ``starlette``, for type checkers.

Made by ``python -m tools.plugins --write``.
"""

# isort: skip_file

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.graphql import ConnectionRejected as ConnectionRejected
    from starlette.graphql import ContextResponse as ContextResponse
    from starlette.graphql import GraphQLApp as GraphQLApp
    from starlette.graphql import GraphQLLimits as GraphQLLimits
    from starlette.graphql import GraphQLOperation as GraphQLOperation
    from starlette.graphql import GraphQLRequest as GraphQLRequest
    from starlette.graphql import PersistedQueries as PersistedQueries
    from starlette.graphql import RequestError as RequestError
    from starlette.graphql import Upload as Upload
