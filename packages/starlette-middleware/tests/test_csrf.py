"""Requests from other sites, and the token for browsers that say nothing of sites."""

from __future__ import annotations

import copy
import pickle
from typing import Any, Awaitable, Callable, Dict, List, Optional, Tuple

import pytest

from starlette._lazy_text import LazyText, TextOnDemand
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.csrf import CSRFMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

HOST = ("host", "example.org")
URLENCODED = ("content-type", "application/x-www-form-urlencoded")
MULTIPART = ("content-type", "multipart/form-data; boundary=xyz")


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body, or with the token if there is none."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    body = await Request(scope, receive).body()
    wants_token = b"token" in scope["query_string"]
    text = scope["state"]["csrf_token"] if wants_token else body.decode()
    await PlainTextResponse(f"{text}", headers={"vary": "Accept"})(scope, receive, send)


def protected(**options: Any) -> CSRFMiddleware:
    return CSRFMiddleware(inner, **{"secret_key": "secret", **options})


async def send_request(
    *headers: Tuple[str, str],
    method: str = "POST",
    path: str = "/",
    body: Tuple[bytes, ...] = (b"body",),
    scheme: str = "http",
    app: Optional[CSRFMiddleware] = None,
) -> Recorder:
    sent = headers if any(name == "host" for name, _ in headers) else (HOST, *headers)
    scope = http_scope(method, path, headers=sent, scheme=scheme)
    return await exchange(app or protected(), scope, body)


async def token_and_cookie(app: Optional[CSRFMiddleware] = None) -> Tuple[str, str]:
    scope = http_scope(headers=[HOST], query="token")
    recorder = await exchange(app or protected(), scope)
    cookie = recorder.headers["set-cookie"].partition(";")[0]
    return recorder.body.decode(), cookie


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
async def test_safe_methods(method: str) -> None:
    """
    They pass from everywhere, without a cookie being set.
    """
    recorder = await send_request(("sec-fetch-site", "cross-site"), method=method)

    assert recorder.status == 200
    assert "set-cookie" not in recorder.headers
    assert recorder.headers["vary"] == "Accept"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "SOMETHING"])
async def test_other_methods_without_any_sign(method: str) -> None:
    """
    They are refused: nothing says where they come from.
    """
    recorder = await send_request(method=method)

    assert recorder.status == 403
    assert recorder.body.startswith(b"Forbidden")


@pytest.mark.parametrize(
    "headers, status",
    [
        ([("sec-fetch-site", "same-origin")], 200),
        ([("sec-fetch-site", "none")], 200),
        ([("sec-fetch-site", "same-site")], 403),
        ([("sec-fetch-site", "cross-site")], 403),
        ([("sec-fetch-site", "")], 403),
        ([("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")], 403),
        ([("sec-fetch-site", "same-origin"), ("origin", "null")], 200),
        ([("sec-fetch-site", "cross-site"), ("origin", "http://example.org")], 403),
        ([("sec-fetch-site", "cross-site"), ("origin", "https://ok.org")], 200),
        ([("sec-fetch-site", "same-site"), ("origin", "https://ok.org:443")], 200),
        ([("origin", "http://example.org")], 200),
        ([("origin", "http://EXAMPLE.org:80")], 200),
        ([("origin", "https://example.org")], 403),
        ([("origin", "http://example.org:8080")], 403),
        ([("origin", "http://example.org.evil.org")], 403),
        ([("origin", "http://user@example.org")], 403),
        ([("origin", "http://example.org/")], 403),
        ([("origin", "null")], 403),
        ([("origin", "")], 403),
        ([("origin", "http://example.org"), ("origin", "http://evil.org")], 403),
        ([("origin", "https://ok.org")], 200),
        ([("origin", "http://ok.org")], 403),
        ([("host", "[::1]:80"), ("origin", "http://[::1]")], 200),
        ([("host", "a"), ("host", "b"), ("origin", "http://a")], 403),
        ([("host", "a b"), ("origin", "http://a b")], 403),
    ],
)
async def test_headers_of_browsers(headers: List[Tuple[str, str]], status: int) -> None:
    """
    What Sec-Fetch-Site says counts, then the origin, and a list of those trusted.
    """
    app = protected(trusted_origins=["https://OK.org"])
    recorder = await send_request(*headers, app=app)

    assert recorder.status == status


async def test_scheme_counts() -> None:
    """
    The origin of a request over HTTPS is one over HTTPS.
    """
    good = await send_request(("origin", "https://example.org"), scheme="https")
    bad = await send_request(("origin", "http://example.org"), scheme="https")

    assert (good.status, bad.status) == (200, 403)


