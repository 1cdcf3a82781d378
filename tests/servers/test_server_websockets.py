"""WebSockets through real servers, spoken to by a real client."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import List, Optional, Union

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from .harness import DEADLINE, Running, reset


def ended(websocket: ClientConnection) -> bool:
    """Wait until the other side closes; nothing else may come."""
    with pytest.raises(ConnectionClosed):
        websocket.recv(DEADLINE)
    return True


def test_text_and_bytes_are_echoed_as_such(server: Running, key: str) -> None:
    """
    A text comes back as a text and bytes as bytes, empty ones and large ones too.
    """
    sent: List[Union[str, bytes]] = [
        "Hello, wörld",
        b"\x00\xff",
        "",
        b"",
        "x" * 500_000,
        b"y" * 500_000,
    ]
    with server.websocket(f"/ws/echo/{key}") as websocket:
        received = []
        for message in sent:
            websocket.send(message)
            received.append(websocket.recv(DEADLINE))
        websocket.send("quiet")
        server.wait_for_note(key, "quiet")

    assert received == sent


def test_json_in_both_modes(server: Running) -> None:
    """
    A document in a text frame is answered in one, a document in bytes in bytes.
    """
    document = {"name": "Ada", "numbers": [1, 2.5, None]}
    with server.websocket("/ws/json") as websocket:
        websocket.send(json.dumps(document))
        text = websocket.recv(DEADLINE)
        websocket.send(json.dumps(document).encode())
        binary = websocket.recv(DEADLINE)
        assert ended(websocket)

    assert isinstance(text, str)
    assert isinstance(binary, bytes)
    assert json.loads(text) == json.loads(binary) == document


def test_headers_of_the_handshake(server: Running, key: str) -> None:
    """
    What `accept` adds to the answer reaches the client, if the server passes it on.
    """
    with server.websocket(f"/ws/echo/{key}") as websocket:
        response = websocket.response
        server.wait_for_note(key, "accepted")

    assert response is not None
    expected = "yes" if server.server.sends_accept_headers else None
    assert response.headers.get("x-accepted") == expected


def test_close_of_the_client_arrives(server: Running, key: str) -> None:
    """
    The endpoint learns the code that the client closed with.
    """
    with server.websocket(f"/ws/echo/{key}") as websocket:
        server.wait_for_note(key, "accepted")
        websocket.close(4002, "bye")
    code = 4002 if server.server.passes_close_code else 1006
    server.wait_for_note(key, "ended")

    assert server.notes(key) == ["accepted", f"ended {code}"]


def test_iterator_ends_with_the_connection(server: Running, key: str) -> None:
    """
    Iterating over texts gives each of them, and ends when the client closes.
    """
    with server.websocket(f"/ws/iterate/{key}") as websocket:
        server.wait_for_note(key, "accepted")
        websocket.send("one")
        websocket.send("two")
    server.wait_for_note(key, "end")

    assert server.notes(key) == ["accepted", "one two end"]


@pytest.mark.parametrize(
    "query, code, reason",
    [
        ("code=1000", 1000, ""),
        ("code=4001&reason=no%20more", 4001, "no more"),
        ("code=1011&reason=%C3%BC", 1011, "ü"),
    ],
)
def test_close_of_the_server_arrives(
    server: Running, query: str, code: int, reason: str
) -> None:
    """
    The client learns the code and the reason that the endpoint closed with.
    """
    with server.websocket(f"/ws/close?{query}") as websocket:
        with pytest.raises(ConnectionClosed) as caught:
            websocket.recv(DEADLINE)

    received = caught.value.rcvd
    assert received is not None
    assert (received.code, received.reason) == (code, reason)


@pytest.mark.parametrize(
    "offered, chosen", [(["chat.v1", "chat.v2"], "chat.v2"), (None, None)]
)
def test_subprotocol(
    server: Running, offered: Optional[List[str]], chosen: Optional[str]
) -> None:
    """
    The endpoint sees what is offered, in order, and the client what was chosen.
    """
    with server.websocket("/ws/subprotocol", subprotocols=offered) as websocket:
        seen = json.loads(websocket.recv(DEADLINE))
        assert ended(websocket)

    assert seen == (offered or [])
    assert websocket.subprotocol == chosen


@pytest.mark.parametrize("path", ["/ws/refuse", "/ws/nowhere", "/hello"])
def test_handshake_that_is_refused(server: Running, path: str) -> None:
    """
    Closed before it was accepted, and not routed at all, are both a 403.
    """
    with ExitStack() as stack, pytest.raises(InvalidStatus) as caught:
        stack.enter_context(server.websocket(path))

    assert caught.value.response.status_code == 403


def test_handshake_that_is_denied_with_an_answer(server: Running) -> None:
    """
    A denial response arrives with its status, its headers and its body.
    """
    with ExitStack() as stack, pytest.raises(InvalidStatus) as caught:
        stack.enter_context(server.websocket("/ws/deny"))

    response = caught.value.response
    assert response.status_code == 401
    assert response.headers["x-denied"] == "yes"
    assert json.loads(response.body or b"null") == {"why": "no ticket"}


def test_plain_request_to_a_websocket_route(client: httpx.Client) -> None:
    """
    A route for WebSockets does not exist for plain HTTP.
    """
    assert client.get("/ws/state").status_code == 404


def test_lifespan_state_is_there(server: Running) -> None:
    """
    A WebSocket shares the lifespan's state with the requests.
    """
    with server.websocket("/ws/state") as websocket:
        text = websocket.recv(DEADLINE)
        assert ended(websocket)

    assert text == "from the lifespan"


@pytest.mark.parametrize("how", ["close", "reset"])
def test_client_that_goes_away(server: Running, key: str, how: str) -> None:
    """
    A client that is gone, with or without a word, ends the iteration.
    """
    with server.websocket(f"/ws/iterate/{key}") as websocket:
        server.wait_for_note(key, "accepted")
        websocket.send("one")
        websocket.ping().wait(DEADLINE)
        if how == "reset":
            reset(websocket.socket)
    server.wait_for_note(key, "end")

    assert server.notes(key) == ["accepted", "one end"]


@pytest.mark.parametrize("how", ["close", "reset"])
def test_client_that_goes_away_while_it_is_talked_to(
    server: Running, key: str, how: str
) -> None:
    """
    A sender learns that the client is gone, if the server tells it.

    The handshake that closes a WebSocket is left out where it may end the server, and
    is not waited for: who does nothing but talk may not hear of it.
    """
    with server.websocket(f"/ws/talk/{key}", close_timeout=0.1) as websocket:
        first = websocket.recv(DEADLINE)
        if how == "reset" or not server.server.replies_while_sending:
            reset(websocket.socket)
    if not server.server.tells_sender:
        (server.folder / key).touch()
    server.wait_for_note(key, "told")

    assert first == "tick"
    assert server.notes(key) == [
        "was-told" if server.server.tells_sender else "was-not-told"
    ]
