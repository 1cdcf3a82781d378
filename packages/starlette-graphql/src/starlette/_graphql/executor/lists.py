"""Completing lists: plain iterables and asynchronous ones."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, List, Optional

from graphql import GraphQLError, is_non_null_type, located_error
from graphql.pyutils import is_iterable

from starlette._graphql.executor.compat import is_async_iterable
from starlette._graphql.executor.complete import completer, exact_type
from starlette._graphql.executor.run import (
    Completer,
    Coroutine,
    Run,
    Trail,
    failure,
    is_absent,
    keys_of,
)
from starlette._graphql.executor.slots import slot
from starlette._graphql.executor.waiting import gather

if TYPE_CHECKING:
    from starlette._graphql.executor.fields import Field

__all__ = ("list_completer",)


def list_completer(
    field: Field, item_type: Any, null_message: Optional[str]
) -> Completer:
    """Return the completer of lists of *item_type*."""
    exact = exact_type(item_type)
    settle = slot(
        completer(field, item_type),
        failure(field.nodes, is_non_null_type(item_type)),
    )
    not_iterable = (
        f"Expected Iterable, but did not find one for field '{field.coordinate}'."
    )

    def complete(run: Run, info: Any, trail: Trail, value: Any) -> Any:
        kind = type(value)
        if kind is not list and kind is not tuple:
            if is_absent(value, null_message):
                return None
            if is_async_iterable(value):
                return run.keep(complete_async(run, info, trail, value))
            if not is_iterable(value):
                raise GraphQLError(not_iterable)
        items: List[Any] = []
        append = items.append
        pending: List[int] = []
        for index, item in enumerate(value):
            if type(item) is exact:
                append(item)
                continue
            item = settle(run, info, (trail, index, None), item)
            append(item)
            if type(item) is Coroutine:
                pending.append(index)
        if pending:
            return run.keep(_fill(items, pending))
        return items

    async def complete_async(run: Run, info: Any, trail: Trail, value: Any) -> Any:
        items: List[Any] = []
        pending: List[int] = []
        iterator = value.__aiter__()
        try:
            while True:
                try:
                    item = await iterator.__anext__()
                except StopAsyncIteration:
                    break
                except Exception as error:
                    raise located_error(error, field.nodes, keys_of(trail)) from error
                item = settle(run, info, (trail, len(items), None), item)
                if type(item) is Coroutine:
                    pending.append(len(items))
                items.append(item)
        except Exception:
            # The iterator waits for a next item that nobody will ask for.
            with suppress(Exception):
                await iterator.aclose()
            raise
        return await _fill(items, pending)

    return complete


async def _fill(items: List[Any], pending: List[int]) -> List[Any]:
    if len(pending) == 1:
        # Nothing else to wait for: no task is needed.
        items[pending[0]] = await items[pending[0]]
    elif pending:
        results = await gather([items[index] for index in pending])
        for index, result in zip(pending, results):
            items[index] = result
    return items
