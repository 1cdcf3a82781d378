"""Who the peer is, and what it may do: what a backend answers with."""

from __future__ import annotations

from typing import List, Optional, Sequence

__all__ = ("AuthCredentials", "BaseUser", "SimpleUser", "UnauthenticatedUser")


class AuthCredentials:
    """What a peer may do.

    Args:
        scopes: Names of permissions; nothing is granted when left out.  Copied.

    Attributes:
        scopes: A list of them.
    """

    def __init__(self, scopes: Optional[Sequence[str]] = None) -> None:
        self.scopes: List[str] = [*scopes] if scopes else []


class BaseUser:
    """Who a peer is.  A program's own users implement these three properties."""

    @property
    def is_authenticated(self) -> bool:
        """Whether it is known who this is.

        Raises:
            NotImplementedError: The class of the user does not say.
        """
        raise NotImplementedError

    @property
    def display_name(self) -> str:
        """What to call the user on a page.

        Raises:
            NotImplementedError: The class of the user does not say.
        """
        raise NotImplementedError

    @property
    def identity(self) -> str:
        """What tells this user from all others.

        Raises:
            NotImplementedError: The class of the user does not say.
        """
        raise NotImplementedError


class SimpleUser(BaseUser):
    """A user who is known by a name, and has nothing else.

    Args:
        username: The name, unique among the users.

    Attributes:
        username: As given.
    """

    def __init__(self, username: str) -> None:
        self.username = username

    @property
    def is_authenticated(self) -> bool:
        """True: somebody has a name."""
        return True

    @property
    def display_name(self) -> str:
        """The name."""
        return self.username

    @property
    def identity(self) -> str:
        """The name."""
        return self.username


class UnauthenticatedUser(BaseUser):
    """Nobody: a peer without credentials.  It has no ``identity``."""

    @property
    def is_authenticated(self) -> bool:
        """False."""
        return False

    @property
    def display_name(self) -> str:
        """An empty text."""
        return ""
