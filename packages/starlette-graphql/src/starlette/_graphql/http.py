"""GraphQL over HTTP: from a request to its response.

What a method may do is decided here; reading is in ``reading.py``, media types in
``negotiation.py``, statuses in ``status.py``.  Every refusal has a JSON body with
``errors``; only a browser that asks for a page that is switched off gets plain text.

An operation that has to wait is cancelled when the client goes.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Collection, Dict, List, Optional

from starlette._graphql.closing import ClosedWith
from starlette._graphql.context import (
    context_background,
    context_headers,
    default_context,
    run_background,
)
from starlette._graphql.errors import RequestError
from starlette._graphql.negotiation import Accept, accepted
from starlette._graphql.outcome import ALL_KINDS, READING, Outcome
from starlette._graphql.reading import Read, read_post, read_url
from starlette._graphql.request import GraphQLRequest, MalformedRequest
from starlette._graphql.wirejson import encode
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

__all__ = ("answer", "refusal")


class Gone(Response):
    """For a client that is no longer there.

    Nobody reads it, but middleware takes an application that sends nothing for
    broken.  The status is the one that nginx writes into its log.
    """

    def __init__(self) -> None:
        super().__init__(status_code=499)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send it, should that be possible."""
        try:
            await super().__call__(scope, receive, send)
        except OSError:
            # The client is gone (ASGI 2.4).
            pass


async def answer(app: Any, request: Request) -> Response:
    """Return the response to *request*, of any method."""
    method = request.scope["method"]
    accept: Optional[str] = None
    content_type = ""
    for name, value in request.scope["headers"]:
        if name == b"accept":
            text = value.decode("latin-1")
            accept = text if accept is None else f"{accept},{text}"
        elif name == b"content-type":
            content_type = value.decode("latin-1")
    wanted = accepted(accept)
    try:
        if method == "POST" or method == "QUERY":
            _check_acceptable(app, wanted)
            read = await read_post(app, request, content_type)
            kinds = ALL_KINDS if method == "POST" else READING
            return await _run(app, request, wanted, read, kinds)
        if method == "GET" or method == "HEAD":
            return _varied(await _answer_get(app, request, wanted))
        if method == "OPTIONS":
            return Response(status_code=204, headers=_allow(app))
        raise RequestError(405, "Method Not Allowed", headers=_allow(app))
    except RequestError as exc:
        response = _refusal(app, exc, wanted)
        return _varied(response) if method in ("GET", "HEAD") else response
    except ClientDisconnect:
        return Gone()


def _allow(app: Any) -> Dict[str, str]:
    get = "GET, HEAD, " if app.get or app.graphiql else ""
    return {"allow": f"{get}OPTIONS, POST, QUERY"}


def _check_acceptable(app: Any, wanted: Accept) -> None:
    sse = app.sse and wanted.sse
    if wanted.json is None and not sse and wanted.multipart is None:
        raise RequestError(
            406,
            "Not Acceptable: responses are application/graphql-response+json "
            "or application/json.",
        )


async def _answer_get(app: Any, request: Request, wanted: Accept) -> Response:
    params = request.query_params
    if app.graphiql and (wanted.html or "graphiql" in params):
        page: Response = await app.handle_graphiql(request)
        return page
    has_query = "query" in params or "documentId" in params or "extensions" in params
    if wanted.html and not (app.get and has_query):
        return PlainTextResponse("Not Found", 404)
    if not app.get:
        raise RequestError(405, "Method Not Allowed", headers=_allow(app))
    if not wanted.html:
        _check_acceptable(app, wanted)
    read = (read_url(app, request), None)
    return await _run(app, request, wanted, read, READING)


def _varied(response: Response) -> Response:
    # At the same address there are a page and JSON, and caches must not mix them up.
    response.headers.add_vary_header("Accept")
    return response


async def _run(
    app: Any,
    request: Request,
    wanted: Accept,
    read: Read,
    kinds: Collection[str],
) -> Response:
    members, close = read
    outcome: Optional[Outcome] = None
    try:
        context = (
            default_context(request)
            if app.has_default_context
            else await _context(app, request)
        )
        if type(members) is list:
            return await _run_batch(app, request, wanted, members, context, kinds)
        asked = members
        if type(members) is not GraphQLRequest:
            asked = GraphQLRequest.of(members)
        outcome = await _outcome(app, request, wanted, asked, context, kinds)
    finally:
        if close is not None:
            if outcome is not None and outcome.events is not None:
                outcome.events = ClosedWith(outcome.events, close)
            else:
                await close()
    if outcome is None:
        return Gone()
    return _respond(app, wanted, outcome, context)


async def _context(app: Any, request: Request) -> Any:
    from starlette.exceptions import HTTPException

    try:
        return await app.make_context(request)
    except RequestError:
        raise
    except HTTPException as exc:
        raise RequestError(exc.status_code, exc.detail, headers=exc.headers) from exc
    except Exception as exc:
        (error,) = app.errors.unexpected(exc)
        raise RequestError(500, error["message"]) from exc


