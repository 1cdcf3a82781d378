"""Backends for credentials that come with every request: Basic, Bearer, API keys.

Each takes the credentials apart and asks the program's own ``verify``.  Nothing there
is nobody; what is malformed, or unknown to ``verify``, is ``InvalidCredentials``.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from starlette._auth_base import (
    AuthenticationBackend,
    AuthenticationError,
    InvalidCredentials,
)
from starlette._auth_users import AuthCredentials, BaseUser
from starlette._auth_verify import (
    MAX_LENGTH,
    Found,
    Question,
    Verdict,
    authorization,
    challenge,
    check_token,
)
from starlette.requests import HTTPConnection

__all__ = ("APIKeyBackend", "AnyOf", "BasicBackend", "BearerBackend", "SecretTable")

# RFC 6750, section 2.1.
_is_bearer_token = re.compile(r"[A-Za-z0-9._~+/-]+=*").fullmatch
_has_control = re.compile(r"[\x00-\x1f\x7f]").search
_is_key = re.compile(r"[!-~]+").fullmatch


class BasicBackend(AuthenticationBackend):
    """HTTP Basic: a name and a password in every request (RFC 7617).

    They are not encrypted: use HTTPS.

    Args:
        verify: Called with the name and the password; returns what the user may do
            and who it is, or None.  A coroutine function, or a function, which is
            called in a thread.  ``PasswordHasher`` helps with the password.
        realm: What is protected, for people to read.

    Raises:
        TypeError: *verify* cannot be called.
        ValueError: *realm* is not printable ASCII.
    """

    def __init__(
        self, verify: Callable[[str, str], Verdict], *, realm: str = "api"
    ) -> None:
        self._verify = Question("verify", verify)
        self.challenges: Tuple[str, ...] = (
            challenge("Basic", realm=realm, charset="UTF-8"),
        )

    async def authenticate(self, conn: HTTPConnection) -> Optional[Found]:
        """Return who the header names, or None without one.

        Raises:
            InvalidCredentials: The header is malformed, or *verify* knows nobody.
        """
        credentials = authorization(conn, "basic")
        if credentials is None:
            return None
        return await self._verify.demand(*_name_and_password(credentials))


def _name_and_password(credentials: str) -> Tuple[str, str]:
    from base64 import b64decode

    try:
        text = b64decode(credentials.encode("ascii"), validate=True).decode("utf-8")
    except ValueError:
        raise InvalidCredentials from None
    name, colon, password = text.partition(":")
    if not colon or _has_control(text):
        raise InvalidCredentials
    return name, password


class BearerBackend(AuthenticationBackend):
    """Bearer tokens: whoever has the token is let in (RFC 6750).

    Args:
        verify: Called with the token; otherwise as for ``BasicBackend``.
        realm: What is protected, for people to read.

    Raises:
        TypeError: *verify* cannot be called.
        ValueError: *realm* is not printable ASCII.
    """

    def __init__(self, verify: Callable[[str], Verdict], *, realm: str = "api") -> None:
        self._verify = Question("verify", verify)
        self.challenges: Tuple[str, ...] = (challenge("Bearer", realm=realm),)

    async def authenticate(self, conn: HTTPConnection) -> Optional[Found]:
        """Return whose token the header has, or None without one.

        Raises:
            InvalidCredentials: The header is malformed, or *verify* knows nobody.
        """
        token = authorization(conn, "bearer")
        if token is None:
            return None
        if not _is_bearer_token(token):
            raise InvalidCredentials
        return await self._verify.demand(token)


class APIKeyBackend(AuthenticationBackend):
    """Keys of programs, in a header, a parameter of the query or a cookie.

    A key in the query is seen by all who see the URL, access logs among them.

    Args:
        verify: Called with the key; otherwise as for ``BasicBackend``.
        header: The name of the header; ``"x-api-key"`` if no place is named.
        query: The name of the parameter.
        cookie: The name of the cookie.
        realm: What is protected, for people to read.

    Raises:
        TypeError: *verify* cannot be called.
        ValueError: More than one place is named, or a name is none.
    """

    def __init__(
        self,
        verify: Callable[[str], Verdict],
        *,
        header: Optional[str] = None,
        query: Optional[str] = None,
        cookie: Optional[str] = None,
        realm: str = "api",
    ) -> None:
        self._verify = Question("verify", verify)
        named = {"header": header, "query": query, "cookie": cookie}
        places = [(place, name) for place, name in named.items() if name is not None]
        if len(places) > 1:
            raise ValueError(
                "One of `header`, `query` and `cookie` must be given, but got "
                + " and ".join(place for place, _ in places)
                + "."
            )
        self._place, self._name = places[0] if places else ("header", "x-api-key")
        check_token(self._place, self._name)
        parameters = {"realm": realm, "in": self._place, "name": self._name}
        self.challenges: Tuple[str, ...] = (challenge("ApiKey", **parameters),)

    async def authenticate(self, conn: HTTPConnection) -> Optional[Found]:
        """Return whose key it is, or None without one.

        Raises:
            InvalidCredentials: It is malformed, or *verify* knows nobody.
        """
        keys = self._keys(conn)
        if not keys:
            return None
        (key,) = keys if len(keys) == 1 else ("",)
        if len(key) > MAX_LENGTH or not _is_key(key):
            raise InvalidCredentials
        return await self._verify.demand(key)

    def _keys(self, conn: HTTPConnection) -> List[str]:
        if self._place == "header":
            return conn.headers.getlist(self._name)
        if self._place == "query":
            return conn.query_params.getlist(self._name)
        cookie = conn.cookies.get(self._name)
        return [] if cookie is None else [cookie]


class AnyOf(AuthenticationBackend):
    """Several backends, of which the first one that knows somebody counts.

    Credentials that one of them does not accept are shown to the others too; if none
    does, the peer is refused for what the first has said.

    Args:
        *backends: In the order in which they are asked.

    Attributes:
        backends: As given, a tuple.

    Raises:
        ValueError: There are none.
    """

    def __init__(self, *backends: AuthenticationBackend) -> None:
        if not backends:
            raise ValueError("`backends` must be one or more, but got none.")
        self.backends = backends
        named: Dict[str, None] = {}
        for backend in backends:
            named.update(dict.fromkeys(getattr(backend, "challenges", ())))
        self.challenges: Tuple[str, ...] = tuple(named)

    async def authenticate(self, conn: HTTPConnection) -> Optional[Found]:
        """Return the first answer that is somebody, or None.

        Raises:
            AuthenticationError: One of them raised it and no other knows the peer.
            BaseException: Whatever else one of them raises, then and there.
        """
        refusal: Optional[AuthenticationError] = None
        for backend in self.backends:
            try:
                found = await backend.authenticate(conn)
            except AuthenticationError as error:
                refusal = refusal or error
            else:
                if found is not None:
                    return found
        if refusal is None:
            return None
        try:
            raise refusal
        finally:
            # The traceback holds this frame.
            refusal = None


class SecretTable:
    """Secrets that are known beforehand, for ``verify``; compared in constant time.

    Only their digests are kept, and all of them are looked at for every request, so
    it is for dozens of keys and not for thousands.  Secrets that people think up
    belong into a ``PasswordHasher`` instead.

    Args:
        entries: What the holder of a secret may do and who it is, by the secret; for
            ``BasicBackend`` that is ``"name:password"``.  Copied.

    Raises:
        ValueError: A secret is empty.
    """

    def __init__(self, entries: Mapping[str, Tuple[AuthCredentials, BaseUser]]) -> None:
        if not all(entries):
            raise ValueError("`entries` must have no empty secret, but got one.")
        self._entries = [
            (_digest(secret), tuple(credentials.scopes), user)
            for secret, (credentials, user) in entries.items()
        ]

    async def __call__(self, *secret: str) -> Optional[Found]:
        """Return what belongs to *secret*, its parts joined by a colon, or None."""
        from hmac import compare_digest

        given = _digest(":".join(secret))
        found: Optional[Tuple[Any, BaseUser]] = None
        # To the end, also when it is found.
        for digest, scopes, user in self._entries:
            if compare_digest(digest, given):
                found = scopes, user
        return None if found is None else (AuthCredentials(found[0]), found[1])


def _digest(secret: str) -> bytes:
    from hashlib import sha256

    return sha256(secret.encode("utf-8")).digest()
