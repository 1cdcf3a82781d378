"""Errors: those that refuse a request, and those that an operation ends with.

A ``RequestError`` refuses a request before anything is executed.  What an operation
ends with are errors of graphql-core; ``ErrorFormatter`` says what of them the client
may see.  An error counts as expected if somebody meant it to be read: a
``GraphQLError``, also where a resolver raised it.  Anything else is logged with its
traceback, and the client is told no more than that it happened.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from graphql import GraphQLError

__all__ = ("ConnectionRejected", "ErrorFormatter", "RequestError", "UNEXPECTED")

UNEXPECTED = "Unexpected error."

# What Python's own conversions raise for a value that they do not take.
_REFUSALS = (ValueError, TypeError, LookupError, ArithmeticError)

Formatter = Callable[[GraphQLError], Mapping[str, Any]]


class RequestError(Exception):
    """The request is refused, before anything is executed.

    Args:
        status: The HTTP status.
        message: For the client.
        code: For programs: ``extensions.code`` of the error.
        headers: What the response carries besides.
        json_status: The status where the answer is ``application/json`` under the
            stable rules, if that is another one.

    Attributes:
        status: As given.
        message: As given.
        code: As given.
        headers: As given, a dict.
        json_status: As given, or *status*.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
        json_status: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.status: int = status
        self.message: str = message
        self.code: Optional[str] = code
        self.headers: Dict[str, str] = dict(headers or {})
        self.json_status: int = status if json_status is None else json_status

    def payload(self) -> Dict[str, Any]:
        """Return the response map: ``{"errors": [{"message": ...}]}``, no data."""
        error: Dict[str, Any] = {"message": self.message}
        if self.code is not None:
            error["extensions"] = {"code": self.code}
        return {"errors": [error]}


class ConnectionRejected(Exception):
    """Raised by ``on_connect``: the WebSocket is closed.

    Args:
        reason: Sent to the client, at most 123 bytes of it.
        code: The close code, 4403 ("Forbidden") by default.

    Attributes:
        reason: As given.
        code: As given.
    """

    def __init__(self, reason: str = "Forbidden", code: int = 4403) -> None:
        super().__init__(reason)
        self.reason: str = reason
        self.code: int = code


class ErrorFormatter:
    """Makes the members of ``errors`` from the errors of graphql-core.

    Args:
        mask: Whether unexpected errors are hidden from the client.
        debug: Whether the client gets unexpected errors with their tracebacks, as
            ``extensions.exception``; then nothing is masked.
        format_error: Makes the member from a ``GraphQLError`` that may be masked
            already; ``error.formatted`` by default.
    """

    def __init__(
        self,
        mask: bool = True,
        debug: bool = False,
        format_error: Optional[Formatter] = None,
    ) -> None:
        self.mask: bool = mask and not debug
        self.debug: bool = debug
        self.format_error: Optional[Formatter] = format_error

    def request_errors(self, errors: Sequence[GraphQLError]) -> List[Dict[str, Any]]:
        """Format errors of a document or its variables: the client's own.

        What a scalar says of a value it refuses is part of the message.  If it fails
        in another way, that is logged and masked.
        """
        return [self._member(error, failure_of(error)) for error in errors]

    def field_errors(self, errors: Sequence[GraphQLError]) -> List[Dict[str, Any]]:
        """Format errors of an execution; log the unexpected ones."""
        return [self._member(error, cause_of(error)) for error in errors]

    def unexpected(self, cause: Exception) -> List[Dict[str, Any]]:
        """Log what nobody has made a ``GraphQLError`` of, and format it."""
        return self.field_errors([GraphQLError(str(cause), original_error=cause)])

    def _member(
        self, error: GraphQLError, cause: Optional[BaseException]
    ) -> Dict[str, Any]:
        if cause is None:
            return self._format(error)
        _log(error, cause)
        if self.mask:
            error = GraphQLError(
                UNEXPECTED, error.nodes, error.source, error.positions, error.path
            )
        member = self._format(error)
        if self.debug:
            extensions = dict(member.get("extensions") or {})
            extensions["exception"] = describe(cause)
            member["extensions"] = extensions
        return member

    def _format(self, error: GraphQLError) -> Dict[str, Any]:
        if self.format_error is None:
            return dict(error.formatted)
        return dict(self.format_error(error))


def cause_of(error: GraphQLError) -> Optional[BaseException]:
    """Return the unexpected exception behind *error*, or None if it is expected.

    Args:
        error: Located by graphql-core, so that what was raised is its original.  If
            that is a ``GraphQLError`` it is meant to be read, whatever its own
            original is.
    """
    cause = error.original_error
    return None if isinstance(cause, GraphQLError) else cause


def failure_of(error: GraphQLError) -> Optional[BaseException]:
    """Return the exception of a scalar that failed, rather than refuse a value.

    Args:
        error: Of a document or its variables: graphql-core may have wrapped what the
            scalar raised more than once.
    """
    cause: Optional[BaseException] = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return None if isinstance(cause, _REFUSALS) else cause


def describe(cause: BaseException) -> Dict[str, Any]:
    """Return ``{"type": name, "traceback": lines}`` of *cause*."""
    import traceback

    lines = traceback.format_exception(type(cause), cause, cause.__traceback__)
    return {
        "type": type(cause).__name__,
        "traceback": "".join(lines).splitlines(),
    }


def _log(error: GraphQLError, cause: BaseException) -> None:
    import logging

    path = ".".join(map(str, error.path or ()))
    logging.getLogger("starlette.graphql").error(
        "Unexpected error in field %r",
        path,
        exc_info=(type(cause), cause, cause.__traceback__),
    )
