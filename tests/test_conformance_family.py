"""Middleware of starlette-auth through the conformance suite of starlette-middleware.

Neither of the two distributions depends on the other, so they meet here; and here is
a stack of all that an application with logins has, through the same checks.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Dict, List

import pytest

from starlette.authentication import (
    AnyOf,
    APIKeyBackend,
    AuthCredentials,
    AuthenticationBackend,
    BasicBackend,
    BearerBackend,
    RequireScopes,
    SecretTable,
    SessionBackend,
    SignedCookieBackend,
    SimpleUser,
)
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.conformance import CHECKS, Check, MiddlewareFactory
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.csrf import CSRFMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.proxy_headers import ProxyHeadersMiddleware
from starlette.middleware.request_id import RequestIDMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

pytestmark = pytest.mark.anyio

ADA = AuthCredentials(["read", "write"]), SimpleUser("ada")

SECRETS = SecretTable({"ada:lovelace": ADA, "token": ADA})
BASIC = {"authorization": f"Basic {b64encode(b'ada:lovelace').decode()}"}
BEARER = {"authorization": "Bearer token"}
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


async def load(identity: Any) -> Any:
    return ADA


def load_in_a_thread(identity: Any) -> Any:
    return ADA


BY_COOKIE = SignedCookieBackend("secret", load)


def signed_cookie() -> Dict[str, str]:
    response = Response()
    BY_COOKIE.log_in(response, "ada")
    return {"cookie": response.headers["set-cookie"].partition(";")[0]}


class LogIn:
    """Logs somebody in, so that what stands further in has a session to look at."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope["session"]["user"] = "ada"
        await self.app(scope, receive, send)


def authenticating(backend: AuthenticationBackend) -> Middleware:
    return Middleware(AuthenticationMiddleware, backend=backend)


def stack(*recipes: Middleware) -> MiddlewareFactory:
    """Middleware as one: the first recipe outermost."""

    def wrapped(app: ASGIApp) -> ASGIApp:
        for cls, args, kwargs in reversed(recipes):
            app = cls(app, *args, **kwargs)
        return app

    return wrapped


def case(name: str, *recipes: Middleware, headers: Any = None) -> Any:
    return pytest.param(stack(*recipes), headers or {}, id=name)


TOKENS = authenticating(BearerBackend(SECRETS))
SESSIONS = Middleware(SessionMiddleware, "secret")
LOGGED_IN = [SESSIONS, Middleware(LogIn), authenticating(SessionBackend(load))]
CSRF = Middleware(
    CSRFMiddleware, "secret", bound_to=lambda conn: conn.user.display_name
)

MIDDLEWARE: List[Any] = [
    case("nobody", TOKENS),
    case("basic", authenticating(BasicBackend(SECRETS)), headers=BASIC),
    case("bearer", TOKENS, headers=BEARER),
    case(
        "api-key",
        authenticating(APIKeyBackend(SECRETS)),
        headers={"x-api-key": "token"},
    ),
    case(
        "any-of",
        authenticating(AnyOf(BasicBackend(SECRETS), BearerBackend(SECRETS))),
        headers=BEARER,
    ),
    case("signed-cookie", authenticating(BY_COOKIE), headers=signed_cookie()),
    case("session", *LOGGED_IN),
    case(
        "user-loaded-in-a-thread",
        SESSIONS,
        Middleware(LogIn),
        authenticating(SessionBackend(load_in_a_thread)),
    ),
    case("scopes", TOKENS, Middleware(RequireScopes, "read"), headers=BEARER),
    case("somebody", TOKENS, Middleware(RequireScopes), headers=BEARER),
    case(
        "all-together",
        Middleware(ProxyHeadersMiddleware, trusted_proxies=["10.0.0.0/8"]),
        Middleware(RequestIDMiddleware),
        Middleware(CORSMiddleware, allow_origins=["https://example.org"]),
        Middleware(GZipMiddleware, minimum_size=0),
        *LOGGED_IN,
        CSRF,
        Middleware(RequireScopes, ["read", "write"]),
        headers={**SAME_ORIGIN, "accept-encoding": "gzip"},
    ),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
@pytest.mark.parametrize("factory, headers", MIDDLEWARE)
async def test_middleware_around_those_who_are_let_in(
    factory: MiddlewareFactory, headers: Dict[str, str], check: Check
) -> None:
    """
    It satisfies every check.
    """
    await check(factory, headers)
