"""What may be in a wheel."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tools.wheels import problems


def wheel(folder: Path, name: str, *files: str) -> Path:
    """A wheel with empty *files*."""
    path = folder / f"{name}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.writestr(file, "")
    return path


def test_a_core_and_a_member_pass(tmp_path: Path) -> None:
    """
    Modules under ``starlette`` and metadata are all that is asked for.
    """
    core = wheel(tmp_path, "core", "starlette/", "starlette/py.typed")
    member = wheel(tmp_path, "member", "starlette/x.py", "m-1.dist-info/RECORD")

    assert problems([core, member]) == []


def test_what_does_not_belong_is_named(tmp_path: Path) -> None:
    """
    A second owner, a test, a file beside the package, a missing marker.
    """
    core = wheel(tmp_path, "core", "starlette/a.py", "starlette/tests/b.py")
    member = wheel(tmp_path, "member", "starlette/a.py", "conftest.py")

    assert problems([core, member]) == [
        "starlette/tests/b.py: is a test, in core.whl",
        "starlette/a.py: is in core.whl and in member.whl",
        "conftest.py: does not belong into member.whl",
        "starlette/py.typed: is in no wheel",
    ]
