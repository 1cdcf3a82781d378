"""Selections: executing the fields that are asked of an object.

This is ExecuteSelectionSet of the specification (section 6.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Awaitable,
    Dict,
    Iterator,
    List,
    Optional,
)

from graphql import GraphQLObjectType, SelectionSetNode

from starlette._graphql.executor.collect import collect
from starlette._graphql.executor.run import Coroutine, Run, Trail, to_path
from starlette._graphql.executor.waiting import gather

if TYPE_CHECKING:
    from starlette._graphql.executor.fields import Entry
    from starlette._graphql.executor.plan import Plan

__all__ = ("Selection",)


class Selection:
    """What is asked of the objects of one type at one place.

    Args:
        plan: The plan.
        type_: The object type.
        selection_sets: The parts of the document that ask.
    """

    __slots__ = ("_entries", "_has_paths", "_plan", "_selection_sets", "_type")

    def __init__(
        self,
        plan: Plan,
        type_: GraphQLObjectType,
        selection_sets: List[SelectionSetNode],
    ) -> None:
        self._plan = plan
        self._type = type_
        self._selection_sets = selection_sets
        self._entries: Optional[List[Entry]] = None
        self._has_paths = False

    def execute(self, run: Run, source: Any, trail: Trail) -> Any:
        """Return the response of the object *source*, or a coroutine of it."""
        entries = self._entries
        if entries is None:
            entries = self._compile()
        if self._has_paths:
            # Made here once, instead of by each resolver below.
            trail = to_path(trail)
        if type(source) is not dict:
            return _execute_any(entries, run, source, trail)
        response: Dict[str, Any] = {}
        pending: List[str] = []
        get = source.get
        for key, name, exact, finish in entries:
            value = get(name)
            if type(value) is exact:
                response[key] = value
                continue
            value = response[key] = finish(run, source, trail, value)
            if type(value) is Coroutine:
                pending.append(key)
        return run.keep(_fill(response, pending)) if pending else response

    def execute_serially(self, run: Run, source: Any) -> Any:
        """As `execute`, for the root of a mutation: one field after the other."""
        entries = iter(self._entries or self._compile())
        response: Dict[str, Any] = {}
        for item in entries:
            part = _execute_any([item], run, source, None)
            if type(part) is Coroutine:
                return run.keep(_go_on(response, part, entries, run, source))
            response.update(part)
        return response

    def _compile(self) -> List[Entry]:
        shared = self._plan.compilation
        fields = collect(
            shared.schema,
            shared.fragments,
            self._plan.variables,
            self._type,
            self._selection_sets,
        )
        entries = self._plan.entries(self._type, fields)
        shared.grow(1 + len(entries))
        self._has_paths = any(item[1] is None for item in entries)
        # Last: another thread may be waiting for it.
        self._entries = entries
        return entries


def _execute_any(entries: List[Entry], run: Run, source: Any, trail: Trail) -> Any:
    """Do the same where reading may fail, and is done in one of two ways."""
    response: Dict[str, Any] = {}
    pending: List[str] = []
    get = source.get if isinstance(source, Mapping) else None
    for key, name, exact, finish in entries:
        value: Any = None
        if name is not None:
            try:
                value = getattr(source, name, None) if get is None else get(name)
            except Exception as error:
                # To return an exception is the same as to raise it.
                value = error
            if type(value) is exact:
                response[key] = value
                continue
        value = response[key] = finish(run, source, trail, value)
        if type(value) is Coroutine:
            pending.append(key)
    return run.keep(_fill(response, pending)) if pending else response


async def _fill(response: Dict[str, Any], pending: List[str]) -> Dict[str, Any]:
    if len(pending) == 1:
        # Nothing else to wait for: no task is needed.
        response[pending[0]] = await response[pending[0]]
    else:
        results = await gather([response[key] for key in pending])
        response.update(zip(pending, results))
    return response


async def _go_on(
    response: Dict[str, Any],
    pending: Awaitable[Dict[str, Any]],
    entries: Iterator[Entry],
    run: Run,
    source: Any,
) -> Dict[str, Any]:
    response.update(await pending)
    for item in entries:
        part = _execute_any([item], run, source, None)
        response.update(await part if type(part) is Coroutine else part)
    return response
