"""Exceptions, cancellation, context variables, and several requests at once."""

from __future__ import annotations

import contextvars
from typing import Any, List

import anyio

from starlette._conformance.channels import (
    BODY,
    START,
    Client,
    HeadersLike,
    MiddlewareFactory,
    body_of,
    call,
    http_scope,
    request,
    require,
    respond,
    turns,
)
from starlette.types import Receive, Scope, Send

__all__ = (
    "keeps_concurrent_requests_apart",
    "keeps_context_variables",
    "lets_cancellation_through",
    "lets_exceptions_through",
    "waits_for_the_application",
)

_outside: contextvars.ContextVar[str] = contextvars.ContextVar("outside")
_inside: contextvars.ContextVar[str] = contextvars.ContextVar("inside")


class Failure(Exception):
    """What an application raises to see whether it comes out."""


async def lets_exceptions_through(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that the exception of the application comes out, the very one.

    Before the response has started as well as after it.
    """
    for has_started in (False, True):
        failure = Failure()

        async def app(
            scope: Scope,
            receive: Receive,
            send: Send,
            failure: Failure = failure,
            has_started: bool = has_started,
        ) -> None:
            if has_started:
                await send({"type": START, "status": 200, "headers": []})
                await send({"type": BODY, "body": b"part", "more_body": True})
            raise failure

        caught = await _failure_of(factory(app), headers, has_started)
        when = "after" if has_started else "before"
        require(
            caught is failure,
            f"An exception {when} the start of the response comes out as {caught!r}.",
        )


async def _failure_of(app: Any, headers: HeadersLike, has_started: bool) -> Any:
    client = Client(request())
    try:
        await call(app, http_scope(headers), client)
    except Exception as exc:
        # Before the start an answer of the middleware's own is in order.
        require(
            not has_started or client.sent[-1].get("more_body", True),
            "A response that has failed is ended as if it were complete.",
        )
        return exc
    return None


async def lets_cancellation_through(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that a request can be cancelled, and that the application learns it."""
    cancelled: List[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            outer.cancel()
            await turns()
        except anyio.get_cancelled_exc_class():
            cancelled.append(True)
            raise

    with anyio.CancelScope() as outer:
        await call(factory(app), http_scope(headers), Client(request()))
    require(cancelled, "Cancelling the request does not cancel the application.")


async def keeps_context_variables(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that context variables flow in, and out again."""
    seen: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(_outside.get(None))
        _inside.set("inside")
        await respond(send)

    token = _inside.set("nothing")
    other = _outside.set("outside")
    try:
        await call(factory(app), http_scope(headers), Client(request()))
        require(seen == ["outside"], "Context variables do not reach the application.")
        require(
            _inside.get() == "inside",
            "Context variables that the application sets are lost.",
        )
    finally:
        _outside.reset(other)
        _inside.reset(token)


async def keeps_concurrent_requests_apart(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that requests that run at once do not get each other's messages."""
    clients = [Client(request(b"%d" % number)) for number in range(5)]
    waiting = [anyio.Event() for _ in clients]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        number = int((await receive())["body"])
        await send({"type": START, "status": 200, "headers": []})
        await send({"type": BODY, "body": b"%d" % number, "more_body": True})
        # All are in the middle of their response before the first goes on, which is
        # the last that has come.
        waiting[number].set()
        for event in waiting:
            await event.wait()
        await send({"type": BODY, "body": b"%d" % number, "more_body": False})

    middleware = factory(app)
    async with anyio.create_task_group() as tasks:
        for client in clients:
            scope = http_scope(headers, "POST")
            tasks.start_soon(call, middleware, scope, client)
    for number, client in enumerate(clients):
        body, is_coded = body_of(client)
        require(
            is_coded or body == b"%d" % number * 2,
            f"Of two requests at once one got the response of the other: {body!r}.",
        )


async def waits_for_the_application(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that what the application does after its response is done at the end.

    Background tasks run there, after the last byte has gone out.
    """
    client = Client(request())
    after: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        await turns()
        after.append(client.types[-1:])

    await call(factory(app), http_scope(headers), client)
    require(after, "The middleware does not wait for the end of the application.")
    require(
        after == [[BODY]],
        "What follows the response is run before the response has gone out.",
    )
