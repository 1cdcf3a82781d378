"""Resolvers for a schema that was written as text.

``resolvers`` is a mapping of type names.  What a type takes depends on its kind:

* an object: a mapping of field names to functions ``f(source, info, **arguments)``.
  A field of the subscription type takes a function that returns an asynchronous
  iterator, whose items are the values of the field; or a mapping with ``subscribe``
  and ``resolve``, where ``resolve(item, info, **arguments)`` makes the value.
  ``__is_type_of`` is a predicate ``f(value, info)``;
* an interface or union: a mapping with ``__resolve_type``, a function
  ``f(value, info, type)`` that returns the name of an object type; or that function;
* a scalar: a ``GraphQLScalarType`` or a mapping with ``serialize``, ``parse_value``
  and ``parse_literal``, each optional;
* an enum: an ``enum.Enum`` class or a mapping of names to values.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Callable, Mapping, Tuple, Type

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
)

__all__ = ("attach",)

_SCALAR = ("serialize", "parse_value", "parse_literal")

_TEXT = (
    "name",
    "description",
    "specified_by_url",
    "extensions",
    "ast_node",
    "extension_ast_nodes",
)


def attach(schema: GraphQLSchema, resolvers: Mapping[str, Any]) -> None:
    """Put *resolvers* on the types of *schema*, which is changed.

    Raises:
        ValueError: A type, field or key is not there.
        TypeError: A resolver is of the wrong type.
    """
    for name, given in resolvers.items():
        kind = schema.type_map.get(name)
        if kind is None:
            raise ValueError(
                f"`resolvers` name a type {name!r} that is not in `schema`"
            )
        for cls, put in _KINDS:
            if isinstance(kind, cls):
                put(schema, kind, given)
                break
        else:
            raise ValueError(
                f"`resolvers[{name!r}]` is for an input type, which has none"
            )


def _object(schema: GraphQLSchema, kind: GraphQLObjectType, given: Any) -> None:
    for name, resolver in _mapping(kind.name, given).items():
        if name == "__is_type_of":
            kind.is_type_of = _function(kind.name, name, resolver)
            continue
        field = kind.fields.get(name)
        if field is None:
            raise ValueError(
                f"`resolvers[{kind.name!r}]` name a field {name!r} "
                "that the type does not have"
            )
        if kind is schema.subscription_type:
            subscribe, resolve = _stream(kind.name, name, resolver)
            field.subscribe, field.resolve = subscribe, resolve
        else:
            field.resolve = _function(kind.name, name, resolver)


def _stream(type_name: str, name: str, given: Any) -> Tuple[Any, Any]:
    if not isinstance(given, Mapping):
        return _function(type_name, name, given), _item
    unknown = set(given) - {"subscribe", "resolve"}
    if unknown or "subscribe" not in given:
        raise ValueError(
            f"`resolvers[{type_name!r}][{name!r}]` must have `subscribe`, may have "
            f"`resolve`, but got {sorted(given)}"
        )
    subscribe = _function(type_name, name, given["subscribe"])
    return subscribe, _function(type_name, name, given.get("resolve", _item))


def _item(item: Any, info: Any, **arguments: Any) -> Any:
    return item


def _abstract(schema: GraphQLSchema, kind: Any, given: Any) -> None:
    if isinstance(given, Mapping):
        given = _only(kind.name, given, ("__resolve_type",)).get("__resolve_type")
    kind.resolve_type = _function(kind.name, "__resolve_type", given)


def _scalar(schema: GraphQLSchema, kind: GraphQLScalarType, given: Any) -> None:
    if not isinstance(given, GraphQLScalarType):
        functions = _only(kind.name, _mapping(kind.name, given), _SCALAR)
        for name, function in functions.items():
            _function(kind.name, name, function)
        given = GraphQLScalarType(kind.name, **functions)
    # By other names in graphql-core 3.3, so all but what the text has said.
    for name, value in vars(given).items():
        if name not in _TEXT:
            setattr(kind, name, value)


def _enum(schema: GraphQLSchema, kind: GraphQLEnumType, given: Any) -> None:
    if isinstance(given, type) and issubclass(given, Enum):
        given = dict(given.__members__)
    for name, value in _only(
        kind.name, _mapping(kind.name, given), kind.values
    ).items():
        kind.values[name].value = value
    # Computed from the values as they were.
    kind.__dict__.pop("_value_lookup", None)


_KINDS: Tuple[Tuple[Type[Any], Callable[[GraphQLSchema, Any, Any], None]], ...] = (
    (GraphQLObjectType, _object),
    (GraphQLInterfaceType, _abstract),
    (GraphQLUnionType, _abstract),
    (GraphQLScalarType, _scalar),
    (GraphQLEnumType, _enum),
)


def _mapping(name: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise TypeError(f"`resolvers[{name!r}]` must be a mapping, but got {given!r}")
    return given


def _only(name: str, given: Mapping[str, Any], known: Any) -> Mapping[str, Any]:
    for key in given:
        if key not in known:
            raise ValueError(
                f"`resolvers[{name!r}]` must have {', '.join(known)}, but got {key!r}"
            )
    return given


def _function(type_name: str, name: str, given: Any) -> Any:
    if not callable(given):
        raise TypeError(
            f"`resolvers[{type_name!r}][{name!r}]` must be callable, but got {given!r}"
        )
    return given
