"""Backends that read credentials from the request, and tables of secrets."""

from __future__ import annotations

import threading
from base64 import b64encode
from typing import Any, Dict, List, Optional, Tuple

import pytest

import starlette.authentication
from starlette.authentication import (
    AnyOf,
    APIKeyBackend,
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    BasicBackend,
    BearerBackend,
    InvalidCredentials,
    SecretTable,
    SimpleUser,
)
from starlette.requests import HTTPConnection
from starlette.testing import http_scope, websocket_scope

pytestmark = pytest.mark.anyio

Found = Optional[Tuple[AuthCredentials, BaseUser]]

ADA = AuthCredentials(["read"]), SimpleUser("ada")
PASSWORDS = SecretTable({"ada:pass:wörd": ADA, "bob:": ADA})
TOKENS = SecretTable({"t0ken-._~+/==": ADA, "other": ADA})


def basic(text: str, charset: str = "utf-8") -> str:
    return "Basic " + b64encode(text.encode(charset)).decode("ascii")


def connection(*headers: Tuple[str, Any], **extra: Any) -> HTTPConnection:
    return HTTPConnection(http_scope(headers=headers, **extra))


def authorized(*values: Any) -> HTTPConnection:
    return connection(*(("authorization", value) for value in values))


async def name_of(backend: AuthenticationBackend, conn: HTTPConnection) -> str:
    found = await backend.authenticate(conn)
    assert found is not None
    return found[1].display_name


@pytest.mark.parametrize("text", ["ada:pass:wörd", "bob:"])
async def test_basic(text: str) -> None:
    """
    The name ends at the first colon; the password may be empty.
    """
    assert await name_of(BasicBackend(PASSWORDS), authorized(basic(text))) == "ada"


@pytest.mark.parametrize("prefix", ["basic ", "BASIC ", "  Basic   "])
async def test_basic_in_other_spellings(prefix: str) -> None:
    """
    The scheme is compared without case, and spaces around do not count.
    """
    value = prefix + basic("bob:")[6:] + "  "

    assert await name_of(BasicBackend(PASSWORDS), authorized(value)) == "ada"


@pytest.mark.parametrize("value", ["", "Bearer x", "Basics x", "Digest a=b", "\xe9 x"])
async def test_basic_without_its_scheme(value: str) -> None:
    """
    It is nobody.
    """
    conn = authorized(value.encode("latin-1"))

    assert await BasicBackend(PASSWORDS).authenticate(conn) is None


@pytest.mark.parametrize("backend", [BasicBackend, BearerBackend, APIKeyBackend])
async def test_no_credentials(backend: Any) -> None:
    """
    It is nobody, in requests and WebSockets.
    """
    assert await backend(TOKENS).authenticate(connection()) is None
    socket = HTTPConnection(websocket_scope())
    assert await backend(TOKENS).authenticate(socket) is None


@pytest.mark.parametrize(
    "value",
    [
        "Basic",
        "Basic ",
        "Basic !",
        "Basic YWRh",  # no colon
        "Basic YWRhO",  # truncated
        "Basic YWRhOnB3 YWRhOnB3",
        "Basic YWRhOnB3\t",
        "Basic \xe9\xe9\xe9\xe9",
        basic("ada:wrong"),
        basic("ada:pass"),
        basic("ada:pass:wörd", "latin-1"),
        basic("ada:pass:wörd\0"),
        basic("ada\n:x"),
        basic("ada:" + "x" * 9000),
        basic(""),
        basic(":"),
    ],
)
async def test_basic_that_is_malformed_or_wrong(value: str) -> None:
    """
    It is refused, and the error does not say why.
    """
    with pytest.raises(InvalidCredentials) as caught:
        await BasicBackend(PASSWORDS).authenticate(authorized(value.encode("latin-1")))

    assert str(caught.value) == "Invalid credentials"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("backend", [BasicBackend(PASSWORDS), BearerBackend(TOKENS)])
