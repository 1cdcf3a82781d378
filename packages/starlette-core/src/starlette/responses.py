"""Responses: what an endpoint returns.

Each one is an ASGI application that sends itself.  The classes live beside this
module: whole bodies in ``_response.py``, streams in ``_streaming.py``, files in
``_file_response.py``, with cookies in ``_cookies.py`` and byte ranges in
``_ranges.py``.
"""

from __future__ import annotations

from starlette._file_response import FileResponse
from starlette._ranges import MalformedRangeHeader, RangeNotSatisfiable
from starlette._response import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette._streaming import StreamingResponse

__all__ = (
    "FileResponse",
    "HTMLResponse",
    "JSONResponse",
    "MalformedRangeHeader",
    "PlainTextResponse",
    "RangeNotSatisfiable",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
)

for _public in __all__:
    globals()[_public].__module__ = __name__
