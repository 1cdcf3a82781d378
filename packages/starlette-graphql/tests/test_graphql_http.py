"""Requests over HTTP and their responses, by the stable rules."""

from __future__ import annotations

import json
import threading
from typing import Any, Dict, List, Optional

import anyio
import pytest
from graphql import GraphQLError

from starlette._graphql.compat import HAS_INCREMENTAL
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.graphql import GraphQLApp, GraphQLLimits, RequestError
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testing import Recorder, Script, exchange, http_scope

pytestmark = pytest.mark.anyio

SDL = """
scalar Any
type Query {
  hello(name: String): String!
  later: Int
  fail: Int
  any(value: Any): Any
  never: Int
}
type Mutation { set(x: Int!): Int }
type Subscription { count(to: Int!): Int }
"""

GRAPHQL = "application/graphql-response+json"


class Boom(Exception):
    """Raised by what is meant to fail."""


async def later(source: Any, info: Any) -> int:
    await anyio.sleep(0)
    return 3


def fail(source: Any, info: Any) -> None:
    raise Boom("secret")


async def count(source: Any, info: Any, to: int) -> Any:
    for number in range(to):
        yield number


RESOLVERS: Dict[str, Any] = {
    "Query": {
        "hello": lambda source, info, name="world": f"Hello, {name}!",
        "later": later,
        "fail": fail,
        "any": lambda source, info, value=None: value,
    },
    "Mutation": {"set": lambda source, info, x: x},
    "Subscription": {"count": count},
}


def make(**options: Any) -> GraphQLApp:
    return GraphQLApp(SDL, resolvers=RESOLVERS, **options)


app = make()


async def post(
    app: Any,
    body: Any,
    accept: Optional[str] = None,
    content_type: Optional[str] = "application/json",
    query: Any = b"",
    method: str = "POST",
    **headers: str,
) -> Recorder:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if accept is not None:
        sent["accept"] = accept
    if content_type is not None:
        sent["content-type"] = content_type
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await exchange(
        app, http_scope(method, headers=sent, query=query), Script.http(data)
    )


async def get(
    app: Any, query: Any, accept: Optional[str] = None, method: str = "GET"
) -> Recorder:
    headers = {} if accept is None else {"accept": accept}
    return await exchange(app, http_scope(method, headers=headers, query=query))


