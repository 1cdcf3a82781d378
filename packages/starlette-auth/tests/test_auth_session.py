"""Logging in and out, with a session and with a signed cookie."""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Optional, Tuple

import pytest
from itsdangerous import TimestampSigner

from starlette.authentication import (
    AuthCredentials,
    BaseUser,
    SessionBackend,
    SignedCookieBackend,
    SimpleUser,
)
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.testing import http_scope

pytestmark = pytest.mark.anyio


async def load(identity: Any) -> Optional[Tuple[AuthCredentials, BaseUser]]:
    if identity == "gone":
        return None
    return AuthCredentials(["read"]), SimpleUser(f"user {identity}")


class Renewable(Dict[str, Any]):
    """A session that has an id."""

    renewals = 0

    def regenerate(self) -> None:
        self.renewals += 1


def with_session(session: Any) -> HTTPConnection:
    return HTTPConnection(http_scope(session=session))


def with_cookie(value: str, name: str = "auth") -> HTTPConnection:
    return HTTPConnection(http_scope(headers={"cookie": f"{name}={value}"}))


async def name_of(backend: Any, conn: HTTPConnection) -> str:
    found = await backend.authenticate(conn)
    return "" if found is None else str(found[1].display_name)


def cookie_of(backend: SignedCookieBackend, identity: str = "ada") -> str:
    response = Response()
    backend.log_in(response, identity)
    return response.headers["set-cookie"].partition(";")[0].partition("=")[2]


@pytest.mark.parametrize("identity", ["ada", 7])
async def test_logging_in(identity: Any) -> None:
    """
    The session gets a new id, and the next request is the user's.
    """
    session = Renewable(cart=[1])
    backend = SessionBackend(load)

    backend.log_in(with_session(session), identity)

    assert session.renewals == 1
    assert session["cart"] == [1]
    assert await name_of(backend, with_session(session)) == f"user {identity}"


async def test_logging_in_where_somebody_else_was() -> None:
    """
    What was in the session is not for the next user.
    """
    session = Renewable(user="bob", cart=[1])

    SessionBackend(load).log_in(with_session(session), "ada")

    assert session == {"user": "ada"}


async def test_logging_in_again() -> None:
    """
    Who was logged in keeps the session.
    """
    session = Renewable(user="ada", cart=[1])

    SessionBackend(load).log_in(with_session(session), "ada")

    assert session == {"user": "ada", "cart": [1]}


async def test_session_without_an_id() -> None:
    """
    A plain dict, as other middleware have it, will do.
    """
    session: Dict[str, Any] = {}

    SessionBackend(load, key="uid").log_in(with_session(session), "ada")

    assert session == {"uid": "ada"}


async def test_logging_out() -> None:
    """
    Nothing of the session is left.
    """
    session = {"user": "ada", "cart": [1]}
    backend = SessionBackend(load)

    backend.log_out(with_session(session))

    assert session == {}
    assert await name_of(backend, with_session(session)) == ""


async def test_user_who_is_gone() -> None:
    """
    It is nobody, not an error.
    """
    assert await name_of(SessionBackend(load), with_session({"user": "gone"})) == ""


@pytest.mark.parametrize("identity", [None, b"ada", ["ada"], SimpleUser("ada")])
async def test_identity_that_no_session_can_keep(identity: Any) -> None:
    """
    It is an error, and the session stays as it was.
    """
    session: Dict[str, Any] = {}

    with pytest.raises(TypeError, match="`identity` must be a text or a number"):
        SessionBackend(load).log_in(with_session(session), identity)

    assert session == {}


async def test_missing_session_middleware() -> None:
    """
    The error says which one to add.
    """
    conn = HTTPConnection(http_scope())

    with pytest.raises(AssertionError, match="SessionMiddleware must be installed"):
        await SessionBackend(load).authenticate(conn)


@pytest.mark.parametrize("identity", ["ada", "ädä", "a.b=c;", "7"])
async def test_signed_cookie(identity: str) -> None:
    """
    It names who was logged in.
    """
    backend = SignedCookieBackend("secret", load)

    conn = with_cookie(cookie_of(backend, identity))

    assert await name_of(backend, conn) == f"user {identity}"


