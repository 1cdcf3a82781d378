"""A file of 1 MiB, whole and one range of it."""

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.model import Case, Faster

ORDER = 80

_NAME = "data.bin"
_CONTENT = b"0123456789abcdef" * (1024 * 1024 // 16)
_FIRST, _LAST = 300_000, 365_535


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="starlette-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.joinpath(_NAME).write_bytes(_CONTENT)
    return folder


def _starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import FileResponse
    from starlette.routing import Route

    path = _folder() / _NAME

    async def endpoint(request: Request) -> FileResponse:
        return FileResponse(path)

    return Starlette(routes=[Route(f"/files/{_NAME}", endpoint)])


def _fastapi() -> Any:
    from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]
    from fastapi.responses import (  # type: ignore[import-not-found,unused-ignore]
        FileResponse,
    )

    path = _folder() / _NAME

    async def endpoint() -> Any:
        return FileResponse(path)

    app = FastAPI()
    app.get(f"/files/{_NAME}", response_class=FileResponse)(endpoint)
    return app


def _blacksheep() -> Any:
    import blacksheep  # type: ignore[import-not-found,unused-ignore]

    app = blacksheep.Application()
    app.serve_files(_folder(), root_path="files", extensions={".bin"})
    return app


def _falcon() -> Any:
    import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

    app = falcon.asgi.App()
    app.add_static_route("/files", str(_folder()))
    return app


def _litestar() -> Any:
    from litestar import (  # type: ignore[import-not-found,unused-ignore]
        Litestar,
        get,
    )
    from litestar.response import (  # type: ignore[import-not-found,unused-ignore]
        File,
    )

    path = _folder() / _NAME

    async def endpoint() -> File:
        return File(path, filename=_NAME)

    return Litestar([get(f"/files/{_NAME}")(endpoint)])


CASES = (
    Case(
        name="file",
        title="`FileResponse` of 1 MiB",
        exchange=lambda: Http(
            "GET",
            f"/files/{_NAME}",
            Answer(body=_CONTENT, headers={"last-modified": ".*GMT"}),
        ),
        apps={
            "starlette": _starlette,
            "fastapi": _fastapi,
            "falcon": _falcon,
            "litestar": _litestar,
            "blacksheep": _blacksheep,
        },
        targets=(Faster(2.5),),
    ),
    Case(
        name="file-range",
        title="`FileResponse`: one range of 64 KiB",
        exchange=lambda: Http(
            "GET",
            f"/files/{_NAME}",
            Answer(
                status=206,
                body=_CONTENT[_FIRST : _LAST + 1],
                headers={"content-range": f"bytes {_FIRST}-{_LAST}/{len(_CONTENT)}"},
            ),
            headers={"range": f"bytes={_FIRST}-{_LAST}"},
        ),
        # Litestar's `File` has no ranges; BlackSheep sends a range without its
        # length.
        apps={"starlette": _starlette, "fastapi": _fastapi, "falcon": _falcon},
        targets=(Faster(4),),
    ),
)
