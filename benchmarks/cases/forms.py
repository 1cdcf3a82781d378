"""Forms: twenty fields, a small upload, an upload of 10 MiB.

Every application answers with what it found: the fields, and of a file its
name, type and size.  That the content is right is checked by an exchange of
its own, which asks for a digest and is not timed.
"""

import hashlib
from typing import Any, Callable, Dict

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.model import Case, Faster

ORDER = 90

_FIELDS = {f"field-{number}": f"the value of field {number}" for number in range(20)}
_URLENCODED = "&".join(
    f"{name}={value.replace(' ', '+')}" for name, value in _FIELDS.items()
).encode()

_BOUNDARY = "----WebKitFormBoundaryQ7mFzq1kYx3vBn0a"
_TEXTS = {"title": "The garden", "author": "Someone", "note": "In the shade. " * 5}
_SMALL = b"a small file\n" * 40
_LARGE = bytes(range(256)) * (10 * 1024 * 1024 // 256)


def _multipart(content: bytes) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        f"{value}\r\n".encode()
        for name, value in _TEXTS.items()
    ]
    head = (
        f"--{_BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="upload"; filename="data.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    end = f"\r\n--{_BOUNDARY}--\r\n"
    return b"".join([*parts, head.encode(), content, end.encode()])


def _starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.datastructures import UploadFile
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def fields(request: Request) -> JSONResponse:
        async with request.form() as form:
            return JSONResponse(dict(form.items()))

    async def upload(request: Request) -> JSONResponse:
        async with request.form() as form:
            file = form["upload"]
            if not isinstance(file, UploadFile):
                raise TypeError("`upload` must be a file")
            texts = {name: form[name] for name in _TEXTS}
            found = _summary(texts, file.filename, file.content_type, file.size)
            if "digest" in request.query_params:
                found["digest"] = _digest(await file.read())
            return JSONResponse(found)

    return Starlette(
        routes=[
            Route("/fields", fields, methods=["POST"]),
            Route("/upload", upload, methods=["POST"]),
        ]
    )


def _fastapi() -> Any:
    from fastapi import (  # type: ignore[import-not-found,unused-ignore]
        FastAPI,
        Form,
        Request,
        UploadFile,
    )

    async def fields(request: Request) -> Any:
        async with request.form() as form:
            return dict(form.items())

    async def upload(
        request: Request,
        upload: UploadFile,
        title: str = Form(),
        author: str = Form(),
        note: str = Form(),
    ) -> Any:
        texts = {"title": title, "author": author, "note": note}
        found = _summary(texts, upload.filename, upload.content_type, upload.size)
        if "digest" in request.query_params:
            found["digest"] = _digest(await upload.read())
        return found

    app = FastAPI()
    app.post("/fields")(fields)
    app.post("/upload")(upload)
    return app


def _blacksheep() -> Any:
    import blacksheep  # type: ignore[import-not-found,unused-ignore]

    async def fields(request: blacksheep.Request) -> Any:
        return blacksheep.json(await request.form())

    async def upload(request: blacksheep.Request) -> Any:
        form = await request.form()
        file = form["upload"][0] if isinstance(form["upload"], list) else form["upload"]
        content = await _content(file)
        texts = {name: form[name] for name in _TEXTS}
        found = _summary(
            texts, _text(file.file_name), _text(file.content_type), len(content)
        )
        if "digest" in request.query:
            found["digest"] = _digest(content)
        return blacksheep.json(found)

    app = blacksheep.Application()
    app.router.add_post("/fields", fields)
    app.router.add_post("/upload", upload)
    return app


def _falcon() -> Any:
    import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

    class Fields:
        async def on_post(self, req: Any, resp: Any) -> None:
            resp.media = await req.get_media()

    class Upload:
        async def on_post(self, req: Any, resp: Any) -> None:
            texts: Dict[str, str] = {}
            found: Dict[str, Any] = {}
            async for part in await req.get_media():
                if not part.filename:
                    texts[part.name] = await part.text
                    continue
                # Falcon keeps nothing: whoever wants a file reads the stream.
                content = await part.stream.read()
                found = _summary({}, part.filename, part.content_type, len(content))
                if req.get_param("digest"):
                    found["digest"] = _digest(content)
            resp.media = {**found, **texts}

    app = falcon.asgi.App()
    app.add_route("/fields", Fields())
    app.add_route("/upload", Upload())
    return app


def _litestar() -> Any:
    from litestar import (  # type: ignore[import-not-found,unused-ignore]
        Litestar,
        Request,
        post,
    )

    async def fields(request: Request[Any, Any, Any]) -> Dict[str, Any]:
        return dict((await request.form()).items())

    async def upload(request: Request[Any, Any, Any]) -> Dict[str, Any]:
        form = await request.form()
        file = form["upload"]
        content = await file.read()
        texts = {name: form[name] for name in _TEXTS}
        found = _summary(texts, file.filename, file.content_type, len(content))
        if "digest" in request.query_params:
            found["digest"] = _digest(content)
        return found

    # Its own limit is 10 MB, a little less than the body.
    size = 2 * len(_LARGE)
    return Litestar(
        [
            post("/fields", status_code=200)(fields),
            post("/upload", status_code=200, request_max_body_size=size)(upload),
        ]
    )


def _summary(
    texts: Dict[str, Any], filename: Any, content_type: Any, size: Any
) -> Dict[str, Any]:
    return {**texts, "filename": filename, "type": content_type, "size": size}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def _content(file: Any) -> bytes:
    content = file.data
    return content if isinstance(content, bytes) else bytes(content)


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _post_fields() -> Http:
    return Http(
        "POST",
        "/fields",
        Answer(json=_FIELDS),
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=_URLENCODED,
    )


def _post_upload(content: bytes, *, digest: bool = False) -> Callable[[], Http]:
    expected = _summary(_TEXTS, "data.bin", "application/octet-stream", len(content))
    if digest:
        expected["digest"] = _digest(content)

    return lambda: Http(
        "POST",
        "/upload",
        Answer(json=expected),
        query="digest=1" if digest else "",
        headers={"content-type": f"multipart/form-data; boundary={_BOUNDARY}"},
        body=_multipart(content),
    )


_EVERYBODY = {
    "starlette": _starlette,
    "fastapi": _fastapi,
    "blacksheep": _blacksheep,
    "falcon": _falcon,
    "litestar": _litestar,
}

CASES = (
    Case(
        name="form",
        title="urlencoded form of 20 fields",
        exchange=_post_fields,
        apps=_EVERYBODY,
        targets=(Faster(3),),
    ),
    Case(
        name="multipart",
        title="small multipart",
        exchange=_post_upload(_SMALL),
        also=(_post_upload(_SMALL, digest=True),),
        apps=_EVERYBODY,
        targets=(Faster(2.5),),
    ),
    Case(
        name="multipart-10m",
        title="10 MiB multipart",
        exchange=_post_upload(_LARGE),
        also=(_post_upload(_LARGE, digest=True),),
        apps=_EVERYBODY,
        targets=(Faster(2),),
    ),
)
