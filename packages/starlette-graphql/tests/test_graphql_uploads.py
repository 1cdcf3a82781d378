"""Uploads: the form, the paths to the variables, and the scalar."""

from __future__ import annotations

import json
import tempfile
import threading
import weakref
from typing import Any, ClassVar, Dict, List, Optional, Set, Type, Union

import anyio
import pytest
from graphql import GraphQLError, StringValueNode

from starlette._body_limit import BodyLimit
from starlette._graphql.errors import RequestError
from starlette._graphql.limits import GraphQLLimits
from starlette._graphql.request import MalformedRequest
from starlette._graphql.uploads import Upload, read_multipart
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.testing import Recorder, Script, http_scope

pytestmark = pytest.mark.anyio

QUERY = "mutation ($file: Upload!) { keep(file: $file) }"


class Boom(Exception):
    """Raised by the disks that are meant to fail."""


class RecordingFile(tempfile.SpooledTemporaryFile):  # type: ignore[type-arg]
    """A temporary file that is remembered, and notes the threads it goes to disk in."""

    made: ClassVar[List[RecordingFile]] = []
    disk_threads: ClassVar[Set[int]] = set()
    error: ClassVar[Optional[Exception]] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made.append(self)

    def write(self, data: Any) -> Any:
        if self.error is not None:
            raise self.error
        result = super().write(data)
        if self._rolled:  # type: ignore[attr-defined]
            self.disk_threads.add(threading.get_ident())
        return result


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> Type[RecordingFile]:
    """The class of the temporary files that are made meanwhile."""
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", RecordingFile)
    monkeypatch.setattr(RecordingFile, "made", [])
    monkeypatch.setattr(RecordingFile, "disk_threads", set())
    return RecordingFile


def part(
    name: str, data: Union[bytes, str, Any], filename: Optional[str] = None
) -> bytes:
    """One part; what is neither bytes nor text is sent as JSON."""
    if not isinstance(data, (bytes, str)):
        data = json.dumps(data)
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"'
    if filename is not None:
        head += f'; filename="{filename}"\r\nContent-Type: image/png'
    return head.encode() + b"\r\n\r\n" + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--B--\r\n"


def operations(variables: Any = None, **members: Any) -> bytes:
    variables = {"file": None} if variables is None else variables
    return part("operations", {"query": QUERY, "variables": variables, **members})


def upload(paths: Any, *, variables: Any = None) -> bytes:
    """A form whose file ``0`` has these paths."""
    return form(
        operations(variables), part("map", {"0": paths}), part("0", b"data", "a.png")
    )


def request_of(
    body: Union[bytes, List[bytes]],
    content_type: str = "multipart/form-data; boundary=B",
    then: Optional[Script] = None,
    length: Optional[str] = None,
) -> Request:
    headers = {"content-type": content_type}
    if length is not None:
        headers["content-length"] = length
    chunks = [body] if isinstance(body, bytes) else body
    return Request(http_scope("POST", headers=headers), then or Script.http(*chunks))


async def read(
    body: Union[bytes, List[bytes]], limits: Optional[GraphQLLimits] = None, **how: Any
) -> Any:
    """The operations, with (file name, content) in place of each file."""
    request = request_of(body, **how)
    members, close = await read_multipart(request, limits or GraphQLLimits())
    shown = await show(members)
    await close()
    return shown


async def show(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: await show(item) for key, item in value.items()}
    if isinstance(value, list):
        return [await show(item) for item in value]
    if isinstance(value, UploadFile):
        await value.seek(0)
        content = await value.read()
        assert value.size == len(content)
        return value.filename, content
    return value


async def refusal_of(body: Union[bytes, List[bytes]], **how: Any) -> str:
    """The status and the message of a refusal, after which nothing is open."""
    with pytest.raises(RequestError) as caught:
        await read(body, **how)
    assert all(file.closed for file in RecordingFile.made)
    return f"{caught.value.status} {caught.value.message}"


