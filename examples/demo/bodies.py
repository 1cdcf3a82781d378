"""What a browser sends: fields of a form, and a file."""

from __future__ import annotations

import hashlib

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from . import pages

MEBIBYTE = 1024 * 1024
MAX_UPLOAD = 16 * MEBIBYTE


async def form(request: Request) -> Response:
    """The fields of a form; one that was chosen twice is there twice."""
    async with request.form(max_fields=10) as fields:
        rows = [(name, value) for name, value in fields.multi_items()]
    return pages.page("Form", pages.table(rows))


async def upload(request: Request) -> Response:
    """One file, read piece by piece: a large one waits on disk, not in memory."""
    async with request.form(max_files=1, max_fields=1) as fields:
        file = fields.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise HTTPException(400, "Choose a file first.")
        digest = hashlib.sha256()
        size = 0
        while piece := await file.read(MEBIBYTE):
            digest.update(piece)
            size += len(piece)
    return pages.page(
        "Upload",
        pages.table(
            {
                "Name": file.filename,
                "Type": file.content_type,
                "Size": f"{size} bytes",
                "SHA-256": digest.hexdigest(),
            }
        ),
    )
