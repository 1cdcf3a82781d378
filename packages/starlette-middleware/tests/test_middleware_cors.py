"""CORS: preflights, simple requests, ``Vary``, and the answer to a failure."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import ALL_METHODS, SAFELISTED_HEADERS, CORSMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope
from starlette.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

ORIGIN = "https://example.org"
OTHER = "https://evil.example"
FORM = "https://form.example"


class Boom(Exception):
    """Raised by the endpoints that are meant to fail."""


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("Hello", headers={"x-app": "1"})(scope, receive, send)


async def simple(
    middleware: CORSMiddleware, headers: Dict[str, str], method: str = "GET"
) -> Recorder:
    return await exchange(middleware, http_scope(method, headers=headers))


async def preflight(middleware: CORSMiddleware, **headers: str) -> Recorder:
    given = {"origin": ORIGIN, "access-control-request-method": "GET"}
    given.update({name.replace("_", "-"): value for name, value in headers.items()})
    return await exchange(middleware, http_scope("OPTIONS", headers=given))


# -- simple requests --------------------------------------------------------------


async def test_a_request_without_an_origin() -> None:
    """
    Where every origin may read, caches are told that one would get the leave to.
    """
    recorder = await simple(CORSMiddleware(app, allow_origins=["*"]), {})

    assert recorder.body == b"Hello"
    assert recorder.headers["vary"] == "Origin"
    assert "access-control-allow-origin" not in recorder.headers


async def test_a_request_without_an_origin_where_one_is_allowed() -> None:
    """
    Caches are told that the response would be another for an origin.
    """
    recorder = await simple(CORSMiddleware(app, allow_origins=[ORIGIN]), {})

    assert recorder.headers["vary"] == "Origin"
    assert "access-control-allow-origin" not in recorder.headers


async def test_an_allowed_origin() -> None:
    """
    It is named, and so are the headers that it may read.
    """
    middleware = CORSMiddleware(
        app, allow_origins=[FORM, ORIGIN], expose_headers=["X-App", "X-Other"]
    )
    recorder = await simple(middleware, {"origin": ORIGIN})

    assert recorder.headers["access-control-allow-origin"] == ORIGIN
    assert recorder.headers["access-control-expose-headers"] == "X-App, X-Other"
    assert recorder.headers["vary"] == "Origin"
    assert recorder.headers["x-app"] == "1"


async def test_an_origin_that_is_not_allowed() -> None:
    """
    It gets the response, without leave to read it.
    """
    middleware = CORSMiddleware(app, allow_origins=[ORIGIN])
    recorder = await simple(middleware, {"origin": OTHER})

    assert recorder.body == b"Hello"
    assert "access-control-allow-origin" not in recorder.headers
    assert recorder.headers["vary"] == "Origin"


async def test_every_origin_is_allowed() -> None:
    """
    The answer is ``*``; caches tell it from the one to a request without an origin.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"])
    recorder = await simple(middleware, {"origin": ORIGIN})

    assert recorder.headers["access-control-allow-origin"] == "*"
    assert recorder.headers["vary"] == "Origin"


async def test_a_cookie_where_every_origin_is_allowed() -> None:
    """
    The origin is named.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"])
    recorder = await simple(middleware, {"cookie": "a=b", "origin": ORIGIN})

    assert recorder.headers["access-control-allow-origin"] == ORIGIN
    assert recorder.headers["vary"] == "Origin"


@pytest.mark.parametrize("headers", [{}, {"cookie": "a=b"}])
async def test_every_origin_with_credentials(headers: Dict[str, str]) -> None:
    """
    The origin is named whether or not there is a cookie: ``*`` would be refused.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"], allow_credentials=True)
    recorder = await simple(middleware, {"origin": ORIGIN, **headers})

    assert recorder.headers["access-control-allow-origin"] == ORIGIN
    assert recorder.headers["access-control-allow-credentials"] == "true"
    assert recorder.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin, is_allowed",
    [
        ("https://a.example.org", True),
        ("https://a.example.org.evil.example", False),
        ("xhttps://a.example.org", False),
        ("https://a.example.org\n", False),
        (FORM, True),
    ],
)
async def test_a_regex(origin: str, is_allowed: bool) -> None:
    """
    It matches the whole origin or not at all, beside the origins that are listed.
    """
    middleware = CORSMiddleware(
        app, allow_origins=[FORM], allow_origin_regex=r"https://.*\.example\.org"
    )
    recorder = await simple(middleware, {"origin": origin})

    assert middleware.is_allowed_origin(origin) is is_allowed
    assert ("access-control-allow-origin" in recorder.headers) is is_allowed


