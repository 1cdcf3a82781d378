"""The pytest plugin, in runs of its own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

PLUGIN = "starlette._testing.plugin"
APP = """
import pytest
from starlette.responses import PlainTextResponse

ok = PlainTextResponse("ok")

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["started"] = True
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await ok(scope, receive, send)

@pytest.fixture
def asgi_app():
    return app
"""


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    """Run *source* as a file of tests, with the plugin."""
    pytester.makepyfile(APP + source)
    # It is loaded already where the distribution is installed.
    options = [] if is_installed(pytester) else ["-p", PLUGIN]
    return pytester.runpytest_inprocess(*options, *arguments)


def is_installed(pytester: pytest.Pytester) -> bool:
    return pytester._request.config.pluginmanager.has_plugin("starlette-testing")


def test_client_within_its_lifespan(pytester: pytest.Pytester) -> None:
    """
    ``asgi_client`` is a client for ``asgi_app``, started, on asyncio.
    """
    result = run(
        pytester,
        """
def test(asgi_client, asgi_backend):
    assert asgi_client.get("/").text == "ok"
    assert asgi_client.app_state == {"started": True}
    assert asgi_backend == "asyncio"
""",
    )

    result.assert_outcomes(passed=1)


def test_marker(pytester: pytest.Pytester) -> None:
    """
    The marker runs a test once on each of its backends.
    """
    result = run(
        pytester,
        """
seen = []

@pytest.mark.asgi_backend("asyncio", "trio")
def test(asgi_client, asgi_backend):
    seen.append(asgi_backend)
    assert asgi_client.get("/").text == "ok"

def test_seen():
    assert seen == ["asyncio", "trio"]
""",
        "--strict-markers",
    )

    result.assert_outcomes(passed=3)


def test_ini(pytester: pytest.Pytester) -> None:
    """
    The ini option does so for all tests that use a backend.
    """
    pytester.makeini("[pytest]\nasgi_backends = asyncio trio\n")
    result = run(pytester, "def test(asgi_client): pass\ndef test_other(): pass\n")

    result.assert_outcomes(passed=3)


def test_factory(pytester: pytest.Pytester) -> None:
    """
    The factory takes what the client takes, and closes what it made.
    """
    result = run(
        pytester,
        """
made = []

def test(test_client_factory):
    made.append(test_client_factory(app, base_url="http://other"))
    assert made[0].get("/").url.host == "other"

def test_closed():
    assert made[0].is_closed
""",
    )

    result.assert_outcomes(passed=2)


def test_async_factory(pytester: pytest.Pytester) -> None:
    """
    Async tests enter the client themselves.
    """
    result = run(
        pytester,
        """
@pytest.mark.anyio
async def test(async_test_client_factory):
    async with async_test_client_factory(app) as client:
        assert (await client.get("/")).text == "ok"
""",
    )

    assert result.ret == 0


@pytest.mark.skipif(
    importlib.util.find_spec("uvicorn") is None,
    reason="uvicorn is not installed: it has no version for this Python here",
)
def test_server(pytester: pytest.Pytester) -> None:
    """
    ``asgi_server`` is a running server.
    """
    result = run(
        pytester,
        """
from starlette._testing._httpx import httpx

def test(asgi_server):
    assert httpx.get(asgi_server.url, timeout=60, trust_env=False).text == "ok"
""",
    )

    result.assert_outcomes(passed=1)


def test_no_application(pytester: pytest.Pytester) -> None:
    """
    A project that has not said what its application is, is told how to.
    """
    pytester.makepyfile("def test(asgi_client): pass")
    options = [] if is_installed(pytester) else ["-p", PLUGIN]
    result = pytester.runpytest_inprocess(*options)

    assert "Define a fixture `asgi_app`" in result.stdout.str() + result.stderr.str()


def test_unused_plugin_imports_nothing() -> None:
    """
    Loading the plugin imports neither httpx, nor anyio, nor the client.
    """
    script = (
        "import pytest, sys\n"
        "before = set(sys.modules)\n"
        f"import {PLUGIN}\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout

    loaded = output.split()
    foreign = [name for name in loaded if name.split(".")[0] in ("httpx", "anyio")]
    assert foreign == []
    assert [name for name in loaded if name.startswith("starlette._testing")] == [
        "starlette._testing",
        PLUGIN,
    ]
