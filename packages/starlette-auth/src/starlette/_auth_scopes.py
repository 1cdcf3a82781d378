"""The gate in front of a whole application: what stands behind it cannot be left open.

It is a middleware like any other, so it fits a route, a mount, a router, or an
application that knows nothing of scopes, such as one for static files.
"""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Union

from starlette._auth_requires import (
    has_required_scope,
    login_redirect,
    refusal,
    scope_list,
)
from starlette._exception_handler import wrap_app_handling_exceptions
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("RequireScopes",)


class RequireScopes:
    """Lets only those through to an application who have all of *scopes*.

    ``Mount("/admin", ..., middleware=[Middleware(RequireScopes, "admin")])`` closes
    everything below ``/admin``, also what is not found there.  It must stand inside of
    ``AuthenticationMiddleware``.

    Nobody gets a 401 with the challenges of the backend, and somebody who lacks a
    scope a 403; both are answered by the handlers that the application has for them.
    A WebSocket is closed with 1008 before it is accepted, which the client sees as a
    403.

    Args:
        app: The application inside.
        scopes: One name, or several; without any it is enough to be somebody.
        redirect: The name of a route: nobody is sent there (303) in place of the 401,
            with the URL that was asked for as ``next`` in the query.

    Attributes:
        app: As given.
        scopes: A list of them.
        redirect: As given.

    Raises:
        TypeError: *scopes* is no text and no sequence of texts.
        AssertionError: When called: there is no ``AuthenticationMiddleware`` around.
    """

    def __init__(
        self,
        app: ASGIApp,
        scopes: Union[str, Sequence[str]] = (),
        *,
        redirect: Optional[str] = None,
    ) -> None:
        self.app = app
        self.scopes: List[str] = scope_list(scopes)
        self.redirect = redirect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, or refuse."""
        kind = scope["type"]
        if kind not in ("http", "websocket") or self._may_pass(HTTPConnection(scope)):
            await self.app(scope, receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await self._refuse(Request(scope, receive, send), receive, send)

    def _may_pass(self, conn: HTTPConnection) -> bool:
        if self.scopes:
            return has_required_scope(conn, self.scopes)
        is_somebody: bool = conn.user.is_authenticated
        return is_somebody

    async def _refuse(self, request: Request, receive: Receive, send: Send) -> None:
        if self.redirect is not None and not request.user.is_authenticated:
            response: Any = login_redirect(request, self.redirect)
            await response(request.scope, receive, send)
            return
        refused = refusal(request)

        async def say_no(scope: Scope, receive: Receive, send: Send) -> None:
            raise refused

        answer = wrap_app_handling_exceptions(say_no, request)
        try:
            await answer(request.scope, receive, send)
        except HTTPException as error:
            # Outside of ExceptionMiddleware there is no handler.
            if error is not refused:
                raise
            response = PlainTextResponse(
                refused.detail, refused.status_code, headers=refused.headers
            )
            await response(request.scope, receive, send)
