"""Responses sent in pieces: one, a thousand, and a hundred from a plain iterator."""

from typing import Any, AsyncIterator, Callable, Iterator

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.model import Case, Factory, Faster

ORDER = 70

CHUNK = b"0123456789abcdef" * 4


async def _async_chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield CHUNK


def _sync_chunks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield CHUNK


def _starlette(chunks: Callable[[int], Any], count: int) -> Factory:
    def make() -> Any:
        from starlette.applications import Starlette
        from starlette.requests import Request
        from starlette.responses import StreamingResponse
        from starlette.routing import Route

        async def endpoint(request: Request) -> StreamingResponse:
            return StreamingResponse(chunks(count), media_type="text/plain")

        return Starlette(routes=[Route("/", endpoint)])

    return make


def _fastapi(chunks: Callable[[int], Any], count: int) -> Factory:
    def make() -> Any:
        from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]
        from fastapi.responses import (  # type: ignore[import-not-found,unused-ignore]
            StreamingResponse,
        )

        async def endpoint() -> Any:
            return StreamingResponse(chunks(count), media_type="text/plain")

        app = FastAPI()
        app.get("/", response_class=StreamingResponse)(endpoint)
        return app

    return make


def _raw(count: int) -> Factory:
    def make() -> Any:
        headers = [(b"content-type", b"text/plain; charset=utf-8")]

        async def app(scope: Any, receive: Any, send: Any) -> None:
            start = {"type": "http.response.start", "status": 200, "headers": headers}
            await send(start)
            kind = "http.response.body"
            async for chunk in _async_chunks(count):
                await send({"type": kind, "body": chunk, "more_body": True})
            await send({"type": kind, "body": b"", "more_body": False})

        return app

    return make


def _blacksheep(count: int) -> Factory:
    def make() -> Any:
        import blacksheep  # type: ignore[import-not-found,unused-ignore]

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(count):
                yield CHUNK

        async def endpoint() -> Any:
            content = blacksheep.StreamedContent(b"text/plain; charset=utf-8", chunks)
            return blacksheep.Response(200, None, content)

        app = blacksheep.Application()
        app.router.add_get("/", endpoint)
        return app

    return make


def _falcon(count: int) -> Factory:
    def make() -> Any:
        import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

        class Resource:
            async def on_get(self, req: Any, resp: Any) -> None:
                resp.content_type = falcon.MEDIA_TEXT
                resp.stream = _async_chunks(count)

        app = falcon.asgi.App()
        app.add_route("/", Resource())
        return app

    return make


def _litestar(chunks: Callable[[int], Any], count: int) -> Factory:
    def make() -> Any:
        from litestar import (  # type: ignore[import-not-found,unused-ignore]
            Litestar,
            get,
        )
        from litestar.response import (  # type: ignore[import-not-found,unused-ignore]
            Stream,
        )

        async def endpoint() -> Stream:
            return Stream(chunks(count), media_type="text/plain")

        return Litestar([get("/")(endpoint)])

    return make


def _get(count: int) -> Callable[[], Http]:
    answer = Answer(
        body=CHUNK * count,
        headers={"content-type": r"text/plain(; ?charset=utf-8)?"},
        has_length=False,
    )
    return lambda: Http("GET", "/", answer)


def _async_case(name: str, title: str, count: int, target: Faster) -> Case:
    return Case(
        name=name,
        title=title,
        exchange=_get(count),
        apps={
            "starlette": _starlette(_async_chunks, count),
            "fastapi": _fastapi(_async_chunks, count),
            "raw": _raw(count),
            "blacksheep": _blacksheep(count),
            "falcon": _falcon(count),
            "litestar": _litestar(_async_chunks, count),
        },
        targets=(target,),
    )


CASES = (
    _async_case("stream-1", "`StreamingResponse`: one chunk", 1, Faster(5)),
    _async_case(
        "stream-1000", "`StreamingResponse`: 1,000 async chunks", 1000, Faster(2)
    ),
    Case(
        name="stream-sync",
        title="`StreamingResponse`: 100 chunks from a sync iterator",
        exchange=_get(100),
        # BlackSheep and Falcon stream from asynchronous iterators only.
        apps={
            "starlette": _starlette(_sync_chunks, 100),
            "fastapi": _fastapi(_sync_chunks, 100),
            "litestar": _litestar(_sync_chunks, 100),
        },
        targets=(Faster(8),),
    ),
)