async def test_a_file() -> None:
    """
    It stands in the variables, with its name, type and size.
    """
    body = form(
        operations(operationName="Keep", extensions={"a": 1}),
        part("map", {"0": ["variables.file"]}),
        part("0", b"\x89PNG\r\n--B-", "cat.png"),
    )

    members, close = await read_multipart(request_of(body), GraphQLLimits())
    file = members["variables"].pop("file")

    assert members == {
        "query": QUERY,
        "variables": {},
        "operationName": "Keep",
        "extensions": {"a": 1},
    }
    assert isinstance(file, UploadFile)
    assert (file.filename, file.content_type, file.size) == ("cat.png", "image/png", 10)
    assert await file.read() == b"\x89PNG\r\n--B-"
    await close()
    assert file.file.closed


async def test_a_file_in_chunks_of_one_byte() -> None:
    """
    How the body is cut into chunks makes no difference.
    """
    body = upload(["variables.file"])

    shown = await read([body[i : i + 1] for i in range(len(body))])

    assert shown == {"query": QUERY, "variables": {"file": ("a.png", b"data")}}


async def test_lists_of_files() -> None:
    """
    A path leads through objects and arrays, by keys and indices.
    """
    body = form(
        operations({"files": [None, None], "a": {"b": [{"c": None}]}, "n": 1}),
        part("map", {"x": ["variables.files.1"], "y": ["variables.a.b.0.c"]}),
        part("x", b"X", "x"),
        part("y", b"", "y"),
    )

    shown = await read(body)

    assert shown["variables"] == {
        "files": [None, ("x", b"X")],
        "a": {"b": [{"c": ("y", b"")}]},
        "n": 1,
    }


async def test_a_batch() -> None:
    """
    Paths begin with the index of the operation.
    """
    members = [
        {"query": "a", "variables": {"f": None}},
        {"query": "b", "variables": {}},
    ]
    members[1]["variables"] = {"g": [None]}
    body = form(
        part("operations", members),
        part("map", {"0": ["0.variables.f"], "1": ["1.variables.g.0"]}),
        part("0", b"0", "0"),
        part("1", b"1", "1"),
    )

    shown = await read(body)

    assert [item["variables"] for item in shown] == [
        {"f": ("0", b"0")},
        {"g": [("1", b"1")]},
    ]


async def test_a_file_for_several_variables() -> None:
    """
    It is sent once, and is the same object everywhere.
    """
    body = upload(["variables.a", "variables.b"], variables={"a": None, "b": None})

    members, close = await read_multipart(request_of(body), GraphQLLimits())

    assert members["variables"]["a"] is members["variables"]["b"]
    await close()


async def test_no_file() -> None:
    """
    A form with an empty map is a request without files.
    """
    shown = await read(form(operations({"n": 1}), part("map", "{}")))

    assert shown == {"query": QUERY, "variables": {"n": 1}}


async def test_the_json_parts_as_files() -> None:
    """
    Some clients send them with a file name and a type; that is as good.
    """
    body = form(
        part("operations", {"query": QUERY, "variables": {"file": None}}, "blob"),
        part("map", {"0": ["variables.file"]}, "blob"),
        part("0", b"data", "a"),
    )

    shown = await read(body)

    assert shown["variables"] == {"file": ("a", b"data")}


async def test_fields_that_nobody_asked_for() -> None:
    """
    They pass unread, before and after the others, however large they are.
    """
    body = form(
        part("csrf_token", b"x" * 5000),
        operations(),
        part("other", b""),
        part("map", {"0": ["variables.file"]}),
        part("0", b"data", "a"),
        part("submit", b"ok"),
    )

    shown = await read(body, GraphQLLimits(body=1000))

    assert shown["variables"] == {"file": ("a", b"data")}


