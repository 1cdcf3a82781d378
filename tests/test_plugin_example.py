"""The family's plugins as users get them: in environments of their own.

The example of a third party's plugin is installed beside the core; type checkers
look at programs that use names which are there, and names which are not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Set

import pytest

from tools.members import CORE, ROOT, members
from tools.plugins import registered
from tools.wheels import build_one, install

pytestmark = [
    pytest.mark.skipif(sys.version_info < (3, 10), reason="hatchling needs 3.10"),
    # Seconds: environments are made.
    pytest.mark.timeout(600),
]

EXAMPLE = ROOT / "examples" / "plugin"

# Prints the header that the middleware adds, asked for in three ways.
PROGRAM = """
import asyncio, json

import starlette
from starlette import ServerTimingMiddleware, Starlette

sent = []


async def receive():
    return {"type": "http.request", "body": b""}


async def send(message):
    sent.append(message)


async def hello(request):
    return starlette.PlainTextResponse("hello")


app = Starlette(
    routes=[starlette.Route("/", hello)],
    middleware=[starlette.Middleware(ServerTimingMiddleware, name="hello")],
)
scope = {
    "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []
}
asyncio.run(app(scope, receive, send))
print(json.dumps(dict((k.decode(), v.decode()) for k, v in sent[0]["headers"])))
"""

NAMES = "import json, starlette; print(json.dumps(dir(starlette)))"

MISSING = """
import importlib, json

found = {}
for name in ("starlette.testclient", "starlette.middleware.cors"):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as exc:
        found[exc.name] = str(exc)
try:
    from starlette import TestClient
except ImportError as exc:
    found["TestClient"] = str(exc)
print(json.dumps(found))
"""


def run(
    python: Path, *arguments: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    """What an interpreter prints that has neither this tree nor the user's packages."""
    return subprocess.run(
        [str(python), "-I", "-W", "error", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "100", **environ},
        check=False,
    )


def ask(python: Path, program: str) -> Any:
    """What *program* prints, as JSON."""
    done = run(python, "-c", program)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the core and the example, and nothing else."""
    folder = tmp_path_factory.mktemp("plugins")
    projects = [ROOT / "packages" / CORE, EXAMPLE]
    wheels = [str(build_one(project, folder)) for project in projects]
    return install(folder / "env", "--no-index", *wheels)


def test_a_third_party_adds_a_name(python: Path) -> None:
    """
    Installing it is enough: the middleware is an attribute, and it works.
    """
    headers = ask(python, PROGRAM)

    assert headers["server-timing"].startswith("hello;dur=")


def test_every_name_of_the_core_is_there(python: Path) -> None:
    """
    What its metadata registers is in ``dir(starlette)``, with the third party's.
    """
    core = next(member for member in members() if member.name == CORE)

    names = ask(python, NAMES)

    assert {*registered(core), "ServerTimingMiddleware"} <= set(names)


def test_the_table_shows_what_is_there_and_what_is_not(python: Path) -> None:
    """
    Every member has its row; nothing is broken.
    """
    done = run(python, "-m", "starlette")

    lines = done.stdout.splitlines()
    rows = [line.split() for line in lines[2:] if line[:1].strip()]
    assert done.returncode == 0, done.stdout
    assert ["server-timing-example", "1.0", "ServerTimingMiddleware"] in rows
    assert {row[0] for row in rows if row[1] != "missing"} == {
        CORE,
        "server-timing-example",
    }
    assert {row[0] for row in rows if row[1] == "missing"} == {
        member.name for member in members() if member.name != CORE
    }


def test_third_parties_are_switched_off(python: Path) -> None:
    """
    The variable of the environment takes the name away; the table says so.
    """
    program = "import starlette; print(hasattr(starlette, 'ServerTimingMiddleware'))"

    # -E is part of -I, and is about Python's own variables alone.
    named = run(python, "-c", program, STARLETTE_PLUGINS="server-timing-example")
    off = run(python, "-c", program, STARLETTE_PLUGINS="off")
    table = run(python, "-m", "starlette", STARLETTE_PLUGINS="off")

    assert (named.stdout, off.stdout) == ("True\n", "False\n")
    assert "switched off by STARLETTE_PLUGINS" in table.stdout


def test_a_missing_member_says_what_to_install(python: Path) -> None:
    """
    As a module, and as a name.
    """
    found = ask(python, MISSING)

    assert found == {
        "starlette.testclient": (
            "No module named 'starlette.testclient'; it is part of "
            "starlette-testing: pip install starlette-testing"
        ),
        "starlette.middleware.cors": (
            "No module named 'starlette.middleware.cors'; it is part of "
            "starlette-middleware: pip install starlette-middleware"
        ),
        "TestClient": found["starlette.testclient"],
    }


def test_importing_looks_at_no_metadata(python: Path) -> None:
    """
    ``-X importtime`` shows neither the plugins nor what reads the metadata.
    """
    done = run(python, "-X", "importtime", "-c", "import starlette.applications")

    loaded: Set[str] = {
        line.rpartition("|")[2].strip() for line in done.stdout.splitlines()
    }
    assert "starlette.applications" in loaded
    assert not {name for name in loaded if "plugin" in name or "metadata" in name}
