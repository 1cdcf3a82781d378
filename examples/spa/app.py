"""The notes, and the page that shows them."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

__all__ = ("app",)

SITE = Path(__file__).parent / "site"
NOTES = {1: "Buy <b>bread</b>", 2: "Call Ada"}


async def notes(request: Request) -> JSONResponse:
    """Answer with all notes."""
    return JSONResponse([{"id": id, "text": text} for id, text in NOTES.items()])


async def note(request: Request) -> JSONResponse:
    """Answer with one of them."""
    id: int = request.path_params["id"]
    if id not in NOTES:
        raise HTTPException(404)
    return JSONResponse({"id": id, "text": NOTES[id]})


site = StaticFiles(
    directory=SITE,
    html=True,
    # The files of the build are kept for ever, the page is asked for each time.
    manifest=".vite/manifest.json",
    cache_control="no-cache",
    # /notes/1 is a page too, and /api/nothing is not.
    fallback="index.html",
    fallback_exclude=["api"],
)

app = Starlette(
    routes=[
        Route("/api/notes", notes),
        Route("/api/notes/{id:int}", note),
        Mount("/", site, name="site"),
    ]
)
