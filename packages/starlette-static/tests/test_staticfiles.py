"""``StaticFiles`` as programs have always used it: requests, answers, overriding."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

import starlette.staticfiles
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Router
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import Scope

pytestmark = pytest.mark.anyio

# Tue, 14 Nov 2023 22:13:20 GMT
MOMENT = 1_700_000_000
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
LATER = "Tue, 14 Nov 2023 22:13:21 GMT"
EARLIER = "Tue, 14 Nov 2023 22:13:19 GMT"
ETAG = f'"{MOMENT * 10**9:x}-5"'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "a.txt": b"hello",
        "empty.css": b"",
        "large.bin": bytes(range(256)) * 4096,
        "sub/index.html": b"index of sub",
        "index.html": b"index",
        "404.html": b"nothing here",
        "bare/b.txt": b"b",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (MOMENT, MOMENT))
    return tmp_path


async def get(
    app: Any, path: str, headers: Optional[Dict[str, str]] = None, **extra: Any
) -> Recorder:
    method = extra.pop("method", "GET")
    return await exchange(app, http_scope(method, path, headers=headers or {}, **extra))


def test_names() -> None:
    """
    The module offers what it says, by its own name.
    """
    for name in starlette.staticfiles.__all__:
        assert hasattr(starlette.staticfiles, name)
    assert StaticFiles.__module__ == "starlette.staticfiles"
    assert NotModifiedResponse.__module__ == "starlette.staticfiles"


async def test_small_file(folder: Path) -> None:
    """
    It is sent in one message, with its length, type, date and a strong tag.
    """
    answer = await get(StaticFiles(directory=folder), "/a.txt")

    assert answer.raw_headers == [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"accept-ranges", b"bytes"),
        (b"content-length", b"5"),
        (b"last-modified", DATE.encode()),
        (b"etag", ETAG.encode()),
    ]
    assert [m["type"] for m in answer.messages] == [
        "http.response.start",
        "http.response.body",
    ]
    assert answer.body == b"hello"
    assert answer.is_complete


async def test_empty_file(folder: Path) -> None:
    """
    It is sent as it is.
    """
    answer = await get(StaticFiles(directory=folder), "/empty.css")

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == "0"


async def test_large_file(folder: Path) -> None:
    """
    It is sent in pieces, whole.
    """
    answer = await get(StaticFiles(directory=folder), "/large.bin")

    assert answer.body == bytes(range(256)) * 4096
    assert answer.headers["content-length"] == str(1024 * 1024)
    assert len(answer.of_type("http.response.body")) == 16
    assert answer.is_complete


async def test_large_file_by_path(folder: Path) -> None:
    """
    A server that sends files itself is given the path, of large ones only.
    """
    app = StaticFiles(directory=folder)
    extensions: Dict[str, Any] = {"http.response.pathsend": {}}

    large = await get(app, "/large.bin", extensions=extensions)
    small = await get(app, "/a.txt", extensions=extensions)

    assert large.messages[1:] == [
        {"type": "http.response.pathsend", "path": str(folder / "large.bin")}
    ]
    assert small.body == b"hello"


@pytest.mark.parametrize("name", ["a.txt", "large.bin"])
async def test_head(folder: Path, name: str) -> None:
    """
    The headers are those of a GET, without a body.
    """
    app = StaticFiles(directory=folder)

    head = await get(app, f"/{name}", method="HEAD")

    assert head.status == 200
    assert head.body == b""
    assert head.headers == (await get(app, f"/{name}")).headers


@pytest.mark.parametrize(
    "name, spec, expected",
    [
        ("a.txt", "bytes=1-3", b"ell"),
        ("a.txt", "bytes=-2", b"lo"),
        ("large.bin", "bytes=254-257", b"\xfe\xff\x00\x01"),
    ],
)
async def test_range(folder: Path, name: str, spec: str, expected: bytes) -> None:
    """
    One range of a file is sent with status 206.
    """
    answer = await get(StaticFiles(directory=folder), f"/{name}", {"range": spec})

    assert (answer.status, answer.body) == (206, expected)


@pytest.mark.parametrize("tag, status", [(ETAG, 206), ('"other"', 200), (DATE, 206)])
async def test_if_range(folder: Path, tag: str, status: int) -> None:
    """
    The range is sent if the file is still the one that the client knows.
    """
    headers = {"range": "bytes=0-0", "if-range": tag}

    answer = await get(StaticFiles(directory=folder), "/a.txt", headers)

    assert answer.status == status


async def test_range_behind_the_end(folder: Path) -> None:
    """
    It is a 416 that tells the size.
    """
    answer = await get(StaticFiles(directory=folder), "/a.txt", {"range": "bytes=9-"})

    assert answer.status == 416
    assert answer.headers["content-range"] == "bytes */5"


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "DELETE"])
async def test_other_methods(folder: Path, method: str) -> None:
    """
    They are refused with the ones that are allowed.
    """
    answer = await get(StaticFiles(directory=folder), "/a.txt", method=method)

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


CONDITIONS = [
    ({"if-none-match": ETAG}, 304),
    ({"if-none-match": f"W/{ETAG}"}, 304),
    ({"if-none-match": f'"other", {ETAG}'}, 304),
    ({"if-none-match": "*"}, 304),
    ({"if-none-match": '"other"'}, 200),
    ({"if-none-match": '"other"', "if-modified-since": DATE}, 200),
    ({"if-none-match": ETAG, "if-modified-since": EARLIER}, 304),
    ({"if-modified-since": DATE}, 304),
    ({"if-modified-since": LATER}, 304),
    ({"if-modified-since": EARLIER}, 200),
    ({"if-modified-since": "yesterday"}, 200),
    ({"if-none-match": ETAG, "range": "bytes=0-0"}, 304),
]


@pytest.mark.parametrize("headers, status", CONDITIONS)
async def test_conditions(folder: Path, headers: Dict[str, str], status: int) -> None:
    """
    A client that has the file is told so: the first time, again, and where a
    program decides by the public methods.
    """

    class Own(StaticFiles):
        def is_not_modified(
            self, response_headers: Headers, request_headers: Headers
        ) -> bool:
            return super().is_not_modified(response_headers, request_headers)

    app = StaticFiles(directory=folder)

    for each in (app, app, Own(directory=folder)):
        answer = await get(each, "/a.txt", headers)

        assert answer.status == status
        assert answer.headers["etag"] == ETAG
        assert answer.body == (b"" if status == 304 else b"hello")


async def test_condition_in_several_lines(folder: Path) -> None:
    """
    The lines of ``If-None-Match`` are one list.
    """
    headers = [(b"if-none-match", b'"other"'), (b"if-none-match", ETAG.encode())]
    scope = http_scope("GET", "/a.txt", headers=headers)

    answer = await exchange(StaticFiles(directory=folder), scope)

    assert answer.status == 304
    assert answer.raw_headers == [(b"etag", ETAG.encode())]


async def test_condition_after_a_change(folder: Path) -> None:
    """
    A file that changed, vanished or was replaced is noticed at once.
    """
    app = StaticFiles(directory=folder)
    path = folder / "a.txt"
    statuses: List[int] = []

    async def ask() -> None:
        answer = await get(app, "/a.txt", {"if-none-match": ETAG})
        statuses.append(answer.status)

    await ask()
    await ask()
    path.write_bytes(b"other")
    await ask()
    path.unlink()
    await ask()
    path.symlink_to("sub")
    await ask()

    assert statuses == [304, 304, 200, 404, 404]


async def test_condition_after_the_file_is_gone(folder: Path) -> None:
    """
    What was sent a moment ago is missing now.
    """
    app = StaticFiles(directory=folder)
    anything = {"if-none-match": "*"}
    assert (await get(app, "/a.txt", anything)).status == 304
    (folder / "a.txt").unlink()

    assert (await get(app, "/a.txt", anything)).status == 404


async def test_condition_after_a_link_leads_elsewhere(folder: Path) -> None:
    """
    What it leads to now is sent.
    """
    link = folder / "link.txt"
    link.symlink_to("a.txt")
    app = StaticFiles(directory=folder)
    statuses: List[int] = []
    for target in ("a.txt", "a.txt", "bare/b.txt"):
        link.unlink()
        link.symlink_to(target)
        answer = await get(app, "/link.txt", {"if-none-match": ETAG})
        statuses.append(answer.status)

    assert statuses == [304, 304, 200]


async def test_index(folder: Path) -> None:
    """
    ``index.html`` stands for its folder, whose path ends with a slash.
    """
    app = StaticFiles(directory=folder, html=True)
    headers = {"host": "example.org"}

    top = await get(app, "/")
    sub = await get(app, "/sub/")
    without_slash = await get(app, "/sub", headers, query=b"a=1")

    assert (top.status, top.body) == (200, b"index")
    assert (sub.status, sub.body) == (200, b"index of sub")
    assert without_slash.status == 307
    assert without_slash.headers["location"] == "http://example.org/sub/?a=1"


async def test_redirect_stays_on_the_site(folder: Path) -> None:
    """
    A path with two slashes does not become the name of a host.
    """
    app = StaticFiles(directory=folder, html=True)
    scope = http_scope("GET", "/")
    scope.update(path="//sub", raw_path=b"//sub")

    answer = await exchange(app, scope)

    assert answer.headers["location"] == "/sub/"


async def test_folder_without_html(folder: Path) -> None:
    """
    A folder is not found.
    """
    app = StaticFiles(directory=folder)

    assert (await get(app, "/sub/")).status == 404
    assert (await get(app, "/")).status == 404


async def test_page_for_what_is_missing(folder: Path) -> None:
    """
    ``404.html`` is sent with status 404, whatever the client has; without it, text.
    """
    app = StaticFiles(directory=folder, html=True)

    answer = await get(app, "/missing", {"if-none-match": "*"})
    in_folder = await get(app, "/bare/")
    (folder / "404.html").unlink()
    without_page = await get(app, "/missing")

    assert (answer.status, answer.body) == (404, b"nothing here")
    assert (in_folder.status, in_folder.body) == (404, b"nothing here")
    assert (without_page.status, without_page.body) == (404, b"Not Found")


async def test_inside_of_an_application(folder: Path) -> None:
    """
    Mounted, it raises what the application answers, and takes no part in the lifespan.
    """
    seen: List[int] = []

    async def on_404(request: Any, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        seen.append(error.status_code)
        return Response(b"ours", 404)

    mount = Mount("/static", StaticFiles(directory=folder), name="static")
    app = Starlette(routes=[mount], exception_handlers={404: on_404})
    recorder = Recorder()
    await app(lifespan_scope(), Script.lifespan(), recorder)

    found = await get(app, "/static/a.txt")
    missing = await get(app, "/static/b.txt")
    bare = await get(Router(routes=[mount]), "/static/b.txt")

    assert found.body == b"hello"
    assert (missing.body, seen) == (b"ours", [404])
    assert bare.status == 404
    assert [m["type"] for m in recorder.messages] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


async def test_websocket(folder: Path) -> None:
    """
    It is closed before it is accepted.
    """
    app = StaticFiles(directory=folder)

    recorder = await exchange(app, websocket_scope("/a.txt"), Script.websocket())

    assert [m["type"] for m in recorder.messages] == ["websocket.close"]


async def test_other_scopes(folder: Path) -> None:
    """
    What is neither HTTP nor a WebSocket is a mistake of the program.
    """
    app = StaticFiles(directory=folder)

    with pytest.raises(AssertionError, match="lifespan"):
        await exchange(app, lifespan_scope(), Script.lifespan())


def test_missing_folder(tmp_path: Path) -> None:
    """
    It is an error when the application is made.
    """
    with pytest.raises(RuntimeError, match=r"Directory '.*nowhere' does not exist"):
        StaticFiles(directory=tmp_path / "nowhere")


async def test_missing_folder_unchecked(tmp_path: Path) -> None:
    """
    Without that check it is an error at the first request.
    """
    app = StaticFiles(directory=tmp_path / "nowhere", check_dir=False)
    (tmp_path / "file").write_bytes(b"")
    other = StaticFiles(directory=tmp_path / "file", check_dir=False)

    with pytest.raises(RuntimeError, match="does not exist"):
        await get(app, "/a.txt")
    with pytest.raises(RuntimeError, match="is not a directory"):
        await get(other, "/a.txt")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "path" / "package_with_files"
    for name in ("statics", "other"):
        (package / name).mkdir(parents=True)
        (package / name / "p.txt").write_text(name)
    (package / "__init__.py").write_text("")
    (tmp_path / "path" / "namespace_of_files").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "path"))
    monkeypatch.delitem(sys.modules, "package_with_files", raising=False)
    return package


async def test_packages(folder: Path, package: Path) -> None:
    """
    Folders of packages are looked in, after the directory, in their order.
    """
    packages: List[Any] = [("package_with_files", "other"), "package_with_files"]
    app = StaticFiles(directory=folder, packages=packages)
    alone = StaticFiles(packages=packages[1:])

    assert app.all_directories == [
        folder,
        str(package / "other"),
        str(package / "statics"),
    ]
    assert (await get(app, "/p.txt")).body == b"other"
    assert (await get(alone, "/p.txt")).body == b"statics"
    # Asked again: what comes from several folders is looked for each time.
    assert (await get(app, "/p.txt", {"if-none-match": "*"})).status == 304
    (folder / "p.txt").write_text("shadow")
    assert (await get(app, "/p.txt")).body == b"shadow"


@pytest.mark.parametrize(
    "given, error",
    [
        ("no_such_package", AssertionError),
        ("namespace_of_files", AssertionError),
        ("no_such_package.inner", ModuleNotFoundError),
        (("package_with_files", "nowhere"), AssertionError),
    ],
)
def test_missing_package(package: Path, given: Any, error: Any) -> None:
    """
    It is an error when the application is made.
    """
    with pytest.raises(error):
        StaticFiles(packages=[given])


async def test_nothing_to_serve() -> None:
    """
    Without any folder nothing is found.
    """
    assert (await get(StaticFiles(), "/a.txt")).status == 404


@pytest.mark.parametrize(
    "path, expected",
    [
        ("/", "."),
        ("/a", "a"),
        ("/a/../b//c/", "b/c"),
        ("/../x", "../x"),
        ("//a", "a"),
        ("/a/.", "a"),
        ("/..", ".."),
    ],
)
def test_get_path(folder: Path, path: str, expected: str) -> None:
    """
    The path is relative to the mount, and normal.
    """
    app = StaticFiles(directory=folder)

    assert app.get_path({"type": "http", "path": path, "root_path": ""}) == expected


def test_lookup_path(folder: Path) -> None:
    """
    It gives where a file or folder really is, and its status; or nothing.
    """
    (folder / "link.txt").symlink_to("a.txt")
    app = StaticFiles(directory=folder)
    following = StaticFiles(directory=folder, follow_symlink=True)

    full_path, status = app.lookup_path("link.txt")

    assert full_path == str(folder / "a.txt")
    assert status is not None
    assert status.st_size == 5
    assert type(full_path) is str
    assert app.lookup_path("sub/../bare/./b.txt")[0] == str(folder / "bare" / "b.txt")
    assert (
        app.lookup_path("sub/")[0] == app.lookup_path("sub")[0] == str(folder / "sub")
    )
    assert app.lookup_path("x/..")[0] == str(folder)
    assert following.lookup_path("link.txt")[0] == str(folder / "link.txt")
    for missing in ("nowhere", "../a.txt", "/etc/hostname", "a.txt/x", "a\0"):
        assert app.lookup_path(missing) == ("", None)


async def test_overridden_lookup_path(folder: Path) -> None:
    """
    What it returns is served, as file, index or page for what is missing.
    """

    class Renamed(StaticFiles):
        def lookup_path(self, path: str) -> Tuple[str, Optional[os.stat_result]]:
            asked.append(path)
            if path == "elsewhere":
                return str(folder / "fifo"), os.stat(folder / "fifo")
            return super().lookup_path(path.replace("renamed", "a"))

    asked: List[str] = []
    os.mkfifo(folder / "fifo")
    app = Renamed(directory=folder, html=True)

    assert (await get(app, "/renamed.txt")).body == b"hello"
    assert (await get(app, "/renamed.txt", {"if-none-match": ETAG})).status == 304
    assert (await get(app, "/large.bin")).headers["content-length"] == "1048576"
    assert (await get(app, "/renamed.txt", {"range": "bytes=0-0"})).body == b"h"
    assert (await get(app, "/")).body == b"index"
    assert (await get(app, "/sub")).status == 307
    assert (await get(app, "/elsewhere")).status == 404
    assert asked[-1] == "404.html"


async def test_overridden_get_response(folder: Path) -> None:
    """
    A program can change the response, and ask again for another path.
    """

    class Own(StaticFiles):
        async def get_response(self, path: str, scope: Scope) -> Response:
            try:
                response = await super().get_response(path, scope)
            except HTTPException:
                response = await super().get_response("index.html", scope)
            response.headers["x-own"] = path
            return response

    app = Own(directory=folder)
    mounted = Starlette(routes=[Mount("/s", app)])

    found = await get(mounted, "/s/a.txt")
    missing = await get(mounted, "/s/page")
    unchanged = await get(app, "/a.txt", {"if-none-match": ETAG})

    assert (found.body, found.headers["x-own"]) == (b"hello", "a.txt")
    assert (missing.body, missing.headers["x-own"]) == (b"index", "page")
    assert (unchanged.status, unchanged.headers["x-own"]) == (304, "a.txt")


async def test_overridden_file_response(folder: Path) -> None:
    """
    It gets a path, a status, the scope and the status of the response.
    """

    class Own(StaticFiles):
        def file_response(
            self,
            full_path: Any,
            stat_result: os.stat_result,
            scope: Scope,
            status_code: int = 200,
        ) -> Response:
            assert (full_path, stat_result.st_size) == (str(folder / "a.txt"), 5)
            response = super().file_response(
                str(full_path), stat_result, scope, status_code
            )
            assert isinstance(response, FileResponse)
            assert response.path == str(folder / "a.txt")
            response.headers["x-own"] = "yes"
            return response

    answer = await get(Own(directory=folder), "/a.txt")

    assert (answer.body, answer.headers["x-own"]) == (b"hello", "yes")
    assert answer.headers["etag"] == ETAG


async def test_own_decision_about_changes(folder: Path) -> None:
    """
    ``is_not_modified`` decides, and without validators nothing is unchanged.
    """

    class Always(StaticFiles):
        def is_not_modified(
            self, response_headers: Headers, request_headers: Headers
        ) -> bool:
            return "x-again" not in request_headers

    app = Always(directory=folder)
    plain = StaticFiles(directory=folder)
    none = Headers({})

    assert (await get(app, "/a.txt", {"if-none-match": '"no"'})).status == 304
    assert (await get(app, "/a.txt", {"x-again": "1"})).status == 200
    assert not plain.is_not_modified(none, Headers({"if-modified-since": DATE}))
    assert not plain.is_not_modified(none, Headers({"if-none-match": ETAG}))
    assert not plain.is_not_modified(Headers({"etag": ETAG}), none)


def test_not_modified_response() -> None:
    """
    It keeps what belongs into a 304 of the headers it is given.
    """
    headers = Headers({"etag": '"x"', "vary": "accept", "content-length": "5"})

    response = NotModifiedResponse(headers)

    assert response.status_code == 304
    assert sorted(response.raw_headers) == [(b"etag", b'"x"'), (b"vary", b"accept")]


async def test_file_that_may_not_be_read(folder: Path) -> None:
    """
    It is answered with 401, as ever.
    """

    class Forbidden:
        # As root, whom tests may run as, nothing in the file system is.
        def __fspath__(self) -> str:
            raise PermissionError

    app = StaticFiles(directory=folder)
    app.all_directories.append(Forbidden())

    assert (await get(app, "/a.txt")).status == 200
    assert (await get(app, "/missing.txt")).status == 401
