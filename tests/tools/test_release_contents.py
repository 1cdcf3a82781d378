"""What is read from a wheel, without building one."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import List

import pytest

from tests.tools.monorepo import make, needs_builds
from tools.members import Member
from tools.release.contents import (
    came_and_went,
    differences,
    lost_modules,
    metadata_problems,
)
from tools.release.family import named

pytestmark = needs_builds

METADATA = """\
Metadata-Version: 2.4
Name: starlette-static
Version: 0.4.0
Summary: What it is.
Author: some
License-Expression: BSD-3-Clause
License-File: LICENSE
Keywords: asgi
Classifier: Framework :: AsyncIO
Requires-Python: >=3.8
Requires-Dist: starlette-core<1,>=0.4.0
Description-Content-Type: text/markdown

# starlette-static
"""


@pytest.fixture
def static(tmp_path: Path) -> Member:
    """A member of version 0.4.0."""
    return named("starlette-static", make(tmp_path / "tree"))


def wheel(folder: Path, version: str, *names: str, metadata: str = METADATA) -> Path:
    """A wheel with empty files, and *metadata*."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"starlette_static-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
        archive.writestr(f"starlette_static-{version}.dist-info/METADATA", metadata)
    return path


def problems(static: Member, tmp_path: Path, old: str, new: str) -> List[str]:
    """What is wrong with the metadata when *old* is *new*."""
    assert old in METADATA
    path = wheel(tmp_path, "0.4.0", metadata=METADATA.replace(old, new, 1))
    return list(metadata_problems(static, path))


def test_complete_metadata_pass(static: Member, tmp_path: Path) -> None:
    """
    There is nothing to say about them.
    """
    assert problems(static, tmp_path, "", "") == []


@pytest.mark.parametrize(
    "old, new, problem",
    [
        ("Name: starlette-static", "Name: other", "the name is other"),
        ("Version: 0.4.0", "Version: 0.5.0", "the version is 0.5.0, not 0.4.0"),
        ("Summary: What it is.\n", "", "summary is missing"),
        ("Author: some\n", "", "author is missing"),
        ("License-Expression: BSD-3-Clause\n", "", "license-expression is missing"),
        ("License-File: LICENSE\n", "", "license-files is missing"),
        ("Keywords: asgi\n", "", "keywords is missing"),
        ("Classifier: Framework :: AsyncIO\n", "", "classifiers is missing"),
        ("Requires-Python: >=3.8\n", "", "requires-python is missing"),
        ("\n# starlette-static\n", "", "description is missing"),
        ("text/markdown", "text/x-rst", "a description of text/x-rst"),
        ("core<1,>=0.4.0", "core==0.4.0", "starlette-core==0.4.0 pins"),
        ("core<1,>=0.4.0", "core===0.4.0", "starlette-core===0.4.0 pins"),
        ("core<1,>=0.4.0", "core @ file:///core", "cannot be had from an index"),
    ],
)
def test_one_thing_that_is_wrong_is_named(
    old: str, new: str, problem: str, static: Member, tmp_path: Path
) -> None:
    """
    It is the only line.
    """
    (line,) = problems(static, tmp_path, old, new)

    assert problem in line


def test_metadata_that_break_the_specification_are_told(
    static: Member, tmp_path: Path
) -> None:
    """
    With every field that does, by name.
    """
    lines = problems(
        static, tmp_path, "Summary: What it is.\n", "Summary: a\nProvides-Extra: a b\n"
    )

    assert lines == ["metadata: 'a b' is invalid for 'provides-extra'"]


def test_the_meta_package_may_pin(tmp_path: Path) -> None:
    """
    It is the one that does.
    """
    root = make(tmp_path / "tree")
    metadata = METADATA.replace("starlette-static", "starlette")
    metadata = metadata.replace("core<1,>=0.4.0", "core==0.4.0")
    path = wheel(tmp_path, "0.4.0", metadata=metadata)

    assert list(metadata_problems(named("starlette", root), path)) == []


def test_the_metadata_folder_does_not_come_and_go(tmp_path: Path) -> None:
    """
    Its name has the version; what ships is compared.
    """
    old = wheel(tmp_path, "0.4.0", "starlette/a.py", "starlette/b.py")
    new = wheel(tmp_path, "0.4.1", "starlette/b.py", "starlette/c.py")

    assert came_and_went(old, new) == (["starlette/c.py"], ["starlette/a.py"])


def test_differences_are_those_of_names_and_bytes(tmp_path: Path) -> None:
    """
    Two wheels of one release must not have any.
    """
    one = wheel(tmp_path / "1", "0.4.0", "starlette/a.py", "starlette/b.py")
    two = wheel(tmp_path / "2", "0.4.0", "starlette/a.py", metadata="Name: x\n")

    assert differences(one, one) == []
    assert differences(one, two) == [
        "starlette/b.py",
        "starlette_static-0.4.0.dist-info/METADATA",
    ]


@pytest.mark.parametrize(
    "versions, lost",
    [
        (("0.4.0", "0.4.0"), True),
        (("0.4.0", "0.4.1"), True),
        (("0.4.0", "0.5.0"), False),
        (("0.4.0", "1.0.0"), False),
        (("1.4.0", "1.5.0"), True),
        (("1.4.0", "2.0.0"), False),
        (("1.4.0", "0.9.0"), True),
    ],
)
def test_which_release_a_module_may_go_with(
    versions: List[str], lost: bool, tmp_path: Path
) -> None:
    """
    A minor one before 1.0, a major one from then on.
    """
    old = wheel(tmp_path / "old", versions[0], "starlette/a.py", "starlette/b.py")
    new = wheel(tmp_path / "new", versions[1], "starlette/b.py")

    assert [line.split()[0] for line in lost_modules(old, new)] == (
        ["starlette.a"] if lost else []
    )


def test_private_modules_may_always_go(tmp_path: Path) -> None:
    """
    A package that becomes a module stays, too.
    """
    private = ("starlette/_a.py", "starlette/_b/c.py", "starlette/data.txt")
    old = wheel(tmp_path / "old", "0.4.0", "starlette/x/__init__.py", *private)
    new = wheel(tmp_path / "new", "0.4.0", "starlette/x.py")

    assert list(lost_modules(old, new)) == []
