"""The shipped files of GraphiQL are those that its sources make."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, List

import pytest

from tools import graphiql
from tools.graphiql import Ide
from tools.members import ROOT

needs_node = pytest.mark.skipif(
    shutil.which("npm") is None, reason="needs Node.js with npm"
)

PACKAGE = {
    "name": "page",
    "version": "1.0.0",
    "devDependencies": {"react": "1.2.3"},
}
LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": PACKAGE,
        "node_modules/react": {
            "version": "1.2.3",
            "license": "MIT",
            "integrity": "sha512-x",
        },
    },
}
BUNDLER = """
import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync(process.argv[2], { recursive: true });
writeFileSync(process.argv[2] + "/main-2.js", "rest();");
console.log(JSON.stringify({ files: { "main.js": "main-2.js" }, packages: [] }));
"""


def write(path: Path, content: Any) -> None:
    """Write a text, or JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def ide(tmp_path: Path) -> Ide:
    """A page of one package, built."""
    ide = Ide.of(tmp_path)
    write(ide.sources / "package.json", PACKAGE)
    write(ide.sources / "package-lock.json", LOCK)
    write(ide.sources / "main.js", "run()")
    write(ide.built / "LICENSES.txt", "Be kind.")
    (ide.built / "main-1.js.gz").write_bytes(gzip.compress(b"run();"))
    script = {"name": "main-1.js", "sha256": digest(b"run();"), "size": 6}
    manifest = {
        "files": {"main.js": script},
        "licenses": digest(b"Be kind."),
        "packages": {"react": {"version": "1.2.3", "license": "MIT"}},
        "sources": ide.digests(),
    }
    write(ide.built / "manifest.json", manifest)
    return ide


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_files_of_this_repository(capsys: pytest.CaptureFixture[str]) -> None:
    """
    They are what was built, from the sources that are here.
    """
    assert graphiql.main(["--check"]) == 0
    assert "are those of their manifest" in capsys.readouterr().out


def test_no_registry_is_named() -> None:
    """
    The lock tells what to install, not where from.
    """
    text = (Ide.of(ROOT).sources / "package-lock.json").read_text(encoding="utf-8")

    assert '"resolved"' not in text
    assert "registry" not in text


def test_a_page_as_it_was_built(ide: Ide) -> None:
    """
    Nothing is wrong with it.
    """
    assert graphiql.problems(ide) == []


def test_files_that_were_not_built(ide: Ide, tmp_path: Path) -> None:
    """
    Those that are missing, changed or of another build are named.
    """
    (ide.built / "LICENSES.txt").unlink()
    (ide.built / "main-1.js.gz").write_bytes(gzip.compress(b"steal();"))
    write(ide.built / "main-0.js.gz", "of an earlier build")

    assert graphiql.main([], tmp_path) == 1
    assert graphiql.problems(ide) == [
        f"{ide.built / 'LICENSES.txt'}: is missing",
        f"{ide.built / 'main-0.js.gz'}: is not in the manifest",
        f"{ide.built / 'main-1.js.gz'}: is not what was built",
    ]


def test_sources_that_have_changed(ide: Ide) -> None:
    """
    Each that is new, gone or different asks for a build.
    """
    write(ide.sources / "main.js", "walk()")
    write(ide.sources / "page.css", "")

    assert graphiql.problems(ide) == [
        f"{ide.sources / 'main.js'}: has changed since the build",
        f"{ide.sources / 'page.css'}: has changed since the build",
    ]


def test_a_lock_that_does_not_hold(ide: Ide) -> None:
    """
    Packages come from nowhere in particular, by their digest, in the version that is
    shipped, and that one is asked for.
    """
    lock = ide.sources / "package-lock.json"
    react = {"version": "1.3.0", "resolved": "https://packages.example/react.tgz"}
    page = {"devDependencies": {"react": "^1.2.3"}}
    write(lock, {"packages": {"": page, "node_modules/react": react}})

    assert graphiql.problems(ide)[1:] == [
        f"{lock}: node_modules/react names a host",
        f"{lock}: node_modules/react has no digest",
        f"{lock}: has react 1.3.0, but 1.2.3 is shipped",
        f"{ide.sources / 'package.json'}: react is not pinned, but ^1.2.3",
    ]


@needs_node
def test_a_build(ide: Ide, tmp_path: Path) -> None:
    """
    It replaces what was there, and passes its own check.
    """
    bare = {"name": "page", "version": "1.0.0", "devDependencies": {}}
    tool = {"version": "0.1.0", "license": "MIT", "integrity": "x", "optional": True}
    # npm leaves out what is for another system, and here needs no network for it.
    packages = {"": bare, "node_modules/esbuild": {**tool, "os": ["aix"]}}
    lock = {"lockfileVersion": 3, "packages": packages}
    write(ide.sources / "package.json", bare)
    write(ide.sources / "package-lock.json", lock)
    write(ide.sources / "build.mjs", BUNDLER)

    assert graphiql.main(["--build"], tmp_path) == 0
    assert sorted(path.name for path in ide.built.iterdir()) == [
        "LICENSES.txt",
        "main-2.js.gz",
        "manifest.json",
    ]
    assert gzip.decompress((ide.built / "main-2.js.gz").read_bytes()) == b"rest();"
    assert ide.manifest["packages"] == {
        "esbuild": {"version": "0.1.0", "license": "MIT"}
    }


@pytest.mark.parametrize("arguments, status", [(["--help"], 0), (["--burn"], 2)])
def test_other_arguments(arguments: List[str], status: int) -> None:
    """
    They do nothing; one asks for that.
    """
    assert graphiql.main(arguments) == status
