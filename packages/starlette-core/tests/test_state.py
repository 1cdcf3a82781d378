"""The namespace of applications and requests."""

from __future__ import annotations

import copy
import pickle
from typing import Any, Dict

import pytest

from starlette.datastructures import State


def test_an_attribute_is_an_item() -> None:
    """
    Both spellings read, write and delete the same thing.
    """
    state = State()
    state.a = 1
    state["b"] = 2

    assert (state["a"], state.b) == (1, 2)
    assert dict(state) == {"a": 1, "b": 2}

    del state.a
    del state["b"]

    assert len(state) == 0


def test_the_dict_given_is_shared() -> None:
    """
    Changes on either side are seen on the other; an empty dict is no exception.
    """
    kept: Dict[str, Any] = {}
    first, second = State(kept), State(kept)
    first.a = 1
    kept["b"] = 2

    assert kept == {"a": 1, "b": 2}
    assert (second.a, first.b) == (1, 2)
    assert first._state is kept


def test_a_state_shares_with_a_state() -> None:
    """
    Given another state, it is a second view of the same things.
    """
    state = State({"a": 1})
    State(state).b = 2  # type: ignore[arg-type]

    assert dict(state) == {"a": 1, "b": 2}


def test_another_mapping_is_refused() -> None:
    """
    It could not be shared, so it is not silently copied.
    """
    with pytest.raises(TypeError, match="`state` must be a dict, but got list"):
        State([("a", 1)])  # type: ignore[arg-type]


def test_what_is_missing_raises_as_an_attribute_and_as_an_item() -> None:
    """
    Each spelling has its own error; defaults work.
    """
    state = State()

    with pytest.raises(AttributeError, match="'State' object has no attribute 'a'"):
        state.a  # noqa: B018
    with pytest.raises(KeyError):
        state["a"]
    with pytest.raises(KeyError):
        del state["a"]
    assert getattr(state, "a", None) is None
    assert state.get("a", 3) == 3
    assert "a" not in state


def test_deleting_a_missing_attribute_is_both_errors() -> None:
    """
    Callers have caught the ``KeyError`` so far; Python means the other.
    """
    for kind in (AttributeError, KeyError):
        with pytest.raises(kind) as caught:
            del State().a

        assert str(caught.value) == "'State' object has no attribute 'a'"


def test_it_is_a_mutable_mapping() -> None:
    """
    The methods of one are there.
    """
    state = State({"a": 1})
    state.update(b=2)

    assert state.setdefault("c", 3) == 3
    assert state.pop("a") == 1
    assert list(state.items()) == [("b", 2), ("c", 3)]


def test_an_attribute_may_have_the_name_of_a_method() -> None:
    """
    What is stored wins, from the first day and through every door.
    """
    state: Any = State({"items": [1]})
    state.get = 2

    assert state.items == [1]
    assert (state.get, state["get"]) == (2, 2)
    assert state == {"items": [1], "get": 2}


def test_an_empty_state_is_true() -> None:
    """
    A namespace is there even when nothing is in it.
    """
    assert State()


def test_states_are_equal_by_content_and_usable_as_keys() -> None:
    """
    A mapping equals a mapping; the hash is of the object.
    """
    state = State({"a": 1})

    assert state == State({"a": 1})
    assert state == {"a": 1}
    assert state != State()
    assert state != 1
    assert {state: "found"}[state] == "found"


def test_a_subclass_may_set_attributes_in_its_constructor() -> None:
    """
    They are stored like any other.
    """

    class Mine(State):
        def __init__(self) -> None:
            super().__init__()
            self.ready = True

    assert dict(Mine()) == {"ready": True}


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))],
)
def test_a_state_can_be_copied(duplicate: Any) -> None:
    """
    A copy has the same content and is apart from the original.
    """
    state = State({"a": 1})
    other = duplicate(state)
    other.b = 2

    assert dict(other) == {"a": 1, "b": 2}
    assert dict(state) == {"a": 1}
