"""Responses: what an endpoint returns.

Each one is an ASGI application that sends itself.  The classes live beside this
module: whole bodies in ``_response.py``, streams in ``_streaming.py``, files in
``_file_response.py``, with cookies in ``_cookies.py`` and byte ranges in
``_ranges.py``.
"""

from __future__ import annotations

from starlette._response import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)

__all__ = (
    "HTMLResponse",
    "JSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
)

for _public in __all__:
    globals()[_public].__module__ = __name__
