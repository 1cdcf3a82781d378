"""From the text of a document to what can be executed: parse, measure, validate."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Type

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    validate,
)
from graphql.language import REMOVE, Visitor, visit

from starlette._graphql.compat import RULES
from starlette._graphql.documents import (
    DocumentCache,
    PreparedDocument,
    PreparedOperation,
)
from starlette._graphql.errors import failure_of
from starlette._graphql.limits import GraphQLLimits
from starlette._graphql.measure import LimitExceeded, exceeded

__all__ = ("Preparer",)

_INCREMENTAL = ("defer", "stream")


class Preparer:
    """Prepares documents for one schema, and keeps them.

    Args:
        schema: The schema.
        limits: What a document may ask for.
        rules: Rules of validation beside those of the specification.
        introspection: Whether the schema may be asked about itself.  If not, errors
            suggest no names either.
        entries: How many documents are kept.
        size: How many bytes those may come to.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: GraphQLLimits,
        *,
        rules: Tuple[Type[Any], ...] = (),
        introspection: bool = True,
        entries: int = 1000,
        size: int = 64 * 1024 * 1024,
    ) -> None:
        self.schema: GraphQLSchema = schema
        self.limits: GraphQLLimits = limits
        self.introspection: bool = introspection
        if not introspection:
            rules = (NoSchemaIntrospectionCustomRule, *rules)
        self.rules: Tuple[Type[Any], ...] = (*RULES, *rules)
        self.cache: DocumentCache = DocumentCache(entries, size)

    def prepare(self, text: str) -> PreparedDocument:
        """Return what comes of *text*; its errors are part of that."""
        prepared = self.cache.get(text)
        if prepared is None:
            prepared = self._prepare(text)
            # A scalar that failed may not do so the next time.
            if not any(failure_of(error) for error in prepared.errors):
                for error in prepared.errors:
                    _detach(error)
                self.cache.put(text, prepared)
        return prepared

    def cost(
        self, operation: PreparedOperation, variables: Optional[Dict[str, Any]]
    ) -> int:
        """Return what *operation* costs with these *variables*."""
        from starlette._graphql.cost import cost_of

        return cost_of(
            self.schema, self.limits, operation.document, operation.node, variables
        )

    def _prepare(self, text: str) -> PreparedDocument:
        limit = self.limits.characters
        if limit is not None and len(text) > limit:
            # Comments and white space are no tokens, but have to be read as well.
            return PreparedDocument("parse", [LimitExceeded("characters", limit)])
        try:
            document = parse(text, max_tokens=self.limits.tokens)
            errors = self._check(document)
        except GraphQLError as exc:
            return PreparedDocument("parse", [exc])
        except RecursionError:
            # Of the parser, or of a rule.
            problem = GraphQLError("The document is nested too deeply.")
            return PreparedDocument("parse", [problem])
        if errors:
            return PreparedDocument("validate", errors)
        return PreparedDocument("", [], document, _operations(text, document))

    def _check(self, document: DocumentNode) -> List[GraphQLError]:
        problem = exceeded(document, self.limits)
        if problem is not None:
            return [problem]
        return validate(
            self.schema,
            document,
            self.rules,
            hide_suggestions=not self.introspection,
        )


def _detach(error: Optional[BaseException]) -> None:
    # Kept for long, an error must not hold the frames that it went through.
    while error is not None:
        error.__traceback__ = None
        error = getattr(error, "original_error", None)


def _operations(
    text: str, document: DocumentNode
) -> Dict[Optional[str], PreparedOperation]:
    at_once = document
    # Nearly no document has them, and looking for a word is much faster.
    if "defer" in text or "stream" in text:
        at_once = visit(document, _WithoutIncremental())
    return {
        (node.name.value if node.name else None): PreparedOperation(
            node, at_once, document if at_once is not document else None, text
        )
        for node in at_once.definitions
        if isinstance(node, OperationDefinitionNode)
    }


class _WithoutIncremental(Visitor):
    """Takes ``@defer`` and ``@stream`` out.

    A server may do at once what a client would let it defer.
    """

    @staticmethod
    def enter_directive(node: DirectiveNode, *_args: Any) -> Any:
        """Remove the two directives."""
        return REMOVE if node.name.value in _INCREMENTAL else None
