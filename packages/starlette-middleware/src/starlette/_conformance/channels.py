"""What the checks stand in for: a server and its client.

Nothing of starlette-testing is used: whoever checks a middleware may do so with this
distribution and the core alone.
"""

from __future__ import annotations

from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    Tuple,
    Union,
)

import anyio

from starlette.types import ASGIApp, Message, Scope, Send

__all__ = (
    "Client",
    "HeadersLike",
    "MiddlewareFactory",
    "body_of",
    "call",
    "http_scope",
    "require",
    "request",
    "respond",
    "turns",
)

MiddlewareFactory = Callable[[ASGIApp], ASGIApp]
HeadersLike = Union[Mapping[str, str], Iterable[Tuple[str, str]]]

START = "http.response.start"
BODY = "http.response.body"
DISCONNECT = {"type": "http.disconnect"}
# Beyond this nothing comes any more.  No check that is satisfied waits so long.
PATIENCE = 5


def require(condition: object, sentence: str) -> None:
    """Raise ``AssertionError`` with *sentence* unless *condition* holds."""
    if not condition:
        raise AssertionError(sentence)


def http_scope(headers: HeadersLike, method: str = "GET", **extra: Any) -> Scope:
    """Return the scope of a request with *headers*."""
    scope = connection_scope("http", headers)
    # Secure already: a middleware may redirect what is not.
    scope.update({"method": method, "scheme": "https"}, **extra)
    return scope


def connection_scope(kind: str, headers: HeadersLike) -> Dict[str, Any]:
    """Return what the scopes of requests and of WebSockets have in common."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    given = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in pairs]
    if not any(name == b"host" for name, _ in given):
        given.insert(0, (b"host", b"testserver"))
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "path": "/",
        "raw_path": b"/",
        "root_path": "",
        "query_string": b"",
        "headers": given,
        "client": ("testclient", 50000),
        "server": ("testserver", 443),
        "state": {},
        "extensions": {},
    }


class Client:
    """A server's ``receive`` and ``send``, and the client behind them.

    Args:
        *messages: What ``receive`` gives; after them it blocks, until the response is
            complete, and says then that the client has gone.

    Attributes:
        messages: What ``receive`` has still to give.
        sent: What came through ``send``.
        given: How many messages ``receive`` has given.
    """

    def __init__(self, *messages: Message) -> None:
        self.messages: List[Message] = list(messages)
        self.sent: List[Message] = []
        self.given = 0
        self._complete = anyio.Event()

    async def receive(self) -> Message:
        """Give the next message."""
        # A checkpoint, as behind a server: others run in between.
        await anyio.sleep(0)
        if self.messages:
            self.given += 1
            return self.messages.pop(0)
        await self._complete.wait()
        return dict(DISCONNECT)

    async def send(self, message: Message) -> None:
        """Keep *message*."""
        await anyio.sleep(0)
        self.sent.append(message)
        if message["type"] == BODY and not message.get("more_body", False):
            self._complete.set()

    @property
    def types(self) -> List[str]:
        """The types of what came through ``send``."""
        return [message["type"] for message in self.sent]

    @property
    def parts(self) -> int:
        """How many parts of the body have come that are not empty."""
        return len([m for m in self.sent if m["type"] == BODY and m.get("body")])


async def call(app: ASGIApp, scope: Scope, client: Client) -> None:
    """Run *app* for one connection.

    Raises:
        AssertionError: It does not come to an end.
        BaseException: What it raises.
    """
    with anyio.move_on_after(PATIENCE) as patience:
        await app(scope, client.receive, client.send)
        return
    require(not patience.cancel_called, "The middleware does not come to an end.")


async def respond(send: Send, body: bytes = b"Hello, world!") -> None:
    """Send a whole response."""
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": START, "status": 200, "headers": headers})
    await send({"type": BODY, "body": body})


async def turns() -> None:
    """Let every other task run until it waits for something from here."""
    for _ in range(100):
        await anyio.sleep(0)


def request(body: bytes = b"", more: bool = False) -> Message:
    """Return a part of a request's body."""
    return {"type": "http.request", "body": body, "more_body": more}


def body_of(client: Client) -> Tuple[bytes, bool]:
    """Return the body that came, and whether it is in a content coding."""
    starts = [message for message in client.sent if message["type"] == START]
    require(len(starts) == 1, f"{len(starts)} responses were started, not one.")
    coded = any(name == b"content-encoding" for name, _ in starts[0]["headers"])
    body = b"".join([m.get("body", b"") for m in client.sent if m["type"] == BODY])
    return body, coded
