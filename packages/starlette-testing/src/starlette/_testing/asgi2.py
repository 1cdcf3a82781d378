"""Applications of ASGI 2, made callable as ASGI 3.

An ASGI 2 application is called with the scope alone and returns what is then
called with ``receive`` and ``send``.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, cast

from starlette._utils import is_async_callable
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("as_asgi3",)


def as_asgi3(app: Callable[..., Any]) -> ASGIApp:
    """Return *app* itself if it is of ASGI 3, and a wrapper around it otherwise."""
    if _is_asgi3(app):
        return cast(ASGIApp, app)

    async def asgi3(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope)(receive, send)

    return asgi3


def _is_asgi3(app: Callable[..., Any]) -> bool:
    if inspect.isclass(app):
        # Instances that are awaited were given all three arguments.
        return hasattr(app, "__await__")
    if is_async_callable(app):
        return True
    try:
        inspect.signature(app).bind(None, None, None)
    except (TypeError, ValueError):
        return False
    return True
