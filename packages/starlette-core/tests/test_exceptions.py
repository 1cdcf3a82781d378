"""The exceptions themselves; what becomes of them is tested with the middleware."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from starlette.exceptions import (
    HTTPException,
    StarletteDeprecationWarning,
    WebSocketException,
)


def test_http_exception_without_detail() -> None:
    """
    The detail is the standard phrase of the status, and there are no headers.
    """
    exc = HTTPException(404)

    assert exc.status_code == 404
    assert exc.detail == "Not Found"
    assert exc.headers is None


@pytest.mark.parametrize(
    "status_code, phrase",
    [
        (103, "Early Hints"),
        (200, "OK"),
        (405, "Method Not Allowed"),
        (418, "I'm a Teapot"),
        (425, "Too Early"),
        (503, "Service Unavailable"),
    ],
)
def test_phrases_do_not_depend_on_the_version_of_python(
    status_code: int, phrase: str
) -> None:
    """
    Every registered status has its phrase, at the first use and at the second.
    """
    first, second = HTTPException(status_code), HTTPException(status_code)

    assert first.detail == phrase
    assert second.detail == phrase


def test_http_exception_with_everything() -> None:
    """
    What was given is kept as it was given.
    """
    headers = {"WWW-Authenticate": "Basic"}
    exc = HTTPException(401, detail="Who are you?", headers=headers)

    assert exc.detail == "Who are you?"
    assert exc.headers is headers


def test_http_exception_with_an_empty_detail() -> None:
    """
    An empty detail is a detail: it is not replaced by the phrase.
    """
    assert HTTPException(404, "").detail == ""


def test_http_exception_of_an_unknown_status() -> None:
    """
    A status without a phrase needs a detail.
    """
    with pytest.raises(ValueError, match="499 is not a valid HTTPStatus"):
        HTTPException(499)

    assert HTTPException(499, "Gone fishing").detail == "Gone fishing"


def test_texts_of_an_http_exception() -> None:
    """
    str() is for people, repr() names the class, a subclass included.
    """

    class Missing(HTTPException):
        pass

    exc = Missing(404)

    assert str(exc) == "404: Not Found"
    assert repr(exc) == "Missing(status_code=404, detail='Not Found')"


def test_websocket_exception() -> None:
    """
    A missing reason is an empty one.
    """
    bare, full = WebSocketException(1008), WebSocketException(1011, reason="Broken")

    assert (bare.code, bare.reason) == (1008, "")
    assert (full.code, full.reason) == (1011, "Broken")


def test_texts_of_a_websocket_exception() -> None:
    """
    str() is for people, repr() names the class.
    """
    exc = WebSocketException(1008, "No")

    assert str(exc) == "1008: No"
    assert repr(exc) == "WebSocketException(code=1008, reason='No')"


def test_exceptions_cross_processes() -> None:
    """
    An unpickled exception has the facts of the pickled one.
    """
    http = pickle.loads(pickle.dumps(HTTPException(404, "Nope", {"a": "b"})))
    websocket = pickle.loads(pickle.dumps(WebSocketException(1008, "No")))

    assert (http.status_code, http.detail, http.headers) == (404, "Nope", {"a": "b"})
    assert (websocket.code, websocket.reason) == (1008, "No")


def test_the_warning_obeys_filters_for_deprecations() -> None:
    """
    What ignores DeprecationWarning ignores this one.
    """
    assert issubclass(StarletteDeprecationWarning, DeprecationWarning)


def test_a_404_does_not_import_http() -> None:
    """
    The phrases that routing needs come without the module that knows them all.
    """
    program = (
        "import sys\n"
        "from starlette.exceptions import HTTPException\n"
        "HTTPException(404), HTTPException(405)\n"
        "sys.exit('http' in sys.modules)\n"
    )

    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