async def test_an_origin_with_a_line_break_in_it() -> None:
    """
    It is never sent back.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"], allow_credentials=True)
    recorder = await simple(middleware, {"origin": "https://a\r\nset-cookie: b"})
    asked = await preflight(middleware, origin="https://a\r\nset-cookie: b")

    assert "access-control-allow-origin" not in recorder.headers
    assert "access-control-allow-origin" not in asked.headers


async def test_more_origins_than_are_remembered() -> None:
    """
    Each gets its own name back.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"], allow_credentials=True)
    origins = [f"https://{number}.example.org" for number in range(70)]
    named = [
        (await simple(middleware, {"origin": origin})).headers[
            "access-control-allow-origin"
        ]
        for origin in origins
    ]

    assert named == origins
    assert len(middleware._named) <= 64


async def test_headers_that_the_application_sets_itself() -> None:
    """
    Its ``Vary`` is added to; what only this middleware can know is replaced.
    """

    async def own(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"vary": "Accept, origin", "access-control-allow-origin": OTHER}
        await PlainTextResponse("Hello", headers=headers)(scope, receive, send)

    middleware = CORSMiddleware(own, allow_origins=[ORIGIN])
    recorder = await simple(middleware, {"origin": ORIGIN})

    assert recorder.headers.getlist("vary") == ["Accept, origin"]
    assert recorder.headers.getlist("access-control-allow-origin") == [ORIGIN]


