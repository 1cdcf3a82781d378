"""``multipart/mixed``: incremental delivery, and subscriptions as Apollo has them.

A client asks for each by a parameter of the media type in ``Accept``:

* ``incrementalSpec=v0.2``, or none: deferred results with ids, the form of 2023;
* ``deferSpec=20220824``: deferred results with paths, the form of 2022;
* ``subscriptionSpec=1.0``: events as ``{"payload": result}``, with ``{}`` for a sign
  of life.

A part is over when the next delimiter comes (RFC 2046, section 5.1.1), so that is
sent along with the part, and not with the one after it.
"""

from __future__ import annotations

from typing import (
    Any,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
)

from starlette._graphql.incremental import older
from starlette._graphql.streaming import Framing, OpenResponse, Payload, results_of
from starlette._graphql.wirejson import encode
from starlette.responses import Response

__all__ = ("KEEP_ALIVE", "Form", "form_of", "respond")

# Seconds between signs of life in a subscription, as clients of Apollo expect them.
KEEP_ALIVE = 5.0

_HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
_TYPE = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"


class Form(NamedTuple):
    """One of the forms: how it is written, and whether in terms of 2022."""

    framing: Framing
    is_older: bool = False
    has_heartbeat: bool = False


def _framing(
    boundary: str, parameter: str, wrap: Callable[[Payload], Payload]
) -> Framing:
    delimiter = b"\r\n--" + boundary.encode()

    def frame(payload: Payload) -> bytes:
        return b"%b%b%b" % (_TYPE, encode(wrap(payload)), delimiter)

    return Framing(
        f'multipart/mixed; boundary="{boundary}"; {parameter}',
        first=delimiter,
        frame=frame,
        last=b"--\r\n",
        sign_of_life=b"%b{}%b" % (_TYPE, delimiter),
    )


def _bare(payload: Payload) -> Payload:
    return payload


def _wrapped(payload: Payload) -> Payload:
    return {"payload": payload}


INCREMENTAL = Form(_framing("-", "incrementalSpec=v0.2", _bare))
DEFER = Form(_framing("-", "deferSpec=20220824", _bare), is_older=True)
SUBSCRIPTION = Form(
    _framing("graphql", "subscriptionSpec=1.0", _wrapped), has_heartbeat=True
)

_DEFERRING = {
    ("incrementalspec", "v0.2"): INCREMENTAL,
    ("deferspec", "20220824"): DEFER,
}
_SPECS = ("incrementalspec", "deferspec", "subscriptionspec")


def form_of(kind: str, parameters: Optional[Mapping[str, str]]) -> Optional[Form]:
    """Return the form for an operation, or None if the client takes none of them.

    Args:
        kind: ``"query"``, ``"mutation"`` or ``"subscription"``.
        parameters: Those of ``multipart/mixed`` in ``Accept``, names in lower case;
            None if the client does not take that.
    """
    if parameters is None:
        return None
    given = {
        name: value.strip('"') for name, value in parameters.items() if name in _SPECS
    }
    if kind == "subscription":
        return SUBSCRIPTION if given.get("subscriptionspec") == "1.0" else None
    if not given:
        # GraphiQL says no more than that it takes parts.
        return INCREMENTAL
    for item in given.items():
        if item in _DEFERRING:
            return _DEFERRING[item]
    return None


def respond(
    outcome: Any,
    app: Any,
    parameters: Optional[Mapping[str, str]],
    *,
    headers: Iterable[Tuple[bytes, bytes]] = (),
    background: Optional[Callable[[], Awaitable[None]]] = None,
) -> Response:
    """Return the response that sends *outcome* in parts.

    Args:
        outcome: What became of the operation; its ``events`` are closed in any case.
        app: The ``GraphQLApp``.
        parameters: As for ``form_of``.
        headers: Further headers of the response.
        background: Awaited when the stream is over, or the client gone.

    Raises:
        ValueError: The client takes no parts for this kind of operation.
    """
    form = form_of(outcome.kind, parameters)
    if form is None:
        raise ValueError(f"No parts are accepted for a {outcome.kind}: {parameters!r}")
    events = results_of(outcome)
    return OpenResponse(
        older(events) if form.is_older else events,
        form.framing,
        unexpected=app.errors.unexpected,
        keep_alive=(app.keep_alive or KEEP_ALIVE) if form.has_heartbeat else None,
        headers=_HEADERS,
        more_headers=headers,
        background=background,
    )