async def test_two_headers(backend: AuthenticationBackend) -> None:
    """
    They are refused: proxies and applications may take different ones.
    """
    with pytest.raises(InvalidCredentials):
        await backend.authenticate(authorized(basic("bob:"), "Bearer other"))


@pytest.mark.parametrize("token", ["t0ken-._~+/==", "other"])
async def test_bearer(token: str) -> None:
    """
    The token is looked up.
    """
    conn = authorized(f"bearer {token}")

    assert await name_of(BearerBackend(TOKENS), conn) == "ada"


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer  ",
        "Bearer othe",
        "Bearer otherr",
        "Bearer other other",
        "Bearer =other",
        "Bearer oth\xe9r",
        "Bearer other\n",
        'Bearer "other"',
        "Bearer " + "x" * 9000,
    ],
)
async def test_bearer_that_is_malformed_or_wrong(value: str) -> None:
    """
    It is refused.
    """
    with pytest.raises(InvalidCredentials):
        await BearerBackend(TOKENS).authenticate(authorized(value.encode("latin-1")))


@pytest.mark.parametrize("value", ["", "Basic other", "Bearerother", "Token other"])
async def test_bearer_without_its_scheme(value: str) -> None:
    """
    It is nobody.
    """
    assert await BearerBackend(TOKENS).authenticate(authorized(value)) is None


@pytest.mark.parametrize(
    "options, conn",
    [
        ({}, connection(("x-api-key", "other"))),
        ({"header": "X-Key"}, connection(("x-key", "other"))),
        ({"query": "key"}, connection(query="key=other")),
        ({"cookie": "key"}, connection(("cookie", "a=b; key=other"))),
    ],
)
async def test_api_key(options: Dict[str, str], conn: HTTPConnection) -> None:
    """
    It is found where it was said to be.
    """
    assert await name_of(APIKeyBackend(TOKENS, **options), conn) == "ada"


@pytest.mark.parametrize(
    "options, conn",
    [
        ({}, connection(("x-api-key", ""))),
        ({}, connection(("x-api-key", "othe"))),
        ({}, connection(("x-api-key", "other x"))),
        ({}, connection(("x-api-key", b"oth\xe9r"))),
        ({}, connection(("x-api-key", "x" * 9000))),
        ({}, connection(("x-api-key", "other"), ("x-api-key", "other"))),
        ({"query": "key"}, connection(query="key=")),
        ({"query": "key"}, connection(query="key=other&key=other")),
        ({"query": "key"}, connection(query="key=%ff%00")),
        ({"cookie": "key"}, connection(("cookie", "key="))),
        ({"cookie": "key"}, connection(("cookie", "key=otherr"))),
    ],
)
async def test_api_key_that_is_malformed_or_wrong(
    options: Dict[str, str], conn: HTTPConnection
) -> None:
    """
    It is refused.
    """
    with pytest.raises(InvalidCredentials):
        await APIKeyBackend(TOKENS, **options).authenticate(conn)


@pytest.mark.parametrize(
    "options, conn",
    [
        ({"header": "x-key"}, connection(("x-api-key", "other"), query="x-key=other")),
        ({"query": "key"}, connection(("key", "other"), ("cookie", "key=other"))),
        ({"cookie": "key"}, connection(("key", "other"), query="key=other")),
    ],
)
async def test_api_key_in_another_place(
    options: Dict[str, str], conn: HTTPConnection
) -> None:
    """
    It is nobody's.
    """
    assert await APIKeyBackend(TOKENS, **options).authenticate(conn) is None


@pytest.mark.parametrize(
    "options", [{"header": "a", "query": "b"}, {"header": ""}, {"cookie": "a b"}]
)
async def test_api_key_without_one_place(options: Dict[str, str]) -> None:
    """
    It is an error at construction.
    """
    with pytest.raises(ValueError):
        APIKeyBackend(TOKENS, **options)


