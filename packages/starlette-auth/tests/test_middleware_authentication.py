"""The middleware, around an application that says who was let in."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import pytest

from starlette.applications import Starlette
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    InvalidCredentials,
    SimpleUser,
    requires,
)
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


class Named(AuthenticationBackend):
    """Believes a header, and fails on demand."""

    challenges = ("Named",)

    async def authenticate(
        self, conn: HTTPConnection
    ) -> Optional[Tuple[AuthCredentials, BaseUser]]:
        name = conn.headers.get("x-name")
        if name is None:
            return None
        if name == "refused":
            raise AuthenticationError("no such name")
        if name == "invalid":
            raise InvalidCredentials
        if name == "broken":
            raise ValueError("the database is gone")
        return AuthCredentials(["read"]), SimpleUser(name)


async def endpoint(request: Request) -> Response:
    scopes = request.auth.scopes
    return JSONResponse([request.user.display_name, scopes])


@requires("read", status_code=401)
async def guarded(request: Request) -> Response:
    return PlainTextResponse("inside")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.user.display_name)
    await websocket.close()


def application(backend: Any = None, **options: Any) -> Starlette:
    options["backend"] = backend or Named()
    return Starlette(
        routes=[
            Route("/", endpoint),
            Route("/guarded", guarded),
            WebSocketRoute("/socket", socket),
        ],
        middleware=[Middleware(AuthenticationMiddleware, **options)],
    )


async def get(app: Starlette, name: str = "", path: str = "/") -> Recorder:
    headers = {"x-name": name} if name else {}
    return await exchange(app, http_scope("GET", path, headers=headers))


async def connect(app: Starlette, name: str) -> Recorder:
    recorder = Recorder()
    scope = websocket_scope("/socket", headers={"x-name": name})
    await app(scope, Script.websocket(), recorder)
    return recorder


async def test_request_of_somebody() -> None:
    """
    The application sees who it is.
    """
    recorder = await get(application(), "ada")

    assert recorder.body == b'["ada",["read"]]'


async def test_request_of_nobody() -> None:
    """
    The application sees that it is nobody, who may nothing.
    """
    recorder = await get(application())

    assert recorder.body == b'["",[]]'


async def test_refused_request() -> None:
    """
    The answer is a 400 with the text of the error.
    """
    recorder = await get(application(), "refused")

    assert recorder.status == 400
    assert recorder.body == b"no such name"
    assert "www-authenticate" not in recorder.headers


async def test_request_with_invalid_credentials() -> None:
    """
    The answer is a 401 with the challenges of the backend.
    """
    recorder = await get(application(), "invalid")

    assert recorder.status == 401
    assert recorder.body == b"Invalid credentials"
    assert recorder.headers["www-authenticate"] == "Named"


async def test_request_that_has_the_scope() -> None:
    """
    The decorated endpoint answers.
    """
    recorder = await get(application(), "ada", path="/guarded")

    assert recorder.body == b"inside"


async def test_request_that_lacks_a_scope() -> None:
    """
    The decorator's 401 has the challenges of the backend.
    """
    recorder = await get(application(), path="/guarded")

    assert recorder.status == 401
    assert recorder.headers["www-authenticate"] == "Named"


@pytest.mark.parametrize("challenges", [None, "Basic", lambda: ()])
async def test_foreign_backend(challenges: Any) -> None:
    """
    What it calls `challenges` is its own affair unless it is a tuple.
    """

    class Foreign:
        async def authenticate(self, conn: HTTPConnection) -> None:
            return None

    backend = Foreign()
    backend.challenges = challenges  # type: ignore[attr-defined]
    recorder = await get(application(backend), path="/guarded")

    assert recorder.status == 401
    assert "www-authenticate" not in recorder.headers


async def test_backend_that_fails() -> None:
    """
    It is a 500 and nobody gets in.
    """
    recorder = Recorder()
    scope = http_scope(headers={"x-name": "broken"})

    with pytest.raises(ValueError, match="the database is gone"):
        await application()(scope, Script.http(), recorder)

    assert recorder.status == 500


@pytest.mark.parametrize("answer", [True, False, 3, (), (AuthCredentials(),)])
async def test_backend_that_answers_something_else(answer: Any) -> None:
    """
    It is a 500 and nobody gets in.
    """

    class Wrong:
        async def authenticate(self, conn: HTTPConnection) -> Any:
            return answer

    recorder = Recorder()

    with pytest.raises((TypeError, ValueError)):
        await application(Wrong())(http_scope(), Script.http(), recorder)

    assert recorder.status == 500


async def test_own_answer() -> None:
    """
    The application's own function makes it from the connection and the error.
    """

    def on_error(conn: HTTPConnection, error: AuthenticationError) -> Response:
        return JSONResponse([conn.url.path, str(error)], status_code=403)

    recorder = await get(application(on_error=on_error), "refused")

    assert recorder.status == 403
    assert recorder.body == b'["/","no such name"]'


async def test_own_answer_by_a_coroutine_function() -> None:
    """
    It is awaited.
    """

    async def on_error(conn: HTTPConnection, error: AuthenticationError) -> Response:
        return PlainTextResponse("awaited", status_code=401)

    recorder = await get(application(on_error=on_error), "refused")

    assert recorder.body == b"awaited"


async def test_websocket_of_somebody() -> None:
    """
    The application sees who it is.
    """
    recorder = await connect(application(), "ada")

    assert recorder.data == ["ada"]


@pytest.mark.parametrize("name", ["refused", "invalid"])
async def test_refused_websocket(name: str) -> None:
    """
    It is closed before it is accepted.
    """
    recorder = await connect(application(), name)

    assert recorder.messages == [{"type": "websocket.close", "code": 1000}]


async def test_websocket_whose_backend_fails() -> None:
    """
    The error is the server's to answer.
    """
    with pytest.raises(ValueError, match="the database is gone"):
        await connect(application(), "broken")


async def test_lifespan() -> None:
    """
    It passes, and nobody is asked.
    """
    recorder = Recorder()

    await application()(lifespan_scope(), Script.lifespan(), recorder)

    assert [message["type"] for message in recorder.messages] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


async def test_default_answer_without_a_connection() -> None:
    """
    There is nobody to name schemes for.
    """
    answer: Any = AuthenticationMiddleware.default_on_error
    response = answer(None, InvalidCredentials())

    assert response.status_code == 401
    assert "www-authenticate" not in response.headers
