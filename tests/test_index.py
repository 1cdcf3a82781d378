"""A release, from the tree to the programs of users: by the tools, over an index.

Two indexes run on loopback.  Ours has what the release tools publish there.  It
sends clients that ask for anything else on to the second one, which has projects
that are called as members are, of much higher versions, and which sends on to the
index that this machine is set up with.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Tuple

import pytest

from tools.index import started
from tools.members import CORE, ROOT, Member, members
from tools.pins import version_of
from tools.wheels import empty

pytestmark = [
    pytest.mark.skipif(sys.version_info < (3, 10), reason="the index needs 3.10"),
    # Seconds: environments are made, and filled over the network.
    pytest.mark.timeout(600),
]

STATIC = "starlette-static"

FAMILY = [*(member.name for member in members()), "starlette"]

INSTALLERS = ("pip", "uv")

each_installer = pytest.mark.parametrize("installer", INSTALLERS)

# These name other indexes, or, below a hook of git, another repository.
_NOT_FOR_TOOLS = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
)

# What poses as one of the family, elsewhere.
DECOYS = {CORE: "0.99.0", STATIC: "0.99.0", "starlette": "99.0.0"}

# Prints what a server answers over its socket, and what is installed.
PROGRAM = """
import asyncio, http.client, importlib.metadata, json, socket, sys

import uvicorn

import starlette.staticfiles
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route


