"""Mappings with several values per key."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

import pytest

from starlette.datastructures import (
    FormData,
    ImmutableMultiDict,
    MultiDict,
    QueryParams,
)

Pairs = List[Tuple[Any, Any]]

PAIRS: Pairs = [("a", "1"), ("b", "2"), ("a", "3")]

every_class = pytest.mark.parametrize(
    "make", [ImmutableMultiDict, MultiDict, QueryParams, FormData]
)


@every_class
def test_as_a_mapping_it_shows_the_last_values(make: Any) -> None:
    """
    Keys are unique, in the order of their first appearance.
    """
    multi = make(PAIRS)

    assert multi["a"] == multi.get("a") == "3"
    assert list(multi) == list(multi.keys()) == ["a", "b"]
    assert list(multi.values()) == ["3", "2"]
    assert list(multi.items()) == [("a", "3"), ("b", "2")]
    assert len(multi) == 2
    assert "a" in multi
    assert dict(multi) == {"a": "3", "b": "2"}


@every_class
def test_all_values_are_there(make: Any) -> None:
    """
    Every pair in order, and every value of one key.
    """
    multi = make(PAIRS)

    assert multi.multi_items() == PAIRS
    assert multi.getlist("a") == ["1", "3"]
    assert multi.getlist("z") == []


@every_class
def test_a_missing_key(make: Any) -> None:
    """
    It raises, or gives the default.
    """
    with pytest.raises(KeyError):
        make(PAIRS)["z"]

    assert make().get("z") is None
    assert make().get("z", 5) == 5
    assert "z" not in make()
    assert not make()


@every_class
@pytest.mark.parametrize(
    "source, pairs",
    [
        pytest.param(None, [], id="none"),
        pytest.param({"a": "1"}, [("a", "1")], id="mapping"),
        pytest.param((pair for pair in PAIRS), PAIRS, id="iterator"),
        pytest.param(MultiDict(PAIRS), PAIRS, id="multidict"),
        pytest.param([["a", "1"]], [("a", "1")], id="lists"),
    ],
)
def test_sources(make: Any, source: Any, pairs: Pairs) -> None:
    """
    Whatever holds pairs can be taken, and keywords come after.
    """
    if hasattr(source, "send"):
        source = iter(list(PAIRS))

    assert make(source, x="9").multi_items() == [*pairs, ("x", "9")]


@every_class
def test_several_sources_are_refused(make: Any) -> None:
    """
    The error is the one of the interface.
    """
    with pytest.raises(AssertionError, match="Too many arguments"):
        make({}, {})


@every_class
def test_the_source_is_copied(make: Any) -> None:
    """
    What happens to it later has no effect.
    """
    source = list(PAIRS)
    multi = make(source)
    source.clear()
    multi.multi_items().clear()

    assert multi.multi_items() == PAIRS


@every_class
def test_equality_counts_pairs_and_ignores_order(make: Any) -> None:
    """
    The same pairs, equally often, make the same multidict.
    """
    assert make(PAIRS) == make(PAIRS)
    assert make(PAIRS) == make(PAIRS[::-1])
    assert make(PAIRS) != make(PAIRS[:2])
    assert make([("a", "1"), ("a", "1"), ("b", "2")]) != make(
        [("a", "1"), ("b", "2"), ("b", "2")]
    )
    assert make({"a": "1"}) != {"a": "1"}


def test_equality_asks_for_the_same_class() -> None:
    """
    A form is not a query, though they hold the same.
    """
    made: List[Any] = [
        make(PAIRS) for make in (ImmutableMultiDict, MultiDict, FormData)
    ]

    assert [one == other for one in made for other in made].count(True) == len(made)


def test_equality_of_values_that_cannot_be_sorted_or_hashed() -> None:
    """
    They only have to be comparable.
    """
    assert MultiDict([("a", 1), ("a", "1")]) == MultiDict([("a", "1"), ("a", 1)])
    assert MultiDict([("a", [1]), ("b", [2])]) == MultiDict([("b", [2]), ("a", [1])])
    assert MultiDict([("a", [1]), ("a", [1])]) != MultiDict([("a", [1]), ("a", [2])])


@every_class
def test_it_cannot_be_hashed(make: Any) -> None:
    """
    Equal by content, it is no key.
    """
    with pytest.raises(TypeError):
        hash(make())


def test_representation() -> None:
    """
    It shows every pair.
    """
    assert repr(FormData(PAIRS)) == f"FormData({PAIRS!r})"
    assert repr(QueryParams(PAIRS)) == "QueryParams('a=1&b=2&a=3')"


def test_every_key_of_a_long_list_is_answered_from_an_index() -> None:
    """
    Values are found in order, and changes are seen.
    """
    multi = MultiDict([(number % 50, number) for number in range(100)])

    assert [multi.getlist(key) for key in multi] == [[n, n + 50] for n in range(50)]

    multi.getlist(7).clear()
    multi.append(7, "new")

    assert multi.getlist(7) == [7, 57, "new"]
    assert multi.getlist("none") == []


Change = Callable[["MultiDict"], Any]


@pytest.mark.parametrize(
    "change, result, pairs",
    [
        pytest.param(
            lambda m: m.__setitem__("a", "9"), None, [("b", "2"), ("a", "9")], id="set"
        ),
        pytest.param(
            lambda m: m.__setitem__("z", "9"), None, [*PAIRS, ("z", "9")], id="set-new"
        ),
        pytest.param(lambda m: m.__delitem__("a"), None, [("b", "2")], id="delete"),
        pytest.param(lambda m: m.append("a", 9), None, [*PAIRS, ("a", 9)], id="append"),
        pytest.param(
            lambda m: m.setlist("a", [7, 8]),
            None,
            [("b", "2"), ("a", 7), ("a", 8)],
            id="setlist",
        ),
        pytest.param(
            lambda m: m.setlist("a", []), None, [("b", "2")], id="setlist-none"
        ),
        pytest.param(lambda m: m.setlist("z", []), None, PAIRS, id="setlist-none-new"),
        pytest.param(lambda m: m.pop("a"), "3", [("b", "2")], id="pop"),
        pytest.param(lambda m: m.pop("z"), None, PAIRS, id="pop-missing"),
        pytest.param(lambda m: m.pop("z", 5), 5, PAIRS, id="pop-default"),
        pytest.param(lambda m: m.poplist("a"), ["1", "3"], [("b", "2")], id="poplist"),
        pytest.param(lambda m: m.poplist("z"), [], PAIRS, id="poplist-missing"),
        pytest.param(
            lambda m: m.popitem(), ("b", "2"), [("a", "1"), ("a", "3")], id="popitem"
        ),
        pytest.param(lambda m: m.clear(), None, [], id="clear"),
        pytest.param(lambda m: m.setdefault("a", "9"), "3", PAIRS, id="setdefault"),
        pytest.param(
            lambda m: m.setdefault("z"),
            None,
            [*PAIRS, ("z", None)],
            id="setdefault-new",
        ),
        pytest.param(
            lambda m: m.update({"a": "5"}, q="1"),
            None,
            [("b", "2"), ("a", "5"), ("q", "1")],
            id="update",
        ),
        pytest.param(
            lambda m: m.update([("a", "5"), ("a", "6")]),
            None,
            [("b", "2"), ("a", "5"), ("a", "6")],
            id="update-repeated",
        ),
    ],
)
def test_changes(change: Change, result: Any, pairs: Pairs) -> None:
    """
    A change acts on all values of a key, and both views agree afterwards.
    """
    multi = MultiDict(PAIRS)

    assert change(multi) == result
    assert multi.multi_items() == pairs
    assert dict(multi) == dict(pairs)


def test_taking_what_is_not_there() -> None:
    """
    Deleting raises, as does taking from an empty one.
    """
    with pytest.raises(KeyError):
        del MultiDict()["a"]
    with pytest.raises(KeyError, match="dictionary is empty"):
        MultiDict().popitem()


@pytest.mark.parametrize(
    "source, pairs",
    [
        ("a=1&b=&c", [("a", "1"), ("b", ""), ("c", "")]),
        (b"a=%C3%A9+x", [("a", "é x")]),
        (b"a=\xff&b=%FF", [("a", "ÿ"), ("b", "\ufffd")]),
        (b"", []),
        ({"a": 1, 2: None}, [("a", "1"), ("2", "None")]),
        ([("a", 1), ("a", 2)], [("a", "1"), ("a", "2")]),
        (QueryParams("a=1&a=2"), [("a", "1"), ("a", "2")]),
    ],
)
def test_query_parameters_are_read(source: Any, pairs: Pairs) -> None:
    """
    From text, from the bytes of a scope or from pairs, they are strings.
    """
    assert QueryParams(source).multi_items() == pairs
    assert QueryParams(source, x=1).multi_items() == [*pairs, ("x", "1")]
    assert QueryParams(source, x=1)["x"] == "1"


def test_query_parameters_survive_being_written() -> None:
    """
    ``str`` gives ASCII that reads the same.
    """
    params = QueryParams([("a b", "é&="), ("", "#?%"), ("a b", "+")])

    assert str(params) == "a+b=%C3%A9%26%3D&=%23%3F%25&a+b=%2B"
    assert QueryParams(str(params)) == params
