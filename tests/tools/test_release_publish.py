"""Uploads, to an index that runs beside the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from tests.tools.family import write
from tests.tools.monorepo import make, needs_builds, package
from tests.tools.test_release_contents import wheel
from tools.__main__ import main
from tools.index import started
from tools.release.family import Refused
from tools.release.publish import Exists, is_loopback, upload

pytestmark = [needs_builds, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tuple[str, Path]]:
    """The address of an index, and the folder with what it has."""
    folder = tmp_path_factory.mktemp("index")
    # Nothing is asked of it but uploads, so nobody is sent on.
    fallback = "http://127.0.0.1:1/"
    with started("--folder", str(folder), "--fallback", fallback) as url:
        yield url, folder


def held(folder: Path, name: str) -> List[str]:
    """The files of a distribution that an index has."""
    return sorted(path.name for path in folder.glob(f"{name}-*"))


def test_what_passes_is_uploaded_once(
    index: Tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A second time is refused, or passed over if that is asked for.
    """
    url, folder = index
    root = make(tmp_path)
    command = ["publish", "starlette-core", "--index", url]

    assert main(command, root) == 0
    assert held(folder, "starlette_core") == [
        "starlette_core-0.4.0-py3-none-any.whl",
        "starlette_core-0.4.0.tar.gz",
    ]
    with pytest.raises(Exists, match="already of: starlette_core-0"):
        upload([folder / "starlette_core-0.4.0.tar.gz"], url, root)
    assert main([*command, "--skip-existing"], root) == 0
    assert capsys.readouterr().out.count("passed over") == 2


def test_check_uploads_nothing(
    index: Tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It builds and checks, and says where it would go.
    """
    url, folder = index
    root = make(tmp_path)

    assert main(["publish", "starlette-testing", "--check", "--index", url], root) == 0
    assert f"would be uploaded to {url}" in capsys.readouterr().out
    assert held(folder, "starlette_testing") == []


def test_nothing_is_uploaded_if_one_of_several_is_wrong(
    index: Tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Not even those that are right.
    """
    url, folder = index
    root = make(tmp_path)
    write(package(root, "starlette-static")[1] / "test_it.py")
    names = ["starlette-testing", "starlette-static"]

    assert main(["publish", *names, "--index", url], root) == 1
    assert "wrong: starlette/test_it.py: is a test" in capsys.readouterr().out
    assert held(folder, "starlette_testing") == []


def test_the_words_of_twine_are_shown(tmp_path: Path) -> None:
    """
    Where nobody answers; the options that are passed on are its own.
    """
    path = wheel(tmp_path, "0.4.0")

    with pytest.raises(Refused, match="Connection refused"):
        upload([path], "http://127.0.0.1:1/", tmp_path)
    with pytest.raises(Refused, match="unrecognized arguments: --no-such-option"):
        upload([path], "http://127.0.0.1:1/", tmp_path, ["--no-such-option"])


def test_another_machine_gets_no_made_up_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    An upload there needs credentials of one's own.
    """
    for name in ("TWINE_USERNAME", "TWINE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    with pytest.raises(Refused, match="Credential not found"):
        upload([wheel(tmp_path, "0.4.0")], "http://index.invalid/", tmp_path)


@pytest.mark.parametrize(
    "url, expected",
    [
        ("http://127.0.0.1:8080/", True),
        ("http://127.1.2.3/", True),
        ("http://[::1]:8080/legacy/", True),
        ("https://localhost/", True),
        ("https://localhost.example/", False),
        ("https://192.0.2.1/", False),
        ("127.0.0.1", False),
    ],
)
def test_which_addresses_are_this_machine(url: str, expected: bool) -> None:
    """
    Those that no other machine can have.
    """
    assert is_loopback(url) is expected
