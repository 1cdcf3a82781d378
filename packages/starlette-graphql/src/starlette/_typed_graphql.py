"""What starlette-graphql adds to ``starlette``, for type checkers.

Made by ``python -m tools.plugins --write``.
"""

# isort: skip_file

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.graphql import GraphQLApp as GraphQLApp