async def test_an_application_that_varies_by_everything() -> None:
    """
    Nothing can be added to that.
    """

    async def own(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("", headers={"vary": "*"})(scope, receive, send)

    middleware = CORSMiddleware(own, allow_origins=[ORIGIN])
    recorder = await simple(middleware, {"origin": ORIGIN})

    assert recorder.headers.getlist("vary") == ["*"]


async def test_an_application_that_names_an_origin_where_all_are_allowed() -> None:
    """
    It is replaced.
    """

    async def own(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"access-control-allow-origin": OTHER}
        await PlainTextResponse("", headers=headers)(scope, receive, send)

    middleware = CORSMiddleware(own, allow_origins="*")
    recorder = await simple(middleware, {"origin": ORIGIN})

    assert recorder.headers.getlist("access-control-allow-origin") == ["*"]


@pytest.mark.parametrize(
    "headers", [None, ((b"x-app", b"1"),), iter([(b"x-app", b"1")])]
)
async def test_an_application_whose_headers_are_no_list(headers: Any) -> None:
    """
    Any iterable will do, and none.
    """

    async def own(scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {"type": "http.response.start", "status": 200}
        if headers is not None:
            start["headers"] = headers
        await send(start)
        await send({"type": "http.response.body"})

    middleware = CORSMiddleware(own, allow_origins=[ORIGIN])
    recorder = await simple(middleware, {"origin": ORIGIN})

    assert recorder.headers["access-control-allow-origin"] == ORIGIN


async def test_options_that_are_no_preflight() -> None:
    """
    They go on to the application.
    """
    middleware = CORSMiddleware(app, allow_origins=[ORIGIN])
    recorder = await simple(middleware, {"origin": ORIGIN}, "OPTIONS")

    assert recorder.body == b"Hello"
    assert recorder.headers["access-control-allow-origin"] == ORIGIN


async def test_a_websocket() -> None:
    """
    It passes by: browsers ask nobody for leave there.
    """
    seen: List[Any] = []

    async def own(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(send)

    recorder = Recorder()
    scope = websocket_scope(headers={"origin": OTHER})
    await CORSMiddleware(own, allow_origins=[ORIGIN])(scope, Script(), recorder)

    assert seen == [recorder]


# -- preflights -------------------------------------------------------------------


async def test_a_preflight() -> None:
    """
    It is answered with what is allowed, and goes no further.
    """
    middleware = CORSMiddleware(
        app,
        allow_origins=[ORIGIN],
        allow_methods=["GET", "PUT"],
        allow_headers=["X-Token"],
        max_age=5,
    )
    recorder = await preflight(
        middleware,
        access_control_request_method="PUT",
        access_control_request_headers="x-token, Content-Type",
    )

    assert recorder.status == 200
    assert recorder.body == b"OK"
    assert dict(recorder.headers) == {
        "access-control-allow-headers": (
            "Accept, Accept-Language, Content-Language, Content-Type, X-Token"
        ),
        "access-control-allow-methods": "GET, PUT",
        "access-control-allow-origin": ORIGIN,
        "access-control-max-age": "5",
        "content-length": "2",
        "content-type": "text/plain; charset=utf-8",
        "vary": "Origin",
    }


async def test_a_preflight_for_what_is_not_allowed() -> None:
    """
    The answer says what that is; only the origin is withheld.
    """
    middleware = CORSMiddleware(app, allow_origins=[ORIGIN])
    recorder = await preflight(
        middleware,
        origin=OTHER,
        access_control_request_method="PUT",
        access_control_request_headers="X-Token",
    )

    assert recorder.status == 400
    assert recorder.body == b"Disallowed CORS origin, method, headers"
    assert "access-control-allow-origin" not in recorder.headers
    assert recorder.headers["vary"] == "Origin"


async def test_a_preflight_where_everything_is_allowed() -> None:
    """
    All methods are listed, and the headers that were asked for are granted.
    """
    middleware = CORSMiddleware(
        app, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]
    )
    recorder = await preflight(middleware, access_control_request_headers="X-A, x-b")

    assert recorder.status == 200
    assert recorder.headers["access-control-allow-origin"] == "*"
    assert recorder.headers["access-control-allow-methods"] == ", ".join(ALL_METHODS)
    assert recorder.headers["access-control-allow-headers"] == "X-A, x-b"
    assert "vary" not in recorder.headers


async def test_a_preflight_that_asks_for_no_headers() -> None:
    """
    Where all are allowed none need be named.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"], allow_headers=["*"])
    recorder = await preflight(middleware)

    assert recorder.status == 200
    assert "access-control-allow-headers" not in recorder.headers


async def test_a_preflight_that_asks_for_headers_in_several_lines() -> None:
    """
    All of them count.
    """
    scope = http_scope(
        "OPTIONS",
        headers=[
            ("origin", ORIGIN),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "x-other"),
            ("access-control-request-headers", "accept"),
        ],
    )
    recorder = await exchange(CORSMiddleware(app, allow_origins=[ORIGIN]), scope)

    assert recorder.status == 400
    assert recorder.body == b"Disallowed CORS headers"


async def test_a_preflight_with_a_line_break_in_a_header() -> None:
    """
    It is never sent back.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"], allow_headers=["*"])
    recorder = await preflight(middleware, access_control_request_headers="a\r\nb: c")

    assert "access-control-allow-headers" not in recorder.headers


async def test_a_preflight_with_credentials() -> None:
    """
    The origin is named, and told that it may send them.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"], allow_credentials=True)
    recorder = await preflight(middleware)

    assert recorder.headers["access-control-allow-origin"] == ORIGIN
    assert recorder.headers["access-control-allow-credentials"] == "true"
    assert recorder.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "is_allowed, status, text",
    [(True, 200, b"OK"), (False, 400, b"Disallowed CORS private-network")],
)
async def test_a_preflight_from_a_less_private_network(
    is_allowed: bool, status: int, text: bytes
) -> None:
    """
    It is granted only where that is allowed.
    """
    middleware = CORSMiddleware(
        app, allow_origins=["*"], allow_private_network=is_allowed
    )
    recorder = await preflight(
        middleware, access_control_request_private_network="true"
    )

    assert recorder.status == status
    assert recorder.body == text
    granted = recorder.headers.get("access-control-allow-private-network")
    assert granted == ("true" if is_allowed else None)


async def test_the_same_again() -> None:
    """
    What is remembered is answered alike.
    """
    middleware = CORSMiddleware(app, allow_origins=[ORIGIN])
    asked = [await preflight(middleware, user_agent="x") for _ in range(2)]
    got = [await simple(middleware, {"origin": ORIGIN}) for _ in range(2)]

    assert asked[0].messages == asked[1].messages
    assert got[0].messages == got[1].messages


async def test_more_preflights_than_are_remembered() -> None:
    """
    Each is answered by itself, and a long one is not kept at all.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"], allow_headers=["*"])
    asked = [f"x-{number}" for number in range(70)] + ["x" * 300]
    granted = [
        (await preflight(middleware, access_control_request_headers=name)).headers[
            "access-control-allow-headers"
        ]
        for name in asked
    ]

    assert granted == asked
    assert len(middleware._answers) <= 64
    assert not any(b"xxx" in (key[3] or b"") for key in middleware._answers)


def test_a_preflight_as_a_function() -> None:
    """
    The response is made from headers alone.
    """
    headers = Headers({"origin": ORIGIN, "access-control-request-method": "POST"})
    response = CORSMiddleware(app, allow_origins="*").preflight_response(headers)

    assert response.status_code == 400
    assert response.body == b"Disallowed CORS method"


# -- failures ---------------------------------------------------------------------


@pytest.mark.parametrize("outside", [[], [Middleware(GZipMiddleware)]])
async def test_an_unhandled_exception(outside: List[Middleware]) -> None:
    """
    The 500 can be read by the origin that asked, wherever the middleware stands.
    """

    async def fail(request: Request) -> Response:
        raise Boom

    cors = Middleware(CORSMiddleware, allow_origins=[ORIGIN], allow_credentials=True)
    starlette = Starlette(routes=[Route("/", fail)], middleware=[*outside, cors])
    recorder = Recorder()
    with pytest.raises(Boom):
        await starlette(http_scope(headers={"origin": ORIGIN}), Script(), recorder)

    assert recorder.status == 500
    assert recorder.body == b"Internal Server Error"
    assert recorder.headers["access-control-allow-origin"] == ORIGIN
    assert recorder.headers["access-control-allow-credentials"] == "true"
    assert recorder.headers["vary"] == "Origin"


async def test_an_unhandled_exception_without_an_origin() -> None:
    """
    The 500 says that it depends on the origin, like every other response.
    """

    async def fail(request: Request) -> Response:
        raise Boom

    cors = Middleware(CORSMiddleware, allow_origins=[ORIGIN])
    starlette = Starlette(routes=[Route("/", fail)], middleware=[cors])
    recorder = Recorder()
    with pytest.raises(Boom):
        await starlette(http_scope(), Script(), recorder)

    assert recorder.status == 500
    assert recorder.headers["vary"] == "Origin"
    assert "access-control-allow-origin" not in recorder.headers


# -- subclasses -------------------------------------------------------------------


async def test_a_subclass_that_decides_about_origins() -> None:
    """
    It is asked each time, for preflights too.
    """

    answers = [True, False, True]

    class Asked(CORSMiddleware):
        def is_allowed_origin(self, origin: str) -> bool:
            return answers.pop(0)

    middleware = Asked(app)
    allowed = [
        "access-control-allow-origin" in recorder.headers
        for recorder in (
            await simple(middleware, {"origin": ORIGIN}),
            await simple(middleware, {"origin": ORIGIN}),
            await preflight(middleware),
        )
    ]

    assert allowed == [True, False, True]


async def test_a_subclass_with_more_headers() -> None:
    """
    What its constructor adds is sent.
    """

    class More(CORSMiddleware):
        def __init__(self, app: Any, **options: Any) -> None:
            super().__init__(app, **options)
            self.simple_headers["Timing-Allow-Origin"] = "*"

    recorder = await simple(More(app, allow_origins=["*"]), {"origin": ORIGIN})

    assert recorder.headers["timing-allow-origin"] == "*"


async def test_a_subclass_with_a_send_of_its_own() -> None:
    """
    It gets every message, and what it calls adds the headers.
    """
    seen: List[str] = []

    class Watching(CORSMiddleware):
        async def send(
            self, message: Message, send: Send, request_headers: Headers
        ) -> None:
            seen.append(message["type"])
            await super().send(message, send=send, request_headers=request_headers)

    recorder = await simple(Watching(app, allow_origins=["*"]), {"origin": ORIGIN})

    assert seen == ["http.response.start", "http.response.body"]
    assert recorder.headers["access-control-allow-origin"] == "*"


async def test_a_subclass_with_a_simple_response_of_its_own() -> None:
    """
    It is called, and so is ours by it; what fails inside comes out.
    """

    class Counting(CORSMiddleware):
        calls = 0

        async def simple_response(
            self, scope: Scope, receive: Receive, send: Send, request_headers: Headers
        ) -> None:
            self.calls += 1
            await super().simple_response(scope, receive, send, request_headers)

    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise Boom

    middleware = Counting(app, allow_origins=[ORIGIN])
    recorder = await simple(middleware, {"origin": ORIGIN})
    with pytest.raises(Boom):
        await simple(Counting(fail), {"origin": ORIGIN})

    assert middleware.calls == 1
    assert recorder.headers["access-control-allow-origin"] == ORIGIN


# -- construction -----------------------------------------------------------------


def test_what_frameworks_read() -> None:
    """
    The attributes are those that there have always been.
    """
    middleware = CORSMiddleware(app, allow_origins=["*"], allow_headers=["X-Token"])

    assert middleware.allow_all_origins is True
    assert middleware.allow_all_headers is False
    assert middleware.allow_methods == ("GET",)
    assert set(middleware.allow_headers) == {
        *(name.lower() for name in SAFELISTED_HEADERS),
        "x-token",
    }
    assert middleware.simple_headers == {"Access-Control-Allow-Origin": "*"}
    assert middleware.preflight_headers["Access-Control-Max-Age"] == "600"
    assert middleware.preflight_explicit_allow_origin is False


def test_one_string_for_several() -> None:
    """
    It is one item, not its letters.
    """
    middleware = CORSMiddleware(app, allow_origins=ORIGIN, allow_methods="PUT")

    assert middleware.is_allowed_origin(ORIGIN)
    assert not middleware.is_allowed_origin("https")
    assert middleware.preflight_headers["Access-Control-Allow-Methods"] == "PUT"


def test_a_header_that_cannot_be_sent() -> None:
    """
    Who configures it is told.
    """
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        CORSMiddleware(app, expose_headers=["x\r\ny: z"])


def test_allowing_an_origin_in_headers() -> None:
    """
    It is named, and caches are told.
    """
    headers = MutableHeaders({"vary": "Cookie"})
    CORSMiddleware.allow_explicit_origin(headers, ORIGIN)

    assert headers["access-control-allow-origin"] == ORIGIN
    assert headers["vary"] == "Cookie, Origin"


async def test_a_failure_after_the_response() -> None:
    """
    It is not answered again: the server's layer knows that the response has started.
    """

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        raise Boom

    cors = CORSMiddleware(late, allow_origins=[ORIGIN])
    recorder = Recorder()
    with pytest.raises(Boom):
        await ServerErrorMiddleware(cors)(
            http_scope(headers={"origin": ORIGIN}), Script(), recorder
        )

    assert len(recorder.of_type("http.response.start")) == 1
    assert recorder.headers["access-control-allow-origin"] == ORIGIN
