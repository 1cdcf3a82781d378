"""Which status and media type a response has, by two generations of one specification.

*GraphQL over HTTP* as it was to 2025 ("stable"), which clients know and the audits
check: an ``application/json`` response is 200 if the request was well-formed, an
``application/graphql-response+json`` one 400 unless something was executed.  The draft
of August 2026 ("draft"): one status for both types, 422 for what is not malformed but
wrong, 294 for data with errors, and no ``application/json`` but with 2xx.

Both want no 2xx without ``data``: where the program itself fails before there are any,
in a hook for example, that is a 500, or an error of the request if it says so by a
``GraphQLError``.
"""

from __future__ import annotations

from typing import Optional, Tuple

from starlette._graphql.errors import RequestError, cause_of
from starlette._graphql.negotiation import GRAPHQL_JSON, JSON
from starlette._graphql.outcome import Outcome
from starlette._graphql.request import MalformedRequest

__all__ = ("DRAFT", "STABLE", "Rules", "rules_of")

_CHARSET = "; charset=utf-8"


class Rules:
    """The stable rules."""

    def of_outcome(self, outcome: Outcome, json: Optional[str]) -> Tuple[int, str]:
        """Return the status and media type for *outcome*.

        Args:
            outcome: With a payload.
            json: The media type that the client prefers.
        """
        if json == GRAPHQL_JSON:
            return _failure(outcome, 400) or 200, GRAPHQL_JSON + _CHARSET
        return 200, JSON + _CHARSET

    def of_refusal(self, error: RequestError, json: Optional[str]) -> Tuple[int, str]:
        """Return the status and media type for *error*."""
        if json == GRAPHQL_JSON:
            return error.status, GRAPHQL_JSON + _CHARSET
        return error.json_status, JSON + _CHARSET


class DraftRules(Rules):
    """The rules of the draft."""

    def of_outcome(self, outcome: Outcome, json: Optional[str]) -> Tuple[int, str]:
        """Return the status and media type for *outcome*."""
        failure = _failure(outcome, 400 if outcome.stage == "parse" else 422)
        if failure:
            return failure, GRAPHQL_JSON + _CHARSET
        status = 294 if "errors" in (outcome.payload or ()) else 200
        return status, (json or JSON) + _CHARSET

    def of_refusal(self, error: RequestError, json: Optional[str]) -> Tuple[int, str]:
        """Return the status and media type for *error*."""
        status = 422 if isinstance(error, MalformedRequest) else error.status
        return status, GRAPHQL_JSON + _CHARSET


def _failure(outcome: Outcome, refused: int) -> int:
    """Return the status for an outcome without data, *refused* or 500; else 0."""
    if outcome.stage != "executed":
        return refused
    if type(outcome.payload) is not dict or "data" in outcome.payload:
        # A batch, or one that has data.
        return 0
    if any(cause_of(error) is not None for error in outcome.result.errors):
        return 500
    return refused


STABLE: Rules = Rules()
DRAFT: Rules = DraftRules()


def rules_of(http_spec: str) -> Rules:
    """Return the rules that *http_spec* names.

    Raises:
        ValueError: It names none.
    """
    if http_spec not in ("stable", "draft"):
        raise ValueError(
            f'`http_spec` must be "stable" or "draft", but got {http_spec!r}'
        )
    return STABLE if http_spec == "stable" else DRAFT
