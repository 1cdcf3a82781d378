"""What every middleware must satisfy, as checks that run on any of them.

A check is a coroutine function that takes a factory, which makes the middleware around
an application, and raises ``AssertionError`` with a sentence if the middleware does not
satisfy it.  pytest is not needed; with it, and anyio's plugin::

    @pytest.mark.anyio
    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    async def test_my_middleware(check):
        await check(partial(MyMiddleware, option=1), headers={"x-trigger": "yes"})

The headers are those of the requests, so that a middleware can be checked at work and
at rest.  It must let the requests pass: ``GET`` or ``POST`` for ``/`` on the host
``testserver``.  It may add headers to responses, and encode their bodies.

``added_cost`` measures, and is no check: what it says depends on the machine.
The checks themselves are in ``starlette._conformance``.
"""

from __future__ import annotations

from typing import Awaitable, Callable, Tuple

from starlette._conformance.channels import HeadersLike, MiddlewareFactory
from starlette._conformance.cost import added_cost
from starlette._conformance.http import (
    leaves_early_hints_alone,
    leaves_messages_as_they_were,
    leaves_pathsend_alone,
    leaves_the_scope_usable,
    leaves_trailers_alone,
    lets_disconnects_through,
    passes_requests_and_responses,
    streams_requests,
    streams_responses,
)
from starlette._conformance.other_scopes import (
    passes_lifespans,
    passes_unknown_scopes,
    passes_websockets,
)
from starlette._conformance.tasks import (
    keeps_concurrent_requests_apart,
    keeps_context_variables,
    lets_cancellation_through,
    lets_exceptions_through,
    waits_for_the_application,
)

__all__ = (
    "CHECKS",
    "Check",
    "HeadersLike",
    "MiddlewareFactory",
    "added_cost",
    "check_middleware",
    "keeps_concurrent_requests_apart",
    "keeps_context_variables",
    "leaves_early_hints_alone",
    "leaves_messages_as_they_were",
    "leaves_pathsend_alone",
    "leaves_the_scope_usable",
    "leaves_trailers_alone",
    "lets_cancellation_through",
    "lets_disconnects_through",
    "lets_exceptions_through",
    "passes_lifespans",
    "passes_requests_and_responses",
    "passes_unknown_scopes",
    "passes_websockets",
    "streams_requests",
    "streams_responses",
    "waits_for_the_application",
)

Check = Callable[..., Awaitable[None]]

CHECKS: Tuple[Check, ...] = (
    passes_lifespans,
    passes_websockets,
    passes_unknown_scopes,
    passes_requests_and_responses,
    streams_requests,
    streams_responses,
    lets_disconnects_through,
    leaves_trailers_alone,
    leaves_pathsend_alone,
    leaves_early_hints_alone,
    leaves_messages_as_they_were,
    leaves_the_scope_usable,
    lets_exceptions_through,
    lets_cancellation_through,
    keeps_context_variables,
    keeps_concurrent_requests_apart,
    waits_for_the_application,
)
"""All of them, in the order in which they are easiest to satisfy."""


async def check_middleware(
    factory: MiddlewareFactory, headers: HeadersLike = ()
) -> None:
    """Run all checks, one after the other.

    Args:
        factory: Makes the middleware around an application.
        headers: Of the requests.

    Raises:
        AssertionError: The first check that is not satisfied.
    """
    for check in CHECKS:
        await check(factory, headers)
