"""The distributions as users get them: built, installed, imported.

Nothing here looks at the source tree, but to know what ought to be in the
wheels.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, List

import pytest

from tools.members import CORE, members
from tools.wheels import build, install, problems

pytestmark = [
    pytest.mark.skipif(sys.version_info < (3, 10), reason="hatchling needs 3.10"),
    # Seconds: environments are made, and filled from the index.
    pytest.mark.timeout(300),
]

# Prints what a program of the core answers, driven without a server, and
# which packages that are not of the standard library it has loaded.
PROGRAM = """
import asyncio, json, sys

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

done = []


def blocking(request):
    task = BackgroundTask(done.append, request.path_params["n"])
    return JSONResponse({"n": request.path_params["n"]}, background=task)


async def streamed(request):
    return StreamingResponse(str(n) for n in range(5))


app = Starlette(routes=[Route("/blocking/{n:int}", blocking), Route("/s", streamed)])


async def get(path):
    sent = []
    waits = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if waits:
            return waits.pop()
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [],
    }
    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body.decode()


async def main():
    return [await get("/blocking/7"), await get("/s"), await get("/none")]


answers = asyncio.run(main())
packages = {name.partition(".")[0] for name in sys.modules}
foreign = [name for name in ("anyio", "sniffio", "trio") if name in packages]
print(json.dumps([answers, done, foreign]))
"""

# Prints the packages from site-packages that importing some modules loads.
IMPORTS = """
import importlib, json, sys, warnings

# What a module says about a library that it wraps is no failure to import.
warnings.simplefilter("ignore")
for name in sys.argv[1:]:
    importlib.import_module(name)
loaded = {
    name.partition(".")[0]
    for name, module in sys.modules.items()
    if "site-packages" in (getattr(module, "__file__", None) or "")
}
print(json.dumps(sorted(loaded)))
"""


def ask(python: Path, program: str, *arguments: str) -> Any:
    """What *program* prints, as JSON."""
    # -I: neither this tree nor the user's packages are on its path.
    command = [str(python), "-I", "-W", "error", "-c", program, *arguments]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> List[Path]:
    """The wheels of the family, the meta-package's last."""
    return build(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="module")
def core_alone(wheels: List[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the core, and no index to get more from."""
    folder = tmp_path_factory.mktemp("core-alone")
    links = str(wheels[0].parent)
    return install(folder / "env", "--no-index", "--find-links", links, CORE)


@pytest.fixture(scope="module")
def everything(wheels: List[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has ``starlette[full]``."""
    folder = tmp_path_factory.mktemp("everything")
    paths = [str(wheel) for wheel in wheels[:-1]]
    return install(folder / "env", *paths, f"starlette[full] @ {wheels[-1].as_uri()}")


def test_every_member_has_a_wheel(wheels: List[Path]) -> None:
    """
    There is one wheel per folder of packages/, and one for the meta-package.
    """
    names = [wheel.name.partition("-")[0].replace("_", "-") for wheel in wheels]

    assert names == [*(member.name for member in members()), "starlette"]


def test_no_file_is_in_two_wheels(wheels: List[Path]) -> None:
    """
    A file has one owner, is no test, and type checkers see ``py.typed``.
    """
    assert problems(wheels) == []


def test_core_imports_in_an_empty_environment(core_alone: Path) -> None:
    """
    The core needs no other package to be installed, and imports none.
    """
    core = next(member for member in members() if member.name == CORE)

    loaded = ask(core_alone, IMPORTS, *core.modules())

    assert set(loaded) <= {"starlette"}


def test_core_serves_without_anyio(core_alone: Path) -> None:
    """
    On asyncio, endpoints in threads, background tasks and streams need no anyio.
    """
    answers, done, foreign = ask(core_alone, PROGRAM)

    assert answers == [[200, '{"n":7}'], [200, "01234"], [404, "Not Found"]]
    assert done == [7]
    assert foreign == []


def test_core_answers_alike_with_anyio(everything: Path) -> None:
    """
    The same program gives the same answers where everything is installed.
    """
    answers, done, _ = ask(everything, PROGRAM)

    assert answers == [[200, '{"n":7}'], [200, "01234"], [404, "Not Found"]]
    assert done == [7]


def test_core_loads_no_library_that_happens_to_be_there(everything: Path) -> None:
    """
    Importing the core loads nothing else, whatever is installed.
    """
    core = next(member for member in members() if member.name == CORE)

    loaded = ask(everything, IMPORTS, *core.modules())

    assert loaded == ["starlette"]


def test_every_module_imports_from_the_wheels(everything: Path) -> None:
    """
    Each module of each member is importable when all are installed.
    """
    modules = [name for member in members() for name in member.modules()]

    loaded = ask(everything, IMPORTS, *modules)

    assert "starlette" in loaded


def test_the_versions_agree(everything: Path) -> None:
    """
    ``starlette.__version__`` is the version of the core that is installed.
    """
    program = """
import importlib.metadata, json, starlette
print(json.dumps([starlette.__version__, importlib.metadata.version("starlette-core")]))
"""

    module, distribution = ask(everything, program)

    assert module == distribution


def test_the_meta_package_ships_no_code(wheels: List[Path]) -> None:
    """
    It is metadata alone: no module goes when ``starlette`` is uninstalled.
    """
    with zipfile.ZipFile(wheels[-1]) as archive:
        suffixes = {Path(name).parts[0][-10:] for name in archive.namelist()}

    assert suffixes == {".dist-info"}
