"""Finding out the type of a value when no ``resolve_type`` says it.

What graphql-core's ``default_type_resolver`` does, but on trio as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Awaitable, List, Optional

from graphql import GraphQLAbstractType, GraphQLObjectType
from graphql.pyutils import is_awaitable

from starlette._graphql.executor.run import Run
from starlette._graphql.executor.waiting import gather

__all__ = ("default_type_name",)


def default_type_name(
    run: Run, value: Any, info: Any, abstract_type: GraphQLAbstractType
) -> Any:
    """Return the name of the type of *value*, ``None``, or an awaitable of it.

    It is the value's ``__typename`` if it has one, or that of the first possible
    type whose ``is_type_of`` agrees.
    """
    name = _typename(value)
    if isinstance(name, str):
        return name
    candidates: List[GraphQLObjectType] = []
    verdicts: List[Awaitable[Any]] = []
    for object_type in info.schema.get_possible_types(abstract_type):
        if object_type.is_type_of is None:
            continue
        verdict = object_type.is_type_of(value, info)
        if is_awaitable(verdict):
            verdicts.append(run.keep(verdict))
            candidates.append(object_type)
        elif verdict:
            run.is_torn = run.is_torn or bool(verdicts)
            return object_type.name
    return _first_name(candidates, verdicts) if verdicts else None


async def _first_name(
    candidates: List[GraphQLObjectType], verdicts: List[Awaitable[Any]]
) -> Optional[str]:
    for object_type, verdict in zip(candidates, await gather(verdicts)):
        if verdict:
            return object_type.name
    return None


def _typename(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get("__typename")
    # An attribute called ``__typename`` in a class body is mangled by Python.
    for class_ in type(value).__mro__:
        name = getattr(value, f"_{class_.__name__}__typename", None)
        if name:
            return name
    return None
