"""Everything of a request is read: JSON body, headers, query string, cookies."""

import json
from typing import Any, Dict

from benchmarks.answers import Answer
from benchmarks.asgi import Http
from benchmarks.model import Case, Faster

ORDER = 30

_BODY: Dict[str, Any] = {
    "title": "A review of the garden",
    "rating": 4,
    "tags": ["garden", "summer", "visit"],
    "author": {"name": "Someone", "email": "someone@example.org"},
    "text": "There is a bench in the shade of the old lime tree. " * 3,
}
_HEADERS = {
    "content-type": "application/json",
    "x-request-id": "8f14e45f-ceea-467f-9575-8e5a4f2f1c3b",
    "cookie": "session=0123456789abcdef; theme=dark; consent=yes",
}
_ANSWER = {
    "title": _BODY["title"],
    "tags": 3,
    "request_id": _HEADERS["x-request-id"],
    "agent": True,
    "q": "shady bench",
    "page": 3,
    "session": "0123456789abcdef",
    "theme": "dark",
}


def _starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def endpoint(request: Request) -> JSONResponse:
        body = await request.json()
        headers, query, cookies = request.headers, request.query_params, request.cookies
        return JSONResponse(
            {
                "title": body["title"],
                "tags": len(body["tags"]),
                "request_id": headers["x-request-id"],
                "agent": "Mozilla" in headers.get("user-agent", ""),
                "q": query["q"],
                "page": int(query["page"]),
                "session": cookies["session"],
                "theme": cookies.get("theme"),
            }
        )

    return Starlette(routes=[Route("/reviews", endpoint, methods=["POST"])])


def _fastapi() -> Any:
    from fastapi import (  # type: ignore[import-not-found,unused-ignore]
        Body,
        Cookie,
        FastAPI,
        Header,
    )

    async def endpoint(
        q: str,
        page: int,
        body: Dict[str, Any] = Body(),  # noqa: B008
        x_request_id: str = Header(),
        user_agent: str = Header(),
        session: str = Cookie(),
        theme: str = Cookie(),
    ) -> Any:
        return {
            "title": body["title"],
            "tags": len(body["tags"]),
            "request_id": x_request_id,
            "agent": "Mozilla" in user_agent,
            "q": q,
            "page": page,
            "session": session,
            "theme": theme,
        }

    app = FastAPI()
    app.post("/reviews")(endpoint)
    return app


def _blacksheep() -> Any:
    import blacksheep  # type: ignore[import-not-found,unused-ignore]

    async def endpoint(request: blacksheep.Request) -> Any:
        body = await request.json()
        agent = request.get_first_header(b"user-agent") or b""
        request_id = request.get_first_header(b"x-request-id") or b""
        query, cookies = request.query, request.cookies
        return blacksheep.json(
            {
                "title": body["title"],
                "tags": len(body["tags"]),
                "request_id": request_id.decode(),
                "agent": "Mozilla" in agent.decode(),
                "q": query["q"][0],
                "page": int(query["page"][0]),
                "session": cookies["session"],
                "theme": cookies.get("theme"),
            }
        )

    app = blacksheep.Application()
    app.router.add_post("/reviews", endpoint)
    return app


def _falcon() -> Any:
    import falcon.asgi  # type: ignore[import-not-found,unused-ignore]

    class Resource:
        async def on_post(self, req: Any, resp: Any) -> None:
            body = await req.get_media()
            resp.media = {
                "title": body["title"],
                "tags": len(body["tags"]),
                "request_id": req.get_header("x-request-id"),
                "agent": "Mozilla" in (req.user_agent or ""),
                "q": req.get_param("q", required=True),
                "page": req.get_param_as_int("page", required=True),
                "session": req.cookies["session"],
                "theme": req.cookies.get("theme"),
            }

    app = falcon.asgi.App()
    app.add_route("/reviews", Resource())
    return app


def _litestar() -> Any:
    from litestar import (  # type: ignore[import-not-found,unused-ignore]
        Litestar,
        Request,
        post,
    )

    async def endpoint(request: Request[Any, Any, Any]) -> Dict[str, Any]:
        body = await request.json()
        headers, query, cookies = request.headers, request.query_params, request.cookies
        return {
            "title": body["title"],
            "tags": len(body["tags"]),
            "request_id": headers["x-request-id"],
            "agent": "Mozilla" in headers.get("user-agent", ""),
            "q": query["q"],
            "page": int(query["page"]),
            "session": cookies["session"],
            "theme": cookies.get("theme"),
        }

    return Litestar([post("/reviews", status_code=200)(endpoint)])


CASES = (
    Case(
        name="request",
        title="JSON body, headers, query and cookies read",
        exchange=lambda: Http(
            "POST",
            "/reviews",
            Answer(json=_ANSWER),
            query="q=shady+bench&page=3&tag=a&tag=b",
            headers=_HEADERS,
            body=json.dumps(_BODY).encode(),
        ),
        apps={
            "starlette": _starlette,
            "fastapi": _fastapi,
            "blacksheep": _blacksheep,
            "falcon": _falcon,
            "litestar": _litestar,
        },
        targets=(Faster(2),),
    ),
)
