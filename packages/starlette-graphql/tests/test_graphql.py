"""The application as a whole."""

from __future__ import annotations

import starlette.graphql


def test_public_names() -> None:
    """
    The module offers what it lists.
    """
    assert starlette.graphql.__all__ == ("GraphQLApp",)
