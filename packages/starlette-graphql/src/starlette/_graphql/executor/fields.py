"""Fields: finding their value, and handing it to what completes it.

A field is compiled to an entry: ``(response name, name, exact, finish)``.

* *name* is what the default resolver reads from the object around it: the reader of
  the entry does that, and ends there if the value is of the type *exact*.  It is
  ``None`` if the field has another resolver.
* ``finish(run, source, trail, value)`` makes the field's part of the response of all
  other values, awaited later if it returns a coroutine.  *trail* is the position of
  the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    default_field_resolver,
    get_named_type,
    is_abstract_type,
    is_non_null_type,
    is_object_type,
)
from graphql.pyutils import Path

from starlette._graphql.executor.arguments import Arguments
from starlette._graphql.executor.complete import Never, completer, exact_type
from starlette._graphql.executor.run import (
    PLAIN,
    Run,
    Trail,
    failure,
    to_path,
)
from starlette._graphql.executor.slots import slot

if TYPE_CHECKING:
    from starlette._graphql.executor.plan import Plan

__all__ = ("Entry", "Field", "Finish", "entry")

Finish = Callable[[Run, Any, Trail, Any], Any]
Entry = Tuple[str, Optional[str], type, Finish]

_new_tuple: Any = tuple.__new__
_META_FIELDS = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


class Field:
    """One response name of one object type, in one plan.

    Attributes:
        plan: The plan.
        parent: The object type.
        key: The response name.
        nodes: All nodes of the document that ask for it, in their order.
        definition: The field of the schema.
        name: The name of the field.
        coordinate: As in ``Query.hello``.
    """

    __slots__ = ("coordinate", "definition", "key", "name", "nodes", "parent", "plan")

    def __init__(
        self,
        plan: Plan,
        parent: GraphQLObjectType,
        key: str,
        nodes: List[FieldNode],
        definition: GraphQLField,
    ) -> None:
        self.plan: Plan = plan
        self.parent: GraphQLObjectType = parent
        self.key: str = key
        self.nodes: List[FieldNode] = nodes
        self.definition: GraphQLField = definition
        self.name: str = nodes[0].name.value
        self.coordinate: str = f"{parent.name}.{self.name}"

    @property
    def needs_info(self) -> bool:
        """Whether completing the value calls functions that are given an info."""
        named: Any = get_named_type(self.definition.type)
        return is_abstract_type(named) or (
            is_object_type(named) and named.is_type_of is not None
        )

    def info(self, run: Run, path: Any) -> Any:
        """Return the ``GraphQLResolveInfo`` of the field at *path*."""
        head = (self.name, self.nodes, self.definition.type, self.parent, path)
        # Half the time of calling the class with all of them.
        return _new_tuple(GraphQLResolveInfo, head + run.tail)


def entry(
    plan: Plan, parent: GraphQLObjectType, key: str, nodes: List[FieldNode]
) -> Optional[Entry]:
    """Return the entry of a field; ``None`` if the type has no such field."""
    name = nodes[0].name.value
    shared = plan.compilation
    definition: Optional[GraphQLField] = parent.fields.get(name)
    if name == "__typename":
        definition = TypeNameMetaFieldDef
        if shared.middleware is None:
            return key, None, Never, _constant(parent.name)
    elif name in _META_FIELDS and shared.schema.query_type is parent:
        definition = _META_FIELDS[name]
    if definition is None:
        return None
    field = Field(plan, parent, key, nodes, definition)
    arguments = Arguments(definition, nodes[0], shared.hide_suggestions)
    resolve: Any = definition.resolve or shared.field_resolver
    if shared.middleware is not None:
        resolve = shared.middleware.get_field_resolver(resolve)
    # The default resolver of a field whose arguments may be in error is called like
    # any other, for their sake.
    if resolve is default_field_resolver and arguments.constant is not None:
        exact = exact_type(definition.type)
        return key, name, exact, _default_finish(field, arguments.constant)
    return key, None, Never, _resolving_finish(field, resolve, arguments)


def _constant(value: Any) -> Finish:
    return lambda run, source, trail, _: value


def _default_finish(field: Field, arguments: Dict[str, Any]) -> Finish:
    key, parent_name, needs_info = field.key, field.parent.name, field.needs_info
    complete = completer(field, field.definition.type)
    is_required = is_non_null_type(field.definition.type)
    fail = failure(field.nodes, is_required)
    settle = slot(complete, fail)

    def finish(run: Run, source: Any, trail: Trail, value: Any) -> Any:
        if value is None and not is_required:
            return None
        trail = (trail, key, parent_name)
        if type(value) in PLAIN and not needs_info:
            return settle(run, None, trail, value)
        return finish_with_info(run, trail, value)

    def finish_with_info(run: Run, trail: Trail, value: Any) -> Any:
        is_method = callable(value)
        info = None
        if is_method or needs_info:
            trail = to_path(trail)
            info = field.info(run, trail)
        if is_method:
            try:
                value = value(info, **arguments)
            except Exception as error:
                return fail(run, error, trail)
        return settle(run, info, trail, value)

    return finish


def _resolving_finish(
    field: Field, resolve: Callable[..., Any], arguments: Arguments
) -> Finish:
    key, parent_name = field.key, field.parent.name
    info_of, arguments_of = field.info, arguments.of
    fail = failure(field.nodes, is_non_null_type(field.definition.type))
    settle = slot(completer(field, field.definition.type), fail)

    def finish(run: Run, source: Any, trail: Trail, _: Any) -> Any:
        # The selection has seen to it that *trail* is a path.
        trail = _new_tuple(Path, (trail, key, parent_name))
        info = info_of(run, trail)
        try:
            value = resolve(source, info, **arguments_of(run))
        except Exception as error:
            return fail(run, error, trail)
        return settle(run, info, trail, value)

    return finish
