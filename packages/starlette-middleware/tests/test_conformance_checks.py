"""What the conformance suite finds: a middleware for each way to be wrong."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import anyio
import pytest

from starlette.middleware import conformance
from starlette.middleware.conformance import (
    CHECKS,
    Check,
    MiddlewareFactory,
    added_cost,
    check_middleware,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

BODY = "http.response.body"
START = "http.response.start"

Wrapper = Callable[[ASGIApp, Scope, Receive, Send], Any]


def middleware(run: Wrapper) -> MiddlewareFactory:
    """Make a factory of a function that is called with the application."""

    def factory(app: ASGIApp) -> ASGIApp:
        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            await run(app, scope, receive, send)

        return call

    return factory


async def idle(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Do nothing, and let nothing be done."""


def sending(change: Callable[[Message, Send], Any]) -> Wrapper:
    """Have each message go through *change*."""

    async def run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            await change(message, send)

        await app(scope, receive, changed)

    return run


async def transparent(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


async def buffering(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    held: List[Message] = []

    async def hold(message: Message) -> None:
        held.append(message)

    await app(scope, receive, hold)
    for message in held:
        await send(message)


async def reading_ahead(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    read = [await receive()]

    async def reread() -> Message:
        return read.pop(0) if read else await receive()

    await app(scope, reread, send)


async def deaf(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def hear() -> Message:
        message = await receive()
        if message["type"] == "http.disconnect":
            return {"type": "http.request", "body": b"", "more_body": False}
        return message

    await app(scope, hear, send)


async def no_trailers(message: Message, send: Send) -> None:
    if message["type"] != "http.response.trailers":
        await send(message)


async def unannounced_trailers(message: Message, send: Send) -> None:
    await send({key: value for key, value in message.items() if key != "trailers"})


async def no_hints(message: Message, send: Send) -> None:
    if message["type"] != "http.response.early_hint":
        await send(message)


async def no_pathsend(message: Message, send: Send) -> None:
    if message["type"] == "http.response.pathsend":
        message = {"type": BODY, "body": b"", "more_body": False}
    await send(message)


async def pathsend_without_length(message: Message, send: Send) -> None:
    if message["type"] == START:
        message = {**message, "headers": []}
    await send(message)


async def changing_messages(message: Message, send: Send) -> None:
    if message["type"] == START:
        message["headers"].append((b"x-more", b"1"))
    await send(message)


async def changing_the_body(message: Message, send: Send) -> None:
    if message["type"] == BODY:
        message = {**message, "body": message.get("body", b"").upper()}
    await send(message)


async def changing_the_status(message: Message, send: Send) -> None:
    await send({**message, "status": 201} if message["type"] == START else message)


async def never_ending(message: Message, send: Send) -> None:
    await send({**message, "more_body": True} if message["type"] == BODY else message)


async def starting_twice(message: Message, send: Send) -> None:
    if message["type"] == START:
        await send(message)
    await send(message)


async def changing_the_scope(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    scope["path"] = "/elsewhere"
    await app(scope, receive, send)


async def changing_the_headers(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    scope["headers"].append((b"x-more", b"1"))
    await app({**scope}, receive, send)


async def hiding_the_scope(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    await app({k: v for k, v in scope.items() if k != "client"}, receive, send)


async def hiding_the_state(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    await app({**scope, "state": {}}, receive, send)


async def wrapping_exceptions(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    try:
        await app(scope, receive, send)
    except Exception as exc:
        raise RuntimeError from exc


async def swallowing_exceptions(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    try:
        await app(scope, receive, send)
    except Exception:
        pass


async def completing_failures(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    try:
        await app(scope, receive, send)
    finally:
        await send({"type": BODY, "body": b"", "more_body": False})


async def shielding(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    with anyio.CancelScope(shield=True):
        await app(scope, receive, send)


async def in_a_task(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(transparent, app, scope, receive, send)


def in_a_fresh_context(app: ASGIApp) -> ASGIApp:
    """Hide the context variables from the application."""
    variable = conformance.keeps_context_variables.__globals__["_outside"]

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        token = variable.set(None)
        try:
            await app(scope, receive, send)
        finally:
            variable.reset(token)

    return call


def sharing(app: ASGIApp) -> ASGIApp:
    """Keep the channel of the last request for all of them."""
    channels: Dict[str, Any] = {}

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        async def latest(message: Message) -> None:
            await channels["send"](message)

        channels["send"] = send
        await app(scope, receive, latest)

    return call


async def cutting_off(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    with anyio.CancelScope() as scope_:

        async def last(message: Message) -> None:
            await send(message)
            if message["type"] == BODY and not message.get("more_body"):
                scope_.cancel()

        await app(scope, receive, last)


async def at_the_end(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    last: List[Message] = []

    async def hold(message: Message) -> None:
        if message["type"] == BODY and not message.get("more_body"):
            last.append(message)
        else:
            await send(message)

    await app(scope, receive, hold)
    for message in last:
        await send(message)


async def truncating(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def cut() -> Message:
        return {**await receive(), "body": b""}

    await app(scope, cut, send)


async def muting(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def mute(message: Message) -> None:
        """Send nothing."""

    await app(scope, receive, mute)


async def misleading(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def lie() -> Message:
        message = await receive()
        return {
            **message,
            "type": message["type"].replace("startup", "start"),
            "code": 1,
        }

    await app(scope, lie, send)


wrong = pytest.mark.parametrize(
    "check, run, sentence",
    [
        ("passes_lifespans", idle, "lifespan does not pass"),
        ("passes_lifespans", muting, "lifespan does not pass"),
        ("passes_lifespans", misleading, "not its startup"),
        ("passes_lifespans", hiding_the_state, "state does not reach"),
        ("passes_websockets", idle, "WebSocket does not pass"),
        ("passes_websockets", muting, "WebSocket does not pass"),
        ("passes_websockets", misleading, "not the WebSocket's end"),
        ("passes_unknown_scopes", idle, "unknown type"),
        ("passes_requests_and_responses", truncating, "request does not pass"),
        (
            "passes_requests_and_responses",
            sending(changing_the_body),
            "body of the response is changed",
        ),
        ("passes_requests_and_responses", sending(changing_the_status), "status"),
        ("passes_requests_and_responses", sending(never_ending), "does not end"),
        ("passes_requests_and_responses", sending(starting_twice), "2 responses"),
        ("streams_requests", reading_ahead, "before the application asks"),
        ("streams_requests", truncating, "Of the request"),
        ("streams_responses", buffering, "held back"),
        ("streams_responses", sending(starting_twice), "2 responses"),
        ("lets_disconnects_through", deaf, "disconnect does not reach"),
        ("leaves_trailers_alone", sending(no_trailers), "do not pass"),
        (
            "leaves_trailers_alone",
            sending(unannounced_trailers),
            "no longer announced",
        ),
        ("leaves_pathsend_alone", sending(no_pathsend), "file .* does not pass"),
        ("leaves_pathsend_alone", sending(pathsend_without_length), "do not fit"),
        ("leaves_early_hints_alone", sending(no_hints), "Early hints"),
        ("leaves_messages_as_they_were", sending(changing_messages), "in place"),
        ("leaves_the_scope_usable", changing_the_scope, r"changed in \['path'\]"),
        ("leaves_the_scope_usable", changing_the_headers, "changed"),
        ("leaves_the_scope_usable", hiding_the_scope, r"does not get \['client'\]"),
        ("lets_exceptions_through", wrapping_exceptions, "before the start"),
        ("lets_exceptions_through", swallowing_exceptions, "comes out as None"),
        ("lets_exceptions_through", completing_failures, "as if it were complete"),
        ("lets_cancellation_through", shielding, "does not cancel the application"),
        ("keeps_context_variables", in_a_task, "are lost"),
        ("waits_for_the_application", cutting_off, "does not wait"),
        ("waits_for_the_application", at_the_end, "before the response"),
    ],
)


@wrong
async def test_a_middleware_that_is_wrong(
    check: str, run: Wrapper, sentence: str
) -> None:
    """
    The check says what it does.
    """
    with pytest.raises(AssertionError, match=sentence):
        await getattr(conformance, check)(middleware(run))


@pytest.mark.parametrize(
    "check, factory, sentence",
    [
        (conformance.keeps_context_variables, in_a_fresh_context, "do not reach"),
        (conformance.keeps_concurrent_requests_apart, sharing, "responses"),
    ],
)
async def test_a_middleware_that_mixes_things_up(
    check: Check, factory: MiddlewareFactory, sentence: str
) -> None:
    """
    The check says what it does.
    """
    with pytest.raises(AssertionError, match=sentence):
        await check(factory)


async def test_a_middleware_that_never_comes_to_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    The check does, and says so.
    """

    async def run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr("starlette._conformance.channels.PATIENCE", 0.01)
    with pytest.raises(AssertionError, match="does not come to an end"):
        await conformance.passes_lifespans(middleware(run))


async def test_a_middleware_that_is_right() -> None:
    """
    All checks are satisfied.
    """
    await check_middleware(middleware(transparent))
    await check_middleware(middleware(transparent), {"host": "example.org"})
    await check_middleware(middleware(transparent), [("x-header", "1")])


async def test_a_middleware_that_listens_for_the_disconnect() -> None:
    """
    The client stays until it has its response, and is gone then.
    """
    heard: List[str] = []

    async def run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def listen() -> None:
            while heard[-1:] != ["http.disconnect"]:
                heard.append((await receive())["type"])

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            await app(scope, receive, send)

    await conformance.leaves_early_hints_alone(middleware(run))

    assert heard == ["http.request", "http.disconnect"]


async def test_check_middleware() -> None:
    """
    It fails as the first check that is not satisfied.
    """
    with pytest.raises(AssertionError, match="lifespan"):
        await check_middleware(middleware(idle))


async def test_the_cost() -> None:
    """
    It is a number of microseconds; which one depends on the machine.
    """
    cost = await added_cost(middleware(reading_ahead), rounds=1, requests=1)

    assert isinstance(cost, float)


def test_the_list_of_checks() -> None:
    """
    It has every check that is public, once.
    """
    names = [check.__name__ for check in CHECKS]
    others = {
        "CHECKS",
        "Check",
        "HeadersLike",
        "MiddlewareFactory",
        "added_cost",
        "check_middleware",
    }

    assert sorted(names) == sorted(set(conformance.__all__) - others)
