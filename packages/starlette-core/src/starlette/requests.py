"""Requests: what an endpoint is called with.

``HTTPConnection`` reads the scope (``_connection.py``); ``Request`` adds the body
and what can be said to the client before the response.  The body is read once,
however many ``Request`` objects there are: see ``_request_body.py``.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    AsyncGenerator,
    Generic,
    Iterable,
    NoReturn,
    Optional,
    Union,
)

from starlette._connection import HTTPConnection, StateT
from starlette._cookie_parser import cookie_parser
from starlette._elsewhere import lend
from starlette._json import decode_json
from starlette._request_body import KEY, BodyState, body_state
from starlette._utils import AwaitableOrContextManager, AwaitableOrContextManagerWrapper
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.datastructures import FormData

__all__ = (
    "SERVER_PUSH_HEADERS_TO_COPY",
    "ClientDisconnect",
    "HTTPConnection",
    "Request",
    "cookie_parser",
    "empty_receive",
    "empty_send",
)

lend(
    __name__,
    {
        "starlette.datastructures": (
            "URL Address FormData Headers QueryParams State UploadFile"
        ),
        "starlette.formparsers": "FormParser MultiPartException MultiPartParser",
    },
)

CONSUMED = "Stream consumed"

SERVER_PUSH_HEADERS_TO_COPY = {
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "user-agent",
}


class ClientDisconnect(Exception):
    """The client has gone before the exchange was over."""


async def empty_receive() -> NoReturn:
    """Stand in for ``receive`` where none was given.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("Receive channel has not been made available")


