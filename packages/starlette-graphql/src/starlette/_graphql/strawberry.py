"""Schemas of Strawberry that have something of their own to run.

graphql-core can execute a schema of Strawberry, and does so faster.  But what
Strawberry does around an operation, its ``SchemaExtension`` classes and the resolvers
of its directives, is in ``Schema.execute`` and ``Schema.subscribe``.  So a schema with
any of these is executed by them; an extension that guards something must not be passed
by.  Limits, trusted documents and the like come before, as for all schemas.

Strawberry parses and validates a second time, unless its ``ParserCache`` and
``ValidationCache`` are among the extensions.  Nothing of it is imported here.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any, AsyncGenerator, Callable, Dict, List

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, print_ast

from starlette._graphql.closing import ClosedWith
from starlette._graphql.documents import PreparedOperation
from starlette._graphql.engine import Begun, Engine
from starlette._graphql.errors import cause_of
from starlette._graphql.outcome import Outcome
from starlette._graphql.request import GraphQLRequest

__all__ = ("StrawberryEngine", "engine_of")


def engine_of(source: Any) -> Callable[..., Engine]:
    """Return what makes the engine for *source*, as ``Engine`` itself does.

    Args:
        source: A schema, as the program has given it.
    """
    if isinstance(getattr(source, "_schema", None), GraphQLSchema) and (
        getattr(source, "extensions", None) or getattr(source, "directives", None)
    ):
        return partial(StrawberryEngine, source)
    return Engine


class StrawberryEngine(Engine):
    """Runs operations by the methods of a schema of Strawberry.

    ``@defer`` and ``@stream`` have no effect: everything is in one response.

    Args:
        source: The schema.
        *arguments: As for ``Engine``.
        **options: As for ``Engine``.

    Raises:
        ValueError: There is field middleware, which Strawberry does not take.
    """

    def __init__(self, source: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.middleware is not None:
            raise ValueError(
                "`middleware` and `threadpool` must not be used with a schema of "
                "Strawberry that has extensions or directives: write an extension "
                "with a `resolve` method"
            )
        self.source = source
        parameters = inspect.signature(source.execute).parameters
        self._takes_extensions = "operation_extensions" in parameters

    def execute(
        self,
        operation: PreparedOperation,
        request: GraphQLRequest,
        context: Any,
        root_value: Any,
        incremental: bool,
    ) -> Begun:
        """Execute *operation*, which is allowed."""
        return self._execute(operation, request, context, root_value)

    async def _execute(
        self,
        operation: PreparedOperation,
        request: GraphQLRequest,
        context: Any,
        root_value: Any,
    ) -> Outcome:
        kind = operation.kind
        try:
            if callable(root_value):
                root_value = root_value(context)
                if hasattr(root_value, "__await__"):
                    root_value = await root_value
            arguments: Dict[str, Any] = {
                "variable_values": request.variables,
                "context_value": context,
                "root_value": root_value,
                "operation_name": operation.name,
            }
            if self._takes_extensions:
                arguments["operation_extensions"] = request.extensions
            text = _text(operation)
            if kind != "subscription":
                return self._outcome_of(
                    kind, await self.source.execute(text, **arguments)
                )
            results = await self.source.subscribe(text, **arguments)
        except Exception as exc:
            return self.failed(kind, exc)
        if not hasattr(results, "__aiter__"):
            return self._outcome_of(kind, results)
        events = ClosedWith(self._events_of(results), results.aclose)
        return Outcome(kind, "executed", None, events)

    def _outcome_of(self, kind: str, result: Any) -> Outcome:
        errors: List[GraphQLError] = list(result.errors or ())
        for error in errors:
            # An extension failed.  Errors without a path are taken for the
            # client's own otherwise, and told.
            if error.path is None and cause_of(error) is not None:
                return self.failed(kind, error)
        extensions = result.extensions or None
        made = ExecutionResult(result.data, errors or None, extensions)
        return self.outcome_of(kind, made)

    async def _events_of(self, results: Any) -> AsyncGenerator[Dict[str, Any], None]:
        try:
            async for result in results:
                yield self._outcome_of("subscription", result).payload or {}
        except Exception as exc:
            yield self.failed("subscription", exc).payload or {}


def _text(operation: PreparedOperation) -> str:
    document = operation.document
    if operation.deferring is None and document.loc is not None:
        return document.loc.source.body
    return print_ast(document)
