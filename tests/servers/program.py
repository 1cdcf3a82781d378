"""The program that every server serves: one endpoint for each thing that is tested.

What happens inside it after a client is gone cannot be asked for over HTTP, so the
program writes it down: `note` appends a line to the file that `PROGRAM_LOG` names,
and the tests read that file.  Endpoints that are watched in this way take a `key`
from their path, so that tests which share a server do not see each other's lines.

It needs anyio, to run under hypercorn's trio worker as well; otherwise it is the
core alone.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Dict, Iterator, List

import anyio

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

LOG = os.environ["PROGRAM_LOG"]
FOLDER = Path(os.environ["PROGRAM_FOLDER"])
PAUSE = 0.01  # seconds between two chunks of an endless stream


def note(*words: object) -> None:
    """Append one line to the log; whole, whoever else is writing."""
    line = " ".join(map(str, words)) + "\n"
    with open(LOG, "ab", buffering=0) as log:
        log.write(line.encode())


# --- requests and responses ---------------------------------------------------------


async def hello(request: Request) -> Response:
    return PlainTextResponse("Hello, world!")


async def peer(request: Request) -> Response:
    """The client's own port: the same for every request of one connection."""
    assert request.client is not None
    return PlainTextResponse(str(request.client.port))


async def echo(request: Request) -> Response:
    """The whole body, back."""
    return Response(await request.body(), media_type="application/octet-stream")


async def digest(request: Request) -> Response:
    """The size and hash of a body that is never in memory as a whole."""
    size, hasher = 0, hashlib.sha256()
    async for chunk in request.stream():
        size += len(chunk)
        hasher.update(chunk)
    return JSONResponse({"size": size, "sha256": hasher.hexdigest()})


async def file(request: Request) -> Response:
    return FileResponse(FOLDER / "file.bin", media_type="application/octet-stream")


async def stream_file(request: Request) -> Response:
    """The same bytes, as a stream of unannounced length."""

    def chunks() -> Iterator[bytes]:
        with open(FOLDER / "file.bin", "rb") as source:
            while chunk := source.read(50_000):
                yield chunk

    return StreamingResponse(chunks(), media_type="application/octet-stream")