async def test_attributes_of_a_signed_cookie() -> None:
    """
    It is for HTTPS and not for scripts; logging out drops the very same.
    """
    backend = SignedCookieBackend("secret", load, cookie="id", max_age=60, path="/app")
    response, farewell = Response(), Response()

    backend.log_in(response, "ada")
    backend.log_out(farewell)

    given = response.headers["set-cookie"].split("; ")
    assert sorted(part.lower() for part in given[1:]) == [
        "httponly",
        "max-age=60",
        "path=/app",
        "samesite=lax",
        "secure",
    ]
    dropped = farewell.headers["set-cookie"].lower()
    assert dropped.startswith('id="";')
    assert "max-age=0" in dropped
    assert "path=/app" in dropped
    assert "secure" in dropped
    assert backend.challenges == ('Cookie realm="site", name="id"',)


async def test_no_signed_cookie() -> None:
    """
    It is nobody.
    """
    conn = HTTPConnection(http_scope())

    assert await name_of(SignedCookieBackend("secret", load), conn) == ""


def tampered() -> List[str]:
    value = cookie_of(SignedCookieBackend("secret", load))
    name, stamp, signature = value.split(".")
    return [
        "",
        "ada",
        name,
        value[:-1],
        value[1:],
        value + "x",
        value * 60,
        f"{name}.{stamp}.",
        f"Ym9i.{stamp}.{signature}",
        f"{name}.AAAA.{signature}",
        f"{name}..{signature}",
        f"{name}.{stamp}.\xe9",
        "....",
        cookie_of(SignedCookieBackend("other", load)),
        cookie_of(SignedCookieBackend("secret", load, cookie="else")),
        TimestampSigner("secret").sign(b"YWRh").decode("ascii"),
    ]


@pytest.mark.parametrize("value", tampered(), ids=range(16))
async def test_signed_cookie_that_is_malformed_or_forged(value: str) -> None:
    """
    It is nobody, who can log in again.
    """
    scope = http_scope(headers=[("cookie", f"auth={value}".encode("latin-1"))])
    backend = SignedCookieBackend("secret", load)

    assert await name_of(backend, HTTPConnection(scope)) == ""


async def test_signed_bytes_that_are_no_text() -> None:
    """
    They are nobody.
    """
    backend = SignedCookieBackend("secret", load)
    value = backend._signer.sign(b"_w").decode("ascii")

    assert await name_of(backend, with_cookie(value)) == ""


async def test_signed_cookie_that_has_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It is good for as long as was said, and not a second longer.
    """
    backend = SignedCookieBackend("secret", load, max_age=60)
    now = backend._signer.get_timestamp()
    monkeypatch.setattr(backend._signer, "get_timestamp", lambda: now)
    value = cookie_of(backend)

    monkeypatch.setattr(backend._signer, "get_timestamp", lambda: now + 60)
    assert await name_of(backend, with_cookie(value)) == "user ada"

    monkeypatch.setattr(backend._signer, "get_timestamp", lambda: now + 61)
    assert await name_of(backend, with_cookie(value)) == ""


async def test_rotated_keys() -> None:
    """
    The first signs; all verify; one that is dropped does not.
    """
    old = SignedCookieBackend("old", load)
    both = SignedCookieBackend(["new", "old"], load)
    new = SignedCookieBackend("new", load)

    assert await name_of(both, with_cookie(cookie_of(old))) == "user ada"
    assert await name_of(new, with_cookie(cookie_of(both))) == "user ada"
    assert await name_of(new, with_cookie(cookie_of(old))) == ""


@pytest.mark.parametrize("identity", ["", "x" * 4000])
async def test_identity_that_no_cookie_can_keep(identity: str) -> None:
    """
    It is an error where it is set.
    """
    with pytest.raises(ValueError, match="fits into a cookie"):
        SignedCookieBackend("secret", load).log_in(Response(), identity)


@pytest.mark.parametrize(
    "key, options",
    [
        ("", {}),
        ([], {}),
        (["new", ""], {}),
        ("secret", {"cookie": "a b"}),
        ("secret", {"max_age": 0}),
        ("secret", {"realm": "\n"}),
    ],
)
async def test_wrong_arguments(key: Any, options: Any) -> None:
    """
    They are errors at construction, which do not show the key.
    """
    with pytest.raises(ValueError) as caught:
        SignedCookieBackend(key, load, **options)

    assert "secret" not in str(caught.value).replace("secret_key", "")


async def test_missing_itsdangerous(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The error has the line that installs it.
    """
    monkeypatch.setitem(sys.modules, "itsdangerous", None)

    with pytest.raises(ModuleNotFoundError, match=r"install starlette-auth\[cookies\]"):
        SignedCookieBackend("secret", load)
