"""The recipe for one middleware: a class, and what to call it with.

Applications, routers and routes keep recipes rather than instances, because
the application that a middleware wraps is known only when the stack is built.
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Iterator, Protocol, Sequence

from starlette._compat import ParamSpec
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ("Middleware", "P", "wrap")

P = ParamSpec("P")


class _MiddlewareFactory(Protocol[P]):
    def __call__(
        self, app: ASGIApp, /, *args: P.args, **kwargs: P.kwargs
    ) -> Callable[[Scope, Receive, Send], Awaitable[None]]: ...


class Middleware:
    """A middleware class (or any factory) with the arguments it will get.

    Args:
        cls: Called as ``cls(app, *args, **kwargs)`` when the stack is built;
            the result is an ASGI application.
        *args: Positional arguments that follow the application.
        **kwargs: Keyword arguments.

    Iterating over it gives ``cls``, ``args`` and ``kwargs``.
    """

    def __init__(
        self, cls: _MiddlewareFactory[P], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        self.cls = cls
        self.args = args
        self.kwargs = kwargs

    def __iter__(self) -> Iterator[Any]:
        yield from (self.cls, self.args, self.kwargs)

    def __repr__(self) -> str:
        name = getattr(self.cls, "__name__", "")
        shown = [name] if name else []
        shown += map(repr, self.args)
        shown += (f"{key}={value!r}" for key, value in self.kwargs.items())
        return f"{type(self).__name__}({', '.join(shown)})"


Middleware.__module__ = "starlette.middleware"


def wrap(app: ASGIApp, middleware: Sequence[Middleware]) -> ASGIApp:
    """Return *app* inside *middleware*, the first of which is the outermost.

    Raises:
        TypeError: What a middleware is made as cannot be called.
    """
    for cls, args, kwargs in reversed(middleware):
        app = cls(app, *args, **kwargs)
        if not callable(app):
            raise TypeError(
                f"A middleware must be an ASGI application, but {cls!r} "
                f"returned {app!r}."
            )
    return app
