"""What a resolver is called with, worked out as early and as seldom as can be.

The values are those of graphql-core's ``get_argument_values``.  They may be shared
between calls only where nobody can change them: strings, numbers, booleans, and the
values of enums, which belong to the schema.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

from graphql import (
    FieldNode,
    GraphQLField,
    VariableNode,
    get_argument_values,
    get_nullable_type,
    is_enum_type,
    specified_scalar_types,
)

from starlette._graphql.executor.compat import argument_extras
from starlette._graphql.executor.run import Run

__all__ = ("Arguments",)


class Arguments:
    """The arguments of one field of a selection.

    Attributes:
        constant: The arguments of every call; ``None`` if they are not always the
            same, or cannot be had.
        of: Returns the arguments of a call in the given run.  It raises what
            ``get_argument_values`` raises.
    """

    __slots__ = ("_definition", "_extras", "_node", "constant", "of")

    def __init__(
        self, definition: GraphQLField, node: FieldNode, hide_suggestions: bool
    ) -> None:
        self._definition = definition
        self._node = node
        self._extras = argument_extras(hide_suggestions)
        self.constant: Optional[Dict[str, Any]] = None
        self.of: Callable[[Run], Dict[str, Any]] = self._compute
        if all(_is_immutable(argument.type) for argument in definition.args.values()):
            self.of = self._once
            if not any(
                _has_variable(argument.value) for argument in node.arguments or ()
            ):
                self._fix()

    def _fix(self) -> None:
        try:
            constant = self._compute(None)
        except Exception:
            # It is an error of the execution, which will come upon it again.
            return
        self.constant = constant
        self.of = lambda run: constant

    def _once(self, run: Run) -> Dict[str, Any]:
        arguments = run.arguments.get(self)
        if arguments is None:
            arguments = run.arguments[self] = self._compute(run)
        return arguments

    def _compute(self, run: Optional[Run]) -> Dict[str, Any]:
        return get_argument_values(
            self._definition,
            self._node,
            None if run is None else run.variables,
            *self._extras,
        )


def _is_immutable(type_: Any) -> bool:
    bare = get_nullable_type(type_)
    if is_enum_type(bare):
        return True
    # By identity: a schema may call a scalar of its own ``ID``.
    return specified_scalar_types.get(getattr(bare, "name", "")) is bare


def _has_variable(value: Any) -> bool:
    # Values of immutable types are no lists and no objects, unless they are invalid.
    return isinstance(value, VariableNode)
