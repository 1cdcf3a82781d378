"""Every middleware of the family through the conformance suite, at work and at rest.

A new middleware is added to ``MIDDLEWARE``: a factory, and the headers of requests.
What the checks find in middleware that is wrong is in ``test_conformance_checks.py``.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List

import pytest

from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.body_limit import BodyLimitMiddleware
from starlette.middleware.compression import CompressionMiddleware
from starlette.middleware.conformance import CHECKS, Check, MiddlewareFactory
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.csrf import CSRFMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.opentelemetry import OpenTelemetryMiddleware
from starlette.middleware.proxy_headers import ProxyHeadersMiddleware
from starlette.middleware.request_id import RequestIDMiddleware
from starlette.middleware.security_headers import SecurityHeadersMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.timeout import TimeoutMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response

pytestmark = pytest.mark.anyio

ORIGIN = {"origin": "https://example.org"}
GZIP = {"accept_encoding": "gzip"}


class Dispatching(BaseHTTPMiddleware):
    """A middleware that does something before and after."""

    async def dispatch(
        self, request: Request, call_next: RequestResponseEndpoint
    ) -> Response:
        response = await call_next(request)
        response.headers["x-dispatched"] = "yes"
        return response


def case(name: str, factory: MiddlewareFactory, **headers: str) -> Any:
    """A middleware, and the headers of the requests it is checked with."""
    given: Dict[str, str] = {key.replace("_", "-"): v for key, v in headers.items()}
    return pytest.param(factory, given, id=name)


ONE_ORIGIN = partial(CORSMiddleware, allow_origins=[ORIGIN["origin"]])
ANY_ORIGIN = partial(CORSMiddleware, allow_origins=["*"])

STORED_SESSIONS = partial(SessionMiddleware, secret_key="secret", store="memory")
CSRF = partial(CSRFMiddleware, secret_key="secret")
CSRF_OF_A_USER = partial(CSRF, bound_to=lambda conn: "ada")
PROXY_HEADERS = partial(ProxyHeadersMiddleware, trusted_proxies=["unix"])

MIDDLEWARE: List[Any] = [
    case("server-errors", ServerErrorMiddleware),
    case("exceptions", ExceptionMiddleware),
    case("base-http", Dispatching),
    case("cors-at-rest", ANY_ORIGIN),
    case("cors-any-origin", ANY_ORIGIN, **ORIGIN),
    case("cors-no-origin", ONE_ORIGIN),
    case("cors-one-origin", ONE_ORIGIN, **ORIGIN),
    case("gzip-at-rest", GZipMiddleware),
    case("gzip", partial(GZipMiddleware, minimum_size=0), **GZIP),
    case("gzip-in-threads", partial(GZipMiddleware, thread_minimum_size=1), **GZIP),
    case("compression-at-rest", CompressionMiddleware),
    case("zstd", CompressionMiddleware, accept_encoding="zstd"),
    case("brotli", CompressionMiddleware, accept_encoding="br"),
    case("https-redirect", HTTPSRedirectMiddleware),
    case("trusted-host", partial(TrustedHostMiddleware, allowed_hosts=["testserver"])),
    case("body-limit", partial(BodyLimitMiddleware, max_body_size=1000)),
    case("sessions", partial(SessionMiddleware, secret_key="secret")),
    case("stored-sessions", STORED_SESSIONS),
    case("csrf", CSRF, sec_fetch_site="same-origin"),
    case("csrf-origin", CSRF, origin="https://testserver"),
    case("csrf-bound", CSRF_OF_A_USER, sec_fetch_site="same-origin"),
    case("proxy-headers-at-rest", ProxyHeadersMiddleware),
    case("proxy-headers", PROXY_HEADERS, x_forwarded_for="1.2.3.4"),
    case("security-headers", SecurityHeadersMiddleware),
    case("timeout", TimeoutMiddleware),
    case("request-id", RequestIDMiddleware),
    case("opentelemetry", OpenTelemetryMiddleware),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
@pytest.mark.parametrize("factory, headers", MIDDLEWARE)
async def test_a_middleware(
    factory: MiddlewareFactory, headers: Dict[str, str], check: Check
) -> None:
    """
    It satisfies every check.
    """
    await check(factory, headers)
