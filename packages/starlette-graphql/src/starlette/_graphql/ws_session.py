"""One WebSocket after the handshake, whichever protocol it speaks.

The task of the connection reads; what takes time goes on beside it.  When reading
ends, because the client has gone or is sent away, everything else is cancelled, and
the connection is over when all of that has cleaned up.

What the messages are called is up to the protocols: ``transport_ws.py``,
``legacy_ws.py``.
"""

from __future__ import annotations

from functools import partial
from typing import (
    TYPE_CHECKING,
    Any,
    Awaitable,
    Callable,
    ClassVar,
    Dict,
    List,
    Mapping,
    Optional,
)

from starlette._graphql.errors import ConnectionRejected
from starlette._graphql.tasks import Job, open_tasks, sleep
from starlette._graphql.ws_messages import (
    BAD_REQUEST,
    FORBIDDEN,
    INIT_TIMEOUT,
    INTERNAL_ERROR,
    TOO_MANY_INITS,
    Closing,
    Message,
    parse,
    payload_of,
    request_of,
)
from starlette._graphql.ws_operations import Operations
from starlette._graphql.ws_sender import Lost, Sender
from starlette.websockets import UnexpectedWebSocketData, WebSocketDisconnect

if TYPE_CHECKING:
    from starlette._graphql.websocket import WebSocketOptions
    from starlette.websockets import WebSocket

__all__ = ("Session",)


class Session:
    """A connection, from the accepted handshake to its end.

    Args:
        app: The ``GraphQLApp``.
        websocket: Accepted.

    Attributes:
        operations: Those that run.
        params: The payload of the client's first message.
        is_initialised: Whether that has come.
        is_acknowledged: Whether operations are allowed.
    """

    # What the protocol calls a result, what it sends in times of silence, and the
    # method for each message.
    RESULT: ClassVar[str]
    SIGN_OF_LIFE: ClassVar[str]
    HANDLERS: ClassVar[Mapping[str, Callable[..., Awaitable[None]]]]

    def __init__(self, app: Any, websocket: WebSocket[Any]) -> None:
        self.options: WebSocketOptions = app.websocket_options
        self.params: Optional[Dict[str, Any]] = None
        self.is_initialised = False
        self.is_acknowledged = False
        self.sender = Sender(websocket)
        self.operations = Operations(
            app, self._context, self.sender, self.RESULT, self.error_payload, self._fail
        )
        self._app = app
        self._websocket = websocket
        self._closing: Optional[Closing] = None
        self._reading = Job()
        self._waiting_for_init = Job()
        self._connecting = Job()
        self._keeping_alive = Job()
        self._tasks = open_tasks()

    def error_payload(self, errors: List[Dict[str, Any]]) -> Any:
        """Return the payload of an ``error`` message."""
        return errors

    async def run(self) -> None:
        """Serve the connection, until one side ends it."""
        try:
            async with self._tasks:
                self._tasks.start(self._waiting_for_init.run, self._wait_for_init)
                await self._reading.run(self._read)
                self._stop_all()
                if self._closing is not None:
                    await self.sender.close(self._closing)
        finally:
            if self.is_acknowledged and self.options.on_disconnect is not None:
                await self._tell_of_disconnect(self.options.on_disconnect)

    def _stop_all(self) -> None:
        for job in (self._waiting_for_init, self._connecting, self._keeping_alive):
            job.stop()
        self.operations.abandon()

    async def _tell_of_disconnect(self, hook: Callable[..., Any]) -> None:
        try:
            await _result(hook(self._websocket))
        except Exception:
            _log("`on_disconnect`")

    # -- reading --------------------------------------------------------------

    async def _read(self) -> None:
        limit = self._app.limits.body
        try:
            while True:
                message = parse(await self._websocket.receive_text(), limit)
                await self._handle(message)
        except UnexpectedWebSocketData:
            self._closing = Closing(BAD_REQUEST, "Messages must be text")
        except (WebSocketDisconnect, Lost):
            pass
        except Closing as closing:
            self._closing = closing
        except Exception:
            self._closing = _internal_error()

    async def _handle(self, message: Message) -> None:
        kind = message.get("type")
        handler = self.HANDLERS.get(kind) if type(kind) is str else None
        if handler is None:
            raise Closing(BAD_REQUEST, "`type` is none that a client may send")
        await handler(self, message)

    def _fail(self, error: Exception) -> None:
        """End the connection because of what has happened in another task."""
        if self._closing is None:
            if isinstance(error, Closing):
                self._closing = error
            elif not isinstance(error, Lost):
                self._closing = _internal_error()
        self._reading.stop()

    # -- the beginning --------------------------------------------------------

    async def _wait_for_init(self) -> None:
        await sleep(self.options.connection_init_timeout)
        self._fail(Closing(INIT_TIMEOUT, "Connection initialisation timeout"))

    def begin(self, message: Message) -> None:
        """Note the first message.

        Raises:
            Closing: It is not the first, or its payload is no object.
        """
        if self.is_initialised:
            raise Closing(TOO_MANY_INITS, "Too many initialisation requests")
        self.params = payload_of(message)
        self.is_initialised = True
        self._waiting_for_init.stop()

    async def ask(self) -> Optional[Mapping[str, Any]]:
        """Ask the program; return what the acknowledgement is to carry.

        Raises:
            Closing: The connection is refused.
        """
        hook = self.options.on_connect
        if hook is None:
            return None
        try:
            answer = await _result(hook(self._websocket, self.params or {}))
        except ConnectionRejected as rejected:
            raise Closing(rejected.code, rejected.reason) from rejected
        if answer is None or isinstance(answer, Mapping):
            return answer
        if answer is False:
            raise Closing(FORBIDDEN, "Forbidden")
        if answer is True:
            return None
        raise TypeError(
            f"`on_connect` must return a mapping, a bool or None, but got {answer!r}"
        )

    async def acknowledge(self) -> None:
        """Ask the program, and tell the client that it may begin.

        Raises:
            Closing: The connection is refused.
            Lost: The client has gone.
        """
        payload = await self.ask()
        message: Message = {"type": "connection_ack"}
        if payload is not None:
            message["payload"] = dict(payload)
        self.is_acknowledged = True
        await self.sender.send(message)
        seconds = self.options.keep_alive
        if seconds is not None:
            keep_alive = partial(self._guard, self._keep_alive, seconds)
            self._tasks.start(self._keeping_alive.run, keep_alive)

    def acknowledge_beside(self) -> None:
        """Do what ``acknowledge`` does, and go on reading meanwhile."""
        connect = partial(self._guard, self.acknowledge)
        self._tasks.start(self._connecting.run, connect)

    async def _guard(self, func: Callable[..., Awaitable[None]], *args: Any) -> None:
        try:
            await func(*args)
        except Exception as error:
            self._fail(error)

    async def _keep_alive(self, seconds: float) -> None:
        while True:
            await sleep(seconds)
            await self.sender.send({"type": self.SIGN_OF_LIFE})

    # -- operations -----------------------------------------------------------

    async def start(self, id: str, message: Message) -> None:
        """Start the operation that *message* asks for.

        Raises:
            Closing: It asks for none.
            Lost: The client has gone.
        """
        await self.operations.start(self._tasks, id, request_of(message))

    async def _context(self) -> Any:
        make = self._app.make_context
        return await make(self._websocket, connection_params=self.params)


async def _result(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value


def _internal_error() -> Closing:
    _log("a WebSocket")
    return Closing(INTERNAL_ERROR, "Internal server error")


def _log(place: str) -> None:
    import logging

    logging.getLogger("starlette.graphql").exception("Unexpected error in %s", place)
