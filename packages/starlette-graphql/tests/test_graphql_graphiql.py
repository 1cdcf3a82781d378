"""The page for browsers, and its files."""

from __future__ import annotations

import gzip
import hashlib
import re
from typing import Any, Dict, Optional

import httpx
import pytest

from starlette._graphql.graphiql import FOLDER, manifest
from starlette.graphql import GraphQLApp
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

SDL = "type Query { hello: String }"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = manifest()["files"]["main.js"]


async def get(
    app: Any, query: str = "", method: str = "GET", **headers: Optional[str]
) -> httpx.Response:
    """The answer to a browser; a header that is None is not sent."""
    merged = {**HTML, **headers}
    sent = {k.replace("_", "-"): v for k, v in merged.items() if v is not None}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        del client.headers["accept-encoding"]
        return await client.request(method, f"/graphql{query}", headers=sent)


def directives(answer: httpx.Response) -> Dict[str, str]:
    """The content security policy."""
    policy = answer.headers["content-security-policy"]
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


async def test_the_page() -> None:
    """
    It names a script and a style sheet that are there, at its own address.
    """
    app = GraphQLApp(SDL)

    page = await get(app)
    named = re.findall(r'(?:href|src)="(\?graphiql=[^"]+)"', page.text)
    files = [await get(app, query, accept="*/*") for query in named]

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["vary"] == "Accept"
    assert [(f.status_code, f.headers["content-type"]) for f in files] == [
        (200, "text/css; charset=utf-8"),
        (200, "text/javascript; charset=utf-8"),
    ]


async def test_the_policy_of_the_page() -> None:
    """
    Scripts and style elements need the nonce, which is another one each time; nothing
    is evaluated, framed, sent or fetched elsewhere.
    """
    app = GraphQLApp(SDL)

    first, second = await get(app), await get(app)
    policy = directives(first)
    nonce = policy.pop("script-src")[1:-1]

    assert directives(second)["script-src"] != f"'{nonce}'"
    assert re.fullmatch(r"nonce-[\w-]{22}", nonce)
    assert first.text.count(f'nonce="{nonce[6:]}"') == 2
    assert policy == {
        "default-src": "'none'",
        "worker-src": "'self'",
        "style-src-elem": f"'{nonce}'",
        "style-src-attr": "'unsafe-inline'",
        "font-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_a_nonce_that_is_there() -> None:
    """
    The one of a middleware around is the one of the page.
    """
    inner = GraphQLApp(SDL)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"csp_nonce": "of-the-middleware"}
        await inner(scope, receive, send)

    page = await get(app)

    assert directives(page)["script-src"] == "'nonce-of-the-middleware'"
    assert page.text.count('nonce="of-the-middleware"') == 2


@pytest.mark.parametrize("sse, expected", [(True, "sse"), (False, "websocket")])
async def test_what_carries_subscriptions(sse: bool, expected: str) -> None:
    """
    Events, because they reach wherever the page does; a WebSocket without them.
    """
    page = await get(GraphQLApp(SDL, sse=sse))

    assert f'data-subscriptions="{expected}"' in page.text


@pytest.mark.parametrize("plain", sorted(manifest()["files"]))
@pytest.mark.parametrize("coding", ["gzip", None])
async def test_every_file(plain: str, coding: Optional[str]) -> None:
    """
    It is what was built, packed for who takes that, and stays for ever.
    """
    entry = manifest()["files"][plain]

    answer = await get(
        GraphQLApp(SDL), f"?graphiql={entry['name']}", accept_encoding=coding
    )

    assert hashlib.sha256(answer.content).hexdigest() == entry["sha256"]
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "Accept-Encoding" in answer.headers["vary"].split(", ")
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "accept_encoding, packed",
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=1.000", True),
        ("gzip; q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
        ("br", False),
        ("", False),
    ],
)
async def test_who_takes_gzip(accept_encoding: str, packed: bool) -> None:
    """
    Who says so with a weight above zero, and nobody else.
    """
    answer = await get(
        GraphQLApp(SDL), f"?graphiql={SCRIPT['name']}", accept_encoding=accept_encoding
    )

    assert ("content-encoding" in answer.headers) is packed