def ask(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Connection": "close"})
    with connection.getresponse() as response:
        return [response.status, response.read().decode()]


async def main():
    files = starlette.staticfiles.StaticFiles(directory=sys.argv[1])
    hello = Route("/hello", PlainTextResponse("hello"))
    app = Starlette(routes=[hello, Mount("/files", files)])
    # Requests wait in its queue until the server takes them.
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    answers = [
        await asyncio.to_thread(ask, port, path)
        for path in ("/hello", "/files/page.txt", "/files/none.txt")
    ]
    server.should_exit = True
    await serving
    return answers


print(
    json.dumps(
        {
            "answers": asyncio.run(main()),
            "changed": getattr(starlette.staticfiles, "CHANGED", False),
        }
    )
)
"""

ANSWERS = [[200, "hello"], [200, "a page\n"], [404, "Not Found"]]

Install = Callable[..., "subprocess.CompletedProcess[str]"]


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run *command* with no index but those that it names."""
    environ = {**os.environ, "PIP_CONFIG_FILE": os.devnull}
    for name in _NOT_FOR_TOOLS:
        environ.pop(name, None)
    return subprocess.run(
        command,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def succeed(*command: str, cwd: Path) -> str:
    """The output of *command*, which must end well."""
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stdout
    return done.stdout


def tool(tree: Path, *arguments: str) -> str:
    """What a tool of the monorepo says, in the copy *tree*."""
    return succeed(sys.executable, "-m", "tools", *arguments, cwd=tree)


def commit(tree: Path, message: str) -> None:
    """Commit everything in *tree*."""
    succeed("git", "add", "--all", cwd=tree)
    who = ("-c", "user.name=A Contributor", "-c", "user.email=contributor@localhost")
    options = ("--quiet", "--no-verify", "--no-gpg-sign")
    succeed("git", *who, "commit", *options, "-m", message, cwd=tree)


def static(tree: Path) -> Member:
    """The member that is changed here."""
    return next(member for member in members(tree) if member.name == STATIC)


def release(tree: Path, index: str, text: str) -> str:
    """Release the static files alone, with *text* for news; returns the version."""
    news = static(tree).folder / "changes" / "+test.changed.md"
    news.write_text(text, encoding="utf-8")
    tool(tree, "bump", STATIC, "patch")
    version = version_of(static(tree))
    commit(tree, f"Release {STATIC} {version}")
    tool(tree, "publish", STATIC, "--index", index)
    return version


@dataclass(frozen=True)
class Indexes:
    """The addresses of the two.

    Attributes:
        ours: Where the family is published.
        theirs: Where the decoys are.
    """

    ours: str
    theirs: str

    def pip(self, python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Install with pip, as the README says."""
        command = [sys.executable, "-m", "pip", "--python", str(python), "install"]
        index = ["--index-url", f"{self.ours}simple/"]
        return run(*command, *index, *arguments, cwd=python.parent)

    def uv(self, python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Install with uv, as the README says, with the decoys at the next index."""
        uv = os.environ.get("HATCH_UV") or "uv"
        command = [uv, "pip", "install", "--python", str(python)]
        index = ["--index", f"{self.ours}simple/"]
        index += ["--default-index", f"{self.theirs}simple/"]
        # A port may be that of an earlier index, with another wheel of that name.
        for name in FAMILY:
            index += ["--refresh-package", name]
        return run(*command, *index, *arguments, cwd=python.parent)

    def using(self, installer: str) -> Install:
        """The method that is called so."""
        method: Install = getattr(self, installer)
        return method


def versions(python: Path) -> Dict[str, str]:
    """What is installed beside *python*, by name."""
    command = (sys.executable, "-m", "pip", "--python", str(python), "list")
    listed = json.loads(succeed(*command, "--format", "json", cwd=python.parent))
    return {each["name"]: each["version"] for each in listed}


def ask(python: Path, folder: Path) -> Any:
    """What the program prints that serves *folder*."""
    command = (str(python), "-I", "-W", "error", "-c", PROGRAM, str(folder))
    return json.loads(succeed(*command, cwd=folder))


def decoy(folder: Path, name: str, version: str) -> None:
    """Write a wheel that holds nothing but its name."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    texts = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "".join(f"{info}/{n},,\n" for n in ("METADATA", "WHEEL", "RECORD")),
    }
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        for file, text in texts.items():
            archive.writestr(f"{info}/{file}", text)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this tree, as a repository of its own."""
    folder = tmp_path_factory.mktemp("tree")
    known = succeed(
        "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT
    )
    # A file may be known and yet be gone.
    for name in [name for name in known.split("\0") if (ROOT / name).is_file()]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    succeed("git", "init", "--quiet", cwd=folder)
    commit(folder, "Begin")
    return folder


@pytest.fixture(scope="module")
def indexes(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexes]:
    """Both of them; ours has the whole family."""
    theirs, ours = tmp_path_factory.mktemp("theirs"), tmp_path_factory.mktemp("ours")
    for name, version in DECOYS.items():
        decoy(theirs, name, version)
    with started("--folder", str(theirs)) as second:
        arguments = ("--folder", str(ours), "--fallback", f"{second}simple/")
        with started(*arguments) as first:
            tool(tree, "publish", *FAMILY, "--index", first)
            yield Indexes(first, second)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file to serve."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "page.txt").write_text("a page\n")
    return folder


@pytest.fixture(scope="module")
def pythons(
    indexes: Indexes, tmp_path_factory: pytest.TempPathFactory
) -> Dict[Tuple[str, str], Path]:
    """Interpreters by installer and content: ``full`` has it all, ``parts`` a part.

    uvicorn comes from elsewhere, as everything does that is not of the family.
    """
    contents = {
        "full": ["starlette[full]", "uvicorn"],
        "parts": [CORE, STATIC, "uvicorn"],
    }
    found = {}
    for installer in INSTALLERS:
        for name, wanted in contents.items():
            folder = tmp_path_factory.mktemp(f"{installer}-{name}")
            python = empty(folder / "env")
            done = indexes.using(installer)(python, *wanted)
            assert done.returncode == 0, done.stdout
            found[installer, name] = python
    return found


@pytest.fixture(scope="module")
def before(
    pythons: Dict[Tuple[str, str], Path], page: Path
) -> Dict[Tuple[str, str], Tuple[Dict[str, str], Any]]:
    """What is installed by each interpreter, and what its program says."""
    return {key: (versions(each), ask(each, page)) for key, each in pythons.items()}


@pytest.fixture(scope="module")
def changed(tree: Path, indexes: Indexes, before: Any) -> str:
    """The version of a release of the static files alone, made after all that."""
    module = static(tree).src / "starlette" / "staticfiles.py"
    with module.open("a", encoding="utf-8") as file:
        file.write("\nCHANGED = True\n")
    return release(tree, indexes.ours, "`starlette.staticfiles.CHANGED` is new.\n")


@pytest.fixture(scope="module")
def too_new(tree: Path, indexes: Indexes, changed: str) -> str:
    """The version of one more, which asks for a core that there is not yet."""
    project = static(tree).folder / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    newer, count = re.subn(rf"{CORE}>=[0-9.]+", f"{CORE}>=0.98", text)
    assert count == 1
    project.write_text(newer, encoding="utf-8")
    return release(tree, indexes.ours, "Needs a newer core.\n")


@each_installer
@pytest.mark.parametrize("content", ["full", "parts"])
def test_the_family_is_installed_from_our_index(
    installer: str, content: str, before: Any
) -> None:
    """
    Into empty environments, in the versions of this tree, and a program runs there.
    """
    installed, said = before[installer, content]

    ours = {name: version for name, version in installed.items() if name in FAMILY}
    here = {member.name: version_of(member) for member in members()}
    here["starlette"] = here[CORE]
    names = FAMILY if content == "full" else [CORE, STATIC]
    assert ours == {name: here[name] for name in names}
    assert said == {"answers": ANSWERS, "changed": False}


def test_the_index_is_the_only_one_that_pip_asks(
    indexes: Indexes, pythons: Dict[Tuple[str, str], Path]
) -> None:
    """
    With an index beside it pip would take the highest version of both: a decoy.
    """
    python = pythons["pip", "parts"]
    options = (
        "--dry-run",
        "--upgrade",
        "--extra-index-url",
        f"{indexes.theirs}simple/",
    )

    alone = indexes.pip(python, "--dry-run", "--upgrade", STATIC)
    beside = indexes.pip(python, *options, STATIC)

    assert DECOYS[STATIC] not in alone.stdout
    assert f"Would install {STATIC}-{DECOYS[STATIC]}" in beside.stdout


def test_the_index_is_the_first_that_uv_asks(
    indexes: Indexes, pythons: Dict[Tuple[str, str], Path]
) -> None:
    """
    uv takes a project from the first index that has it, and so the order matters.
    """
    python = pythons["uv", "parts"]
    turned = Indexes(ours=indexes.theirs, theirs=indexes.ours)

    ours = indexes.uv(python, "--dry-run", "--upgrade", STATIC)
    theirs = turned.uv(python, "--dry-run", "--upgrade", STATIC)

    assert ours.returncode == 0, ours.stdout
    assert DECOYS[STATIC] not in ours.stdout
    assert f"{STATIC}=={DECOYS[STATIC]}" in theirs.stdout


@each_installer
def test_one_member_is_released_and_upgraded_alone(
    installer: str,
    before: Any,
    changed: str,
    indexes: Indexes,
    pythons: Dict[Tuple[str, str], Path],
    page: Path,
) -> None:
    """
    Nothing else moves, and the program has the change and works as it did.
    """
    python = pythons[installer, "parts"]
    old, _ = before[installer, "parts"]

    done = indexes.using(installer)(python, f"{STATIC}=={changed}")
    said = ask(python, page)

    assert done.returncode == 0, done.stdout
    assert versions(python) == {**old, STATIC: changed}
    assert old[STATIC] != changed
    assert said == {"answers": ANSWERS, "changed": True}


@each_installer
def test_the_meta_package_waits_for_its_own_release(
    installer: str,
    changed: str,
    indexes: Indexes,
    pythons: Dict[Tuple[str, str], Path],
) -> None:
    """
    It pins what was tested together, and is not mixed with a newer member.
    """
    wanted = ("starlette", f"{STATIC}=={changed}")

    done = indexes.using(installer)(pythons[installer, "full"], "--dry-run", *wanted)

    assert done.returncode != 0
    assert f"{STATIC}==" in done.stdout


@each_installer
def test_a_member_that_needs_a_newer_core_is_refused(
    installer: str,
    too_new: str,
    indexes: Indexes,
    pythons: Dict[Tuple[str, str], Path],
    page: Path,
) -> None:
    """
    By the installer, which says why and changes nothing; what was there still works.
    """
    python = pythons[installer, "parts"]
    old = versions(python)

    done = indexes.using(installer)(python, f"{STATIC}=={too_new}")

    assert done.returncode != 0
    assert f"{CORE}>=0.98" in done.stdout.replace("<1,", "")
    assert versions(python) == old
    assert ask(python, page)["answers"] == ANSWERS
