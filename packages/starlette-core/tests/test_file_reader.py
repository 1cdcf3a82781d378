"""A file that is closed while a thread reads it."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from pathlib import Path
from typing import List

import pytest

from starlette import _file_reader
from starlette._file_reader import READ, FileReader, OpenFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


def test_closed_while_it_is_opened(path: Path) -> None:
    """
    The thread closes what it has opened for nobody.
    """
    reader = FileReader(path, 4)
    opening, closed = threading.Event(), threading.Event()
    files: List[object] = []

    def plan(status: object) -> List[object]:
        opening.set()
        closed.wait(60)
        files.append(reader._file)
        return []

    thread = threading.Thread(target=reader.open, args=(plan,))
    thread.start()
    opening.wait(60)
    reader.close()
    closed.set()
    thread.join(60)

    assert files[0].closed  # type: ignore[attr-defined]


def test_closed_before_it_is_opened(path: Path) -> None:
    """
    There is nothing to close, and what is opened later is closed at once.
    """
    reader = FileReader(path, 4)
    reader.close()
    reader.open(lambda status: [(b"", 0, 10, b"")])

    assert reader._file is not None
    assert reader._file.closed


def test_pieces(path: Path) -> None:
    """
    Pieces are as large as asked for, and framed; the file is closed at the end.
    """
    reader = FileReader(path, 4)
    pieces = reader.open(None)
    pieces += reader.start([(b"<", 0, 6, b">"), (b"", 8, 10, b""), (b"!", 0, 0, b"")])

    assert pieces == [b"<", b"0123", b"45", b">", b"89", b"!"]
    assert reader.is_at_end
    assert reader._file is not None
    assert reader._file.closed


@pytest.mark.parametrize("is_read_whole", [True, False])
def test_nothing_is_left_to_the_garbage_collector(
    path: Path, is_read_whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A reader that is through, or was closed before, is gone with its last reference:
    it would keep a piece of the file in memory.
    """
    if not is_read_whole:
        monkeypatch.setattr(_file_reader, "BATCH", 4)
    gc.disable()
    try:
        reader = FileReader(path, 4)
        reader.open(lambda status: [(b"", 0, 10, b"")])
        was_read_whole = reader.is_at_end
        reader.close()
        seen = weakref.ref(reader)
        del reader
        is_gone = seen() is None
    finally:
        gc.enable()

    assert was_read_whole is is_read_whole
    assert is_gone


def test_file_that_nobody_closes(path: Path) -> None:
    """
    The descriptor is closed with the object, if not before.
    """
    descriptor = os.open(path, READ)
    file = OpenFile(descriptor)
    is_open = file.fileno() == descriptor and not file.closed
    del file

    assert is_open
    with pytest.raises(OSError):
        os.fstat(descriptor)


def test_reader_that_nobody_closes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It is gone with its last reference, and the file is closed with it.
    """
    monkeypatch.setattr(_file_reader, "BATCH", 4)
    gc.disable()
    try:
        reader = FileReader(path, 4)
        reader.open(lambda status: [(b"", 0, 10, b"")])
        file, seen = reader._file, weakref.ref(reader)
        assert file is not None
        descriptor = file.fileno()
        del reader, file
        is_gone = seen() is None
    finally:
        gc.enable()

    assert is_gone
    with pytest.raises(OSError):
        os.fstat(descriptor)
