"""What a middleware adds to a request."""

from __future__ import annotations

import time
from typing import Any, Iterable

from starlette._conformance.channels import HeadersLike, MiddlewareFactory, http_scope
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("added_cost",)

RESPONSE = (
    {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"text/plain"), (b"content-length", b"13")],
    },
    {"type": "http.response.body", "body": b"Hello, world!"},
)


async def _application(scope: Scope, receive: Receive, send: Send) -> None:
    for message in RESPONSE:
        await send(message)


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Message) -> None:
    pass


async def added_cost(
    factory: MiddlewareFactory,
    headers: HeadersLike = (),
    *,
    rounds: int = 20,
    requests: int = 1000,
) -> float:
    """Return what the middleware adds to a small response, in microseconds of CPU.

    The best of many rounds with it, less the best of many without it.

    Args:
        factory: Makes the middleware around an application.
        headers: Of the requests.
        rounds: How many.
        requests: How many in one round.
    """
    middleware = factory(_application)
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for index, app in enumerate((_application, middleware)):
            best[index] = min(best[index], await _round(app, headers, requests))
    return (best[1] - best[0]) / requests * 1e6


async def _round(app: ASGIApp, headers: HeadersLike, requests: int) -> float:
    scopes: Iterable[Any] = [http_scope(headers) for _ in range(requests)]
    started = time.process_time()
    for scope in scopes:
        await app(scope, _receive, _send)
    return time.process_time() - started
