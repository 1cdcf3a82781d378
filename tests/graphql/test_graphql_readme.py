"""The page of starlette-graphql names what there is."""

from __future__ import annotations

import inspect
import re
from typing import Any, Set

import pytest

import starlette.graphql
from starlette.graphql import GraphQLApp, GraphQLLimits
from tools.members import ROOT

TEXT = (ROOT / "packages/starlette-graphql/README.md").read_text(encoding="utf-8")


def first_cells() -> Set[str]:
    """What stands in the first column of a table."""
    rows = re.findall(r"^\| (`[^|]*`) \|", TEXT, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize("cls", [GraphQLApp, GraphQLLimits])
def test_options(cls: Any) -> None:
    """
    Every option stands in a table, or is explained where another one does.
    """
    names = set(inspect.signature(cls).parameters)
    beside = {"field_costs", "list_arguments", "list_size"}

    assert names - first_cells() - beside == set()
    assert [name for name in beside if f"`{name}`" not in TEXT] == []


def test_public_names() -> None:
    """
    Every public name stands on the page, but for those that nobody makes.
    """
    handed_out = {"ContextResponse", "GraphQLRequest"}

    missing = {name for name in starlette.graphql.__all__ if name not in TEXT}
    assert missing == handed_out
