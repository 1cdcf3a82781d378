"""From an exception to the answer of the handler that was registered for it.

Two places catch exceptions: ``ExceptionMiddleware`` around the router, and the
application of each route around its endpoint, so that what an endpoint raises
is answered before the middleware of its route sees the end of it.  Both find
the handlers in ``scope["starlette.exception_handlers"]``, a pair of mappings:
by class of exception, and by status code for ``HTTPException``.

A handler can answer only while nothing has been sent; ``_send_tracker.py`` knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional, Union

from starlette._elsewhere import lend
from starlette._send_tracker import SendTracker
from starlette._utils import is_async_callable
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

__all__ = ("answer_exception", "wrap_app_handling_exceptions")

lend(
    __name__,
    {
        "starlette.concurrency": "run_in_threadpool",
        "starlette.websockets": "WebSocket",
    },
)

HANDLERS = "starlette.exception_handlers"


def find_handler(scope: Scope, exc: Exception) -> Optional[ExceptionHandler]:
    """Return the handler that the application has for *exc*, if any.

    An ``HTTPException`` is looked up by its status code first; everything else,
    and an ``HTTPException`` nobody claims by status, by the classes of its
    ``__mro__``, nearest first.
    """
    handlers = scope.get(HANDLERS)
    if handlers is None:
        return None
    by_class: Mapping[Any, ExceptionHandler]
    by_status: Mapping[int, ExceptionHandler]
    by_class, by_status = handlers
    if isinstance(exc, HTTPException) and exc.status_code in by_status:
        return by_status[exc.status_code]
    for cls in type(exc).__mro__:
        if cls in by_class:
            return by_class[cls]
    return None


async def answer_exception(
    exc: Exception,
    conn: Union[Request, WebSocket, None],
    scope: Scope,
    receive: Receive,
    send: SendTracker,
) -> bool:
    """Let the handler for *exc* answer; tell whether there was one.

    Args:
        exc: What the application raised.
        conn: What the handler gets; made from the scope when None.
        scope: Of the connection.
        receive: Of the connection.
        send: What the application sent through.

    Raises:
        RuntimeError: There is a handler, but the response has started.
    """
    handler = find_handler(scope, exc)
    if handler is None:
        return False
    is_websocket = scope["type"] == "websocket"
    if send.response_started and not is_websocket:
        raise RuntimeError(
            "Caught handled exception, but response already started."
        ) from exc
    if conn is None:
        conn = _connection(scope, receive, send)
    response: Any
    if is_async_callable(handler):
        response = await handler(conn, exc)  # type: ignore[arg-type, misc]
    else:
        from starlette.concurrency import run_in_threadpool

        response = await run_in_threadpool(handler, conn, exc)  # type: ignore[arg-type]
    if response is not None:
        if is_websocket:
            await _deny(conn, response, scope, receive, send)
        else:
            await response(scope, receive, send)
    return True


async def _deny(
    conn: Any, response: Any, scope: Scope, receive: Receive, send: SendTracker
) -> None:
    """Refuse a handshake with *response*, or close if that is too late.

    Without the extension for denial responses a close before the handshake is
    all that can be said; the server makes it a 403.
    """
    # The session of a route sends past the tracker, but knows its own state; one that
    # was made for the handler knows nothing, but what was sent came by here.
    state = conn.application_state.name
    if state == "DISCONNECTED":
        return  # it has said all that it can say
    if send.response_started or state != "CONNECTING":
        # RFC 6455, 7.4.1: 1008 blames the client, 1011 the server.
        code = 1008 if response.status_code < 500 else 1011
        await send({"type": "websocket.close", "code": code, "reason": ""})
    elif "websocket.http.response" in (scope.get("extensions") or ()):
        await response(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000, "reason": ""})


def _connection(
    scope: Scope, receive: Receive, send: Send
) -> Union[Request, WebSocket]:
    if scope["type"] == "http":
        return Request(scope, receive, send)

    from starlette.websockets import WebSocket

    return WebSocket(scope, receive, send)


def wrap_app_handling_exceptions(
    app: ASGIApp, conn: Union[Request, WebSocket]
) -> ASGIApp:
    """Return *app* with its exceptions answered by the registered handlers.

    Args:
        app: The application, usually the one around a single endpoint.
        conn: What a handler gets as its first argument.

    The returned application raises what no handler was registered for, and
    ``RuntimeError`` where the response has started already.
    """

    async def handled(scope: Scope, receive: Receive, send: Send) -> None:
        tracker = send if type(send) is SendTracker else SendTracker(send)
        try:
            await app(scope, receive, tracker)
        except Exception as exc:
            if not await answer_exception(exc, conn, scope, receive, tracker):
                raise

    return handled
