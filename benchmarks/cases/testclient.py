"""The test client: requests and a WebSocket session, by what it adds itself.

The application is a bare ASGI function, so that the client is all that is
measured; httpx is in the figures of both.
"""

from typing import Any, Callable, Tuple

from benchmarks.exchange import Calls
from benchmarks.model import Case, Faster

ORDER = 500

_HTTPX = {"starlette": ("httpx",)}


async def _application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "http":
        headers = [(b"content-length", b"13"), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"Hello, world!"})
    else:
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        while message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
            message = await receive()


def _get() -> Callable[[], str]:
    from starlette.testclient import TestClient

    client = TestClient(_application)
    return lambda: client.get("/").text


def _get_within() -> Tuple[Callable[[], str], Callable[[], None]]:
    from starlette.testclient import TestClient

    client = TestClient(_application)
    client.__enter__()
    return (lambda: client.get("/").text), client.__exit__


def _echoes() -> Callable[[], int]:
    from starlette.testclient import TestClient

    client = TestClient(_application)

    def talk() -> int:
        with client.websocket_connect("/") as session:
            for _ in range(10):
                session.send_text("text")
                assert session.receive_text() == "text"
        return 10

    return talk


CASES = (
    Case(
        name="testclient-get",
        title="`TestClient`: GET without `with`",
        exchange=lambda: Calls("Hello, world!"),
        apps={"starlette": _get},
        targets=(Faster(5),),
        requires=_HTTPX,
    ),
    Case(
        name="testclient-get-within",
        title="`TestClient`: GET within `with`",
        exchange=lambda: Calls("Hello, world!"),
        apps={"starlette": _get_within},
        targets=(Faster(2.2),),
        requires=_HTTPX,
    ),
    Case(
        name="testclient-websocket",
        title="`TestClient`: WebSocket session of ten echoes",
        exchange=lambda: Calls(10),
        apps={"starlette": _echoes},
        targets=(Faster(4),),
        requires=_HTTPX,
    ),
)
