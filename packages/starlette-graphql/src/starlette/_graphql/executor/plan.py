"""Plans: what is to be done for each object type that a selection can meet.

A plan holds for one operation and one set of answers to its ``@skip`` and
``@include``.  Nothing in it belongs to one execution, and it grows with use: what a
selection asks of a type is worked out when the first object of that type is met.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
)

from starlette._graphql.executor.collect import Fields
from starlette._graphql.executor.fields import Entry, entry
from starlette._graphql.executor.selections import Selection

__all__ = ("Compilation", "Plan")


class Compilation:
    """What the plans of one operation share.

    Attributes:
        schema: The schema.
        fragments: The fragments of the document.
        middleware: What wraps resolvers; a ``MiddlewareManager`` or ``None``.
        field_resolver: The resolver of fields without one.
        type_resolver: The same for abstract types; ``None`` for the default.
        hide_suggestions: Whether errors of arguments suggest no names.
        size: How many selections are compiled, and fields in them.
        on_growth: Called with how many of these there are more, or, below 0, fewer.
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
        on_growth: Optional[Callable[[int], None]],
    ) -> None:
        self.schema: GraphQLSchema = schema
        self.fragments: Dict[str, FragmentDefinitionNode] = fragments
        self.middleware: Any = middleware
        self.field_resolver: Any = field_resolver
        self.type_resolver: Any = type_resolver
        self.hide_suggestions: bool = hide_suggestions
        self.size: int = 0
        self.on_growth: Optional[Callable[[int], None]] = on_growth

    def grow(self, count: int) -> None:
        """Note that there are *count* selections and fields more, or fewer."""
        self.size += count
        if self.on_growth is not None:
            self.on_growth(count)


class Plan:
    """The selections of one operation, for one set of conditions.

    Attributes:
        compilation: What it shares with the operation's other plans.
        variables: The variables that conditions read, and no others: a plan
            outlives the request it was made for.
    """

    def __init__(self, compilation: Compilation, variables: Any) -> None:
        self.compilation: Compilation = compilation
        self.variables: Any = variables
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
