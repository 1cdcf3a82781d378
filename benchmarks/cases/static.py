"""Files of a mounted folder: a small one, one that the client has, a large one."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.model import Case, Faster

ORDER = 85

_SMALL = b"0123456789abcdef" * 64
_LARGE = b"0123456789abcdef" * (1024 * 1024 // 16)
_MODIFIED = 1_700_000_000
_MODIFIED_TEXT = "Tue, 14 Nov 2023 22:13:20 GMT"


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="starlette-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, content in (("small.js", _SMALL), ("large.bin", _LARGE)):
        path = folder / name
        path.write_bytes(content)
        os.utime(path, (_MODIFIED, _MODIFIED))
    return folder


def _starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    files = StaticFiles(directory=_folder())
    return Starlette(routes=[Mount("/static", files, name="static")])


def _blacksheep() -> Any:
    import blacksheep  # type: ignore[import-not-found,unused-ignore]

    app = blacksheep.Application()
    app.serve_files(_folder(), root_path="static", extensions={".bin", ".js"})
    return app


def _falcon() -> Any:
    import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

    app = falcon.asgi.App()
    app.add_static_route("/static", str(_folder()))
    return app


def _litestar() -> Any:
    from litestar import Litestar  # type: ignore[import-not-found,unused-ignore]
    from litestar.static_files import (  # type: ignore[import-not-found,unused-ignore]
        create_static_files_router,
    )

    router = create_static_files_router(path="/static", directories=[_folder()])
    return Litestar([router])


_RIVALS = {"falcon": _falcon, "litestar": _litestar, "blacksheep": _blacksheep}

CASES = (
    Case(
        name="static-small",
        title="`StaticFiles`: a file of 1 KiB",
        exchange=lambda: Http(
            "GET",
            "/static/small.js",
            Answer(body=_SMALL, headers={"content-type": ".*javascript.*"}),
        ),
        apps={"starlette": _starlette, **_RIVALS},
        targets=(Faster(6),),
    ),
    Case(
        name="static-304",
        title="`StaticFiles`: a file that the client has (304)",
        exchange=lambda: Http(
            "GET",
            "/static/small.js",
            Answer(status=304, body=b"", has_length=False),
            headers={"if-modified-since": _MODIFIED_TEXT},
        ),
        # Rivals that always send the file anew have no figure.
        apps={"starlette": _starlette},
        targets=(Faster(3.5),),
    ),
    Case(
        name="static-large",
        title="`StaticFiles`: a file of 1 MiB",
        exchange=lambda: Http("GET", "/static/large.bin", Answer(body=_LARGE)),
        apps={"starlette": _starlette, **_RIVALS},
        targets=(Faster(2.5),),
    ),
)
