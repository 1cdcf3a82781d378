"""Opening inside of a folder, through links and against others that change them."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import List, Optional, Set

import pytest

from starlette._static_open import Opened, open_inside

both_ways = pytest.mark.parametrize("can_walk", [True, False], ids=["walk", "check"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "f.txt").write_bytes(b"inside")
    (root / "f.txt").write_bytes(b"top")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "f.txt").write_bytes(b"outside")
    (tmp_path / "root-too").mkdir()
    (tmp_path / "root-too" / "f.txt").write_bytes(b"outside")
    for link, target in {
        "in.txt": "a/b/f.txt",
        "in": "a",
        "a/up": "..",
        "a/b/chain": "../../in/up/in.txt",
        "out.txt": "../out/f.txt",
        "out": "../out",
        "too": "../root-too",
        "loop": "loop",
        "here": ".",
    }.items():
        (root / link).symlink_to(target)
    return root


def content(opened: Optional[Opened]) -> Optional[bytes]:
    if opened is None or opened.file is None:
        return None
    data = opened.file.read(100)
    opened.file.close()
    opened.file.close()
    return data


@both_ways
@pytest.mark.parametrize(
    "path, expected",
    [
        ("f.txt", b"top"),
        ("a/b/f.txt", b"inside"),
        ("in.txt", b"inside"),
        ("in/b/f.txt", b"inside"),
        ("a/up/f.txt", b"top"),
        ("a/b/chain", b"inside"),
        ("here/here/f.txt", b"top"),
        ("out.txt", None),
        ("out/f.txt", None),
        ("in/up/out/f.txt", None),
        ("too/f.txt", None),
        ("loop", None),
        ("loop/f.txt", None),
        ("f.txt/x", None),
        ("nowhere", None),
        ("a" * 300, None),
        ("\ud800", None),
    ],
)
def test_files(
    root: Path, path: str, expected: Optional[bytes], can_walk: bool
) -> None:
    """
    Links are followed as long as they stay inside.
    """
    opened = open_inside(str(root), path.split("/"), False, can_walk)

    assert content(opened) == expected


@both_ways
def test_folders(root: Path, can_walk: bool) -> None:
    """
    A folder is found, the top and links to it too, and is not open.
    """
    for parts in ([], ["a"], ["a", "b"], ["in"], ["here"]):
        opened = open_inside(str(root), parts, False, can_walk)
        assert opened is not None
        assert opened.file is None
        assert opened.status.st_ino == os.stat(root.joinpath(*parts)).st_ino
    assert open_inside(str(root), ["out"], False, can_walk) is None


@both_ways
def test_folder_that_is_a_link(root: Path, tmp_path: Path, can_walk: bool) -> None:
    """
    The folder itself may be one.
    """
    (tmp_path / "current").symlink_to("root")
    current = str(tmp_path / "current")

    assert content(open_inside(current, ["f.txt"], False, can_walk)) == b"top"
    assert content(open_inside(current, ["in.txt"], False, can_walk)) == b"inside"
    assert open_inside(current, ["out.txt"], False, can_walk) is None


@both_ways
def test_what_is_no_file(root: Path, can_walk: bool) -> None:
    """
    Pipes and devices are not found, and not waited for.
    """
    os.mkfifo(root / "pipe")

    assert open_inside(str(root), ["pipe"], False, can_walk) is None
    assert open_inside("/dev", ["null"], False, can_walk) is None


def test_anywhere(root: Path) -> None:
    """
    If links may lead anywhere, they do.
    """
    assert content(open_inside(str(root), ["out", "f.txt"], True)) == b"outside"
    assert content(open_inside(str(root), ["out.txt"], True)) == b"outside"


def test_errors_of_the_system(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What does not mean that there is nothing is raised.
    """

    def refuse(*args: object, **kwargs: object) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(OSError, match="too many"):
        open_inside(str(root), ["f.txt"], False)


def test_file_swapped_between_check_and_opening(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Where only paths can be opened, another file than the one that was checked is not
    served.
    """
    opening = os.open

    def swap_and_open(path: str, flags: int) -> int:
        (root / "f.txt").unlink()
        (root / "f.txt").symlink_to("../out/f.txt")
        return opening(path, flags)

    monkeypatch.setattr(os, "open", swap_and_open)

    assert open_inside(str(root), ["f.txt"], False, can_walk=False) is None


@pytest.mark.parametrize("becomes", ["folder", "pipe"])
def test_file_that_becomes_something_else(
    root: Path, monkeypatch: pytest.MonkeyPatch, becomes: str
) -> None:
    """
    It is not found.
    """
    opening = os.open

    def swap_and_open(path: str, flags: int) -> int:
        (root / "f.txt").unlink()
        (os.mkdir if becomes == "folder" else os.mkfifo)(root / "f.txt")
        return opening(path, flags)

    monkeypatch.setattr(os, "open", swap_and_open)

    assert open_inside(str(root), ["f.txt"], False, can_walk=False) is None


def test_links_swapped_while_serving(root: Path) -> None:
    """
    A folder that turns into a link that leads out, and back, gives nothing away.
    """
    os.rename(root / "a", root / "real")
    (root / "link").symlink_to("../out")
    (root / "real" / "f.txt").write_bytes(b"inside")
    is_done = threading.Event()

    def swap() -> None:
        while not is_done.is_set():
            for source in ("real", "link"):
                os.rename(root / source, root / "place")
                os.rename(root / "place", root / source)

    seen: Set[Optional[bytes]] = set()
    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(3000):
            opened = open_inside(str(root), ["place", "f.txt"], False)
            seen.add(content(opened))
    finally:
        is_done.set()
        thread.join()

    assert b"outside" not in seen


def test_descriptor_is_closed_with_its_object(root: Path) -> None:
    """
    What nobody reads does not stay open.
    """
    opened: List[Optional[Opened]] = [open_inside(str(root), ["f.txt"], False)]
    assert opened[0] is not None
    assert opened[0].file is not None
    descriptor = opened[0].file.fileno()

    opened.clear()

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
