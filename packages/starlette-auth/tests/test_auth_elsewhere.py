"""Names that programs import from a module of this member which does not make them."""

from __future__ import annotations

import importlib
from typing import List, Tuple

import pytest

from starlette._elsewhere import LENT

MODULES = ("starlette.authentication",)


def listed() -> List[Tuple[str, str, str]]:
    """Return each name with the module that has it and the one that makes it."""
    for module in MODULES:
        importlib.import_module(module)
    return [
        (module, source, name)
        for module in MODULES
        for name, source in LENT[module].items()
    ]


@pytest.mark.parametrize("module, source, name", listed())
def test_a_name_of_another_module(module: str, source: str, name: str) -> None:
    """
    It is what that module makes.
    """
    found = getattr(importlib.import_module(module), name)
    made = getattr(importlib.import_module(source), name)

    assert found is made


@pytest.mark.parametrize("module", MODULES)
def test_a_name_that_nobody_makes(module: str) -> None:
    """
    It is missing as from any module.
    """
    found = importlib.import_module(module)

    with pytest.raises(AttributeError) as caught:
        getattr(found, "no_such_name")  # noqa: B009

    assert str(caught.value) == f"module '{module}' has no attribute 'no_such_name'"