def messages(answer: Recorder) -> List[str]:
    return [error["message"] for error in json.loads(answer.body)["errors"]]


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/*"])
async def test_json_is_the_answer_to_json(accept: Optional[str]) -> None:
    """
    A query in a JSON body is executed, the result is sent as JSON.
    """
    query = "query ($n: String) { hello(name: $n) }"
    answer = await post(app, {"query": query, "variables": {"n": "you"}}, accept)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(answer.body) == {"data": {"hello": "Hello, you!"}}


async def test_type_of_graphql_responses_is_used_where_it_is_preferred() -> None:
    """
    Who accepts the newer media type first gets it.
    """
    answer = await post(
        app, {"query": "{ hello later }"}, f"{GRAPHQL}, application/json"
    )

    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert json.loads(answer.body) == {"data": {"hello": "Hello, world!", "later": 3}}


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nope }",
        "query A { hello } query B { hello }",
        "fragment F on Query { hello }",
    ],
)
async def test_document_that_cannot_be_executed(query: str) -> None:
    """
    JSON says 200 for a well-formed request, the newer media type 400; no data.
    """
    plain = await post(app, {"query": query}, "application/json")
    newer = await post(app, {"query": query}, GRAPHQL)

    assert (plain.status, newer.status) == (200, 400)
    assert plain.body == newer.body
    assert list(json.loads(newer.body)) == ["errors"]


async def test_variable_of_another_type_is_an_error_of_the_request() -> None:
    """
    The status says that nothing was executed, and there is no data.
    """
    query = "mutation ($x: Int!) { set(x: $x) }"
    answer = await post(app, {"query": query, "variables": {"x": "y"}}, GRAPHQL)

    assert answer.status == 400
    assert list(json.loads(answer.body)) == ["errors"]


async def test_unknown_operation_is_an_error_of_the_request() -> None:
    """
    The name is repeated.
    """
    answer = await post(app, {"query": "{ hello }", "operationName": "A"}, GRAPHQL)

    assert answer.status == 400
    assert messages(answer) == ['Unknown operation named "A".']


async def test_operation_is_chosen_by_its_name() -> None:
    """
    Of several operations the one that is named is executed.
    """
    query = "query A { later } query B { hello }"
    answer = await post(app, {"query": query, "operationName": "B"})

    assert json.loads(answer.body) == {"data": {"hello": "Hello, world!"}}


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL])
async def test_error_of_a_field_is_masked_and_logged(
    accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The rest of the data is there, with 200; what went wrong is in the log alone.
    """
    answer = await post(app, {"query": "{ hello fail }"}, accept)

    assert answer.status == 200
    assert json.loads(answer.body)["data"] == {"hello": "Hello, world!", "fail": None}
    assert messages(answer) == ["Unexpected error."]
    (record,) = caplog.records
    assert record.name == "starlette.graphql"
    assert isinstance(record.exc_info, tuple)
    assert isinstance(record.exc_info[1], Boom)


@pytest.mark.parametrize(
    "body, message",
    [
        (b"", "The request body is not valid JSON."),
        (b"{", "The request body is not valid JSON."),
        (b'{"query": "{ hello }"', "The request body is not valid JSON."),
        (b"\xff\xfe", "The request body is not valid JSON."),
        (b"[" * 100_000, "The request body is not valid JSON."),
        (
            b'{"query":"{ hello }","variables":{"x":NaN}}',
            "The request body is not valid JSON.",
        ),
        (
            b'{"query":"{ hello }","variables":{"x":1e999}}',
            "The request body is not valid JSON.",
        ),
        (b"7" * 5000, "The request body is not valid JSON."),
        (b"null", "A GraphQL request must be a JSON object."),
        (b'"{ hello }"', "A GraphQL request must be a JSON object."),
        (b"{}", "No GraphQL query found in the request"),
        (b'{"query": null}', "No GraphQL query found in the request"),
        (b'{"query": 1}', "`query` must be a string."),
        (b'{"query": "{ hello }", "variables": []}', "`variables` must be an object."),
        (
            b'{"query": "{ hello }", "operationName": 1}',
            "`operationName` must be a string.",
        ),
        (
            b'{"query": "{ hello }", "extensions": "x"}',
            "`extensions` must be an object.",
        ),
        (b'{"documentId": 1}', "`documentId` must be a string."),
    ],
)
async def test_body_that_is_no_request(body: bytes, message: str) -> None:
    """
    400, and what is wrong; whatever the media type of the answer.
    """
    if body == b"7" * 5000:
        # Before the limit of digits came, this is a number.
        message = json.loads((await post(app, body)).body)["errors"][0]["message"]
    answers = [
        await post(app, body, accept) for accept in ("application/json", GRAPHQL)
    ]

    assert [answer.status for answer in answers] == [400, 400]
    assert [messages(answer) for answer in answers] == [[message]] * 2


async def test_null_members_are_absent_and_unknown_ones_ignored() -> None:
    """
    Such a request is executed as if they were not there.
    """
    members = {"query": "{ hello }", "variables": None, "operationName": None, "id": 1}
    answer = await post(app, {**members, "extensions": None, "documentId": None})

    assert json.loads(answer.body) == {"data": {"hello": "Hello, world!"}}


@pytest.mark.parametrize(
    "query", ["\ud800", '{ any(value: "\\ud800") }', '{ any(value: "\ud800") }']
)
async def test_lone_surrogates_do_no_harm(query: str) -> None:
    """
    They go through, or are refused, but never fail.
    """
    answer = await post(app, {"query": query})
    echo = await post(
        app, {"query": "query($v: Any) {any(value: $v)}", "variables": {"v": query}}
    )

    assert answer.status == 200
    assert json.loads(echo.body) == {"data": {"any": query}}


@pytest.mark.parametrize(
    "opening", ["{ hello ", "{ any(value: [", "query($v: [", "{ a {"]
)
async def test_deeply_nested_document_is_an_error(opening: str) -> None:
    """
    The parser's recursion ends in an error of the document.
    """
    answer = await post(
        make(limits=GraphQLLimits(tokens=None)), {"query": opening * 20_000}
    )

    assert answer.status == 200
    assert len(messages(answer)) == 1


async def test_numbers_come_back_as_they_are() -> None:
    """
    Whole ones and others.
    """
    values = [1, 1.5, -2.0e-7]
    query = "query($v: Any) {any(value: $v)}"
    answer = await post(app, {"query": query, "variables": {"v": values}})

    assert json.loads(answer.body) == {"data": {"any": values}}


async def test_deeply_nested_variables_are_data_or_an_error() -> None:
    """
    What is still JSON never fails.
    """
    value: Any = 1
    for _ in range(800):
        value = [value]
    query = "query($v: Any) {any(value: $v)}"
    answer = await post(app, {"query": query, "variables": {"v": value}})

    assert answer.status in (200, 400)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "application/json; charset=utf-16",
        "nonsense",
        None,
        "application/xml",
    ],
)
async def test_other_content_types_are_refused(content_type: Optional[str]) -> None:
    """
    415, with a body.
    """
    answer = await post(app, {"query": "{ hello }"}, content_type=content_type)

    assert answer.status == 415
    assert messages(answer) == ["Unsupported Media Type"]


@pytest.mark.parametrize(
    "content_type",
    [
        "Application/JSON",
        'application/json; charset="UTF-8"',
        "application/json;" + " " * 300,
    ],
)
async def test_content_type_is_read_as_it_is_meant(content_type: str) -> None:
    """
    Case, quotes and white space do not matter.
    """
    answer = await post(app, {"query": "{ hello }"}, content_type=content_type)

    assert answer.status == 200


async def test_body_may_be_the_document() -> None:
    """
    With application/graphql; the rest of the request is in the URL.
    """
    answer = await post(
        app,
        b"query A($n: String) { hello(name: $n) } query B { later }",
        content_type="application/graphql",
        query={"variables": '{"n": "you"}', "operationName": "A"},
    )

    assert json.loads(answer.body) == {"data": {"hello": "Hello, you!"}}


@pytest.mark.parametrize(
    "body, message",
    [
        (b"\xff", "The request body is not UTF-8."),
        (b"", "No GraphQL query found in the request"),
    ],
)
async def test_document_that_is_no_text(body: bytes, message: str) -> None:
    """
    400.
    """
    answer = await post(app, body, content_type="application/graphql")

    assert answer.status == 400
    assert messages(answer) == [message]


async def test_post_may_have_the_query_in_its_url() -> None:
    """
    Where a browser's page could not have made it do so.
    """
    query = {"query": "mutation { set(x: 1) }"}
    refused = await post(app, b"", content_type="text/plain", query=query)
    answer = await post(
        app, b"", content_type="text/plain", query=query, x_requested_with="test"
    )
    other = await post(app, b"", content_type="application/xml", query=query)

    assert refused.status == 400
    assert json.loads(answer.body) == {"data": {"set": 1}}
    assert json.loads(other.body) == {"data": {"set": 1}}


async def test_rule_against_other_sites_can_be_off() -> None:
    """
    Without headers to ask for, simple requests are executed.
    """
    answer = await post(
        make(csrf_headers=None), b"", content_type=None, query={"query": "{ hello }"}
    )

    assert answer.status == 200


async def test_form_is_refused_where_uploads_are_off() -> None:
    """
    415.
    """
    answer = await post(
        make(uploads=False), b"", content_type="multipart/form-data; boundary=x"
    )

    assert answer.status == 415


def form(operations: str) -> bytes:
    parts = [
        ("operations", "", operations),
        ("map", "", '{"0": ["variables.f"]}'),
        ("0", '; filename="a.txt"', "content"),
    ]
    body = "".join(
        f'--x\r\ncontent-disposition: form-data; name="{name}"{extra}'
        f"\r\n\r\n{value}\r\n"
        for name, extra, value in parts
    )
    return f"{body}--x--\r\n".encode()


async def test_form_brings_files_into_variables() -> None:
    """
    The files are open while the operation runs, and closed afterwards.
    """
    seen: List[Any] = []

    def keep(source: Any, info: Any, file: Any) -> str:
        seen.append(file)
        return str(file.filename)

    uploads = GraphQLApp(
        "scalar Upload type Query { q: Int }"
        "type Mutation { keep(file: Upload!): String }",
        resolvers={"Mutation": {"keep": keep}},
    )
    operations = {
        "query": "mutation ($f: Upload!) { keep(file: $f) }",
        "variables": {"f": None},
    }
    answer = await post(
        uploads,
        form(json.dumps(operations)),
        content_type="multipart/form-data; boundary=x",
        graphql_require_preflight="1",
    )

    assert json.loads(answer.body) == {"data": {"keep": "a.txt"}}
    assert seen[0].file.closed


async def test_files_stay_open_as_long_as_a_stream() -> None:
    """
    They are closed after its last event.
    """
    seen: List[Any] = []

    async def read(source: Any, info: Any, file: Any) -> Any:
        seen.append(file)
        for _ in range(2):
            yield (await file.read(1)).decode()

    uploads = GraphQLApp(
        "scalar Upload type Query { q: Int }"
        "type Subscription { read(file: Upload!): String }",
        resolvers={"Subscription": {"read": read}},
    )
    operations = {
        "query": "subscription ($f: Upload!) { read(file: $f) }",
        "variables": {"f": None},
    }
    answer = await post(
        uploads,
        form(json.dumps(operations)),
        "text/event-stream",
        content_type="multipart/form-data; boundary=x",
        x_requested_with="test",
    )

    assert b'{"data":{"read":"c"}}' in answer.body
    assert b'{"data":{"read":"o"}}' in answer.body
    assert seen[0].file.closed


@pytest.mark.parametrize("chunks", [(b"x" * 101,), (b"x" * 60, b"x" * 60)])
async def test_body_beyond_the_limit_is_refused(chunks: Any) -> None:
    """
    413, the rest is not read, and the connection is to be closed.
    """
    small = make(limits=GraphQLLimits(body=100))
    script = Script.http(*chunks, b"never read")
    headers = {"content-type": "application/json"}
    answer = await exchange(small, http_scope("POST", headers=headers), script)

    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert messages(answer) == [
        "The request body is too large: at most 100 bytes are allowed."
    ]
    assert len(script.pending) == 1


async def test_limit_of_the_application_around_is_answered_in_json() -> None:
    """
    What the framework refuses looks like any other refusal.
    """
    around = Starlette(routes=[Route("/", app)], max_body_size=10)
    answer = await post(around, {"query": "{ hello }"})

    assert answer.status == 413
    assert messages(answer) == ["Content Too Large"]


async def test_body_may_be_without_limit() -> None:
    """
    None is no bound.
    """
    answer = await post(make(limits=GraphQLLimits(body=None)), {"query": "{ hello }"})

    assert answer.status == 200


async def test_client_that_leaves_before_its_body_is_whole_gets_nothing() -> None:
    """
    Nobody reads the response, and nothing is raised.
    """
    script = Script(
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    )
    headers = {"content-type": "application/json"}
    answer = await exchange(app, http_scope("POST", headers=headers), script)

    assert (answer.status, answer.body) == (499, b"")


async def test_server_may_refuse_to_send_to_a_client_that_has_left() -> None:
    """
    That is no error of the application.
    """
    sent = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])
        raise OSError

    headers = {"content-type": "application/json"}
    await app(http_scope("POST", headers=headers), receive, send)

    assert sent == ["http.response.start"]


async def test_client_that_leaves_is_no_error_below_a_middleware() -> None:
    """
    One that wants a response to hand on.
    """

    async def dispatch(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    script = Script(
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    )
    headers = {"content-type": "application/json"}
    below = BaseHTTPMiddleware(app, dispatch)
    answer = await exchange(below, http_scope("POST", headers=headers), script)

    assert answer.status == 499


async def test_client_that_leaves_cancels_its_operation() -> None:
    """
    The resolver is cancelled where it waits, and nothing is sent.
    """
    ended: List[str] = []
    script = Script.http(b'{"query": "{ never }"}')

    async def never(source: Any, info: Any) -> None:
        script.add({"type": "http.disconnect"})
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")

    waiting = GraphQLApp(
        "type Query { never: Int }", resolvers={"Query": {"never": never}}
    )
    with anyio.fail_after(60):
        answer = await exchange(
            waiting,
            http_scope("POST", headers={"content-type": "application/json"}),
            script,
        )

    assert ended == ["cancelled"]
    assert (answer.status, answer.body) == (499, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_get_executes_a_query(method: str) -> None:
    """
    The request is in the URL, its variables as JSON.
    """
    answer = await get(
        app,
        {
            "query": "query ($n: String) { hello(name: $n) }",
            "variables": '{"n": "you"}',
        },
        method=method,
    )

    assert answer.status == 200
    assert answer.headers["vary"] == "Accept"
    assert json.loads(answer.body) == {"data": {"hello": "Hello, you!"}}


async def test_empty_parameters_of_a_url_are_absent() -> None:
    """
    And the name "null" is a name.
    """
    empty = {"variables": "", "operationName": "", "extensions": ""}
    answer = await get(app, {"query": "{ hello }", **empty})
    named = await get(app, {"query": "{ hello }", "operationName": "null"})
    null = await get(app, {"query": "{ hello }", "variables": "null"})

    assert answer.status == null.status == 200
    assert "data" in json.loads(answer.body)
    assert messages(named) == ['Unknown operation named "null".']


@pytest.mark.parametrize(
    "query, message",
    [
        ({}, "No GraphQL query found in the request"),
        ({"query": "{ hello }", "variables": "{"}, "`variables` is not valid JSON."),
        ({"query": "{ hello }", "variables": "[]"}, "`variables` must be an object."),
        ({"query": "{ hello }", "extensions": "1"}, "`extensions` must be an object."),
    ],
)
async def test_url_that_is_no_request(query: Any, message: str) -> None:
    """
    400.
    """
    answer = await get(app, query)

    assert answer.status == 400
    assert messages(answer) == [message]


@pytest.mark.parametrize("method", ["GET", "HEAD", "QUERY"])
async def test_mutation_is_refused_where_nothing_may_change(method: str) -> None:
    """
    405, and what to use.
    """
    query = "mutation { set(x: 1) }"
    if method == "QUERY":
        answer = await post(app, {"query": query}, method=method)
    else:
        answer = await get(app, {"query": query}, method=method)

    assert answer.status == 405
    assert answer.headers["allow"] == "POST"
    assert messages(answer) == [
        "A mutation cannot be executed this way; send it by POST."
    ]


async def test_query_method_is_a_post_that_changes_nothing() -> None:
    """
    A query in its body is executed.
    """
    answer = await post(app, {"query": "{ hello }"}, method="QUERY")

    assert json.loads(answer.body) == {"data": {"hello": "Hello, world!"}}


async def test_url_beyond_the_limit_is_refused() -> None:
    """
    414.
    """
    answer = await get(make(limits=GraphQLLimits(url=20)), {"query": "{ hello hello }"})
    unbounded = await get(make(limits=GraphQLLimits(url=None)), {"query": "{ hello }"})

    assert answer.status == 414
    assert messages(answer) == ["The URL is too long."]
    assert unbounded.status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
async def test_other_methods_are_refused(method: str) -> None:
    """
    405, with those that are allowed.
    """
    answer = await post(app, b"", method=method)

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST, QUERY"
    assert messages(answer) == ["Method Not Allowed"]


async def test_options_tell_the_methods() -> None:
    """
    204 without content.
    """
    answer = await get(app, b"", method="OPTIONS")

    assert answer.status == 204
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST, QUERY"


async def test_get_can_be_off() -> None:
    """
    Queries are refused then; the page for browsers stays, unless that is off too.
    """
    paged = make(get=False)
    bare = make(get=False, graphiql=False)
    answer = await get(paged, {"query": "{ hello }"})
    page = await get(paged, b"", "text/html")
    options = await get(bare, b"", method="OPTIONS")
    none = await get(bare, {"query": "{ hello }"}, "text/html")

    assert answer.status == 405
    assert page.headers["content-type"].startswith("text/html")
    assert options.headers["allow"] == "OPTIONS, POST, QUERY"
    assert none.status == 404


@pytest.mark.parametrize(
    "accept", ["text/plain", "application/xml", "application/json;q=0"]
)
async def test_answer_that_nobody_accepts_is_not_made(accept: str) -> None:
    """
    406, in JSON all the same.
    """
    answers = [
        await post(app, {"query": "{ hello }"}, accept),
        await get(app, {"query": "{ hello }"}, accept),
    ]

    assert [answer.status for answer in answers] == [406, 406]
    assert answers[1].headers["vary"] == "Accept"
    assert [len(messages(answer)) for answer in answers] == [1, 1]


async def test_events_that_are_off_are_not_acceptable() -> None:
    """
    To a client that takes nothing else.
    """
    answer = await post(make(sse=False), {"query": "{ hello }"}, "text/event-stream")

    assert answer.status == 406


async def test_several_accept_headers_are_one() -> None:
    """
    The newer media type is found in the second one.
    """
    scope = http_scope(
        "POST",
        headers=[
            ("content-type", "application/json"),
            ("accept", "text/html;q=0.1"),
            ("accept", GRAPHQL),
        ],
    )
    answer = await exchange(app, scope, [b'{"query": "{ hello }"}'])

    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


async def test_subscription_needs_a_media_type_for_streams() -> None:
    """
    406 without one.
    """
    query = {"query": "subscription { count(to: 2) }"}
    refused = [
        await post(app, query),
        await get(app, query),
        await post(app, query, "multipart/mixed, application/json"),
        await post(make(sse=False), query, "text/event-stream, application/json"),
    ]

    assert [answer.status for answer in refused] == [406] * 4


async def test_subscription_is_sent_as_events() -> None:
    """
    To who accepts these, beside JSON or alone.
    """
    query = {"query": "subscription { count(to: 2) }"}
    answers = [
        await post(app, query, "application/json, text/event-stream"),
        await get(app, query, "text/event-stream"),
    ]

    assert [answer.status for answer in answers] == [200, 200]
    assert [answer.body.count(b"event: next") for answer in answers] == [2, 2]


async def test_subscription_is_sent_in_parts() -> None:
    """
    To who asks for that form of multipart.
    """
    answer = await post(
        app,
        {"query": "subscription { count(to: 2) }"},
        'multipart/mixed;boundary="graphql";subscriptionSpec=1.0, application/json',
    )

    assert answer.headers["content-type"].startswith("multipart/mixed")
    assert answer.body.count(b'{"payload":{"data":{"count"') == 2


@pytest.mark.skipif(not HAS_INCREMENTAL, reason="graphql-core 3.2 cannot")
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_deferred_data_is_sent_in_parts_or_events() -> None:
    """
    To who takes parts of a form that is known, or events first of all.
    """
    query = {"query": "{ hello ... @defer { later } }"}
    parts = await post(app, query, "multipart/mixed, application/json")
    events = await post(app, query, "text/event-stream, application/json")
    unknown = await post(app, query, "multipart/mixed;deferSpec=1, application/json")
    off = await post(make(incremental=False), query, "multipart/mixed")

    assert parts.headers["content-type"].startswith("multipart/mixed")
    assert b'"hasNext":true' in parts.body
    assert events.headers["content-type"].startswith("text/event-stream")
    assert b'"hasNext":true' in events.body
    assert json.loads(unknown.body) == {"data": {"hello": "Hello, world!", "later": 3}}
    assert len(messages(off)) == 1


async def test_query_is_sent_as_an_event_to_who_prefers_that() -> None:
    """
    Errors of the document too.
    """
    accept = "text/event-stream, application/json"
    answer = await post(app, {"query": "{ hello }"}, accept)
    wrong = await post(app, {"query": "{"}, accept)
    plain = await post(make(sse=False), {"query": "{ hello }"}, accept)

    assert b'data: {"data":{"hello":"Hello, world!"}}' in answer.body
    assert b"Syntax Error" in wrong.body
    assert wrong.headers["content-type"].startswith("text/event-stream")
    assert plain.headers["content-type"].startswith("application/json")


async def test_headers_and_tasks_of_the_context_reach_the_response() -> None:
    """
    Streams too; the tasks run after it.
    """
    log: List[str] = []

    def hello(source: Any, info: Any) -> str:
        info.context["response"].headers["x-hello"] = "1"
        info.context["response"].set_cookie("a", "b")
        info.context["background"].add_task(log.append, info.context["request"].method)
        return "hello"

    polite = GraphQLApp(
        "type Query { hello: String }", resolvers={"Query": {"hello": hello}}
    )
    answers = [
        await post(polite, {"query": "{ hello }"}, accept)
        for accept in ("application/json", "text/event-stream")
    ]

    assert [answer.headers["x-hello"] for answer in answers] == ["1", "1"]
    assert [answer.headers["set-cookie"][:3] for answer in answers] == ["a=b"] * 2
    assert log == ["POST", "POST"]


async def test_value_that_is_no_json_fails_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    500, and the reason is in the log alone.
    """
    wrong = GraphQLApp(
        "scalar Any type Query { any: Any }",
        resolvers={"Query": {"any": lambda source, info: object()}},
    )
    answer = await post(wrong, {"query": "{ any }"})

    assert answer.status == 500
    assert json.loads(answer.body) == {"errors": [{"message": "Unexpected error."}]}
    assert len(caplog.records) == 1


# -- Batches -----------------------------------------------------------------


async def test_batch_is_refused_by_default() -> None:
    """
    400.
    """
    answer = await post(app, [{"query": "{ hello }"}])

    assert answer.status == 400
    assert messages(answer) == ["Batches of operations are not enabled."]


async def test_batch_is_answered_in_its_order() -> None:
    """
    Each operation has its own answer, the wrong ones too.
    """
    answer = await post(
        make(batching=True),
        [
            {"query": "{ hello }"},
            {"query": "{ nope }"},
            {"query": 1},
            {"query": "subscription { count(to: 2) }"},
            {"query": "{ later }"},
        ],
        "application/json, text/event-stream",
    )
    payloads = json.loads(answer.body)

    assert answer.status == 200
    assert payloads[0] == {"data": {"hello": "Hello, world!"}}
    assert payloads[4] == {"data": {"later": 3}}
    assert [list(payload) for payload in payloads[1:4]] == [["errors"]] * 3


async def test_batch_is_as_large_as_the_limits_say() -> None:
    """
    Where ``batching`` is ``True``; without that limit there is none.
    """
    batch = [{"query": "{ hello }"}] * 11
    bounded = await post(make(batching=True), batch)
    limits = GraphQLLimits(batch=None)
    unbounded = await post(make(batching=True, limits=limits), batch)

    assert bounded.status == 400
    assert len(json.loads(unbounded.body)) == 11


@pytest.mark.parametrize("size", [0, 3])
async def test_batch_has_bounds(size: int) -> None:
    """
    None at all, or too many, is 400.
    """
    answer = await post(make(batching=2), [{"query": "{ hello }"}] * size)

    assert answer.status == 400
    assert len(messages(answer)) == 1


async def test_client_that_leaves_ends_its_batch() -> None:
    """
    What is left of it is not executed.
    """
    script = Script.http(b'[{"query": "{ never }"}, {"query": "{ fail }"}]')

    async def never(source: Any, info: Any) -> None:
        script.add({"type": "http.disconnect"})
        await anyio.sleep_forever()

    waiting = GraphQLApp(
        "type Query { never: Int fail: Int }",
        resolvers={"Query": {"never": never, "fail": fail}},
        batching=2,
    )
    headers = {"content-type": "application/json"}
    with anyio.fail_after(60):
        answer = await exchange(waiting, http_scope("POST", headers=headers), script)

    assert (answer.status, answer.body) == (499, b"")


# -- The draft of 2026 -------------------------------------------------------

draft = make(http_spec="draft")


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL])
@pytest.mark.parametrize(
    "body, status",
    [
        (b"{", 400),
        (b'{"query": "{"}', 400),
        (b"7", 422),
        (b"{}", 422),
        (b'{"query": 1}', 422),
        (b'{"query": "{ nope }"}', 422),
        (b'{"query": "{ hello }", "operationName": "A"}', 422),
        (b'{"query": "mutation($x: Int!) { set(x: $x) }"}', 422),
    ],
)
async def test_draft_has_one_status_for_both_media_types(
    accept: str, body: bytes, status: int
) -> None:
    """
    What fails is never application/json.
    """
    answer = await post(draft, body, accept)

    assert answer.status == status
    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


async def test_draft_has_a_status_for_data_with_errors(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    294 with errors of fields, 200 without.
    """
    partial = await post(draft, {"query": "{ hello fail }"})
    whole = await post(draft, {"query": "{ hello }"}, GRAPHQL)

    assert (partial.status, whole.status) == (294, 200)
    assert partial.headers["content-type"] == "application/json; charset=utf-8"


def test_other_rules_are_refused() -> None:
    """
    There are two.
    """
    with pytest.raises(ValueError, match="`http_spec` must be"):
        make(http_spec="latest")


# -- Browsers ----------------------------------------------------------------

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def test_browser_gets_the_page() -> None:
    """
    HTML, with or without a query in the URL.
    """
    pages = [
        await get(app, b"", BROWSER),
        await get(app, {"query": "{ hello }"}, BROWSER),
    ]

    assert [page.status for page in pages] == [200, 200]
    assert pages[0].headers["content-type"] == "text/html; charset=utf-8"


async def test_browser_without_a_page_gets_text_or_the_answer() -> None:
    """
    404 as of old, unless the URL holds a query.
    """
    bare = make(graphiql=False)
    nothing = await get(bare, b"", BROWSER)
    only_html = await get(bare, {"query": "{ hello }"}, "text/html")
    answer = await get(bare, {"query": "{ hello }"}, BROWSER)

    assert (nothing.status, nothing.body) == (404, b"Not Found")
    assert nothing.headers["vary"] == only_html.headers["vary"] == "Accept"
    assert json.loads(answer.body) == json.loads(only_html.body)
    assert json.loads(answer.body) == {"data": {"hello": "Hello, world!"}}


async def test_page_yields_to_json_where_that_is_preferred() -> None:
    """
    A client that takes HTML as a last resort gets JSON.
    """
    answer = await get(app, {"query": "{ hello }"}, "application/json, text/html;q=0.5")

    assert answer.headers["content-type"].startswith("application/json")


async def test_files_of_the_page_are_found_by_their_name() -> None:
    """
    404 for one that is not there.
    """
    answer = await get(app, {"graphiql": "nope.js"}, "*/*")

    assert answer.status == 404