async def test_challenges() -> None:
    """
    Each scheme has one, with its parameters quoted; `AnyOf` has each of them once.
    """
    backends: List[AuthenticationBackend] = [
        BasicBackend(TOKENS, realm=r'a "b" \c'),
        BearerBackend(TOKENS),
        BearerBackend(PASSWORDS),
        APIKeyBackend(TOKENS, query="key"),
    ]

    assert AnyOf(*backends).challenges == (
        r'Basic realm="a \"b\" \\c", charset="UTF-8"',
        'Bearer realm="api"',
        'ApiKey realm="api", in="query", name="key"',
    )


@pytest.mark.parametrize("realm", ["\xe9", "a\r\nb"])
async def test_realm_that_fits_no_header(realm: str) -> None:
    """
    It is an error at construction.
    """
    with pytest.raises(ValueError, match="`realm` must be printable ASCII"):
        BearerBackend(TOKENS, realm=realm)


async def test_verify_that_is_no_function() -> None:
    """
    It is an error at construction.
    """
    with pytest.raises(TypeError, match="`verify` must be a function"):
        BearerBackend("secret")  # type: ignore[arg-type]


async def test_verify_that_is_a_plain_function() -> None:
    """
    It runs in another thread, because it may block.
    """
    threads: List[int] = []

    def verify(token: str) -> Found:
        threads.append(threading.get_ident())
        return ADA

    await name_of(BearerBackend(verify), authorized("Bearer x"))

    assert threads != [threading.get_ident()]


async def test_verify_that_fails() -> None:
    """
    The error is raised as it is, past other backends that would know somebody.
    """

    async def verify(token: str) -> Found:
        raise LookupError("the database is gone")

    backend = AnyOf(BearerBackend(verify), BearerBackend(TOKENS))

    with pytest.raises(LookupError):
        await backend.authenticate(authorized("Bearer other"))


async def test_any_of_several_backends() -> None:
    """
    The first that knows somebody counts, also after one that refused.
    """
    none = SecretTable({"nothing": (AuthCredentials(), SimpleUser("nobody"))})
    backend = AnyOf(BasicBackend(none), BearerBackend(none), BearerBackend(TOKENS))

    assert await name_of(backend, authorized("Bearer other")) == "ada"


async def test_any_of_several_backends_that_know_nobody() -> None:
    """
    Without credentials it is nobody; with wrong ones it is the first refusal.
    """

    class Refuses(AuthenticationBackend):
        def __init__(self, text: str) -> None:
            self.text = text

        async def authenticate(self, conn: HTTPConnection) -> Found:
            raise AuthenticationError(self.text)

    basic_or_bearer = AnyOf(BasicBackend(PASSWORDS), BearerBackend(TOKENS))

    assert await basic_or_bearer.authenticate(connection()) is None
    with pytest.raises(AuthenticationError, match="first"):
        await AnyOf(Refuses("first"), Refuses("second")).authenticate(connection())


async def test_any_of_no_backends() -> None:
    """
    It is an error at construction.
    """
    with pytest.raises(ValueError, match="one or more"):
        AnyOf()


async def test_table_of_secrets() -> None:
    """
    It gives every holder scopes of their own, and keeps no secret.
    """
    first, second = await TOKENS("other"), await TOKENS("other")

    assert first is not None
    assert second is not None
    assert first[0].scopes == ["read"]
    assert first[0] is not second[0]
    assert "other" not in repr(vars(TOKENS))
    with pytest.raises(ValueError, match="no empty secret"):
        SecretTable({"": ADA})


async def test_names_that_are_loaded_later() -> None:
    """
    They are listed with the others; a name that is none is an error.
    """
    module: Any = starlette.authentication

    assert set(module.__all__) <= set(dir(module))
    assert all(
        getattr(module, name).__module__ == module.__name__ for name in module.__all__
    )
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = module.nothing
