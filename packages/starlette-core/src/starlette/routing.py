"""Routing: from a connection to the endpoint that takes it.

* ``_path.py``, ``_path_matcher.py``, ``_linear_matcher.py``: templates of paths;
* ``_routes.py``: routes to endpoints; ``_mounts.py``: routes to applications;
* ``_index.py``: which routes are worth asking;
* ``_router.py``: the router; ``_lifespan.py``: startup and shutdown.

Here stand the two functions that make applications out of endpoints.  Routes look
them up in this module, where tools put their own in place.
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Union

from starlette._elsewhere import lend
from starlette._exception_handler import answer_exception
from starlette._lifespan import HandlersLifespan, from_generator
from starlette._mounts import Host, Mount
from starlette._path import PARAM_REGEX, compile_path, replace_params
from starlette._response import RESPONSE_CALL
from starlette._router import Router
from starlette._routes import (
    BaseRoute,
    Match,
    NoMatchFound,
    Route,
    WebSocketRoute,
    get_name,
)
from starlette._send_tracker import SendTracker
from starlette._utils import is_async_callable
from starlette.concurrency import run_in_threadpool
from starlette.convertors import CONVERTOR_TYPES
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

__all__ = (
    "CONVERTOR_TYPES",
    "PARAM_REGEX",
    "BaseRoute",
    "Host",
    "Match",
    "Mount",
    "NoMatchFound",
    "Route",
    "Router",
    "WebSocketRoute",
    "compile_path",
    "get_name",
    "iscoroutinefunction_or_partial",
    "replace_params",
    "request_response",
    "websocket_session",
)

lend(
    __name__,
    {
        "starlette._exception_handler": "wrap_app_handling_exceptions",
        "starlette._utils": "get_route_path",
        "starlette.convertors": "Convertor",
        "starlette.datastructures": "URL Headers URLPath",
        "starlette.exceptions": "HTTPException",
        "starlette.middleware": "Middleware",
        "starlette.responses": "PlainTextResponse RedirectResponse",
        "starlette.types": "Lifespan",
        "starlette.websockets": "WebSocketClose",
    },
)

# As tools and tests of programs know them.
_DefaultLifespan = HandlersLifespan
_wrap_gen_lifespan_context = from_generator

for _public in (BaseRoute, Host, Match, Mount, NoMatchFound, Route, Router):
    _public.__module__ = __name__
WebSocketRoute.__module__ = __name__


def request_response(
    func: Callable[[Request], Union[Awaitable[Response], Response]],
) -> ASGIApp:
    """Return an application that calls *func* with the request and sends its response.

    What *func* raises is answered by the handlers of the application, before any
    middleware of the route sees the end of it.

    Args:
        func: A coroutine function, or a plain one, which runs in a worker thread.
    """
    if is_async_callable(func):
        call: Callable[[Request], Any] = func
    else:

        def call(request: Request) -> Any:
            return run_in_threadpool(func, request)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        tracker = send if type(send) is SendTracker else SendTracker(send)
        request: Request = Request(scope, receive, tracker)
        try:
            response = await call(request)
            if type(response).__call__ is not RESPONSE_CALL:
                await response(scope, receive, tracker)
                return
            # All that the response would do itself: one coroutine less.
            start = {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": response.raw_headers,
            }
            # Not before: a response of the program's own that lacks one of these has
            # started nothing, and there is a 500 to send.
            tracker.response_started = True
            send = tracker.send
            await send(start)
            await send({"type": "http.response.body", "body": response.body})
            if response.background is not None:
                await response.background()
        except Exception as exc:
            if not await answer_exception(exc, request, scope, receive, tracker):
                raise

    return app


def websocket_session(func: Callable[[WebSocket], Awaitable[None]]) -> ASGIApp:
    """Return an application that calls *func* with the WebSocket session.

    What *func* raises is answered by the handlers of the application.

    Args:
        func: A coroutine function.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        tracker = send if type(send) is SendTracker else SendTracker(send)
        # Not the tracker itself: the session knows its own state, and passing through
        # it is a sixth of the cost of an echo.
        session: WebSocket = WebSocket(scope, receive, tracker.send)
        try:
            await func(session)
        except Exception as exc:
            if not await answer_exception(exc, session, scope, receive, tracker):
                raise

    return app


def iscoroutinefunction_or_partial(obj: Any) -> bool:
    """Tell whether *obj* is a coroutine function.  Deprecated."""
    from starlette._deprecations import warn_deprecated

    warn_deprecated(
        "iscoroutinefunction_or_partial is deprecated, "
        "and will be removed in a future release."
    )
    return is_async_callable(obj)
