"""``python -m starlette.staticfiles``: compressed siblings and hashed names."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, List

import pytest

from starlette import _static_compress, _static_tool
from starlette._static_manifest import Manifest

TEXT = b"the same words again and again; " * 100
MOMENT = 1_700_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {
        "app.js": TEXT,
        "sub/style.css": TEXT,
        "index.html": TEXT,
        "photo.jpg": TEXT,
        "tiny.js": b"tiny",
        ".hidden.js": TEXT,
        ".git/config.js": TEXT,
        "noise.bin": os.urandom(4096),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
        # What is written later is later, however coarse the clock of the files is.
        os.utime(tmp_path / name, (MOMENT, MOMENT))
    (tmp_path / "link.js").symlink_to("app.js")
    return tmp_path


def tree(folder: Path) -> List[str]:
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(name.as_posix() for name in names)


def run(*arguments: object) -> int:
    return _static_tool.main([str(argument) for argument in arguments])


def test_siblings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Files that are worth it get a sibling in each coding, with their date and mode.
    """
    os.chmod(folder / "app.js", 0o640)

    assert run("compress", folder, "--quiet") == 0

    endings = (".br", ".gz", ".zst")
    made = [name for name in tree(folder) if name.endswith(endings)]
    sources = ("app.js", "index.html", "sub/style.css")
    assert made == sorted(name + ending for name in sources for ending in endings)
    status = (folder / "app.js").stat()
    for ending in endings:
        sibling = (folder / f"app.js{ending}").stat()
        assert sibling.st_mtime_ns == status.st_mtime_ns
        assert sibling.st_mode == status.st_mode
        assert sibling.st_size < status.st_size
    assert "9 written, 3 unchanged, 28800 bytes in" in capsys.readouterr().out


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_content(folder: Path, coding: str) -> None:
    """
    What is in a sibling is its file.
    """
    expand: Dict[str, Any] = {
        "gzip": gzip.decompress,
        "br": getattr(import_module("brotli"), "decompress"),  # noqa: B009
        "zstd": import_module("zstandard").ZstdDecompressor().decompress,
    }
    ending = {"gzip": "gz", "br": "br", "zstd": "zst"}[coding]

    assert run("compress", folder, "--coding", coding) == 0

    assert expand[coding]((folder / f"app.js.{ending}").read_bytes()) == TEXT


def test_changed_files_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A second run writes what changed since, and takes away what is in vain.
    """
    arguments = ("compress", folder, "--coding", "gzip", "--min-size", 1)
    run(*arguments)
    before = (folder / "index.html.gz").stat().st_ino
    (folder / "app.js").write_bytes(TEXT + b"more")
    (folder / "sub/style.css").write_bytes(os.urandom(4096))
    capsys.readouterr()

    assert run(*arguments) == 0

    assert capsys.readouterr().out.startswith("1 written, 4 unchanged, 3204 bytes in")
    assert (folder / "index.html.gz").stat().st_ino == before
    assert gzip.decompress((folder / "app.js.gz").read_bytes()) == TEXT + b"more"
    assert not (folder / "sub/style.css.gz").exists()


@pytest.mark.parametrize("was_written", [True, False])
def test_error_while_writing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, was_written: bool
) -> None:
    """
    It is raised, and leaves no half of a sibling.
    """

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError("no space")

    target = os if was_written else _static_compress
    name = "utime" if was_written else "open"
    monkeypatch.setattr(target, name, refuse, raising=False)

    with pytest.raises(OSError, match="no space"):
        run("compress", folder, "--coding", "gzip")

    assert not [name for name in tree(folder) if ".gz" in name]


def test_error_before_anything_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    It is raised as it is.
    """
    opening = open

    def refuse(path: str, mode: str) -> Any:
        if mode == "wb":
            raise OSError("no space")
        return opening(path, mode)

    monkeypatch.setattr(_static_compress, "open", refuse, raising=False)

    with pytest.raises(OSError, match="no space"):
        run("compress", folder, "--coding", "gzip")


def test_progress(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A bar tells how much is done, if its library is there; with --quiet nothing does.
    """
    (folder / "large.js").write_bytes(TEXT * 100)
    run("compress", folder, "--coding", "gzip")
    shown = capsys.readouterr().err
    (folder / "app.js").write_bytes(TEXT + b"more")
    run("compress", folder, "--coding", "gzip", "--quiet")

    assert "B/s" in shown
    assert capsys.readouterr().err == ""


def test_without_the_libraries(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    gzip is there in any case; what is missing is named.
    """
    for name in ("brotli", "zstandard", "tqdm"):
        monkeypatch.setitem(sys.modules, name, None)

    assert run("compress", folder) == 0
    assert run("compress", folder, "--coding", "br", "--coding", "zstd") == 2

    assert [name for name in tree(folder) if ".gz" in name]
    assert not [name for name in tree(folder) if ".br" in name]
    assert "pip install brotli zstandard" in capsys.readouterr().err


def test_hashed_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Files get copies with a digest in their names, and a manifest of them.
    """
    run("compress", folder, "--coding", "gzip")

    assert run("hash", folder) == 0

    names = json.loads((folder / "manifest.json").read_text())
    assert sorted(names) == [
        "app.js",
        "noise.bin",
        "photo.jpg",
        "sub/style.css",
        "tiny.js",
    ]
    for name, hashed in names.items():
        assert (folder / hashed).read_bytes() == (folder / name).read_bytes()
    assert Manifest.read(folder / "manifest.json").hashed == set(names.values())
    assert "5 names in" in capsys.readouterr().out


def test_hashed_names_after_a_change(folder: Path) -> None:
    """
    What changed gets another name; the rest keeps its own.
    """
    run("hash", folder)
    before = json.loads((folder / "manifest.json").read_text())
    (folder / "app.js").write_bytes(b"changed")

    run("hash", folder)

    after = json.loads((folder / "manifest.json").read_text())
    assert after.keys() == before.keys()
    changed = [name for name in after if after[name] != before[name]]
    assert changed == ["app.js"]
    assert (folder / before["app.js"]).exists()


def test_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    It is said, with an exit status.
    """
    assert run("hash", tmp_path / "nowhere") == 2
    assert "There is no folder" in capsys.readouterr().err


def test_program(folder: Path) -> None:
    """
    The module runs as a program.
    """
    command = [sys.executable, "-m", "starlette.staticfiles", "hash", str(folder)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=150)

    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "manifest.json").exists()
