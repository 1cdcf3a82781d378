"""Payloads of incremental delivery, of 2023 and of 2022."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, AsyncGenerator, AsyncIterator, Dict, List, Optional

import pytest

from starlette._graphql.incremental import OlderForm, older, payloads_of

pytestmark = pytest.mark.anyio


class Source:
    """Subsequent results that say when they are closed."""

    def __init__(self, *results: Any) -> None:
        self.results = list(results)
        self.is_closed = False

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        if not self.results:
            raise StopAsyncIteration
        return self.results.pop(0)

    async def aclose(self) -> None:
        self.is_closed = True


def initial(**members: Any) -> Any:
    given: Dict[str, Any] = {
        "data": {},
        "errors": None,
        "pending": [],
        "has_next": True,
        "extensions": None,
    }
    return SimpleNamespace(**{**given, **members})


def subsequent(**members: Any) -> Any:
    given: Dict[str, Any] = {
        "has_next": False,
        "pending": None,
        "incremental": None,
        "completed": None,
        "extensions": None,
    }
    return SimpleNamespace(**{**given, **members})


def pending(id: str, path: List[Any], label: Optional[str] = None) -> Any:
    return SimpleNamespace(id=id, path=path, label=label)


def piece(**members: Any) -> Any:
    given = {"sub_path": None, "errors": None, "extensions": None}
    return SimpleNamespace(**{**given, **members})


def masked(errors: Any) -> List[Dict[str, Any]]:
    return [{"message": f"masked {error}"} for error in errors]


async def collect(first: Any, *others: Any) -> List[Dict[str, Any]]:
    results = SimpleNamespace(initial_result=first, subsequent_results=Source(*others))
    return [payload async for payload in payloads_of(results, masked)]


async def test_payloads_of_a_result() -> None:
    """
    Each result is a response map with the names of the wire; errors are formatted.
    """
    payloads = await collect(
        initial(
            data={"a": 1},
            errors=["e0"],
            pending=[pending("0", ["b"], "L"), pending("1", ["c"])],
            extensions={"x": 0},
        ),
        subsequent(has_next=True, pending=[pending("2", [])], extensions={"x": 1}),
        subsequent(
            incremental=[
                piece(id="0", data={"d": 2}, sub_path=["e"], errors=["e1"]),
                piece(id="1", items=[3], extensions={"x": 2}),
            ],
            completed=[
                SimpleNamespace(id="0", errors=None),
                SimpleNamespace(id="1", errors=["e2"]),
            ],
        ),
    )

    assert payloads == [
        {
            "data": {"a": 1},
            "errors": [{"message": "masked e0"}],
            "pending": [
                {"id": "0", "path": ["b"], "label": "L"},
                {"id": "1", "path": ["c"]},
            ],
            "hasNext": True,
            "extensions": {"x": 0},
        },
        {
            "hasNext": True,
            "pending": [{"id": "2", "path": []}],
            "extensions": {"x": 1},
        },
        {
            "hasNext": False,
            "incremental": [
                {
                    "id": "0",
                    "subPath": ["e"],
                    "data": {"d": 2},
                    "errors": [{"message": "masked e1"}],
                },
                {"id": "1", "items": [3], "extensions": {"x": 2}},
            ],
            "completed": [
                {"id": "0"},
                {"id": "1", "errors": [{"message": "masked e2"}]},
            ],
        },
    ]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_payloads_that_nobody_has_asked_for() -> None:
    """
    What is cleaned up at the end is cleaned up then too, and nothing else is done.
    """
    log: List[str] = []

    async def make() -> None:
        log.append("made")  # pragma: no cover (a mistake)

    async def generate() -> AsyncGenerator[Any, None]:
        try:
            await asyncio.ensure_future(make())
            yield subsequent()  # pragma: no cover (a mistake)
        finally:
            log.append("cleaned up")

    results = SimpleNamespace(initial_result=initial(), subsequent_results=generate())
    payloads = payloads_of(results, masked)
    await payloads.aclose()
    await payloads.aclose()

    assert log == ["cleaned up"]


async def test_payloads_that_nobody_asks_for_any_more() -> None:
    """
    Closing them closes what they come from.
    """
    source = Source(subsequent())
    results = SimpleNamespace(initial_result=initial(), subsequent_results=source)
    payloads = payloads_of(results, masked)
    for _ in range(2):
        await payloads.__anext__()
    was_closed = source.is_closed
    await payloads.aclose()

    assert not was_closed
    assert source.is_closed


def translate(*payloads: Dict[str, Any]) -> List[Optional[Dict[str, Any]]]:
    form = OlderForm()
    return [form.translate(payload) for payload in payloads]


def test_older_form_of_deferred_data() -> None:
    """
    Data has the path and label of what was pending in place of its id.
    """
    translated = translate(
        {
            "data": {"a": {"b": {}}},
            "pending": [{"id": "0", "path": ["a"], "label": "L"}],
            "hasNext": True,
            "extensions": {"x": 0},
        },
        {
            "hasNext": False,
            "incremental": [
                {"id": "0", "data": {"c": 1}, "extensions": {"x": 1}},
                {"id": "0", "data": {"d": 2}, "subPath": ["b"], "errors": [{}]},
            ],
            "completed": [{"id": "0"}],
            "extensions": {"x": 2},
        },
    )

    assert translated == [
        {"data": {"a": {"b": {}}}, "hasNext": True, "extensions": {"x": 0}},
        {
            "hasNext": False,
            "incremental": [
                {
                    "data": {"c": 1},
                    "path": ["a"],
                    "label": "L",
                    "extensions": {"x": 1},
                },
                {"data": {"d": 2}, "path": ["a", "b"], "errors": [{}], "label": "L"},
            ],
            "extensions": {"x": 2},
        },
    ]


def test_older_form_of_a_streamed_list() -> None:
    """
    Items have the index of the first of them in their path.
    """
    translated = translate(
        {
            "data": {"a": [{"b": [0, 1]}]},
            "pending": [{"id": "0", "path": ["a", 0, "b"]}],
            "hasNext": True,
        },
        {"hasNext": True, "incremental": [{"id": "0", "items": [2, 3]}]},
        {
            "hasNext": False,
            "incremental": [{"id": "0", "items": [4]}],
            "completed": [{"id": "0"}],
        },
    )

    assert [payload and payload.get("incremental") for payload in translated] == [
        None,
        [{"items": [2, 3], "path": ["a", 0, "b", 2]}],
        [{"items": [4], "path": ["a", 0, "b", 4]}],
    ]


def test_older_form_of_a_list_that_comes_later() -> None:
    """
    The index is right for lists in deferred data and in streamed items too, whether
    their first items come along with them or later.
    """
    translated = translate(
        {
            "data": {},
            "pending": [{"id": "0", "path": []}],
            "hasNext": True,
        },
        {
            "hasNext": True,
            "incremental": [
                {"id": "0", "data": {"a": [1]}},
                {"id": "1", "items": [{"b": [7, 8]}]},
            ],
            "pending": [
                {"id": "1", "path": ["a"]},
                {"id": "2", "path": ["a", 1, "b"]},
            ],
            "completed": [{"id": "0"}],
        },
        {"hasNext": False, "incremental": [{"id": "2", "items": [9]}]},
    )

    assert [payload and payload.get("incremental") for payload in translated] == [
        None,
        [
            {"data": {"a": [1]}, "path": []},
            {"items": [{"b": [7, 8]}], "path": ["a", 1]},
        ],
        [{"items": [9], "path": ["a", 1, "b", 2]}],
    ]


def test_older_form_of_a_list_that_was_never_seen() -> None:
    """
    Its items count from 0.
    """
    translated = translate(
        {"data": None, "errors": [{}], "pending": [], "hasNext": True},
        {
            "hasNext": False,
            "pending": [{"id": "0", "path": ["a", "b"]}],
            "incremental": [{"id": "0", "items": [1]}],
        },
    )

    assert translated[1] == {
        "hasNext": False,
        "incremental": [{"items": [1], "path": ["a", "b", 0]}],
    }


def test_older_form_of_what_has_failed() -> None:
    """
    In place of the data, or of the items that would have come, is null.
    """
    translated = translate(
        {
            "data": {"a": [1]},
            "pending": [
                {"id": "0", "path": [], "label": "L"},
                {"id": "1", "path": ["a"]},
            ],
            "hasNext": True,
        },
        {
            "hasNext": False,
            "completed": [
                {"id": "0", "errors": [{"message": "x"}]},
                {"id": "1", "errors": [{"message": "y"}]},
            ],
        },
    )

    assert translated[1] == {
        "hasNext": False,
        "incremental": [
            {"data": None, "path": [], "errors": [{"message": "x"}], "label": "L"},
            {"items": None, "path": ["a", 1], "errors": [{"message": "y"}]},
        ],
    }


def test_older_form_of_an_announcement() -> None:
    """
    A payload that only says what is pending or complete has no older form, unless it
    is the last one.
    """
    translated = translate(
        {"data": {}, "pending": [{"id": "0", "path": []}], "hasNext": True},
        {"hasNext": True, "completed": [{"id": "0"}]},
        {"hasNext": False},
    )

    assert translated == [{"data": {}, "hasNext": True}, None, {"hasNext": False}]


def test_older_form_of_a_list_that_cannot_be_found() -> None:
    """
    What lies at a path is looked for in all that came; nothing is made up.
    """
    translated = translate(
        {"data": {}, "pending": [], "hasNext": True},
        {
            "hasNext": False,
            "pending": [
                {"id": "0", "path": []},
                {"id": "1", "path": ["a", 5]},
                {"id": "2", "path": ["b"]},
            ],
            "incremental": [
                {"id": "0", "data": {"a": [1]}},
                {"id": "0", "data": {"b": [1]}},
                {"id": "1", "items": [1]},
                {"id": "2", "items": [2]},
            ],
        },
    )

    assert translated[1] is not None
    assert [piece["path"] for piece in translated[1]["incremental"]] == [
        [],
        [],
        ["a", 5, 0],
        ["b", 1],
    ]


async def test_older_form_of_payloads() -> None:
    """
    They are translated one by one, and closed at the end.
    """
    source = Source(
        {"data": {}, "pending": [{"id": "0", "path": []}], "hasNext": True},
        {"hasNext": True, "completed": [{"id": "0"}]},
        {"hasNext": False},
    )
    payloads = older(source)
    found = [payload async for payload in payloads]
    await payloads.aclose()

    assert found == [{"data": {}, "hasNext": True}, {"hasNext": False}]
    assert source.is_closed


@pytest.mark.parametrize("turns", [1, 2])
def test_closing_is_cancelled(turns: int) -> None:
    """
    What would have been closed is closed all the same.
    """
    closed: List[str] = []

    async def source() -> AsyncGenerator[Any, None]:
        try:
            await asyncio.sleep(3600)
            yield None  # pragma: no cover (it is closed before)
        finally:
            await asyncio.sleep(0)
            closed.append("source")

    async def main() -> None:
        results = SimpleNamespace(initial_result=initial(), subsequent_results=source())
        closing = asyncio.ensure_future(payloads_of(results, list).aclose())
        for _ in range(turns):
            await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])
        for _ in range(5):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())

    assert closed == ["source"]
