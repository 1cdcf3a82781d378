"""What ``StaticFiles`` does beyond files: caching, siblings, pages, names, lists."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, List, Optional

import anyio.from_thread
import pytest

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testing import Recorder, exchange, http_scope

pytestmark = pytest.mark.anyio

MOMENT = 1_700_000_000
IMMUTABLE = "public, max-age=31536000, immutable"
PAGE = {"sec-fetch-mode": "navigate"}


def write(path: Path, content: bytes, moment: int = MOMENT) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (moment, moment))


async def get(
    app: Any, path: str, headers: Optional[Dict[str, str]] = None, **extra: Any
) -> Recorder:
    method = extra.pop("method", "GET")
    return await exchange(app, http_scope(method, path, headers=headers or {}, **extra))


# -- Caching


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("index.html", "app.js", "img/a.png", "assets/app-Cd3fG7hJ.js"):
        write(tmp_path / name, name.encode())
    return tmp_path


async def cache_control(app: StaticFiles, path: str) -> Optional[str]:
    answer = await get(app, path)
    assert answer.status == 200
    found: Optional[str] = answer.headers.get("cache-control")
    return found


async def test_cache_control_for_all(folder: Path) -> None:
    """
    One value is sent with every file, and with the 304 for it.
    """
    app = StaticFiles(directory=folder, cache_control="max-age=60")

    answer = await get(app, "/app.js", {"if-none-match": "*"})

    assert await cache_control(app, "/img/a.png") == "max-age=60"
    assert (answer.status, answer.headers["cache-control"]) == (304, "max-age=60")


async def test_cache_control_by_pattern(folder: Path) -> None:
    """
    The first pattern that matches the whole path decides.
    """
    patterns = {"img/*": "max-age=1", "*.png": "max-age=2", "*.html": "no-cache"}
    app = StaticFiles(directory=folder, cache_control=patterns)

    assert await cache_control(app, "/img/a.png") == "max-age=1"
    assert await cache_control(app, "/index.html") == "no-cache"
    assert await cache_control(app, "/app.js") is None


async def test_cache_control_by_function(folder: Path) -> None:
    """
    A function is asked with the path, once for each version of a file.
    """
    asked: List[str] = []

    def choose(path: str) -> Optional[str]:
        asked.append(path)
        return "no-store" if path.endswith(".js") else None

    app = StaticFiles(directory=folder, cache_control=choose)

    assert await cache_control(app, "/app.js") == "no-store"
    assert await cache_control(app, "/app.js") == "no-store"
    assert await cache_control(app, "/img/a.png") is None
    assert asked == ["app.js", "img/a.png"]


async def test_function_that_asks_the_event_loop(folder: Path) -> None:
    """
    It is called in a thread where ``anyio.from_thread`` works.
    """

    async def decide() -> str:
        return "max-age=7"

    def choose(path: str) -> str:
        return anyio.from_thread.run(decide)

    app = StaticFiles(directory=folder, cache_control=choose)
    answer = await get(app, "/app.js", {"if-none-match": "*"})

    assert answer.headers["cache-control"] == "max-age=7"


@pytest.mark.parametrize(
    "given, error, message",
    [
        (5, ValueError, "`cache_control` must be"),
        ("a\r\nb", ValueError, "must not contain"),
        ({"*": "a\nb"}, ValueError, "must not contain"),
        ({"*": 5}, TypeError, "must be str"),
    ],
)
def test_wrong_cache_control(
    folder: Path, given: Any, error: Any, message: str
) -> None:
    """
    It is an error when the application is made.
    """
    with pytest.raises(error, match=message):
        StaticFiles(directory=folder, cache_control=given)


@pytest.mark.parametrize(
    "given, hashed, plain",
    [
        (None, IMMUTABLE, None),
        ("no-cache", IMMUTABLE, "no-cache"),
        ({"*.js": "max-age=5"}, "max-age=5", "max-age=5"),
        ({"*.html": "max-age=5"}, IMMUTABLE, None),
    ],
)
async def test_hashed_names(
    folder: Path, given: Any, hashed: str, plain: Optional[str]
) -> None:
    """
    They are immutable, unless a pattern says otherwise.
    """
    manifest = {"app.js": "assets/app-Cd3fG7hJ.js"}
    app = StaticFiles(directory=folder, cache_control=given, manifest=manifest)

    assert await cache_control(app, "/assets/app-Cd3fG7hJ.js") == hashed
    assert await cache_control(app, "/app.js") == plain


async def test_more_files_than_are_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The memory for headers is bounded, and what is forgotten is made anew.
    """
    from starlette import _static_finder, _static_headers

    monkeypatch.setattr(_static_headers, "_MAX_REMEMBERED", 2)
    monkeypatch.setattr(_static_finder, "_MAX_REMEMBERED", 2)
    app = StaticFiles(directory=folder)

    for _ in range(2):
        for path in ("/app.js", "/index.html", "/img/a.png"):
            answer = await get(app, path, {"if-none-match": "*"})
            assert answer.status == 304