async def empty_send(message: Message) -> NoReturn:
    """Stand in for ``send`` where none was given.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("Send channel has not been made available")


class Request(HTTPConnection[StateT], Generic[StateT]):
    """An HTTP request.

    Args:
        scope: Of type ``"http"``; kept, not copied.
        receive: Where the body comes from.
        send: Where a push promise or early hints go.

    Raises:
        AssertionError: The scope is of another type.
    """

    _form: Optional[FormData] = None
    _is_disconnected = False
    _stream_consumed = False
    # Set once there is something in them, and only then: ``hasattr`` is asked.
    _body: bytes
    _json: Any

    # Not via super(): one call per request that does nothing else.
    def __init__(
        self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send
    ) -> None:
        if scope["type"] != "http":
            raise AssertionError(
                f"`scope` must be of type 'http', but got {scope['type']!r}"
            )
        self.scope = scope
        self._receive = receive
        self._send = send

    @property
    def method(self) -> str:
        """The method, in the spelling of the client."""
        method: str = self.scope["method"]
        return method

    @property
    def receive(self) -> Receive:
        """The channel that the body comes through."""
        return self._receive

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Give the body chunk by chunk as it arrives, and an empty one at the end.

        A body that was read whole before, here or by another ``Request`` on this
        scope, is given again.

        Raises:
            ClientDisconnect: The client went before the body was complete.
            RuntimeError: The body has been streamed before and nobody kept it.
        """
        state = self._body_state()
        body = self.__dict__.get("_body", state.data)
        if body is not None:
            yield body
        else:
            if state.is_consumed:
                raise RuntimeError(CONSUMED)
            while not state.is_consumed:
                message = state.take_pending() or await self._receive()
                chunk = self._chunk(message, state)
                if chunk:
                    yield chunk
        yield b""

    async def body(self) -> bytes:
        """Return the whole body.

        Raises:
            ClientDisconnect: The client went before the body was complete.
            RuntimeError: The body has been streamed before and nobody kept it.
        """
        body: Optional[bytes] = self.__dict__.get("_body")
        if body is None:
            # A subclass that streams something else must be heard, and what it
            # makes of the body is not the body of others.
            if type(self).stream is not Request.stream:
                body = b"".join([chunk async for chunk in self.stream()])
            else:
                state = self._body_state()
                body = state.data
                if body is None:
                    if Request.stream is not REQUEST_STREAM:
                        # A tool has put another there, for all.
                        body = b"".join([chunk async for chunk in self.stream()])
                    elif state.is_consumed:
                        raise RuntimeError(CONSUMED)
                    else:
                        message = state.pending
                        if message is None:
                            message = await self._receive()
                        else:
                            state.pending = None
                        body = self._chunk(message, state)
                        if not state.is_consumed:
                            body = await self._rest(body, state)
                    state.data = body
            self._body = body
        return body

    async def _rest(self, first: bytes, state: BodyState) -> bytes:
        chunks = [first]
        try:
            while not state.is_consumed:
                chunks.append(self._chunk(await self._receive(), state))
        except Exception:
            raise
        except BaseException:
            # Cancelled: for who asks again.  A rest would pass for the whole.
            state.hold(
                {"type": "http.request", "body": b"".join(chunks), "more_body": True}
            )
            raise
        return b"".join(chunks)

    def _body_state(self) -> BodyState:
        receive = self._receive
        return body_state(self.scope, receive, receive is not empty_receive)

    def _chunk(self, message: Message, state: BodyState) -> bytes:
        if message["type"] == "http.request":
            if not message.get("more_body", False):
                state.is_consumed = self._stream_consumed = True
            # Servers may leave the key out, or set it to None.
            return message.get("body") or b""
        if message["type"] == "http.disconnect":
            self._is_disconnected = True
            raise ClientDisconnect
        return b""

    async def json(self) -> Any:
        """Return the body, read as JSON.  It is parsed once.

        Raises:
            ValueError: The body is not JSON; nearly always the subclass
                ``json.JSONDecodeError``.
            ClientDisconnect: The client went before the body was complete.
        """
        if "_json" not in self.__dict__:
            self._json = decode_json(await self.body())
        return self._json

    def form(
        self,
        *,
        max_files: Union[int, float] = 1000,
        max_fields: Union[int, float] = 1000,
        max_part_size: int = 1024 * 1024,
    ) -> AwaitableOrContextManager[FormData]:
        """Return the body, read as a form.  It is parsed once.

        To be awaited, or used in ``async with``, which closes the uploaded files
        at the end.  The body of another media type is an empty form.

        Args:
            max_files: How many files there may be.
            max_fields: How many fields there may be beside the files.
            max_part_size: How large a field may be, in bytes.

        Raises:
            HTTPException: Status 400, the form is malformed or beyond a limit.
                Outside of an application, ``MultiPartException``.
            ClientDisconnect: The client went before the body was complete.
        """
        return AwaitableOrContextManagerWrapper(
            self._get_form(max_files, max_fields, max_part_size)
        )

    async def _get_form(
        self,
        max_files: Union[int, float],
        max_fields: Union[int, float],
        max_part_size: int,
    ) -> FormData:
        if self._form is not None:
            return self._form
        state = self._body_state()
        if state.form is None:
            state.form = await self._parse_form(max_files, max_fields, max_part_size)
        self._form = state.form
        return state.form

    async def _parse_form(
        self,
        max_files: Union[int, float],
        max_fields: Union[int, float],
        max_part_size: int,
    ) -> FormData:
        from starlette.formparsers import (
            FormParser,
            MultiPartException,
            MultiPartParser,
        )

        content_type = self.headers.get("content-type", "")
        media_type = content_type.partition(";")[0].strip().lower()
        try:
            if media_type == "multipart/form-data":
                return await MultiPartParser(
                    self.headers,
                    self.stream(),
                    max_files=max_files,
                    max_fields=max_fields,
                    max_part_size=max_part_size,
                ).parse()
            if media_type == "application/x-www-form-urlencoded":
                return await FormParser(
                    self.headers,
                    self.stream(),
                    max_fields=max_fields,
                    max_part_size=max_part_size,
                ).parse()
        except MultiPartException as exc:
            if "app" in self.scope:
                raise HTTPException(400, detail=exc.message) from exc
            raise
        from starlette.datastructures import FormData

        return FormData()

    async def close(self) -> None:
        """Close the files of the form, if it was read."""
        form = self._form
        if form is None:
            return
        # As it is: asking for the state of this channel would make one.
        state: Optional[BodyState] = self.scope.get(KEY)
        if state is not None and state.form is form:
            # Closed files are of no use to the next one who asks.
            state.form = None
        await form.close()

    async def is_disconnected(self) -> bool:
        """Tell whether the client has gone, without waiting for it.

        A part of the body that arrives meanwhile is kept for those who read it.
        While more than 64 KiB of it wait to be read, the client counts as connected.
        """
        if not self._is_disconnected:
            self._is_disconnected = await self._looks_disconnected()
        return self._is_disconnected

    async def _looks_disconnected(self) -> bool:
        # The disconnect comes after the body, of which there is always a message,
        # even if it is empty.
        state = self._body_state()
        while state.may_look_ahead:
            is_whole = state.is_whole
            message = await self._next_if_any(state)
            if message is None:
                return False
            if message["type"] == "http.disconnect":
                return True
            if is_whole:  # a channel that repeats its last message for ever
                return False
            state.hold(message)
        return False

    async def _next_if_any(self, state: BodyState) -> Optional[Message]:
        from starlette.concurrency import receive_nowait

        # What a middleware hands on as `receive` gives what is held before anything
        # new, and takes what it gives for read.
        held, is_consumed = state.pending, state.is_consumed
        state.pending = None
        try:
            return await receive_nowait(self._receive)
        finally:
            state.pending, state.is_consumed = held, is_consumed

    async def send_push_promise(self, path: str) -> None:
        """Offer *path* to the client before it asks, where the server can.

        The headers that decide what a client would have asked for are copied from
        this request.  Nothing happens without the ``http.response.push`` extension.
        """
        if "http.response.push" not in (self.scope.get("extensions") or ()):
            return
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name in sorted(SERVER_PUSH_HEADERS_TO_COPY)
            for value in self.headers.getlist(name)
        ]
        await self._send(
            {"type": "http.response.push", "path": path, "headers": headers}
        )

    async def send_early_hints(self, links: Iterable[Union[str, bytes]]) -> None:
        """Send ``Link`` headers ahead of the response: RFC 8297, status 103.

        Nothing happens without the ``http.response.early_hint`` extension.

        Args:
            links: Values of ``Link`` headers, such as
                ``"</style.css>; rel=preload; as=style"``.

        Raises:
            ValueError: A value holds a line break or a null character.
        """
        values = [v.encode("latin-1") if isinstance(v, str) else v for v in links]
        for value in values:
            if b"\r" in value or b"\n" in value or b"\0" in value:
                raise ValueError(
                    "`links` must not hold line breaks or null characters, "
                    f"but got {value!r}"
                )
        if "http.response.early_hint" in (self.scope.get("extensions") or ()):
            await self._send({"type": "http.response.early_hint", "links": values})


# What it was before anybody put something in its place, which has to be heard.
REQUEST_STREAM: Any = Request.stream

HTTPConnection.__module__ = __name__
cookie_parser.__module__ = __name__
