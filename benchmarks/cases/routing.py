"""Many routes: found last, found nowhere, wrong method, and mounts in mounts."""

from typing import Any, Callable, Dict, List, Tuple

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.cases.plain import TEXT
from benchmarks.model import Case, Factory, Faster, Within

ORDER = 20


def _paths(count: int, parameter: str) -> List[str]:
    """Routes as a large service has them: one prefix, one parameter each."""
    return [f"/api/v1/resource{number}/{parameter}" for number in range(count)]


def _starlette(count: int) -> Factory:
    def make() -> Any:
        from starlette.applications import Starlette
        from starlette.requests import Request
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route

        async def endpoint(request: Request) -> PlainTextResponse:
            return PlainTextResponse(request.path_params["item_id"])

        return Starlette(
            routes=[Route(path, endpoint) for path in _paths(count, "{item_id}")]
        )

    return make


def _fastapi(count: int) -> Factory:
    def make() -> Any:
        from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]
        from fastapi.responses import (  # type: ignore[import-not-found,unused-ignore]
            PlainTextResponse,
        )

        async def endpoint(item_id: str) -> Any:
            return item_id

        app = FastAPI()
        for path in _paths(count, "{item_id}"):
            app.get(path, response_class=PlainTextResponse)(endpoint)
        return app

    return make


def _blacksheep(count: int) -> Factory:
    def make() -> Any:
        import blacksheep  # type: ignore[import-not-found,unused-ignore]

        def handler() -> Any:
            # A function of its own per route: BlackSheep normalises each once.
            async def endpoint(item_id: str) -> Any:
                return blacksheep.text(item_id)

            return endpoint

        app = blacksheep.Application()
        for path in _paths(count, "{item_id}"):
            app.router.add_get(path, handler())
        return app

    return make


def _falcon(count: int) -> Factory:
    def make() -> Any:
        import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

        class Resource:
            async def on_get(self, req: Any, resp: Any, item_id: str) -> None:
                resp.content_type = falcon.MEDIA_TEXT
                resp.text = item_id

        app = falcon.asgi.App()
        for path in _paths(count, "{item_id}"):
            app.add_route(path, Resource())
        return app

    return make


def _litestar(count: int) -> Factory:
    def make() -> Any:
        from litestar import (  # type: ignore[import-not-found,unused-ignore]
            Litestar,
            MediaType,
            get,
        )

        async def endpoint(item_id: str) -> str:
            return item_id

        return Litestar(
            [
                get(path, media_type=MediaType.TEXT)(endpoint)
                for path in _paths(count, "{item_id:str}")
            ]
        )

    return make


def _everybody(count: int) -> Dict[str, Factory]:
    return {
        "starlette": _starlette(count),
        "fastapi": _fastapi(count),
        "blacksheep": _blacksheep(count),
        "falcon": _falcon(count),
        "litestar": _litestar(count),
    }


def _only_starlette(count: int) -> Dict[str, Factory]:
    return {"starlette": _starlette(count)}


def _found(path: str) -> Callable[[], Http]:
    return lambda: Http("GET", path, Answer(body=b"abc"))


def _mounts() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import BaseRoute, Mount, Route

    async def endpoint(request: Request) -> PlainTextResponse:
        return PlainTextResponse(TEXT)

    def level(depth: int) -> Tuple[BaseRoute, ...]:
        names = [f"/{'abc'[3 - depth]}{number}" for number in range(10)]
        if depth == 1:
            return tuple(Route(name, endpoint) for name in names)
        return tuple(Mount(name, routes=level(depth - 1)) for name in names)

    return Starlette(routes=level(3))


_HAS_ALLOW = {"allow": r".*GET.*"}

CASES = (
    Case(
        name="routes-500-last",
        title="500 routes: the last, parameterised",
        exchange=_found("/api/v1/resource499/abc"),
        apps=_everybody(500),
        targets=(Faster(35), Within(1.0, "blacksheep")),
    ),
    Case(
        name="routes-500-missing",
        title="500 routes: none matches (404)",
        exchange=lambda: Http("GET", "/api/v1/nothing/abc", Answer(status=404)),
        apps=_everybody(500),
        targets=(Faster(60),),
    ),
    Case(
        name="routes-500-method",
        title="500 routes: wrong method (405)",
        exchange=lambda: Http(
            "DELETE",
            "/api/v1/resource499/abc",
            Answer(status=405, headers=_HAS_ALLOW),
        ),
        # BlackSheep answers 404 here: not the same work.
        apps={k: v for k, v in _everybody(500).items() if k != "blacksheep"},
        targets=(Faster(35),),
    ),
    Case(
        name="routes-1000-first",
        title="1,000 routes: the first",
        exchange=_found("/api/v1/resource0/abc"),
        apps=_only_starlette(1000),
        no_target="the yardstick of the last of 1,000",
    ),
    Case(
        name="routes-1000-last",
        title="1,000 routes: the last",
        exchange=_found("/api/v1/resource999/abc"),
        apps=_only_starlette(1000),
        targets=(Within(1.3, "ours", "routes-1000-first"),),
    ),
    Case(
        name="mounts",
        title="mounts three deep, ten by ten by ten",
        exchange=lambda: Http("GET", "/a9/b9/c9", Answer(body=TEXT.encode())),
        apps={"starlette": _mounts},
        targets=(Faster(5),),
    ),
)
