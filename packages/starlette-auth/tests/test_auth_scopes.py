"""Scopes that are required of a whole application."""

from __future__ import annotations

from typing import Any, List, Tuple

import pytest

from starlette.applications import Starlette
from starlette.authentication import (
    AuthCredentials,
    RequireScopes,
    SimpleUser,
    UnauthenticatedUser,
)
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio

ADMIN = [Middleware(RequireScopes, "admin")]


async def page(request: Request) -> Response:
    return PlainTextResponse("page")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close(4000)


async def foreign(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("foreign")(scope, receive, send)


def routes() -> List[Any]:
    return [Route("/page", page), WebSocketRoute("/socket", socket)]


app = Starlette(
    routes=[
        Mount("/mount", routes=routes(), middleware=ADMIN),
        Mount("/router", Router(routes(), middleware=ADMIN)),
        Mount("/app", Starlette(routes=routes(), middleware=ADMIN)),
        Mount("/foreign", RequireScopes(foreign, ["admin"])),
        Route("/route/page", page, middleware=ADMIN),
        Mount("/any", routes=routes(), middleware=[Middleware(RequireScopes)]),
        Mount(
            "/site",
            routes=routes(),
            middleware=[Middleware(RequireScopes, "admin", redirect="login")],
        ),
        Route("/login", page, name="login"),
    ]
)


def granted(*scopes: str) -> Any:
    return {
        "auth": AuthCredentials(scopes),
        "user": SimpleUser("ada") if scopes else UnauthenticatedUser(),
        "starlette.auth_challenges": ("Basic", "Bearer"),
    }


async def get(path: str, *scopes: str, app: Any = app) -> Recorder:
    return await exchange(app, http_scope("GET", path, **granted(*scopes)))


places = pytest.mark.parametrize(
    "path", ["/mount/page", "/router/page", "/app/page", "/foreign/x", "/route/page"]
)


@places
async def test_somebody_with_the_scope(path: str) -> None:
    """
    The application answers.
    """
    recorder = await get(path, "admin", "other")

    assert recorder.status == 200


@places
async def test_somebody_without_the_scope(path: str) -> None:
    """
    The answer is 403.
    """
    recorder = await get(path, "other")

    assert recorder.status == 403
    assert recorder.body == b"Forbidden"


@places
async def test_nobody(path: str) -> None:
    """
    The answer is 401, with all challenges.
    """
    recorder = await get(path)

    assert recorder.status == 401
    assert recorder.headers["www-authenticate"] == "Basic, Bearer"


@pytest.mark.parametrize("path", ["/mount/none", "/router/none", "/app/none"])
async def test_what_is_not_there(path: str) -> None:
    """
    Only those who may come in learn that it is not.
    """
    outside, inside = await get(path), await get(path, "admin")

    assert outside.status == 401
    assert inside.status == 404


@pytest.mark.parametrize("scopes, status", [((), 401), (("other",), 200)])
async def test_no_scopes(scopes: Tuple[str, ...], status: int) -> None:
    """
    It is enough to be somebody.
    """
    recorder = await get("/any/page", *scopes)

    assert recorder.status == status


async def test_redirect() -> None:
    """
    Nobody is sent to the login page; somebody without the scope is refused.
    """
    nobody, somebody = await get("/site/page"), await get("/site/page", "other")

    assert nobody.status == 303
    assert nobody.headers["location"] == (
        "http://testserver/login?next=http%3A%2F%2Ftestserver%2Fsite%2Fpage"
    )
    assert somebody.status == 403


@pytest.mark.parametrize("place", ["mount", "router", "app", "site"])
@pytest.mark.parametrize(
    "scopes, code", [((), 1008), (("other",), 1008), (("admin",), 4000)]
)
async def test_websocket(place: str, scopes: Tuple[str, ...], code: int) -> None:
    """
    It is closed before it is accepted, or runs.
    """
    recorder = Recorder()

    scope = websocket_scope(f"/{place}/socket", **granted(*scopes))
    await app(scope, Script.websocket(), recorder)

    assert recorder.close_code == code
    assert bool(recorder.of_type("websocket.accept")) is (code == 4000)


async def test_handlers_of_the_application() -> None:
    """
    They answer the refusal.
    """

    async def handler(request: Request, exc: HTTPException) -> Response:
        return PlainTextResponse("own", status_code=exc.status_code)

    handlers: Any = {401: handler}
    own = Starlette(
        routes=[Mount("/", routes=routes(), middleware=ADMIN)],
        exception_handlers=handlers,
    )

    assert (await get("/page", app=own)).body == b"own"
    assert (await get("/page", "other", app=own)).body == b"Forbidden"


async def test_handler_that_raises() -> None:
    """
    What it raises is not taken for the refusal.
    """

    async def handler(request: Request, exc: Exception) -> Response:
        raise HTTPException(418)

    scope = http_scope(**granted())
    scope["starlette.exception_handlers"] = ({}, {401: handler})

    with pytest.raises(HTTPException) as caught:
        await exchange(RequireScopes(foreign), scope)

    assert caught.value.status_code == 418


@pytest.mark.parametrize("scopes, status", [((), 401), (("other",), 403)])
async def test_no_application_around(scopes: Tuple[str, ...], status: int) -> None:
    """
    The refusal needs no handlers to be answered.
    """
    recorder = await get("/x", *scopes, app=RequireScopes(foreign, "admin"))

    assert recorder.status == status
    assert ("www-authenticate" in recorder.headers) is (status == 401)


async def test_missing_middleware() -> None:
    """
    The error says which one to add.
    """
    with pytest.raises(AssertionError, match="AuthenticationMiddleware must be inst"):
        await exchange(RequireScopes(foreign, "admin"), http_scope())


async def test_other_scopes() -> None:
    """
    A lifespan passes.
    """
    inside = Starlette(middleware=ADMIN)
    recorder = Recorder()

    await inside(lifespan_scope(), Script.lifespan(), recorder)

    assert recorder.of_type("lifespan.startup.complete")


async def test_scopes_that_are_none() -> None:
    """
    It is an error at construction.
    """
    with pytest.raises(TypeError, match="`scopes` must be a text or a sequence"):
        RequireScopes(foreign, None)  # type: ignore[arg-type]
