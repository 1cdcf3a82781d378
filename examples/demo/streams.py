"""Answers that are longer than one message: a stream, a file, a conversation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.websockets import WebSocket

HERE = Path(__file__).parent
TICK = 0.4  # seconds


async def countdown(request: Request) -> Response:
    """Each line is sent when it is there, not when all of them are."""
    start = request.path_params["start"]
    if start > 60:
        raise HTTPException(400, "Start at 60 or below.")

    async def lines() -> AsyncIterator[str]:
        for number in range(start, 0, -1):
            yield f"{number}\n"
            await asyncio.sleep(TICK)
        yield "Lift-off!\n"

    # Without nosniff, browsers hold back the first lines to guess their type.
    nosniff = {"X-Content-Type-Options": "nosniff"}
    return StreamingResponse(lines(), media_type="text/plain", headers=nosniff)


async def source(request: Request) -> Response:
    """A file; `Range` headers and conditions are answered without help."""
    return FileResponse(HERE / "app.py", media_type="text/plain")


async def echo(websocket: WebSocket) -> None:
    """Sends back each text, until the other side closes."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(f"echo: {text}")
