"""The fakes that need no client: scopes, scripts and recorders."""

from __future__ import annotations

import math
from typing import Any, List

import anyio
import pytest

from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def shout(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body in capitals, part by part."""
    await send(
        {"type": "http.response.start", "status": 201, "headers": [(b"a", b"b")]}
    )
    has_more = True
    while has_more:
        message = await receive()
        has_more = message["more_body"]
        part = message["body"].upper()
        await send({"type": "http.response.body", "body": part, "more_body": has_more})


def test_http_scope_is_complete() -> None:
    """
    What a test does not care about is as a server would have it.
    """
    scope = http_scope("post", "/a b", headers={"X-Name": "v"}, query={"q": [1, 2]})

    assert scope["type"] == "http"
    assert scope["method"] == "POST"
    assert scope["path"] == "/a b"
    assert scope["raw_path"] == b"/a%20b"
    assert scope["query_string"] == b"q=1&q=2"
    assert scope["headers"] == [(b"x-name", b"v")]
    assert scope["server"] == ("testserver", 80)
    assert scope["asgi"]["version"] == "3.0"


def test_scope_takes_any_key_as_it_is() -> None:
    """
    A keyword replaces what the builder made.
    """
    scope = http_scope(server=None, root_path="/mounted")

    assert scope["server"] is None
    assert scope["root_path"] == "/mounted"


def test_scope_takes_pairs_and_bytes() -> None:
    """
    Headers may repeat a name, and queries may be text or bytes.
    """
    scope = http_scope(headers=[("A", b"1"), (b"a", "2")], query="x=1")

    assert scope["headers"] == [(b"a", b"1"), (b"a", b"2")]
    assert scope["query_string"] == b"x=1"
    assert http_scope(query=b"y")["query_string"] == b"y"


def test_path_with_a_query_is_refused() -> None:
    """
    A ``?`` in the path is a mistake that the builder names.
    """
    with pytest.raises(ValueError, match="`path` must be a path alone"):
        http_scope(path="/a?b=c")


def test_websocket_scope_offers_subprotocols() -> None:
    """
    The scope of a WebSocket has what a handshake brings.
    """
    scope = websocket_scope("/chat", subprotocols=["a", "b"], state={"x": 1})

    assert scope["type"] == "websocket"
    assert scope["scheme"] == "ws"
    assert scope["subprotocols"] == ["a", "b"]
    assert scope["state"] == {"x": 1}


def test_lifespan_scope_has_a_state_to_fill() -> None:
    """
    Each scope has a state of its own.
    """
    scope = lifespan_scope(extra=1)

    assert scope["type"] == "lifespan"
    assert scope["state"] == {}
    assert scope["extra"] == 1
    assert scope["state"] is not lifespan_scope()["state"]


async def test_exchange_with_chunks() -> None:
    """
    The chunks are sent one by one, and the whole answer is recorded.
    """
    recorder = await exchange(shout, http_scope("POST"), [b"a", b"b"])

    assert recorder.status == 201
    assert recorder.body == b"AB"
    assert recorder.raw_headers == [(b"a", b"b")]
    assert recorder.headers["A"] == "b"
    assert recorder.is_complete
    assert len(recorder.messages) == 3


async def test_exchange_without_a_body() -> None:
    """
    Without chunks the body is empty, in one message.
    """
    recorder = await exchange(shout, http_scope())

    assert recorder.body == b""
    assert recorder.is_complete


async def test_script_blocks_when_it_is_exhausted() -> None:
    """
    A silent client is waited for, until something is added.
    """
    script = Script.http(b"body")
    received: List[Message] = []

    async def read() -> None:
        received.append(await script())

    await read()
    async with anyio.create_task_group() as tg:
        tg.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        waiting = (len(received), script.calls)
        script.add({"type": "http.disconnect"})

    assert waiting == (1, 2)
    assert received[1] == {"type": "http.disconnect"}


async def test_script_that_disconnects() -> None:
    """
    After the body there is nothing but the disconnect.
    """
    script = Script.http(b"body", disconnects=True)

    assert (await script())["type"] == "http.request"
    assert (await script())["type"] == "http.disconnect"
    assert (await script())["type"] == "http.disconnect"


async def test_script_raises_an_exception_in_its_turn() -> None:
    """
    An exception among the messages is raised where it stands.
    """
    script = Script({"type": "http.request"}, OSError("gone"))

    await script()
    with pytest.raises(OSError, match="gone"):
        await script()


async def test_script_hands_out_copies() -> None:
    """
    What is done to a message does not change the script.
    """
    message = {"type": "http.request"}
    script = Script(then=message)

    (await script()).clear()

    assert await script() == message


async def test_websocket_script_with_a_code() -> None:
    """
    The client connects, sends, and disconnects with that code.
    """
    script = Script.websocket("text", b"bytes", code=1001)
    messages = [await script() for _ in range(4)]

    assert messages[0] == {"type": "websocket.connect"}
    assert messages[1] == {"type": "websocket.receive", "text": "text"}
    assert messages[2] == {"type": "websocket.receive", "bytes": b"bytes"}
    assert messages[3]["code"] == 1001


async def test_websocket_script_without_a_code() -> None:
    """
    The client that does not disconnect stays silent.
    """
    script = Script.websocket()
    await script()

    with anyio.move_on_after(0) as scope:
        await script()

    assert scope.cancel_called


async def test_lifespan_script() -> None:
    """
    The server starts the application, then shuts it down.
    """
    script = Script.lifespan()

    assert (await script())["type"] == "lifespan.startup"
    assert (await script())["type"] == "lifespan.shutdown"


async def test_recorder_of_a_websocket() -> None:
    """
    Text and bytes are told apart, and the close code is known once it is there.
    """
    recorder = Recorder()
    await recorder({"type": "websocket.send", "text": "t"})
    await recorder({"type": "websocket.send", "bytes": b"b"})
    before = recorder.close_code
    await recorder({"type": "websocket.close"})

    assert recorder.data == ["t", b"b"]
    assert before is None
    assert recorder.close_code == 1000


async def test_recorder_that_fails() -> None:
    """
    A client that is gone after one message is an error at the second.
    """
    recorder = Recorder(error=OSError("gone"), after=1)

    await recorder({"type": "http.response.start", "status": 200})
    with pytest.raises(OSError, match="gone"):
        await recorder({"type": "http.response.body"})

    assert len(recorder.messages) == 1


async def test_recorder_waits_for_a_message() -> None:
    """
    A test can wait until the application has sent something.
    """
    recorder = Recorder()
    found: List[Any] = []

    async def wait() -> None:
        found.append(await recorder.wait_for("http.response.body", count=2))

    with anyio.fail_after(math.inf):
        async with anyio.create_task_group() as tg:
            tg.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            await recorder({"type": "http.response.body", "body": b"1"})
            await recorder({"type": "http.response.body", "body": b"2"})

    assert found == [{"type": "http.response.body", "body": b"2"}]


async def test_recorder_without_a_response() -> None:
    """
    Asking for what was not sent is an error that says what was.
    """
    recorder = Recorder()
    await recorder({"type": "http.response.body"})

    with pytest.raises(AssertionError, match=r"sent: http.response.body\."):
        recorder.status  # noqa: B018
    with pytest.raises(AssertionError, match=r"sent: nothing\."):
        Recorder().raw_headers  # noqa: B018

    assert not Recorder().is_complete
