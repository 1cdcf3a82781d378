"""A WebSocket that sends a hundred text messages back."""

from typing import Any

from benchmarks.asgi import WebSocketEcho
from benchmarks.model import Case, Faster

ORDER = 100


def _starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocket

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    return Starlette(routes=[WebSocketRoute("/echo", echo)])


def _fastapi() -> Any:
    from fastapi import (  # type: ignore[import-not-found,unused-ignore]
        FastAPI,
        WebSocket,
    )

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    app = FastAPI()
    app.websocket("/echo")(echo)
    return app


def _raw() -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            kind = message["type"]
            if kind == "websocket.connect":
                await send({"type": "websocket.accept"})
            elif kind == "websocket.receive":
                await send({"type": "websocket.send", "text": message["text"]})
            else:
                return

    return app


def _blacksheep() -> Any:
    import blacksheep  # type: ignore[import-not-found,unused-ignore]

    async def echo(websocket: blacksheep.WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except blacksheep.WebSocketDisconnectError:
            return

    app = blacksheep.Application()
    app.router.add_ws("/echo", echo)
    return app


def _falcon() -> Any:
    import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

    class Echo:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            await ws.accept()
            try:
                while True:
                    await ws.send_text(await ws.receive_text())
            except falcon.WebSocketDisconnected:
                return

    app = falcon.asgi.App()
    app.add_route("/echo", Echo())
    return app


def _litestar() -> Any:
    from litestar import (  # type: ignore[import-not-found,unused-ignore]
        Litestar,
        WebSocket,
        websocket,
    )

    async def echo(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        async for text in socket.iter_data():
            await socket.send_text(text)

    return Litestar([websocket("/echo")(echo)])


CASES = (
    Case(
        name="websocket",
        title="WebSocket echo, 100 messages",
        exchange=lambda: WebSocketEcho("/echo", 100),
        apps={
            "starlette": _starlette,
            "fastapi": _fastapi,
            "raw": _raw,
            "blacksheep": _blacksheep,
            "falcon": _falcon,
            "litestar": _litestar,
        },
        targets=(Faster(2),),
    ),
)
