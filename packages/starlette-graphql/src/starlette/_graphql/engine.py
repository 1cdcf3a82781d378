"""The one place where an operation is prepared, executed and formatted.

Transports hand in a ``GraphQLRequest`` and a context and get an ``Outcome``; what a
client sends never raises anything but a ``RequestError``.  An operation that waits
for nothing is executed without a coroutine.  Whatever is done around an operation,
hooks, extensions and the time limit, is in ``around.py``.

Cancelling the task that awaits an operation cancels its resolvers; closing its events
closes their source, in the task that closes them.
"""

from __future__ import annotations

from functools import partial
from typing import (
    Any,
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Collection,
    Dict,
    Optional,
    Sequence,
    Union,
)

from graphql import ExecutionResult, GraphQLError, GraphQLSchema

from starlette._event_loop import asyncio_task
from starlette._graphql import compat
from starlette._graphql.closing import ClosedWith
from starlette._graphql.documents import PreparedDocument, PreparedOperation
from starlette._graphql.errors import ErrorFormatter, RequestError
from starlette._graphql.executor import compile_operation
from starlette._graphql.measure import LimitExceeded
from starlette._graphql.outcome import ALL_KINDS, Outcome
from starlette._graphql.persisted import TextFinder
from starlette._graphql.prepare import Preparer
from starlette._graphql.request import GraphQLRequest

__all__ = ("Engine",)

Begun = Union[Outcome, Awaitable[Outcome]]


