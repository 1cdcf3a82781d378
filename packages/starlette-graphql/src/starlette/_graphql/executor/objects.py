"""Completing objects, and values of abstract types once their type is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Awaitable, Dict, Optional

from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType
from graphql.pyutils import inspect, is_awaitable

from starlette._graphql.executor.compat import no_name_error
from starlette._graphql.executor.run import (
    PLAIN,
    Completer,
    Coroutine,
    Run,
    Trail,
    is_absent,
)
from starlette._graphql.executor.typenames import default_type_name

if TYPE_CHECKING:
    from starlette._graphql.executor.fields import Field

__all__ = ("abstract_completer", "object_completer")


def object_completer(
    field: Field, type_: GraphQLObjectType, null_message: Optional[str]
) -> Completer:
    """Return the completer of objects of *type_*."""
    execute = field.plan.selection(type_, field.nodes).execute
    if type_.is_type_of is not None:
        return _checked_completer(field, type_, null_message)

    def complete(run: Run, info: Any, trail: Trail, value: Any) -> Any:
        if type(value) is not dict and is_absent(value, null_message):
            return None
        return execute(run, value, trail)

    return complete


def _checked_completer(
    field: Field, type_: GraphQLObjectType, null_message: Optional[str]
) -> Completer:
    execute = field.plan.selection(type_, field.nodes).execute
    is_type_of: Any = type_.is_type_of

    def complete(run: Run, info: Any, trail: Trail, value: Any) -> Any:
        if is_absent(value, null_message):
            return None
        verdict = is_type_of(value, info)
        if verdict is not True and is_awaitable(verdict):
            return run.keep(complete_later(run, trail, value, run.keep(verdict)))
        if not verdict:
            raise refusal(value)
        return execute(run, value, trail)

    async def complete_later(
        run: Run, trail: Trail, value: Any, verdict: Awaitable[Any]
    ) -> Any:
        if not await verdict:
            raise refusal(value)
        completed = execute(run, value, trail)
        return await completed if type(completed) is Coroutine else completed

    def refusal(value: Any) -> GraphQLError:
        return GraphQLError(
            f"Expected value of type '{type_.name}' but got: {inspect(value)}.",
            field.nodes,
        )

    return complete


def abstract_completer(
    field: Field, type_: GraphQLAbstractType, null_message: Optional[str]
) -> Completer:
    """Return the completer of values of the interface or union *type_*.

    What it needs for one object type is made when the first value of that type is
    met.
    """
    resolve_type: Any = type_.resolve_type or field.plan.compilation.type_resolver
    completers: Dict[str, Completer] = {}

    def complete(run: Run, info: Any, trail: Trail, value: Any) -> Any:
        if type(value) is not dict and is_absent(value, null_message):
            return None
        if resolve_type is None:
            name = default_type_name(run, value, info, type_)
        else:
            name = resolve_type(value, info, type_)
        if type(name) not in PLAIN and is_awaitable(name):
            return run.keep(complete_later(run, info, trail, value, run.keep(name)))
        return complete_as(run, info, trail, value, name)

    async def complete_later(
        run: Run, info: Any, trail: Trail, value: Any, name: Awaitable[Any]
    ) -> Any:
        completed = complete_as(run, info, trail, value, await name)
        return await completed if type(completed) is Coroutine else completed

    def complete_as(run: Run, info: Any, trail: Trail, value: Any, name: Any) -> Any:
        as_type = completers.get(name) if isinstance(name, str) else None
        if as_type is None:
            object_type = _object_type(field, type_, name, value)
            as_type = object_completer(field, object_type, null_message)
            completers[name] = as_type
        return as_type(run, info, trail, value)

    return complete


def _object_type(
    field: Field, type_: GraphQLAbstractType, name: Any, value: Any
) -> GraphQLObjectType:
    """Return the object type called *name*.

    Raises:
        GraphQLError: If it is none that a value of *type_* can have.
    """

    def error(message: str) -> GraphQLError:
        return GraphQLError(message, field.nodes)

    must = (
        f"Abstract type '{type_.name}' must resolve to an Object type at runtime"
        f" for field '{field.coordinate}'"
    )
    if name is None:
        raise error(
            f"{must}. Either the '{type_.name}' type should provide"
            " a 'resolve_type' function or each possible type should provide"
            " an 'is_type_of' function."
        )
    if not isinstance(name, str):
        raise no_name_error(must, name, value, field.nodes)
    schema = field.plan.compilation.schema
    found = schema.get_type(name)
    if found is None:
        raise error(
            f"Abstract type '{type_.name}' was resolved to a type"
            f" '{name}' that does not exist inside the schema."
        )
    if not isinstance(found, GraphQLObjectType):
        raise error(
            f"Abstract type '{type_.name}' was resolved to a non-object type '{name}'."
        )
    if not schema.is_sub_type(type_, found):
        raise error(
            f"Runtime Object type '{found.name}' is not a possible"
            f" type for '{type_.name}'."
        )
    return found
