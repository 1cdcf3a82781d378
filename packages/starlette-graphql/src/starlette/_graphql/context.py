"""What resolvers find in ``info.context``.

By default it is a dictionary of its own for every request or WebSocket operation::

    {
        "request": the Request, or the WebSocket,
        "background": BackgroundTasks(),  # run after the response
        "response": ContextResponse(),  # headers and cookies for the response
        "connection_params": None,  # what a WebSocket's client said at first
    }
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, List, Optional, Tuple, Union

from starlette.background import BackgroundTasks
from starlette.responses import Response

__all__ = (
    "ContextResponse",
    "context_background",
    "context_headers",
    "default_context",
    "make_context",
    "run_background",
)


class ContextResponse(Response):
    """Headers and cookies that resolvers want on the response.

    Nothing but ``headers``, ``set_cookie()`` and ``delete_cookie()`` has an effect:
    GraphQL decides on the status and the body.  A streamed response takes what was
    there when its first byte was sent, and a WebSocket nothing.
    """

    def __init__(self) -> None:
        self.raw_headers: List[Tuple[bytes, bytes]] = []
        self.background: Optional[Callable[[], Awaitable[None]]] = None
        self.status_code: int = 200
        self.body: Union[bytes, memoryview] = b""


def default_context(
    connection: Any, connection_params: Optional[Dict[str, Any]] = None
) -> Dict[str, Any]:
    """Return the context of a request for which the program makes none."""
    return {
        "request": connection,
        "background": BackgroundTasks(),
        "response": ContextResponse(),
        "connection_params": connection_params,
    }


async def make_context(
    make: Optional[Callable[[Any], Any]],
    connection: Any,
    connection_params: Optional[Dict[str, Any]] = None,
) -> Any:
    """Return what *make* returns for *connection*, awaited if need be.

    A dictionary gets those keys of the default that it does not have.
    """
    default = default_context(connection, connection_params)
    if make is None:
        return default
    context = make(connection)
    if hasattr(context, "__await__"):
        context = await context
    if type(context) is dict:
        for key, value in default.items():
            context.setdefault(key, value)
    return context


def context_background(context: Any) -> Optional[BackgroundTasks]:
    """Return the background tasks of *context*, or None if there are none to run."""
    background = _member(context, "background")
    if isinstance(background, BackgroundTasks) and not background.tasks:
        return None
    return background if callable(background) else None


async def run_background(context: Any) -> None:
    """Run the background tasks of *context*, those of events included.

    A stream asks for them at its end, since its resolvers add some as it goes.
    """
    background: Any = context_background(context)
    if background is not None:
        await background()


def context_headers(context: Any) -> List[Tuple[bytes, bytes]]:
    """Return the headers that resolvers have set, as ``raw_headers``."""
    headers = getattr(_member(context, "response"), "raw_headers", None)
    return headers if isinstance(headers, list) else []


def _member(context: Any, name: str) -> Any:
    if isinstance(context, dict):
        return context.get(name)
    return getattr(context, name, None)