async def test_token_in_a_header() -> None:
    """
    The token of the page passes, and so does the value of the cookie, for scripts.
    """
    token, cookie = await token_and_cookie()
    value = cookie.partition("=")[2]
    for sent in (token, value):
        recorder = await send_request(("cookie", cookie), ("x-csrf-token", sent))

        assert recorder.status == 200
        assert recorder.body == b"body"


async def test_token_in_a_form() -> None:
    """
    The field is found wherever the body is cut, and the body is all there inside.
    """
    token, cookie = await token_and_cookie()
    form = f"a=1&csrf_token={token}&b=2".encode()
    part = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n--xyz'
    parts = "".join(
        f"\r\n{part.format(*pair)}" for pair in (("a", "1"), ("csrf_token", token))
    )
    multipart = f"--xyz{parts}--\r\n".encode()
    for kind, body, size in (
        (kind, body, size)
        for kind, body in ((URLENCODED, form), (MULTIPART, multipart))
        for size in (1, 7, 1000)
    ):
        pieces = [body[n : n + size] for n in range(0, len(body), size)]
        pieces.insert(1, b"")
        recorder = await send_request(("cookie", cookie), kind, body=tuple(pieces))

        assert recorder.status == 200
        assert recorder.body == body


async def test_long_bodies() -> None:
    """
    A token in front of them is enough: they are not read ahead.
    """
    token, cookie = await token_and_cookie()
    script = Script(
        {
            "type": "http.request",
            "body": f"csrf_token={token}&a=".encode() + b"x" * 70_000,
            "more_body": True,
        },
        {"type": "http.request", "body": b"y" * 70_000},
    )
    calls: List[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        calls.append(script.calls)
        size = len(await Request(scope, receive).body())
        await PlainTextResponse(str(size))(scope, receive, send)

    scope = http_scope("POST", headers=[HOST, ("cookie", cookie), URLENCODED])
    recorder = await exchange(CSRFMiddleware(app, "secret"), scope, script)

    assert int(recorder.body) > 140_000
    assert calls == [1]


async def test_token_in_an_application() -> None:
    """
    The page has the token, and the response its cookie.
    """

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{request.state.csrf_token}")

    app = Starlette(
        routes=[Route("/", page)],
        middleware=[Middleware(CSRFMiddleware, secret_key="secret")],
    )
    recorder = await exchange(app, http_scope())
    cookie = recorder.headers["set-cookie"].partition(";")[0]
    token = recorder.body.decode()
    answer = await send_request(("cookie", cookie), ("x-csrf-token", token))

    assert answer.status == 200


async def test_wrong_tokens() -> None:
    """
    Neither another's token, nor a cookie of one's own making, nor garbage passes.
    """
    token, cookie = await token_and_cookie()
    other_token, other_cookie = await token_and_cookie()
    foreign_token, foreign_cookie = await token_and_cookie(protected(secret_key="x"))
    field = b"csrf_token=" + token.encode()
    for headers, body in (
        ([("cookie", cookie)], b""),
        ([("x-csrf-token", token)], b""),
        ([("cookie", cookie), ("x-csrf-token", other_token)], b""),
        ([("cookie", cookie), ("x-csrf-token", other_cookie.partition("=")[2])], b""),
        ([("cookie", foreign_cookie), ("x-csrf-token", foreign_token)], b""),
        ([("cookie", "csrftoken=a.b"), ("x-csrf-token", "a.b")], b""),
        ([("cookie", "csrftoken="), ("x-csrf-token", "")], b""),
        ([("cookie", cookie), ("x-csrf-token", "")], b""),
        ([("cookie", cookie), ("x-csrf-token", token[:-1])], b""),
        ([("cookie", cookie), ("x-csrf-token", "x" * 1000)], b""),
        ([("cookie", cookie), ("x-csrf-token", "\xff")], b""),
        ([("cookie", cookie), ("x-csrf-token", "%%%%.%%%%")], b""),
        ([("cookie", "xcsrftoken" + cookie[9:]), ("x-csrf-token", token)], b""),
        ([("cookie", cookie)], field),
        ([("cookie", cookie), ("content-type", "text/plain")], field),
        ([("cookie", cookie), URLENCODED], b"x" + field),
        ([("cookie", cookie), ("content-type", "multipart/form-data; a=b")], field),
        (
            [("cookie", cookie), MULTIPART],
            b"--xyz\r\nA: b\r\n\r\n--xyz\r\n--xyz--",
        ),
        ([("cookie", cookie), ("content-type", "multipart/form-data")], field),
        ([("cookie", cookie), MULTIPART], b"--xyz\r\n\r\n" + field),
        (
            [("cookie", cookie), MULTIPART],
            b'--xyz\r\nContent-Disposition: form-data; name="csrf_token"; '
            b'filename="a"\r\n\r\n' + token.encode() + b"\r\n--xyz--",
        ),
        ([("cookie", cookie), MULTIPART], b"--xyz\r\nA: b\r\n\r\nc\r\n--xyz--"),
    ):
        recorder = await send_request(*headers, body=(body,))

        assert recorder.status == 403


async def test_token_does_not_help_another_site() -> None:
    """
    Where the browser says that it is another site, that is all that counts.
    """
    token, cookie = await token_and_cookie()
    recorder = await send_request(
        ("cookie", cookie), ("x-csrf-token", token), ("sec-fetch-site", "cross-site")
    )

    assert recorder.status == 403


async def test_field_cut_by_the_limit() -> None:
    """
    A field that is not complete, or comes too late, is not compared.
    """
    token, cookie = await token_and_cookie()
    for body in (
        (b"a=" + b"x" * 65_530 + b"&csrf_token=", token.encode()),
        (b"x" * 65_536, b"&csrf_token=" + token.encode()),
    ):
        recorder = await send_request(("cookie", cookie), URLENCODED, body=body)

        assert recorder.status == 403


async def read(request: Request) -> None:
    await request.body()


async def stream(request: Request) -> None:
    assert b"".join([chunk async for chunk in request.stream()])


async def look_for_a_disconnect(request: Request) -> None:
    assert not await request.is_disconnected()


@pytest.mark.parametrize(
    "use, status",
    [(read, 200), (look_for_a_disconnect, 200), (stream, 403)],
)
@pytest.mark.parametrize("pieces", [1, 2])
async def test_body_that_is_read_further_out(
    use: Callable[[Request], Awaitable[None]], status: int, pieces: int
) -> None:
    """
    The field is found, and the body is there inside; a stream is gone for everybody.
    """
    token, cookie = await token_and_cookie()
    form = f"a=1&csrf_token={token}&b=2".encode()
    parts = (form,) if pieces == 1 else (form[:30], form[30:])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        await use(request)
        await protected()(scope, receive, send)
        assert await request.body() == form

    scope = http_scope("POST", headers=[HOST, ("cookie", cookie), URLENCODED])
    recorder = Recorder()
    if status == 200:
        recorder = await exchange(app, scope, parts)
        assert recorder.body == form
    else:
        with pytest.raises(RuntimeError, match="consumed"):
            await app(scope, Script.http(*parts), recorder)

    assert recorder.status == status


@pytest.mark.parametrize("name, status", [("csrf_token", 200), ("other", 403)])
async def test_form_that_is_read_further_out(name: str, status: int) -> None:
    """
    The field is found in it.
    """
    token, cookie = await token_and_cookie()
    passed: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append((await Request(scope, receive).form()).get(name))

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).form()
        await CSRFMiddleware(app, "secret")(scope, receive, send)

    scope = http_scope("POST", headers=[HOST, ("cookie", cookie), URLENCODED])
    recorder = Recorder()
    await outer(scope, Script.http(f"{name}={token}".encode()), recorder)

    assert passed == ([token] if status == 200 else [])
    assert (recorder.status if recorder.messages else 200) == status