async def _outcome(
    app: Any,
    request: Request,
    wanted: Accept,
    asked: GraphQLRequest,
    context: Any,
    kinds: Collection[str],
) -> Optional[Outcome]:
    """Run one operation; return None if the client went meanwhile."""
    streaming = app.sse and wanted.sse
    incremental = streaming and app.incremental and wanted.streams_first
    if wanted.multipart is not None:
        streaming = streaming or _takes_parts(wanted, "subscription")
        incremental = app.incremental and (incremental or _takes_parts(wanted, "query"))
    if app.has_own_execute():
        begun: Any = _run_own(app, asked, context, kinds, streaming)
    else:
        begun = app.engine.begin(
            asked, context, kinds=kinds, streaming=streaming, incremental=incremental
        )
    if type(begun) is Outcome:
        return begun
    from starlette.concurrency import run_until_disconnected

    outcomes: List[Outcome] = []

    async def wait() -> None:
        outcomes.append(await begun)

    if await run_until_disconnected(wait(), request.receive):
        return outcomes[0]
    return None


async def _run_own(
    app: Any,
    asked: GraphQLRequest,
    context: Any,
    kinds: Collection[str],
    streaming: bool,
) -> Outcome:
    """Run an operation through the ``execute`` of a subclass."""
    engine = app.engine
    operation = engine.select(asked, kinds, streaming)
    if isinstance(operation, Outcome):
        return operation
    if operation.kind == "subscription":
        # There were none when `execute` came to be.
        subscribed: Outcome = await engine.run(asked, context, streaming=streaming)
        return subscribed
    try:
        result = await app.execute(
            engine.texts.find(asked), asked.variables, context, asked.operation_name
        )
    except RequestError:
        raise
    except Exception as exc:
        failed: Outcome = engine.failed(operation.kind, exc)
        return failed
    outcome: Outcome = engine.outcome_of(operation.kind, result)
    return outcome


async def _run_batch(
    app: Any,
    request: Request,
    wanted: Accept,
    batch: List[Any],
    context: Any,
    kinds: Collection[str],
) -> Response:
    if not app.batching:
        raise MalformedRequest(400, "Batches of operations are not enabled.")
    if not batch:
        raise MalformedRequest(400, "A batch must have an operation.")
    if len(batch) > app.batching:
        raise RequestError(
            400, f"A batch must not have more than {app.batching} operations."
        )
    # Not as streams, whatever the client accepts beside.
    wanted = Accept(wanted.json, False, None, False, False)
    payloads: List[Any] = []
    for members in batch:
        try:
            asked = GraphQLRequest.of(members)
            outcome = await _outcome(app, request, wanted, asked, context, kinds)
        except RequestError as exc:
            payloads.append(exc.payload())
            continue
        if outcome is None:
            return Gone()
        payloads.append(outcome.payload)
    return _json(app, wanted, Outcome("", "executed", payloads), context)  # type: ignore[arg-type]


def _takes_parts(wanted: Accept, kind: str) -> bool:
    """Tell whether the client takes what an operation of *kind* gives in parts."""
    from starlette._graphql import multipart

    return multipart.form_of(kind, wanted.multipart) is not None


def _respond(app: Any, wanted: Accept, outcome: Outcome, context: Any) -> Response:
    sse_first = app.sse and wanted.streams_first
    if outcome.events is None and not sse_first:
        return _json(app, wanted, outcome, context)
    background: Any = partial(run_background, context)
    response: Response
    if not sse_first and _takes_parts(wanted, outcome.kind):
        from starlette._graphql import multipart

        response = multipart.respond(
            outcome, app, wanted.multipart, background=background
        )
    else:
        from starlette._graphql import sse

        response = sse.respond(outcome, app, background=background)
    response.raw_headers.extend(context_headers(context))
    return response


def _json(app: Any, wanted: Accept, outcome: Outcome, context: Any) -> Response:
    status, media_type = app.rules.of_outcome(outcome, wanted.json)
    try:
        body = encode(outcome.payload)
    except (TypeError, ValueError, RecursionError) as exc:
        # What a scalar has made of a value is no JSON.
        status, body = 500, encode({"errors": app.errors.unexpected(exc)})
    response = Response(body, status, None, media_type, context_background(context))
    headers = context_headers(context)
    if headers:
        response.raw_headers.extend(headers)
    return response


def refusal(app: Any, request: Request, error: RequestError) -> Response:
    """Return the response that refuses *request*."""
    header = ",".join(request.headers.getlist("accept"))
    return _refusal(app, error, accepted(header))


def _refusal(app: Any, error: RequestError, wanted: Accept) -> Response:
    status, media_type = app.rules.of_refusal(error, wanted.json)
    return Response(encode(error.payload()), status, error.headers, media_type)
