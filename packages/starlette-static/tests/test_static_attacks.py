"""Paths that want out of the folder, or want what is not to be seen in it."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path
from typing import Any, Dict, List
from urllib.parse import unquote

import pytest

from starlette.staticfiles import StaticFiles
from starlette.testing import exchange, http_scope

pytestmark = pytest.mark.anyio

SECRET = b"what nobody may read"

SEPARATORS = (
    "/ // /./ %2f %2F %252f \\ %5c %5C %255c %c0%af %e0%80%af %ef%bc%8f %u2215 /%00/ ;/"
).split()
PARENTS = (
    ".. %2e%2e .%2e %2E. %252e%252e ... ..; ..%00 %c0%ae%c0%ae %ef%bc%8e%ef%bc%8e "
    "..%20 ..%09 ..%0d%0a"
).split()

CLIMBS = [
    "/" + separator.join([parent, parent, "secret.txt"])
    for separator, parent in product(SEPARATORS, PARENTS)
]

OTHERS = [
    # one level, from the top and from a folder inside
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/sub/../../secret.txt",
    "/sub/%2e%2e/%2e%2e/secret.txt",
    "/sub/..%5c..%5csecret.txt",
    "/page.html/../../secret.txt",
    "/../public/../secret.txt",
    # folders whose names begin alike
    "/../public-not/secret.txt",
    "/..%2fpublic-not%2fsecret.txt",
    # absolute, by whatever system's rules
    "//SECRET",
    "///SECRET",
    "/%2fSECRET",
    "/%2f%2fSECRET",
    "/%5cSECRET",
    "/file:///SECRET",
    "/file:%2f%2f%2fSECRET",
    "/C:/secret.txt",
    "/C:%5csecret.txt",
    "/c:secret.txt",
    "/%5c%5c127.0.0.1%5cshare%5csecret.txt",
    "//127.0.0.1/share/secret.txt",
    "/%5c%5c%3f%5cC:%5csecret.txt",
    "/%5c%5c.%5cC:%5csecret.txt",
    "/%5c%3f%3f%5cC:%5csecret.txt",
    "/~/secret.txt",
    "/~root/secret.txt",
    "/$HOME/secret.txt",
    "/%24%7bHOME%7d/secret.txt",
    "/%25HOME%25/secret.txt",
    # devices and streams
    "/CON",
    "/con.txt",
    "/NUL",
    "/AUX.js",
    "/COM1",
    "/LPT1.txt",
    "/CONIN$",
    "/page.html::$DATA",
    "/page.html:stream",
    "/dev/null",
    "/proc/self/environ",
    "//proc/self/environ",
    "/dev/fd/0",
    # what a name may end with elsewhere
    "/page.html.",
    "/page.html%20",
    "/page.html%0a",
    "/page.html%00",
    "/page.html%00.png",
    "/%00",
    "/%00/page.html",
    "/sub%00/inner.txt",
    "/PAGE~1.HTM",
    "/PAGE.HTML",
    # not what a file is
    "/fifo",
    "/socket",
    "/loop",
    "/loop/inner.txt",
    "/dangling",
    # links that lead out
    "/link.txt",
    "/link-folder/secret.txt",
    "/link-folder/",
    "/link-absolute/secret.txt",
    "/sub/link-up/secret.txt",
    "/sub/link-up/../secret.txt",
    "/page.html/link.txt",
    # hidden
    "/.env",
    "/.git/config",
    "/%2eenv",
    "/%2egit/config",
    "/sub/.hidden/inner.txt",
    "/sub/.htaccess",
    "/sub/.well-known/inner.txt",
    "/.well-known/.hidden",
    # too long, too deep, not encodable
    "/" + "a" * 256,
    "/" + "a" * 100_000,
    "/" + "a/" * 3000,
    "/" + "../" * 3000 + "secret.txt",
    "/" + "sub/../" * 500 + "../secret.txt",
    "/%ed%a0%80",
    "/%f5%80%80%80",
    "/%ff%fe",
    "/" + "%2e%2e%2f" * 40 + "etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/sub/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/..././..././secret.txt",
    "/....//....//secret.txt",
    "/..%2f.%2f..%2fsecret.txt",
    "/.%2f..%2fsecret.txt",
    "/sub/.%2e/.%2e/secret.txt",
]

CORPUS = CLIMBS + OTHERS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    public = tmp_path / "outer" / "public"
    sub = public / "sub"
    sub.mkdir(parents=True)
    for secret in (tmp_path, public.parent, tmp_path / "outer" / "public-not"):
        secret.mkdir(exist_ok=True)
        (secret / "secret.txt").write_bytes(SECRET)
    (public / "page.html").write_bytes(b"page")
    (sub / "inner.txt").write_bytes(b"inner")
    for hidden in (".env", ".git/config", "sub/.hidden/inner.txt", "sub/.htaccess"):
        (public / hidden).parent.mkdir(exist_ok=True)
        (public / hidden).write_bytes(SECRET)
    for hidden in ("sub/.well-known/inner.txt", ".well-known/.hidden"):
        (public / hidden).parent.mkdir()
        (public / hidden).write_bytes(SECRET)
    os.mkfifo(public / "fifo")
    os.mknod(public / "socket", 0o140600)
    for link, target in {
        "loop": "loop",
        "dangling": "nowhere",
        "link.txt": "../secret.txt",
        "link-folder": "..",
        "link-absolute": str(tmp_path),
        "sub/link-up": "../..",
    }.items():
        (public / link).symlink_to(target)
    return public


def scope_of(raw: str, **extra: Any) -> Dict[str, Any]:
    """Return the scope of a request for *raw*, decoded as servers do it."""
    scope = http_scope("GET", "/", **extra)
    scope["path"] = unquote(raw)
    scope["raw_path"] = raw.encode("ascii")
    return scope


def test_the_corpus_is_large() -> None:
    """
    There are at least 150 different paths in it.
    """
    assert len(set(CORPUS)) >= 150


@pytest.mark.parametrize("number", range(len(CORPUS)))
async def test_nothing_is_served(folder: Path, number: int) -> None:
    """
    Each of the paths is a 404, with every option that looks for more files.
    """
    raw = CORPUS[number].replace("/SECRET", str(folder.parent / "secret.txt"))
    bare = StaticFiles(directory=folder)
    full = StaticFiles(
        directory=str(folder), html=True, listing=True, precompressed=True
    )

    for app in (bare, full):
        for path in (raw, raw + "/"):
            answer = await exchange(app, scope_of(path))

            assert (answer.status, SECRET in answer.body) == (404, False)


@pytest.mark.parametrize("number", range(len(CORPUS)))
async def test_nothing_is_served_in_place_of_a_page(folder: Path, number: int) -> None:
    """
    Where pages of a single-page application are expected, it is the page or a 404.
    """
    raw = CORPUS[number].replace("/SECRET", str(folder.parent / "secret.txt"))
    app = StaticFiles(directory=folder, fallback="page.html")
    scope = scope_of(raw, headers=[(b"sec-fetch-mode", b"navigate")])

    answer = await exchange(app, scope)

    assert (answer.status, answer.body) in [(200, b"page"), (404, b"Not Found")]


async def test_bytes_that_are_no_text(folder: Path) -> None:
    """
    A path with lone surrogates, as some servers decode them, is a 404.
    """
    paths: List[str] = ["/\ud800", "/\udcff", "/sub/\udc80/\ud800"]
    app = StaticFiles(directory=folder)

    for path in paths:
        scope = http_scope("GET", "/")
        scope["path"] = path
        answer = await exchange(app, scope)

        assert answer.status == 404


async def test_what_is_inside_is_served(folder: Path) -> None:
    """
    The same folder answers for what is in it.
    """
    app = StaticFiles(directory=folder)

    assert (await exchange(app, scope_of("/page.html"))).body == b"page"
    assert (await exchange(app, scope_of("/sub/inner.txt"))).body == b"inner"
    assert (await exchange(app, scope_of("/x/..//sub/./inner.txt"))).body == b"inner"
