"""Backends for people with browsers: a session, or a cookie that is signed.

The session can be ended by the server, the cookie cannot: it is what its signature
says until it expires.  Neither is refused when it cannot be read: its owner is nobody,
and may log in again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Sequence, Tuple, Union

from starlette._auth_base import AuthenticationBackend
from starlette._auth_verify import Found, Question, Verdict, challenge, check_token
from starlette.requests import HTTPConnection

if TYPE_CHECKING:
    from typing_extensions import Literal

    from starlette.datastructures import Secret
    from starlette.responses import Response

__all__ = ("SessionBackend", "SignedCookieBackend")

# Browsers keep no larger cookie, in bytes.
_MAX_COOKIE = 4096


class SessionBackend(AuthenticationBackend):
    """Whoever the session says: needs ``SessionMiddleware`` outside of the middleware.

    Args:
        load: Called with the identity that ``log_in`` was given; returns what the
            user may do and who it is, or None if there is no such user any more.  A
            coroutine function, or a function, which is called in a thread.
        key: Where the session keeps the identity.
        realm: What is protected, for people to read.

    Raises:
        TypeError: *load* cannot be called.
        ValueError: *realm* is not printable ASCII.
    """

    def __init__(
        self,
        load: Callable[[Any], Verdict],
        *,
        key: str = "user",
        realm: str = "site",
    ) -> None:
        self._load = Question("load", load)
        self._key = key
        self.challenges: Tuple[str, ...] = (challenge("Cookie", realm=realm),)

    async def authenticate(self, conn: HTTPConnection) -> Optional[Found]:
        """Return who is logged in, or None.

        Raises:
            AssertionError: There is no ``SessionMiddleware`` around.
        """
        identity = conn.session.get(self._key)
        return None if identity is None else await self._load.ask(identity)

    def log_in(self, conn: HTTPConnection, identity: Union[str, int]) -> None:
        """Let the session be that of *identity*, under a new session id.

        A session of somebody else is emptied before.  ``request.user`` is what it
        was, up to the next request.

        Raises:
            TypeError: *identity* is no text and no number.
            AssertionError: There is no ``SessionMiddleware`` around.
        """
        if not isinstance(identity, (str, int)):
            raise TypeError(
                f"`identity` must be a text or a number, but got {type(identity)}."
            )
        session = conn.session
        if session.get(self._key, identity) != identity:
            session.clear()
        # Who knew the id before must not know it now: session fixation.
        if hasattr(session, "regenerate"):
            session.regenerate()
        session[self._key] = identity

    def log_out(self, conn: HTTPConnection) -> None:
        """End the session with all that is in it.

        A session in a store is worth nothing afterwards.  One that is kept in the
        cookie can be brought back by who has a copy.

        Raises:
            AssertionError: There is no ``SessionMiddleware`` around.
        """
        conn.session.clear()


class SignedCookieBackend(AuthenticationBackend):
    """Whoever a signed cookie names; the server keeps nothing.

    The cookie cannot be forged, but it can be read, and a copy of it stays good until
    it expires, also after ``log_out``.  *load* is the place to refuse who must not
    come in any more.

    Args:
        secret_key: What the cookie is signed with; several in a list: the first signs,
            all verify, so that a key can be replaced.
        load: As for ``SessionBackend``; it is called with a text.
        cookie: The name of the cookie.
        max_age: Seconds that a cookie is good for.
        path: The path that it is sent for.
        domain: The domain it is sent to, subdomains too; None is this host only.
        same_site: Whether requests that come from other sites carry it.
        https_only: Whether it is sent over HTTPS only.
        realm: What is protected, for people to read.

    Raises:
        ModuleNotFoundError: itsdangerous is not installed.
        TypeError: *load* cannot be called.
        ValueError: Another argument is not what it must be.
    """

    def __init__(
        self,
        secret_key: Union[str, Secret, Sequence[Union[str, Secret]]],
        load: Callable[[str], Verdict],
        *,
        cookie: str = "auth",
        max_age: int = 14 * 24 * 60 * 60,
        path: str = "/",
        domain: Optional[str] = None,
        same_site: Literal["lax", "strict", "none"] = "lax",
        https_only: bool = True,
        realm: str = "site",
    ) -> None:
        check_token("cookie", cookie)
        if max_age <= 0:
            raise ValueError(f"`max_age` must be more than 0, but got {max_age!r}.")
        self._load = Question("load", load)
        self._signer = _signer(_keys(secret_key), cookie)
        self._cookie = cookie
        self._max_age = max_age
        self._attributes: Dict[str, Any] = {
            "path": path,
            "domain": domain,
            "secure": https_only,
            "httponly": True,
            "samesite": same_site,
        }
        self.challenges: Tuple[str, ...] = (
            challenge("Cookie", realm=realm, name=cookie),
        )

    async def authenticate(self, conn: HTTPConnection) -> Optional[Found]:
        """Return whom the cookie names; None if there is none to trust."""
        value = conn.cookies.get(self._cookie)
        if value is None or len(value) > _MAX_COOKIE:
            return None
        identity = self._identity(value)
        return None if identity is None else await self._load.ask(identity)

    def _identity(self, value: str) -> Optional[str]:
        from itsdangerous import BadData
        from itsdangerous.encoding import base64_decode

        try:
            signed = self._signer.unsign(value, max_age=self._max_age)
            identity: str = base64_decode(signed).decode("utf-8")
        # A time that is none is an OverflowError or OSError of some versions.
        except (BadData, ValueError, OverflowError, OSError):
            return None
        return identity

    def log_in(self, response: Response, identity: str) -> None:
        """Set the cookie that names *identity*, good from now on.

        Raises:
            ValueError: *identity* is empty, or too long for a cookie.
        """
        from itsdangerous.encoding import base64_encode

        value = self._signer.sign(base64_encode(identity)).decode("ascii")
        if not identity or len(self._cookie) + len(value) > _MAX_COOKIE:
            raise ValueError(
                "`identity` must be a text that fits into a cookie, "
                f"but got one of {len(identity)} characters."
            )
        response.set_cookie(
            self._cookie, value, max_age=self._max_age, **self._attributes
        )

    def log_out(self, response: Response) -> None:
        """Have the browser drop the cookie."""
        response.delete_cookie(self._cookie, **self._attributes)


def _keys(secret_key: Any) -> Sequence[str]:
    given = secret_key if isinstance(secret_key, (list, tuple)) else [secret_key]
    keys = [str(key) for key in given]
    if not keys or not all(keys):
        raise ValueError(
            "`secret_key` must be one or more texts, but got an empty one."
        )
    return keys


def _signer(keys: Sequence[str], cookie: str) -> Any:
    try:
        from itsdangerous import TimestampSigner
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "SignedCookieBackend needs itsdangerous: "
            "pip install starlette-auth[cookies]",
            name=error.name,
        ) from error

    from hashlib import sha256

    # The newest is the last one there.  The name of the cookie is in the signature, so
    # that what was signed for another purpose with the same key is not taken for it.
    return TimestampSigner(
        list(reversed(keys)),
        salt=f"starlette.authentication.{cookie}",
        key_derivation="hmac",
        digest_method=sha256,
    )