async def test_names_that_are_not_ascii() -> None:
    """
    Names of fields, files and variables are UTF-8.
    """
    body = form(
        operations({"bild": {"größe": None}}),
        part("map", {"ä": ["variables.bild.größe"]}),
        part("ä", b"data", "übung.png"),
    )

    shown = await read(body)

    assert shown["variables"] == {"bild": {"größe": ("übung.png", b"data")}}


async def test_a_large_file(files: Type[RecordingFile]) -> None:
    """
    It goes to disk, from other threads than that of the event loop.
    """
    data = bytes(range(256)) * 16 * 1024  # 4 MiB
    body = form(
        operations(), part("map", {"0": ["variables.file"]}), part("0", data, "a")
    )
    chunks = [body[i : i + 65536] for i in range(0, len(body), 65536)]

    shown = await read(chunks)

    assert shown["variables"] == {"file": ("a", data)}
    assert files.disk_threads
    assert threading.get_ident() not in files.disk_threads


OPERATIONS = operations()
MAP = part("map", {"0": ["variables.file"]})
FILE = part("0", b"data", "a")

FORMS: Dict[str, Any] = {
    "empty": (b"", '400 The form has no part "operations".'),
    "no-operations": (form(), '400 The form has no part "operations".'),
    "no-map": (form(OPERATIONS), '400 The form has no part "map".'),
    "map-first": (
        form(MAP, OPERATIONS, FILE),
        '400 The part "operations" must come before the part "map".',
    ),
    "file-first": (
        form(OPERATIONS, FILE, MAP),
        '400 The files must come after the part "map".',
    ),
    "operations-twice": (
        form(OPERATIONS, OPERATIONS),
        '400 The part "operations" was sent twice.',
    ),
    "map-twice": (form(OPERATIONS, MAP, MAP), '400 The part "map" was sent twice.'),
    "file-twice": (
        form(OPERATIONS, MAP, FILE, FILE),
        "400 The file '0' was sent twice.",
    ),
    "file-missing": (
        form(OPERATIONS, MAP),
        "400 The file '0' of the part \"map\" was not sent.",
    ),
    "file-unknown": (
        form(OPERATIONS, MAP, FILE, part("1", b"", "b")),
        "400 The part \"map\" has no paths for the file '1'.",
    ),
    "file-unknown-with-a-long-name": (
        form(OPERATIONS, MAP, part("n" * 200, b"", "b")),
        f"400 The part \"map\" has no paths for the file '{'n' * 80}...'.",
    ),
    "file-without-name-of-the-field": (
        form(OPERATIONS, MAP, FILE.replace(b'name="0"; ', b"")),
        "400 The part \"map\" has no paths for the file ''.",
    ),
    "file-without-filename": (
        form(OPERATIONS, MAP, part("0", b"data")),
        "400 The file '0' was sent without a file name.",
    ),
    "ends-early": (
        form(OPERATIONS, MAP, FILE)[:-7],
        "400 The multipart body ends before its closing boundary.",
    ),
    "bad-header": (
        form(OPERATIONS, b"--B\r\nbad header\r\n\r\n\r\n"),
        "400 Invalid header in a part.",
    ),
    "operations-no-json": (
        form(part("operations", "{")),
        '400 The part "operations" must be JSON in UTF-8, but is not.',
    ),
    "operations-latin-1": (
        form(part("operations", b'{"query": "\xe9"}')),
        '400 The part "operations" must be JSON in UTF-8, but is not.',
    ),
    "operations-nested": (
        form(part("operations", "[" * 100_000)),
        '400 The part "operations" must be JSON in UTF-8, but is not.',
    ),
    "operations-nan": (
        form(part("operations", '{"variables": {"a": NaN}}')),
        '400 The part "operations" must be JSON in UTF-8, but is not.',
    ),
    "operations-text": (
        form(part("operations", '"text"')),
        '400 The part "operations" must be a JSON object or an array.',
    ),
    "operations-null": (
        form(part("operations", "null"), MAP),
        '400 The part "operations" must be a JSON object or an array.',
    ),
    "map-no-json": (
        form(OPERATIONS, part("map", b"\xff")),
        '400 The part "map" must be JSON in UTF-8, but is not.',
    ),
    "map-null": (
        form(OPERATIONS, part("map", "null")),
        '400 The part "map" must be a JSON object.',
    ),
    "map-array": (
        form(OPERATIONS, part("map", [["variables.file"]])),
        '400 The part "map" must be a JSON object.',
    ),
}


