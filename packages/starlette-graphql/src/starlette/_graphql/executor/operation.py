"""Operations, compiled: what is done for each execution of one."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Union
from typing import Coroutine as CoroutineOf

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
)
from graphql.pyutils import is_awaitable

from starlette._graphql.executor.compat import (
    coerced_of,
    put_in_order,
    resolve_info_extras,
    variables_of,
    variables_with,
)
from starlette._graphql.executor.plan import Compilation, Plan
from starlette._graphql.executor.run import Coroutine, Run
from starlette._graphql.executor.selections import Selection
from starlette._graphql.executor.waiting import gather, track

__all__ = ("CompiledOperation",)

# Of selections and fields that are kept compiled for one operation: about 14 MB.
_MAX_SIZE = 5_000

_INFO_EXTRAS = resolve_info_extras(gather, track)


class CompiledOperation:
    """An operation that can be executed again and again.

    It keeps the resolvers that it found: the schema must not be changed any more.
    It may be executed in several threads at once.

    Args:
        compilation: The schema, the fragments, and how to compile.
        operation: The operation.
        root_type: The type of its root.
        condition_names: The variables that ``@skip`` and ``@include`` read.
    """

    def __init__(
        self,
        compilation: Compilation,
        operation: OperationDefinitionNode,
        root_type: GraphQLObjectType,
        condition_names: Tuple[str, ...],
    ) -> None:
        self._compilation = compilation
        self._operation = operation
        self._root_type = root_type
        self._condition_names = condition_names
        self._is_serial = operation.operation is OperationType.MUTATION
        self._roots: Dict[Tuple[Any, ...], Selection] = {}

    def execute(
        self,
        root_value: Any = None,
        context_value: Any = None,
        variable_values: Optional[Dict[str, Any]] = None,
    ) -> Union[ExecutionResult, CoroutineOf[Any, Any, ExecutionResult]]:
        """Execute the operation.

        Args:
            root_value: What root fields are resolved on.
            context_value: The context of resolvers.
            variable_values: The variables as they came: not coerced.

        Returns:
            What ``graphql.execute`` would return; a coroutine of it if anything was
            awaitable.
        """
        variables = self.coerce(variable_values)
        if isinstance(variables, list):
            return ExecutionResult(None, variables)
        return self.run(root_value, context_value, variables)

    def coerce(
        self, variable_values: Optional[Dict[str, Any]]
    ) -> Union[List[GraphQLError], Any]:
        """Return coerced variables for `run`, or the list of their errors."""
        return variables_of(
            self._compilation.schema,
            self._operation.variable_definitions or (),
            variable_values or {},
            self._compilation.hide_suggestions,
        )

    def run(
        self, root_value: Any, context_value: Any, variables: Any
    ) -> Union[ExecutionResult, CoroutineOf[Any, Any, ExecutionResult]]:
        """As `execute`, with variables that `coerce` returned."""
        run = Run(
            variables,
            (
                self._compilation.schema,
                self._compilation.fragments,
                root_value,
                self._operation,
                variables,
                context_value,
                is_awaitable,
                *_INFO_EXTRAS,
            ),
        )
        try:
            root = self._root(variables)
            if self._is_serial:
                data = root.execute_serially(run, root_value)
            else:
                data = root.execute(run, root_value, None)
        except GraphQLError as error:
            run.errors.append(error)
            data = None
        except BaseException:
            run.clear()
            raise
        if type(data) is Coroutine:
            return _finish(run, data)
        return _result(run, data)

    def _root(self, variables: Any) -> Selection:
        if self._compilation.size > _MAX_SIZE:
            self._compilation.grow(-self._compilation.size)
            self._roots.clear()
        coerced = coerced_of(variables)
        key = tuple([coerced.get(name) for name in self._condition_names])
        # What is no boolean is an error to be raised in the execution, with a plan of
        # its own.
        is_sound = all(type(answer) is bool for answer in key)
        root = self._roots.get(key) if is_sound else None
        if root is None:
            known = variables_with(variables, self._condition_names)
            plan = Plan(self._compilation, known)
            root = plan.root(self._root_type, self._operation)
            if is_sound:
                self._roots[key] = root
        return root


async def _finish(run: Run, pending: CoroutineOf[Any, Any, Any]) -> ExecutionResult:
    data = None
    try:
        data = await pending
    except GraphQLError as error:
        run.errors.append(error)
    except BaseException:
        run.clear()
        raise
    return _result(run, data)


def _result(run: Run, data: Optional[Dict[str, Any]]) -> ExecutionResult:
    # Errors know, through their tracebacks, the execution that they were met in.
    errors, run.errors = run.errors, []
    if errors or run.is_torn:
        run.clear()
        put_in_order(errors)
    return ExecutionResult(data, errors or None)