async def test_the_head_of_a_file() -> None:
    """
    It says how long the file is, and does not send it.
    """
    query = f"?graphiql={SCRIPT['name']}"
    app = GraphQLApp(SDL)

    plain = await get(app, query, "HEAD")
    packed = await get(app, query, "HEAD", accept_encoding="gzip")

    size = (FOLDER / f"{SCRIPT['name']}.gz").stat().st_size
    assert plain.headers["content-length"] == str(SCRIPT["size"])
    assert packed.headers["content-length"] == str(size)
    assert plain.content == packed.content == b""
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"


async def test_a_file_that_the_browser_has() -> None:
    """
    It is not sent again; packed and unpacked are two.
    """
    query = f"?graphiql={SCRIPT['name']}"
    app = GraphQLApp(SDL)
    tag = (await get(app, query)).headers["etag"]

    same = await get(app, query, if_none_match=f'"other", {tag}')
    weak = await get(app, query, if_none_match=f"W/{tag}")
    any_at_all = await get(app, query, if_none_match="*")
    packed = await get(app, query, if_none_match=tag, accept_encoding="gzip")
    other = await get(app, query, if_none_match='"other"')

    assert [a.status_code for a in (same, weak, any_at_all)] == [304, 304, 304]
    assert [a.status_code for a in (packed, other)] == [200, 200]
    assert packed.headers["etag"] != tag
    assert same.headers["etag"] == tag
    assert same.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert same.content == b""


@pytest.mark.parametrize(
    "name",
    [
        "main.js",
        "main-00000000.js",
        f"{SCRIPT['name']}.gz",
        "manifest.json",
        "LICENSES.txt",
        "../graphiql.py",
        "..%2Fgraphiql.py",
        "%00",
        "",
    ],
)
async def test_what_is_no_file_of_the_page(name: str) -> None:
    """
    It is missing, for now.
    """
    answer = await get(GraphQLApp(SDL), f"?graphiql={name}")

    assert answer.status_code == 404
    assert answer.text == "Not Found"
    assert answer.headers["cache-control"] == "no-store"


async def test_graphiql_switched_off() -> None:
    """
    There is neither a page nor a file.
    """
    app = GraphQLApp(SDL, graphiql=False)

    page = await get(app)
    file = await get(app, f"?graphiql={SCRIPT['name']}")

    assert (page.status_code, page.text) == (404, "Not Found")
    assert (file.status_code, file.text) == (404, "Not Found")


async def test_a_page_of_ones_own() -> None:
    """
    The text is sent as it is, and our files are not.
    """
    app = GraphQLApp(SDL, graphiql="<p>Ask!")

    page = await get(app)
    file = await get(app, f"?graphiql={SCRIPT['name']}")

    assert page.text == "<p>Ask!"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept"
    assert "content-security-policy" not in page.headers
    assert file.status_code == 404


def plain_text(request: Request) -> str:
    return f"<p>{request.url.path}"


async def awaited_text(request: Request) -> str:
    return f"<p>{request.url.path}"


async def response(request: Request) -> Response:
    return HTMLResponse(f"<p>{request.url.path}", headers={"vary": "Cookie"})


@pytest.mark.parametrize(
    "page, vary",
    [(plain_text, "Accept"), (awaited_text, "Accept"), (response, "Cookie, Accept")],
)
async def test_a_function_that_makes_the_page(page: Any, vary: str) -> None:
    """
    It gets the request, and returns a response or text, at once or awaited.
    """
    answer = await get(GraphQLApp(SDL, graphiql=page))

    assert answer.text == "<p>/graphql"
    assert answer.headers["vary"] == vary


@pytest.mark.parametrize("source", [None, 1, b"<p>"])
async def test_what_cannot_be_a_page(source: Any) -> None:
    """
    It is an error at construction, which says what can.
    """
    with pytest.raises(TypeError, match="`graphiql` must be a bool, HTML text or a"):
        GraphQLApp(SDL, graphiql=source)


def test_the_licences_are_shipped() -> None:
    """
    Every package of the manifest that is in the bundles is named with its version.
    """
    text = (FOLDER / "LICENSES.txt").read_text(encoding="utf-8")
    packages = manifest()["packages"]

    missing = [n for n, p in packages.items() if f"{n} {p['version']} (" not in text]
    assert missing == ["esbuild"]


def test_no_public_host_is_named() -> None:
    """
    No file knows where scripts could be loaded from.
    """
    hosts = (b"unpkg.com", b"jsdelivr.net", b"esm.sh", b"cdnjs")

    contents = [gzip.decompress(p.read_bytes()) for p in FOLDER.glob("*.gz")]

    assert [host for host in hosts if any(host in c for c in contents)] == []
