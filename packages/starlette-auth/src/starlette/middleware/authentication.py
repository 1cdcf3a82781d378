"""The middleware that asks a backend who is asking.

Backends, users and ``requires`` are in ``starlette.authentication``.
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Optional, Union

from starlette._auth_base import CHALLENGES, InvalidCredentials, challenge_headers
from starlette._utils import is_async_callable
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    UnauthenticatedUser,
)
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("AuthenticationMiddleware",)

OnError = Callable[
    [HTTPConnection, AuthenticationError], Union[Response, Awaitable[Response]]
]


class AuthenticationMiddleware:
    """Sets ``scope["auth"]`` and ``scope["user"]`` to what a backend says.

    Both are asked for as ``request.auth`` and ``request.user``.  A peer whose
    credentials are not accepted does not reach the application.  What else the
    backend raises is raised again: it becomes a 500.

    Args:
        app: The application inside.
        backend: Asked once for every request and WebSocket handshake.
        on_error: Makes the response to an ``AuthenticationError``; a function or a
            coroutine function.  A WebSocket gets no response: it is closed before it
            is accepted, which the client sees as a 403.

    Attributes:
        app: As given.
        backend: As given.
        on_error: As given, or ``default_on_error``.
    """

    def __init__(
        self,
        app: ASGIApp,
        backend: AuthenticationBackend,
        on_error: Optional[OnError] = None,
    ) -> None:
        self.app = app
        self.backend = backend
        self.on_error: OnError = on_error or self.default_on_error
        # A backend need not be an AuthenticationBackend; it has to behave like one.
        challenges = getattr(backend, "challenges", None)
        self._challenges = challenges if isinstance(challenges, tuple) else ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with the peer's identity in the scope, or refuse."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope[CHALLENGES] = self._challenges
        conn: HTTPConnection = HTTPConnection(scope)
        try:
            found = await self.backend.authenticate(conn)
        except AuthenticationError as error:
            await self._refuse(conn, error, receive, send)
            return
        if found is None:
            scope["auth"], scope["user"] = AuthCredentials(), UnauthenticatedUser()
        else:
            scope["auth"], scope["user"] = found
        # Spelled out: an object is called by a detour.
        await self.app.__call__(scope, receive, send)  # type: ignore[operator]

    async def _refuse(
        self,
        conn: HTTPConnection,
        error: AuthenticationError,
        receive: Receive,
        send: Send,
    ) -> None:
        if conn.scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        response: Any = self.on_error(conn, error)
        if is_async_callable(self.on_error):
            response = await response
        await response(conn.scope, receive, send)

    @staticmethod
    def default_on_error(conn: HTTPConnection, exc: Exception) -> Response:
        """Return a response with the text of *exc*: 400, or 401 with the challenges.

        The latter is for ``InvalidCredentials``, which the ready-made backends raise.
        """
        if isinstance(exc, InvalidCredentials):
            headers = challenge_headers(conn)
            return PlainTextResponse(str(exc), status_code=401, headers=headers)
        return PlainTextResponse(str(exc), status_code=400)
