"""A family that can be built and released, in a git repository of its own.

It has a core, `starlette-static`, which depends on it, and `starlette-testing`; all
of version 0.4.0, with one fragment of news each.  Its table of towncrier is that of
this repository.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Tuple

import pytest

from tests.tools.family import write
from tools.members import ROOT

VERSION = "0.4.0"

needs_builds = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="the release tools need 3.10"
)

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
{version}
description = "A part of a family."
readme = "README.md"
license = "BSD-3-Clause"
license-files = ["LICENSE"]
requires-python = ">=3.8"
authors = [{{ name = "the project's contributors" }}]
keywords = ["asgi"]
classifiers = ["Programming Language :: Python :: 3 :: Only"]
dependencies = [
{dependencies}]
"""

META = """
[project.optional-dependencies]

[tool.hatch.build.targets.wheel]
bypass-selection = true

[tool.hatch.build.targets.sdist]
only-include = ["README.md", "LICENSE", "pyproject.toml"]

[tool.uv.sources]

[tool.hatch.envs.test]
dependencies = ["pytest"]

"""

MEMBER = """
[tool.hatch.build.targets.wheel]
packages = ["src/starlette"]
exclude = [{exclude}]

[tool.hatch.build.targets.sdist]
only-include = ["src", "tests", "README.md", "CHANGELOG.md", "LICENSE"]
"""

SHARED = '"src/starlette/__init__.py", "src/starlette/py.typed"'

INIT = """\
from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
"""

STATIC = """\
__all__ = ("StaticFiles",)


class StaticFiles:
    def __init__(self, directory: str, html: bool = False) -> None:
        self.directory = directory
"""

TESTING = """\
__all__ = ("TestClient",)


class TestClient:
    pass
"""

CHANGELOG = """\
# Changes of {name}

<!-- towncrier release notes start -->
"""


def make(root: Path) -> Path:
    """Write the family below *root*, and commit it."""
    root.mkdir(parents=True, exist_ok=True)
    pins = [f"{name}=={VERSION}" for name in ("starlette-core", "starlette-static")]
    project = _project("starlette", *pins, f"starlette-testing=={VERSION}")
    write(root / "pyproject.toml", project + META + towncrier())
    _papers(root)
    _core(root / "packages" / "starlette-core")
    _member(root, "static", "staticfiles", STATIC)
    _member(root, "testing", "testclient", TESTING)
    test = '"""Its tests."""\n\n\ndef test_nothing() -> None:\n    pass\n'
    write(root / "packages/starlette-static/tests/test_staticfiles.py", test)
    git(root, "init", "--quiet", "--initial-branch=main")
    # Whatever the machine's own settings are.
    for key in ("commit.gpgsign", "tag.gpgsign"):
        git(root, "config", key, "false")
    git(root, "config", "user.name", "the project's contributors")
    git(root, "config", "user.email", "contributors@localhost")
    commit(root)
    return root


def towncrier() -> str:
    """The table of towncrier in this repository's ``pyproject.toml``."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    _, found, after = text.partition("[tool.towncrier]\n")
    return found + after.partition("\n[tool.")[0] + "\n"


def git(root: Path, *arguments: str) -> str:
    """What a git command prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode().strip()


def commit(root: Path) -> None:
    """Commit all that there is."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Work")


def tag(root: Path, name: str, version: str = VERSION) -> None:
    """Tag this commit as a release of a distribution."""
    git(root, "tag", f"{name}-v{version}")


def status(root: Path) -> str:
    """What differs from the last commit."""
    return git(root, "status", "--porcelain")


def edit(path: Path, old: str, new: str) -> None:
    """Replace *old* by *new* in a file; an empty *old* stands for its end."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    write(path, text.replace(old, new) if old else text + new)


def package(root: Path, name: str) -> Tuple[Path, Path]:
    """The folder of a member, and the one with its modules."""
    folder = root / "packages" / name
    return folder, folder / "src" / "starlette"


def _core(folder: Path) -> None:
    version = 'dynamic = ["version"]'
    path = '\n[tool.hatch.version]\npath = "src/starlette/_version.py"\n'
    project = _project("starlette-core", version=version)
    write(folder / "pyproject.toml", project + MEMBER.format(exclude="") + path)
    _papers(folder)
    source = folder / "src" / "starlette"
    write(source / "__init__.py", INIT)
    write(source / "py.typed")
    write(source / "_version.py", f'__version__ = "{VERSION}"\n')
    write(source / "routing.py", '__all__ = ("Router",)\n\n\nclass Router:\n    pass\n')
    write(folder / "tests/test_routing.py", '"""Its tests."""\n')


def _member(root: Path, name: str, module: str, text: str) -> None:
    folder = root / "packages" / f"starlette-{name}"
    project = _project(f"starlette-{name}", f"starlette-core>={VERSION},<1")
    write(folder / "pyproject.toml", project + MEMBER.format(exclude=SHARED))
    _papers(folder)
    write(folder / "src/starlette/__init__.py", INIT)
    write(folder / "src/starlette/py.typed")
    write(folder / "src/starlette" / f"{module}.py", text)


def _project(name: str, *requirements: str, version: str = "") -> str:
    lines = "".join(f'    "{requirement}",\n' for requirement in requirements)
    version = version or f'version = "{VERSION}"'
    return PROJECT.format(name=name, version=version, dependencies=lines)


def _papers(folder: Path) -> None:
    write(folder / "README.md", f"# {folder.name}\n\nWhat it is.\n")
    write(folder / "LICENSE", "Do as you like.\n")
    if folder.parent.name == "packages":
        write(folder / "CHANGELOG.md", CHANGELOG.format(name=folder.name))
        write(folder / "changes" / "+news.added.md", f"`{folder.name}` is new.\n")
