"""Middleware around a small response, and compression of a larger one.

The usual headers of a request accept gzip and Brotli, and have no ``Origin``.

Rivals' own CORS and compression do other work by default, so the yardstick is
starlette; the cost of a middleware with nothing to do is held against the plain route.
"""

import gzip
import json
from functools import partial
from typing import Any, Dict, Optional, Tuple

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.cases.plain import TEXT
from benchmarks.model import Adds, Case, Faster

ORDER = 65

_ORIGIN = "https://example.org"
_CORS = {"allow_origins": [_ORIGIN], "allow_methods": ["*"], "allow_headers": ["*"]}
_LARGE = [
    {"id": number, "name": f"item number {number}", "price": number * 1.25}
    for number in range(620)
]
"""About 32 KiB when encoded."""

# Raw ASGI costs two microseconds; a middleware with nothing to do, at most one and a
# half.
_NOTHING_TO_DO = Adds(0.75, to="text")


def _app(module: str, name: str, content: Any = TEXT, **options: Any) -> Any:
    from importlib import import_module

    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.requests import Request
    from starlette.responses import JSONResponse, PlainTextResponse, Response
    from starlette.routing import Route

    async def endpoint(request: Request) -> Response:
        if isinstance(content, str):
            return PlainTextResponse(content)
        return JSONResponse(content)

    middleware = getattr(import_module(f"starlette.middleware.{module}"), name)
    return Starlette(
        routes=[Route("/", endpoint)], middleware=[Middleware(middleware, **options)]
    )


def _text_answer() -> Answer:
    return Answer(body=TEXT.encode())


def _at_rest(
    name: str,
    title: str,
    apps: Dict[str, Any],
    *targets: Any,
    headers: Optional[Dict[str, str]] = None,
) -> Case:
    return Case(
        name=name,
        title=title,
        exchange=lambda: Http("GET", "/", _text_answer(), headers=headers or {}),
        apps=apps,
        targets=(*targets, _NOTHING_TO_DO),
    )


_cors = partial(_app, "cors", "CORSMiddleware", **_CORS)
_any_origin = partial(_app, "cors", "CORSMiddleware", allow_origins=["*"])
_gzip = partial(_app, "gzip", "GZipMiddleware")
_hosts = partial(
    _app, "trustedhost", "TrustedHostMiddleware", allowed_hosts=["127.0.0.1"]
)
_limit = partial(_app, "body_limit", "BodyLimitMiddleware", max_body_size=1_000_000)
_compression = partial(_app, "compression", "CompressionMiddleware")

CASES: Tuple[Case, ...] = (
    Case(
        name="cors-simple",
        title="CORS: simple request",
        exchange=lambda: Http(
            "GET",
            "/",
            Answer(
                body=TEXT.encode(),
                headers={"access-control-allow-origin": _ORIGIN, "vary": "Origin"},
            ),
            headers={"origin": _ORIGIN},
        ),
        apps={"starlette": _cors},
        targets=(Faster(2.5),),
    ),
    Case(
        name="cors-preflight",
        title="CORS: preflight",
        exchange=lambda: Http(
            "OPTIONS",
            "/",
            Answer(
                body=b"OK",
                headers={
                    "access-control-allow-origin": _ORIGIN,
                    "access-control-allow-headers": "content-type, x-token",
                },
            ),
            headers={
                "origin": _ORIGIN,
                "access-control-request-method": "PUT",
                "access-control-request-headers": "content-type, x-token",
            },
        ),
        apps={"starlette": _cors},
        targets=(Faster(1.8),),
    ),
    # What is called nothing elsewhere: here every response gets `Vary: Origin`.
    Case(
        name="cors-no-origin",
        title="CORS: no origin",
        exchange=lambda: Http("GET", "/", _text_answer()),
        apps={"starlette": _any_origin},
        targets=(Adds(1.0, to="text"),),
    ),
    _at_rest("gzip-bypass", "gzip: body too small", {"starlette": _gzip}, Faster(2.5)),
    _at_rest(
        "compression-bypass", "compression: body too small", {"ours": _compression}
    ),
    _at_rest("trusted-host", "trusted host", {"starlette": _hosts}),
    _at_rest("body-limit", "limit of bodies, none read", {"ours": _limit}),
    Case(
        name="gzip-32k",
        title="gzip: 32 KiB of JSON",
        exchange=lambda: Http(
            "GET",
            "/",
            Answer(
                body=json.dumps(_LARGE, separators=(",", ":")).encode(),
                decode=gzip.decompress,
                headers={"content-encoding": "gzip", "vary": "Accept-Encoding"},
            ),
        ),
        apps={"starlette": partial(_gzip, content=_LARGE)},
        targets=(Faster(1.0),),
    ),
)
