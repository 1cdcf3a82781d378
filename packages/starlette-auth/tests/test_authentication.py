"""The users, the backends' base class and the decorator; no middleware is run."""

from __future__ import annotations

import functools
from typing import Any, Callable, List, Optional

import pytest

from starlette.applications import Starlette
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    BaseUser,
    InvalidCredentials,
    SimpleUser,
    UnauthenticatedUser,
    has_required_scope,
    requires,
)
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


def granted(*scopes: str, user: Optional[BaseUser] = None) -> Any:
    """The keys that the middleware adds to a scope."""
    return {
        "auth": AuthCredentials(scopes),
        "user": user or (SimpleUser("ada") if scopes else UnauthenticatedUser()),
        "starlette.auth_challenges": ("Basic", 'Bearer realm="notes"'),
    }


def request_with(*scopes: str) -> Request:
    return Request(http_scope(**granted(*scopes)))


@requires("read")
async def async_endpoint(request: Request) -> Response:
    return PlainTextResponse("async")


@requires("read")
def sync_endpoint(request: Request) -> Response:
    return PlainTextResponse("sync")


@requires(["read", "write"], status_code=None)
async def strict_endpoint(request: Request) -> Response:
    return PlainTextResponse("strict")


@requires("read", redirect="login")
async def async_page(request: Request) -> Response:
    return PlainTextResponse("page")


@requires("read", redirect="login")
def sync_page(request: Request) -> Response:
    return PlainTextResponse("page")


class Methods(HTTPEndpoint):
    @requires("read")
    async def get(self, request: Request) -> Response:
        return PlainTextResponse("get")

    @requires("write")
    def post(self, request: Request) -> Response:
        return PlainTextResponse("post")


async def login(request: Request) -> Response:
    return PlainTextResponse(request.query_params["next"])


@requires("read")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close(4000)


class Socket(WebSocketEndpoint):
    @requires("read")
    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(4000)


app = Starlette(
    routes=[
        Route("/async", async_endpoint),
        Route("/sync", sync_endpoint),
        Route("/strict", strict_endpoint),
        Route("/async-page", async_page),
        Route("/sync-page", sync_page),
        Route("/methods", Methods),
        Route("/login", login, name="login"),
        WebSocketRoute("/socket", socket),
        WebSocketRoute("/socket-class", Socket),
    ]
)


async def get(path: str, *scopes: str, method: str = "GET", **extra: Any) -> Recorder:
    return await exchange(app, http_scope(method, path, **granted(*scopes), **extra))


@pytest.mark.parametrize(
    "path, method",
    [("/async", "GET"), ("/sync", "GET"), ("/methods", "GET"), ("/methods", "POST")],
)
async def test_endpoint_called_by_somebody_with_the_scope(
    path: str, method: str
) -> None:
    """
    It runs.
    """
    recorder = await get(path, "other", "read", "write", method=method)

    assert recorder.status == 200


@pytest.mark.parametrize(
    "path, method",
    [("/async", "GET"), ("/sync", "GET"), ("/methods", "GET"), ("/methods", "POST")],
)
@pytest.mark.parametrize("scopes", [(), ("other",), ("Read",), ("rea",)])
async def test_endpoint_called_by_somebody_without_the_scope(
    path: str, method: str, scopes: List[str]
) -> None:
    """
    The answer is 403, whoever it is.
    """
    recorder = await get(path, *scopes, method=method)

    assert recorder.status == 403
    assert "www-authenticate" not in recorder.headers


@pytest.mark.parametrize(
    "scopes, status",
    [((), 401), (("read",), 403), (("write",), 403), (("write", "read"), 200)],
)
async def test_status_that_depends_on_who_it_is(scopes: List[str], status: int) -> None:
    """
    It is 401 for nobody, and 403 for somebody who lacks one of the scopes.
    """
    recorder = await get("/strict", *scopes)

    assert recorder.status == status


async def test_unauthorized() -> None:
    """
    A 401 names all schemes in its challenge.
    """
    recorder = await get("/strict")

    assert recorder.headers["www-authenticate"] == 'Basic, Bearer realm="notes"'


async def test_unauthorized_without_challenges() -> None:
    """
    A backend that names no scheme gets no challenge.
    """
    scope = http_scope("GET", "/strict", **granted())
    scope["starlette.auth_challenges"] = ()

    recorder = await exchange(app, scope)

    assert recorder.status == 401
    assert "www-authenticate" not in recorder.headers


