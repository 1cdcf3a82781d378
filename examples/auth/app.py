"""The application: a login page, a protected page, an API with tokens, a WebSocket."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from html import escape
from typing import Any, AsyncIterator, Mapping, Optional, Tuple

from examples.auth.database import Database
from starlette.applications import Starlette
from starlette.authentication import (
    AnyOf,
    AuthCredentials,
    BaseUser,
    BearerBackend,
    PasswordHasher,
    RequireScopes,
    SessionBackend,
    SimpleUser,
    requires,
)
from starlette.datastructures import URL
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

FORM = """<!doctype html><title>Log in</title>
<form method="post">{message}
<input type="hidden" name="next" value="{next}">
<label>Name <input name="name"></label>
<label>Password <input name="password" type="password"></label>
<button>Log in</button></form>"""

PAGE = """<!doctype html><title>Private</title><p>Hello, {name}!</p>
<form method="post" action="/logout"><button>Log out</button></form>"""


class Accounts:
    """Who may log in, and with what."""

    def __init__(self, database: Database, passwords: PasswordHasher) -> None:
        self.database = database
        self.passwords = passwords
        self.sessions = SessionBackend(self.user)
        self.backend = AnyOf(self.sessions, BearerBackend(self.owner))

    async def user(self, name: str) -> Optional[Tuple[AuthCredentials, BaseUser]]:
        """Return the user of a session, unless there is no such user any more."""
        if await self.database.password_of(name) is None:
            return None
        return AuthCredentials(["read"]), SimpleUser(name)

    async def owner(self, token: str) -> Optional[Tuple[AuthCredentials, BaseUser]]:
        """Return the user of a token."""
        name = await self.database.owner_of(token)
        return None if name is None else await self.user(name)

    async def check(self, name: str, password: str) -> bool:
        """Tell whether it is the password of the user."""
        stored = await self.database.password_of(name)
        save = partial(self.database.save_password, name)
        return await self.passwords.verify(stored, password, rehash=save)


def local(request: Request, target: str) -> str:
    """Return the path to go to after logging in; never one of another site."""
    url, base = URL(target), request.base_url
    try:
        is_ours = (url.scheme, url.netloc) == (base.scheme, base.netloc)
    except ValueError:  # no URL at all
        is_ours = False
    # Browsers take "//host" and "/\host" for another site.
    if not is_ours or url.path[:1] != "/" or url.path[1:2] in ("/", "\\"):
        return "/"
    return f"{url.path}?{url.query}" if url.query else url.path


async def login_page(request: Request) -> Response:
    target = escape(request.query_params.get("next", ""))
    return HTMLResponse(FORM.format(message="", next=target))


async def login(request: Request) -> Response:
    accounts: Accounts = request.app.state.accounts
    async with request.form() as form:
        name, password, target = (
            str(form.get(key, "")) for key in ("name", "password", "next")
        )
    if not await accounts.check(name, password):
        message = "<p>That is not right.</p>"
        page = FORM.format(message=message, next=escape(target))
        return HTMLResponse(page, status_code=403)
    accounts.sessions.log_in(request, name)
    return RedirectResponse(local(request, target), status_code=303)


async def logout(request: Request) -> Response:
    accounts: Accounts = request.app.state.accounts
    accounts.sessions.log_out(request)
    return RedirectResponse("/login", status_code=303)


@requires("read", redirect="login")
async def private(request: Request) -> Response:
    return HTMLResponse(PAGE.format(name=escape(request.user.display_name)))


async def me(request: Request) -> Response:
    return JSONResponse({"name": request.user.display_name})


async def new_token(request: Request) -> Response:
    accounts: Accounts = request.app.state.accounts
    token = await accounts.database.new_token(request.user.identity)
    return JSONResponse({"token": token}, status_code=201)


@requires("read")
async def greetings(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(f"Hello, {websocket.user.display_name}!")
    await websocket.close()


def create_app(
    database: str,
    secret_key: str,
    users: Mapping[str, str],
    passwords: Optional[PasswordHasher] = None,
) -> Starlette:
    """Return the application.

    Args:
        database: The path of the SQLite database, or ``":memory:"``.
        secret_key: What session cookies are signed with.
        users: Passwords by name, of users to make if they are not there.
        passwords: Hashes them.
    """
    accounts = Accounts(Database(database), passwords or PasswordHasher())

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with accounts.database:
            for name, password in users.items():
                if await accounts.database.password_of(name) is None:
                    hashed = await accounts.passwords.hash(password)
                    await accounts.database.save_password(name, hashed)
            yield

    app = Starlette(
        routes=[
            Route("/", private),
            Route("/login", login_page, name="login"),
            Route("/login", login, methods=["POST"]),
            Route("/logout", logout, methods=["POST"]),
            Mount(
                "/api",
                routes=[
                    Route("/me", me),
                    Route("/tokens", new_token, methods=["POST"]),
                ],
                # One line, and no route below /api can be left open.
                middleware=[Middleware(RequireScopes, "read")],
            ),
            WebSocketRoute("/greetings", greetings),
        ],
        middleware=[
            # In a store, so that logging out ends a session for all who have a copy.
            Middleware(SessionMiddleware, secret_key=secret_key, store="memory"),
            Middleware(AuthenticationMiddleware, backend=accounts.backend),
        ],
        lifespan=lifespan,
    )
    app.state.accounts = accounts
    return app
