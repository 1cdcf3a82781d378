"""Status codes against the registry that Python ships."""

from __future__ import annotations

import http

import pytest

from starlette import status


@pytest.mark.parametrize("known", list(http.HTTPStatus), ids=lambda s: s.name)
def test_every_status_python_knows_has_a_constant(known: http.HTTPStatus) -> None:
    """
    The name is made of the code and Python's name for it.
    """
    assert getattr(status, f"HTTP_{known.value}_{known.name}") == known.value


@pytest.mark.parametrize("name", status.__all__)
def test_the_code_in_a_name_is_its_value(name: str) -> None:
    """
    Every constant is a plain int, the one its name says.
    """
    value = getattr(status, name)

    assert type(value) is int
    assert value == int(name.split("_")[1])


def test_all_names_are_listed() -> None:
    """
    The module has no constant beside those in its __all__.
    """
    found = {name for name in vars(status) if name.startswith(("HTTP_", "WS_"))}

    assert found == set(status.__all__)


@pytest.mark.parametrize(
    "old, new",
    [
        ("HTTP_413_REQUEST_ENTITY_TOO_LARGE", "HTTP_413_CONTENT_TOO_LARGE"),
        ("HTTP_414_REQUEST_URI_TOO_LONG", "HTTP_414_URI_TOO_LONG"),
        (
            "HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE",
            "HTTP_416_RANGE_NOT_SATISFIABLE",
        ),
        ("HTTP_422_UNPROCESSABLE_ENTITY", "HTTP_422_UNPROCESSABLE_CONTENT"),
    ],
)
def test_renamed_statuses_have_both_names(old: str, new: str) -> None:
    """
    The names before and after RFC 9110 are both there, without a warning.
    """
    assert getattr(status, old) == getattr(status, new)


def test_websocket_codes() -> None:
    """
    The close codes that RFC 6455 registers, save 1004, which has no meaning.
    """
    codes = {getattr(status, n) for n in status.__all__ if n.startswith("WS_")}

    assert codes == set(range(1000, 1016)) - {1004}