# -- What programs put around ------------------------------------------------


async def test_works_as_a_route_and_below_a_mount() -> None:
    """
    Every method reaches it.
    """
    around = Starlette(routes=[Route("/graphql", app), Mount("/api", app)])
    headers = {"content-type": "application/json"}
    bodies = [
        (
            await exchange(
                around,
                http_scope("POST", path, headers=headers),
                [b'{"query":"{ hello }"}'],
            )
        ).body
        for path in ("/graphql", "/api/")
    ]

    assert bodies == [b'{"data":{"hello":"Hello, world!"}}'] * 2


async def test_other_connections_are_refused() -> None:
    """
    A lifespan is none of its business.
    """
    with pytest.raises(RuntimeError, match="serves http and websocket"):
        await exchange(app, {"type": "lifespan"})


@pytest.mark.parametrize(
    "error, status, message",
    [
        (RequestError(401, "Who are you?", code="AUTH"), 401, "Who are you?"),
        (HTTPException(403, "Go away."), 403, "Go away."),
        (Boom("secret"), 500, "Unexpected error."),
    ],
)
async def test_context_may_refuse_a_request(
    error: Exception, status: int, message: str
) -> None:
    """
    With a status of its own; what is unexpected is masked.
    """

    def context(connection: Any) -> Any:
        raise error

    answer = await post(make(context=context), {"query": "{ hello }"}, GRAPHQL)

    assert answer.status == status
    assert messages(answer) == [message]


