"""The application: what exists while it runs, how errors look, which URL goes where."""

from __future__ import annotations

from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, AsyncIterator, Dict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from . import basics, bodies, notes, pages, streams


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[Dict[str, Any]]:
    """Runs once around the whole life of the program.

    What comes before the `yield` happens before the first request, what comes
    after it when the program ends.  The mapping is what every request finds
    in `request.state`.
    """
    yield {"notebook": notes.Notebook()}


async def index(request: Request) -> Response:
    """The page of links that the tour starts from."""
    return pages.index()


async def http_error(request: Request, error: Exception) -> Response:
    """The page for every error that has a status: 404, 405, 413 and so on."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    return pages.page(
        f"{error.status_code} {phrase}",
        pages.paragraph(error.detail),
        status=error.status_code,
        headers=error.headers,
    )


app = Starlette(
    # Errors without a handler show where they came from.  Not for production!
    debug=True,
    lifespan=lifespan,
    exception_handlers={HTTPException: http_error},
    routes=[
        Route("/", index),
        Route("/style.css", pages.style),
        Route("/script.js", pages.script),
        Route("/typed/str/{value}", basics.typed, name="typed-str"),
        Route("/typed/int/{value:int}", basics.typed, name="typed-int"),
        Route("/typed/float/{value:float}", basics.typed, name="typed-float"),
        Route("/typed/uuid/{value:uuid}", basics.typed, name="typed-uuid"),
        Route("/typed/path/{value:path}", basics.typed, name="typed-path"),
        Route("/json", basics.describe_request, methods=["GET"]),
        Route("/json", basics.echo_json, methods=["POST"]),
        Route("/old", basics.moved),
        Route("/teapot", basics.teapot),
        Route("/boom", basics.boom),
        Route("/form", bodies.form, methods=["POST"]),
        Route(
            "/upload",
            bodies.upload,
            methods=["POST"],
            # With a little room for what is around the file.
            max_body_size=bodies.MAX_UPLOAD + 64 * 1024,
        ),
        Route("/countdown/{start:int}", streams.countdown),
        Route("/source", streams.source),
        WebSocketRoute("/echo", streams.echo),
        Route("/notes", notes.show, methods=["GET"]),
        Route("/notes", notes.add, methods=["POST"]),
    ],
)
