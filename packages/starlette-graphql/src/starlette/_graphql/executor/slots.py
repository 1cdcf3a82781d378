"""Positions that hold their errors: fields, and the items of lists.

An error at such a position makes it null, or goes on to the position around it if it
cannot be null (section 6.4.4 of the specification).
"""

from __future__ import annotations

from typing import Any, Awaitable

from graphql.pyutils import is_awaitable

from starlette._graphql.executor.run import (
    PLAIN,
    Completer,
    Coroutine,
    Failure,
    Run,
    Trail,
)

__all__ = ("slot",)


def slot(complete: Completer, fail: Failure) -> Completer:
    """Return a completer that awaits what needs to be, and handles errors.

    Args:
        complete: The completer of values that are there.
        fail: What handles errors.
    """

    def settle(run: Run, info: Any, trail: Trail, value: Any) -> Any:
        try:
            if type(value) not in PLAIN and is_awaitable(value):
                return run.keep(arrive(run, info, trail, run.keep(value)))
            completed = complete(run, info, trail, value)
        except Exception as error:
            return fail(run, error, trail)
        if type(completed) is Coroutine:
            return run.keep(guard(run, trail, completed))
        return completed

    async def arrive(
        run: Run, info: Any, trail: Trail, awaitable: Awaitable[Any]
    ) -> Any:
        try:
            completed = complete(run, info, trail, await awaitable)
            if type(completed) is Coroutine:
                completed = await completed
        except Exception as error:
            return fail(run, error, trail)
        return completed

    async def guard(run: Run, trail: Trail, completed: Awaitable[Any]) -> Any:
        try:
            return await completed
        except Exception as error:
            return fail(run, error, trail)

    return settle