async def test_overridden_handlers_are_called() -> None:
    """
    All three of earlier times.
    """

    class Result:
        data = {"hello": "mine"}  # noqa: RUF012
        errors = None

    class Mine(GraphQLApp):
        async def handle_graphql(self, request: Any) -> Any:
            response = await super().handle_graphql(request)
            response.headers["x-mine"] = "1"
            return response

        async def handle_graphiql(self, request: Any) -> Any:
            return PlainTextResponse("my page")

        async def execute(
            self,
            query: Any,
            variables: Any = None,
            context: Any = None,
            operation_name: Any = None,
        ) -> Any:
            assert query == "{ hello }"
            assert set(context) >= {"request", "background"}
            return Result()

    mine = Mine(SDL, None, True)
    answer = await post(mine, {"query": "{ hello }"})
    page = await get(mine, b"", "text/html")
    wrong = await post(mine, {"query": "{ nope }"})

    assert json.loads(answer.body) == {"data": {"hello": "mine"}}
    assert answer.headers["x-mine"] == "1"
    assert page.body == b"my page"
    assert list(json.loads(wrong.body)) == ["errors"]


async def test_overridden_handler_need_not_know_of_refusals() -> None:
    """
    Those of ``execute`` are answered all the same.
    """

    class Mine(GraphQLApp):
        async def handle_graphql(self, request: Any) -> Any:
            body = await request.json()
            result = await self.execute(body["query"], context={"request": request})
            return JSONResponse({"data": result.data})

    mine = Mine(SDL, resolvers=RESOLVERS)
    answer = await post(mine, {"query": "{ later }"})
    refused = await post(mine, {"query": "subscription { count(to: 1) }"}, GRAPHQL)

    assert json.loads(answer.body) == {"data": {"later": 3}}
    assert refused.status == 406
    assert refused.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert len(messages(refused)) == 1


