"""The header Accept, and the types that it means."""

from __future__ import annotations

from typing import Optional

import pytest

from starlette._graphql.negotiation import GRAPHQL_JSON, JSON, accepted, media_type


@pytest.mark.parametrize(
    "header, json",
    [
        (None, JSON),
        ("", JSON),
        (" ", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("Application/JSON; charset=utf-8", JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON}", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON}", JSON),
        (f"{JSON};q=0.9, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{JSON}; q=0.9 , {GRAPHQL_JSON};q=0.8", JSON),
        (f"{GRAPHQL_JSON};q=0.9, */*", JSON),
        (f"*/*;q=0.1, {GRAPHQL_JSON};q=0.2", GRAPHQL_JSON),
        (f"{JSON};q=0, */*", GRAPHQL_JSON),
        (f"{JSON};q=0, {GRAPHQL_JSON};q=0, */*", None),
        (f"{JSON};q=nonsense", None),
        (f"{JSON};q=1.0001", None),
        ("text/html", None),
        ("text/*", None),
        (",", None),
        (", ".join(["text/a"] * 100 + [JSON]), None),
        (", ".join(["text/plain"] * 60 + [JSON]), JSON),
    ],
)
def test_type_of_the_highest_weight_wins(header: Optional[str], json: object) -> None:
    """
    Among equal ones the first; the more specific range decides for its type.
    """
    assert accepted(header).json == json


@pytest.mark.parametrize(
    "header, html",
    [
        (None, False),
        ("*/*", False),
        ("text/html", True),
        ("text/html;q=0", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("text/html, application/json", True),
        ("application/json, text/html", False),
        ("application/json;q=0.5, text/html", True),
    ],
)
def test_page_must_be_named_and_outrank_json(header: Optional[str], html: bool) -> None:
    """
    A range with an asterisk is no wish for a page.
    """
    assert accepted(header).html is html


@pytest.mark.parametrize(
    "header, sse, first",
    [
        ("*/*", False, False),
        ("text/*", False, False),
        ("text/event-stream", True, True),
        ("text/event-stream;q=0", False, False),
        ("application/json, text/event-stream", True, False),
        ("text/event-stream, application/json", True, True),
        ("application/json;q=0.9, text/event-stream", True, True),
    ],
)
def test_events_must_be_named(header: str, sse: bool, first: bool) -> None:
    """
    And come first if they outrank JSON.
    """
    assert (accepted(header).sse, accepted(header).streams_first) == (sse, first)


def test_parameters_of_multipart_are_gathered() -> None:
    """
    From all ranges, without quotes and the weight; the first of each name counts.
    """
    header = (
        'multipart/mixed; boundary="-"; deferSpec=20220824, '
        "multipart/mixed;SubscriptionSpec=1.0;deferSpec=2;q=0.5"
    )

    assert accepted(header).multipart == {
        "boundary": "-",
        "deferspec": "20220824",
        "subscriptionspec": "1.0",
    }
    assert accepted("multipart/mixed;q=0").multipart is None


def test_media_type_comes_with_its_parameters() -> None:
    """
    Names in lower case, values as they are.
    """
    assert media_type(" Text/X ; Charset = UTF-8; a") == (
        "text/x",
        {"charset": "UTF-8", "a": ""},
    )
