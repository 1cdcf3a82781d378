"""One route that answers at once: text, a typed parameter, small and 1 KiB JSON."""

import json
from typing import Any, Awaitable, Callable, Dict

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.model import Case, Faster, Within

ORDER = 10

TEXT = "Hello, world!"
SMALL: Dict[str, Any] = {"message": "Hello, world!"}
LARGE: Dict[str, Any] = {
    "items": [
        {
            "id": number,
            "name": f"item number {number}",
            "price": number * 1.25,
            "in_stock": number % 2 == 0,
            "tags": ["alpha", "beta"],
        }
        for number in range(12)
    ]
}
"""About 1 KiB when encoded."""

_IS_TEXT = {"content-type": r"text/plain(; ?charset=utf-8)?"}
_IS_JSON = {"content-type": r"application/json(; ?charset=utf-8)?"}
_ITEM = "item 42"

Body = Callable[[], Any]


def _starlette(path: str, endpoint: Callable[[Any], Awaitable[Any]]) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Route

    return Starlette(routes=[Route(path, endpoint)])


def _starlette_text() -> Any:
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse

    async def endpoint(request: Request) -> PlainTextResponse:
        return PlainTextResponse(TEXT)

    return _starlette("/", endpoint)


def _starlette_parameter() -> Any:
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse

    async def endpoint(request: Request) -> PlainTextResponse:
        number: int = request.path_params["number"]
        return PlainTextResponse(f"item {number:d}")

    return _starlette("/items/{number:int}", endpoint)


def _starlette_json(value: Any) -> Body:
    def make() -> Any:
        from starlette.requests import Request
        from starlette.responses import JSONResponse

        async def endpoint(request: Request) -> JSONResponse:
            return JSONResponse(value)

        return _starlette("/", endpoint)

    return make


def _raw(make_body: Callable[[Any], bytes], content_type: bytes) -> Body:
    def make() -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            body = make_body(scope)
            headers = [
                (b"content-length", b"%d" % len(body)),
                (b"content-type", content_type),
            ]
            start = {"type": "http.response.start", "status": 200, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": body})

        return app

    return make


def _raw_parameter(scope: Any) -> bytes:
    return b"item %d" % int(scope["path"][len("/items/") :])


def _raw_json(value: Any) -> Body:
    def body(scope: Any) -> bytes:
        return json.dumps(value, separators=(",", ":")).encode()

    return _raw(body, b"application/json")


def _fastapi_text() -> Any:
    from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]
    from fastapi.responses import (  # type: ignore[import-not-found,unused-ignore]
        PlainTextResponse,
    )

    async def endpoint() -> Any:
        return TEXT

    app = FastAPI()
    app.get("/", response_class=PlainTextResponse)(endpoint)
    return app


def _fastapi_parameter() -> Any:
    from fastapi import FastAPI
    from fastapi.responses import PlainTextResponse

    async def endpoint(number: int) -> Any:
        return f"item {number:d}"

    app = FastAPI()
    app.get("/items/{number}", response_class=PlainTextResponse)(endpoint)
    return app


def _fastapi_json(value: Any) -> Body:
    def make() -> Any:
        from fastapi import FastAPI

        async def endpoint() -> Any:
            return value

        app = FastAPI()
        app.get("/")(endpoint)
        return app

    return make


def _blacksheep_text() -> Any:
    import blacksheep  # type: ignore[import-not-found,unused-ignore]

    async def endpoint() -> Any:
        return blacksheep.text(TEXT)

    app = blacksheep.Application()
    app.router.add_get("/", endpoint)
    return app


def _blacksheep_parameter() -> Any:
    import blacksheep

    async def endpoint(number: int) -> Any:
        return blacksheep.text(f"item {number:d}")

    app = blacksheep.Application()
    app.router.add_get("/items/{int:number}", endpoint)
    return app


