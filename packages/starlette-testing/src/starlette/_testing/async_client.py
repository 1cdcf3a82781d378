"""The client for tests that are ``async``."""

from __future__ import annotations

import warnings
from typing import Any, Awaitable, Callable, Dict, List, Optional, Sequence, Tuple

import anyio

from starlette._testing._httpx import httpx
from starlette._testing.asgi2 import as_asgi3
from starlette._testing.async_call import AsyncCall
from starlette._testing.async_websocket import AsyncWebSocketTestSession
from starlette._testing.defaults import (
    DEFAULT_TIMEOUT,
    MAX_WAIT,
    CookieJar,
    with_user_agent,
)
from starlette._testing.handshake import handshake_request
from starlette._testing.lifespan import LifespanExchange, lifespan_timeout_error
from starlette._testing.local import LocalRunner
from starlette._testing.transport import (
    STREAMED,
    WEBSOCKET,
    TransportBase,
    time_limit,
    upgrade,
)
from starlette.types import ASGIApp, Scope

__all__ = ("AsyncTestClient",)


class AsyncClientTransport(TransportBase, httpx.AsyncBaseTransport):
    """Calls the application for each request, on the caller's event loop."""

    def __init__(self, app: ASGIApp, **settings: Any) -> None:
        super().__init__(app, **settings)
        self.in_use: List[Any] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Call the application, and return its response.

        Raises:
            BaseException: Whatever the application raised.
        """
        scope = self.scope_of(request)
        if scope["type"] == "websocket":
            return upgrade(request, scope)
        body = await request.aread()
        call = AsyncCall(
            self.app,
            scope,
            request,
            raises=self.raise_server_exceptions,
            limit=time_limit(request, self.max_wait),
        )
        if STREAMED in request.extensions:
            return await call.stream(body, self.in_use)
        return await call.run(body)


class AsyncTestClient(httpx.AsyncClient):
    """An ``httpx.AsyncClient`` whose requests are answered by an ASGI application.

    The application runs on the event loop of the test, asyncio or trio, each
    request in a task of its own; there is no thread.  Within ``async with`` it
    has its lifespan.

    Args:
        app: An ASGI 3 application, or one of ASGI 2.
        base_url: As for ``TestClient``, like those that follow.
        raise_server_exceptions: Whether the application's errors are raised.
        root_path: The scope's ``root_path``.
        cookies: Cookies to begin with.
        headers: Headers of every request.
        follow_redirects: Whether redirects are followed.
        client: The scope's ``client``: host and port.
        max_wait: How long to wait for the application, in seconds, where no
            ``timeout`` is given.  None is for ever.

    Attributes:
        app: The application, as ASGI 3.

    Raises:
        TypeError: *app* is not callable.
    """

    __test__ = False  # for pytest: not a class of tests

    def __init__(
        self,
        app: Any,
        base_url: str = "http://testserver",
        raise_server_exceptions: bool = True,
        root_path: str = "",
        *,
        cookies: Any = None,
        headers: Optional[Dict[str, str]] = None,
        follow_redirects: bool = True,
        client: Tuple[str, int] = ("testclient", 50000),
        max_wait: Optional[float] = MAX_WAIT,
    ) -> None:
        self.app: ASGIApp = as_asgi3(app)
        self.max_wait = max_wait
        self._asgi = AsyncClientTransport(
            self.app,
            raise_server_exceptions=raise_server_exceptions,
            root_path=root_path,
            client=client,
            max_wait=max_wait,
        )
        self._lifespan: Optional[LifespanExchange] = None
        super().__init__(
            base_url=base_url,
            headers=with_user_agent(headers),
            transport=self._asgi,
            follow_redirects=follow_redirects,
            cookies=cookies,
            timeout=None,
        )
        self._cookies = CookieJar(self._cookies)

    @property
    def app_state(self) -> Dict[str, Any]:
        """What the lifespan put into the scope's ``state``."""
        return self._asgi.app_state

    async def send(
        self, request: httpx.Request, *, stream: bool = False, **kwargs: Any
    ) -> httpx.Response:
        """Send a request; see ``httpx.AsyncClient.send``.

        Args:
            request: Such as ``build_request`` makes.
            stream: Whether to return as soon as the response is started.
            **kwargs: As for httpx.

        Raises:
            BaseException: Whatever the application raised.
        """
        if stream:
            request.extensions[STREAMED] = True
        return await super().send(request, stream=stream, **kwargs)

    def websocket_connect(
        self,
        url: str,
        subprotocols: Optional[Sequence[str]] = None,
        *,
        timeout: Optional[float] = DEFAULT_TIMEOUT,
        **kwargs: Any,
    ) -> AsyncWebSocketTestSession:
        """Return a session; the connection is made by its ``async with``.

        Args:
            url: A path, or a URL of ``ws`` or ``wss``.
            subprotocols: What to offer, in the order of preference.
            timeout: How long the handshake and each ``receive`` wait, in
                seconds; None is for ever.
            **kwargs: As for ``get``: ``headers``, ``params``, ``cookies`` ...

        Raises:
            RuntimeError: *url* has another scheme.
        """
        request = handshake_request(url, subprotocols, kwargs)

        async def make_scope() -> Scope:
            response = await self.request(**request)
            scope: Scope = response.extensions[WEBSOCKET]
            return scope

        return AsyncWebSocketTestSession(
            self.app, make_scope, timeout, self._asgi.in_use
        )

    async def __aenter__(self) -> AsyncTestClient:
        """Start the application: its lifespan, in a task of its own.

        Raises:
            BaseException: Whatever the application raised.
            RuntimeError: The client is entered already, or closed; or the
                application did not start.
        """
        if self._lifespan is not None:
            raise RuntimeError(
                "The client is entered already; leave that `async with` first."
            )
        if self.is_closed:
            raise RuntimeError("Cannot enter the client, as it has been closed.")
        runner = LocalRunner()
        self._asgi.app_state = {}
        exchange = LifespanExchange(runner, self._asgi.app_state)
        job = runner.spawn(exchange.run, self.app)
        try:
            await self._in_time(exchange.start, "startup")
        except BaseException:
            await runner.stop(job)
            raise
        self._lifespan, self._runner, self._job = exchange, runner, job
        return self

    async def __aexit__(self, *args: Any) -> None:
        """Shut the application down.

        Raises:
            BaseException: Whatever the application raised.
        """
        if self._lifespan is None:
            raise RuntimeError("The client is not entered.")
        exchange, self._lifespan = self._lifespan, None
        unclosed = [user.describe() for user in self._asgi.in_use]
        try:
            for user in reversed(list(self._asgi.in_use)):
                await user.abandon()
            await self._in_time(exchange.stop, "shutdown")
        finally:
            await self._runner.stop(self._job)
        for description in unclosed:
            warnings.warn(f"{description} was never closed.", ResourceWarning, 2)

    async def _in_time(self, func: Callable[[], Awaitable[None]], phase: str) -> None:
        with anyio.move_on_after(self.max_wait):
            await func()
            return
        raise lifespan_timeout_error(phase, self.max_wait)
