"""Three layers of ``BaseHTTPMiddleware``, and what rivals have in its place."""

from typing import Any

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.cases.plain import TEXT
from benchmarks.model import Case, Factory, Faster

ORDER = 60

_LAYERS = ("x-first", "x-second", "x-third")


def _layers(add: Any, base: Any) -> None:
    class Layer(base):  # type: ignore[misc]
        def __init__(self, app: Any, name: str) -> None:
            super().__init__(app)
            self.name = name

        async def dispatch(self, request: Any, call_next: Any) -> Any:
            response = await call_next(request)
            response.headers[self.name] = "yes"
            return response

    for name in _LAYERS:
        add(Layer, name=name)


def _starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def endpoint(request: Request) -> PlainTextResponse:
        return PlainTextResponse(TEXT)

    app = Starlette(routes=[Route("/", endpoint)])
    _layers(app.add_middleware, BaseHTTPMiddleware)
    return app


def _fastapi() -> Any:
    from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]
    from fastapi.responses import (  # type: ignore[import-not-found,unused-ignore]
        PlainTextResponse,
    )

    from starlette.middleware.base import BaseHTTPMiddleware

    async def endpoint() -> Any:
        return TEXT

    app = FastAPI()
    app.get("/", response_class=PlainTextResponse)(endpoint)
    _layers(app.add_middleware, BaseHTTPMiddleware)
    return app


def _blacksheep() -> Any:
    import blacksheep  # type: ignore[import-not-found,unused-ignore]

    def layer(name: bytes) -> Any:
        async def middleware(request: Any, handler: Any) -> Any:
            response = await handler(request)
            response.headers.set(name, b"yes")
            return response

        return middleware

    async def endpoint() -> Any:
        return blacksheep.text(TEXT)

    app = blacksheep.Application()
    app.router.add_get("/", endpoint)
    app.middlewares.extend(layer(name.encode()) for name in _LAYERS)
    return app


def _falcon() -> Any:
    import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

    class Layer:
        def __init__(self, name: str) -> None:
            self.name = name

        async def process_response(
            self, req: Any, resp: Any, resource: Any, req_succeeded: bool
        ) -> None:
            resp.set_header(self.name, "yes")

    class Resource:
        async def on_get(self, req: Any, resp: Any) -> None:
            resp.content_type = falcon.MEDIA_TEXT
            resp.text = TEXT

    app = falcon.asgi.App(middleware=[Layer(name) for name in _LAYERS])
    app.add_route("/", Resource())
    return app


def _litestar() -> Any:
    from litestar import (  # type: ignore[import-not-found,unused-ignore]
        Litestar,
        MediaType,
        get,
    )

    def layer(name: bytes) -> Factory:
        def middleware(app: Any) -> Any:
            async def handle(scope: Any, receive: Any, send: Any) -> None:
                async def send_with_header(message: Any) -> None:
                    if message["type"] == "http.response.start":
                        message["headers"] = [*message["headers"], (name, b"yes")]
                    await send(message)

                await app(scope, receive, send_with_header)

            return handle

        return middleware  # type: ignore[return-value]

    async def endpoint() -> str:
        return TEXT

    return Litestar(
        [get("/", media_type=MediaType.TEXT)(endpoint)],
        middleware=[layer(name.encode()) for name in _LAYERS],
    )


CASES = (
    Case(
        name="base-http-middleware",
        title="three `BaseHTTPMiddleware` layers",
        exchange=lambda: Http(
            "GET",
            "/",
            Answer(body=TEXT.encode(), headers=dict.fromkeys(_LAYERS, "yes")),
        ),
        apps={
            "starlette": _starlette,
            "fastapi": _fastapi,
            "blacksheep": _blacksheep,
            "falcon": _falcon,
            "litestar": _litestar,
        },
        targets=(Faster(10),),
    ),
)