async def test_long_body_that_is_read_further_out() -> None:
    """
    It is looked into as far as any other.
    """
    token, cookie = await token_and_cookie()
    field = b"csrf_token=" + token.encode()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        await protected()(scope, receive, send)

    statuses = []
    for body in (field + b"&a=" + b"x" * 70_000, b"x" * 65_536 + b"&" + field):
        scope = http_scope("POST", headers=[HOST, ("cookie", cookie), URLENCODED])
        statuses.append((await exchange(app, scope, (body,))).status)

    assert statuses == [200, 403]


async def test_client_that_goes_while_it_sends_the_form() -> None:
    """
    Its request is refused.
    """
    _, cookie = await token_and_cookie()
    script = Script({"type": "http.disconnect"})
    scope = http_scope("POST", headers=[HOST, ("cookie", cookie), URLENCODED])
    recorder = await exchange(protected(), scope, script)

    assert recorder.status == 403


async def test_tokens_of_one_cookie() -> None:
    """
    Each page has another one, for the same cookie, which is not set again.
    """
    first, cookie = await token_and_cookie()
    headers = [HOST, ("cookie", f"csrftoken=tossed; {cookie}")]
    second = await exchange(protected(), http_scope(headers=headers, query="token"))
    token = second.body.decode()
    recorder = await send_request(("cookie", cookie), ("x-csrf-token", token))

    assert token != first
    assert "set-cookie" not in second.headers
    assert second.headers["vary"] == "Accept, Cookie"
    assert recorder.status == 200


