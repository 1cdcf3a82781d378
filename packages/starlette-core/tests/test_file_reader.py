"""A file that is closed while a thread reads it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import List

import pytest

from starlette._file_reader import FileReader


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
        closed.wait(10)
        files.append(reader._file)
        return []

    thread = threading.Thread(target=reader.open, args=(plan,))
    thread.start()
    opening.wait(10)
    reader.close()
    closed.set()
    thread.join(10)

    assert files[0].closed  # type: ignore[attr-defined]


def test_closed_before_it_is_opened(path: Path) -> None:
    """
    There is nothing to close, and what is opened later is closed at once.
    """
    reader = FileReader(path, 4)
    reader.close()
    reader.open(lambda status: [(b"", 0, 10, b"")])

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
    assert reader._file.closed
