"""Sessions in signed cookies, and middleware that looks at every request.

The cookie is one that both sides have signed alike, made here so that no contender
signs it for the other.  A request without a cookie has an empty session.
"""

import hashlib
import hmac
import json
import time
from base64 import b64encode, urlsafe_b64encode
from functools import partial
from importlib import import_module
from typing import Any, Dict

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.cases.plain import TEXT
from benchmarks.model import Adds, Case, Faster

ORDER = 66

_KEY = "not a secret"
_REQUIRES = {"starlette": ("itsdangerous>=2.2",)}
# Raw ASGI costs two microseconds; a middleware with nothing to do, at most one and a
# half.
_NOTHING_TO_DO = Adds(0.75, to="text")


def _encoded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _cookie() -> Dict[str, str]:
    """A session of four values, as ``itsdangerous.TimestampSigner`` signs it."""
    values = {"user": 7, "name": "ada@example.org", "visits": 41, "theme": "dark"}
    stamp = int(time.time()).to_bytes(4, "big")
    signed = b64encode(json.dumps(values).encode()) + b"." + _encoded(stamp)
    key = hashlib.sha1(b"itsdangerous.Signersigner" + _KEY.encode()).digest()
    signature = _encoded(hmac.new(key, signed, hashlib.sha1).digest())
    return {"cookie": f"theme=dark; session={(signed + b'.' + signature).decode()}"}


def _app(work: Any, module: str, name: str, **options: Any) -> Any:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def endpoint(request: Request) -> PlainTextResponse:
        return PlainTextResponse(work(request))

    cls = getattr(import_module(f"starlette.middleware.{module}"), name)
    return Starlette(
        routes=[Route("/", endpoint)], middleware=[Middleware(cls, **options)]
    )


def _untouched(request: Any) -> str:
    return TEXT


def _read(request: Any) -> str:
    return f"Hello, {request.session['name']}!"


def _read_and_write(request: Any) -> str:
    session = request.session
    session["visits"] += 1
    return f"Hello, {session['name']}!"


def _session_app(work: Any) -> Any:
    return _app(work, "sessions", "SessionMiddleware", secret_key=_KEY)


def _case(name: str, title: str, work: Any, answer: Answer, *targets: Any) -> Case:
    return Case(
        name=name,
        title=title,
        exchange=lambda: Http("GET", "/", answer, headers=_cookie()),
        apps={"starlette": partial(_session_app, work)},
        targets=targets,
        requires=_REQUIRES,
    )


def _at_rest(title: str, module: str, name: str, **options: Any) -> Case:
    return Case(
        name=f"{module.replace('_', '-')}-at-rest",
        title=title,
        exchange=lambda: Http("GET", "/", Answer(body=TEXT.encode())),
        apps={"ours": partial(_app, _untouched, module, name, **options)},
        targets=(_NOTHING_TO_DO,),
    )


_GREETING = b"Hello, ada@example.org!"
_IS_SET = {"set-cookie": r"session=\S+; path=/; Max-Age=1209600; .*"}

CASES = (
    _case(
        "session-untouched",
        "session: not looked at",
        _untouched,
        Answer(body=TEXT.encode()),
        Faster(3),
        _NOTHING_TO_DO,
    ),
    _case("session-read", "session: read", _read, Answer(body=_GREETING), Faster(1.6)),
    _case(
        "session-read-write",
        "session: read and written",
        _read_and_write,
        Answer(body=_GREETING, headers=_IS_SET),
        Faster(1.6),
    ),
    _at_rest("CSRF: a safe method", "csrf", "CSRFMiddleware", secret_key=_KEY),
    _at_rest(
        "proxy headers: none sent",
        "proxy_headers",
        "ProxyHeadersMiddleware",
        trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"],
    ),
)
