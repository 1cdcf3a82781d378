"""What a backend is, and how it says no.

A backend has three answers: somebody (a pair), nobody (None), or an
``AuthenticationError``.  Everything else that it raises is a failure of the server.
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from starlette._auth_users import AuthCredentials, BaseUser
from starlette.requests import HTTPConnection

__all__ = (
    "AuthenticationBackend",
    "AuthenticationError",
    "InvalidCredentials",
    "challenge_headers",
)

# Where the middleware leaves the challenges of its backend, for those who refuse.
CHALLENGES = "starlette.auth_challenges"


class AuthenticationError(Exception):
    """The peer has shown credentials, and they are not accepted.

    The text is sent to the client.
    """


class InvalidCredentials(AuthenticationError):
    """The credentials are malformed, unknown or expired: 401, with the challenges.

    The text does not say which, because that helps nobody but an attacker.
    """

    def __init__(self, message: str = "Invalid credentials") -> None:
        super().__init__(message)


class AuthenticationBackend:
    """Finds out who the peer of a connection is.

    Attributes:
        challenges: One for each scheme that the backend understands, such as
            ``'Basic realm="notes"'``, a tuple: the ``WWW-Authenticate`` of a 401
            (RFC 9110, section 11.6.1).
    """

    challenges: Tuple[str, ...] = ()

    async def authenticate(
        self, conn: HTTPConnection
    ) -> Optional[Tuple[AuthCredentials, BaseUser]]:
        """Return what the peer may do and who it is, or None for nobody.

        Args:
            conn: The request or handshake.

        Raises:
            AuthenticationError: It shows credentials that are not accepted.
            NotImplementedError: The class of the backend does not say.
        """
        raise NotImplementedError


def challenge_headers(conn: Optional[HTTPConnection]) -> Optional[Dict[str, str]]:
    """Return the ``WWW-Authenticate`` header of a 401 for *conn*, if there is one."""
    challenges = () if conn is None else conn.scope.get(CHALLENGES)
    return {"WWW-Authenticate": ", ".join(challenges)} if challenges else None
