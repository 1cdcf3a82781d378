"""The responses that send a rendered template.

Each has the template and its context as attributes, and tells them to test clients
through the ASGI extension ``http.response.debug``.  They differ in when they render:
at once (``_TemplateResponse``), when they are sent (``_LateTemplateResponse``), while
they are sent (``_StreamingTemplateResponse``).
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterable,
    AsyncIterator,
    Dict,
    Iterator,
    List,
    Mapping,
    Optional,
)

from starlette._templating.lookup import name_places
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.background import BackgroundTask

__all__ = (
    "_LateTemplateResponse",
    "_StreamingTemplateResponse",
    "_TemplateResponse",
    "is_async",
)


def is_async(template: Any) -> bool:
    """Tell whether *template* can be rendered on the event loop alone."""
    env = getattr(template, "environment", None)
    return env is not None and bool(env.is_async)


class _TemplateResponse(HTMLResponse):
    """A page that is rendered when the response is made.

    Args:
        template: A template of Jinja2, whose environment is not asynchronous.
        context: The variables of the template.
        status_code: The status.
        headers: Further headers.
        media_type: The media type, instead of ``text/html``.
        background: Awaited when the page has been sent.

    Attributes:
        template: As given.
        context: As given.

    Raises:
        jinja2.TemplateError: The template cannot be rendered.
        Exception: What the template raises.
    """

    template: Any
    context: Dict[str, Any]

    def __init__(
        self,
        template: Any,
        context: Dict[str, Any],
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
    ) -> None:
        self.template = template
        self.context = context
        super().__init__(
            _render(template, context), status_code, headers, media_type, background
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page, as an ASGI application, then await ``background``."""
        if scope.get("extensions"):
            await _send_debug_info(self, scope, send)
        await super().__call__(scope, receive, send)


class _LateTemplateResponse(_TemplateResponse):
    """A page that is rendered when it is sent: without blocking, in one way or another.

    It has no ``body`` and no ``Content-Length`` until then.  What the template reads
    must be there for so long.

    Args:
        template: A template.  An asynchronous one is rendered on the event loop, any
            other in a worker thread.
        context: As for ``_TemplateResponse``, like those that follow.
    """

    def __init__(
        self,
        template: Any,
        context: Dict[str, Any],
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
    ) -> None:
        # No super().__init__(): it would render.
        self.template = template
        self.context = context
        self.status_code = status_code
        self.background = background
        if media_type is not None:
            self.media_type = media_type
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Render the page and send it, then await ``background``.

        Raises:
            Exception: What the template raises; nothing has been sent by then.
        """
        if not hasattr(self, "body"):
            self.body = self.render(await self._rendered())
            status = self.status_code
            # 1xx, 204 and 304 have no content (RFC 9110, section 6.4.1).
            if status >= 200 and status not in (204, 304):
                self.headers.setdefault("content-length", str(len(self.body)))
        await super().__call__(scope, receive, send)

    async def _rendered(self) -> str:
        template, context = self.template, self.context
        if not is_async(template):
            from starlette.concurrency import run_in_threadpool

            return await run_in_threadpool(_render, template, context)
        try:
            text: str = await template.render_async(context)
        except LookupError as error:
            name_places(error, getattr(template, "environment", None))
            raise
        return text


class _StreamingTemplateResponse(StreamingResponse):
    """A page that is rendered while it is sent.

    The response starts when the first piece is ready: an error before that is
    answered as any other, one after it breaks the response off.

    Args:
        template: A template.  An asynchronous one is rendered on the event loop, any
            other in worker threads, somewhat ahead.
        context: As for ``_TemplateResponse``, like those that follow.
        buffer_size: How many characters make a piece; 1 sends whatever there is.

    Attributes:
        template: As given.
        context: As given.
    """

    template: Any
    context: Dict[str, Any]
    body_iterator: AsyncIterable[Any]
    media_type: Optional[str] = "text/html"

    def __init__(
        self,
        template: Any,
        context: Dict[str, Any],
        status_code: int = 200,
        headers: Optional[Mapping[str, str]] = None,
        media_type: Optional[str] = None,
        background: Optional[BackgroundTask] = None,
        *,
        buffer_size: int,
    ) -> None:
        if buffer_size < 1:
            raise ValueError(f"`buffer_size` must be positive, but got {buffer_size}.")
        self.template = template
        self.context = context
        generate = _pieces_async if is_async(template) else _pieces
        pieces: Any = generate(template, context, buffer_size)
        super().__init__(pieces, status_code, headers, media_type, background)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Render and send the page, then await ``background``.

        Raises:
            ClientDisconnect: If ``send`` raises ``OSError`` (ASGI 2.4 and later).
            Exception: What the template raises.
        """
        pieces = _Begun(self.body_iterator.__aiter__())
        self.body_iterator = pieces
        is_ready = False
        try:
            await pieces.begin()
            if scope.get("extensions"):
                await _send_debug_info(self, scope, send)
            is_ready = True
        finally:
            if not is_ready:
                await pieces.aclose()
        await super().__call__(scope, receive, send)


class _Begun:
    """An async iterator whose first item is there already."""

    def __init__(self, items: Any) -> None:
        self._items = items
        self._first: List[str] = []

    async def begin(self) -> None:
        async for item in self._items:
            self._first.append(item)
            return

    def __aiter__(self) -> _Begun:
        return self

    async def __anext__(self) -> str:
        if self._first:
            return self._first.pop()
        item: str = await self._items.__anext__()
        return item

    async def aclose(self) -> None:
        # Programs put iterators of their own around the body.
        close = getattr(self._items, "aclose", None)
        if close is not None:
            await close()


async def _send_debug_info(response: Any, scope: Scope, send: Send) -> None:
    # Refusals of WebSockets have no such message.
    if "http.response.debug" in scope["extensions"] and scope["type"] == "http":
        info = {"template": response.template, "context": response.context}
        await send({"type": "http.response.debug", "info": info})


def _render(template: Any, context: Dict[str, Any]) -> str:
    try:
        text: str = template.render(context)
    except LookupError as error:
        name_places(error, getattr(template, "environment", None))
        raise
    return text


# The loop stands twice: a method of both that took piece by piece made a page of many
# small pieces a fifth dearer.


def _pieces(template: Any, context: Dict[str, Any], size: int) -> Iterator[str]:
    pieces = template.generate(context)
    held: List[str] = []
    length = 0
    try:
        for piece in pieces:
            held.append(piece)
            length += len(piece)
            if length >= size:
                yield "".join(held)
                held.clear()
                length = 0
    except LookupError as error:
        name_places(error, getattr(template, "environment", None))
        raise
    finally:
        pieces.close()
    if length:
        yield "".join(held)


async def _pieces_async(
    template: Any, context: Dict[str, Any], size: int
) -> AsyncIterator[str]:
    pieces = template.generate_async(context)
    held: List[str] = []
    length = 0
    try:
        async for piece in pieces:
            held.append(piece)
            length += len(piece)
            if length >= size:
                yield "".join(held)
                held.clear()
                length = 0
    except LookupError as error:
        name_places(error, getattr(template, "environment", None))
        raise
    finally:
        await pieces.aclose()
    if length:
        yield "".join(held)
