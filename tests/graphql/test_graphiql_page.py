"""GraphiQL in a browser: it works, and it talks to nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any, AsyncGenerator, Iterator, List, Set

import httpx
import pytest

from starlette._graphql.compat import HAS_INCREMENTAL
from starlette.applications import Starlette
from starlette.graphql import GraphQLApp
from starlette.middleware.security_headers import SecurityHeadersMiddleware
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testing import live_server
from tests.chromium import DEADLINE, EXECUTABLE, Page, browse

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(EXECUTABLE is None, reason="needs Debian's package chromium"),
]

SCHEMA = """
    type Query { hello(name: String = "world"): String!, patient: String! }
    type Mutation { tell(what: String!): Boolean }
    type Subscription { told: String! }
"""

RESPONSE = (
    "document.querySelector('.graphiql-response .view-lines')?.innerText"
    ".replace(/\\s/g, '')"
)


class News:
    """What is told by a mutation reaches who listens; the first of it is kept."""

    def __init__(self) -> None:
        self.listeners: List[asyncio.Queue[str]] = []
        self.first: asyncio.Queue[str] = asyncio.Queue()

    def tell(self, source: Any, info: Any, what: str) -> None:
        self.first.put_nowait(what)
        for listener in self.listeners:
            listener.put_nowait(what)

    async def patient(self, source: Any, info: Any) -> str:
        return await self.first.get()

    async def told(self, source: Any, info: Any) -> AsyncGenerator[str, None]:
        listener: asyncio.Queue[str] = asyncio.Queue()
        self.listeners.append(listener)
        try:
            yield "listening"
            while True:
                yield await listener.get()
        finally:
            self.listeners.remove(listener)


def greet(source: Any, info: Any, name: str) -> str:
    return f"Hello, {name}!"


def program(news: News) -> Starlette:
    """The endpoint as a route, and as a mount in a mount."""
    graphql = GraphQLApp(
        SCHEMA,
        resolvers={
            "Query": {"hello": greet, "patient": news.patient},
            "Mutation": {"tell": news.tell},
            "Subscription": {"told": news.told},
        },
    )
    routes = [
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        Mount("/inner", routes=[Mount("/graphql", graphql)]),
    ]
    return Starlette(routes=routes)


@pytest.fixture
def news() -> News:
    return News()


@contextlib.contextmanager
def serving(page: Page, app: Any, **config: Any) -> Iterator[str]:
    """Serve *app*, and have the page go elsewhere before the server stops.

    What it still asks for, for a worker that waits for the debugger as well, would have
    to be cut off by the server, which leaves the sockets of such requests open.
    """
    # uvicorn's default for WebSockets warns that its library has gone on.
    config = {"lifespan": "off", "ws": "websockets-sansio", **config}
    with live_server(app, **config) as server:
        try:
            yield server.url
        finally:
            page.open("about:blank")


@pytest.fixture
def address(page: Page, news: News) -> Iterator[str]:
    with serving(page, program(news)) as url:
        yield url


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browse(tmp_path) as page:
        page.watch_workers()
        yield page


def show(page: Page, url: str) -> None:
    """Open GraphiQL, and wait until it knows the schema."""
    page.open(url)
    page.wait_until("document.querySelector('.graphiql-query-editor .view-lines')")
    page.wait_until("!document.querySelector('.graphiql-spinner')")


def write(page: Page, query: str) -> None:
    """Replace what is in the editor, and wait until it is taken for an operation."""
    page.click(".graphiql-query-editor .monaco-editor")
    page.wait_until("document.activeElement.closest('.graphiql-query-editor')")
    for kind in ("keyDown", "keyUp"):
        page.call(
            "Input.dispatchKeyEvent",
            type=kind,
            key="a",
            code="KeyA",
            windowsVirtualKeyCode=65,
            modifiers=2,
            commands=["selectAll"],
        )
    page.call("Input.insertText", text=query)
    name = query.split()[1]
    tab = "document.querySelector('.graphiql-tab-active, [aria-selected=true]')"
    page.wait_until(f"{tab}?.textContent.includes({name!r})")


def run(page: Page, query: str, *expected: str) -> None:
    """Write and run an operation, and wait until the response shows what it should."""
    write(page, query)
    page.click(".graphiql-execute-button")
    for part in expected:
        read(page, part)


def read(page: Page, part: str) -> None:
    page.wait_until(f"{RESPONSE}?.includes({part!r})")


def workers(page: Page) -> Set[str]:
    """What the workers of the page are for."""
    urls = [e["targetInfo"]["url"] for e in page.told("Target.attachedToTarget")]
    return {url.partition("?graphiql=")[2].partition(".")[0] for url in urls}


def tell(address: str, what: str) -> None:
    """Tell something, as another client."""
    query = f"mutation {{ tell(what: {json.dumps(what)}) }}"
    answer = httpx.post(f"{address}/graphql", json={"query": query}, timeout=DEADLINE)
    assert answer.json() == {"data": {"tell": None}}


def assert_quiet(page: Page, address: str) -> None:
    """Nothing went wrong, and nobody else was asked for anything."""
    asked = [e["request"]["url"] for e in page.told("Network.requestWillBeSent")]
    sockets = [e["url"] for e in page.told("Network.webSocketCreated")]
    ours = (address, address.replace("http", "ws", 1), "data:")
    console = [e["type"] for e in page.told("Runtime.consoleAPICalled")]

    assert [url for url in asked + sockets if not url.startswith(ours)] == []
    assert [url for url in asked if url.startswith(address)]
    assert page.told("Log.entryAdded") == []
    assert page.told("Runtime.exceptionThrown") == []
    assert set(console) <= {"log", "info", "debug"}


def test_a_query(page: Page, address: str) -> None:
    """
    It is typed, run and answered, a mistake is marked, and the schema can be read;
    three workers help with it, all from here.
    """
    show(page, f"{address}/graphql")
    run(page, 'query Greet { hello(name: "Ada") }', '"hello":"Hello,Ada!"')
    write(page, "query Wrong { bye }")
    page.wait_until("document.querySelector('.graphiql-query-editor .squiggly-error')")
    page.click("[aria-label='Show Documentation Explorer']")
    page.wait_until(
        "document.querySelector('.graphiql-plugin')?.innerText.includes('Subscription')"
    )

    page.receive_until(lambda: len(workers(page)) == 3)
    assert workers(page) == {"editor", "graphql", "json"}
    assert_quiet(page, address)


def test_a_subscription(page: Page, address: str, news: News) -> None:
    """
    Its events are shown as they come, by server-sent events; the button stops it.
    """
    show(page, f"{address}/graphql")
    run(page, "subscription Told { told }", '"told":"listening"')
    tell(address, "one")
    read(page, '"told":"one"')
    tell(address, "two")
    read(page, '"told":"two"')

    assert page.told("Network.webSocketCreated") == []
    assert len(news.listeners) == 1
    page.click(".graphiql-execute-button")
    while news.listeners:
        tell(address, "anybody?")
    assert_quiet(page, address)


def test_a_subscription_over_a_websocket(page: Page, address: str) -> None:
    """
    The address of the page may ask for it, and the policy lets it through.
    """
    show(page, f"{address}/graphql?subscriptions=websocket")
    run(page, "subscription Told { told }", '"told":"listening"')
    tell(address, "one")
    read(page, '"told":"one"')

    assert len(page.told("Network.webSocketCreated")) == 1
    assert_quiet(page, address)


@pytest.mark.skipif(not HAS_INCREMENTAL, reason="graphql-core 3.2 cannot")
def test_defer(page: Page, address: str) -> None:
    """
    What is there is shown at once, and the rest when it comes.
    """
    show(page, f"{address}/graphql")
    run(page, "query Both { hello ... @defer { patient } }", '"hello":"Hello,world!"')
    assert "patient" not in page.evaluate(RESPONSE)
    tell(address, "here")
    read(page, '"patient":"here"')

    assert '"hello":"Hello,world!"' in page.evaluate(RESPONSE)
    assert_quiet(page, address)


def test_a_link_with_a_query(page: Page, address: str) -> None:
    """
    The query is shown, and not run.
    """
    show(page, f"{address}/graphql?query=mutation+Shout+%7B+tell(what:%22a%22)+%7D")
    page.wait_until(
        "document.querySelector('.graphiql-query-editor').innerText.includes('Shout')"
    )

    asked = [e["request"] for e in page.told("Network.requestWillBeSent")]
    sent = [json.loads(r["postData"]) for r in asked if r["method"] == "POST"]
    assert {body["operationName"] for body in sent} == {"IntrospectionQuery"}
    assert_quiet(page, address)


@pytest.mark.parametrize(
    "root_path, path",
    [("", "/inner/graphql/"), ("/outer", "/graphql"), ("/outer", "/inner/graphql/")],
)
def test_another_place(page: Page, news: News, root_path: str, path: str) -> None:
    """
    The page and all it asks for work below a mount and behind a ``root_path``.
    """
    app = program(news)

    with serving(page, app, root_path=root_path) as url:
        show(page, url + path)
        run(page, "query Greet { hello }", '"hello":"Hello,world!"')
        run(page, "subscription Told { told }", '"told":"listening"')
        page.click(".graphiql-execute-button")
        assert_quiet(page, url)


def test_a_strict_policy_around(page: Page, news: News) -> None:
    """
    The page works inside of the middleware that gives all pages one.
    """
    app = program(news)
    app.add_middleware(SecurityHeadersMiddleware)

    with serving(page, app) as url:
        show(page, f"{url}/graphql")
        run(page, "query Greet { hello }", '"hello":"Hello,world!"')
        assert_quiet(page, url)


def test_what_the_policy_stops(page: Page, address: str) -> None:
    """
    Another host, text that is evaluated, scripts and styles without the nonce.
    """
    show(page, f"{address}/graphql")
    page.evaluate(
        """new Promise((resolve) => {
          const seen = window.seen = [];
          addEventListener("securitypolicyviolation", (event) => {
            seen.push(event.effectiveDirective);
            if (seen.length === 5) resolve(true);
          });
          // By the parser's way, that the page's own code does not take.
          const add = (html) => document.body.append(
            document.createRange().createContextualFragment(html));
          fetch("http://localhost:1/").catch(() => {});
          new Image().src = "http://localhost:1/";
          setTimeout("window.evaluated = true");
          add("<script>window.evaluated = true</script>");
          add("<style>body { color: red }</style>");
        })"""
    )

    assert sorted(page.evaluate("window.seen")) == [
        "connect-src",
        "img-src",
        "script-src",
        "script-src-elem",
        "style-src-elem",
    ]
    assert page.evaluate("window.evaluated") is None
    assert len(page.told("Log.entryAdded")) >= 5