@pytest.mark.parametrize("path", ["/async-page", "/sync-page"])
async def test_redirect(path: str) -> None:
    """
    The login page gets the whole URL that was asked for.
    """
    recorder = await get(path, query="x=1&y=%20a")

    assert recorder.status == 303
    assert recorder.headers["location"] == (
        "http://testserver/login?next=http%3A%2F%2Ftestserver"
        + path.replace("/", "%2F")
        + "%3Fx%3D1%26y%3D%2520a"
    )


@pytest.mark.parametrize("path", ["/async-page", "/sync-page"])
async def test_no_redirect(path: str) -> None:
    """
    Those who may see the page get it.
    """
    recorder = await get(path, "read")

    assert recorder.body == b"page"


@pytest.mark.parametrize("path", ["/socket", "/socket-class"])
@pytest.mark.parametrize("scopes, code", [((), 1000), (("read",), 4000)])
async def test_websocket(path: str, scopes: List[str], code: int) -> None:
    """
    It is closed before it is accepted, or runs.
    """
    recorder = Recorder()

    script = Script.websocket(code=1005)
    await app(websocket_scope(path, **granted(*scopes)), script, recorder)

    assert recorder.close_code == code
    assert bool(recorder.of_type("websocket.accept")) is bool(scopes)


@pytest.mark.parametrize("path", ["/async", "/sync", "/methods"])
async def test_missing_middleware(path: str) -> None:
    """
    The error says which one to add.
    """
    with pytest.raises(AssertionError, match="AuthenticationMiddleware must be inst"):
        await exchange(app, http_scope("GET", path))


async def test_missing_middleware_around_a_websocket() -> None:
    """
    The error says which one to add.
    """
    with pytest.raises(AssertionError, match="AuthenticationMiddleware must be inst"):
        await app(websocket_scope("/socket"), Script.websocket(), Recorder())


async def test_connection_given_by_name() -> None:
    """
    It is found, as frameworks call endpoints.
    """

    @requires("read")
    async def endpoint(item: int, *, request: Request) -> int:
        return item

    assert await endpoint(3, request=request_with("read")) == 3
    with pytest.raises(HTTPException) as caught:
        await endpoint(item=3, request=request_with())
    assert caught.value.status_code == 403


async def test_connection_given_by_place() -> None:
    """
    It is found wherever it is.
    """

    @requires("read")
    def endpoint(item: int, request: Request, more: str = "x") -> int:
        return item

    assert endpoint(3, request_with("read")) == 3


async def test_only_argument_given_by_name() -> None:
    """
    It is found.
    """
    response = await async_endpoint(request=request_with("read"))

    assert response.body == b"async"
    with pytest.raises(HTTPException):
        await async_endpoint(request=request_with("write"))


class OwnRequest(Request):
    """Asks somebody else for the scopes."""

    @property
    def auth(self) -> AuthCredentials:
        return AuthCredentials(self.scope["own"])


@pytest.mark.parametrize("endpoint", [async_endpoint, strict_endpoint])
async def test_request_of_a_class_of_its_own(endpoint: Any) -> None:
    """
    What it says of the scopes counts.
    """
    allowed = OwnRequest(http_scope(own=["read", "write"], **granted()))
    refused = OwnRequest(http_scope(own=[], **granted("read", "write")))

    assert (await endpoint(allowed)).status_code == 200
    with pytest.raises(HTTPException):
        await endpoint(refused)


@pytest.mark.parametrize("status_code", [401, 404])
@pytest.mark.parametrize("scopes", ["read", ["read", "write"]])
async def test_status_of_a_refusal(status_code: int, scopes: Any) -> None:
    """
    It is what was asked for; a 401 has the challenges.
    """

    @requires(scopes, status_code=status_code)
    async def endpoint(request: Request) -> None: ...

    with pytest.raises(HTTPException) as caught:
        await endpoint(request_with())

    assert caught.value.status_code == status_code
    assert bool(caught.value.headers) is (status_code == 401)


async def test_keyword_only_connection_given_by_place() -> None:
    """
    Another argument is not taken for it.
    """

    @requires("read")
    def endpoint(*items: Request, request: Request) -> None: ...

    with pytest.raises(AssertionError, match="`request` must be a Request"):
        endpoint(request_with("read"))  # type: ignore[call-arg]


