"""All that differs between graphql-core 3.2 and 3.3, in one place.

The rest of the package never asks which one is installed.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

import graphql
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    ValuesOfCorrectTypeRule,
    specified_rules,
    value_from_ast_untyped,
)
from graphql.execution import create_source_event_stream

__all__ = (
    "HAS_INCREMENTAL",
    "INCREMENTAL_DIRECTIVES",
    "RULES",
    "default_of",
    "execute",
    "open_source",
)

# 3.3 executes @defer and @stream; its plain execute() refuses every operation on a
# schema that knows them, and the other one returns a plain result where nothing was
# deferred.
HAS_INCREMENTAL: bool = hasattr(graphql, "experimental_execute_incrementally")

INCREMENTAL_DIRECTIVES: Tuple[Any, ...] = (
    (graphql.GraphQLDeferDirective, graphql.GraphQLStreamDirective)
    if HAS_INCREMENTAL
    else ()
)

execute: Any = getattr(graphql, "experimental_execute_incrementally", graphql.execute)


# Errors that are reported of one value in a document.
_ERRORS_A_VALUE = 5


class _Enough(Exception):
    """There are as many errors of a value as anybody wants to read."""


class _FewErrorsRule(ValuesOfCorrectTypeRule):
    """The rule of 3.3, which puts all of a value into each error about a part of it.

    A hundred errors of an object with thousands of fields would take seconds, and
    megabytes.
    """

    _left: int = _ERRORS_A_VALUE

    def is_valid_value_node(self, *arguments: Any) -> Any:
        """Check one value, up to a number of errors."""
        self._left = _ERRORS_A_VALUE
        try:
            return super().is_valid_value_node(*arguments)
        except _Enough:
            return graphql.SKIP

    def report_error(self, error: GraphQLError) -> None:
        """Report *error*; give the value up if it was the last one allowed."""
        super().report_error(error)
        self._left -= 1
        if not self._left:
            raise _Enough


# The rules of the specification.
RULES: Tuple[Any, ...] = tuple(
    _FewErrorsRule if HAS_INCREMENTAL and rule is ValuesOfCorrectTypeRule else rule
    for rule in specified_rules
)


def default_of(argument: Any) -> Any:
    """Return the default value of an argument, or what is no value at all.

    3.3 keeps a default that was written in text as a literal.
    """
    default = getattr(argument, "default", None)
    if default is None:
        return argument.default_value
    literal = default.literal
    return default.value if literal is None else value_from_ast_untyped(literal)


async def open_source(
    schema: GraphQLSchema,
    document: DocumentNode,
    root_value: Any,
    context: Any,
    variables: Optional[Dict[str, Any]],
    operation_name: Optional[str],
    hide_suggestions: bool,
) -> Any:
    """Return the source stream of a subscription, or an ``ExecutionResult``.

    graphql-core's own ``subscribe()`` is passed by: in 3.2 it makes two tasks of
    asyncio for each event, and closes the source in another task than it ran in.
    """
    arguments: Any = (schema, document, root_value, context, variables, operation_name)
    make: Any = create_source_event_stream
    if HAS_INCREMENTAL:
        build: Any = graphql.Executor.build
        executor = build(*arguments, hide_suggestions=hide_suggestions)
        if isinstance(executor, list):
            return ExecutionResult(None, errors=executor)
        stream = make(executor)
        return await stream if executor.is_awaitable(stream) else stream
    return await make(*arguments, hide_suggestions=hide_suggestions)
