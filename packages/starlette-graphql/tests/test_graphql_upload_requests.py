"""Uploads as requests to an application: who may send them, and when files close."""

from __future__ import annotations

import json
import tempfile
from typing import Any, AsyncIterator, Dict, List, Optional, Tuple

import pytest

from starlette.applications import Starlette
from starlette.graphql import GraphQLApp, GraphQLLimits
from starlette.routing import Route
from starlette.testing import Recorder, Script, exchange, http_scope

pytestmark = pytest.mark.anyio

SCHEMA = """
    scalar Upload
    type Query { size(file: Upload): Int }
    type Mutation { keep(file: Upload!): String, forget(file: Upload): String }
    type Subscription { read(file: Upload!): String }
"""

TYPE = ("content-type", "multipart/form-data; boundary=B")
PREFLIGHT = ("graphql-require-preflight", "1")
EVENTS = ("accept", "text/event-stream")


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> List[Any]:
    """The temporary files that are made meanwhile."""
    made: List[Any] = []

    class RecordedFile(tempfile.SpooledTemporaryFile):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", RecordedFile)
    return made


async def keep(source: Any, info: Any, file: Any) -> str:
    data: bytes = await file.read()
    return data.decode()


async def read(source: Any, info: Any, file: Any) -> AsyncIterator[str]:
    while True:
        data: bytes = await file.read(1)
        if not data:
            return
        yield data.decode()


RESOLVERS = {
    "Query": {"size": lambda source, info, file: file.size},
    "Mutation": {"keep": keep, "forget": lambda source, info, file=None: "nothing"},
    "Subscription": {"read": read},
}


def make(**options: Any) -> GraphQLApp:
    return GraphQLApp(SCHEMA, resolvers=RESOLVERS, **options)


def form(
    operations: Any, mapping: Optional[Dict[str, Any]] = None, data: bytes = b"data"
) -> bytes:
    """A form whose file ``0`` has this content."""
    mapping = {"0": ["variables.file"]} if mapping is None else mapping
    parts = [
        ('name="operations"', json.dumps(operations).encode()),
        ('name="map"', json.dumps(mapping).encode()),
        *((f'name="{name}"; filename="f"', data) for name in mapping),
    ]
    body = b"".join(
        f"--B\r\ncontent-disposition: form-data; {head}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for head, content in parts
    )
    return body + b"--B--\r\n"


def operation(field: str, kind: str = "mutation") -> Dict[str, Any]:
    return {
        "query": f"{kind} ($file: Upload!) {{ {field}(file: $file) }}",
        "variables": {"file": None},
    }


async def send(
    app: Any, body: bytes, *headers: Tuple[str, str], method: str = "POST"
) -> Recorder:
    scope = http_scope(method, headers=[TYPE, *(headers or (PREFLIGHT,))])
    return await exchange(app, scope, [body])


def message_of(recorder: Recorder) -> str:
    """The message of a refusal, after which nothing is done."""
    body = json.loads(recorder.body)
    assert list(body) == ["errors"]
    text: str = body["errors"][0]["message"]
    return text


async def test_a_mutation(files: List[Any]) -> None:
    """
    It gets the file, which is closed with the answer.
    """
    recorder = await send(make(), form(operation("keep")))

    assert recorder.status == 200
    assert json.loads(recorder.body) == {"data": {"keep": "data"}}
    assert [file.closed for file in files] == [True]


async def test_an_optional_file(files: List[Any]) -> None:
    """
    Where no file is sent for it, it is null.
    """
    asked = {"query": "mutation ($file: Upload) { forget(file: $file) }"}

    recorder = await send(make(), form(asked, {}))

    assert json.loads(recorder.body) == {"data": {"forget": "nothing"}}
    assert files == []


async def test_a_batch(files: List[Any]) -> None:
    """
    Each operation gets its own file.
    """
    asked = [operation("keep"), operation("size", "query")]
    mapping = {"a": ["0.variables.file"], "b": ["1.variables.file"]}

    recorder = await send(make(batching=2), form(asked, mapping))

    assert json.loads(recorder.body) == [
        {"data": {"keep": "data"}},
        {"data": {"size": 4}},
    ]
    assert [file.closed for file in files] == [True, True]


async def test_a_subscription(files: List[Any]) -> None:
    """
    The file is open until the stream ends.
    """
    body = form(operation("read", "subscription"))

    recorder = await send(make(), body, PREFLIGHT, EVENTS)

    lines = recorder.body.decode().splitlines()
    results = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    assert [result["data"]["read"] for result in results] == ["d", "a", "t", "a"]
    assert [file.closed for file in files] == [True]


