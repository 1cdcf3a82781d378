"""What became of one operation, for the transport to write."""

from __future__ import annotations

from typing import Any, AsyncGenerator, Dict, Optional

__all__ = ("ALL_KINDS", "Outcome", "READING")

READING = frozenset({"query", "subscription"})
ALL_KINDS = READING | {"mutation"}


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
        events: Optional[AsyncGenerator[Dict[str, Any], None]] = None,
        incremental: bool = False,
        result: Any = None,
    ) -> None:
        self.kind = kind
        self.stage = stage
        self.payload = payload
        self.events = events
        self.incremental = incremental
        self.result = result
