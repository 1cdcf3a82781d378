"""The module as a whole."""

from __future__ import annotations

import starlette.graphql


def test_public_names_say_where_they_are_public() -> None:
    """
    What the module lists is there, and calls the module its home.
    """
    names = starlette.graphql.__all__
    classes = [
        value
        for value in (getattr(starlette.graphql, name) for name in names)
        if isinstance(value, type)
    ]

    assert sorted(names) == list(names)
    assert {cls.__module__ for cls in classes} == {"starlette.graphql"}
    assert starlette.graphql.GraphQLApp in classes
