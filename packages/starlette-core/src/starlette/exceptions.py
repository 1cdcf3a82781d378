"""The exceptions that are answered on the wire, and the family's warning.

``HTTPException`` becomes a response and ``WebSocketException`` a close frame
when ``ExceptionMiddleware`` catches them, which is done elsewhere.  Here they
only carry the facts: nothing of a request is kept on them, so that a stored
exception keeps no request alive.
"""

from __future__ import annotations

from typing import Dict, Mapping, Optional

__all__ = ("HTTPException", "StarletteDeprecationWarning", "WebSocketException")

# Phrases looked up so far.  The two that routing raises stand here from the
# start, so that a process which only ever says 404 does not import ``http``;
# the others here are missing from ``HTTPStatus`` in Python 3.8.
_phrases: Dict[int, str] = {
    103: "Early Hints",
    404: "Not Found",
    405: "Method Not Allowed",
    418: "I'm a Teapot",
    425: "Too Early",
}


def _look_up_phrase(status_code: int) -> str:
    from http import HTTPStatus

    phrase = HTTPStatus(status_code).phrase
    # Bounded: only codes that HTTPStatus knows get here.
    _phrases[status_code] = phrase
    return phrase


class HTTPException(Exception):
    """Ends the handling of a request with an error response.

    Args:
        status_code: The status of the response (RFC 9110, section 15).
        detail: The text of the response.  The standard phrase of the status
            when left out.
        headers: Further headers of the response, name to value.

    Attributes:
        status_code: As given.
        detail: As given, or the standard phrase.
        headers: As given.

    Raises:
        ValueError: *detail* was left out and *status_code* has no standard
            phrase.
    """

    def __init__(
        self,
        status_code: int,
        detail: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> None:
        if detail is None:
            detail = _phrases.get(status_code) or _look_up_phrase(status_code)
        self.status_code = status_code
        self.detail = detail
        self.headers = headers

    def __str__(self) -> str:
        return f"{self.status_code}: {self.detail}"

    def __repr__(self) -> str:
        facts = f"status_code={self.status_code!r}, detail={self.detail!r}"
        return f"{type(self).__name__}({facts})"


class WebSocketException(Exception):
    """Ends a WebSocket session with a close frame.

    Args:
        code: The close code (RFC 6455, section 7.4).
        reason: The text of the close frame, at most 123 bytes of UTF-8.  Empty
            when left out.

    Attributes:
        code: As given.
        reason: As given, or an empty string.
    """

    def __init__(self, code: int, reason: Optional[str] = None) -> None:
        self.code = code
        self.reason: str = reason or ""

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(code={self.code!r}, reason={self.reason!r})"


class StarletteDeprecationWarning(DeprecationWarning):
    """Says that something of this family is going away, and what replaces it.

    A ``DeprecationWarning``, so that filters for that class apply to it, and a
    class of its own, so that it can be told from everybody else's.
    """
