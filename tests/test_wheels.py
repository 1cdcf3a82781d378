"""The distributions as users get them: built, installed, imported.

Nothing here looks at the source tree, but to know what ought to be in the
wheels.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any, List

import pytest

from tools.members import CORE, Member, members
from tools.pins import version_of
from tools.wheels import build, install, problems

pytestmark = [
    pytest.mark.skipif(sys.version_info < (3, 10), reason="hatchling needs 3.10"),
    # Seconds: environments are made, and filled from the index.
    pytest.mark.timeout(600),
]

old_enough = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="the floors are older than Python 3.12"
)

# Prints what a program of the core answers, driven without a server on the
# event loop that is named, and which of their libraries it has loaded.
PROGRAM = r"""
import importlib, json, sys

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


async def posted(request):
    async with request.form() as form:
        return JSONResponse({"text": form["text"], "file": form["file"].filename})


app = Starlette(
    routes=[
        Route("/blocking/{n:int}", blocking),
        Route("/streamed", streamed),
        Route("/posted", posted, methods=["POST"]),
    ]
)

FORM = b"\r\n".join(
    [
        b"--x",
        b'Content-Disposition: form-data; name="text"',
        b"",
        b"hello",
        b"--x",
        b'Content-Disposition: form-data; name="file"; filename="f"',
        b"",
        b"content",
        b"--x--",
        b"",
    ]
)


async def ask(method, path, body=b""):
    sent = []
    waits = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        if waits:
            return waits.pop()
        if loop.__name__ == "asyncio":
            await loop.Event().wait()
        await loop.sleep_forever()

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": headers if body else [],
    }
    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body.decode()


async def main():
    return [
        await ask("GET", "/blocking/7"),
        await ask("GET", "/streamed"),
        await ask("POST", "/posted", FORM),
        await ask("GET", "/none"),
    ]


loop = importlib.import_module(sys.argv[1])
answers = loop.run(main() if sys.argv[1] == "asyncio" else main)
packages = {name.partition(".")[0] for name in sys.modules}
foreign = [name for name in ("anyio", "sniffio", "trio") if name in packages]
print(json.dumps([answers, done, foreign]))
"""

ANSWERS = [
    [200, '{"n":7}'],
    [200, "01234"],
    [200, '{"text":"hello","file":"f"}'],
    [404, "Not Found"],
]

# Prints what the test client gets, on the event loop that is named.
CLIENT = """
import json, sys

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

app = Starlette(routes=[Route("/", PlainTextResponse("hello"))])
with TestClient(app, backend=sys.argv[1]) as client:
    print(json.dumps(client.get("/").text))
"""

# Prints a page made of a template, or why there is none.
PAGE = """
import json, sys

import starlette.templating
from starlette.requests import Request

try:
    templates = starlette.templating.Jinja2Templates(sys.argv[1])
except AssertionError as error:
    print(json.dumps(str(error)))
else:
    request = Request({"type": "http", "headers": []})
    response = templates.TemplateResponse(request, "page.jinja", {"word": "<"})
    print(json.dumps(response.body.decode()))
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

# Prints how a program learns that a library is missing: what it tried, the error's
# type, and the first line that the error says.
WITHOUT = """
import asyncio, json, warnings

warnings.simplefilter("ignore")
told = {}


def learn(name, attempt):
    try:
        attempt()
    except Exception as error:
        told[name] = [type(error).__name__, str(error).splitlines()[0]]
    else:
        told[name] = None


def client():
    import starlette.testclient


def sessions():
    import starlette.middleware.sessions


def templates():
    from starlette.templating import Jinja2Templates

    learn("making templates", lambda: Jinja2Templates("."))


def schemas():
    from starlette.schemas import OpenAPIResponse, SchemaGenerator

    def documented():
        "responses: {}"

    schema = SchemaGenerator({})
    learn("sending a schema", lambda: OpenAPIResponse({}))
    learn("reading a docstring", lambda: schema.parse_docstring(documented))


def form():
    from starlette.requests import Request

    async def receive():
        return {"type": "http.request", "body": b"a=1"}

    pair = (b"content-type", b"application/x-www-form-urlencoded")
    async def read():
        return await Request({"type": "http", "headers": [pair]}, receive).form()

    assert dict(asyncio.run(read())) == {"a": "1"}


for attempt in (client, sessions, templates, schemas, form):
    learn(attempt.__name__, attempt)
print(json.dumps(told))
"""

