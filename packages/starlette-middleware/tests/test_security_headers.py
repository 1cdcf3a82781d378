"""The headers of the preset, and the nonce."""

from __future__ import annotations

import re
from typing import Any, Dict, List

import pytest

from starlette.applications import Starlette
from starlette.middleware.security_headers import (
    STRICT_HEADERS,
    SecurityHeadersMiddleware,
)
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
)
from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

CSP = "content-security-policy"
PLAIN = PlainTextResponse("text")
PAGE = HTMLResponse("<p>")


async def respond(
    response: Response = PLAIN, scheme: str = "http", **options: Any
) -> Recorder:
    middleware = SecurityHeadersMiddleware(response, **options)
    return await exchange(middleware, http_scope(scheme=scheme))


async def test_preset() -> None:
    """
    Every header of the preset is there, and a policy without a nonce.
    """
    recorder = await respond()

    for name, value in STRICT_HEADERS.items():
        assert recorder.headers[name] == value
    assert "script-src  'strict-dynamic'; " in recorder.headers[CSP]
    assert "nonce" not in recorder.headers[CSP]
    assert "strict-transport-security" not in recorder.headers


async def test_https() -> None:
    """
    Strict transport security is promised over HTTPS alone.
    """
    recorder = await respond(scheme="https")
    without = await respond(scheme="https", strict_transport_security=None)

    assert recorder.headers["strict-transport-security"].startswith("max-age=63072000")
    assert "strict-transport-security" not in without.headers


async def test_response_stays_as_it_is() -> None:
    """
    Headers are added to a copy, and those of the application win.
    """
    response = PlainTextResponse("", headers={"X-Frame-Options": "SAMEORIGIN"})
    before = list(response.raw_headers)
    recorder = await respond(response)

    assert recorder.headers.getlist("x-frame-options") == ["SAMEORIGIN"]
    assert response.raw_headers == before


async def test_policy_of_the_application() -> None:
    """
    It is the only one.
    """
    response = HTMLResponse("", headers={CSP: "default-src 'none'"})

    assert (await respond(response)).headers.getlist(CSP) == ["default-src 'none'"]


async def test_page() -> None:
    """
    Its policy has a nonce whether the nonce was read or not, another one each time.
    """
    nonces = set()
    for _ in range(2):
        recorder = await respond(PAGE)
        (policy,) = recorder.headers.getlist(CSP)
        found = re.findall("'nonce-([A-Za-z0-9_-]{24})'", policy)

        assert len(found) == 2
        nonces.update(found)
    assert len(nonces) == 2


@pytest.mark.parametrize("policy", [None, "default-src 'self'"])
async def test_page_that_has_not_changed(policy: Any) -> None:
    """
    The page that the client has kept has a nonce of its own: a policy without one, or
    with another, would take the place of its own.
    """
    options = {} if policy is None else {"content_security_policy": policy}
    recorder = await respond(Response(status_code=304), **options)

    assert recorder.headers.get(CSP) == policy
    assert recorder.headers["x-frame-options"] == "DENY"


async def test_response_without_a_media_type() -> None:
    """
    It is no page, and gets no nonce.
    """
    recorder = await respond(Response(b""))

    assert "nonce" not in recorder.headers[CSP]


async def test_nonce_that_is_read() -> None:
    """
    What the program reads is what the browser gets.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonce = Request(scope).state.csp_nonce
        await PlainTextResponse(f"{nonce} {nonce}")(scope, receive, send)

    recorder = await exchange(SecurityHeadersMiddleware(app), http_scope())
    first, second = recorder.body.decode().split()

    assert first == second
    assert f"'nonce-{first}'" in recorder.headers[CSP]


@pytest.mark.parametrize(
    "policy, value",
    [
        ("default-src 'self'", "default-src 'self'"),
        ({"default-src": ["'self'", "https:"]}, "default-src 'self' https:"),
        ({"img-src": "*", "sandbox": ""}, "img-src *; sandbox"),
    ],
)
async def test_policies(policy: Any, value: str) -> None:
    """
    A policy is text or directives; without a nonce none is offered.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert "csp_nonce" not in scope["state"]
        await PAGE(scope, receive, send)

    middleware = SecurityHeadersMiddleware(app, content_security_policy=policy)
    recorder = await exchange(middleware, http_scope())

    assert recorder.headers[CSP] == value


async def test_no_policy() -> None:
    """
    None is sent, the other headers are.
    """
    recorder = await respond(content_security_policy=None)

    assert CSP not in recorder.headers
    assert "x-frame-options" in recorder.headers


async def test_report_only() -> None:
    """
    The policy goes by the name that has browsers report and do nothing.
    """
    recorder = await respond(PAGE, report_only=True)

    assert CSP not in recorder.headers
    assert "nonce-" in recorder.headers[f"{CSP}-report-only"]


async def test_other_headers() -> None:
    """
    They are added, replaced and taken away by name.
    """
    headers = {
        "X-Frame-Options": "SAMEORIGIN",
        "referrer-policy": None,
        "x-new": "1",
    }
    recorder = await respond(headers=headers)

    assert recorder.headers["x-frame-options"] == "SAMEORIGIN"
    assert "referrer-policy" not in recorder.headers
    assert recorder.headers["x-new"] == "1"


async def test_answer_to_an_exception() -> None:
    """
    It has the headers too.
    """

    def fail(request: Request) -> Response:
        raise RuntimeError("boom")

    app = Starlette(routes=[Route("/", fail)])
    app.add_middleware(SecurityHeadersMiddleware)
    recorder = Recorder()
    with pytest.raises(RuntimeError, match="boom"):
        await app(http_scope(), Script.http(), recorder)

    assert recorder.status == 500
    assert recorder.headers["x-frame-options"] == "DENY"


async def test_lifespan_passes_by() -> None:
    """
    It gets no nonce.
    """
    seen: List[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    await exchange(SecurityHeadersMiddleware(app), lifespan_scope(), Script.lifespan())

    assert seen[0]["state"] == {}


@pytest.mark.parametrize(
    "options",
    [
        {"content_security_policy": "default-src\n*"},
        {"content_security_policy": {"default-src": "*; script-src *"}},
        {"content_security_policy": {"default-src": "a, b"}},
        {"strict_transport_security": "max-age=1\r\nx: y"},
        {"headers": {"x\n": "1"}},
        {"headers": {"x": "\n"}},
    ],
)
def test_wrong_options(options: Dict[str, Any]) -> None:
    """
    What cannot be a header is refused at once.
    """
    with pytest.raises(ValueError, match="must not contain"):
        SecurityHeadersMiddleware(PLAIN, **options)
