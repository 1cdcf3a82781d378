"""What became of one operation, for the transport to write."""

from __future__ import annotations

from typing import Any, AsyncIterator, Awaitable, Dict, FrozenSet, Optional, Protocol

__all__ = ("ALL_KINDS", "Outcome", "READING", "ResponseStream")

READING: FrozenSet[str] = frozenset({"query", "subscription"})
ALL_KINDS: FrozenSet[str] = READING | {"mutation"}


class ResponseStream(Protocol):
    """What a stream of response maps is: an iterator that has to be closed.

    Closing it, once and begun or not, closes all that it was made of.
    """

    def __aiter__(self) -> AsyncIterator[Dict[str, Any]]: ...

    def __anext__(self) -> Awaitable[Dict[str, Any]]: ...

    def aclose(self) -> Awaitable[None]: ...


class Outcome:
    """What became of one operation.

    Attributes:
        kind: ``"query"``, ``"mutation"``, ``"subscription"``, or ``""`` if the
            document did not get that far.
        stage: Where it ended: ``"parse"``, ``"validate"``, ``"operation"`` (none of
            that name), ``"variables"`` or ``"executed"``.
        payload: The response map, formatted; ``None`` if there are *events*.
        events: The response stream: response maps of a subscription, or payloads of
            incremental delivery.  Whoever has it calls ``aclose()`` on it.
        incremental: Whether *events* are of the latter kind.
        result: What graphql-core returned, if there was one result.
    """

    __slots__ = ("events", "incremental", "kind", "payload", "result", "stage")

    def __init__(
        self,
        kind: str,
        stage: str,
        payload: Optional[Dict[str, Any]],
        events: Optional[ResponseStream] = None,
        incremental: bool = False,
        result: Any = None,
    ) -> None:
        self.kind: str = kind
        self.stage: str = stage
        self.payload: Optional[Dict[str, Any]] = payload
        self.events: Optional[ResponseStream] = events
        self.incremental: bool = incremental
        self.result: Any = result
