"""What the executor has to know about the installed line of graphql-core.

Each difference between 3.2 and 3.3 is a value here, so that no other module of the
executor asks for a version.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Tuple, Union

import graphql
from graphql import GraphQLError, GraphQLResolveInfo, get_variable_values

__all__ = (
    "ASYNC_ITERABLES_FIRST",
    "COERCES_OUTPUT",
    "INVALID_TYPE_NAME",
    "IS_33",
    "REFUSES_TYPES",
    "SORTS_ERRORS",
    "argument_extras",
    "coerced_of",
    "output_coercion",
    "resolve_info_extras",
    "variables_of",
    "variables_with",
)

IS_33 = graphql.version_info >= (3, 3)

# 3.2 takes what can be iterated both ways as a plain iterable.
ASYNC_ITERABLES_FIRST = IS_33
# 3.3 leaves errors in the order in which they were met.
SORTS_ERRORS = not IS_33
# The method of leaf types, as messages name it.
COERCES_OUTPUT = "coerce_output_value" if IS_33 else "serialize"
# How a message about a runtime type that is no string ends.
INVALID_TYPE_NAME = ", which is not a valid Object type name." if IS_33 else "."
# 3.2 has a message of its own for a resolver that returns the type itself.
REFUSES_TYPES = not IS_33

_HIDES_SUGGESTIONS = "hide_suggestions" in get_variable_values.__code__.co_varnames


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
    options = {"hide_suggestions": hide} if _HIDES_SUGGESTIONS else {}
    return get_variable_values(
        schema, tuple(definitions), raw, max_errors=50, **options
    )


def coerced_of(variables: Any) -> Dict[str, Any]:
    """Return the values within what `variables_of` gave: name to value."""
    coerced: Dict[str, Any] = variables.coerced if IS_33 else variables
    return coerced


def variables_with(variables: Any, names: Iterable[str]) -> Any:
    """Return a copy of *variables* that holds nothing but *names*."""

    def only(values: Dict[str, Any]) -> Dict[str, Any]:
        return {name: values[name] for name in names if name in values}

    return type(variables)(*map(only, variables)) if IS_33 else only(variables)


def argument_extras(hide: bool) -> Tuple[Any, ...]:
    """Return what ``get_argument_values`` is given after the variables."""
    return (None, hide) if IS_33 else ()


def resolve_info_extras(
    gather: Callable[..., Any], track: Callable[..., Any]
) -> Tuple[Any, ...]:
    """Return the last fields of an info: from 3.3, abort signal and helpers."""
    if "async_helpers" not in GraphQLResolveInfo._fields:
        return ()
    return (None, graphql.type.GraphQLResolveInfoHelpers(gather=gather, track=track))
