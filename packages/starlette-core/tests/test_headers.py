"""Header fields as mappings."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

import pytest

from starlette.datastructures import Headers, MutableHeaders

Pairs = List[Tuple[bytes, bytes]]


def pairs() -> Pairs:
    return [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]


def many(count: int) -> Pairs:
    return [(b"x-%d" % number, b"%d" % number) for number in range(count)]


def test_names_ignore_case_and_the_first_value_counts() -> None:
    """
    Lookups give the first line of a name, ``getlist`` all of them.
    """
    headers = Headers(raw=pairs())

    assert headers["A"] == "1"
    assert headers.get("A") == "1"
    assert headers.getlist("A") == ["1", "3"]
    assert "A" in headers


def test_views_show_every_line() -> None:
    """
    Names repeat as often as they occur; ``dict`` keeps the first value of each.
    """
    headers = Headers(raw=pairs())

    assert headers.keys() == list(headers) == ["a", "b", "a"]
    assert headers.values() == ["1", "2", "3"]
    assert headers.items() == [("a", "1"), ("b", "2"), ("a", "3")]
    assert len(headers) == 3
    assert dict(headers) == {"a": "1", "b": "2"}


@pytest.mark.parametrize("key", ["z", "ü", "€"])
def test_a_missing_header_is_a_missing_key(key: str) -> None:
    """
    A name that no header can have is just as missing.
    """
    for headers in (Headers(raw=pairs()), Headers(raw=many(40))):
        assert headers.get(key) is None
        assert headers.get(key, "default") == "default"
        assert headers.getlist(key) == []
        assert key not in headers
        with pytest.raises(KeyError):
            headers[key]


def test_values_are_latin_1() -> None:
    """
    Every byte is a character.
    """
    headers = Headers(raw=[(b"\xe9", b"\xff")])

    assert headers["é"] == "ÿ"


@pytest.mark.parametrize("count", [1, 40])
def test_a_header_without_a_name(count: int) -> None:
    """It is one like any other."""
    headers = Headers(raw=[(b"", b"value"), *many(count)])

    assert dict(headers)[""] == headers.get("") == "value"
    assert "" not in Headers(raw=many(count))


def test_a_mapping_is_encoded() -> None:
    """
    Names become lower case, as ASGI has them.
    """
    assert Headers({"X-A": "é"}).raw == [(b"x-a", b"\xe9")]
    assert Headers(Headers(raw=pairs())).raw == pairs()
    assert Headers().raw == []


def test_a_scope_is_read_and_not_copied() -> None:
    """
    A list stays what it is, and what is appended to it is seen.
    """
    scope: Dict[str, Any] = {"headers": pairs()}
    headers = Headers(scope=scope)
    scope["headers"].append((b"c", b"4"))

    assert headers["c"] == "4"


@pytest.mark.parametrize("kind", [tuple, iter])
def test_an_iterable_in_a_scope_becomes_a_list(kind: Callable[[Pairs], Any]) -> None:
    """
    Whoever reads the scope next finds the headers still there.
    """
    scope = {"headers": kind(pairs())}

    assert Headers(scope=scope)["b"] == "2"
    assert scope["headers"] == pairs()


def test_raw_of_immutable_headers_is_a_copy() -> None:
    """
    Changing it changes nothing.
    """
    headers = Headers(raw=pairs())
    headers.raw.clear()

    assert headers.raw == pairs()


def test_a_long_list_is_indexed() -> None:
    """
    Lookups agree with those of a short list, and notice an addition.
    """
    raw = [*many(40), (b"x-1", b"again")]
    headers = Headers(raw=raw)

    assert headers["X-39"] == "39"
    assert headers.getlist("x-1") == ["1", "again"]
    assert dict(headers)["x-1"] == "1"

    raw.append((b"new", b"1"))

    assert headers["new"] == "1"


def test_every_name_of_a_huge_list_is_found_in_one_pass() -> None:
    """
    Turning headers into a dict looks at each line a bounded number of times.
    """

    class Counting(List[Tuple[bytes, bytes]]):
        passes = 0

        def __iter__(self) -> Any:
            self.passes += 1
            return super().__iter__()

    raw = Counting(many(500))

    assert len(dict(Headers(raw=raw))) == 500
    assert raw.passes <= 3


def test_equality_ignores_order() -> None:
    """
    The same lines make the same headers, mutable or not.
    """
    assert Headers(raw=pairs()) == Headers(raw=pairs()[::-1])
    assert Headers(raw=pairs()) == MutableHeaders(raw=pairs())
    assert Headers({"a": "1"}) != Headers({"a": "2"})
    assert Headers({"a": "1"}) != {"a": "1"}


def test_representation() -> None:
    """
    It shows a mapping if that loses nothing.
    """
    assert repr(Headers({"a": "1"})) == "Headers({'a': '1'})"
    assert repr(MutableHeaders(raw=pairs())) == f"MutableHeaders(raw={pairs()!r})"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"headers": {}, "raw": []}, 'Cannot set both "headers" and "raw".'),
        ({"headers": {}, "scope": {}}, 'Cannot set both "headers" and "scope".'),
        ({"raw": [], "scope": {}}, 'Cannot set both "raw" and "scope".'),
    ],
)
def test_two_sources_are_refused(arguments: Dict[str, Any], message: str) -> None:
    """
    The error names both.
    """
    with pytest.raises(AssertionError) as caught:
        Headers(**arguments)

    assert str(caught.value) == message


def test_a_mutable_copy_is_apart() -> None:
    """
    Changing it leaves the original as it was.
    """
    headers = Headers(raw=pairs())
    copy = headers.mutablecopy()
    copy["a"] = "9"

    assert headers.raw == pairs()
    assert copy.raw == [(b"a", b"9"), (b"b", b"2")]


def test_mutable_headers_work_on_the_list_they_are_given() -> None:
    """
    So does their ``raw``; another iterable becomes a list.
    """
    raw = pairs()
    MutableHeaders(raw=raw)["c"] = "4"
    MutableHeaders(raw=raw).raw.append((b"d", b"5"))

    assert raw == [*pairs(), (b"c", b"4"), (b"d", b"5")]

    headers = MutableHeaders(raw=tuple(pairs()))  # type: ignore[arg-type]
    del headers["a"]

    assert headers.raw == [(b"b", b"2")]


def test_mutable_headers_of_a_message_spare_the_list_it_came_with() -> None:
    """
    The message gets a new list, so that a response sent twice gathers nothing.
    """
    kept = pairs()
    message = {"headers": kept}
    MutableHeaders(scope=message)["set-cookie"] = "a=b"

    assert message["headers"] == [*pairs(), (b"set-cookie", b"a=b")]
    assert kept == pairs()


def test_setting_replaces_the_first_line_and_drops_the_others() -> None:
    """
    The place in the order stays; a new name goes to the end, in lower case.
    """
    headers = MutableHeaders(raw=pairs())
    headers["A"] = "9"
    headers["New"] = "x"

    assert headers.raw == [(b"a", b"9"), (b"b", b"2"), (b"new", b"x")]


def test_deleting_drops_every_line() -> None:
    """
    A name that is missing is no error.
    """
    headers = MutableHeaders(raw=pairs())
    del headers["A"]
    del headers["€"]

    assert headers.raw == [(b"b", b"2")]


def test_append_and_setdefault() -> None:
    """
    The first adds a line always, the second only where there is none.
    """
    headers = MutableHeaders(raw=pairs())
    headers.append("B", "4")

    assert headers.setdefault("b", "9") == "2"
    assert headers.setdefault("N", "9") == "9"
    assert headers.raw == [*pairs(), (b"b", b"4"), (b"n", b"9")]


def test_update_sets_each_header() -> None:
    """
    It is as if they were set one by one.
    """
    headers = MutableHeaders(raw=pairs())
    headers.update({"A": "9", "C": "5"})

    assert headers.raw == [(b"a", b"9"), (b"b", b"2"), (b"c", b"5")]


def test_union_operators() -> None:
    """
    ``|`` makes a new object, ``|=`` changes the old one.
    """
    headers = MutableHeaders(raw=pairs())
    union = headers | {"a": "9"}

    assert headers.raw == pairs()
    assert union.raw == [(b"a", b"9"), (b"b", b"2")]

    headers |= {"a": "9"}

    assert headers == union


def test_union_with_anything_but_a_mapping_is_refused() -> None:
    """
    The error says what was given.
    """
    headers = MutableHeaders()

    with pytest.raises(TypeError, match="Expected a mapping but got list"):
        headers | []  # type: ignore[operator]
    with pytest.raises(TypeError, match="Expected a mapping but got list"):
        headers |= []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "before, added, after",
    [
        ([], "Origin", "Origin"),
        (["Accept-Encoding"], "Origin", "Accept-Encoding, Origin"),
        (["Accept-Encoding, origin"], "Origin", "Accept-Encoding, origin"),
        (["a", "b"], "c, A", "a, b, c"),
        ([" a ,, "], "b", "a, b"),
        (["*"], "Origin", "*"),
        (["a"], "*", "*"),
    ],
)
def test_vary_is_merged(before: List[str], added: str, after: str) -> None:
    """
    Each name stands there once, on one line; an asterisk stands for all.
    """
    headers = MutableHeaders(raw=[(b"vary", line.encode()) for line in before])
    headers.add_vary_header(added)

    assert headers.raw == [(b"vary", after.encode())]


def set_name(text: str) -> None:
    MutableHeaders()[text] = "x"


def set_value(text: str) -> None:
    MutableHeaders()["x"] = text


ways_in = pytest.mark.parametrize(
    "enter",
    [
        pytest.param(set_name, id="name"),
        pytest.param(set_value, id="value"),
        pytest.param(lambda text: Headers({"x": text}), id="constructor"),
        pytest.param(lambda text: MutableHeaders().append("x", text), id="append"),
        pytest.param(lambda text: MutableHeaders().setdefault("x", text), id="default"),
        pytest.param(lambda text: MutableHeaders().update({"x": text}), id="update"),
        pytest.param(lambda text: MutableHeaders() | {text: "x"}, id="union"),
        pytest.param(lambda text: MutableHeaders().add_vary_header(text), id="vary"),
    ],
)


@ways_in
@pytest.mark.parametrize("character", ["\r", "\n", "\0"])
def test_a_header_cannot_end_its_line(
    enter: Callable[[str], object], character: str
) -> None:
    """
    CR, LF and NUL are refused wherever a header is set.
    """
    with pytest.raises(ValueError, match="must not contain CR, LF or NUL, but got 'a"):
        enter(f"a{character}b")


@ways_in
def test_a_header_is_limited_to_latin_1(enter: Callable[[str], object]) -> None:
    """
    The error is the codec's, with the rule in it.
    """
    with pytest.raises(UnicodeEncodeError, match="limited to latin-1"):
        enter("€")


@pytest.mark.parametrize("value", [b"x", 1, None])
def test_a_header_is_text(value: Any) -> None:
    """
    The error says what was given, for names and values.
    """
    kind = type(value).__name__

    with pytest.raises(TypeError, match=f"A header value must be str, but got {kind}."):
        set_value(value)
    with pytest.raises(TypeError, match=f"A header name must be str, but got {kind}."):
        set_name(value)


def test_tabs_and_unprintable_characters_pass() -> None:
    """
    Only what ends a line is refused.
    """
    headers = MutableHeaders()
    headers["x\xad"] = "a\tb\xa0\x7f"

    assert headers.raw == [(b"x\xad", b"a\tb\xa0\x7f")]


def test_changing_long_headers_is_seen_at_once() -> None:
    """
    An index never answers for what has been changed.
    """
    headers = MutableHeaders(raw=many(40))

    assert headers["x-5"] == "5"

    headers["x-5"] = "changed"

    assert headers["x-5"] == "changed"

    headers.update({"x-5": "updated"})

    assert headers["x-5"] == "updated"

    del headers["x-5"]
    headers.append("x-41", "1")

    assert headers.get("x-5") is None
    assert headers["x-41"] == "1"
