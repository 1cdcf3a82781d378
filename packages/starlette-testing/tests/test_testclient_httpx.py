"""Which httpx the client is built on."""

from __future__ import annotations

import subprocess
import sys

HIDE = "import sys\nfor name in {hidden!r}: sys.modules[name] = None\n"


def run(hidden: list[str], script: str) -> str:
    """Run a script in which these modules cannot be imported; return its output."""
    return subprocess.run(
        [sys.executable, "-c", HIDE.format(hidden=hidden) + script],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_httpx_is_missing() -> None:
    """
    The error of the import says what to install.
    """
    output = run(
        ["httpx", "httpx2"],
        "try:\n    import starlette.testclient\n"
        "except RuntimeError as exc:\n    print(exc)\n",
    )

    assert "requires the httpx package" in output
    assert "$ pip install httpx" in output


def test_httpx2_takes_its_place() -> None:
    """
    Where httpx is missing, a module called httpx2 is used.
    """
    output = run(
        [],
        "import types\nsys.modules['httpx'] = None\n"
        "sys.modules['httpx2'] = types.ModuleType('httpx2')\n"
        "from starlette._testing._httpx import httpx as used\n"
        "print(used is sys.modules['httpx2'])\n",
    )

    assert output.strip() == "True"


def test_fakes_need_no_httpx() -> None:
    """
    ``starlette.testing`` works where httpx is missing.
    """
    script = "import starlette.testing as t\nprint(t.http_scope()['type'])"
    output = run(["httpx", "httpx2"], script)

    assert output.strip() == "http"