async def test_keys_in_rotation() -> None:
    """
    The first key signs, all verify.
    """
    token, cookie = await token_and_cookie(protected(secret_key="old"))
    app = protected(secret_key=["new", "old"])
    headers = (("cookie", cookie), ("x-csrf-token", token))

    assert (await send_request(*headers, app=app)).status == 200
    assert (await send_request(*headers, app=protected())).status == 403


def user_of(conn: HTTPConnection) -> Any:
    return conn.headers.get("x-user")


@pytest.mark.parametrize("owner", [None, "", "ada", "\ud800", 7])
async def test_cookie_that_is_bound(owner: Any) -> None:
    """
    It is good for its owner, and for nobody else.
    """
    owners = [owner]
    app = protected(bound_to=lambda conn: owners[0])
    token, cookie = await token_and_cookie(app)
    as_script = cookie.partition("=")[2]
    statuses: Dict[Any, List[int]] = {}
    for other in (None, "", "ada", "\ud800", "\ud801", 7, "bob"):
        owners[0] = other
        statuses[other] = [
            (await send_request(("cookie", cookie), sent, app=app)).status
            for sent in (("x-csrf-token", token), ("x-csrf-token", as_script))
        ]

    assert statuses.pop(owner) == [200, 200]
    assert all(found == [403, 403] for found in statuses.values())


async def test_bound_cookie_that_was_put_there() -> None:
    """
    The page of another user gets a cookie of its own.
    """
    app = protected(bound_to=user_of)
    headers = [HOST, ("x-user", "eve")]
    theirs = await exchange(app, http_scope(headers=headers, query="token"))
    tossed = theirs.headers["set-cookie"].partition(";")[0]
    headers = [HOST, ("x-user", "ada"), ("cookie", tossed)]
    page = await exchange(app, http_scope(headers=headers, query="token"))
    cookie = page.headers["set-cookie"].partition(";")[0]
    token = page.body.decode()
    for sent, status in ((tossed, 403), (cookie, 200), (f"{tossed}; {cookie}", 200)):
        recorder = await send_request(
            ("x-user", "ada"), ("cookie", sent), ("x-csrf-token", token), app=app
        )

        assert recorder.status == status


async def test_token_of_a_bound_cookie_read_too_late() -> None:
    """
    It is made, and good for nothing; the scope is not kept by it.
    """
    app = protected(bound_to=user_of)
    scope = http_scope(headers=[HOST, ("x-user", "ada")])
    await exchange(app, scope)
    token = scope["state"]["csrf_token"]

    assert token.scope is None
    assert len(str(token)) == 64


