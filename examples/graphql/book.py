"""The guest book itself: a table in SQLite, photos in a folder beside it.

Nothing here knows GraphQL.  Everything is synchronous, because SQLite and the disk
are; the resolvers call it in a thread.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO, List, Optional

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    message TEXT NOT NULL,
    signed_at TEXT NOT NULL,
    photo TEXT
)
"""

# A file is what it begins with, whatever its name and its sender say.
KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}
PHOTO_SIZE = 5 * 1024 * 1024  # bytes


class NotAPhoto(ValueError):
    """A file is none that the book takes."""


@dataclass
class Entry:
    """What somebody has written; *photo* is the name of a file."""

    id: int
    name: str
    message: str
    signed_at: str
    photo: Optional[str]


class Book:
    """A guest book in a folder, which is made if it is not there."""

    def __init__(self, folder: Path) -> None:
        self.photos = folder / "photos"
        self.photos.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        path = str(folder / "book.sqlite")
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute(SCHEMA)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def entries(self, first: int, before: Optional[int]) -> List[Entry]:
        """Return the newest entries, or the newest of those that are older."""
        query = "SELECT * FROM entries WHERE id < ? ORDER BY id DESC LIMIT ?"
        below = 2**63 - 1 if before is None else before
        with self._lock:
            return [
                Entry(*row) for row in self._connection.execute(query, (below, first))
            ]

    def sign(self, name: str, message: str, photo: Optional[BinaryIO]) -> Entry:
        """Write an entry, and keep its photo.

        Raises:
            NotAPhoto: The file is no picture, or too large.
        """
        kept = None if photo is None else self._keep(photo)
        signed_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        query = (
            "INSERT INTO entries (name, message, signed_at, photo) VALUES (?, ?, ?, ?)"
        )
        with self._lock, self._connection:
            row = self._connection.execute(query, (name, message, signed_at, kept))
        assert row.lastrowid is not None
        return Entry(row.lastrowid, name, message, signed_at, kept)

    def _keep(self, photo: BinaryIO) -> str:
        photo.seek(0)
        start = photo.read(8)
        kind = next((KINDS[mark] for mark in KINDS if start.startswith(mark)), None)
        if kind is None:
            raise NotAPhoto("A photo must be a PNG, JPEG or GIF file.")
        if photo.seek(0, 2) > PHOTO_SIZE:
            raise NotAPhoto(f"A photo must not have more than {PHOTO_SIZE} bytes.")
        photo.seek(0)
        # A name of ours: that of the sender could be anything.
        name = f"{secrets.token_hex(8)}.{kind}"
        with open(self.photos / name, "xb") as file:
            shutil.copyfileobj(photo, file)
        return name
