"""GraphiQL: the page that browsers get at the address of the endpoint, and its files.

The files come with the package, in ``ide/``, built from npm packages by
``python -m tools.graphiql``.  ``manifest.json`` there names them, with hashes; what
it does not name is not served.  Their address is that of the endpoint, with
``?graphiql=NAME``: a route has one path, and the page works wherever that is.

Nothing on the page comes from another host, and the policy of the page forbids it.
Who gets the page at all is decided by the content negotiation, elsewhere, and so is
what caches are told about that.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Dict, Mapping, Union

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette._graphql.app import GraphQLApp

__all__ = ("FOLDER", "GraphiQLSource", "answer", "check", "manifest")

GraphiQLSource = Union[
    bool,
    str,
    Callable[[Request], Union[Response, str, Awaitable[Union[Response, str]]]],
]
"""What the page is: ours, none, HTML text, or a function that answers the request."""

FOLDER = Path(__file__).parent / "ide"

# No script but the page's own, nothing from elsewhere, and no frame around it.
# Attributes are the one kind of style without a nonce: the editor writes its lines
# as HTML with the position of each in `style`, and has no other way.
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; worker-src 'self'; "
    "style-src-elem 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Workers have the policy of their own file.  Ours load nothing.
_FILE_POLICY = "default-src 'none'"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="?graphiql={style}" nonce="{nonce}">
<script src="?graphiql={script}" nonce="{nonce}" defer></script>
</head>
<body>
<div id="graphiql" data-subscriptions="{subscriptions}"></div>
<noscript>GraphiQL needs JavaScript.</noscript>
</body>
</html>
"""

_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".ttf": "font/ttf",
}

_manifest: Dict[str, Any] = {}


def check(source: object) -> None:
    """Raise unless *source* is a ``GraphiQLSource``.

    Raises:
        TypeError: It is not.
    """
    if not (isinstance(source, (bool, str)) or callable(source)):
        raise TypeError(
            "`graphiql` must be a bool, HTML text or a function of the request, "
            f"but got {source!r}"
        )


def manifest() -> Mapping[str, Any]:
    """Return what is known of the files.

    ``files``: by plain name (``main.js``), a mapping of ``name`` (with its hash),
    ``sha256`` and ``size`` of the content.  ``packages``: by name, ``version`` and
    ``license`` of what they were built from.  ``sources``: digests of what built them.
    """
    if not _manifest:
        import json

        _manifest.update(json.loads((FOLDER / "manifest.json").read_bytes()))
    return _manifest


async def answer(app: GraphQLApp, request: Request) -> Response:
    """Return the page; or one of its files, if the query has ``graphiql``.

    The file is for ever, because its name changes with its content.  Without the
    page there are no files: 404.
    """
    source = app.graphiql
    name = request.query_params.get("graphiql")
    if source is False or (name is not None and source is not True):
        return PlainTextResponse("Not Found", 404)
    if name is not None:
        return await _file(name, request)
    if source is True:
        return _own_page(app, request)
    return await _page_of_user(source, request)


async def _page_of_user(source: Any, request: Request) -> Response:
    page = source
    if callable(source):
        page = source(request)
        if hasattr(page, "__await__"):
            page = await page
    return page if isinstance(page, Response) else HTMLResponse(page)


def _own_page(app: GraphQLApp, request: Request) -> Response:
    files = manifest()["files"]
    nonce = _nonce(request)
    page = _PAGE.format(
        nonce=nonce,
        style=files["main.css"]["name"],
        script=files["main.js"]["name"],
        # Events reach wherever the page does.  A WebSocket needs a route of its own.
        subscriptions="sse" if app.sse else "websocket",
    )
    headers = {
        "Content-Security-Policy": _POLICY.format(nonce=nonce),
        "Cache-Control": "no-store",  # a nonce is for one page
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page, headers=headers)


def _nonce(request: Request) -> str:
    """Return the nonce of ``SecurityHeadersMiddleware``, or else a new one."""
    given = request.scope.get("state", {}).get("csp_nonce")
    if given is not None:
        return str(given)
    import secrets

    return secrets.token_urlsafe(16)


async def _file(name: str, request: Request) -> Response:
    for entry in manifest()["files"].values():
        if entry["name"] == name:
            break
    else:
        # One of another release, perhaps: the next one may have it.
        return PlainTextResponse("Not Found", 404, {"Cache-Control": "no-store"})

    packed = _accepts_gzip(request.headers.get("accept-encoding", ""))
    tag = f'"{entry["sha256"][:32]}{"-gzip" if packed else ""}"'
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": _FILE_POLICY,
        "ETag": tag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)

    if packed:
        headers["Content-Encoding"] = "gzip"
    content = await run_in_threadpool(_read, FOLDER / f"{name}.gz", packed)
    media_type = _MEDIA_TYPES[Path(name).suffix]
    if request.method == "HEAD":
        headers["Content-Length"] = str(len(content))
        content = b""
    return Response(content, headers=headers, media_type=media_type)


def _read(path: Path, packed: bool) -> bytes:
    content = path.read_bytes()
    if packed:
        return content
    import gzip

    return gzip.decompress(content)


def _matches(condition: str, tag: str) -> bool:
    """Whether ``If-None-Match`` names the entity tag: RFC 9110, section 13.1.2."""
    tags = (t.strip() for t in condition.split(","))
    return any(t == "*" or t in (tag, f"W/{tag}") for t in tags)


def _accepts_gzip(header: str) -> bool:
    """Whether gzip may be sent: RFC 9110, section 12.5.3."""
    weights = {}
    for item in header.lower().split(","):
        coding, _, parameter = item.partition(";")
        _, _, weight = parameter.partition("=")
        weights[coding.strip()] = weight.strip()
    weight = weights.get("gzip", weights.get("*", "0"))
    # A weight is "0" to "1" with three decimals at most; none is 1.
    return weight == "" or weight.strip("0.") != ""