async def test_bound_to_a_session() -> None:
    """
    Who logs in gets another cookie, and the one from before is worth nothing.
    """

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(request.state.csrf_token))

    async def log_in(request: Request) -> PlainTextResponse:
        request.session["user"] = "ada"
        return PlainTextResponse("")

    app = Starlette(
        routes=[Route("/", page), Route("/log-in", log_in, methods=["POST"])],
        middleware=[
            Middleware(SessionMiddleware, "secret"),
            Middleware(
                CSRFMiddleware,
                "secret",
                bound_to=lambda conn: conn.session.get("user"),
            ),
        ],
    )

    async def request(method: str, path: str, jar: Dict[str, str], token: str) -> str:
        cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
        headers = [HOST, ("cookie", cookies), ("x-csrf-token", token)]
        recorder = await exchange(app, http_scope(method, path, headers=headers))
        for line in recorder.headers.getlist("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            jar[name] = value
        return recorder.body.decode() if recorder.status == 200 else "refused"

    jar: Dict[str, str] = {}
    first = await request("GET", "/", jar, "")
    before = jar["csrftoken"]

    assert await request("POST", "/log-in", jar, first) == ""
    assert await request("POST", "/log-in", jar, first) == "refused"

    second = await request("GET", "/", jar, "")

    assert jar["csrftoken"] != before
    assert await request("POST", "/log-in", jar, second) == ""
    assert await request("POST", "/log-in", {**jar, "csrftoken": before}, first) == (
        "refused"
    )


async def test_attributes_of_the_cookie() -> None:
    """
    Scripts can read it; the rest is as asked for.
    """
    app = protected(
        cookie_name="__Host-csrf", https_only=True, same_site="strict", domain="a.org"
    )
    recorder = await exchange(app, http_scope(query="token"))
    name, _, attributes = recorder.headers["set-cookie"].partition("; ")

    assert name.startswith("__Host-csrf=")
    assert attributes == (
        "path=/; Max-Age=31536000; samesite=strict; secure; domain=a.org"
    )


@pytest.mark.parametrize(
    "path, status",
    [("/hook", 200), ("/hook/", 403), ("/api/", 200), ("/api/x", 200), ("/apix", 403)],
)
async def test_exempt_paths(path: str, status: int) -> None:
    """
    They are not protected; one with a final slash stands for all below.
    """
    app = protected(exempt_paths=["/hook", "/api/"])

    assert (await send_request(path=path, app=app)).status == status


@pytest.mark.parametrize(
    "headers, is_accepted",
    [
        ([], True),
        ([("origin", "https://example.org")], True),
        ([("origin", "https://ok.org")], True),
        ([("origin", "https://evil.org")], False),
        ([("origin", "null")], False),
        ([("origin", "https://example.org"), ("sec-fetch-site", "same-origin")], True),
        ([("origin", "https://evil.org"), ("sec-fetch-site", "cross-site")], False),
    ],
)
async def test_websockets(headers: List[Tuple[str, str]], is_accepted: bool) -> None:
    """
    One that a page of another site opens is closed before it is accepted.
    """
    app = protected(trusted_origins=["https://ok.org"])
    scope = websocket_scope(headers=[HOST, *headers], scheme="wss")
    recorder = await exchange(app, scope, Script.websocket())

    assert recorder.messages[0]["type"] == (
        "websocket.accept" if is_accepted else "websocket.close"
    )


async def test_lifespan_passes_by() -> None:
    """
    There is nothing to protect.
    """
    seen: List[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    await exchange(CSRFMiddleware(app, "secret"), lifespan_scope(), Script.lifespan())

    assert "csrf_token" not in seen[0]["state"]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"secret_key": ""}, "`secret_key` must be"),
        ({"trusted_origins": "https://a.org"}, "`trusted_origins` must be a list"),
        ({"trusted_origins": ["a.org"]}, "`trusted_origins` must be origins"),
        ({"trusted_origins": ["https://a.org/"]}, "`trusted_origins` must be origins"),
        ({"exempt_paths": "/a"}, "`exempt_paths` must be a list"),
        ({"exempt_paths": ["a"]}, "`exempt_paths` must be a list"),
        ({"cookie_name": "a b"}, "`cookie_name` must be a token"),
        ({"header_name": ""}, "`header_name` must be a token"),
        ({"field_name": '"'}, "`field_name` must be a token"),
        ({"path": ";"}, "`path` must be"),
        ({"same_site": ""}, "`same_site` must be"),
        ({"bound_to": "user"}, "`bound_to` must be a function"),
        ({"bound_to": read}, "`bound_to` must be a function that is not awaited"),
    ],
)
def test_wrong_options(options: Dict[str, Any], message: str) -> None:
    """
    They are refused at once, by name.
    """
    with pytest.raises(ValueError, match=message):
        protected(**options)


def test_lazy_text() -> None:
    """
    It is made once, at the first use, and then is like the text.
    """
    made: List[int] = []

    def make() -> str:
        made.append(1)
        return "abc"

    text = LazyText(make)

    assert text.text is None
    assert not made
    assert str(text) == text.__html__() == f"{text}" == "abc"
    assert repr(text) == "'abc'"
    assert text == "abc"
    assert text == LazyText(lambda: "abc")
    assert text != 3
    assert hash(text) == hash("abc")
    assert len(text) == 3
    assert text + "d" == "abcd"
    assert "0" + text == "0abc"
    assert text.upper() == "ABC"
    assert made == [1]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda text: pickle.loads(pickle.dumps(text))]
)
async def test_copy_of_a_token(copied: Callable[[Any], Any]) -> None:
    """
    It is the text.
    """
    scope = http_scope(headers=[HOST])
    await exchange(protected(), scope)
    token = scope["state"]["csrf_token"]
    found = copied({"token": token})["token"]
    again = copied(token)

    assert str(found) == str(token)
    assert again == str(token)
    assert type(again) is str


def test_text_that_nobody_makes() -> None:
    """
    A class of such texts has to say how.
    """
    text = TextOnDemand()
    text.text = None

    with pytest.raises(NotImplementedError):
        str(text)