@pytest.mark.parametrize("http_spec, refused", [("stable", 400), ("draft", 422)])
async def test_program_that_fails_before_there_are_data(
    http_spec: str, refused: int
) -> None:
    """
    No 2xx, since there are no data: 500, or what requests with errors get.
    """

    def unexpected(*args: Any, **arguments: Any) -> Any:
        raise Boom("secret")

    def expected(*args: Any, **arguments: Any) -> Any:
        raise GraphQLError("Not for you.")

    answers = []
    for hook in (unexpected, expected):
        for name in ("root_value", "on_operation"):
            hooked = make(http_spec=http_spec, **{name: hook})
            answers.append(await post(hooked, {"query": "{ hello }"}, GRAPHQL))
        source = GraphQLApp(
            SDL, resolvers={"Subscription": {"count": hook}}, http_spec=http_spec
        )
        query = {"query": "subscription { count(to: 1) }"}
        accept = f"{GRAPHQL}, text/event-stream;q=0.5"
        answers.append(await post(source, query, accept))

    assert [answer.status for answer in answers] == [500] * 3 + [refused] * 3
    assert [messages(a) for a in answers] == (
        [["Unexpected error."]] * 3 + [["Not for you."]] * 3
    )
    assert {answer.headers["content-type"] for answer in answers} == {
        f"{GRAPHQL}; charset=utf-8"
    }


