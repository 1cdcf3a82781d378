"""Which fields a selection asks of an object type, and what that depends on.

Both functions take time in proportion to what they read: a fragment is read once,
however often it is spread.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Set, Tuple, Union

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    get_directive_values,
    is_abstract_type,
    type_from_ast,
)

__all__ = ("Fields", "collect", "conditions", "directives_of")

Fields = Dict[str, List[FieldNode]]
_CONDITIONS = (GraphQLSkipDirective.name, GraphQLIncludeDirective.name)


def collect(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Any,
    object_type: GraphQLObjectType,
    selection_sets: Iterable[SelectionSetNode],
) -> Fields:
    """Return the fields that *selection_sets* ask of *object_type*.

    This is CollectFields of the specification (section 6.3.2): response names in
    the order of their first occurrence, each with all its nodes.

    Raises:
        GraphQLError: If the condition of a ``@skip`` or ``@include`` has no value.
    """
    fields: Fields = {}
    visited: Set[str] = set()
    # A stack instead of recursion: fragments may be chained as long as they like.
    stack = [iter(part.selections) for part in reversed([*selection_sets])]
    while stack:
        for node in stack[-1]:
            if node.directives and not _is_included(node, variables):
                continue
            if isinstance(node, FieldNode):
                name = node.alias or node.name
                fields.setdefault(name.value, []).append(node)
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in visited:
                    continue
                visited.add(node.name.value)
                fragment = fragments.get(node.name.value)
            if fragment is not None and _applies(schema, fragment, object_type):
                stack.append(iter(fragment.selection_set.selections))
                break
        else:
            stack.pop()
    return fields


def _is_included(node: Any, variables: Any) -> bool:
    skip = get_directive_values(GraphQLSkipDirective, node, variables)
    if skip and skip["if"]:
        return False
    include = get_directive_values(GraphQLIncludeDirective, node, variables)
    return not include or bool(include["if"])


def _applies(
    schema: GraphQLSchema,
    fragment: Union[FragmentDefinitionNode, InlineFragmentNode],
    object_type: GraphQLObjectType,
) -> bool:
    condition = fragment.type_condition
    if condition is None:
        return True
    asked: Any = type_from_ast(schema, condition)
    if asked is object_type:
        return True
    return is_abstract_type(asked) and schema.is_sub_type(asked, object_type)


def conditions(selection_sets: Iterable[SelectionSetNode]) -> Tuple[str, ...]:
    """Return the names of the variables on which ``@skip`` and ``@include`` depend."""
    names: Dict[str, None] = {}
    for directive in _directives(selection_sets):
        if directive.name.value in _CONDITIONS:
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    names[argument.value.name.value] = None
    return tuple(names)


def directives_of(selection_sets: Iterable[SelectionSetNode]) -> FrozenSet[str]:
    """Return the names of all directives in *selection_sets*."""
    return frozenset(directive.name.value for directive in _directives(selection_sets))


def _directives(selection_sets: Iterable[SelectionSetNode]) -> Iterable[Any]:
    stack = list(selection_sets)
    while stack:
        for node in stack.pop().selections:
            yield from node.directives or ()
            selection_set = getattr(node, "selection_set", None)
            if selection_set is not None:
                stack.append(selection_set)
