"""Plans: what is to be done for each object type that a selection can meet.

A plan holds for one operation and one set of answers to its ``@skip`` and
``@include``.  Nothing in it belongs to one execution, and it grows with use: what a
selection asks of a type is worked out when the first object of that type is met.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
)

from starlette._graphql.executor.collect import Fields, collect
from starlette._graphql.executor.fields import Entry, entry
from starlette._graphql.executor.run import Coroutine, Run, Trail, to_path
from starlette._graphql.executor.waiting import gather

__all__ = ("Compilation", "Plan", "Selection")


class Compilation:
    """What the plans of one operation share.

    Attributes:
        schema: The schema.
        fragments: The fragments of the document.
        middleware: What wraps resolvers; a ``MiddlewareManager`` or ``None``.
        field_resolver: The resolver of fields without one.
        type_resolver: The same for abstract types; ``None`` for the default.
        hide_suggestions: Whether errors of arguments suggest no names.
        size: How many selections have been compiled, and fields in them.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Dict[str, FragmentDefinitionNode],
        *,
        middleware: Any,
        field_resolver: Any,
        type_resolver: Any,
        hide_suggestions: bool,
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.middleware = middleware
        self.field_resolver = field_resolver
        self.type_resolver = type_resolver
        self.hide_suggestions = hide_suggestions
        self.size = 0


class Plan:
    """The selections of one operation, for one set of conditions.

    Attributes:
        compilation: What it shares with the operation's other plans.
        variables: The variables that conditions read, and no others: a plan
            outlives the request it was made for.
    """

    def __init__(self, compilation: Compilation, variables: Any) -> None:
        self.compilation = compilation
        self.variables = variables
        self._selections: Dict[Tuple[Any, ...], Selection] = {}
        self._entries: Dict[Tuple[Any, ...], Optional[Entry]] = {}

    def root(
        self, type_: GraphQLObjectType, node: OperationDefinitionNode
    ) -> Selection:
        """Return the selection of the operation itself."""
        return Selection(self, type_, [node.selection_set])

    def selection(
        self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> Selection:
        """Return what *nodes* together ask of *type_*; the same object every time.

        However many ways lead to the nodes of a fragment, they are compiled once.
        """
        key = (type_, *map(id, nodes))
        found = self._selections.get(key)
        if found is None:
            found = self._selections[key] = Selection(
                self,
                type_,
                [node.selection_set for node in nodes if node.selection_set],
            )
        return found

    def entries(self, type_: GraphQLObjectType, fields: Fields) -> List[Entry]:
        """Return the entries of *fields* of *type_*, without those it does not have.

        However many selections spread a fragment, its fields are compiled once.
        """
        found = []
        for name, nodes in fields.items():
            key = (type_, name, *map(id, nodes))
            if key not in self._entries:
                self._entries[key] = entry(self, type_, name, nodes)
            item = self._entries[key]
            if item is not None:
                found.append(item)
        return found


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
            return self._execute_any(entries, run, source, trail)
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

    def _execute_any(
        self, entries: List[Entry], run: Run, source: Any, trail: Trail
    ) -> Any:
        response: Dict[str, Any] = {}
        pending: List[str] = []
        is_mapping = isinstance(source, Mapping)
        for item in entries:
            value = _value(item, run, source, trail, is_mapping)
            response[item[0]] = value
            if type(value) is Coroutine:
                pending.append(item[0])
        return run.keep(_fill(response, pending)) if pending else response

    def execute_serially(self, run: Run, source: Any) -> Any:
        """As `execute`, for the root of a mutation: one field after the other."""
        entries = iter(self._entries or self._compile())
        is_mapping = isinstance(source, Mapping)
        response: Dict[str, Any] = {}
        for item in entries:
            value = response[item[0]] = _value(item, run, source, None, is_mapping)
            if type(value) is Coroutine:
                return run.keep(
                    _go_on(item[0], response, entries, run, source, is_mapping)
                )
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
        shared.size += 1 + len(entries)
        self._has_paths = any(item[1] is None for item in entries)
        # Last: another thread may be waiting for it.
        self._entries = entries
        return entries


def _value(item: Entry, run: Run, source: Any, trail: Trail, is_mapping: bool) -> Any:
    _, name, exact, finish = item
    value: Any = None
    if name is not None:
        try:
            value = source.get(name) if is_mapping else getattr(source, name, None)
        except Exception as error:
            # To return an exception is the same as to raise it.
            value = error
        if type(value) is exact:
            return value
    return finish(run, source, trail, value)


async def _fill(response: Dict[str, Any], pending: List[str]) -> Dict[str, Any]:
    if len(pending) == 1:
        # Nothing else to wait for: no task is needed.
        response[pending[0]] = await response[pending[0]]
    else:
        results = await gather([response[key] for key in pending])
        response.update(zip(pending, results))
    return response


async def _go_on(
    key: str,
    response: Dict[str, Any],
    entries: Iterator[Entry],
    run: Run,
    source: Any,
    is_mapping: bool,
) -> Dict[str, Any]:
    response[key] = await response[key]
    for item in entries:
        value = _value(item, run, source, None, is_mapping)
        response[item[0]] = await value if type(value) is Coroutine else value
    return response
