"""Which status and media type a response has, by two generations of one specification.

*GraphQL over HTTP* as it was to 2025 ("stable"), which clients know and the audits
check: an ``application/json`` response is 200 if the request was well-formed, an
``application/graphql-response+json`` one 400 unless something was executed.  The draft
of August 2026 ("draft"): one status for both types, 422 for what is not malformed but
wrong, 294 for data with errors, and no ``application/json`` but with 2xx.
"""

from __future__ import annotations

from typing import Optional, Tuple

from starlette._graphql.errors import RequestError
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
            status = 200 if outcome.stage == "executed" else 400
            return status, GRAPHQL_JSON + _CHARSET
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
        if outcome.stage != "executed":
            status = 400 if outcome.stage == "parse" else 422
            return status, GRAPHQL_JSON + _CHARSET
        status = 294 if "errors" in (outcome.payload or ()) else 200
        return status, (json or JSON) + _CHARSET

    def of_refusal(self, error: RequestError, json: Optional[str]) -> Tuple[int, str]:
        """Return the status and media type for *error*."""
        status = 422 if isinstance(error, MalformedRequest) else error.status
        return status, GRAPHQL_JSON + _CHARSET


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
