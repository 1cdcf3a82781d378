"""Headers that a middleware puts on a response as it starts.

The message of the application stays as it was: it, or its list of headers, may be a
constant that the application sends again and again.
"""

from __future__ import annotations

from typing import Awaitable, Dict, FrozenSet, Iterable, List, Mapping, Tuple

from starlette._headers import header_name, header_value
from starlette.types import Message, Send

__all__ = ("Additions", "Pair", "encoded", "sending", "vary_pair")

Pair = Tuple[bytes, bytes]

START = "http.response.start"
VARY = b"vary"


def encoded(headers: Mapping[str, str]) -> Tuple[Pair, ...]:
    """Return *headers* as ASGI wants them.

    Raises:
        ValueError: If a name or value contains CR, LF or NUL.
    """
    return tuple((header_name(k), header_value(v)) for k, v in headers.items())


class Additions:
    """Headers to set, in place of those of the same names; ``Vary`` is added to.

    Args:
        pairs: The headers, names in lower case; ``Vary`` is one of them.

    Attributes:
        pairs: As given.
        names: Their names.
        tail: As given, in a list.
    """

    __slots__ = ("names", "pairs", "tail")

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self.pairs: Tuple[Pair, ...] = tuple(pairs)
        self.names: FrozenSet[bytes] = frozenset([name for name, _ in self.pairs])
        # So that a list of headers and this one need only be joined.
        self.tail: List[Pair] = [*self.pairs]

    def to(self, start: Message) -> Message:
        """Return a copy of *start* with the headers, whatever it has already."""
        given: List[Pair] = list(start.get("headers") or ())
        headers = [pair for pair in given if pair[0] not in self.names]
        headers += [pair for pair in self.pairs if pair[0] != VARY]
        headers.append(vary_pair([*given, *self.pairs]))
        return {**start, "headers": headers}


def vary_pair(headers: Iterable[Pair]) -> Pair:
    """Return the one ``Vary`` that says what all those of *headers* say.

    ``*`` stands for everything (RFC 9110, section 12.5.5).
    """
    names: Dict[bytes, bytes] = {}
    for name, value in headers:
        if name == VARY:
            for field in value.split(b","):
                names.setdefault(field.strip().lower(), field.strip())
    names.pop(b"", None)
    if b"*" in names:
        return VARY, b"*"
    return VARY, b", ".join(names.values())


def sending(additions: Additions, send: Send) -> Send:
    """Return a ``send`` that puts *additions* on the response."""

    # Defaults, because each variable from outside would be made an object: a third of
    # what the wrapper costs.  Not a coroutine function: it hands on what it gets.
    def send_with_headers(
        message: Message, additions: Additions = additions, send: Send = send
    ) -> Awaitable[None]:
        if message["type"] == START:
            given = message.get("headers")
            if type(given) is not list:
                return send(additions.to(message))
            # Nearly always none of them is there; a comprehension would take as long
            # as all the rest, and {**message} twice as long as dict().
            names = additions.names
            for name, _ in given:
                if name in names:
                    return send(additions.to(message))
            message = dict(message)
            message["headers"] = given + additions.tail
        return send(message)

    return send_with_headers
