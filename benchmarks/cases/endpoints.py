"""What surrounds an endpoint: a worker thread for a plain function, a task after."""

from typing import Any, List

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.cases.plain import TEXT
from benchmarks.model import Case, Faster

ORDER = 50


def _starlette_sync() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    def endpoint(request: Request) -> PlainTextResponse:
        return PlainTextResponse(TEXT)

    return Starlette(routes=[Route("/", endpoint)])


def _fastapi_sync() -> Any:
    from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]
    from fastapi.responses import (  # type: ignore[import-not-found,unused-ignore]
        PlainTextResponse,
    )

    def endpoint() -> Any:
        return TEXT

    app = FastAPI()
    app.get("/", response_class=PlainTextResponse)(endpoint)
    return app


def _litestar_sync() -> Any:
    from litestar import (  # type: ignore[import-not-found,unused-ignore]
        Litestar,
        MediaType,
        get,
    )

    def endpoint() -> str:
        return TEXT

    handler = get("/", media_type=MediaType.TEXT, sync_to_thread=True)(endpoint)
    return Litestar([handler])


def _starlette_background() -> Any:
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    runs = [0]

    async def endpoint(request: Request) -> PlainTextResponse:
        return PlainTextResponse(TEXT, background=BackgroundTask(_record, runs, by=1))

    async def has_run(request: Request) -> PlainTextResponse:
        return PlainTextResponse("yes" if runs[0] else "no")

    return Starlette(routes=[Route("/", endpoint), Route("/has-run", has_run)])


def _fastapi_background() -> Any:
    from fastapi import (  # type: ignore[import-not-found,unused-ignore]
        BackgroundTasks,
        FastAPI,
    )
    from fastapi.responses import (  # type: ignore[import-not-found,unused-ignore]
        PlainTextResponse,
    )

    runs = [0]

    async def endpoint(tasks: BackgroundTasks) -> Any:
        tasks.add_task(_record, runs, by=1)
        return TEXT

    async def has_run() -> Any:
        return "yes" if runs[0] else "no"

    app = FastAPI()
    app.get("/", response_class=PlainTextResponse)(endpoint)
    app.get("/has-run", response_class=PlainTextResponse)(has_run)
    return app


def _litestar_background() -> Any:
    from litestar import (  # type: ignore[import-not-found,unused-ignore]
        Litestar,
        MediaType,
        Response,
        get,
    )
    from litestar.background_tasks import (  # type: ignore[import-not-found,unused-ignore]
        BackgroundTask,
    )

    runs = [0]

    async def endpoint() -> Response[str]:
        return Response(TEXT, background=BackgroundTask(_record, runs, by=1))

    async def has_run() -> str:
        return "yes" if runs[0] else "no"

    return Litestar(
        [
            get("/", media_type=MediaType.TEXT)(endpoint),
            get("/has-run", media_type=MediaType.TEXT)(has_run),
        ]
    )


async def _record(runs: List[int], by: int) -> None:
    runs[0] += by


def _get_text() -> Http:
    return Http("GET", "/", Answer(body=TEXT.encode()))


# Falcon has no responders in threads, and BlackSheep calls plain functions on
# the event loop.  Neither awaits background work within the request.
CASES = (
    Case(
        name="sync-endpoint",
        title="synchronous endpoint",
        exchange=_get_text,
        apps={
            "starlette": _starlette_sync,
            "fastapi": _fastapi_sync,
            "litestar": _litestar_sync,
        },
        targets=(Faster(1.5),),
    ),
    Case(
        name="background-task",
        title="background task",
        exchange=_get_text,
        also=(lambda: Http("GET", "/has-run", Answer(body=b"yes")),),
        apps={
            "starlette": _starlette_background,
            "fastapi": _fastapi_background,
            "litestar": _litestar_background,
        },
        targets=(Faster(2),),
    ),
)