@pytest.mark.parametrize("name", FORMS)
async def test_malformed_forms(name: str) -> None:
    """
    Each is refused with a sentence that says why, and nothing stays open.
    """
    body, refusal = FORMS[name]

    assert await refusal_of(body) == refusal


@pytest.mark.parametrize("paths", [[], "variables.file", None, {"a": 1}])
async def test_paths_that_are_no_array(paths: Any) -> None:
    """
    The paths of a file are one or more.
    """
    assert await refusal_of(upload(paths)) == (
        "400 The paths of the file '0' in the part \"map\" must be an array with one "
        "or more strings."
    )


@pytest.mark.parametrize("path", [None, 1, ["variables"]])
async def test_a_path_that_is_no_text(path: Any) -> None:
    """
    A path is a string.
    """
    refusal = await refusal_of(upload([path]))

    assert refusal == '400 A path in the part "map" must be a string.'


VARIABLES = {"file": None, "files": [None], "text": "t", "n": 1, "": {"": None}}


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "file",
        "variables",
        "variables.",
        "variables.none",
        "variables.file.0",
        "variables.text.0",
        "variables.n.real",
        "variables.files",
        "variables.files.1",
        "variables.files.-1",
        "variables.files.00",
        "variables.files.+0",
        "variables.files. 0",
        "variables.files.\u0660",
        "variables.files.0_0",
        "variables.files." + "9" * 5000,
        "variables.files.append",
        "variables.__class__",
        "variables.__proto__.polluted",
        "variables.constructor.prototype",
        "variables.file\x00",
        "query",
        "query.0",
        "operationName.0",
        "extensions.file",
        "0.variables.file",
    ],
)
async def test_a_path_that_leads_nowhere(path: str) -> None:
    """
    A path leads to a variable that is null, and through nothing but keys and indices.
    """
    members = {"operationName": None, "extensions": {"file": None}}
    body = form(operations(VARIABLES, **members), part("map", {"0": [path]}), FILE)

    refusal = await refusal_of(body)

    assert refusal.startswith("400 The path ")
    assert not RecordingFile.made


@pytest.mark.parametrize(
    "path", ["variables.f", "2.variables.f", "-1.variables.f", "0", "0.query", "0.1.f"]
)
async def test_a_path_that_leads_nowhere_in_a_batch(path: str) -> None:
    """
    It must begin with the index of an operation that is there.
    """
    members: Any = [{"query": "{ a }", "variables": {"f": None}}, None]
    body = form(part("operations", members), part("map", {"0": [path]}), FILE)

    refusal = await refusal_of(body)

    assert refusal.startswith("400 The path ")


async def test_an_empty_key_is_a_key() -> None:
    """
    Keys of JSON may be empty, and so may the steps of a path.
    """
    shown = await read(upload(["variables.."], variables={"": {"": None}}))

    assert shown["variables"] == {"": {"": ("a.png", b"data")}}


async def test_two_paths_to_one_variable() -> None:
    """
    They are refused, whether they are of one file or of two.
    """
    twice = "400 The path 'variables.file' in the part \"map\" is there twice."
    of_two_files = {"0": ["variables.file"], "1": ["variables.file"]}

    assert await refusal_of(upload(["variables.file"] * 2)) == twice
    assert await refusal_of(form(OPERATIONS, part("map", of_two_files))) == twice


