"""Authentication around an endpoint that requires a scope."""

from typing import Any, Tuple

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.cases.plain import TEXT
from benchmarks.model import Case, Faster

ORDER = 67


def _app() -> Any:
    from starlette.applications import Starlette
    from starlette.authentication import (
        AuthCredentials,
        AuthenticationBackend,
        SimpleUser,
        requires,
    )
    from starlette.middleware import Middleware
    from starlette.middleware.authentication import AuthenticationMiddleware
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    class Tokens(AuthenticationBackend):
        async def authenticate(self, conn: HTTPConnection) -> Any:
            token = conn.headers.get("authorization")
            if token != "Bearer secret":
                return None
            return AuthCredentials(["read"]), SimpleUser("ada")

    @requires("read")
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(TEXT)

    return Starlette(
        routes=[Route("/", endpoint)],
        middleware=[Middleware(AuthenticationMiddleware, backend=Tokens())],
    )


def _case(name: str, title: str, answer: Answer, **headers: str) -> Case:
    return Case(
        name=name,
        title=title,
        exchange=lambda: Http("GET", "/", answer, headers=headers),
        apps={"starlette": _app},
        targets=(Faster(2.0),),
    )


CASES: Tuple[Case, ...] = (
    _case(
        "auth-requires",
        "authentication: a scope is required",
        Answer(body=TEXT.encode()),
        authorization="Bearer secret",
    ),
    _case(
        "auth-forbidden",
        "authentication: nobody is refused",
        Answer(status=403, body=b"Forbidden"),
    ),
)