@pytest.mark.parametrize(
    "name, media_type",
    [
        ("a.html", "text/html; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.woff2", "font/woff2"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.unknown", "text/plain; charset=utf-8"),
        ("none", "text/plain; charset=utf-8"),
    ],
)
async def test_media_types(tmp_path: Path, name: str, media_type: str) -> None:
    """
    The type is guessed from the name, and plain text if nothing else.
    """
    write(tmp_path / name, b"x")

    answer = await get(StaticFiles(directory=tmp_path), f"/{name}")

    assert answer.headers["content-type"] == media_type


# -- Siblings


@pytest.fixture
def compressed(tmp_path: Path) -> Path:
    for ending in ("", ".zst", ".br", ".gz"):
        write(tmp_path / f"app.js{ending}", b"app" + ending.encode())
    write(tmp_path / "plain.css", b"plain")
    write(tmp_path / "large.js", b"0" * 200_000)
    write(tmp_path / "large.js.gz", b"1" * 150_000)
    return tmp_path


async def test_sibling(compressed: Path) -> None:
    """
    It is sent with the type of the file, its coding and a tag of its own.
    """
    app = StaticFiles(directory=compressed, precompressed=True)

    answer = await get(app, "/app.js", {"accept-encoding": "gzip, br"})
    as_it_is = await get(app, "/app.js")

    assert answer.body == b"app.br"
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["content-type"] == as_it_is.headers["content-type"]
    assert answer.headers["content-length"] == "6"
    assert answer.headers["vary"] == as_it_is.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] != as_it_is.headers["etag"]
    assert "accept-ranges" not in answer.headers
    assert "content-encoding" not in as_it_is.headers


@pytest.mark.parametrize(
    "accepted, expected",
    [
        ("gzip, br, zstd", b"app.zst"),
        ("gzip;q=1, br;q=0.5", b"app.gz"),
        ("br;q=0, gzip;q=0", b"app"),
        ("deflate", b"app"),
    ],
)
async def test_choice(compressed: Path, accepted: str, expected: bytes) -> None:
    """
    The weights of the client decide.
    """
    app = StaticFiles(directory=compressed, precompressed=True)

    answer = await get(app, "/app.js", {"accept-encoding": accepted})

    assert answer.body == expected


async def test_some_codings(compressed: Path) -> None:
    """
    Only the codings that are asked for are sent.
    """
    app = StaticFiles(directory=compressed, precompressed=["gzip"])
    off = StaticFiles(directory=compressed)
    everything = {"accept-encoding": "*"}

    assert (await get(app, "/app.js", everything)).body == b"app.gz"
    assert (await get(off, "/app.js", everything)).body == b"app"
    assert "vary" not in (await get(off, "/app.js", everything)).headers
    assert (await get(app, "/plain.css", everything)).body == b"plain"


@pytest.mark.parametrize("given", ["gzip", ["deflate"]])
def test_wrong_codings(compressed: Path, given: Any) -> None:
    """
    They are an error when the application is made.
    """
    with pytest.raises(ValueError, match="`precompressed` must be"):
        StaticFiles(directory=compressed, precompressed=given)


