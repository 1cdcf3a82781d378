"""Server-sent events: results of an operation as an event stream.

*GraphQL over Server-Sent Events*, the mode of distinct connections: one response for
one operation, of any kind.  Each result is a ``next`` event, errors of the document
too, since a browser would hide the body of a 4xx; ``complete`` is the end.
"""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, Iterable, Optional, Tuple

from starlette._graphql.streaming import Framing, OpenResponse, results_of
from starlette._graphql.wirejson import encode
from starlette.responses import Response

__all__ = ("KEEP_ALIVE", "respond")

# Seconds; below the half minute after which the first proxies lose patience.
KEEP_ALIVE = 12.0

_HEADERS = {
    "cache-control": "no-cache, no-transform",
    # nginx would hold events back until a buffer of its own is full.
    "x-accel-buffering": "no",
}


def _event(payload: Dict[str, Any]) -> bytes:
    # One line: JSON escapes the line breaks in strings.
    return b"event: next\ndata: %b\n\n" % encode(payload)


_FRAMING = Framing(
    "text/event-stream",
    # Some browsers take the stream for open only with its first bytes.
    first=b":\n\n",
    frame=_event,
    # EventSource drops an event that has no data field.
    last=b"event: complete\ndata: \n\n",
    sign_of_life=b":\n\n",
)


def respond(
    outcome: Any,
    app: Any,
    *,
    headers: Iterable[Tuple[bytes, bytes]] = (),
    background: Optional[Callable[[], Awaitable[None]]] = None,
) -> Response:
    """Return the response that sends *outcome* as events.

    Args:
        outcome: What became of the operation; its ``events`` are closed in any case.
        app: The ``GraphQLApp``.
        headers: Further headers of the response.
        background: Awaited when the stream is over, or the client gone.
    """
    return OpenResponse(
        results_of(outcome),
        _FRAMING,
        unexpected=app.errors.unexpected,
        keep_alive=app.keep_alive or KEEP_ALIVE,
        headers=_HEADERS,
        more_headers=headers,
        background=background,
    )