async def test_a_stream_that_nobody_gets(files: List[Any]) -> None:
    """
    The file is closed, even if the client is gone before the first byte.
    """
    scope = http_scope("POST", headers=[TYPE, PREFLIGHT, EVENTS])
    script = Script.http(form(operation("read", "subscription")))

    await make()(scope, script, Recorder(error=OSError("gone")))

    assert [file.closed for file in files] == [True]


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "{", "variables": {"file": None}},
        {"query": "mutation { nothing }", "variables": {"file": None}},
        {**operation("keep"), "operationName": "other"},
        {**operation("keep"), "operationName": 1},
    ],
)
async def test_an_operation_that_is_not_executed(files: List[Any], asked: Any) -> None:
    """
    Its file is closed all the same.
    """
    recorder = await send(make(), form(asked))

    assert message_of(recorder)
    assert [file.closed for file in files] == [True]


async def test_a_mutation_by_a_method_that_only_reads(files: List[Any]) -> None:
    """
    It is refused, and its file closed.
    """
    recorder = await send(make(), form(operation("keep")), method="QUERY")

    assert recorder.status == 405
    assert [file.closed for file in files] == [True]


@pytest.mark.parametrize(
    "query, variables",
    [
        ('mutation { keep(file: "text") }', {}),
        ("mutation ($file: Upload!) { keep(file: $file) }", {"file": "text"}),
        ("mutation ($file: Upload!) { keep(file: $file) }", {"file": {"file": 1}}),
        ("mutation ($file: Upload!) { keep(file: $file) }", {"file": None}),
        ("mutation ($file: Upload!) { keep(file: $file) }", {}),
    ],
)
async def test_what_is_no_file(query: str, variables: Dict[str, Any]) -> None:
    """
    The scalar takes files of the request, and nothing else.
    """
    body = json.dumps({"query": query, "variables": variables}).encode()
    scope = http_scope("POST", headers=[("content-type", "application/json")])

    recorder = await exchange(make(), scope, [body])

    assert message_of(recorder)


async def test_without_a_header_that_other_sites_cannot_send() -> None:
    """
    It is refused before anything of the body is read.
    """
    script = Script.http(form(operation("keep")))
    recorder = Recorder()

    await make()(http_scope("POST", headers=[TYPE]), script, recorder)

    assert recorder.status == 400
    assert '"graphql-require-preflight"' in message_of(recorder)
    assert script.calls == 0


async def test_without_the_rule() -> None:
    """
    A program that needs no protection can do without the header.
    """
    recorder = await send(make(csrf_headers=None), form(operation("keep")), EVENTS)

    assert recorder.status == 200


async def test_headers_of_the_program() -> None:
    """
    The program may ask for a header of its own, and the others are worth nothing.
    """
    app = make(csrf_headers=["X-Mine"])
    body = form(operation("keep"))

    assert (await send(app, body, ("x-mine", "1"))).status == 200
    assert '"x-mine"' in message_of(await send(app, body, PREFLIGHT))


async def test_uploads_that_are_off() -> None:
    """
    The type is none that is supported.
    """
    recorder = await send(make(uploads=False), form(operation("keep")))

    assert recorder.status == 415
    assert message_of(recorder) == "Unsupported Media Type"


@pytest.mark.parametrize(
    "limits", [{"upload": 100}, {"parts": 2}, {"body": 50}], ids=lambda x: next(iter(x))
)
async def test_limits(files: List[Any], limits: Any) -> None:
    """
    What is beyond a limit is a 413 with errors.
    """
    app = make(limits=GraphQLLimits(**limits))

    recorder = await send(app, form(operation("keep")))

    assert recorder.status == 413
    assert message_of(recorder)
    assert all(file.closed for file in files)


async def test_a_limit_of_the_application_around() -> None:
    """
    It is answered like the limits of GraphQL.
    """
    app = Starlette(routes=[Route("/", make())], max_body_size=100)

    recorder = await send(app, form(operation("keep")))

    assert recorder.status == 413
    assert message_of(recorder) == "Content Too Large"


async def test_the_draft_of_the_specification() -> None:
    """
    A form that is no form is a 400, one that says something else is a 422.
    """
    app = make(http_spec="draft")
    broken = await send(app, b"--B\r\nbroken")
    misleading = await send(app, form(operation("keep"), {"0": ["variables.other"]}))

    assert (broken.status, misleading.status) == (400, 422)
