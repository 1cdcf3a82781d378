"""What an operation costs, by its fields and by how long their lists may be.

A field costs 1, or what ``field_costs`` say of it, and what is selected inside counts
as often as there may be items.  How many that is an argument of the field says
(``first: 10``), also where the items are a level below, as in connections; without
one, a list counts as ``list_size`` items.  Introspection costs nothing: it has a limit
of its own.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)

from starlette._graphql.compat import default_of
from starlette._graphql.limits import GraphQLLimits

__all__ = ("cost_of",)

# Products end here: list in list in list, they would be long numbers.
_MANY = 10**12


def cost_of(
    schema: GraphQLSchema,
    limits: GraphQLLimits,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Optional[Dict[str, Any]],
) -> int:
    """Return what *operation* costs with these *variables*, not yet coerced.

    Takes time linear in *document*, which must be valid.
    """
    values = {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }
    values.update(variables or {})
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    root = schema.get_root_type(operation.operation)
    return _Costs(schema, limits, fragments, values).of(
        operation.selection_set, root, False
    )


class _Costs:
    def __init__(
        self,
        schema: GraphQLSchema,
        limits: GraphQLLimits,
        fragments: Dict[str, FragmentDefinitionNode],
        variables: Dict[str, Any],
    ) -> None:
        self._types = schema.type_map
        self._limits = limits
        self._fragments = fragments
        self._variables = variables
        self._known: Dict[Tuple[str, bool], int] = {}

    def of(
        self, selections: Optional[SelectionSetNode], parent: Any, is_counted: bool
    ) -> int:
        """Return what *selections* on the type *parent* cost, once.

        Args:
            selections: None for a leaf.
            parent: The type.
            is_counted: Whether a list in it has been counted already, by an argument
                of the field above.
        """
        total = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                total += self._field(node, parent, is_counted)
            elif isinstance(node, InlineFragmentNode):
                on = node.type_condition
                kind = self._types[on.name.value] if on else parent
                total += self.of(node.selection_set, kind, is_counted)
            else:
                name: str = node.name.value  # type: ignore[attr-defined]
                total += self._fragment(name, is_counted)
        return min(total, _MANY)

    def _fragment(self, name: str, is_counted: bool) -> int:
        key = (name, is_counted)
        cost = self._known.get(key)
        if cost is None:
            fragment = self._fragments[name]
            kind = self._types[fragment.type_condition.name.value]
            cost = self._known[key] = self.of(fragment.selection_set, kind, is_counted)
        return cost

    def _field(self, node: FieldNode, parent: Any, is_counted: bool) -> int:
        name = node.name.value
        if name.startswith("__"):
            return 0
        field: GraphQLField = parent.fields[name]
        lists = _lists(field.type)
        asked = self._asked(node, field)
        if asked is not None:
            times, is_counted = asked, not lists
        else:
            times = 1 if is_counted else self._limits.list_size**lists
            is_counted = False
        inner = self.of(node.selection_set, get_named_type(field.type), is_counted)
        own = self._limits.field_costs.get(f"{parent.name}.{name}", 1)
        return min(own + times * inner, _MANY)

    def _asked(self, node: FieldNode, field: GraphQLField) -> Optional[int]:
        """Return how many items the arguments ask for, or None if they do not say."""
        given = {
            argument.name.value: argument.value for argument in node.arguments or ()
        }
        asked = []
        for name in self._limits.list_arguments:
            if name not in field.args:
                continue
            value: Any = default_of(field.args[name])
            if name in given:
                literal = given[name]
                if isinstance(literal, VariableNode):
                    value = self._variables.get(literal.name.value, value)
                elif isinstance(literal, IntValueNode):
                    # Digits by the thousand are no number to Python.
                    digits = literal.value
                    value = int(digits) if len(digits) < 12 else _MANY
                else:
                    value = None
            # In JSON 10.0 is an Int as well.
            if isinstance(value, (int, float)):
                asked.append(int(min(max(0, value), _MANY)))
        return max(asked) if asked else None


def _lists(kind: Any) -> int:
    count = 0
    kind = get_nullable_type(kind)
    while is_list_type(kind):
        count += 1
        kind = get_nullable_type(kind.of_type)
    return count
