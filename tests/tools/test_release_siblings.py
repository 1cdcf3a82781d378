"""The tests of a distribution, beside other releases of its siblings."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Dict

import pytest

from tests.tools.family import write
from tests.tools.monorepo import commit, edit, make, needs_builds, package, tag
from tools.__main__ import main
from tools.index import started
from tools.release.family import Refused, named
from tools.release.siblings import Siblings

# Seconds: environments are made, and filled from the index.
pytestmark = [needs_builds, pytest.mark.timeout(600)]

TEST = """\
import importlib.metadata

from starlette.routing import Router
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient


def test_the_core() -> None:
    assert hasattr(Router, "new")
    assert importlib.metadata.version("starlette-core") == "{version}"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A family whose core has got something new since its last release.

    The tests of starlette-static need it.
    """
    made = make(tmp_path / "tree")
    tag(made, "starlette-core")
    core = package(made, "starlette-core")[1]
    edit(core / "routing.py", "pass", "new = True")
    edit(core / "_version.py", "0.4.0", "0.5.0")
    tests = package(made, "starlette-static")[0] / "tests"
    write(tests / "test_staticfiles.py", TEST.format(version="0.5.0"))
    commit(made)
    return made


def origins(name: str, at: str, root: Path, index: str = "") -> Dict[str, str]:
    """Where the siblings come from, by name; not the member itself."""
    folder = root.parent / "work"
    itself, *others = Siblings(named(name, root), root, folder, index or None).parts(at)
    assert (itself.name, itself.origin) == (name, "the tree")
    return {part.name: part.origin for part in others}


def test_tests_pass_with_what_is_in_the_tree(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """
    What is installed is said, and the words of pytest are shown.
    """
    command = ["siblings", "starlette-static", "--at", "tree", "-k", "core"]

    assert main(command, root) == 0

    lines = capfd.readouterr().out.splitlines()
    assert lines[:3] == [
        "starlette-static 0.4.0: the tree",
        "starlette-core 0.5.0: the tree",
        "starlette-testing 0.4.0: the tree",
    ]
    assert lines[-1].startswith("1 passed")


def test_tests_fail_where_the_floor_is_too_low(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """
    The core at the floor is the one that was tagged.
    """
    assert main(["siblings", "starlette-static", "--at", "floor"], root) == 1

    printed = capfd.readouterr().out
    assert "starlette-core 0.4.0: the tag starlette-core-v0.4.0" in printed
    assert "assert hasattr(Router" in printed


def test_the_newest_is_that_of_the_index(
    root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """
    And of no other one, wherever the libraries come from.
    """
    names = ("starlette-core", "starlette-testing")
    index = tmp_path / "index"
    main(["build", *names, "--out", str(index)], root)
    path = package(root, "starlette-core")[1] / "_version.py"
    edit(path, "0.5.0", "0.6.0")
    main(["build", "starlette-core", "--out", str(index)], root)
    edit(path, "0.6.0", "1.0.0")
    main(["build", "starlette-core", "--out", str(index)], root)
    tests = package(root, "starlette-static")[0] / "tests"
    write(tests / "test_staticfiles.py", TEST.format(version="0.6.0"))
    nowhere = "http://127.0.0.1:1/"

    with started("--folder", str(index), "--fallback", nowhere) as url:
        command = ["siblings", "starlette-static", "--at", "newest"]
        status = main([*command, "--index", f"{url}simple/"], root)

    assert status == 0
    assert "starlette-core 0.6.0: the index" in capfd.readouterr().out


def test_members_that_do_not_go_together_are_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    By what their metadata say, before any test runs.
    """
    path = package(root, "starlette-testing")[0] / "pyproject.toml"
    edit(path, "starlette-core>=0.4.0", "starlette-core>=0.6.0")

    assert main(["siblings", "starlette-static", "--at", "tree"], root) == 1
    assert capsys.readouterr().err == (
        "refused: starlette-testing 0.4.0 needs starlette-core<1,>=0.6.0, not 0.5.0\n"
    )


