"""What the executor has to know about the installed line of graphql-core.

Each difference between 3.2 and 3.3 is a value here, so that no other module of the
executor asks for a version.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Sequence, Tuple, Union

import graphql
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    get_variable_values,
    is_object_type,
)
from graphql.pyutils import inspect, is_iterable

__all__ = (
    "COERCES_OUTPUT",
    "IS_KNOWN",
    "argument_extras",
    "coerced_of",
    "is_async_iterable",
    "no_name_error",
    "output_coercion",
    "put_in_order",
    "resolve_info_extras",
    "variables_of",
    "variables_with",
)

_IS_33 = graphql.version_info >= (3, 3)

# The method of leaf types, as messages name it.
COERCES_OUTPUT: str = "coerce_output_value" if _IS_33 else "serialize"
# Infos are made as tuples: a version that adds to them is not for this executor.
IS_KNOWN: bool = len(GraphQLResolveInfo._fields) == (14 if _IS_33 else 12)


def output_coercion(leaf_type: Any) -> Callable[[Any], Any]:
    """Return the function with which *leaf_type* coerces results."""
    coercion: Callable[[Any], Any] = getattr(leaf_type, COERCES_OUTPUT)
    return coercion


def variables_of(
    schema: Any, definitions: Iterable[Any], raw: Dict[str, Any], hide: bool
) -> Union[List[GraphQLError], Any]:
    """Coerce the variables of a request, or return what is wrong with them.

    At most 50 errors are reported, as ``graphql.execute`` does by default.
    """
    return get_variable_values(
        schema, tuple(definitions), raw, max_errors=50, hide_suggestions=hide
    )


def coerced_of(variables: Any) -> Dict[str, Any]:
    """Return the values within what `variables_of` gave: name to value."""
    coerced: Dict[str, Any] = variables.coerced if _IS_33 else variables
    return coerced


def variables_with(variables: Any, names: Iterable[str]) -> Any:
    """Return a copy of *variables* that holds nothing but *names*."""

    def only(values: Dict[str, Any]) -> Dict[str, Any]:
        return {name: values[name] for name in names if name in values}

    return type(variables)(*map(only, variables)) if _IS_33 else only(variables)


def argument_extras(hide: bool) -> Tuple[Any, ...]:
    """Return what ``get_argument_values`` is given after the variables."""
    return (None, hide) if _IS_33 else ()


def resolve_info_extras(
    gather: Callable[..., Any], track: Callable[..., Any]
) -> Tuple[Any, ...]:
    """Return the last fields of an info: from 3.3, abort signal and helpers."""
    helpers: Any = getattr(graphql.type, "GraphQLResolveInfoHelpers", None)
    return (None, helpers(gather=gather, track=track)) if helpers else ()


def is_async_iterable(value: Any) -> bool:
    """Tell whether *value* is iterated asynchronously.

    3.2 takes what can be iterated both ways as a plain iterable.
    """
    return hasattr(value, "__aiter__") and (_IS_33 or not is_iterable(value))


def no_name_error(
    must: str, name: Any, value: Any, nodes: Sequence[FieldNode]
) -> GraphQLError:
    """Return the error of a runtime type that is said by something else than a name.

    Args:
        must: What must be.
        name: What was returned instead of a name.
        value: The value whose type was asked for.
        nodes: Where it was asked for.
    """
    got = f"{must} with value {inspect(value)}, received '{inspect(name)}'"
    if _IS_33:
        return GraphQLError(f"{got}, which is not a valid Object type name.", nodes)
    if is_object_type(name):
        return GraphQLError(
            "Support for returning GraphQLObjectType from resolve_type was"
            " removed in GraphQL-core 3.2, please return type name instead."
        )
    return GraphQLError(f"{got}.", nodes)


def put_in_order(errors: List[GraphQLError]) -> None:
    """Sort *errors* by their place; 3.3 leaves them as they were met."""
    if not _IS_33:
        errors.sort(key=lambda e: (e.locations or [], e.path or [], e.message))
