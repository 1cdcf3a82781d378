"""The client for tests that are not ``async``."""

from __future__ import annotations

import contextlib
from typing import Any, Dict, Generator, Optional, Sequence, Tuple

from anyio.from_thread import BlockingPortal, start_blocking_portal

from starlette._testing._httpx import httpx
from starlette._testing.asgi2 import as_asgi3
from starlette._testing.base import URLCachingClient
from starlette._testing.defaults import (
    DEFAULT_TIMEOUT,
    MAX_WAIT,
    CookieJar,
    with_user_agent,
)
from starlette._testing.handshake import handshake_request
from starlette._testing.lifespan import LifespanExchange, lifespan_timeout_error
from starlette._testing.pool import RunnerPool, stop, warn_leaked
from starlette._testing.runners import Runner
from starlette._testing.transport import STREAMED, WEBSOCKET, ClientTransport
from starlette._testing.websocket import WebSocketTestSession
from starlette.types import ASGIApp

__all__ = ("TestClient",)


class TestClient(URLCachingClient):
    """An ``httpx.Client`` whose requests are answered by an ASGI application.

    The application runs in the calling thread as long as nothing else needs
    the event loop; otherwise in a thread of its own.  Outside ``with`` each
    request finds an event loop without a past, and there is no lifespan.
    Within ``with`` there is one event loop, and the lifespan runs on it.

    A client may be used from several threads.

    Args:
        app: An ASGI 3 application, or one of ASGI 2.
        base_url: What relative URLs are relative to; also the ``Host``.
        raise_server_exceptions: Whether the application's errors are raised
            in the test.  If not, the response is what was sent until then, or
            an empty 500.
        root_path: The scope's ``root_path``.
        backend: ``asyncio`` or ``trio``.
        backend_options: Options for it, as for ``anyio.run``.
        cookies: Cookies to begin with.
        headers: Headers of every request; ``user-agent`` is ``testclient``
            unless it is among them.
        follow_redirects: Whether redirects are followed, unless a request
            says otherwise.
        client: The scope's ``client``: host and port.
        max_wait: How long to wait for the application before the test fails,
            in seconds, where no ``timeout`` is given.  None is for ever.

    Attributes:
        app: The application, as ASGI 3.
        app_state: What the lifespan put into the scope's ``state``.

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
        backend: str = "asyncio",
        backend_options: Optional[Dict[str, Any]] = None,
        cookies: Any = None,
        headers: Optional[Dict[str, str]] = None,
        follow_redirects: bool = True,
        client: Tuple[str, int] = ("testclient", 50000),
        *,
        max_wait: Optional[float] = MAX_WAIT,
    ) -> None:
        self.app: ASGIApp = as_asgi3(app)
        self.async_backend: Dict[str, Any] = {
            "backend": backend,
            "backend_options": backend_options or {},
        }
        self.max_wait = max_wait
        self._pool = RunnerPool(backend, backend_options or {})
        self._asgi = ClientTransport(
            self.app,
            self._pool,
            raise_server_exceptions=raise_server_exceptions,
            root_path=root_path,
            client=client,
            max_wait=max_wait,
        )
        super().__init__(
            base_url=base_url,
            headers=with_user_agent(headers),
            transport=self._asgi,
            follow_redirects=follow_redirects,
            cookies=cookies,
            # Without a timeout of the request's own, `max_wait` holds.
            timeout=None,
        )
        self._cookies = CookieJar(self._cookies)

    @property
    def portal(self) -> Optional[BlockingPortal]:
        """Within ``with`` a portal into the event loop; otherwise None.

        Asking for it gives the event loop a thread of its own, for good.
        """
        runner = self._pool.current
        return None if runner is None else runner.portal

    @property
    def app_state(self) -> Dict[str, Any]:
        """What the lifespan put into the scope's ``state``."""
        return self._asgi.app_state

    @app_state.setter
    def app_state(self, state: Dict[str, Any]) -> None:
        self._asgi.app_state = state

    def send(
        self, request: httpx.Request, *, stream: bool = False, **kwargs: Any
    ) -> httpx.Response:
        """Send a request; see ``httpx.Client.send``.

        Args:
            request: Such as ``build_request`` makes.
            stream: Whether to return as soon as the response is started.
            **kwargs: As for httpx.

        Raises:
            BaseException: Whatever the application raised.
        """
        if stream:
            request.extensions[STREAMED] = True
        return super().send(request, stream=stream, **kwargs)

    def websocket_connect(
        self,
        url: str,
        subprotocols: Optional[Sequence[str]] = None,
        *,
        timeout: Optional[float] = DEFAULT_TIMEOUT,
        **kwargs: Any,
    ) -> WebSocketTestSession:
        """Return a session; the connection is made by its ``with``.

        Args:
            url: A path, or a URL of ``ws`` or ``wss``.
            subprotocols: What to offer, in the order of preference.
            timeout: How long the handshake and each ``receive`` wait, in
                seconds; None is for ever.
            **kwargs: As for ``get``: ``headers``, ``params``, ``cookies`` ...

        Raises:
            RuntimeError: *url* has another scheme.
        """
        response = self.request(**handshake_request(url, subprotocols, kwargs))
        scope = response.extensions[WEBSOCKET]
        return WebSocketTestSession(
            self.app, scope, self._portal_factory, timeout=timeout, pool=self._pool
        )

    # --- the lifespan -------------------------------------------------------

    def __enter__(self) -> TestClient:
        """Start the application: its lifespan, on an event loop of its own.

        Raises:
            BaseException: Whatever the application raised.
            RuntimeError: The client is entered already, or closed; or the
                application did not start.
        """
        if self._pool.current is not None:
            raise RuntimeError(
                "The client is entered already; leave that `with` first."
            )
        if self.is_closed:
            raise RuntimeError("Cannot enter the client, as it has been closed.")
        runner = self._pool.open()
        try:
            self.app_state = {}
            self._lifespan = LifespanExchange(runner, self.app_state)
            self._lifespan_job = runner.spawn(self.lifespan)
            self._run(runner, self.wait_startup, "startup")
            runner.settle()
        except BaseException:
            stop(runner, self._lifespan_job)
            self._pool.close()
            raise
        return self

    def __exit__(self, *args: Any) -> None:
        """Shut the application down, and end its event loop.

        Raises:
            BaseException: Whatever the application raised.
        """
        runner = self._pool.current
        if runner is None:
            raise RuntimeError("The client is not entered.")
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: warn_leaked(self._pool.close()))
            stack.callback(stop, runner, self._lifespan_job)
            stack.callback(self._run, runner, self.wait_shutdown, "shutdown")
            stack.callback(self._pool.close_users)

    async def lifespan(self) -> None:
        """Run the application's lifespan, from its start to its end."""
        await self._lifespan.run(self.app)

    async def wait_startup(self) -> None:
        """Wait until the application is started; called on its event loop.

        Raises:
            BaseException: What the application raised instead.
        """
        await self._lifespan.start()

    async def wait_shutdown(self) -> None:
        """Shut the application down; called on its event loop.

        Raises:
            BaseException: What the application raised.
        """
        await self._lifespan.stop()

    def _run(self, runner: Runner, func: Any, phase: str) -> None:
        job = runner.spawn(func)
        if not runner.wait(job.has_ended, self.max_wait):
            stop(runner, job)
            raise lifespan_timeout_error(phase, self.max_wait)
        error = job.take_error()
        if error is not None:
            raise error

    @contextlib.contextmanager
    def _portal_factory(self) -> Generator[BlockingPortal, None, None]:
        portal = self.portal
        if portal is not None:
            yield portal
        else:
            with start_blocking_portal(**self.async_backend) as portal:
                yield portal
