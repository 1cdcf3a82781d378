"""From what people call a schema to a ``GraphQLSchema``.

What comes out is a valid schema that is never changed afterwards; mistakes in what
came in are errors at construction.  The resolvers for a schema in text are put in
place by ``resolvers.py``.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional

from graphql import (
    GraphQLInt,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    validate_schema,
)

from starlette._graphql.compat import INCREMENTAL_DIRECTIVES

__all__ = ("incremental_schema", "to_schema")

# Where graphene and Strawberry keep theirs.
_CARRIED_AS = ("graphql_schema", "_schema")


def to_schema(
    source: Any, resolvers: Optional[Mapping[str, Any]] = None
) -> GraphQLSchema:
    """Return the schema that *source* is, carries or describes.

    Args:
        source: A ``GraphQLSchema``, an object that has one as ``graphql_schema`` or
            ``_schema``, or the text of one in the schema definition language.
        resolvers: For text: see ``resolvers.attach``.

    Raises:
        TypeError: *source* is none of these, the schema is invalid, or *resolvers* are
            no mapping.
        ValueError: *resolvers* do not fit, or there is no text to put them on.
        graphql.GraphQLError: The text is not a schema.
    """
    if not isinstance(resolvers or {}, Mapping):
        raise TypeError(f"`resolvers` must be a mapping, but got {resolvers!r}")
    if isinstance(source, str):
        from starlette._graphql.resolvers import attach

        schema = build_schema(source)
        attach(schema, {**_own_scalars(schema), **(resolvers or {})})
    else:
        if resolvers:
            raise ValueError(
                "`resolvers` are for a schema given as text; "
                f"a {type(source).__name__} has its own"
            )
        schema = _carried(source)
    errors = validate_schema(schema)
    if errors:
        problems = "; ".join(error.message for error in errors)
        raise TypeError(f"`schema` must be valid, but: {problems}")
    return schema


def _own_scalars(schema: GraphQLSchema) -> Mapping[str, Any]:
    # A scalar in text lets anything through, and this one must be a file.
    from starlette._graphql.uploads import Upload

    declared = schema.type_map.get(Upload.name)
    return {Upload.name: Upload} if isinstance(declared, GraphQLScalarType) else {}


def _carried(source: Any) -> GraphQLSchema:
    if isinstance(source, GraphQLSchema):
        return source
    for name in _CARRIED_AS:
        schema = getattr(source, name, None)
        if isinstance(schema, GraphQLSchema):
            return schema
    raise TypeError(
        "`schema` must be a GraphQLSchema, an object that carries one (of graphene, "
        f"Strawberry ...) or text, but got {source!r}"
    )


def incremental_schema(schema: GraphQLSchema) -> GraphQLSchema:
    """Return *schema* with ``@defer`` and ``@stream``, where graphql-core has them.

    It is a copy that shares all types: the one given may be in use elsewhere, where
    the plain ``execute()`` would refuse it.
    """
    names = {directive.name for directive in schema.directives}
    missing = [d for d in INCREMENTAL_DIRECTIVES if d.name not in names]
    if not missing:
        return schema
    # Not copy.copy(), which builds a schema anew and drops attributes that
    # libraries have put on it.
    copy = object.__new__(type(schema))
    copy.__dict__.update(schema.__dict__)
    copy.directives = (*schema.directives, *missing)
    # What their arguments are of: Boolean and String are in every schema, Int is not,
    # and clients refuse an introspection that names a type it does not describe.
    if "Int" not in schema.type_map:
        copy.type_map = {**schema.type_map, "Int": GraphQLInt}
    return copy