VERSIONS = """
import importlib.metadata, json, starlette

found = {"starlette.__version__": starlette.__version__}
for name in ("starlette", "starlette-core"):
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found[name] = None
print(json.dumps(found))
"""


def ask(python: Path, program: str, *arguments: str) -> Any:
    """What *program* prints, as JSON."""
    # -I: neither this tree nor the user's packages are on its path.
    command = [str(python), "-I", "-W", "error", "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


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
    """An interpreter that has ``starlette[full]``, trio and pytest."""
    folder = tmp_path_factory.mktemp("everything")
    paths = [str(wheel) for wheel in wheels[:-1]]
    full = f"starlette[full] @ {wheels[-1].as_uri()}"
    # trio as an event loop, pytest for the plugin that is only imported by it.
    return install(folder / "env", *paths, full, "trio", "pytest")


@pytest.fixture(scope="module")
def plain(wheels: List[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has ``starlette`` as it is, without extras."""
    folder = tmp_path_factory.mktemp("plain")
    paths = [str(wheel) for wheel in wheels[:-1]]
    return install(folder / "env", *paths, f"starlette @ {wheels[-1].as_uri()}")


@pytest.fixture(scope="module")
def without(wheels: List[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the whole family, and of all libraries only anyio."""
    folder = tmp_path_factory.mktemp("without")
    paths = [str(wheel) for wheel in wheels]
    anyio = ["anyio", "exceptiongroup", "idna", "sniffio", "typing-extensions"]
    return install(folder / "env", "--no-deps", *paths, *anyio)


@pytest.fixture(scope="module")
def floors(wheels: List[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the members with the oldest libraries they allow."""
    folder = tmp_path_factory.mktemp("floors")
    lowest = [floor for member in members() for floor in floors_of(member)]
    paths = [str(wheel) for wheel in wheels[:-1]]
    # The oldest anyio goes with a trio of its time, which it names.
    lowest = [floor for floor in lowest if not floor.startswith("trio==")]
    return install(folder / "env", *paths, *lowest, "anyio[trio]")


def floors_of(member: Member) -> List[str]:
    """``httpx==0.27`` for each ``httpx>=0.27,<1`` that *member* asks for."""
    extras = member.metadata.get("optional-dependencies", {}).values()
    wanted = [*member.metadata["dependencies"], *(r for extra in extras for r in extra)]
    pairs = [requirement.split(",")[0].split(">=") for requirement in wanted]
    return [
        f"{name}=={floor[0]}"
        for name, *floor in pairs
        if floor and not name.startswith("starlette-")
    ]


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
    Endpoints in threads, background tasks, streams and forms need no library.
    """
    answers, done, foreign = ask(core_alone, PROGRAM, "asyncio")

    assert answers == ANSWERS
    assert done == [7]
    assert foreign == []


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_core_answers_alike_with_everything(loop: str, everything: Path) -> None:
    """
    The same program gives the same answers where all libraries are installed.
    """
    answers, done, _ = ask(everything, PROGRAM, loop)

    assert answers == ANSWERS
    assert done == [7]


@old_enough
@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_core_answers_alike_at_the_floors(loop: str, floors: Path) -> None:
    """
    The oldest releases that the metadata allows do.
    """
    answers, done, _ = ask(floors, PROGRAM, loop)

    assert answers == ANSWERS
    assert done == [7]


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_the_client_gets_answers(loop: str, everything: Path) -> None:
    """
    The test client drives a program from the wheels.
    """
    assert ask(everything, CLIENT, loop) == "hello"


@old_enough
@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_the_client_gets_answers_at_the_floors(loop: str, floors: Path) -> None:
    """
    The oldest releases that its metadata allows do.
    """
    assert ask(floors, CLIENT, loop) == "hello"


def test_templates_need_the_core_and_jinja2(wheels: List[Path], tmp_path: Path) -> None:
    """
    Two wheels of the family and Jinja2 make pages; without Jinja2 an error says so.
    """
    names = ("starlette_core-", "starlette_templating-")
    paths = [str(wheel) for wheel in wheels if wheel.name.startswith(names)]
    (tmp_path / "page.jinja").write_text("<p>{{ word }}</p>")

    python = install(tmp_path / "env", *paths)
    alone = install(tmp_path / "alone", "--no-deps", *paths)
    loaded = ask(
        python, IMPORTS, "starlette.templating", "starlette._templating.escaping"
    )
    missing = ask(alone, PAGE, str(tmp_path))

    assert ask(python, PAGE, str(tmp_path)) == "<p>&lt;</p>"
    assert loaded == ["jinja2", "markupsafe", "starlette"]
    assert missing.endswith("pip install starlette-core[templating]")


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


def test_the_versions_agree(plain: Path) -> None:
    """
    The module says what the metadata of the core and of the meta-package say.
    """
    found = ask(plain, VERSIONS)

    core = next(member for member in members() if member.name == CORE)
    assert set(found.values()) == {version_of(core)}


def test_the_versions_agree_without_the_meta_package(core_alone: Path) -> None:
    """
    The module says what the metadata of the core say.
    """
    found = ask(core_alone, VERSIONS)

    assert found["starlette"] is None
    assert found["starlette.__version__"] == found[CORE]


def test_the_meta_package_pins_what_it_was_built_with(wheels: List[Path]) -> None:
    """
    It needs every member in the version of this tree, and none other.
    """
    with zipfile.ZipFile(wheels[-1]) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())

    needs = [
        line
        for line in metadata.get_all("Requires-Dist", [])
        if line.startswith("starlette-") and "extra ==" not in line
    ]
    assert needs == [f"{each.name}=={version_of(each)}" for each in members()]


def test_the_meta_package_brings_every_module(plain: Path) -> None:
    """
    All public ones can be imported, but the one that upstream cannot import either.
    """
    names = [name for member in members() for name in member.modules()]
    public = [name for name in names if "._" not in name]
    public.remove("starlette.middleware.sessions")

    loaded = ask(plain, IMPORTS, *public)

    assert "starlette" in loaded


def test_what_is_missing_is_told_like_upstream(without: Path) -> None:
    """
    Each library that can be missing is missed at the same moment, by the same type
    of error and in the same words; forms need none any more.
    """
    told = ask(without, WITHOUT)

    assert told.pop("client") == [
        "RuntimeError",
        "The starlette.testclient module requires the httpx package to be installed.",
    ]
    assert told.pop("sessions") == [
        "ModuleNotFoundError",
        "SessionMiddleware needs itsdangerous: "
        "pip install starlette-middleware[sessions]",
    ]
    assert told.pop("making templates") == [
        "AssertionError",
        "jinja2 must be installed to use Jinja2Templates: "
        "pip install starlette-core[templating]",
    ]
    assert told.pop("sending a schema") == [
        "AssertionError",
        "`pyyaml` must be installed to use OpenAPIResponse: "
        "pip install starlette-core[schemas]",
    ]
    assert told.pop("reading a docstring") == [
        "AssertionError",
        "`pyyaml` must be installed to use parse_docstring: "
        "pip install starlette-core[schemas]",
    ]
    assert told == {"templates": None, "schemas": None, "form": None}


def test_the_meta_package_ships_no_code(wheels: List[Path]) -> None:
    """
    It is metadata alone: no module goes when ``starlette`` is uninstalled.
    """
    with zipfile.ZipFile(wheels[-1]) as archive:
        suffixes = {Path(name).parts[0][-10:] for name in archive.namelist()}

    assert suffixes == {".dist-info"}
