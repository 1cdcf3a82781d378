"""The index of this machine, asked over its socket."""

from __future__ import annotations

import http.client
import os
import sys
from pathlib import Path
from typing import Dict, Optional, Tuple
from urllib.parse import urlsplit

import pytest

from tools import index
from tools.members import members

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="the index needs 3.10"
)

Answer = Tuple[int, Optional[str], str]


def get(address: str, path: str) -> Answer:
    """The status, where it sends on to, and the body."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    connection.request("GET", path)
    with connection.getresponse() as response:
        return response.status, response.getheader("location"), response.read().decode()


def test_what_is_published_is_served_from_there_alone(tmp_path: Path) -> None:
    """
    Only a name that it does not have sends the client on.
    """
    (tmp_path / "starlette_static-1.0-py3-none-any.whl").write_bytes(b"a wheel")
    options = ("--folder", str(tmp_path), "--fallback", "http://localhost:1/simple/")

    with index.started(*options) as address:
        known = get(address, "/simple/starlette-static/")
        unknown = get(address, "/simple/anyio/")
        file = get(address, "/packages/starlette_static-1.0-py3-none-any.whl")

    assert known[:2] == (200, None)
    assert "starlette_static-1.0-py3-none-any.whl" in known[2]
    assert unknown[:2] == (303, "http://localhost:1/simple/anyio/")
    assert file == (200, None, "a wheel")


def test_its_own_folder_is_gone_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Nothing stays of what was published without a folder being named.
    """
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    with index.started("--fallback", "http://localhost:1/simple/"):
        during = [path.name.partition("-")[0] for path in tmp_path.iterdir()]

    assert during == ["index"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_named_stays(tmp_path: Path) -> None:
    """
    What was published there is published there the next time.
    """
    (tmp_path / "kept").write_bytes(b"")

    with index.started("--folder", str(tmp_path)) as address:
        status, _, _ = get(address, "/simple/")

    assert status == 200
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.timeout(600)
def test_it_can_begin_with_the_family(tmp_path: Path) -> None:
    """
    Every distribution of this tree is there from the start.
    """
    options = ("--family", "--folder", str(tmp_path))

    with index.started(*options, "--fallback", "http://localhost:1/simple/") as address:
        _, _, page = get(address, "/simple/")

    names = [*(member.name for member in members()), "starlette"]
    assert [name for name in names if f">{name}</a>" not in page] == []


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"])
def test_elsewhere_is_what_a_variable_names(name: str) -> None:
    """
    The installers' own variables are understood.
    """
    assert index.elsewhere({name: "http://localhost:1/"}) == "http://localhost:1/"


def test_elsewhere_is_what_pip_is_set_up_with(tmp_path: Path) -> None:
    """
    Its settings are asked through pip itself.
    """
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = http://localhost:2/simple/\n")
    environ = {**clean(), "PIP_CONFIG_FILE": str(settings)}

    assert index.elsewhere(environ) == "http://localhost:2/simple/"


def test_elsewhere_may_be_unknown() -> None:
    """
    Where nothing is set up, the choice is left to the tools.
    """
    environ = {**clean(), "PIP_CONFIG_FILE": os.devnull}

    assert index.elsewhere(environ) is None


def clean() -> Dict[str, str]:
    """The environment without what names an index."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}


def test_a_fallback_must_be_on_the_web(capsys: pytest.CaptureFixture[str]) -> None:
    """
    No client lets itself be sent to a file.
    """
    with pytest.raises(SystemExit) as ended:
        index.main(["--fallback", "file:///simple"])

    assert ended.value.code == 2
    assert "must be on a web server, but is file:///simple" in capsys.readouterr().err


def test_one_that_does_not_start_is_an_error() -> None:
    """
    Its output says why.
    """
    with pytest.raises(RuntimeError, match="did not start"):
        with index.started("--fallback", "file:///simple"):
            pytest.fail("it did")  # pragma: no cover - it did not


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """
    It says what wins, and how it ends.
    """
    with pytest.raises(SystemExit) as ended:
        index.main(["--help"])

    assert ended.value.code == 0
    assert "Ctrl-C ends it." in capsys.readouterr().out
