"""Requests and responses on their way through."""

from __future__ import annotations

import copy
from typing import Any, List

from starlette._conformance.channels import (
    BODY,
    DISCONNECT,
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
from starlette.types import Message, Receive, Scope, Send

__all__ = (
    "leaves_early_hints_alone",
    "leaves_messages_as_they_were",
    "leaves_pathsend_alone",
    "leaves_the_scope_usable",
    "leaves_trailers_alone",
    "lets_disconnects_through",
    "passes_requests_and_responses",
    "streams_requests",
    "streams_responses",
)

PLAIN = [(b"content-type", b"text/plain")]


async def passes_requests_and_responses(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that a request reaches the application, and its response the client."""
    seen: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["method"], scope["path"], (await receive())["body"]))
        await respond(send)

    client = Client(request(b"question"))
    await call(factory(app), http_scope(headers, "POST"), client)
    require(seen == [("POST", "/", b"question")], "The request does not pass.")
    body, is_coded = body_of(client)
    require(client.sent[0]["status"] == 200, "The status of the response is changed.")
    require(
        is_coded or body == b"Hello, world!", "The body of the response is changed."
    )
    require(not client.sent[-1].get("more_body", False), "The response does not end.")


async def streams_requests(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that no part of the request is read ahead of the application."""
    client = Client(request(b"1", True), request(b"2", True), request(b"3"))
    given: List[int] = []
    parts: List[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        given.append(client.given)
        for _ in range(3):
            parts.append((await receive())["body"])
            given.append(client.given)
        await respond(send)

    await call(factory(app), http_scope(headers, "POST"), client)
    require(b"".join(parts) == b"123", f"Of the request {parts} came, not 1, 2 and 3.")
    require(
        given == [0, 1, 2, 3], "The request is read before the application asks for it."
    )


async def streams_responses(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that each part of the response goes out before the next is made."""
    client = Client(request())
    parts: List[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": START, "status": 200, "headers": PLAIN})
        for number in (1, 2, 3):
            await send({"type": BODY, "body": b"%d" % number * 1000, "more_body": True})
            await turns()
            parts.append(client.parts)
        await send({"type": BODY, "body": b"", "more_body": False})

    await call(factory(app), http_scope(headers), client)
    require(
        all(got >= number for number, got in enumerate(parts, 1)),
        f"The response is held back: after each part {parts} were out.",
    )
    body, is_coded = body_of(client)
    require(
        is_coded or body == b"1" * 1000 + b"2" * 1000 + b"3" * 1000,
        "The body of the response is changed.",
    )


async def lets_disconnects_through(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that the application learns that its client has gone."""
    seen: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((await receive())["type"])
        await send({"type": START, "status": 200, "headers": PLAIN})
        await send({"type": BODY, "body": b"part", "more_body": True})
        seen.append((await receive())["type"])
        await send({"type": BODY, "body": b"", "more_body": False})

    client = Client(request(b"all"), dict(DISCONNECT))
    await call(factory(app), http_scope(headers, "POST"), client)
    require(
        seen == ["http.request", "http.disconnect"],
        f"A disconnect does not reach the application, which got {seen}.",
    )


async def leaves_trailers_alone(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that trailers pass, and that they are announced (ASGI, "HTTP Trailers")."""
    trailers = {
        "type": "http.response.trailers",
        "headers": [(b"x-trailer", b"1")],
        "more_trailers": False,
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": START, "status": 200, "headers": PLAIN, "trailers": True}
        await send(start)
        await send({"type": BODY, "body": b"part", "more_body": True})
        await send({"type": BODY, "body": b"end", "more_body": False})
        await send(dict(trailers))

    client = Client(request())
    scope = http_scope(headers, extensions={"http.response.trailers": {}})
    await call(factory(app), scope, client)
    require(client.sent[-1] == trailers, "Trailers do not pass.")
    require(client.sent[0].get("trailers"), "Trailers are no longer announced.")


async def leaves_pathsend_alone(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that a file sent by the server passes (ASGI, "Path Send").

    A middleware that needs the bytes may take the extension away.
    """
    message = {"type": "http.response.pathsend", "path": "/no/such/file"}
    pairs = [*PLAIN, (b"content-length", b"1000000")]
    offered: List[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        offered.append("http.response.pathsend" in (scope.get("extensions") or ()))
        await send({"type": START, "status": 200, "headers": pairs})
        await send(dict(message))

    client = Client(request())
    scope = http_scope(headers, extensions={"http.response.pathsend": {}})
    await call(factory(app), scope, client)
    require(
        client.types == [START, message["type"]] and client.sent[1] == message,
        f"A file that the server sends does not pass: it got {client.types}.",
    )
    names = [name for name, _ in client.sent[0]["headers"]]
    require(
        b"content-length" in names and b"content-encoding" not in names,
        "The headers do not fit the file that the server sends.",
    )


async def leaves_early_hints_alone(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that early hints pass, ahead of the response (ASGI, "Early Hints")."""
    hint = {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(dict(hint))
        await respond(send)

    client = Client(request())
    scope = http_scope(headers, extensions={"http.response.early_hint": {}})
    await call(factory(app), scope, client)
    require(client.sent[0] == hint, "Early hints do not pass ahead of the response.")
    require(client.types[1:2] == [START], "After early hints there is no response.")


async def leaves_messages_as_they_were(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that a message which is sent twice is not changed in between."""
    start: Message = {"type": START, "status": 200, "headers": list(PLAIN)}
    body: Message = {"type": BODY, "body": b"x" * 1000, "more_body": False}
    before = copy.deepcopy((start, body))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start)
        await send(body)

    middleware = factory(app)
    for _ in range(2):
        await call(middleware, http_scope(headers), Client(request()))
    require(
        (start, body) == before,
        f"A message of the application is changed in place: it is {start} now.",
    )


async def leaves_the_scope_usable(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that what the server says about the request stays as it was.

    A middleware may add keys to the scope.  It may put other values in the place of
    those there are in a copy only: the server's own is its own.
    """
    scope = http_scope(headers)
    kept = {key: value for key, value in scope.items() if key != "state"}
    before = copy.deepcopy(kept)
    pairs = scope["headers"]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        missing = [key for key in before if key not in scope]
        require(not missing, f"The application does not get {missing} of the scope.")
        await respond(send)

    await call(factory(app), scope, Client(request()))
    changed = [key for key, value in before.items() if scope.get(key) != value]
    require(not changed, f"The scope of the server is changed in {changed}.")
    require(pairs == before["headers"], "The headers of the request are changed.")
