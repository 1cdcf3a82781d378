"""Turning what a resolver returned into what goes into the response.

This is CompleteValue of the specification (section 6.4.3), as a function per type:
``complete(run, info, trail, value)``.  ``info`` is the one the resolver was called
with, or ``None`` where nothing in the type asks for it.  A completer returns the
completed value, a coroutine that will, or raises what is wrong.

Objects and abstract types are completed in ``objects.py``, lists in ``lists.py``.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Optional

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLString,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.pyutils import Undefined, inspect, is_awaitable

from starlette._graphql.executor.compat import COERCES_OUTPUT, output_coercion
from starlette._graphql.executor.run import (
    PLAIN,
    Completer,
    Run,
    Trail,
    is_absent,
)

if TYPE_CHECKING:
    from starlette._graphql.executor.fields import Field

__all__ = ("Never", "completer", "exact_type")

_MIN_INT, _MAX_INT = -(2**31), 2**31 - 1


class Never:
    """The type of no value."""


def completer(field: Field, type_: Any) -> Completer:
    """Return the completer of *type_*, as a part of the type of *field*."""
    # Imported here: lists and objects complete their parts with this function.
    from starlette._graphql.executor.lists import list_completer
    from starlette._graphql.executor.objects import (
        abstract_completer,
        object_completer,
    )

    null_message = None
    if is_non_null_type(type_):
        null_message = f"Cannot return null for non-nullable field {field.coordinate}."
        type_ = type_.of_type
    if is_leaf_type(type_):
        return _leaf_completer(type_, null_message)
    if is_list_type(type_):
        return list_completer(field, type_.of_type, null_message)
    if is_abstract_type(type_):
        return abstract_completer(field, type_, null_message)
    return object_completer(field, type_, null_message)


def exact_type(type_: Any) -> type:
    """Return the Python type whose instances stand for themselves in *type_*.

    Returns:
        A type to compare with, not to pass to ``isinstance``; `Never` if there is
        none.
    """
    if is_non_null_type(type_):
        type_ = type_.of_type
    if not _is_built_in(type_):
        return Never
    if type_ is GraphQLString or type_ is GraphQLID:
        return str
    return bool if type_ is GraphQLBoolean else Never


def _is_built_in(type_: Any) -> bool:
    if not is_leaf_type(type_):
        return False
    # Who replaced the coercion of a built-in scalar wants it called.
    module = getattr(output_coercion(type_), "__module__", "")
    return module == "graphql.type.scalars"


def _leaf_completer(type_: Any, null_message: Optional[str]) -> Completer:
    coerce = output_coercion(type_)
    exact = exact_type(type_)

    def complete(run: Run, info: Any, trail: Trail, value: Any) -> Any:
        if type(value) is exact:
            return value
        if is_absent(value, null_message):
            return None
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise TypeError(
                f"Expected `{inspect(type_)}.{COERCES_OUTPUT}({inspect(value)})`"
                f" to return non-nullable value, returned: {inspect(coerced)}"
            )
        if type(coerced) not in PLAIN and is_awaitable(coerced):
            return run.keep(_awaited(run.keep(coerced)))
        return coerced

    if not _is_built_in(type_):
        return complete
    if type_ is GraphQLInt:

        def complete_int(run: Run, info: Any, trail: Trail, value: Any) -> Any:
            if type(value) is int and _MIN_INT <= value <= _MAX_INT:
                return value
            return complete(run, info, trail, value)

        return complete_int
    if type_ is GraphQLFloat:

        def complete_float(run: Run, info: Any, trail: Trail, value: Any) -> Any:
            if type(value) is float and isfinite(value):
                return value
            return complete(run, info, trail, value)

        return complete_float
    return complete


async def _awaited(awaitable: Any) -> Any:
    return await awaitable
