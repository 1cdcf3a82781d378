"""Compiling operations: what can be, and what is left to graphql-core."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple, Union

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    MiddlewareManager,
    OperationDefinitionNode,
    assert_valid_schema,
    default_field_resolver,
    default_type_resolver,
)

from starlette._graphql.executor.collect import conditions, directives_of
from starlette._graphql.executor.compat import IS_KNOWN
from starlette._graphql.executor.operation import CompiledOperation
from starlette._graphql.executor.plan import Compilation

__all__ = ("compile_operation",)

# What these ask of an executor is more than this one does.
_UNSUPPORTED = frozenset(("defer", "stream", "experimental_disableErrorPropagation"))


def compile_operation(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    *,
    middleware: Union[List[Any], Tuple[Any, ...], MiddlewareManager, None] = None,
    field_resolver: Any = None,
    type_resolver: Any = None,
    hide_suggestions: bool = False,
    on_growth: Optional[Callable[[int], None]] = None,
) -> Optional[CompiledOperation]:
    """Compile *operation*, which was found valid.

    The options are those of ``graphql.execute``.  An operation of a subscription is
    compiled as well: it is what is executed for each event.

    Args:
        schema: The schema.
        document: What the operation is a part of.
        operation: The operation.
        middleware: What wraps resolvers.
        field_resolver: The resolver of fields without one.
        type_resolver: The resolver of abstract types without one.
        hide_suggestions: Whether errors of input suggest no names.
        on_growth: Called with how many selections and fields have been compiled, or,
            below 0, given up.

    Returns:
        The operation; ``None`` if it has to be left to graphql-core: it uses
        ``@defer``, ``@stream``, variables of fragments or
        ``@experimental_disableErrorPropagation``, or has no root type; or what
        resolvers are told in the installed version is not known.

    Raises:
        TypeError: If the schema is not valid.
    """
    assert_valid_schema(schema)
    fragments: Dict[str, FragmentDefinitionNode] = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    parts = [operation.selection_set]
    parts.extend(fragment.selection_set for fragment in fragments.values())
    used = directives_of(parts).union(
        directive.name.value for directive in operation.directives or ()
    )
    root_type = schema.get_root_type(operation.operation)
    if (
        root_type is None
        or not IS_KNOWN
        or used & _UNSUPPORTED
        or any(fragment.variable_definitions for fragment in fragments.values())
    ):
        return None
    if middleware is not None and not isinstance(middleware, MiddlewareManager):
        middleware = MiddlewareManager(*middleware)
    if type_resolver is default_type_resolver:
        type_resolver = None
    compilation = Compilation(
        schema,
        fragments,
        middleware=middleware,
        field_resolver=field_resolver or default_field_resolver,
        type_resolver=type_resolver,
        hide_suggestions=hide_suggestions,
        on_growth=on_growth,
    )
    return CompiledOperation(compilation, operation, root_type, conditions(parts))
