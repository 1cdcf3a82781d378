"""The demo program, as a newcomer meets it: a command, a page, its links and forms.

Every test talks to the program in a process of its own, over a real socket.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import time
from html.parser import HTMLParser
from typing import Dict, Iterator, List, Optional, Tuple

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.programs import DEADLINE, ROOT, address, interrupt, kept_port, running


def conversation(url: str) -> ClientConnection:
    """A WebSocket to the page that says everything again."""
    return connect(
        url.replace("http", "ws") + "/echo", open_timeout=DEADLINE, proxy=None
    )


class Anchors(HTMLParser):
    """Collects the attributes of every tag that refers to another address."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: List[Dict[str, Optional[str]]] = []
        self.addresses: List[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        found = dict(attrs)
        if tag == "a":
            self.links.append(found)
        for name in ("href", "src", "action"):
            if name in found:
                self.addresses.append(found[name] or "")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a demo that all tests of this module share."""
    with running("demo", "--port", "0") as process:
        yield address(process)


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=DEADLINE, trust_env=False) as client:
        yield client


def test_every_link_answers_as_it_promises(client: httpx.Client) -> None:
    """
    Each link of the first page has the status that the page shows beside it.
    """
    links = Anchors(client.get("/").text).links

    promised = {link["href"]: link["data-status"] for link in links}
    answered = {href: str(client.get(href or "").status_code) for href in promised}

    assert answered == promised
    assert set(promised.values()) == set("200 307 400 404 405 418 500".split())


def test_pages_need_nothing_from_elsewhere(client: httpx.Client) -> None:
    """
    Every address on the first page is on the demo itself, and exists.
    """
    addresses = Anchors(client.get("/").text).addresses

    local = [found for found in addresses if found != "data:,"]
    statuses = {found: client.options(found).status_code for found in local}

    assert all(re.match(r"/(?!/)", found) for found in local)
    assert {"/style.css", "/script.js", "/upload", "/notes"} <= set(statuses)
    assert client.get("/style.css").headers["content-type"].startswith("text/css")
    assert "javascript" in client.get("/script.js").headers["content-type"]


@pytest.mark.parametrize(
    "path, value, kind",
    [
        ("/typed/str/Ada%20Lovelace", "'Ada Lovelace'", "str"),
        ("/typed/int/42", "42", "int"),
        ("/typed/float/2.5", "2.5", "float"),
        (
            "/typed/uuid/5b1d3f2e-7c1e-4b8a-9d55-2f0c6a1e9b77",
            "UUID('5b1d3f2e-7c1e-4b8a-9d55-2f0c6a1e9b77')",
            "UUID",
        ),
        ("/typed/path/a/b/c.txt", "'a/b/c.txt'", "str"),
    ],
)
def test_typed_parameter(
    client: httpx.Client, path: str, value: str, kind: str
) -> None:
    """
    The page shows what the convertor made, its type, and the URL made from it.
    """
    page = client.get(path).text.replace("&#x27;", "'")

    assert f"<td>{value}</td>" in page
    assert f"<td>{kind}</td>" in page
    assert f"<td>{client.base_url.join(path)}</td>" in page


def test_json_describes_the_request(client: httpx.Client) -> None:
    """
    The answer names the method, the query and the headers that were sent.
    """
    answer = client.get("/json?colour=blue", headers={"X-Test": "yes"}).json()

    assert answer["method"] == "GET"
    assert answer["query"] == {"colour": "blue"}
    assert answer["headers"]["x-test"] == "yes"


def test_json_document_is_echoed(client: httpx.Client) -> None:
    """
    A JSON document comes back, with its Python type.
    """
    answer = client.post("/json", json=[1, {"a": None}])

    assert answer.json() == {"type": "list", "document": [1, {"a": None}]}


@pytest.mark.parametrize("body", [b"{", b"", b"\xff"])
def test_what_is_not_json_is_refused(client: httpx.Client, body: bytes) -> None:
    """
    A body that is not JSON is the client's mistake: 400, with a page that says so.
    """
    answer = client.post("/json", content=body)

    assert answer.status_code == 400
    assert "This is not JSON" in answer.text


def test_form_shows_every_field_escaped(client: httpx.Client) -> None:
    """
    A field chosen twice is shown twice, and HTML in it is text.
    """
    page = client.post("/form", data={"name": "<b>", "colour": ["red", "green"]}).text

    assert re.findall(r"<td>(.*)</td>", page) == ["&lt;b&gt;", "red", "green"]
    assert "<b>" not in page


def test_upload_is_measured_and_hashed(client: httpx.Client) -> None:
    """
    A file larger than what is kept in memory arrives whole.
    """
    content = os.urandom(1024) * 3000

    page = client.post("/upload", files={"file": ("a&b.bin", content)}).text

    assert "<td>a&amp;b.bin</td>" in page
    assert f"<td>{len(content)} bytes</td>" in page
    assert f"<td>{hashlib.sha256(content).hexdigest()}</td>" in page


def test_upload_without_a_file_is_refused(client: httpx.Client) -> None:
    """
    A form whose file was not chosen is a 400.
    """
    answer = client.post("/upload", files={"file": ("", b"")})

    assert answer.status_code == 400


def test_upload_that_is_too_large_is_refused(url: str) -> None:
    """
    A length over the limit is a 413, before any of the file was sent.
    """
    host, port = url[len("http://") :].split(":")
    head = (
        f"POST /upload HTTP/1.1\r\nHost: {host}\r\nContent-Length: {17 << 20}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=DEADLINE) as connection:
        connection.sendall(head.encode())
        status = connection.makefile("rb").readline()

    assert status.startswith(b"HTTP/1.1 413 ")


def test_stream_arrives_piece_by_piece(client: httpx.Client) -> None:
    """
    The countdown is more than one piece on the wire, and complete.
    """
    with client.stream("GET", "/countdown/3") as answer:
        pieces = list(answer.iter_raw())

    assert len(pieces) > 1
    assert b"".join(pieces) == b"3\n2\n1\nLift-off!\n"


def test_file_answers_a_range(client: httpx.Client) -> None:
    """
    A range of the source is those bytes of the file, and no others.
    """
    source = (ROOT / "examples" / "demo" / "app.py").read_bytes()

    whole = client.get("/source")
    part = client.get("/source", headers={"Range": "bytes=3-9"})
    beyond = client.get("/source", headers={"Range": "bytes=9999999-"})

    assert whole.content == source
    assert (part.status_code, part.content) == (206, source[3:10])
    assert part.headers["content-range"] == f"bytes 3-9/{len(source)}"
    assert beyond.status_code == 416


def test_websocket_echoes(url: str) -> None:
    """
    Every text is sent back, on one connection, until the client closes.
    """
    with conversation(url) as websocket:
        websocket.send("one")
        websocket.send("two")
        answers = [websocket.recv(DEADLINE), websocket.recv(DEADLINE)]

    assert answers == ["echo: one", "echo: two"]


def test_note_is_answered_first_and_worked_on_after(client: httpx.Client) -> None:
    """
    The form leads back to the notes, where the fingerprint turns up later.
    """
    answer = client.post("/notes", data={"text": "<milk>"})

    digest = hashlib.pbkdf2_hmac("sha256", b"<milk>", b"demo", 1_000_000)
    row = f"&lt;milk&gt;</th><td>{digest.hex()[:16]}</td>"
    deadline = time.monotonic() + DEADLINE
    page = client.get("/notes").text
    while row not in page and time.monotonic() < deadline:
        page = client.get("/notes").text  # pragma: no cover (if it took that long)

    assert answer.status_code == 303
    assert answer.headers["location"] == str(client.base_url.join("/notes"))
    assert row in page


@pytest.mark.parametrize("text", ["", "x" * 201])
def test_note_of_a_wrong_length_is_refused(client: httpx.Client, text: str) -> None:
    """
    A note that is empty or too long is a 400.
    """
    assert client.post("/notes", data={"text": text}).status_code == 400


def test_lifespan_state_outlives_a_request(client: httpx.Client) -> None:
    """
    The notebook made at the start counts the visits of all requests.
    """
    counts = [
        int(re.findall(r"Visits of this page: (\d+)\.", client.get("/notes").text)[0])
        for _ in range(2)
    ]

    assert counts[1] == counts[0] + 1


def test_redirects_lead_somewhere(client: httpx.Client) -> None:
    """
    Both redirects end on a page.
    """
    moved = client.get("/old", follow_redirects=True)
    slash = client.get("/json/", follow_redirects=True)

    assert "the new place" in moved.text
    assert slash.json()["method"] == "GET"


def test_errors_have_pages_of_their_own(client: httpx.Client) -> None:
    """
    404 and 405 are shown in the frame of the demo; 405 says what is allowed.
    """
    missing = client.get("/missing")
    refused = client.get("/form")

    assert "<h1>404 Not Found</h1>" in missing.text
    assert "<h1>405 Method Not Allowed</h1>" in refused.text
    assert refused.headers["allow"] == "POST"


def test_mistake_is_shown_on_the_debug_page(client: httpx.Client) -> None:
    """
    A browser gets the traceback as HTML, with the line that failed.
    """
    page = client.get("/boom", headers={"Accept": "text/html"})

    assert page.status_code == 500
    assert page.headers["content-type"].startswith("text/html")
    assert "KeyError" in page.text
    assert "boom" in page.text


def test_host_that_is_not_here_is_said_in_one_sentence() -> None:
    """
    An address of another machine ends the program the same way.
    """
    with running("demo", "--host", "192.0.2.1", "--port", "0") as process:
        _, stderr = process.communicate(timeout=DEADLINE)

    assert process.returncode == 1
    assert stderr.startswith("Cannot serve on 192.0.2.1, port 0: ")
    assert stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["eighty", "-1", "65536", "²"])
def test_port_that_is_none_is_refused(port: str) -> None:
    """
    The command line says what a port looks like.
    """
    with running("demo", PORT=port) as process:
        _, stderr = process.communicate(timeout=DEADLINE)

    assert process.returncode == 2
    assert "a port must be a number from 0 to 65535, but got" in stderr


def test_port_comes_from_the_environment() -> None:
    """
    `PORT` moves the program when the command line says nothing.
    """
    with kept_port() as port, running("demo", PORT=str(port)) as process:
        found = address(process)

    assert found == f"http://127.0.0.1:{port}"


def test_control_c_ends_open_conversations() -> None:
    """
    A stream and a WebSocket that are still open do not keep the program alive.
    """
    with running("demo", "--port", "0") as process:
        url = address(process)
        with contextlib.ExitStack() as stack:
            stack.enter_context(conversation(url))
            client = stack.enter_context(
                httpx.Client(timeout=DEADLINE, trust_env=False)
            )
            answer = stack.enter_context(client.stream("GET", f"{url}/countdown/60"))
            assert next(answer.iter_raw()) == b"60\n"
            status, _, stderr = interrupt(process)

    assert status == 0
    assert "Traceback" not in stderr