async def test_range_of_a_file_with_siblings(compressed: Path) -> None:
    """
    Ranges are those of the file as it is.
    """
    app = StaticFiles(directory=compressed, precompressed=True)
    headers = {"accept-encoding": "br", "range": "bytes=0-1"}

    answer = await get(app, "/app.js", headers)

    assert (answer.status, answer.body) == (206, b"ap")
    assert "content-encoding" not in answer.headers


async def test_condition_with_siblings(compressed: Path) -> None:
    """
    The tag of one form does not stand for another.
    """
    app = StaticFiles(directory=compressed, precompressed=True)
    coded = await get(app, "/app.js", {"accept-encoding": "br"})
    tag = {"if-none-match": coded.headers["etag"]}

    same = await get(app, "/app.js", {**tag, "accept-encoding": "br"})
    other = await get(app, "/app.js", {**tag, "accept-encoding": "gzip"})

    assert (same.status, same.headers["vary"]) == (304, "Accept-Encoding")
    assert (other.status, other.body) == (200, b"app.gz")


async def test_old_sibling(compressed: Path) -> None:
    """
    One that is older than its file is not sent, nor one that is no file.
    """
    write(compressed / "app.js.br", b"old", MOMENT - 1)
    (compressed / "app.js.zst").unlink()
    (compressed / "app.js.zst").mkdir()
    app = StaticFiles(directory=compressed, precompressed=True)

    answer = await get(app, "/app.js", {"accept-encoding": "zstd, br, gzip;q=0.1"})

    assert answer.body == b"app.gz"


async def test_large_sibling(compressed: Path) -> None:
    """
    It is sent in pieces, and for HEAD not at all.
    """
    app = StaticFiles(directory=compressed, precompressed=True)
    headers = {"accept-encoding": "gzip"}

    answer = await get(app, "/large.js", headers)
    head = await get(app, "/large.js", headers, method="HEAD")

    assert answer.body == b"1" * 150_000
    assert head.headers["content-length"] == "150000"
    assert head.body == b""


async def test_sibling_of_what_is_missing(compressed: Path) -> None:
    """
    A sibling alone stands for nothing.
    """
    (compressed / "app.js").unlink()
    app = StaticFiles(directory=compressed, precompressed=True)

    assert (await get(app, "/app.js", {"accept-encoding": "br"})).status == 404
    assert (await get(app, "/app.js.br")).body == b"app.br"


# -- Pages of single-page applications


async def test_pages(folder: Path) -> None:
    """
    A navigation to what is no file gets the page, whatever its path looks like.
    """
    app = StaticFiles(directory=folder, fallback="index.html", cache_control="no-cache")

    for path in ("/", "/users/1", "/users/john.doe", "/img", "/v1.2/notes/"):
        answer = await get(app, path, PAGE)

        assert (answer.status, answer.body) == (200, b"index.html")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["vary"] == "Accept, Sec-Fetch-Mode"
        assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "headers, status",
    [
        ({"accept": "text/html,*/*;q=0.8"}, 200),
        ({"accept": "*/*"}, 404),
        ({}, 404),
        ({"accept": "text/html", "sec-fetch-mode": "no-cors"}, 404),
        ({"accept": "*/*", "sec-fetch-mode": "cors"}, 404),
    ],
)
async def test_what_is_a_navigation(
    folder: Path, headers: Dict[str, str], status: int
) -> None:
    """
    An asset that is missing stays missing.
    """
    app = StaticFiles(directory=folder, fallback="index.html")

    assert (await get(app, "/assets/old-12345678.js", headers)).status == status


async def test_methods_of_pages(folder: Path) -> None:
    """
    HEAD is answered like GET, others are refused.
    """
    app = StaticFiles(directory=folder, fallback="index.html")

    assert (await get(app, "/users", PAGE, method="HEAD")).status == 200
    assert (await get(app, "/users", PAGE, method="POST")).status == 405