def test_a_library_brings_nobody_elses_member(
    root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """
    One that depends on a name of the family is installed without it.
    """
    library = tmp_path / "library-1-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\nName: library\nVersion: 1\n"
    with zipfile.ZipFile(library, "w") as archive:
        archive.writestr("library.py", "")
        archive.writestr(
            "library-1.dist-info/METADATA",
            f"{metadata}Requires-Dist: starlette>=99\nRequires-Dist: starlette-auth\n",
        )
        archive.writestr("library-1.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("library-1.dist-info/RECORD", "")
    edit(
        root / "pyproject.toml",
        '["pytest"]',
        f'["pytest", "library @ {library.as_uri()}"]',
    )
    edit(
        package(root, "starlette-static")[0] / "tests" / "test_staticfiles.py",
        "def test_the_core",
        "import library\n\n\ndef test_the_core",
    )
    # A member that is in nobody's environment, like most of them.
    write(
        root / "packages" / "starlette-auth" / "pyproject.toml",
        '[project]\nname = "starlette-auth"\nversion = "0.4.0"\n',
    )

    assert main(["siblings", "starlette-static", "--at", "tree"], root) == 0
    assert "1 passed" in capfd.readouterr().out


def test_before_the_first_tag_the_tree_is_the_floor(tmp_path: Path) -> None:
    """
    While it has that version; which is said.
    """
    root = make(tmp_path / "tree")

    assert origins("starlette-static", "floor", root) == {
        "starlette-core": "the tree, for want of a tag of 0.4.0",
        "starlette-testing": "the tree",
    }


def test_a_floor_without_a_tag_comes_from_the_index(root: Path) -> None:
    """
    Without an index it is refused: nothing else is that version.
    """
    path = package(root, "starlette-static")[0] / "pyproject.toml"
    edit(path, "starlette-core>=0.4.0", "starlette-core>=0.3.7")
    url = "http://127.0.0.1:1/"

    assert origins("starlette-testing", "floor", root)["starlette-core"] == (
        "the tag starlette-core-v0.4.0"
    )
    with pytest.raises(Refused, match=r"no tag starlette-core-v0\.3\.7"):
        origins("starlette-static", "floor", root)
    assert origins("starlette-static", "newest", root, url) == {
        "starlette-core": "the index",
        "starlette-testing": "the index",
    }


def test_the_fakes_at_the_floor_are_the_newest_that_work_there(root: Path) -> None:
    """
    The tree's, unless they need a newer core; then those of a tag.
    """
    tag(root, "starlette-testing")
    path = package(root, "starlette-testing")[0] / "pyproject.toml"
    edit(path, "starlette-core>=0.4.0", "starlette-core>=0.5.0")
    commit(root)
    tag(root, "starlette-testing", "0.4.1")

    assert origins("starlette-static", "floor", root) == {
        "starlette-core": "the tag starlette-core-v0.4.0",
        "starlette-testing": "the tag starlette-testing-v0.4.0",
    }


def test_fakes_that_never_worked_there_are_refused(root: Path) -> None:
    """
    Nothing can be tested at such a floor.
    """
    path = package(root, "starlette-testing")[0] / "pyproject.toml"
    edit(path, "starlette-core>=0.4.0", "starlette-core>=0.5.0")

    with pytest.raises(Refused, match=r"works with starlette-core 0\.4\.0"):
        origins("starlette-static", "floor", root)


def test_the_core_stands_beside_the_fakes_alone(root: Path) -> None:
    """
    It depends on nobody; only its tests need somebody.
    """
    assert origins("starlette-core", "floor", root) == {"starlette-testing": "the tree"}


def test_the_newest_needs_an_index(root: Path) -> None:
    """
    None is written down here.
    """
    with pytest.raises(Refused, match="--index URL"):
        origins("starlette-static", "newest", root)


def test_a_requirement_without_a_floor_is_refused(root: Path) -> None:
    """
    Nobody has said which is the oldest.
    """
    path = package(root, "starlette-static")[0] / "pyproject.toml"
    edit(path, "starlette-core>=0.4.0,<1", "starlette-core<1")

    with pytest.raises(Refused, match="starlette-core<1 has no floor"):
        origins("starlette-static", "floor", root)


def test_a_missing_uv_is_told(
    root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    The environments are made by it.
    """
    monkeypatch.setenv("HATCH_UV", str(tmp_path / "uv"))

    assert main(["siblings", "starlette-static", "--at", "tree"], root) == 1
    assert "uv, which makes the environment, is missing" in capsys.readouterr().err


def test_the_meta_package_has_no_tests(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The family is tested together elsewhere.
    """
    assert main(["siblings", "starlette", "--at", "tree"], root) == 1
    assert "starlette has no tests of its own" in capsys.readouterr().err
