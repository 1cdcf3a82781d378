"""What is done around an operation: hooks, extensions of the response, a time limit.

Only an engine that has any of these comes through here; the others execute an
operation without a coroutine of their own.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    List,
    Optional,
    Sequence,
)

from graphql import DocumentNode, ExecutionResult

from starlette._graphql.closing import ClosedWith
from starlette._graphql.errors import RequestError
from starlette._graphql.outcome import Outcome
from starlette._graphql.request import GraphQLRequest
from starlette._until import run_until

if TYPE_CHECKING:
    from starlette._graphql.documents import PreparedOperation
    from starlette._graphql.engine import Engine

__all__ = ("Around", "GraphQLOperation")


class GraphQLOperation:
    """What hooks and extensions see of an operation.

    Attributes:
        kind: ``"query"``, ``"mutation"`` or ``"subscription"``.
        name: The name it has in the document, or ``None``.
        document: The document, parsed.
        request: What the client asked for.
        context: ``info.context`` of the resolvers.
        result: What it came to, once it has been executed; ``None`` for a stream.
    """

    __slots__ = ("context", "document", "kind", "name", "request", "result")

    def __init__(
        self,
        kind: str,
        name: Optional[str],
        document: DocumentNode,
        request: GraphQLRequest,
        context: Any,
    ) -> None:
        self.kind: str = kind
        self.name: Optional[str] = name
        self.document: DocumentNode = document
        self.request: GraphQLRequest = request
        self.context: Any = context
        self.result: Optional[ExecutionResult] = None


class Around:
    """Does something around each operation of an engine.

    Args:
        hooks: Functions of a ``GraphQLOperation`` that return a context manager,
            plain or asynchronous.  It is entered before the operation, in the order
            given, and left after it, or when a stream is closed.  A
            ``RequestError`` raised on the way in refuses the request.
        extensions: Functions of a ``GraphQLOperation`` that return a mapping for the
            ``extensions`` of the response, or None, or an awaitable of these.  They
            are called with the result, before the hooks are left.
        time: Seconds that an operation may take; a stream, to begin.
    """

    def __init__(
        self,
        hooks: Sequence[Callable[[GraphQLOperation], Any]] = (),
        extensions: Sequence[Callable[[GraphQLOperation], Any]] = (),
        time: Optional[float] = None,
    ) -> None:
        self.hooks: Sequence[Callable[[GraphQLOperation], Any]] = hooks
        self.extensions: Sequence[Callable[[GraphQLOperation], Any]] = extensions
        self.time: Optional[float] = time

    async def run(
        self,
        engine: Engine,
        prepared: PreparedOperation,
        request: GraphQLRequest,
        context: Any,
        root_value: Any,
        incremental: bool,
    ) -> Outcome:
        """Execute *prepared*, and do everything around it.

        Raises:
            RequestError: A hook refuses the request, or the time is over.
        """
        try:
            return await self._run(
                engine, prepared, request, context, root_value, incremental
            )
        except RequestError:
            raise
        except Exception as exc:
            return engine.failed(prepared.kind, exc)

    async def _run(
        self,
        engine: Engine,
        prepared: PreparedOperation,
        request: GraphQLRequest,
        context: Any,
        root_value: Any,
        incremental: bool,
    ) -> Outcome:
        operation = GraphQLOperation(
            prepared.kind, prepared.name, prepared.document, request, context
        )
        start = partial(
            engine.execute, prepared, request, context, root_value, incremental
        )
        stack = AsyncExitStack()
        async with stack:
            for hook in self.hooks:
                await _enter(stack, hook(operation))
            outcome = await self._in_time(start)
            operation.result = outcome.result
            if outcome.events is None:
                await self._extend(engine, operation, outcome)
            else:
                # Left when the stream ends, not now.
                outcome.events = ClosedWith(outcome.events, stack.pop_all().aclose)
        return outcome

    async def _in_time(self, start: Callable[[], Any]) -> Outcome:
        begun = start()
        if type(begun) is Outcome:
            return begun
        if self.time is None:
            awaited: Outcome = await begun
            return awaited
        outcomes: List[Outcome] = []

        async def wait() -> None:
            outcomes.append(await begun)

        from starlette._graphql.tasks import sleep

        if not await run_until(wait(), partial(sleep, self.time)):
            raise RequestError(
                503,
                f"The operation took longer than {self.time} seconds.",
                code="TIMEOUT",
            )
        return outcomes[0]

    async def _extend(
        self, engine: Engine, operation: GraphQLOperation, outcome: Outcome
    ) -> None:
        merged: Dict[str, Any] = {}
        try:
            for extension in self.extensions:
                members = extension(operation)
                if hasattr(members, "__await__"):
                    members = await members
                merged.update(members or {})
        except Exception as exc:
            engine.errors.unexpected(exc)
        if merged and outcome.payload is not None:
            outcome.payload["extensions"] = {
                **(outcome.payload.get("extensions") or {}),
                **merged,
            }


async def _enter(stack: AsyncExitStack, manager: Any) -> None:
    if hasattr(type(manager), "__aenter__"):
        await stack.enter_async_context(manager)
    else:
        stack.enter_context(manager)
