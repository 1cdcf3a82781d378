"""``request.session``, whatever a middleware has put there."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from starlette.requests import HTTPConnection


class OrdinaryDict(Dict[str, Any]):
    """The session of a middleware that reads it at once."""


class UnreadDict(Dict[str, Any]):
    """A session that is read at its first use."""

    def _open_session(self) -> UnreadDict:
        self["user"] = "ada"
        return self


@pytest.mark.parametrize("kind", [dict, OrdinaryDict])
def test_session_that_is_there(kind: Any) -> None:
    """
    It is the object in the scope.
    """
    session = kind()
    connection = HTTPConnection({"type": "http", "session": session})

    assert connection.session is session


def test_session_that_is_read_at_its_first_use() -> None:
    """
    That is when it is asked for.
    """
    session = UnreadDict()
    connection = HTTPConnection({"type": "http", "session": session})

    assert dict.__len__(session) == 0
    assert connection.session is session
    assert dict.__len__(session) == 1


def test_session_that_is_not_there() -> None:
    """
    The error names the middleware.
    """
    connection = HTTPConnection({"type": "http"})

    with pytest.raises(AssertionError, match="SessionMiddleware must be installed"):
        connection.session  # noqa: B018
