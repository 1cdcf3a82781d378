"""Scopes that are no requests."""

from __future__ import annotations

from typing import Any, List

from starlette._conformance.channels import (
    Client,
    HeadersLike,
    MiddlewareFactory,
    call,
    connection_scope,
    require,
)
from starlette.types import Receive, Scope, Send

__all__ = ("passes_lifespans", "passes_unknown_scopes", "passes_websockets")


async def passes_lifespans(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that a lifespan reaches the application, state and all."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for phase in ("startup", "shutdown"):
            message = await receive()
            require(
                message == {"type": f"lifespan.{phase}"},
                f"The application got {message!r} in the lifespan, not its {phase}.",
            )
            scope["state"]["phase"] = phase
            await send({"type": f"lifespan.{phase}.complete"})

    client = Client({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    await call(factory(app), scope, client)
    require(
        client.types == ["lifespan.startup.complete", "lifespan.shutdown.complete"],
        f"The lifespan does not pass: the server got {client.types}.",
    )
    require(
        scope["state"] == {"phase": "shutdown"},
        "What the lifespan puts into the state does not reach the server.",
    )


async def passes_websockets(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that a WebSocket session passes in both directions."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        message = await receive()
        await send({"type": "websocket.send", "text": message["text"]})
        message = await receive()
        require(
            message == {"type": "websocket.disconnect", "code": 1001},
            f"The application got {message!r}, not the WebSocket's end.",
        )

    client = Client(
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "echo"},
        {"type": "websocket.disconnect", "code": 1001},
    )
    # Already safe: a middleware may redirect what is not.
    scope = connection_scope("websocket", headers)
    scope.update({"scheme": "wss", "subprotocols": []})
    await call(factory(app), scope, client)
    require(
        client.types == ["websocket.accept", "websocket.send"]
        and client.sent[1].get("text") == "echo",
        f"The WebSocket does not pass: the client got {client.sent}.",
    )


async def passes_unknown_scopes(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Check that a scope of a type that nobody knows reaches the application."""
    seen: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    # Nothing but what the ASGI specification asks of every scope.
    scope: Scope = {"type": "unheard.of", "asgi": {"version": "3.0"}}
    await call(factory(app), scope, Client())
    require(seen == ["unheard.of"], "A scope of an unknown type does not pass.")
