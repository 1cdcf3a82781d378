"""From an HTTP request to GraphQL requests: the body or the URL, read and checked.

Nothing is kept that is larger than the limits allow, and nothing that arrives raises
anything but a ``RequestError``, or ``ClientDisconnect`` if it stops arriving.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Awaitable, Callable, Optional, Tuple

from starlette._graphql.csrf import media_type as essence_of
from starlette._graphql.errors import RequestError
from starlette._graphql.negotiation import media_type
from starlette._graphql.request import GraphQLRequest, MalformedRequest
from starlette._graphql.wirejson import MalformedJSON, decode
from starlette.exceptions import HTTPException
from starlette.requests import Request

__all__ = ("Read", "read_body", "read_post", "read_url")

# The members of one request or of several, and what to await when they are done with.
Read = Tuple[Any, Optional[Callable[[], Awaitable[None]]]]

_MAX_KEPT = 250

_UTF8 = ("utf-8", "utf8")


def _kind(content_type: str) -> str:
    """Return the media type, or "" for one that cannot be read."""
    # What is longer is parsed each time: a client must not fill the memory with it.
    if len(content_type) > _MAX_KEPT:
        return _parse_kind.__wrapped__(content_type)
    return _parse_kind(content_type)


@lru_cache(maxsize=256)
def _parse_kind(content_type: str) -> str:
    name = essence_of(content_type)
    charset = media_type(content_type)[1].get("charset", "utf-8")
    return name if name and charset.lower() in _UTF8 else ""


async def read_post(app: Any, request: Request, content_type: str) -> Read:
    """Read the request that a POST or QUERY brings.

    Raises:
        RequestError: 400 for what cannot be read, 413 for what is too large, 415 for
            what is of another type.
        ClientDisconnect: It did not come to its end.
    """
    kind = _kind(content_type) if content_type else ""
    if kind == "application/json":
        body = await read_body(request, app.limits.body)
        try:
            return decode(body), None
        except MalformedJSON as exc:
            raise RequestError(400, "The request body is not valid JSON.") from exc
    if kind == "application/graphql":
        return await _read_document(app, request), None
    if kind == "multipart/form-data" and app.uploads:
        from starlette._graphql.uploads import read_multipart

        check_preflight(app, request)
        return await read_multipart(request, app.limits)
    if kind != "multipart/form-data" and request.query_params.get("query"):
        check_preflight(app, request)
        return read_url(app, request), None
    raise RequestError(415, "Unsupported Media Type")


def check_preflight(app: Any, request: Request) -> None:
    """Refuse what a page of another site could have sent, see ``csrf.py``."""
    if app.csrf_rule is not None:
        app.csrf_rule.check(request.scope["headers"])


async def _read_document(app: Any, request: Request) -> GraphQLRequest:
    body = await read_body(request, app.limits.body)
    read = read_url(app, request)
    try:
        read.query = str(body, "utf-8")
    except ValueError as exc:
        raise RequestError(400, "The request body is not UTF-8.") from exc
    if not read.query:
        raise MalformedRequest(400, "No GraphQL query found in the request")
    return read


def read_url(app: Any, request: Request) -> GraphQLRequest:
    """Read the request in the URL.

    Raises:
        RequestError: 400 for what cannot be read, 414 for what is too long.
    """
    limit = app.limits.url
    if limit is not None and len(request.scope.get("query_string") or b"") > limit:
        raise RequestError(414, "The URL is too long.")
    return GraphQLRequest.of_url(request.query_params)


async def read_body(request: Request, limit: Optional[int]) -> bytes:
    """Return the body, of at most *limit* bytes.

    Raises:
        RequestError: 413, it is larger.
        ClientDisconnect: It did not come to its end.
    """
    chunks = []
    size = 0
    stream = request.stream()
    try:
        async for chunk in stream:
            size += len(chunk)
            if limit is not None and size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    except HTTPException as exc:
        # A limit further out, of the application or the router.
        raise RequestError(exc.status_code, exc.detail, headers=exc.headers) from exc
    finally:
        await stream.aclose()
    return b"".join(chunks)


def _too_large(limit: int) -> RequestError:
    return RequestError(
        413,
        f"The request body is too large: at most {limit} bytes are allowed.",
        # What is left of it is not read.
        headers={"connection": "close"},
    )
