"""Documents, made ready to be executed, and kept.

Parsing and validating cost far more than executing, so what comes of a text is kept
by that text: its operations, or the errors that it has.  The cache belongs to one
schema and one set of rules, is bounded by entries and by bytes, and drops what was
used longest ago.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Dict, List, Optional

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode

__all__ = ("DocumentCache", "PreparedDocument", "PreparedOperation")

# What a document takes, executed once, by tracemalloc: 16 kB for the smallest, and 140
# to 370 bytes a character for longer ones.
_BYTES = 12_000
_BYTES_A_CHARACTER = 250


class PreparedOperation:
    """One operation of a valid document.

    Args:
        node: Its definition in *document*.
        document: The document, without ``@defer`` and ``@stream``.
        deferring: The document with them, if it has any.

    Attributes:
        kind: ``"query"``, ``"mutation"`` or ``"subscription"``.
        name: Its name, or ``None``.
        node: As given.
        document: As given.
        deferring: As given.
        compiled: What executes it faster than graphql-core; ``None`` if nothing
            does.
        is_compiled: Whether compiling has been tried.
    """

    __slots__ = (
        "compiled",
        "deferring",
        "document",
        "is_compiled",
        "kind",
        "name",
        "node",
    )

    def __init__(
        self,
        node: OperationDefinitionNode,
        document: DocumentNode,
        deferring: Optional[DocumentNode],
    ) -> None:
        self.kind: str = node.operation.value
        self.name: Optional[str] = node.name.value if node.name else None
        self.node: OperationDefinitionNode = node
        self.document: DocumentNode = document
        self.deferring: Optional[DocumentNode] = deferring
        self.compiled: Any = None
        self.is_compiled: bool = False


class PreparedDocument:
    """What came of a text.

    Attributes:
        stage: ``"parse"`` or ``"validate"``, where *errors* were found.
        errors: Empty for a document that can be executed.
        document: ``None`` if it could not be parsed.
        operations: By name; an anonymous one has the name ``None``.
    """

    __slots__ = ("document", "errors", "operations", "stage")

    def __init__(
        self,
        stage: str,
        errors: List[GraphQLError],
        document: Optional[DocumentNode] = None,
        operations: Optional[Dict[Optional[str], PreparedOperation]] = None,
    ) -> None:
        self.stage: str = stage
        self.errors: List[GraphQLError] = errors
        self.document: Optional[DocumentNode] = document
        self.operations: Dict[Optional[str], PreparedOperation] = operations or {}


class DocumentCache:
    """Prepared documents by their text.

    Args:
        entries: How many are kept; 0 keeps none.
        size: How many bytes they may come to, as estimated from their texts.
    """

    def __init__(self, entries: int, size: int) -> None:
        self.entries: int = entries
        self.size: int = size
        self.used: int = 0
        self._documents: OrderedDict[str, PreparedDocument] = OrderedDict()

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, text: str) -> Optional[PreparedDocument]:
        """Return what came of *text*, if it is still known."""
        found = self._documents.get(text)
        if found is not None:
            self._documents.move_to_end(text)
        return found

    def put(self, text: str, document: PreparedDocument) -> None:
        """Keep *document*, unless it would drive out all others."""
        size = _size(text)
        if size > self.size // 4 or not self.entries:
            return
        # Two requests may have prepared the same text meanwhile.
        if text not in self._documents:
            self.used += size
        self._documents[text] = document
        while self.used > self.size or len(self._documents) > self.entries:
            dropped, _ = self._documents.popitem(last=False)
            self.used -= _size(dropped)


def _size(text: str) -> int:
    return _BYTES + _BYTES_A_CHARACTER * len(text)
