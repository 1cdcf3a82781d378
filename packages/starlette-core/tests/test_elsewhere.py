"""Names that programs import from where they are not made."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any, AsyncIterator, List, Tuple

import pytest

from starlette._elsewhere import LENT
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Router
from starlette.testing import Script, http_scope

MODULES = (
    "starlette._exception_handler",
    "starlette.applications",
    "starlette.datastructures",
    "starlette.endpoints",
    "starlette.middleware.base",
    "starlette.middleware.errors",
    "starlette.middleware.exceptions",
    "starlette.requests",
    "starlette.responses",
    "starlette.routing",
    "starlette.schemas",
    "starlette.websockets",
)


def listed() -> List[Tuple[str, str, str]]:
    """Return each name with the module that has it and the one that makes it."""
    for module in MODULES:
        importlib.import_module(module)
    return [
        (module, source, name)
        for module in MODULES
        for name, source in LENT[module].items()
    ]


@pytest.mark.parametrize("module, source, name", listed())
def test_a_name_of_another_module(module: str, source: str, name: str) -> None:
    """It is what that module makes."""
    found = getattr(importlib.import_module(module), name)
    made = getattr(importlib.import_module(source), name)

    assert found is made


@pytest.mark.parametrize("module", MODULES)
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