async def upload(request: Request) -> Response:
    """A multipart form: its text fields, and a digest of its files."""
    answer: Dict[str, Any] = {}
    async with request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                answer[name] = {
                    "filename": value.filename,
                    "size": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            else:
                answer[name] = value
    return JSONResponse(answer)


async def open_files(request: Request) -> Response:
    """How many temporary files this process holds open: unlinked, but not closed."""
    count = 0
    for descriptor in range(1024):
        try:
            status = os.fstat(descriptor)
        except OSError:
            continue
        count += stat.S_ISREG(status.st_mode) and status.st_nlink == 0
    return JSONResponse(count)


async def describe(request: Request) -> Response:
    """Everything that the URL and the headers are taken apart into."""
    return JSONResponse(
        {
            "method": request.method,
            "url": str(request.url),
            "path": request.url.path,
            "base_url": str(request.base_url),
            "named": str(request.url_for("typed-path", value="a/b")),
            "query": request.query_params.multi_items(),
            "cookies": request.cookies,
            "path_params": {k: str(v) for k, v in request.path_params.items()},
        }
    )


async def old(request: Request) -> Response:
    return RedirectResponse(request.url_for("hello"))


async def boom(request: Request) -> Response:
    raise RuntimeError("on purpose")


async def state(request: Request) -> Response:
    return JSONResponse({"shared": request.state.shared, "child": childish(request)})


def childish(request: Request) -> Any:
    return getattr(request.state, "child", None)


# --- answers that outlive their client ----------------------------------------------


async def ticks(request: Request) -> Response:
    """Sends chunks until someone stops it, and writes down how that ended."""
    key = request.path_params["key"]

    async def chunks() -> AsyncIterator[bytes]:
        task = anyio.get_current_task().id
        try:
            while True:
                yield b"tick\n"
                await anyio.sleep(PAUSE)
        finally:
            is_same = anyio.get_current_task().id == task
            note(key, "closed", "same-task" if is_same else "another-task")

    background = BackgroundTask(note, key, "background")
    return StreamingResponse(chunks(), background=background)


async def silence(request: Request) -> Response:
    """Sends one chunk, then nothing: only a disconnect can end it."""
    key = request.path_params["key"]

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"tick\n"
            await anyio.sleep_forever()
        finally:
            note(key, "closed")

    return StreamingResponse(chunks())


async def sync_ticks(request: Request) -> Response:
    """The same from a plain generator, which is pulled in worker threads."""
    key = request.path_params["key"]

    def chunks() -> Iterator[bytes]:
        try:
            while True:
                yield b"tick\n"
                time.sleep(PAUSE)
        finally:
            note(key, "closed")

    return StreamingResponse(chunks())


async def until_gone(request: Request) -> Response:
    """Asks for the disconnect instead of being told."""
    key = request.path_params["key"]
    note(key, "waiting")
    while not await request.is_disconnected():
        await anyio.sleep(PAUSE)
    note(key, "disconnected")
    return PlainTextResponse("nobody reads this")


async def after(request: Request) -> Response:
    """A background task that runs when the answer is complete."""
    key = request.path_params["key"]
    task = BackgroundTask(note, key, "background")
    return PlainTextResponse("done", background=task)


async def gated(request: Request) -> Response:
    """Answers when the file named by the key exists, and not before."""
    key = request.path_params["key"]
    note(key, "waiting")
    while not (FOLDER / key).exists():
        await anyio.sleep(PAUSE)
    return PlainTextResponse("finished", background=BackgroundTask(note, key, "after"))


async def through(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """A middleware that is in the way of everything, and changes one header."""
    response = await call_next(request)
    response.headers["x-through"] = str(int(response.headers.get("x-through", 0)) + 1)
    return response


# --- WebSockets ---------------------------------------------------------------------


async def ws_echo(websocket: WebSocket) -> None:
    """Sends back what comes, as what it came; writes down how it was ended.

    `quiet` is written down instead: who sees that knows that nothing is being sent.
    """
    key = websocket.path_params["key"]
    await websocket.accept(headers=[(b"x-accepted", b"yes")])
    note(key, "accepted")
    code = None
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                code = message["code"]
                break
            if message.get("text") == "quiet":
                note(key, "quiet")
            elif message.get("text") is not None:
                await websocket.send_text(message["text"])
            else:
                await websocket.send_bytes(message["bytes"])
    finally:
        note(key, "ended", code)


async def ws_json(websocket: WebSocket) -> None:
    """One document in each of the two modes, there and back."""
    await websocket.accept()
    await websocket.send_json(await websocket.receive_json())
    document = await websocket.receive_json(mode="binary")
    await websocket.send_json(document, mode="binary")
    await websocket.close()


async def ws_iterate(websocket: WebSocket) -> None:
    """The iterator ends, without an error, when the client closes."""
    await websocket.accept()
    note(websocket.path_params["key"], "accepted")
    texts = [text async for text in websocket.iter_text()]
    note(websocket.path_params["key"], *texts, "end")


async def ws_close(websocket: WebSocket) -> None:
    """Closes with the code and the reason that the query asks for."""
    await websocket.accept()
    query = websocket.query_params
    await websocket.close(int(query["code"]), query.get("reason"))


async def ws_subprotocol(websocket: WebSocket) -> None:
    """Picks the last of what the client offers."""
    offered = websocket.scope["subprotocols"]
    await websocket.accept(subprotocol=offered[-1] if offered else None)
    await websocket.send_json(offered)
    await websocket.close()


async def ws_refuse(websocket: WebSocket) -> None:
    """Closed before it was accepted."""
    await websocket.close()


async def ws_deny(websocket: WebSocket) -> None:
    """Refused with an answer of its own."""
    response = JSONResponse({"why": "no ticket"}, 401, {"x-denied": "yes"})
    await websocket.send_denial_response(response)


async def ws_state(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.state.shared)
    await websocket.close()


async def ws_talk(websocket: WebSocket) -> None:
    """Talks, and writes down whether it learnt that nobody listens.

    The file named by the key ends the talk, after a hundred words more.
    """
    await websocket.accept()
    key = websocket.path_params["key"]
    last_words = 100
    try:
        while last_words:
            await websocket.send_text("tick")
            await anyio.sleep(PAUSE)
            last_words -= (FOLDER / key).exists()
    except WebSocketDisconnect:
        note(key, "was-told")
    else:
        note(key, "was-not-told")


# --- the application ----------------------------------------------------------------


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[Dict[str, Any]]:
    note("lifespan", "startup")
    if "PROGRAM_FAILS" in os.environ:
        raise RuntimeError("this program does not start")
    yield {"shared": "from the lifespan"}
    note("lifespan", "shutdown")


@asynccontextmanager
async def child_lifespan(app: Starlette) -> AsyncIterator[Dict[str, Any]]:
    note("lifespan", "child-startup")
    yield {"child": "from the child"}
    note("lifespan", "child-shutdown")


WATCHED: List[BaseRoute] = [
    Route("/hello", hello),
    Route("/echo", echo, methods=["POST"]),
    Route("/file", file),
    Route("/upload", upload, methods=["POST"]),
    Route("/ticks/{key}", ticks),
    Route("/sync-ticks/{key}", sync_ticks),
    Route("/silence/{key}", silence),
    Route("/until-gone/{key}", until_gone),
    Route("/after/{key}", after),
]

child = Starlette(routes=[Route("/state", state)], lifespan=child_lifespan)

app = Starlette(
    lifespan=lifespan,
    routes=[
        *WATCHED,
        # The same again, with three middlewares between it and the server.
        Mount(
            "/wrapped",
            routes=WATCHED,
            middleware=[Middleware(BaseHTTPMiddleware, dispatch=through)] * 3,
        ),
        Mount("/child", child),
        Route("/peer", peer),
        Route("/digest", digest, methods=["POST"]),
        Route("/stream-file", stream_file),
        Route("/open-files", open_files),
        Route("/describe", describe),
        Route("/int/{value:int}", describe),
        Route("/float/{value:float}", describe),
        Route("/uuid/{value:uuid}", describe),
        Route("/admin", describe),
        Route("/path/{value:path}", describe, name="typed-path"),
        Route("/old", old),
        Route("/boom", boom),
        Route("/state", state),
        Route("/gated/{key}", gated),
        WebSocketRoute("/ws/echo/{key}", ws_echo),
        WebSocketRoute("/ws/json", ws_json),
        WebSocketRoute("/ws/iterate/{key}", ws_iterate),
        WebSocketRoute("/ws/close", ws_close),
        WebSocketRoute("/ws/subprotocol", ws_subprotocol),
        WebSocketRoute("/ws/refuse", ws_refuse),
        WebSocketRoute("/ws/deny", ws_deny),
        WebSocketRoute("/ws/state", ws_state),
        WebSocketRoute("/ws/talk/{key}", ws_talk),
    ],
)
