"""The guest book, over a real server, as browsers and programs use it."""

from __future__ import annotations

import contextlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any, Dict, Iterator, List

import httpx
import pytest
from websockets.sync.client import connect

from examples.graphql.app import create_app
from examples.graphql.book import PHOTO_SIZE
from examples.graphql.news import BACKLOG, News
from starlette.testing import live_server
from tests.programs import DEADLINE, address, running

PATIENT: Dict[str, Any] = {"timeout": DEADLINE, "trust_env": False}

SIGN = """
    mutation Sign($name: String!, $message: String!, $photo: Upload) {
        sign(name: $name, message: $message, photo: $photo) { id name message photo }
    }
"""
ENTRIES = "query($before: ID) { entries(first: 2, before: $before) { id name photo } }"
SIGNED = "subscription { signed { name message photo } }"


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    checksum = zlib.crc32(kind + content)
    return (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
    )


# One red dot.
PHOTO = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00"))
    + chunk(b"IEND", b"")
)


@contextlib.contextmanager
def book(folder: Path) -> Iterator[httpx.Client]:
    """The guest book in *folder*, open."""
    with live_server(create_app(folder), ws="websockets-sansio") as server:
        with httpx.Client(base_url=server.url, **PATIENT) as client:
            yield client


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    with book(tmp_path) as client:
        yield client


def ask(client: httpx.Client, query: str, **variables: Any) -> Any:
    """What an operation answers, of which nothing failed."""
    body = {"query": query, "variables": variables}
    answer = client.post("/graphql", json=body).json()
    assert "errors" not in answer, answer
    return answer["data"]


def complaints(answer: httpx.Response) -> List[str]:
    return [error["message"] for error in answer.json()["errors"]]


def upload(client: httpx.Client, content: bytes, **variables: str) -> httpx.Response:
    """Sign with a photo, by the multipart request specification."""
    operations = {"query": SIGN, "variables": {**variables, "photo": None}}
    fields = {
        "operations": json.dumps(operations),
        "map": json.dumps({"0": ["variables.photo"]}),
    }
    return client.post(
        "/graphql",
        data=fields,
        files={"0": ("../../me.html", content, "text/html")},
        headers={"graphql-require-preflight": "1"},
    )


def test_who_signs_is_in_the_book(client: httpx.Client) -> None:
    """
    The newest are first, and the older ones are asked for by the last that is known.
    """
    for name in ("Ada", "Grace", "Hedy"):
        signed = ask(client, SIGN, name=name, message=f"I am {name}.")["sign"]
        assert signed["message"] == f"I am {name}."

    newest = ask(client, ENTRIES)["entries"]
    older = ask(client, ENTRIES, before=newest[-1]["id"])["entries"]

    assert [entry["name"] for entry in newest] == ["Hedy", "Grace"]
    assert [entry["name"] for entry in older] == ["Ada"]


def test_the_book_is_kept(tmp_path: Path) -> None:
    """
    What was written is there when the program starts again.
    """
    with book(tmp_path) as client:
        ask(client, SIGN, name="Ada", message="Hello.")
        path = upload(client, PHOTO, name="Bob", message="Hi.").json()
        path = path["data"]["sign"]["photo"]
    with book(tmp_path) as client:
        entries = ask(client, ENTRIES)["entries"]
        photo = client.get(entries[0]["photo"])

    assert [entry["name"] for entry in entries] == ["Bob", "Ada"]
    assert entries[0]["photo"] == path
    assert photo.content == PHOTO


def test_a_photo(client: httpx.Client) -> None:
    """
    It is served as what it is, under a name of ours.
    """
    answer = upload(client, PHOTO, name="Ada", message="With a photo.")

    path = answer.json()["data"]["sign"]["photo"]
    photo = client.get(path)
    assert path.startswith("/photos/")
    assert path.endswith(".png")
    assert photo.content == PHOTO
    assert photo.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "content, complaint",
    [
        (b"<script>", "A photo must be a PNG, JPEG or GIF file."),
        (b"", "A photo must be a PNG, JPEG or GIF file."),
        (
            b"GIF89a" + bytes(PHOTO_SIZE),
            f"A photo must not have more than {PHOTO_SIZE} bytes.",
        ),
    ],
)
def test_what_is_no_photo(
    client: httpx.Client, tmp_path: Path, content: bytes, complaint: str
) -> None:
    """
    Who sends it is told so, and nothing is kept.
    """
    answer = upload(client, content, name="Eve", message="Look!")

    assert complaints(answer) == [complaint]
    assert ask(client, ENTRIES)["entries"] == []
    assert list((tmp_path / "photos").iterdir()) == []


