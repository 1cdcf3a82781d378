"""A family in miniature, written to a folder of a test's own."""

from __future__ import annotations

from pathlib import Path

ROOT = """\
[project]
name = "starlette"
version = "1.2"
dependencies = [
    "anyio>=3",
]

[project.optional-dependencies]

[tool.uv.sources]
"""

CORE = """\
[project]
name = "starlette-core"
dynamic = ["version"]

[project.optional-dependencies]
zip = ["deflate>=1"]
static = ["starlette-static"]

[tool.hatch.version]
path = "src/starlette/_version.py"
"""

STATIC = """\
[project]
name = "starlette-static"
version = "1.4"

[project.optional-dependencies]
brotli = ["brotli>=1"]
zip = ["inflate>=1"]

[tool.hatch.build.targets.wheel]
exclude = [
    "src/starlette/__init__.py",
    "src/starlette/middleware/__init__.py",
    "src/starlette/py.typed",
]
"""


def write(path: Path, text: str = "") -> None:
    """Write a file, and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make(root: Path) -> Path:
    """A core and one member with a module of its own, below *root*."""
    write(root / "pyproject.toml", ROOT)
    core = root / "packages" / "starlette-core"
    write(core / "pyproject.toml", CORE)
    write(core / "src/starlette/__init__.py", '"""Shared."""\n')
    write(core / "src/starlette/py.typed")
    write(core / "src/starlette/_version.py", '__version__ = "1.3"\n')
    write(core / "src/starlette/middleware/__init__.py", '"""Shared too."""\n')
    static = root / "packages" / "starlette-static"
    write(static / "pyproject.toml", STATIC)
    write(static / "src/starlette/__init__.py", '"""Shared."""\n')
    write(static / "src/starlette/py.typed")
    write(static / "src/starlette/staticfiles.py", '"""Its own."""\n')
    write(static / "tests/test_staticfiles.py", '"""Its tests."""\n')
    return root
