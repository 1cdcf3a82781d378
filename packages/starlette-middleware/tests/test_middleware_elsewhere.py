"""Names that programs import from a module of this member which does not make them."""

from __future__ import annotations

import importlib

import pytest

# Where programs look for it, what they ask for, and who makes it.
LENT = [
    ("starlette.middleware.gzip", "Headers", "starlette.datastructures"),
    ("starlette.middleware.gzip", "MutableHeaders", "starlette.datastructures"),
    ("starlette.middleware.sessions", "MutableHeaders", "starlette.datastructures"),
    ("starlette.middleware.sessions", "Secret", "starlette.datastructures"),
    ("starlette.middleware.sessions", "HTTPConnection", "starlette.requests"),
    ("starlette.middleware.trustedhost", "Headers", "starlette.datastructures"),
]


@pytest.mark.parametrize("module, name, source", LENT)
def test_a_name_of_another_module(module: str, name: str, source: str) -> None:
    """
    It is what that module makes.
    """
    found = getattr(importlib.import_module(module), name)

    assert found is getattr(importlib.import_module(source), name)


def test_a_name_that_nobody_makes() -> None:
    """
    It is missing, also from the module that finds some names in its own way.
    """
    sessions = importlib.import_module("starlette.middleware.sessions")

    with pytest.raises(AttributeError, match=r"sessions' has no attribute 'no_name'"):
        getattr(sessions, "no_name")  # noqa: B009