def test_a_photo_from_another_site(client: httpx.Client) -> None:
    """
    A form there can send files here, but not the header that asks first.
    """
    files = {"operations": (None, "{}"), "map": (None, "{}")}

    answer = client.post("/graphql", files=files)

    assert answer.status_code == 400
    assert "could have been sent by another site" in complaints(answer)[0]


@pytest.mark.parametrize(
    "query, complaint",
    [
        ("{ entries(first: 101) { id } }", "`first` must be between 0 and 100."),
        ("{ entries(first: -1) { id } }", "`first` must be between 0 and 100."),
        ('{ entries(before: "x") { id } }', "`before` must be the `id` of an entry."),
        (
            'mutation { sign(name: " ", message: "") { id } }',
            "Who signs has a name, and something to say.",
        ),
    ],
)
def test_what_the_book_does_not_take(
    client: httpx.Client, query: str, complaint: str
) -> None:
    """
    The answer says what is wrong.
    """
    answer = client.post("/graphql", json={"query": query})

    assert complaints(answer) == [complaint]


def test_news_by_events(client: httpx.Client) -> None:
    """
    Who listens gets every entry that is written from then on.
    """
    headers = {"accept": "text/event-stream"}
    body = {"query": SIGNED}

    with client.stream("POST", "/graphql", json=body, headers=headers) as events:
        ask(client, SIGN, name="Ada", message="Hello.")
        upload(client, PHOTO, name="Bob", message="Hi.")
        data = (x[6:] for x in events.iter_lines() if x.startswith("data: "))
        heard = [json.loads(next(data))["data"]["signed"] for _ in range(2)]

    assert events.headers["content-type"].startswith("text/event-stream")
    assert heard[0] == {"name": "Ada", "message": "Hello.", "photo": None}
    assert heard[1]["name"] == "Bob"
    assert heard[1]["photo"].startswith("/photos/")


def test_news_over_a_websocket(client: httpx.Client) -> None:
    """
    One connection is enough for all: to listen, and to write.
    """
    address = str(client.base_url).replace("http", "ws", 1) + "/graphql"
    heard = None

    with connect(
        address,
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        open_timeout=DEADLINE,
        proxy=None,
    ) as websocket:

        def send(kind: str, **more: Any) -> None:
            websocket.send(json.dumps({"type": kind, **more}))

        def receive() -> Any:
            return json.loads(websocket.recv(DEADLINE))

        send("connection_init")
        assert receive()["type"] == "connection_ack"
        send("subscribe", id="news", payload={"query": SIGNED})
        number = 0
        # There is no word for "I listen now": so write until something is heard.
        while heard is None:
            number += 1
            variables = {"name": "Ada", "message": f"Number {number}"}
            payload = {"query": SIGN, "variables": variables}
            send("subscribe", id=f"entry-{number}", payload=payload)
            message: Dict[str, Any] = {}
            while message.get("type") != "complete":
                message = receive()
                if message["type"] == "next" and message["id"] == "news":
                    heard = message["payload"]["data"]["signed"]

    assert heard["name"] == "Ada"
    assert heard["message"].startswith("Number ")


@pytest.mark.anyio
async def test_who_is_far_behind() -> None:
    """
    It hears what was kept for it, and then no more; nobody waits for it.
    """
    news = News()
    slow, quick = news.listen(), news.listen()

    heard = []
    for number in range(BACKLOG + 2):
        news.tell(number)
        heard.append(await quick.__anext__())
    late = [item async for item in slow]

    assert heard == list(range(BACKLOG + 2))
    assert late == list(range(BACKLOG))
    assert news.listeners == {quick}
    await quick.aclose()
    await slow.aclose()
    assert news.listeners == set()


def test_the_command_line(tmp_path: Path) -> None:
    """
    It says where the book is, serves it with GraphiQL, and keeps it where it is told.
    """
    with running("graphql", str(tmp_path), "--port", "0") as process:
        url = address(process)
        page = httpx.get(url, headers={"accept": "text/html"}, **PATIENT)
        answer = httpx.post(url, json={"query": "{ entries { id } }"}, **PATIENT)

    assert "<title>GraphiQL</title>" in page.text
    assert answer.json() == {"data": {"entries": []}}
    assert (tmp_path / "book.sqlite").exists()
