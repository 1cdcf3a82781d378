"""What a path may consist of, on either kind of system."""

from __future__ import annotations

import os
from typing import List, Optional

import pytest

from starlette import _static_paths as paths


@pytest.mark.parametrize(
    "path, parts",
    [
        ("", []),
        (".", []),
        ("a", ["a"]),
        ("a/b.txt", ["a", "b.txt"]),
        ("a/", ["a"]),
        ("a//b", ["a", "b"]),
        ("a/./b/../c", ["a", "c"]),
        ("a/..", []),
        ("con.txt", ["con.txt"]),
        ("a\\b", ["a\\b"]),
        ("..", None),
        ("a/../../b", None),
        ("/a", None),
        ("//a", None),
        ("a\0", None),
        ("a" * 5000, None),
    ],
)
def test_names(path: str, parts: Optional[List[str]]) -> None:
    """
    A path is split into names; one that is not relative and inside is refused.
    """
    assert paths.split_path(path, is_windows=False) == parts


@pytest.mark.parametrize(
    "path, parts",
    [
        ("a\\b/c.txt", ["a", "b", "c.txt"]),
        ("console.js", ["console.js"]),
        ("com10", ["com10"]),
        ("a\\..\\..\\b", None),
        ("\\a", None),
        ("\\\\host\\share\\a", None),
        ("\\\\?\\C:\\a", None),
        ("C:", None),
        ("C:a", None),
        ("C:\\a", None),
        ("a.txt::$DATA", None),
        ("a.txt.", None),
        ("a.txt ", None),
        ("a /b", None),
        ("con", None),
        ("sub/NUL.txt", None),
        ("aux.tar.gz", None),
        ("COM1", None),
        ("lpt\u00b2.txt", None),
        ("CONIN$", None),
        ("PROGRA~1", None),
        ("a*", None),
        ('a"b', None),
        ("a|b", None),
        ("a\x07", None),
    ],
)
def test_names_on_windows(path: str, parts: Optional[List[str]]) -> None:
    """
    There, both slashes separate, and names with another meaning are refused.
    """
    assert paths.split_path(path, is_windows=True) == parts


@pytest.mark.parametrize(
    "parts, is_hidden",
    [
        ([], False),
        (["a", "b.c"], False),
        ([".env"], True),
        (["a", ".git", "config"], True),
        ([".well-known", "security.txt"], False),
        ([".well-known", ".hidden"], True),
        (["a", ".well-known"], True),
    ],
)
def test_hidden(parts: List[str], is_hidden: bool) -> None:
    """
    A dot at the beginning hides, but for ``.well-known`` at the top.
    """
    assert paths.is_hidden(parts) is is_hidden


def test_separator_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A normal path has the separators of the system.
    """
    monkeypatch.setattr(os, "sep", "\\")

    assert paths.normal_path("/a//b") == "a\\b"
