"""JSON Web Tokens as bearer tokens, verified by PyJWT (RFC 7519, RFC 8725).

The algorithm is that of the key.  What the token says of it is never followed: a token
with another one is refused.  A token says which key it is for, and nothing else.
"""

from __future__ import annotations

import sys
import time
from typing import (
    Any,
    Awaitable,
    Callable,
    Dict,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from starlette._auth_base import AuthenticationBackend, InvalidCredentials
from starlette._auth_users import AuthCredentials, SimpleUser
from starlette._auth_verify import Found, Question, Verdict, authorization, challenge
from starlette._event_loop import asyncio_task
from starlette.requests import HTTPConnection

__all__ = ("JWTBackend", "JWTKeys")

# Kinds of key pairs: RFC 7518, section 6.1, and RFC 8037.
_PUBLIC = ("RSA", "EC", "OKP")

# Bytes that a shared secret must have: RFC 7518, section 3.2.
_SECRETS = {"HS256": 32, "HS384": 48, "HS512": 64}


Fetch = Callable[[], Awaitable[Mapping[str, Any]]]


class JWTKeys:
    """The keys that tokens are verified with, by their names (``kid``).

    Args:
        key_set: A JSON Web Key Set, as parsed JSON: ``{"keys": [...]}`` (RFC 7517).
            Keys for encryption, symmetric keys, and kinds that are not known are
            passed over.
        fetch: Returns such a set; a coroutine function.  Called when a token names a
            key that is not there: the issuer has a new one.  One call at a time, on
            each event loop.
        interval: Seconds that pass at least between two of these calls, once one has
            brought keys.
        clock: Tells the time in seconds.

    Raises:
        ModuleNotFoundError: PyJWT or anyio is not installed.
        ValueError: *key_set* is none, or a key in it is broken.
    """

    def __init__(
        self,
        key_set: Optional[Mapping[str, Any]] = None,
        *,
        fetch: Optional[Fetch] = None,
        interval: float = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _jwt()
        self._keys = {} if key_set is None else _read(key_set)
        self._fetch = fetch
        self._interval = interval
        self._clock = clock
        self._fetched: Optional[float] = None
        # What tells of the end of a call, by the event loop that it is made on: one
        # application may serve several, in threads or one after the other.
        self._calls: Dict[Any, Any] = {}
        self._secret: Optional[Tuple[bytes, str]] = None

    @classmethod
    def from_secret(
        cls, secret: Union[str, bytes], algorithm: str = "HS256"
    ) -> JWTKeys:
        """Return the one key that issuer and application share.

        Args:
            secret: As many random bytes as the algorithm's digest has, or more.
            algorithm: ``"HS256"``, ``"HS384"`` or ``"HS512"``.

        Raises:
            ValueError: The secret is too short, or the algorithm is another.
        """
        if algorithm not in _SECRETS:
            raise ValueError(
                f"`algorithm` must be one of {', '.join(_SECRETS)}, "
                f"but got {algorithm!r}."
            )
        key = secret.encode("utf-8") if isinstance(secret, str) else secret
        if len(key) < _SECRETS[algorithm]:
            raise ValueError(
                f"`secret` must have at least {_SECRETS[algorithm]} bytes for "
                f"{algorithm}, but got {len(key)}."
            )
        keys = cls()
        keys._secret = key, algorithm
        return keys

    async def find(self, name: Optional[str]) -> Optional[Any]:
        """Return the key of this name and its algorithm, or None.

        A token without a name is for the only key, if there is no more than one.

        Raises:
            BaseException: Whatever *fetch* raises.
            ValueError: *fetch* returned no set of keys.
        """
        found = self._get(name)
        if found is None and self._fetch is not None:
            await self._renew_once(self._fetch)
            found = self._get(name)
        return found

    async def _renew_once(self, fetch: Fetch) -> None:
        """Renew the keys, or wait for another's call and have what it has brought."""
        import anyio

        before, loop = self._fetched, _event_loop()
        while loop in self._calls and self._fetched == before:
            await self._calls[loop].wait()
        if self._fetched == before:
            ended = self._calls[loop] = anyio.Event()
            try:
                await self._renew(fetch)
            finally:
                del self._calls[loop]
                ended.set()

    def _get(self, name: Optional[str]) -> Optional[Any]:
        # A shared secret has no name, and is for tokens that name one too.
        if self._secret is not None:
            return self._secret
        if name is None and len(self._keys) == 1:
            (found,) = self._keys.values()
            return found
        return self._keys.get(name)

    async def _renew(self, fetch: Fetch) -> None:
        fetched, now = self._fetched, self._clock()
        if fetched is None or now - fetched >= self._interval:
            if fetched is not None:
                # Before the call, which may fail: anybody can name a key that is not
                # there, and must not have the issuer called for every token.
                self._fetched = now
            self._keys = _read(await fetch())
            self._fetched = self._clock()


class JWTBackend(AuthenticationBackend):
    """Bearer tokens that say who it is, signed by an issuer.

    A token must have ``exp``, ``iss`` and ``aud``.

    Args:
        keys: What the signatures are verified with.
        issuer: What ``iss`` must be.
        audience: What ``aud`` must name; one of several.
        leeway: Seconds by which clocks may differ.
        load: Called with the claims, a dict; returns what the user may do and who it
            is, or None.  A coroutine function, or a function, which is called in a
            thread.  Without it the user is a ``SimpleUser`` by ``sub``, with the scopes
            in ``scope`` (RFC 8693, section 4.2).
        realm: What is protected, for people to read.

    Raises:
        TypeError: *load* cannot be called.
        ValueError: *issuer* or *audience* is empty, or *realm* not printable ASCII.
    """

    def __init__(
        self,
        keys: JWTKeys,
        *,
        issuer: str,
        audience: Union[str, Sequence[str]],
        leeway: float = 0,
        load: Optional[Callable[[Dict[str, Any]], Verdict]] = None,
        realm: str = "api",
    ) -> None:
        if not issuer or not audience:
            raise ValueError("`issuer` and `audience` must not be empty.")
        self._jwt = _jwt()
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway
        self._load = Question("load", load or _subject)
        self.challenges: Tuple[str, ...] = (challenge("Bearer", realm=realm),)

    async def authenticate(self, conn: HTTPConnection) -> Optional[Found]:
        """Return whom the token names, or None without one.

        Raises:
            InvalidCredentials: The token is malformed, signed by nobody who is known,
                expired, or for somebody else.
        """
        token = authorization(conn, "bearer")
        if token is None:
            return None
        found = await self._keys.find(self._key_name(token))
        if found is None:
            raise InvalidCredentials
        key, algorithm = found
        return await self._load.demand(self._claims(token, key, algorithm))

    def _key_name(self, token: str) -> Optional[str]:
        try:
            header = self._jwt.get_unverified_header(token)
        # JSON that is nested without end is a RecursionError.
        except (self._jwt.PyJWTError, ValueError, RecursionError):
            raise InvalidCredentials from None
        # Extensions that must be understood, and are not: RFC 7515, section 4.1.11.
        if "crit" in header:  # pragma: no cover (newer PyJWTs refuse it above)
            raise InvalidCredentials
        name: Optional[str] = header.get("kid")
        return name

    def _claims(self, token: str, key: Any, algorithm: str) -> Dict[str, Any]:
        try:
            claims: Dict[str, Any] = self._jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=self._leeway,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (self._jwt.PyJWTError, ValueError, OverflowError, RecursionError):
            raise InvalidCredentials from None
        return claims


async def _subject(claims: Dict[str, Any]) -> Optional[Found]:
    subject, scopes = claims.get("sub"), claims.get("scope", "")
    if not isinstance(subject, str) or not isinstance(scopes, str) or not subject:
        return None
    return AuthCredentials(scopes.split()), SimpleUser(subject)


def _read(key_set: Any) -> Dict[Optional[str], Any]:
    """Return the keys and their algorithms by name."""
    listed = key_set.get("keys") if isinstance(key_set, Mapping) else None
    if not isinstance(listed, list):
        raise ValueError('`key_set` must be a mapping with a list as "keys".')
    keys: Dict[Optional[str], Any] = {}
    for entry in listed:
        name = entry.get("kid") if isinstance(entry, Mapping) else ""
        if not isinstance(name, (str, type(None))) or name in keys or name == "":
            raise ValueError(
                "Every key in `key_set` must be a mapping with a name of its own as "
                f'"kid", but got {name!r}.'
            )
        # A secret that is published is none: RFC 8725, section 3.1.
        if entry.get("kty") in _PUBLIC and entry.get("use", "sig") == "sig":
            keys[name] = _public_key(entry)
    return keys


def _public_key(entry: Mapping[str, Any]) -> Any:
    jwt = _jwt()
    try:
        key = jwt.PyJWK(dict(entry))
    # The algorithm "none" has no keys.
    except (jwt.PyJWTError, ValueError, TypeError, NotImplementedError):
        # That error would quote the key.
        raise ValueError(
            f"The key {entry.get('kid')!r} in `key_set` cannot be read."
        ) from None
    return key.key, key.algorithm_name


def _event_loop() -> Any:
    """Return what stands for the event loop that runs."""
    task = asyncio_task()
    if task is not None:
        return task.get_loop()
    return sys.modules["trio"].lowlevel.current_trio_token()


def _jwt() -> Any:
    try:
        import anyio  # noqa: F401
        import jwt
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "JWTBackend needs PyJWT and anyio: pip install starlette-auth[jwt]",
            name=error.name,
        ) from error
    return jwt
