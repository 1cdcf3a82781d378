"""The ``send`` that knows whether the response has started.

Whoever answers an exception must know, because a response can be started only once.
The outermost layer that asks puts a ``SendTracker`` in the place of ``send``; layers
further in recognise it by its class and put no second one on top.
"""

from __future__ import annotations

from typing import Awaitable

from starlette.types import Message, Send

__all__ = ("SendTracker",)

STARTS = frozenset({"http.response.start", "websocket.accept"})


class SendTracker:
    """A ``send`` that notes the start of the response.

    Args:
        send: The channel that messages are passed on to.

    Attributes:
        send: As given, or what a middleware has put in its place for a while.
        response_started: Whether ``http.response.start`` or ``websocket.accept`` has
            been passed on: no other response is possible.  Who sets it may use
            ``send`` directly, as responses do: two calls less.
    """

    __slots__ = ("response_started", "send")

    def __init__(self, send: Send) -> None:
        self.send = send
        self.response_started = False

    # Not a coroutine function: it hands on the awaitable it gets.
    def __call__(self, message: Message) -> Awaitable[None]:
        """Pass *message* on, and return what there is to wait for."""
        if message["type"] in STARTS:
            self.response_started = True
        return self.send(message)
