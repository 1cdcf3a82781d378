"""Short questions, short answers: parameters, JSON, redirects, errors."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from . import pages


async def typed(request: Request) -> Response:
    """A parameter arrives as what its convertor made of it, or not at all."""
    value = request.path_params["value"]
    kind = request.url.path.split("/")[2]
    back = request.url_for(f"typed-{kind}", value=value)
    return pages.page(
        "Path parameter",
        pages.table({"Value": repr(value), "Type": type(value).__name__, "URL": back}),
    )


async def describe_request(request: Request) -> Response:
    """What the server knows about the request, as JSON."""
    return JSONResponse(
        {
            "method": request.method,
            "url": str(request.url),
            "query": dict(request.query_params),
            "headers": dict(request.headers),
            "cookies": request.cookies,
        }
    )


async def echo_json(request: Request) -> Response:
    """The JSON document that was sent, read and written again."""
    try:
        document = await request.json()
    except ValueError as error:
        raise HTTPException(400, f"This is not JSON: {error}") from None
    return JSONResponse({"type": type(document).__name__, "document": document})


async def moved(request: Request) -> Response:
    """A redirect to a route by its name; `url_for` knows the path."""
    return RedirectResponse(request.url_for("typed-str", value="the new place"))


async def teapot(request: Request) -> Response:
    """An error that the endpoint means: it has a status, and a page of ours."""
    raise HTTPException(418, "This endpoint cannot brew coffee.")


async def boom(request: Request) -> Response:
    """A mistake: the debug page shows the line that made it."""
    ingredients = {"flour": 500, "water": 300}
    return JSONResponse(ingredients["salt"])
