"""The public place of the data structures."""

from __future__ import annotations

import pickle

import pytest

from starlette import datastructures
from starlette.datastructures import URL, Headers, QueryParams, URLPath


@pytest.mark.parametrize("name", datastructures.__all__)
def test_every_name_says_where_it_is_found(name: str) -> None:
    """
    Tracebacks, documentation and pickles name the public module.
    """
    assert getattr(datastructures, name).__module__ == "starlette.datastructures"


@pytest.mark.parametrize(
    "value",
    [URL("http://h/"), Headers({"a": "1"}), QueryParams("a=1"), URLPath("/x")],
)
def test_values_can_be_pickled(value: object) -> None:
    """
    They are found again by the name they carry.
    """
    copy = pickle.loads(pickle.dumps(value))

    assert copy == value
    assert type(copy) is type(value)