async def test_paths_that_are_left_alone(folder: Path) -> None:
    """
    Below the given paths there are no pages.
    """
    app = StaticFiles(
        directory=folder, fallback="index.html", fallback_exclude=["/api/", "admin"]
    )

    for path in ("/api", "/api/users", "/admin", "/admin/x", "/../x"):
        scope = http_scope("GET", "/", headers=PAGE)
        scope["path"] = path
        assert (await exchange(app, scope)).status == 404
    assert (await get(app, "/apis", PAGE)).status == 200


def test_wrong_paths_to_leave_alone(folder: Path) -> None:
    """
    A single text is an error: it would be taken for its letters.
    """
    with pytest.raises(ValueError, match="`fallback_exclude` must be a list"):
        StaticFiles(directory=folder, fallback="index.html", fallback_exclude="api")


async def test_condition_of_a_page(folder: Path) -> None:
    """
    A page that the client has is a 304 at every path.
    """
    app = StaticFiles(directory=folder, fallback="index.html")
    tag = (await get(app, "/", PAGE)).headers["etag"]

    answer = await get(app, "/users", {**PAGE, "if-none-match": tag})

    assert (answer.status, answer.body) == (304, b"")


async def test_missing_page(folder: Path) -> None:
    """
    Without the page there is the one for what is missing, or nothing.
    """
    app = StaticFiles(directory=folder, fallback="missing.html", html=True)
    write(folder / "404.html", b"nothing")
    a_folder = StaticFiles(directory=folder, fallback="img")

    assert (await get(app, "/users", PAGE)).body == b"nothing"
    assert (await get(a_folder, "/users", PAGE)).status == 404


# -- Names of a build


async def test_url_for(folder: Path) -> None:
    """
    ``url_for`` gives the hashed name, and others as they are.
    """
    content = json.dumps({"src/app.js": {"file": "assets/app-Cd3fG7hJ.js"}})
    write(folder / ".vite" / "manifest.json", content.encode())
    files = StaticFiles(directory=folder, manifest=".vite/manifest.json")

    def home(request: Request) -> PlainTextResponse:
        paths = ("src/app.js", "/app.js")
        urls = [str(request.url_for("static", path=path).path) for path in paths]
        return PlainTextResponse(" ".join(urls))

    app = Starlette(routes=[Route("/", home), Mount("/static", files, name="static")])

    answer = await get(app, "/")

    assert answer.body == b"/static/assets/app-Cd3fG7hJ.js /static/app.js"
    assert (await get(app, "/static/assets/app-Cd3fG7hJ.js")).status == 200


def test_names_without_a_manifest(folder: Path) -> None:
    """
    Every path is called what it is.
    """
    assert StaticFiles(directory=folder).resolve_url_path("a.js") == "a.js"


def test_missing_manifest(folder: Path) -> None:
    """
    It is an error when the application is made.
    """
    with pytest.raises(RuntimeError, match=r"Manifest 'm\.json' does not exist"):
        StaticFiles(directory=folder, manifest="m.json")


# -- Lists and hidden files


