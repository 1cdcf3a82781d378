"""Work that goes on after the answer, and the state in which its result is kept."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Deque, Optional

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from . import pages

MAX_LENGTH = 200
ROUNDS = 1_000_000


@dataclass
class Note:
    """A text, and its fingerprint once that has been computed."""

    text: str
    fingerprint: Optional[str] = None


@dataclass
class Notebook:
    """All that the program remembers: made at the start, gone at the end."""

    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    visits: int = 0
    notes: Deque[Note] = field(default_factory=lambda: deque(maxlen=20))


def compute_fingerprint(note: Note) -> None:
    """Slow on purpose.  A plain function, so it runs in a thread, in no one's way."""
    digest = hashlib.pbkdf2_hmac("sha256", note.text.encode(), b"demo", ROUNDS)
    note.fingerprint = digest.hex()[:16]


async def add(request: Request) -> Response:
    """Answers at once; the fingerprint is computed afterwards."""
    async with request.form(max_fields=1, max_files=0) as fields:
        text = fields.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= MAX_LENGTH:
        raise HTTPException(400, f"A note has 1 to {MAX_LENGTH} characters.")
    note = Note(text)
    request.state.notebook.notes.append(note)
    return RedirectResponse(
        request.url_for("show"),
        status_code=303,
        background=BackgroundTask(compute_fingerprint, note),
    )


async def show(request: Request) -> Response:
    """The notes so far; the page asks again while one is being worked on."""
    notebook: Notebook = request.state.notebook
    notebook.visits += 1
    is_busy = any(note.fingerprint is None for note in notebook.notes)
    rows = [(note.text, note.fingerprint or "working …") for note in notebook.notes]
    return pages.page(
        "Notes",
        pages.paragraph(f"Running since {notebook.started:%Y-%m-%d %H:%M:%S} UTC."),
        pages.paragraph(f"Visits of this page: {notebook.visits}."),
        pages.table(rows),
        headers={"Refresh": "1"} if is_busy else None,
    )