async def test_wrong_shapes_are_told_from_wrong_syntax() -> None:
    """
    JSON that is no upload is a ``MalformedRequest``, as JSON that is no request is.
    """
    with pytest.raises(MalformedRequest):
        await read(form(OPERATIONS, part("map", "[]")))
    with pytest.raises(MalformedRequest):
        await read(upload(["variables.none"]))


@pytest.mark.parametrize("content_type", ["multipart/form-data", "text/plain", ""])
async def test_no_boundary(content_type: str) -> None:
    """
    Without it nothing can be read.
    """
    refusal = await refusal_of(form(OPERATIONS), content_type=content_type)

    assert refusal == "400 Missing boundary in multipart."


async def test_too_many_paths() -> None:
    """
    They are counted over all files; with the two other parts they make ``parts``.
    """
    variables = {"files": [None] * 4}
    paths = [f"variables.files.{index}" for index in range(4)]
    limits = GraphQLLimits(parts=5)
    too_many = '413 Too many paths in the part "map". The maximum is 3.'

    of_two = form(operations(variables), part("map", {"0": paths[:2], "1": paths[2:]}))
    within = await read(upload(paths[:3], variables=variables), limits)

    assert len(set(within["variables"]["files"])) == 2
    assert (
        await refusal_of(upload(paths, variables=variables), limits=limits) == too_many
    )
    assert await refusal_of(of_two, limits=limits) == too_many


@pytest.mark.parametrize("name", ["operations", "map"])
async def test_json_that_is_too_large(name: str) -> None:
    """
    Each of the two parts may be as large as a JSON body, not a byte larger.
    """
    text = b"{}" + b" " * 998
    limits = GraphQLLimits(body=1000)
    before = [] if name == "operations" else [part("operations", "{}")]
    fits = form(*before, part(name, text), *([part("map", "{}")] if not before else []))
    too_large = form(*before, part(name, text + b" "))
    refusal = f'413 The part "{name}" is too large. The maximum is 1000 bytes.'

    assert await read(fits, limits) == {}
    assert await refusal_of(too_large, limits=limits) == refusal
    assert await refusal_of(list_of_bytes(too_large), limits=limits) == refusal


