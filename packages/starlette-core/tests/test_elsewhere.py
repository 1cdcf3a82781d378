"""Names that programs import from where they are not made."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any, AsyncIterator, List

import pytest

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Router
from starlette.testing import Script, http_scope

# Where programs look for it, what they ask for, and who makes it.
LENT = [
    ("starlette._exception_handler", "run_in_threadpool", "starlette.concurrency"),
    ("starlette._exception_handler", "WebSocket", "starlette.websockets"),
    ("starlette.applications", "_MiddlewareFactory", "starlette._middleware"),
    ("starlette.applications", "BaseHTTPMiddleware", "starlette.middleware.base"),
    ("starlette.applications", "Request", "starlette.requests"),
    ("starlette.applications", "Response", "starlette.responses"),
    ("starlette.applications", "WebSocket", "starlette.websockets"),
    ("starlette.datastructures", "run_in_threadpool", "starlette.concurrency"),
    ("starlette.endpoints", "status", "starlette"),
    ("starlette.endpoints", "run_in_threadpool", "starlette.concurrency"),
    ("starlette.middleware.base", "ClientDisconnect", "starlette.requests"),
    ("starlette.middleware.errors", "run_in_threadpool", "starlette.concurrency"),
    ("starlette.middleware.errors", "Request", "starlette.requests"),
    ("starlette.middleware.errors", "HTMLResponse", "starlette.responses"),
    ("starlette.middleware.errors", "PlainTextResponse", "starlette.responses"),
    ("starlette.middleware.errors", "Response", "starlette.responses"),
    ("starlette.middleware.errors", "ExceptionHandler", "starlette.types"),
    (
        "starlette.middleware.exceptions",
        "wrap_app_handling_exceptions",
        "starlette._exception_handler",
    ),
    ("starlette.requests", "URL", "starlette.datastructures"),
    ("starlette.requests", "Address", "starlette.datastructures"),
    ("starlette.requests", "FormData", "starlette.datastructures"),
    ("starlette.requests", "Headers", "starlette.datastructures"),
    ("starlette.requests", "QueryParams", "starlette.datastructures"),
    ("starlette.requests", "State", "starlette.datastructures"),
    ("starlette.requests", "UploadFile", "starlette.datastructures"),
    ("starlette.requests", "FormParser", "starlette.formparsers"),
    ("starlette.requests", "MultiPartException", "starlette.formparsers"),
    ("starlette.requests", "MultiPartParser", "starlette.formparsers"),
    ("starlette.responses", "collapse_excgroups", "starlette._utils"),
    ("starlette.responses", "BackgroundTask", "starlette.background"),
    ("starlette.responses", "iterate_in_threadpool", "starlette.concurrency"),
    ("starlette.responses", "URL", "starlette.datastructures"),
    ("starlette.responses", "Headers", "starlette.datastructures"),
    ("starlette.responses", "MutableHeaders", "starlette.datastructures"),
    ("starlette.responses", "ClientDisconnect", "starlette.requests"),
    ("starlette.responses", "Receive", "starlette.types"),
    ("starlette.responses", "Scope", "starlette.types"),
    ("starlette.responses", "Send", "starlette.types"),
    (
        "starlette.routing",
        "wrap_app_handling_exceptions",
        "starlette._exception_handler",
    ),
    ("starlette.routing", "get_route_path", "starlette._utils"),
    ("starlette.routing", "Convertor", "starlette.convertors"),
    ("starlette.routing", "URL", "starlette.datastructures"),
    ("starlette.routing", "Headers", "starlette.datastructures"),
    ("starlette.routing", "URLPath", "starlette.datastructures"),
    ("starlette.routing", "HTTPException", "starlette.exceptions"),
    ("starlette.routing", "Middleware", "starlette.middleware"),
    ("starlette.routing", "PlainTextResponse", "starlette.responses"),
    ("starlette.routing", "RedirectResponse", "starlette.responses"),
    ("starlette.routing", "Lifespan", "starlette.types"),
    ("starlette.routing", "WebSocketClose", "starlette.websockets"),
    ("starlette.schemas", "Request", "starlette.requests"),
    ("starlette.websockets", "Response", "starlette.responses"),
]


@pytest.mark.parametrize("module, name, source", LENT)
def test_a_name_of_another_module(module: str, name: str, source: str) -> None:
    """It is what that module makes."""
    found = getattr(importlib.import_module(module), name)
    made = getattr(importlib.import_module(source), name)

    assert found is made


@pytest.mark.parametrize("module", sorted({module for module, _, _ in LENT}))
def test_a_name_that_nobody_makes(module: str) -> None:
    """It is missing as from any module."""
    found = importlib.import_module(module)

    with pytest.raises(AttributeError) as caught:
        getattr(found, "no_such_name")  # noqa: B009

    assert str(caught.value) == f"module '{module}' has no attribute 'no_such_name'"


def test_an_import_of_a_name_that_nobody_makes() -> None:
    """It is an ``ImportError``."""
    with pytest.raises(ImportError) as caught:
        exec("from starlette.requests import no_such_name", {})

    assert str(caught.value).startswith("cannot import name 'no_such_name'")


@pytest.mark.parametrize(
    "module, name",
    [
        ("starlette.middleware", "_MiddlewareFactory"),
        ("starlette.middleware.base", "_CachedRequest"),
        ("starlette.middleware.base", "_StreamingResponse"),
        ("starlette.responses", "AsyncContentStream"),
        ("starlette.responses", "ContentStream"),
        ("starlette.responses", "SyncContentStream"),
        ("starlette.routing", "_DefaultLifespan"),
        ("starlette.routing", "_wrap_gen_lifespan_context"),
    ],
)
def test_a_name_that_only_few_know(module: str, name: str) -> None:
    """It is there, for programs that import it."""
    found: Any = importlib.import_module(module)

    assert getattr(found, name) is not None


def test_the_lifespan_of_a_router_that_was_given_none() -> None:
    """Programs that look for the default one find it."""
    default = importlib.import_module("starlette.routing")._DefaultLifespan
    router = Router()
    other = Router(lifespan=contextlib.nullcontext)

    assert isinstance(router.lifespan_context, default)
    assert not isinstance(other.lifespan_context, default)


@pytest.mark.anyio
async def test_a_default_lifespan_in_the_place_of_another() -> None:
    """The handlers are called from then on, and the other lifespan is not."""
    default = importlib.import_module("starlette.routing")._DefaultLifespan
    log: List[str] = []

    @contextlib.asynccontextmanager
    async def other(app: Starlette) -> AsyncIterator[None]:
        log.append("other")
        yield

    app = Starlette(lifespan=other)
    app.add_event_handler("startup", lambda: log.append("up"))
    app.add_event_handler("shutdown", lambda: log.append("down"))
    async with app.router.lifespan_context(app):
        log.append("running")
    app.router.lifespan_context = default(app.router)
    async with app.router.lifespan_context(app) as state:
        log.append("running")

    assert log == ["other", "running", "up", "running", "down"]
    assert state is None


@pytest.mark.anyio
@pytest.mark.parametrize("is_read", [True, False])
async def test_a_middleware_that_makes_the_cached_request_itself(is_read: bool) -> None:
    """Those inside get the body, whether or not it has been read."""
    cached = importlib.import_module("starlette.middleware.base")._CachedRequest
    scope = http_scope(method="POST")
    first = {"type": "http.request", "body": b"bo", "more_body": True}
    request = cached(scope, Script(first, {"type": "http.request", "body": b"dy"}))
    if is_read:
        await request.body()

    body = await Request(scope, request.wrapped_receive).body()

    assert body == b"body"
