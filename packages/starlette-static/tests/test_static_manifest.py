"""Manifests of builds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from starlette._static_manifest import Manifest

VITE = {
    "_shared-B7PI925R.js": {
        "file": "assets/shared-B7PI925R.js",
        "name": "shared",
        "css": ["assets/shared-ChJ_j-JJ.css"],
    },
    "index.html": {
        "file": "assets/index-BRBmoGS9.js",
        "name": "index",
        "src": "index.html",
        "isEntry": True,
        "imports": ["_shared-B7PI925R.js"],
        "assets": ["assets/logo-DiwrgTda.svg"],
    },
    "src/page.js": {"file": "assets/page.js", "name": "page", "src": "src/page.js"},
    "src/date-picker.js": {
        "file": "assets/date-picker.js",
        "src": "src/date-picker.js",
    },
}


def test_what_vite_writes() -> None:
    """
    Sources have their files; what has a digest in its name is hashed.
    """
    manifest = Manifest(VITE)

    assert manifest.names == {
        "_shared-B7PI925R.js": "assets/shared-B7PI925R.js",
        "src/page.js": "assets/page.js",
        "src/date-picker.js": "assets/date-picker.js",
    }
    assert manifest.hashed == {
        "assets/shared-B7PI925R.js",
        "assets/shared-ChJ_j-JJ.css",
        "assets/index-BRBmoGS9.js",
        "assets/logo-DiwrgTda.svg",
    }


def test_plain_names() -> None:
    """
    A mapping of names is taken as it is; what is not renamed is not hashed.
    """
    manifest = Manifest(
        {
            "app.js": "app.3f2a9c1b8d7e.js",
            "/a/b.css": "/a/b.css",
            "x-settings.js": "x-settings.js",
        }
    )

    assert manifest.names["a/b.css"] == "a/b.css"
    assert manifest.names["app.js"] == "app.3f2a9c1b8d7e.js"
    assert manifest.hashed == {"app.3f2a9c1b8d7e.js"}


@pytest.mark.parametrize(
    "content",
    [
        [],
        "text",
        {"a": 5},
        {"a": {"src": "a"}},
        {"a": {"file": 5}},
        {"a": {"file": "b", "css": [5]}},
    ],
)
def test_what_is_none(content: Any) -> None:
    """
    It is an error that says what a manifest is.
    """
    with pytest.raises(ValueError, match="`manifest` must be a mapping"):
        Manifest(content)


def test_file(tmp_path: Path) -> None:
    """
    It is read from a file; one that is not JSON is an error.
    """
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(VITE))
    (tmp_path / "broken.json").write_text("{")

    assert Manifest.read(path).names == Manifest(VITE).names
    with pytest.raises(ValueError):
        Manifest.read(tmp_path / "broken.json")
    with pytest.raises(RuntimeError, match="does not exist"):
        Manifest.read(tmp_path / "nowhere.json")
