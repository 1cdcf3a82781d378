"""What is known of the body of one request, kept on its scope.

A body comes once, through one ``receive``.  Several ``Request`` objects may be made
for it (by a middleware, by a tool that reports errors, by the endpoint), and each
may ask for it; so what was read is remembered beside the scope, for everyone who
would read the same channel.  A ``Request`` with another channel is given another
body on purpose, by a program that replays or rewrites it, and starts afresh.
"""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Callable, Optional
from weakref import ref

from starlette.types import Message, Receive, Scope

if TYPE_CHECKING:
    from starlette.datastructures import FormData

__all__ = ("BodyState", "body_state")

KEY = "starlette.request_body"

# How much of a body nobody reads is held while looking for a disconnect behind it,
# in bytes.  The rest stays with the server, which slows the client down.
LOOK_AHEAD = 64 * 1024


class BodyState:
    """The body behind one channel.

    Attributes:
        data: The whole body, once somebody has asked for it.
        form: The parsed form, once somebody has asked for it.
        is_consumed: Whether the last message of the body has been received.
        pending: What was received while looking for a disconnect, as one message
            that belongs to whoever reads next.
    """

    # On the class: a body that is read at once needs none of them.
    form: Optional[FormData] = None
    is_consumed = False
    pending: Optional[Message] = None
    data: Optional[bytes] = None
    _function: Any = None

    def __init__(self, receive: Receive) -> None:
        if type(receive) not in SILENT:
            receive = channel_of(receive)
        if type(receive) is MethodType:
            self._function = receive.__func__
        # Weak, because servers keep the scope on the object whose method
        # ``receive`` is, and a strong reference would close the circle: every
        # body would stay in memory until the garbage collector comes by.
        owner = owner_of(receive)
        try:
            self._owner: Callable[[], Any] = ref(owner)
        except TypeError:  # an object without room for weak references
            self._owner = lambda: owner

    @property
    def is_whole(self) -> bool:
        """Whether the end of the body is held."""
        return self.pending is not None and not self.pending.get("more_body", False)

    @property
    def may_look_ahead(self) -> bool:
        """Whether the next message may be received before the body is read."""
        held = self.pending
        return held is None or self.is_whole or len(held["body"]) < LOOK_AHEAD

    def hold(self, message: Message) -> None:
        """Keep a message of the body, behind those that are kept already."""
        body = message.get("body") or b""
        if self.pending is not None:
            body = self.pending["body"] + body
        self.pending = {**message, "body": body}

    def take_pending(self) -> Optional[Message]:
        """Return the pending message, which is pending no more."""
        message = self.pending
        if message is not None:
            self.pending = None
        return message

    def is_of(self, receive: Receive) -> bool:
        """Tell whether *receive* is the channel that this body came through."""
        receive = channel_of(receive)
        return (
            self._owner() is owner_of(receive)
            and getattr(receive, "__func__", None) is self._function
        )


SILENT = (FunctionType, MethodType)


def channel_of(receive: Receive) -> Receive:
    """Return what *receive* passes on, if it says that it passes something on."""
    # Functions and methods, which nearly all of them are, say nothing.
    while type(receive) not in SILENT and hasattr(receive, "channel"):
        receive = receive.channel
    return receive


def owner_of(receive: Receive) -> Any:
    """Return the object whose method *receive* is, or *receive* itself."""
    return getattr(receive, "__self__", receive)


def body_state(scope: Scope, receive: Receive, is_readable: bool) -> BodyState:
    """Return what is known of the body that *receive* would give.

    Args:
        scope: The request's.
        receive: The channel of the one who asks.
        is_readable: Whether anything can be read from *receive* at all; if not,
            whatever was read by others will do.
    """
    state: Optional[BodyState] = scope.get(KEY)
    if state is None or (is_readable and not state.is_of(receive)):
        state = scope[KEY] = BodyState(receive)
    return state
