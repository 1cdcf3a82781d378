"""The response whose body comes in pieces.

Whatever ends it early (the client, an error, a cancellation), the iterator is
closed before the response returns, in the task that runs it.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterable,
    Iterable,
    Mapping,
    Optional,
    Union,
)

from starlette._response import Response, denial_send
from starlette._send_tracker import SendTracker
from starlette._until import disconnect
from starlette.concurrency import iterate_in_threadpool, run_until
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.background import BackgroundTask

__all__ = (
    "AsyncContentStream",
    "Content",
    "ContentStream",
    "StreamingResponse",
    "SyncContentStream",
)

Content = Union[str, bytes, memoryview]
# Of anything: what a subclass renders is its own affair.
SyncContentStream = Iterable[Any]
AsyncContentStream = AsyncIterable[Any]
ContentStream = Union[AsyncContentStream, SyncContentStream]


class StreamingResponse(Response):
    """A response whose body is what an iterator yields, sent piece by piece.

    When the client goes, the iterator is cancelled where it waits, and closed.
    ``background`` runs then too, unless the server reports the loss through an
    ``OSError`` of ``send`` (ASGI 2.4), which becomes a ``ClientDisconnect``.

    Args:
        content: An async iterable, or a plain one, which is read in worker threads
            and somewhat ahead; of bytes, or of text to be encoded.
        status_code: The status.
        headers: Headers to send.  There is no ``Content-Length`` unless it is here.
        media_type: The media type, instead of the class's own.
        background: Awaited when the body has been sent.

    Attributes:
        body_iterator: The async iterable that is sent.

    Raises:
        TypeError: If *content* cannot be iterated over.
        ValueError: If a header or the media type contains CR, LF or NUL.
    """

    body_iterator: AsyncIterable[Any]
    # Set while the body is sent: the iterator itself, and its own OSError.
    _iterator: Any = None
    _body_error: Optional[OSError] = None

    def __init__(
        self,
        content: ContentStream,
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
    ) -> None:
        if isinstance(content, AsyncIterable):
            self.body_iterator = content
        elif hasattr(content, "__iter__"):
            self.body_iterator = iterate_in_threadpool(content)
        else:
            raise TypeError(
                "`content` must be an iterable or an async iterable, "
                f"but got {type(content).__name__}."
            )
        self.status_code = status_code
        self.background: Optional[BackgroundTask] = background
        if media_type is not None:
            self.media_type: Optional[str] = media_type
        self.init_headers(headers)

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """Return when the client has gone."""
        await disconnect(receive)

    async def stream_response(self, send: Send) -> None:
        """Send the start of the response, its pieces and its end."""
        await send(self._start(self.status_code))
        if type(send) is SendTracker:
            # It has seen the start, and there is nothing else it looks for: a quarter
            # of what a small piece costs.
            send = send.send
        self._iterator = iterator = self.body_iterator.__aiter__()
        is_sending = False
        try:
            async for piece in iterator:
                # The type first: nearly all pieces are bytes, and asking isinstance()
                # for two types costs a tenth of what sending one does.
                if type(piece) is not bytes and not isinstance(piece, memoryview):
                    piece = Response.render(self, piece)
                is_sending = True
                await send(
                    {"type": "http.response.body", "body": piece, "more_body": True}
                )
                is_sending = False
        except OSError as error:
            if not is_sending:
                self._body_error = error
            raise
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, as an ASGI application, then await ``background``.

        Raises:
            ClientDisconnect: If ``send`` raises ``OSError`` (ASGI 2.4 and later).
        """
        if scope["type"] == "websocket":
            send = denial_send(send)
        is_complete = False
        try:
            work = self.stream_response(send)
            if _send_raises(scope):
                await work
                is_complete = True
            else:
                listen = partial(self.listen_for_disconnect, receive)
                is_complete = await run_until(work, listen)
        except OSError as error:
            if not _send_raises(scope) or error is self._body_error:
                raise
            from starlette.requests import ClientDisconnect

            raise ClientDisconnect from error
        finally:
            if not is_complete:
                await self._close_iterator()
        if self.background is not None:
            await self.background()

    async def _close_iterator(self) -> None:
        iterator = self.body_iterator if self._iterator is None else self._iterator
        self._body_error = None
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()


def _send_raises(scope: Scope) -> bool:
    """Tell whether ``send`` raises ``OSError`` when the client has gone."""
    return _is_since_2_4((scope.get("asgi") or {}).get("spec_version", "2.0"))


@lru_cache(maxsize=16)
def _is_since_2_4(version: str) -> bool:
    major, _, minor = version.partition(".")
    return (int(major), int(minor or 0)) >= (2, 4)