def _blacksheep_json(value: Any) -> Body:
    def make() -> Any:
        import blacksheep

        async def endpoint() -> Any:
            return blacksheep.json(value)

        app = blacksheep.Application()
        app.router.add_get("/", endpoint)
        return app

    return make


def _falcon_text() -> Any:
    import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

    class Resource:
        async def on_get(self, req: Any, resp: Any) -> None:
            resp.content_type = falcon.MEDIA_TEXT
            resp.text = TEXT

    app = falcon.asgi.App()
    app.add_route("/", Resource())
    return app


def _falcon_parameter() -> Any:
    import falcon.asgi

    class Resource:
        async def on_get(self, req: Any, resp: Any, number: int) -> None:
            resp.content_type = falcon.MEDIA_TEXT
            resp.text = f"item {number:d}"

    app = falcon.asgi.App()
    app.add_route("/items/{number:int}", Resource())
    return app


def _falcon_json(value: Any) -> Body:
    def make() -> Any:
        import falcon.asgi

        class Resource:
            async def on_get(self, req: Any, resp: Any) -> None:
                resp.media = value

        app = falcon.asgi.App()
        app.add_route("/", Resource())
        return app

    return make


def _litestar_text() -> Any:
    from litestar import (  # type: ignore[import-not-found,unused-ignore]
        Litestar,
        MediaType,
        get,
    )

    async def endpoint() -> str:
        return TEXT

    return Litestar([get("/", media_type=MediaType.TEXT)(endpoint)])


def _litestar_parameter() -> Any:
    from litestar import Litestar, MediaType, get

    async def endpoint(number: int) -> str:
        return f"item {number:d}"

    handler = get("/items/{number:int}", media_type=MediaType.TEXT)(endpoint)
    return Litestar([handler])


def _litestar_json(value: Any) -> Body:
    def make() -> Any:
        from litestar import Litestar, get

        async def endpoint() -> Dict[str, Any]:
            return dict(value)

        return Litestar([get("/")(endpoint)])

    return make


def _json_case(name: str, title: str, value: Any, *targets: Any) -> Case:
    return Case(
        name=name,
        title=title,
        exchange=lambda: Http("GET", "/", Answer(json=value, headers=_IS_JSON)),
        apps={
            "starlette": _starlette_json(value),
            "raw": _raw_json(value),
            "fastapi": _fastapi_json(value),
            "blacksheep": _blacksheep_json(value),
            "falcon": _falcon_json(value),
            "litestar": _litestar_json(value),
        },
        targets=targets,
    )


CASES = (
    Case(
        name="text",
        title="one route, 13 bytes of text",
        exchange=lambda: Http("GET", "/", Answer(body=TEXT.encode(), headers=_IS_TEXT)),
        apps={
            "starlette": _starlette_text,
            "raw": _raw(lambda scope: TEXT.encode(), b"text/plain; charset=utf-8"),
            "fastapi": _fastapi_text,
            "blacksheep": _blacksheep_text,
            "falcon": _falcon_text,
            "litestar": _litestar_text,
        },
        targets=(Faster(2.2), Within(1.0, "blacksheep")),
    ),
    Case(
        name="parameter",
        title="typed parameter",
        exchange=lambda: Http(
            "GET", "/items/42", Answer(body=_ITEM.encode(), headers=_IS_TEXT)
        ),
        apps={
            "starlette": _starlette_parameter,
            "raw": _raw(_raw_parameter, b"text/plain; charset=utf-8"),
            "fastapi": _fastapi_parameter,
            "blacksheep": _blacksheep_parameter,
            "falcon": _falcon_parameter,
            "litestar": _litestar_parameter,
        },
        targets=(Faster(2.2), Within(1.0, "blacksheep")),
    ),
    _json_case("json-small", "small JSON", SMALL, Faster(2.2)),
    _json_case("json-1k", "1 KiB JSON", LARGE, Faster(1.4)),
)
