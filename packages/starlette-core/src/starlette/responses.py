"""Responses: what an endpoint returns.

Each one is an ASGI application that sends itself.  The classes live beside this
module: whole bodies in ``_response.py``, streams in ``_streaming.py``, files in
``_file_response.py``, with cookies in ``_cookies.py`` and byte ranges in
``_ranges.py``.
"""

from __future__ import annotations

from starlette._elsewhere import lend
from starlette._file_response import FileResponse
from starlette._ranges import MalformedRangeHeader, RangeNotSatisfiable
from starlette._response import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette._streaming import (
    AsyncContentStream,
    Content,
    ContentStream,
    StreamingResponse,
    SyncContentStream,
)

__all__ = (
    "AsyncContentStream",
    "Content",
    "ContentStream",
    "FileResponse",
    "HTMLResponse",
    "JSONResponse",
    "MalformedRangeHeader",
    "PlainTextResponse",
    "RangeNotSatisfiable",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
    "SyncContentStream",
)

lend(
    __name__,
    {
        "starlette._utils": "collapse_excgroups",
        "starlette.background": "BackgroundTask",
        "starlette.concurrency": "iterate_in_threadpool",
        "starlette.datastructures": "URL Headers MutableHeaders",
        "starlette.requests": "ClientDisconnect",
        "starlette.types": "Receive Scope Send",
    },
)

for _public in map(globals().__getitem__, __all__):
    if isinstance(_public, type):
        _public.__module__ = __name__
