"""What the ready-made backends share: asking the program, and naming schemes.

Nothing here keeps credentials or mentions them in an error.
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Optional, Tuple, Union

from starlette._auth_base import InvalidCredentials
from starlette._auth_users import AuthCredentials, BaseUser
from starlette._utils import is_async_callable
from starlette.requests import HTTPConnection

__all__ = (
    "MAX_LENGTH",
    "Found",
    "Question",
    "Verdict",
    "authorization",
    "challenge",
    "check_token",
)

Found = Tuple[AuthCredentials, BaseUser]
Verdict = Union[Optional[Found], Awaitable[Optional[Found]]]

# Of credentials, in characters.  Servers limit headers to more than that.
MAX_LENGTH = 8192

_TOKEN = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)


class Question:
    """A program's own function, asked who somebody is.

    Args:
        name: Of the argument that the function was given as.
        function: A coroutine function, or a function, which is called in a thread
            because it may block.

    Raises:
        TypeError: It cannot be called.
    """

    def __init__(self, name: str, function: Callable[..., Verdict]) -> None:
        if not callable(function):
            raise TypeError(f"`{name}` must be a function, but got {type(function)}.")
        self._function = function
        self._is_async = is_async_callable(function)

    async def ask(self, *about: Any) -> Optional[Found]:
        """Return what the function answers.

        Raises:
            BaseException: Whatever it raises.
        """
        found: Any
        if self._is_async:
            found = await self._function(*about)  # type: ignore[misc]
        else:
            from starlette.concurrency import run_in_threadpool

            found = await run_in_threadpool(self._function, *about)
        answer: Optional[Found] = found
        return answer

    async def demand(self, *about: Any) -> Found:
        """Return what the function answers, if that is somebody.

        Raises:
            InvalidCredentials: It is nobody.
        """
        found = await self.ask(*about)
        if found is None:
            raise InvalidCredentials
        return found


def authorization(conn: HTTPConnection, scheme: str) -> Optional[str]:
    """Return what follows *scheme*, in lower case, in the ``Authorization`` header.

    None if it is not there, or of another scheme: RFC 9110, section 11.4.

    Raises:
        InvalidCredentials: There are several of these headers, or it is too long.
    """
    sent = conn.headers.getlist("authorization")
    if not sent:
        return None
    # Which of two counts must not depend on who reads them.
    if len(sent) > 1 or len(sent[0]) > MAX_LENGTH:
        raise InvalidCredentials
    name, _, credentials = sent[0].strip(" \t").partition(" ")
    return credentials.strip(" ") if name.lower() == scheme else None


def challenge(scheme: str, **parameters: str) -> str:
    """Return a challenge, its parameters quoted: RFC 9110, section 11.3.

    Raises:
        ValueError: A parameter is not printable ASCII.
    """
    quoted = []
    for name, value in parameters.items():
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"`{name}` must be printable ASCII, but got {value!r}.")
        escaped = value.replace("\\", r"\\").replace('"', r"\"")
        quoted.append(f'{name}="{escaped}"')
    return f"{scheme} {', '.join(quoted)}"


def check_token(name: str, value: str) -> None:
    """Refuse what cannot be the name of a header or cookie: RFC 9110, section 5.6.2.

    Raises:
        ValueError: It is empty, or has characters that no token has.
    """
    if not value or not _TOKEN.issuperset(value):
        raise ValueError(f"`{name}` must be a token, but got {value!r}.")