@pytest.mark.parametrize("args", [(), ("text",), (None,)])
async def test_argument_that_is_no_request(args: Any) -> None:
    """
    Nothing is let through.
    """
    with pytest.raises(AssertionError, match="`request` must be a Request"):
        await async_endpoint(*args)
    with pytest.raises(AssertionError, match="`request` must be a Request"):
        sync_endpoint(*args)


async def test_argument_that_is_no_websocket() -> None:
    """
    Nothing is let through.
    """
    with pytest.raises(AssertionError, match="`websocket` must be a WebSocket"):
        await socket(request_with("read"))  # type: ignore[arg-type]


def no_connection(conn: Request) -> None: ...


class NoConnection(HTTPEndpoint):
    async def get(self, request: Request) -> None: ...


@pytest.mark.parametrize("function", [no_connection, NoConnection])
async def test_decorating_what_takes_no_connection(
    function: Callable[..., Any],
) -> None:
    """
    It is an error then and there.
    """
    with pytest.raises(TypeError, match='No "request" or "websocket" argument'):
        requires("read")(function)


@pytest.mark.parametrize("scopes", [None, 3, [3], ["read", None], requires])
async def test_scopes_that_are_none(scopes: Any) -> None:
    """
    It is an error when the decorator is made.
    """
    with pytest.raises(TypeError, match="`scopes` must be a text or a sequence"):
        requires(scopes)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"status_code": "403"}, "`status_code` must be int or None, but got '403'"),
        ({"redirect": login}, "`redirect` must be str or None, but got <function"),
    ],
)
async def test_options_that_are_none(options: Any, message: str) -> None:
    """
    It is an error when the decorator is made.
    """
    with pytest.raises(TypeError, match=message):
        requires("read", **options)


async def test_decorated_function() -> None:
    """
    It looks like the one that was decorated.
    """
    assert async_endpoint.__name__ == "async_endpoint"
    assert sync_endpoint.__wrapped__.__name__ == "sync_endpoint"  # type: ignore[attr-defined]


async def test_decorated_partial() -> None:
    """
    A partial of a coroutine function is awaited.
    """

    async def endpoint(request: Request, text: str) -> str:
        return text

    decorated = requires("read")(functools.partial(endpoint, text="x"))

    assert await decorated(request_with("read")) == "x"


async def test_required_scopes() -> None:
    """
    All of them are needed; none needed is none missing.
    """
    conn = HTTPConnection(http_scope(**granted("a", "b")))

    assert has_required_scope(conn, ["a"])
    assert has_required_scope(conn, ["b", "a"])
    assert has_required_scope(conn, [])
    assert not has_required_scope(conn, ["a", "c"])


async def test_credentials() -> None:
    """
    The scopes are copied into a list.
    """
    given = ["a"]
    credentials = AuthCredentials(given)
    given.append("b")

    assert credentials.scopes == ["a"]
    assert AuthCredentials().scopes == []
    assert AuthCredentials(("a",)).scopes == ["a"]


async def test_simple_user() -> None:
    """
    The name is all there is.
    """
    user = SimpleUser("ada")

    assert (user.username, user.display_name, user.identity) == ("ada", "ada", "ada")
    assert user.is_authenticated


async def test_nobody() -> None:
    """
    It has an empty name and no identity, so that nothing can be looked up by it.
    """
    user = UnauthenticatedUser()

    assert user.display_name == ""
    assert not user.is_authenticated
    with pytest.raises(NotImplementedError):
        assert user.identity


@pytest.mark.parametrize("name", ["is_authenticated", "display_name", "identity"])
async def test_user_without_properties(name: str) -> None:
    """
    A class of users has to implement them.
    """
    with pytest.raises(NotImplementedError):
        getattr(BaseUser(), name)


async def test_backend_without_a_method() -> None:
    """
    A class of backends has to implement it.
    """
    backend = AuthenticationBackend()

    assert backend.challenges == ()
    with pytest.raises(NotImplementedError):
        await backend.authenticate(HTTPConnection(http_scope()))


async def test_invalid_credentials() -> None:
    """
    The text does not say what is wrong with them.
    """
    assert str(InvalidCredentials()) == "Invalid credentials"


async def test_login_page() -> None:
    """
    The URL of the redirect leads to it, with what was asked for.
    """
    recorder = await get("/login", query="next=http%3A%2F%2Ftestserver%2Fsync-page")

    assert recorder.body == b"http://testserver/sync-page"
