"""An HTTP exception that a handler of the application turns into JSON."""

from typing import Any

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.model import Case, Faster

ORDER = 40

_DETAIL = "There is no such item"


def _starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def endpoint(request: Request) -> Response:
        raise HTTPException(404, _DETAIL)

    async def as_json(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        return JSONResponse({"error": error.detail}, error.status_code)

    return Starlette(
        routes=[Route("/", endpoint)], exception_handlers={HTTPException: as_json}
    )


def _fastapi() -> Any:
    from fastapi import (  # type: ignore[import-not-found,unused-ignore]
        FastAPI,
        HTTPException,
    )
    from fastapi.responses import (  # type: ignore[import-not-found,unused-ignore]
        JSONResponse,
    )

    async def endpoint() -> Any:
        raise HTTPException(404, _DETAIL)

    async def as_json(request: Any, error: Any) -> Any:
        return JSONResponse({"error": error.detail}, error.status_code)

    app = FastAPI(exception_handlers={HTTPException: as_json})
    app.get("/")(endpoint)
    return app


def _blacksheep() -> Any:
    import blacksheep  # type: ignore[import-not-found,unused-ignore]
    from blacksheep.exceptions import (  # type: ignore[import-not-found,unused-ignore]
        HTTPException,
    )

    async def endpoint() -> Any:
        raise HTTPException(404, _DETAIL)

    async def as_json(app: Any, request: Any, error: Any) -> Any:
        return blacksheep.json({"error": str(error)}, error.status)

    app = blacksheep.Application()
    app.router.add_get("/", endpoint)
    # The handler of the status: one for the class is never asked.
    app.exceptions_handlers[404] = as_json
    return app


def _falcon() -> Any:
    import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

    class Resource:
        async def on_get(self, req: Any, resp: Any) -> None:
            raise falcon.HTTPError(404, title=_DETAIL)

    async def as_json(
        req: Any, resp: Any, error: Any, params: Any, ws: Any = None
    ) -> None:
        resp.status = error.status
        resp.media = {"error": error.title}

    app = falcon.asgi.App()
    app.add_route("/", Resource())
    app.add_error_handler(falcon.HTTPError, as_json)
    return app


def _litestar() -> Any:
    from litestar import (  # type: ignore[import-not-found,unused-ignore]
        Litestar,
        Response,
        get,
    )
    from litestar.exceptions import (  # type: ignore[import-not-found,unused-ignore]
        HTTPException,
    )

    async def endpoint() -> str:
        raise HTTPException(status_code=404, detail=_DETAIL)

    def as_json(request: Any, error: Any) -> Any:
        return Response({"error": error.detail}, status_code=error.status_code)

    return Litestar([get("/")(endpoint)], exception_handlers={HTTPException: as_json})


CASES = (
    Case(
        name="http-exception",
        title="`HTTPException` turned into JSON",
        exchange=lambda: Http("GET", "/", Answer(404, json={"error": _DETAIL})),
        apps={
            "starlette": _starlette,
            "fastapi": _fastapi,
            "blacksheep": _blacksheep,
            "falcon": _falcon,
            "litestar": _litestar,
        },
        targets=(Faster(2),),
    ),
)
