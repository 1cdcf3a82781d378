"""The line of a ``Set-Cookie`` header."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from http.cookies import CookieError
from typing import Any, Dict

import pytest

from starlette.responses import Response


def _line(key: str = "name", value: str = "value", **kwargs: Any) -> str:
    response = Response()
    response.set_cookie(key, value, **kwargs)
    return response.headers["set-cookie"]


def test_defaults() -> None:
    """
    Without attributes a cookie is for the whole site, and lax.
    """
    assert _line() == "name=value; Path=/; SameSite=lax"


def test_every_attribute() -> None:
    """
    Attributes stand in the order of ``http.cookies``.
    """
    line = _line(
        max_age=0,
        expires="Wed, 01 Jan 2020 00:00:00 GMT",
        path="/here",
        domain="example.org",
        secure=True,
        httponly=True,
        samesite="none",
        partitioned=True,
    )

    assert line == (
        "name=value; Domain=example.org; expires=Wed, 01 Jan 2020 00:00:00 GMT; "
        "HttpOnly; Max-Age=0; Partitioned; Path=/here; SameSite=none; Secure"
    )


@pytest.mark.parametrize(
    "kwargs", [{"path": None, "samesite": None}, {"path": "", "samesite": None}]
)
def test_no_attribute(kwargs: Dict[str, Any]) -> None:
    """
    What is ``None``, or empty, is not said.
    """
    assert _line(**kwargs) == "name=value"


@pytest.mark.parametrize(
    "value, sent",
    [
        ("", '""'),
        ('a b;,"\\é', '"a b\\073\\054\\"\\\\\\351"'),
        ("a\r\n\0", '"a\\015\\012\\000"'),
        (5, "5"),
    ],
)
def test_values_are_escaped(value: Any, sent: str) -> None:
    """
    A value with characters that cookies cannot hold is quoted.
    """
    assert _line(value=value).startswith(f"name={sent}; ")


@pytest.mark.parametrize(
    "expires",
    [
        datetime(2020, 1, 1, 12, tzinfo=timezone.utc),
        datetime(2020, 1, 1, 14, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_expires_at_a_time(expires: datetime) -> None:
    """
    A time is sent in GMT, whatever zone it is given in.
    """
    assert "; expires=Wed, 01 Jan 2020 12:00:00 GMT; " in _line(expires=expires)


def test_expires_in_seconds() -> None:
    """
    A number counts from now.
    """
    before = int(time.time())
    date = _line(expires=100).split("expires=")[1].split(";")[0]
    seconds = parsedate_to_datetime(date).timestamp() - before

    assert 100 <= seconds <= 101 + (time.time() - before)


def test_expires_without_a_zone() -> None:
    """
    A time that could be any is refused.
    """
    with pytest.raises(ValueError, match="`expires` must be a datetime with"):
        _line(expires=datetime(2020, 1, 1))


@pytest.mark.parametrize("attribute", ["path", "domain", "expires"])
@pytest.mark.parametrize("bad", ["a; Secure", "a\r\nb", "a\0", "\x7f"])
def test_attributes_cannot_be_broken_out_of(attribute: str, bad: str) -> None:
    """
    A separator or a control character in an attribute is refused, by its name.
    """
    with pytest.raises(ValueError, match=f"^`{attribute}` of a cookie must not"):
        _line(**{attribute: bad})


@pytest.mark.parametrize("key", ["", "a b", "a;b", "é", "Path"])
def test_keys_that_cannot_be(key: str) -> None:
    """
    A key must be a token, and none of the attributes.
    """
    with pytest.raises(CookieError):
        _line(key)


def test_samesite_is_one_of_three() -> None:
    """
    Anything else is an ``AssertionError``; case does not matter.
    """
    with pytest.raises(AssertionError) as caught:
        _line(samesite="sometimes")

    assert str(caught.value) == "samesite must be either 'strict', 'lax' or 'none'"
    assert _line(samesite="Strict").endswith("SameSite=Strict")


def test_text_outside_of_latin_1() -> None:
    """
    A header cannot hold it, and neither can a cookie.
    """
    with pytest.raises(UnicodeEncodeError):
        _line(value="日本")