@pytest.mark.parametrize(
    "error, status, message",
    [
        (Boom("secret"), 200, "Unexpected error."),
        (RequestError(429, "Slow down."), 429, "Slow down."),
    ],
)
async def test_overridden_execute_may_fail(
    error: Exception, status: int, message: str
) -> None:
    """
    As a resolver may; a request can be refused.
    """

    async def execute(*args: Any) -> Any:
        raise error

    own = make()
    vars(own)["execute"] = execute
    answer = await post(own, {"query": "{ hello }"})

    assert answer.status == status
    assert messages(answer) == [message]


async def test_overridden_execute_may_return_errors_of_any_kind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    They are masked, too.
    """

    class Result:
        data = None
        errors = (Boom("secret"),)

    class Mine(GraphQLApp):
        async def execute(self, *args: Any) -> Any:
            return Result() if args[0] == "{ hello }" else await super().execute(*args)

    mine = Mine(SDL, resolvers=RESOLVERS)
    wrong = await post(mine, {"query": "{ hello }"})
    right = await post(mine, {"query": "{ later }"})
    partial = await post(mine, {"query": "{ later fail }"})
    query = {"query": "subscription { count(to: 1) }"}
    refused = await post(mine, query)
    events = await post(mine, query, "text/event-stream")

    assert messages(wrong) == ["Unexpected error."]
    assert json.loads(right.body) == {"data": {"later": 3}}
    assert messages(partial) == ["Unexpected error."]
    assert refused.status == 406
    assert b'{"data":{"count":0}}' in events.body


async def test_execute_can_be_called_by_programs() -> None:
    """
    It returns an object with data and errors.
    """
    result = await app.execute("query ($n: String) { hello(name: $n) }", {"n": "you"})
    wrong = await app.execute("{ nope }")

    assert (result.data, result.errors) == ({"hello": "Hello, you!"}, None)
    assert (wrong.data, len(wrong.errors)) == (None, 1)


def test_executor_class_is_ignored_with_a_warning() -> None:
    """
    The warning names the line of the program.
    """
    with pytest.warns(UserWarning, match="`executor_class` is ignored") as caught:
        old = GraphQLApp(SDL, object, False)

    assert old.graphiql is False
    assert caught[0].filename == __file__


async def test_response_of_another_class_may_be_returned() -> None:
    """
    What an override returns is sent.
    """

    class Mine(GraphQLApp):
        async def handle_graphql(self, request: Any) -> Any:
            return JSONResponse(1, background=BackgroundTask(threading.get_ident))

    answer = await post(Mine(SDL), b"")

    assert answer.body == b"1"