@pytest.mark.parametrize("can_scan_open", [True, False])
async def test_list(
    folder: Path, can_scan_open: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A folder is listed when that is asked for, folders first.
    """
    from starlette import _static_listing

    monkeypatch.setattr(_static_listing, "_CAN_SCAN_OPEN", can_scan_open)
    app = StaticFiles(directory=folder, listing=True)

    top = await get(app, "/")
    redirect = await get(app, "/img")

    assert top.status == 200
    assert top.headers["content-type"] == "text/html; charset=utf-8"
    assert top.headers["content-security-policy"] == "default-src 'none'"
    assert top.body.decode().count("<li>") == 4
    assert top.body.index(b"img/") < top.body.index(b"app.js")
    assert b"../" not in top.body
    assert redirect.headers["location"] == "/img/"
    assert b'<a href="../">' in (await get(app, "/img/")).body


async def test_list_beside_an_index(folder: Path) -> None:
    """
    An index goes before the list.
    """
    app = StaticFiles(directory=folder, listing=True, html=True)

    assert (await get(app, "/")).body == b"index.html"
    assert b"a.png" in (await get(app, "/img/")).body


async def test_names_in_a_list(tmp_path: Path) -> None:
    """
    They are escaped, in the text and in the links; what is not served is not shown.
    """
    folder = tmp_path / "<b>"
    for name in ("<img src=x>", 'a"b&c', "javascript:alert(1)", "\udc80", ".env"):
        write(folder / name, b"")
    (tmp_path / "out").mkdir()
    for link, target in {
        "loop": "loop",
        "dangling": "nowhere",
        "out": "/etc",
        "in": 'a"b&c',
        "up": "../out",
    }.items():
        (folder / link).symlink_to(target)
    os.mkfifo(folder / "pipe")
    path = "/%3Cb%3E/"
    scope = http_scope("GET", "/")
    scope.update(path="/<b>/", raw_path=path.encode())

    plain = await exchange(StaticFiles(directory=tmp_path, listing=True), dict(scope))
    everything = await exchange(
        StaticFiles(directory=tmp_path, listing=True, hidden=True, follow_symlink=True),
        dict(scope),
    )

    text = plain.body.decode()
    assert "<title>/&lt;b&gt;</title>" in text
    assert '<a href="./%3Cimg%20src%3Dx%3E">&lt;img src=x&gt;</a>' in text
    assert '<a href="./a%22b%26c">a&quot;b&amp;c</a>' in text
    assert '<a href="./javascript%3Aalert%281%29">' in text
    assert '<a href="./%80">?</a>' in text
    assert ">in<" in text
    assert ">up/<" in text
    for absent in (".env", "loop", "dangling", ">out", "pipe"):
        assert absent not in text
    assert '<a href=".env">' in everything.body.decode()
    assert ">out/<" in everything.body.decode()


async def test_link_that_cannot_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    It is left out of the list.
    """
    from starlette import _static_listing

    def refuse(*args: object) -> None:
        raise PermissionError

    write(tmp_path / "a.txt", b"")
    (tmp_path / "link").symlink_to("a.txt")
    (tmp_path / "link-to-folder").symlink_to(".")
    monkeypatch.setattr(_static_listing, "open_inside", refuse)

    answer = await get(StaticFiles(directory=tmp_path, listing=True), "/")

    assert b"a.txt" in answer.body
    assert b"link" not in answer.body


async def test_folder_that_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The list is of the folder that was found, or empty.
    """

    opening = os.open

    def swap_and_open(path: str, flags: int) -> int:
        os.rename(tmp_path / "files" / "sub", tmp_path / "files" / "old")
        (tmp_path / "files" / "sub").symlink_to("../out")
        return opening(path, flags)

    write(tmp_path / "files" / "sub" / "a.txt", b"")
    write(tmp_path / "out" / "secret.txt", b"")
    app = StaticFiles(directory=tmp_path / "files", listing=True)
    finder = app._finder
    listing = finder._list

    def swapped(folder: Any) -> Any:
        monkeypatch.setattr(os, "open", swap_and_open)
        return listing(folder)

    monkeypatch.setattr(finder, "_list", swapped)

    answer = await get(app, "/sub/")

    assert answer.status == 200
    assert b"secret" not in answer.body


async def test_hidden_files(tmp_path: Path) -> None:
    """
    They are served if that is asked for, and ``.well-known`` in any case.
    """
    write(tmp_path / ".env", b"hidden")
    write(tmp_path / ".well-known" / "security.txt", b"known")
    app = StaticFiles(directory=tmp_path)
    open_app = StaticFiles(directory=tmp_path, hidden=True)

    assert (await get(app, "/.env")).status == 404
    assert (await get(app, "/.well-known/security.txt")).body == b"known"
    assert (await get(open_app, "/.env")).body == b"hidden"


async def test_links(tmp_path: Path) -> None:
    """
    They may lead out of the folder only if that is asked for.
    """
    write(tmp_path / "out.txt", b"out")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "link.txt").symlink_to("../out.txt")
    app = StaticFiles(directory=tmp_path / "files")
    following = StaticFiles(directory=tmp_path / "files", follow_symlink=True)

    assert (await get(app, "/link.txt")).status == 404
    assert (await get(following, "/link.txt")).body == b"out"
