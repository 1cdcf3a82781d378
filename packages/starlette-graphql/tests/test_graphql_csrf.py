"""Which requests need a header that another site cannot send."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

import pytest

from starlette._graphql.csrf import PreflightRule, media_type
from starlette._graphql.errors import RequestError

RULE = PreflightRule(("X-Checked", "graphql-require-preflight"))

REFUSAL = (
    "This request could have been sent by another site, because of its Content-Type. "
    'Send it with a non-empty value for the header "x-checked" or '
    '"graphql-require-preflight", or as "application/json".'
)

SIMPLE = [
    "text/plain",
    "text/plain;charset=UTF-8",
    "TEXT/Plain ; charset=utf-8",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    # What is no media type, or two, may be taken for anything.
    "",
    ";",
    "json",
    "text/plain, application/json",
    "application/json, text/plain",
    "application/json\x00",
]


def refusal_of(*headers: Tuple[bytes, bytes]) -> Optional[RequestError]:
    try:
        RULE.check(list(headers))
    except RequestError as error:
        return error
    return None


@pytest.mark.parametrize("content_type", SIMPLE)
def test_a_type_that_forms_can_send(content_type: str) -> None:
    """
    It is a 400 that names the headers, unless one of them is there.
    """
    header = (b"content-type", content_type.encode("latin-1"))

    refusal = refusal_of(header)

    assert refusal is not None
    assert refusal.status == 400
    assert refusal.payload() == {"errors": [{"message": REFUSAL}]}
    assert refusal_of(header, (b"graphql-require-preflight", b"1")) is None
    assert refusal_of((b"x-checked", b"yes"), header) is None


def test_no_type_at_all() -> None:
    """
    A form may be sent without a type, too: it is refused.
    """
    assert refusal_of((b"accept", b"*/*")) is not None
    assert refusal_of((b"x-checked", b"yes")) is None


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/graphql",
        "application/graphql+json;x=text/plain",
    ],
)
def test_a_type_that_browsers_ask_for_first(content_type: str) -> None:
    """
    It passes without a header.
    """
    assert refusal_of((b"content-type", content_type.encode())) is None


def test_several_types() -> None:
    """
    One that forms can send is enough for a refusal, whatever stands beside it.
    """
    headers: List[Tuple[bytes, bytes]] = [
        (b"content-type", b"application/json"),
        (b"content-type", b"text/plain"),
    ]

    assert refusal_of(*headers) is not None
    assert refusal_of(*reversed(headers)) is not None


def test_an_empty_header_proves_nothing() -> None:
    """
    One of the headers without a value is as if it were not there.
    """
    assert refusal_of((b"content-type", b"text/plain"), (b"x-checked", b"")) is not None


@pytest.mark.parametrize(
    "names, problem",
    [
        ((), "must be the names of one or more headers, or None"),
        ("x-checked", "must be the names of one or more headers, or None"),
        (("x checked",), "must be header names, but got 'x checked'"),
        (("",), "must be header names, but got ''"),
        ((1,), "must be header names, but got 1"),
        (
            ("x-checked", "Accept"),
            "that a simple request cannot have, but got 'Accept'",
        ),
        (("Sec-Fetch-Site",), "that a simple request cannot have"),
        (("cookie",), "that a simple request cannot have"),
    ],
)
def test_names_that_prove_nothing(names: Any, problem: str) -> None:
    """
    A rule that everybody meets, or nobody, is a mistake that is told at once.
    """
    with pytest.raises(ValueError, match=problem):
        PreflightRule(names)


@pytest.mark.parametrize(
    "content_type, expected",
    [
        ("application/json", "application/json"),
        (
            " Application/GraphQL-Response+JSON ; charset=x",
            "application/graphql-response+json",
        ),
        ("application/json;\n", "application/json"),
        ("a/b/c", None),
        ("*/*", "*/*"),
        ("a /b", None),
        ("", None),
    ],
)
def test_media_types(content_type: str, expected: Optional[str]) -> None:
    """
    They are in lower case and without parameters; what is none is None.
    """
    assert media_type(content_type) == expected


def test_a_long_type_takes_linear_time() -> None:
    """
    White space without end is no media type, and is found out at once.
    """
    assert media_type(" " * 1_000_000) is None
    assert media_type("a/b" + " " * 1_000_000 + "c") is None