class Engine:
    """Runs operations on one schema.

    Args:
        preparer: Prepares documents; has the schema.
        errors: Formats errors.
        texts: Finds the text that a request means.
        root_value: The source of root fields, or a function of the context.
        middleware: Field middleware, as graphql-core takes it.
        around: What is done around each operation, or ``None``.
    """

    def __init__(
        self,
        preparer: Preparer,
        errors: ErrorFormatter,
        texts: TextFinder,
        *,
        root_value: Any = None,
        middleware: Any = None,
        around: Any = None,
    ) -> None:
        self.schema: GraphQLSchema = preparer.schema
        self.preparer: Preparer = preparer
        self.errors: ErrorFormatter = errors
        self.texts: TextFinder = texts
        self.root_value: Any = root_value
        self.middleware: Any = middleware
        self.around: Any = around

    async def run(
        self,
        request: GraphQLRequest,
        context: Any,
        *,
        root_value: Any = None,
        kinds: Collection[str] = ALL_KINDS,
        streaming: bool = True,
        incremental: bool = False,
    ) -> Outcome:
        """Run the operation that *request* asks for.

        Args:
            request: What the client asks for.
            context: ``info.context`` of the resolvers.
            root_value: Instead of the engine's.
            kinds: Which kinds of operation are allowed.
            streaming: Whether the outcome may have events; without, a subscription
                is refused.
            incremental: Whether ``@defer`` and ``@stream`` have an effect.  Without,
                everything is in the one response.

        Raises:
            RequestError: The request is refused.
        """
        begun = self.begin(
            request,
            context,
            root_value=root_value,
            kinds=kinds,
            streaming=streaming,
            incremental=incremental,
        )
        return begun if type(begun) is Outcome else await begun  # type: ignore[misc]

    def begin(
        self,
        request: GraphQLRequest,
        context: Any,
        *,
        root_value: Any = None,
        kinds: Collection[str] = ALL_KINDS,
        streaming: bool = True,
        incremental: bool = False,
    ) -> Begun:
        """Do what ``run`` does; return its outcome, or an awaitable of it.

        What has to wait for nothing is complete when this returns.
        """
        operation = self.select(request, kinds, streaming)
        if isinstance(operation, Outcome):
            return operation
        if root_value is None:
            root_value = self.root_value
        if self.around is not None:
            around: Begun = self.around.run(
                self, operation, request, context, root_value, incremental
            )
            return around
        return self.execute(operation, request, context, root_value, incremental)

    def select(
        self, request: GraphQLRequest, kinds: Collection[str], streaming: bool
    ) -> Union[PreparedOperation, Outcome]:
        """Return the operation that *request* means, or how its document failed.

        Raises:
            RequestError: What it means is not known, or not allowed.
        """
        prepared = self.preparer.prepare(self.texts.find(request))
        if prepared.errors:
            return self.refused(prepared.stage, prepared.errors)
        operation = _operation(prepared, request.operation_name)
        if isinstance(operation, GraphQLError):
            return self.refused("operation", [operation])
        kind = operation.kind
        if kind not in kinds:
            raise RequestError(
                405,
                f"A {kind} cannot be executed this way; send it by POST.",
                headers={"allow": "POST"},
            )
        if kind == "subscription" and not streaming:
            raise RequestError(
                406, "A subscription needs a media type for streams in Accept."
            )
        limit = self.preparer.limits.cost
        if limit is not None:
            cost = self.preparer.cost(operation, request.variables)
            if cost > limit:
                return self.refused("validate", [LimitExceeded("units of cost", limit)])
        return operation

    def refused(self, stage: str, errors: Sequence[GraphQLError]) -> Outcome:
        """Return the outcome of a request that was not executed."""
        payload = {"errors": self.errors.request_errors(errors)}
        return Outcome("", stage, payload, result=ExecutionResult(None, [*errors]))

    def execute(
        self,
        operation: PreparedOperation,
        request: GraphQLRequest,
        context: Any,
        root_value: Any,
        incremental: bool,
    ) -> Begun:
        """Execute *operation*, which is allowed."""
        if callable(root_value):
            try:
                root_value = root_value(context)
            except Exception as exc:
                return self.failed(operation.kind, exc)
            if hasattr(root_value, "__await__"):
                return self._execute_later(
                    root_value, operation, request, context, incremental
                )
        if operation.kind == "subscription":
            return self._subscribe(operation, request, context, root_value)
        try:
            result = self._result(operation, request, context, root_value, incremental)
        except Exception as exc:
            return self.failed(operation.kind, exc)
        if type(result) is ExecutionResult:
            return self._outcome(operation.kind, result)
        return self._wait(operation.kind, result)

    async def _execute_later(
        self,
        root_value: Awaitable[Any],
        operation: PreparedOperation,
        request: GraphQLRequest,
        context: Any,
        incremental: bool,
    ) -> Outcome:
        try:
            source = await root_value
        except Exception as exc:
            return self.failed(operation.kind, exc)
        # Not called, should it be callable: it is the value by now.
        begun = self.execute(
            operation, request, context, lambda context: source, incremental
        )
        return begun if type(begun) is Outcome else await begun  # type: ignore[misc]

    def _result(
        self,
        operation: PreparedOperation,
        request: GraphQLRequest,
        context: Any,
        root_value: Any,
        incremental: bool,
    ) -> Any:
        document = operation.document
        # What defers in graphql-core needs asyncio.
        if incremental and operation.deferring is not None and asyncio_task():
            document = operation.deferring
        else:
            if not operation.is_compiled:
                self._compile(operation)
            compiled = operation.compiled
            if compiled is not None:
                return compiled.execute(root_value, context, request.variables)
        return compat.execute(
            self.schema,
            document,
            root_value,
            context,
            request.variables,
            operation.name,
            middleware=self.middleware,
            hide_suggestions=not self.preparer.introspection,
        )

    def _compile(self, operation: PreparedOperation) -> None:
        operation.compiled = compile_operation(
            self.schema,
            operation.document,
            operation.node,
            middleware=self.middleware,
            hide_suggestions=not self.preparer.introspection,
            on_growth=partial(self.preparer.cache.grow, operation.text),
        )
        # Last: another thread takes what is there by then.
        operation.is_compiled = True

    async def _wait(self, kind: str, result: Any) -> Outcome:
        try:
            if hasattr(result, "__await__"):
                result = await result
        except Exception as exc:
            return self.failed(kind, exc)
        if isinstance(result, ExecutionResult):
            return self._outcome(kind, result)
        from starlette._graphql.incremental import payloads_of

        events = payloads_of(result, self.errors.field_errors)
        return Outcome(kind, "executed", None, events, incremental=True)

    def _outcome(self, kind: str, result: ExecutionResult) -> Outcome:
        errors = result.errors
        if not errors:
            payload: Dict[str, Any] = {"data": result.data}
            if result.extensions:
                payload["extensions"] = result.extensions
            return Outcome(kind, "executed", payload, None, False, result)
        if result.data is None and all(error.path is None for error in errors):
            payload = {"errors": self.errors.request_errors(errors)}
            return Outcome(kind, "variables", payload, result=result)
        return Outcome(kind, "executed", self._response(result), result=result)

    def _response(self, result: ExecutionResult) -> Dict[str, Any]:
        payload: Dict[str, Any] = {"data": result.data}
        if result.errors:
            payload["errors"] = self.errors.field_errors(result.errors)
        if result.extensions:
            payload["extensions"] = result.extensions
        return payload

    def outcome_of(self, kind: str, result: Any) -> Outcome:
        """Return the outcome for what an ``execute`` of earlier times has returned.

        Args:
            kind: Of the operation.
            result: An object with ``data`` and ``errors``, which may be exceptions
                of any kind.
        """
        if isinstance(result, ExecutionResult):
            return self._outcome(kind, result)
        errors = [_as_graphql_error(error) for error in result.errors or ()]
        made = ExecutionResult(result.data, errors or None)
        return Outcome(kind, "executed", self._response(made), result=made)

    def failed(self, kind: str, cause: Exception) -> Outcome:
        """Return the outcome of an operation that failed as a whole.

        *cause* is logged, unless it is a ``GraphQLError``.
        """
        errors = [_as_graphql_error(cause)]
        payload = {"errors": self.errors.field_errors(errors)}
        return Outcome(kind, "executed", payload, result=ExecutionResult(None, errors))

    # -- Subscriptions -------------------------------------------------------

    async def _subscribe(
        self,
        operation: PreparedOperation,
        request: GraphQLRequest,
        context: Any,
        root_value: Any,
    ) -> Outcome:
        try:
            source = await compat.open_source(
                self.schema,
                operation.document,
                root_value,
                context,
                request.variables,
                operation.name,
                not self.preparer.introspection,
            )
        except Exception as exc:
            return self.failed("subscription", exc)
        if isinstance(source, ExecutionResult):
            return self._not_subscribed(source)
        events = self._events(source, operation, request, context)
        # Not by a `finally` in there, which a stream that nobody begins never gets to.
        stream = ClosedWith(events, getattr(source, "aclose", None))
        return Outcome("subscription", "executed", None, stream)

    def _not_subscribed(self, result: ExecutionResult) -> Outcome:
        errors = result.errors or []
        if all(error.path is None for error in errors):
            return self._outcome("subscription", result)
        # The source failed.  That is an error of the request, without data.
        payload = {"errors": self.errors.field_errors(errors)}
        return Outcome("subscription", "executed", payload, result=result)

    async def _events(
        self,
        source: AsyncIterator[Any],
        operation: PreparedOperation,
        request: GraphQLRequest,
        context: Any,
    ) -> AsyncGenerator[Dict[str, Any], None]:
        try:
            async for event in source:
                result = self._result(operation, request, context, event, False)
                if type(result) is not ExecutionResult:
                    result = await result
                yield self._response(result)
        except Exception as exc:
            yield {"errors": self.errors.field_errors([_as_graphql_error(exc)])}


def _as_graphql_error(cause: Exception) -> GraphQLError:
    if isinstance(cause, GraphQLError):
        return cause
    if isinstance(cause, RecursionError):
        return GraphQLError("The operation is nested too deeply.")
    return GraphQLError(str(cause), original_error=cause)


def _operation(
    prepared: PreparedDocument, name: Optional[str]
) -> Union[PreparedOperation, GraphQLError]:
    operations = prepared.operations
    if name is not None:
        return operations.get(name) or GraphQLError(
            f'Unknown operation named "{name}".'
        )
    if len(operations) == 1:
        return next(iter(operations.values()))
    if operations:
        return GraphQLError(
            "Must provide operation name if query contains multiple operations."
        )
    return GraphQLError("Must provide an operation.")