def list_of_bytes(body: bytes) -> List[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


async def test_a_body_that_is_too_large() -> None:
    """
    It is refused as soon as it is known, at best before it is read.
    """
    body = form(OPERATIONS, MAP, part("0", b"d" * 3000, "a"))
    limits = GraphQLLimits(upload=len(body))
    smaller = GraphQLLimits(upload=len(body) - 1)
    refusal = (
        f"413 The body is too large. The maximum for uploads is {len(body) - 1} bytes."
    )
    unread = Script.http(body)

    assert (await read(body, limits, length=str(len(body))))["variables"]["file"]
    assert await refusal_of([body[:900], body[900:]], limits=smaller) == refusal
    assert len(RecordingFile.made) == 2
    for length in (str(len(body)), "9" * 19):
        how = {"limits": smaller, "then": unread, "length": length}
        assert await refusal_of(b"", **how) == refusal
    assert unread.calls == 0


async def test_too_many_parts() -> None:
    """
    Those that nobody asked for are counted too, wherever they are.
    """
    other = part("other", "")
    limits = GraphQLLimits(parts=5)
    too_many = "413 The form has too many parts. The maximum is 5."
    shown = await read(other + other + upload(["variables.file"]), limits)

    assert shown["variables"] == {"file": ("a.png", b"data")}
    assert await refusal_of(other * 3 + upload(["variables.file"]), limits=limits) == (
        too_many
    )
    assert await refusal_of(form(other * 6), limits=limits) == too_many


async def test_no_limits() -> None:
    """
    What is None does not limit.
    """
    limits = GraphQLLimits(body=None, upload=None, parts=None)
    variables = {"files": [None] * 200}
    paths = [f"variables.files.{index}" for index in range(200)]
    body = upload(paths, variables={**variables, "long": "x" * 1_100_000})

    shown = await read(body, limits, length=str(len(body)))

    assert shown["variables"]["files"] == [("a.png", b"data")] * 200


async def test_no_room_for_files() -> None:
    """
    Where two parts are all there may be, there is none left for a path.
    """
    refusal = '413 Too many paths in the part "map". The maximum is 0.'
    body = upload(["variables.file"])

    assert await refusal_of(body, limits=GraphQLLimits(parts=2)) == refusal
    assert await refusal_of(body, limits=GraphQLLimits(parts=1)) == (
        "413 The form has too many parts. The maximum is 1."
    )


async def test_a_length_that_is_no_number() -> None:
    """
    It is the server's to judge; the bytes are counted.
    """
    shown = await read(upload(["variables.file"]), length="²")

    assert shown["variables"] == {"file": ("a.png", b"data")}


async def test_a_limit_of_the_application() -> None:
    """
    It is a refusal like those of the limits here.
    """
    script = Script.http(form(OPERATIONS, MAP, FILE))
    refusals = []

    async def endpoint(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(RequestError) as caught:
            await read_multipart(Request(scope, receive), GraphQLLimits())
        refusals.append(caught.value)

    app = BodyLimit(endpoint, 100)
    await app(request_of(b"").scope, script, Recorder())

    assert [refusal.status for refusal in refusals] == [413]
    assert refusals[0].headers == {"connection": "close"}


async def test_a_client_that_goes() -> None:
    """
    The files that have come so far are closed.
    """
    body = form(OPERATIONS, MAP, FILE)[:-12]
    script = Script(
        {"type": "http.request", "body": body, "more_body": True},
        {"type": "http.disconnect"},
    )

    with pytest.raises(ClientDisconnect):
        await read(b"", then=script)

    assert [file.closed for file in RecordingFile.made] == [True]


async def test_a_cancelled_upload() -> None:
    """
    The files that have come so far are closed.
    """
    body = form(OPERATIONS, MAP, part("0", b"d" * 2_000_000, "a"))[:-12]
    script = Script({"type": "http.request", "body": body, "more_body": True})

    async def cancel_when_waiting(scope: anyio.CancelScope) -> None:
        while script.calls < 2:
            await anyio.lowlevel.checkpoint()
        scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(cancel_when_waiting, group.cancel_scope)
        await read(b"", then=script)

    assert [file.closed for file in RecordingFile.made] == [True]


async def test_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The error is the program's, and the files are closed.
    """
    monkeypatch.setattr(RecordingFile, "error", Boom())

    with pytest.raises(Boom):
        await read(upload(["variables.file"]))

    assert [file.closed for file in RecordingFile.made] == [True]


async def test_closing_twice() -> None:
    """
    It does no harm.
    """
    _, close = await read_multipart(
        request_of(upload(["variables.file"])), GraphQLLimits()
    )

    await close()
    await close()

    assert [file.closed for file in RecordingFile.made] == [True]


async def test_nothing_is_left_to_the_garbage_collector() -> None:
    """
    A file is gone with the last one who uses it.
    """
    members, close = await read_multipart(
        request_of(upload(["variables.file"])), GraphQLLimits()
    )
    file = weakref.ref(members["variables"]["file"])
    await close()

    del members, close

    assert file() is None


def test_the_scalar_takes_files_alone() -> None:
    """
    A value that did not come as a file is an error, and so are text and a result.
    """
    file = UploadFile(tempfile.TemporaryFile())  # noqa: SIM115

    assert Upload.name == "Upload"
    assert Upload.parse_value(file) is file
    with pytest.raises(GraphQLError, match="Upload must be a file that was sent"):
        Upload.parse_value("text")
    with pytest.raises(GraphQLError, match="Upload must be a variable"):
        Upload.parse_literal(StringValueNode(value="text"))
    with pytest.raises(GraphQLError, match="Upload is for input alone"):
        Upload.serialize(file)
    file.file.close()
