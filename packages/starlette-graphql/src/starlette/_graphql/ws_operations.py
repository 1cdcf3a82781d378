"""The operations of one WebSocket, each in a task of its own.

An operation that the client has stopped sends nothing any more, not even what it was
about to; only a message that the server is sending already is not torn in half.

Its id is free again at once.  Its task may need time to clean up, and counts as long
as it does, so that no client has more of them by starting and stopping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List

from starlette._graphql.context import run_background
from starlette._graphql.errors import RequestError
from starlette._graphql.tasks import TURN, Job, Tasks, make_event, sleep
from starlette._graphql.ws_messages import Message
from starlette._graphql.ws_sender import Sender
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette._graphql.request import GraphQLRequest

__all__ = ("Operation", "Operations")

Errors = List[Dict[str, Any]]


class Operation:
    """One operation of a client.

    Args:
        id: What the client calls it.

    Attributes:
        id: As given.
        is_stopped: Whether nothing may be sent for it any more.
        is_sending: Whether the server is sending a message of it.
        context: What its resolvers find in ``info.context``, once there is one.
        events: Its results, if they are many.
    """

    __slots__ = ("_job", "context", "events", "id", "is_sending", "is_stopped")

    def __init__(self, id: str) -> None:
        self.id = id
        self.is_stopped = False
        self.is_sending = False
        self.context: Any = None
        self.events: Any = None
        self._job = Job()

    def stop(self) -> None:
        """Cancel the operation, unless a message is on its way: then after that."""
        self.is_stopped = True
        if not self.is_sending:
            self._job.stop()

    def abandon(self) -> None:
        """Cancel the operation, whatever it does: there is nobody left."""
        self.is_stopped = True
        self._job.stop()

    async def run(self, func: Any, *args: Any) -> None:
        """Await ``func(*args)`` until it ends or is cancelled, and close ``events``."""
        try:
            await self._job.run(func, *args)
        finally:
            # Outside of what is cancelled, so that the source may await something.
            if self.events is not None:
                await self.events.aclose()


class Operations:
    """The operations of one client.

    Args:
        app: The ``GraphQLApp``.
        make_context: Returns the context of an operation, as an awaitable.
        sender: Sends to the client.
        result_type: What the protocol calls a message with a result.
        error_payload: What the payload of an ``error`` message is, from the errors.
        fail: Called with the exception that an operation has ended with, which is a
            ``Lost`` if the client has gone, or a mistake in this program.
    """

    def __init__(
        self,
        app: Any,
        make_context: Callable[[], Any],
        sender: Sender,
        result_type: str,
        error_payload: Callable[[Errors], Any],
        fail: Callable[[Exception], None],
    ) -> None:
        self._app = app
        self._make_context = make_context
        self._sender = sender
        self._result_type = result_type
        self._error_payload = error_payload
        self._fail = fail
        self._by_id: Dict[str, Operation] = {}
        self._limit: int = app.websocket_options.max_operations
        # Tasks, those that are cleaning up included.
        self._running = 0
        self._room: Any = None

    def __contains__(self, id: str) -> bool:
        return id in self._by_id

    async def start(self, tasks: Tasks, id: str, request: GraphQLRequest) -> None:
        """Start an operation, or refuse it if there are too many.

        Raises:
            Lost: The client has gone.
        """
        operation = Operation(id)
        if len(self._by_id) >= self._limit:
            # Those that came in the same breath may need no more than their turn.
            await sleep(0)
        if len(self._by_id) >= self._limit:
            message = f"No more than {self._limit} operations may run at once."
            await self._send_error(operation, [{"message": message}])
            return
        while self._running >= 2 * self._limit:
            self._room = make_event()
            await self._room.wait()
        self._by_id[id] = operation
        self._running += 1
        tasks.start(self._run, operation, request)

    def stop(self, id: str) -> None:
        """Stop an operation at the client's request, if it runs."""
        operation = self._by_id.pop(id, None)
        if operation is not None:
            operation.stop()

    def abandon(self) -> None:
        """Stop all operations: there is nobody left."""
        for operation in self._by_id.values():
            operation.abandon()
        self._by_id.clear()

    def _forget(self, operation: Operation) -> None:
        # The client may have given the id to another one since.
        if self._by_id.get(operation.id) is operation:
            del self._by_id[operation.id]

    # -- one operation, in its task -------------------------------------------

    async def _run(self, operation: Operation, request: GraphQLRequest) -> None:
        try:
            await operation.run(self._perform, operation, request)
        except Exception as error:
            self._fail(error)
        try:
            await run_background(operation.context)
        except Exception as error:
            # The client has its answer; a failed response is logged by the server.
            self._app.errors.unexpected(error)
        finally:
            self._forget(operation)
            self._running -= 1
            if self._room is not None:
                self._room.set()

    async def _perform(self, operation: Operation, request: GraphQLRequest) -> None:
        try:
            context = operation.context = await self._context()
            outcome = await self._app.engine.run(request, context, incremental=True)
        except RequestError as error:
            await self._send_error(operation, error.payload()["errors"])
            return
        operation.events = outcome.events
        if outcome.events is not None:
            await self._send_events(operation, outcome.events)
        elif outcome.stage != "executed":
            await self._send_error(operation, outcome.payload["errors"])
        elif await self._send_result(operation, outcome.payload):
            await self._complete(operation)

    async def _context(self) -> Any:
        try:
            return await self._make_context()
        except RequestError:
            raise
        except HTTPException as error:
            raise RequestError(error.status_code, error.detail) from error
        except Exception as error:
            (member,) = self._app.errors.unexpected(error)
            raise RequestError(500, member["message"]) from error

    async def _send_events(self, operation: Operation, events: Any) -> None:
        count = 0
        async for payload in events:
            if not await self._send_result(operation, payload):
                return
            count += 1
            if count % TURN == 0:
                await sleep(0)
        await self._complete(operation)

    async def _send_result(self, operation: Operation, payload: Message) -> bool:
        """Send a result; return False if there is nothing to come after it."""
        message = {"id": operation.id, "type": self._result_type, "payload": payload}
        try:
            await self._sender.send_for(operation, message)
        except (TypeError, ValueError, RecursionError) as error:
            # What a scalar has made of a value is not JSON.
            await self._send_error(operation, self._app.errors.unexpected(error))
            return False
        return not operation.is_stopped

    async def _send_error(self, operation: Operation, errors: Errors) -> None:
        payload = self._error_payload(errors)
        message = {"id": operation.id, "type": "error", "payload": payload}
        await self._send_last(operation, message)

    async def _complete(self, operation: Operation) -> None:
        await self._send_last(operation, {"id": operation.id, "type": "complete"})

    async def _send_last(self, operation: Operation, message: Message) -> None:
        # Forgotten before it is sent: once it has it, the client may use the id again.
        await self._sender.send_for(operation, message, self._forget)
