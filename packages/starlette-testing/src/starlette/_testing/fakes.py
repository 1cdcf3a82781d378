"""A scripted ``receive`` and a recording ``send``.

They stand where a server would: ``Script`` says what the client sends, and
``Recorder`` keeps what the application answers.  They run in the caller's own
event loop, asyncio or trio, and never sleep: a script that has no message
left blocks, as a server does while its client is silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, List, Optional, Tuple, Union

from starlette._testing.signals import Signal
from starlette.types import ASGIApp, Message, Scope

if TYPE_CHECKING:
    from starlette.datastructures import Headers

__all__ = ("Recorder", "Script", "exchange")


class Script:
    """A ``receive`` callable that hands out the given messages, in order.

    After the last one it hands out *then* for ever; without *then* it blocks
    until it is cancelled, or ``add`` brings more.

    Args:
        *messages: What to hand out.  An exception is raised in its turn.
        then: What follows, each time.

    Attributes:
        pending: The messages not yet handed out.
        calls: How often the application has asked, answered or not.
    """

    def __init__(
        self,
        *messages: Union[Message, BaseException],
        then: Union[Message, BaseException, None] = None,
    ) -> None:
        self.pending: List[Union[Message, BaseException]] = list(messages)
        self.calls: int = 0
        self._then = then
        self._added = Signal()

    @classmethod
    def http(cls, *chunks: bytes, disconnects: bool = False) -> Script:
        """Script a request whose body comes in these chunks.

        Args:
            *chunks: One ``http.request`` message each; none is an empty body.
            disconnects: Whether the client is gone after the body.  If not,
                the script blocks, like a client that waits for its answer.
        """
        last = len(chunks) - 1
        messages: List[Message] = [
            {"type": "http.request", "body": chunk, "more_body": index < last}
            for index, chunk in enumerate(chunks or (b"",))
        ]
        return cls(*messages, then={"type": "http.disconnect"} if disconnects else None)

    @classmethod
    def websocket(cls, *data: Union[str, bytes], code: Optional[int] = None) -> Script:
        """Script a WebSocket client that connects and sends *data*.

        Args:
            *data: One ``websocket.receive`` each, of text or of bytes.
            code: The close code of the disconnect that follows.  Without it
                the script blocks, like a client that waits.
        """
        messages: List[Message] = [{"type": "websocket.connect"}]
        for item in data:
            kind = "text" if isinstance(item, str) else "bytes"
            messages.append({"type": "websocket.receive", kind: item})
        if code is None:
            return cls(*messages)
        return cls(
            *messages, then={"type": "websocket.disconnect", "code": code, "reason": ""}
        )

    @classmethod
    def lifespan(cls) -> Script:
        """Script a server that starts the application and shuts it down."""
        return cls({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})

    def add(self, *messages: Union[Message, BaseException]) -> None:
        """Append messages; a blocked application goes on at once.

        Call it in the thread of the event loop.
        """
        self.pending.extend(messages)
        self._added.notify()

    async def __call__(self) -> Message:
        """Hand out the next message.

        Raises:
            BaseException: An exception of the script, when its turn comes.
        """
        self.calls += 1
        while not self.pending:
            if self._then is not None:
                return _delivered(self._then)
            await self._added.wait()
        return _delivered(self.pending.pop(0))


def _delivered(item: Union[Message, BaseException]) -> Message:
    if isinstance(item, BaseException):
        raise item
    # A copy: what the application does to a message stays out of the script.
    return dict(item)


class Recorder:
    """A ``send`` callable that keeps what the application sends.

    Args:
        error: Raised instead of recording, as by a server whose client is
            gone.
        after: How many messages are recorded before *error* is raised.

    Attributes:
        messages: Everything sent, in order.
    """

    def __init__(
        self, *, error: Optional[BaseException] = None, after: int = 0
    ) -> None:
        self.messages: List[Message] = []
        self._error = error
        self._after = after
        self._recorded = Signal()

    async def __call__(self, message: Message) -> None:
        """Record *message*.

        Raises:
            BaseException: The *error* of the constructor, in its turn.
        """
        if self._error is not None and len(self.messages) >= self._after:
            raise self._error
        self.messages.append(message)
        self._recorded.notify()

    async def wait_for(self, type: str, count: int = 1) -> Message:
        """Block until *count* messages of this type are recorded; return the last.

        Never times out by itself: wrap it in ``anyio.fail_after``.
        """
        while True:
            found = self.of_type(type)
            if len(found) >= count:
                return found[count - 1]
            await self._recorded.wait()

    def of_type(self, type: str) -> List[Message]:
        """Return the messages of this type, in order."""
        return [message for message in self.messages if message["type"] == type]

    @property
    def status(self) -> int:
        """The status code of the response.

        Raises:
            AssertionError: No response was started.
        """
        return int(self._start()["status"])

    @property
    def raw_headers(self) -> List[Tuple[bytes, bytes]]:
        """The headers of the response, as they were sent.

        Raises:
            AssertionError: No response was started.
        """
        return [(name, value) for name, value in self._start().get("headers", ())]

    @property
    def headers(self) -> Headers:
        """The headers of the response, looked up by name without regard to case.

        Raises:
            AssertionError: No response was started.
        """
        from starlette.datastructures import Headers

        return Headers(raw=self.raw_headers)

    @property
    def body(self) -> bytes:
        """Every part of the response's body, joined."""
        return b"".join(part.get("body", b"") for part in self._parts())

    @property
    def is_complete(self) -> bool:
        """Whether the last part of the body was sent."""
        parts = self._parts()
        return bool(parts) and not parts[-1].get("more_body", False)

    @property
    def data(self) -> List[Union[str, bytes]]:
        """What was sent over the WebSocket, text as ``str`` and the rest as bytes."""
        return [_data(message) for message in self.of_type("websocket.send")]

    @property
    def close_code(self) -> Optional[int]:
        """The code the WebSocket was closed with; None while it is open."""
        closed = self.of_type("websocket.close")
        return closed[0].get("code", 1000) if closed else None

    def _start(self) -> Message:
        for message in self.messages:
            if message["type"].endswith("http.response.start"):
                return message
        sent = ", ".join(str(message["type"]) for message in self.messages)
        raise AssertionError(f"No response was started; sent: {sent or 'nothing'}.")

    def _parts(self) -> List[Message]:
        return [m for m in self.messages if m["type"].endswith("http.response.body")]


def _data(message: Message) -> Union[str, bytes]:
    text: Optional[str] = message.get("text")
    data: Union[str, bytes] = message["bytes"] if text is None else text
    return data


async def exchange(
    app: ASGIApp,
    scope: Scope,
    receive: Union[Script, Iterable[bytes], None] = None,
) -> Recorder:
    """Call *app* once, in this task, and return what it sent.

    Args:
        app: An ASGI 3 application.
        scope: Such as ``http_scope()`` makes.
        receive: A script, or the chunks of a request body.  Without it the
            request has an empty body, and the client waits for the answer.

    Raises:
        BaseException: Whatever *app* raises, unchanged.
    """
    script = receive if isinstance(receive, Script) else Script.http(*(receive or ()))
    recorder = Recorder()
    await app(scope, script, recorder)
    return recorder
