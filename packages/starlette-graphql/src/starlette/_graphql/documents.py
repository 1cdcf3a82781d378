"""Documents, made ready to be executed, and kept.

Parsing and validating cost far more than executing, so what comes of a text is kept
by that text: its operations, or the errors that it has.  The cache belongs to one
schema and one set of rules, is bounded by entries and by bytes, and drops what was
used longest ago.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Dict, List, Optional

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode

__all__ = ("DocumentCache", "PreparedDocument", "PreparedOperation")

# What a document takes, by tracemalloc: parsed, 110 to 160 bytes a character and 300
# for the shortest; and 2,400 to 3,000 for each field that is compiled.
_BYTES = 12_000
_BYTES_A_CHARACTER = 150
_BYTES_A_FIELD = 2_800


class PreparedOperation:
    """One operation of a valid document.

    Args:
        node: Its definition in *document*.
        document: The document, without ``@defer`` and ``@stream``.
        deferring: The document with them, if it has any.
        text: What it was parsed from.

    Attributes:
        kind: ``"query"``, ``"mutation"`` or ``"subscription"``.
        name: Its name, or ``None``.
        node: As given.
        document: As given.
        deferring: As given.
        text: As given.
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
        "text",
    )

    def __init__(
        self,
        node: OperationDefinitionNode,
        document: DocumentNode,
        deferring: Optional[DocumentNode],
        text: str,
    ) -> None:
        self.kind: str = node.operation.value
        self.name: Optional[str] = node.name.value if node.name else None
        self.node: OperationDefinitionNode = node
        self.document: DocumentNode = document
        self.deferring: Optional[DocumentNode] = deferring
        self.text: str = text
        self.compiled: Any = None
        self.is_compiled: bool = False


class PreparedDocument:
    """What came of a text.

    Attributes:
        stage: ``"parse"`` or ``"validate"``, where *errors* were found.
        errors: Empty for a document that can be executed.
        document: ``None`` if it could not be parsed.
        operations: By name; an anonymous one has the name ``None``.
        size: How many bytes it takes in a cache, as estimated.
    """

    __slots__ = ("document", "errors", "operations", "size", "stage")

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
        self.size: int = 0


class DocumentCache:
    """Prepared documents by their text.

    Several threads may use it at once.

    Args:
        entries: How many are kept; 0 keeps none.
        size: How many bytes they may come to, as estimated from their texts and from
            how much of them has been compiled.

    Attributes:
        entries: As given.
        size: As given.
        used: How many bytes they come to.
    """

    def __init__(self, entries: int, size: int) -> None:
        self.entries: int = entries
        self.size: int = size
        self.used: int = 0
        self._documents: OrderedDict[str, PreparedDocument] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, text: str) -> Optional[PreparedDocument]:
        """Return what came of *text*, if it is still known."""
        found = self._documents.get(text)
        if found is not None:
            try:
                self._documents.move_to_end(text)
            except KeyError:  # pragma: no cover (another thread has dropped it)
                pass
        return found

    def put(self, text: str, document: PreparedDocument) -> None:
        """Keep *document*, unless it would drive out all others."""
        size = _BYTES + _BYTES_A_CHARACTER * len(text)
        if size > self.size // 4 or not self.entries:
            return
        with self._lock:
            # Two requests may have prepared the same text meanwhile.
            self._drop(text)
            document.size = size
            self.used += size
            self._documents[text] = document
            self._trim()

    def grow(self, text: str, fields: int) -> None:
        """Note that so many fields more, or fewer, of *text* are kept compiled.

        A document that would drive out all others by that is dropped.
        """
        with self._lock:
            document = self._documents.get(text)
            if document is None:
                return
            document.size += _BYTES_A_FIELD * fields
            self.used += _BYTES_A_FIELD * fields
            if document.size > self.size // 4:
                self._drop(text)
            self._trim()

    def _drop(self, text: str) -> None:
        document = self._documents.pop(text, None)
        if document is not None:
            self.used -= document.size

    def _trim(self) -> None:
        while self.used > self.size or len(self._documents) > self.entries:
            self._drop(next(iter(self._documents)))
