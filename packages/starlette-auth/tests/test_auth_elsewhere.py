"""Names that programs import from a module of this member which does not make them."""

from __future__ import annotations

import importlib

import pytest

# Where programs look for it, what they ask for, and who makes it.
LENT = [
    ("starlette.authentication", "is_async_callable", "starlette._utils"),
    ("starlette.authentication", "HTTPException", "starlette.exceptions"),
    ("starlette.authentication", "HTTPConnection", "starlette.requests"),
    ("starlette.authentication", "Request", "starlette.requests"),
    ("starlette.authentication", "RedirectResponse", "starlette.responses"),
    ("starlette.authentication", "WebSocket", "starlette.websockets"),
]


@pytest.mark.parametrize("module, name, source", LENT)
def test_a_name_of_another_module(module: str, name: str, source: str) -> None:
    """
    It is what that module makes.
    """
    found = getattr(importlib.import_module(module), name)

    assert found is getattr(importlib.import_module(source), name)
