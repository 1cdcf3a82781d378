"""How much one request may ask for.

Every document is measured after it was parsed and before it is validated, because
some rules of validation take time that grows with the square of the document.
Measuring takes linear time: what a fragment comes to is computed once, however
often it is spread.  What is measured is in ``measure.py``.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

__all__ = ("GraphQLLimits",)


class GraphQLLimits:
    """Bounds for requests and documents.  ``None`` means no bound.

    Selections, aliases, directives and depth are counted as they are executed: what is
    in a fragment counts each time that the fragment is spread.

    Args:
        characters: Of a document.
        tokens: Lexical tokens of a document.
        depth: Nested selections.
        aliases: Fields with an alias.
        root_fields: Fields of an operation at its top.
        directives: Directives in an operation.
        selections: Fields and fragments, of an operation and of each fragment.
        repeats: Pairs of fields that are merged, because they have the same name in
            the same place; validation compares each pair.
        cost: Of an operation: each field costs 1 or its share in *field_costs*, and
            what is inside of a list counts as often as *list_arguments* say.
        field_costs: By ``"Type.field"``.
        list_arguments: Names of arguments that say how many items a list has at most.
        list_size: How many items a list has without such an argument.
        time: Seconds that an operation may take.
        url: Bytes of the query string of a URL.
        body: Bytes of a request body.
        upload: Bytes of a multipart request body.
        parts: Parts of a multipart request, the two that are not files included.
        batch: Operations in one request, where batching is on.

    Attributes:
        characters: As given, and so are all the others.

    Raises:
        ValueError: A limit is not a number above 0.
    """

    def __init__(
        self,
        *,
        characters: Optional[int] = 250_000,
        tokens: Optional[int] = 10_000,
        depth: Optional[int] = 30,
        aliases: Optional[int] = 100,
        root_fields: Optional[int] = 100,
        directives: Optional[int] = 50,
        selections: Optional[int] = 5_000,
        repeats: Optional[int] = 20_000,
        cost: Optional[int] = None,
        field_costs: Optional[Mapping[str, int]] = None,
        list_arguments: Any = ("first", "last", "limit"),
        list_size: int = 10,
        time: Optional[float] = None,
        url: Optional[int] = 16_000,
        body: Optional[int] = 1_000_000,
        upload: Optional[int] = 50_000_000,
        parts: Optional[int] = 100,
        batch: Optional[int] = 10,
    ) -> None:
        self.characters: Optional[int] = characters
        self.tokens: Optional[int] = tokens
        self.depth: Optional[int] = depth
        self.aliases: Optional[int] = aliases
        self.root_fields: Optional[int] = root_fields
        self.directives: Optional[int] = directives
        self.selections: Optional[int] = selections
        self.repeats: Optional[int] = repeats
        self.cost: Optional[int] = cost
        self.list_size: int = list_size
        self.time: Optional[float] = time
        self.url: Optional[int] = url
        self.body: Optional[int] = body
        self.upload: Optional[int] = upload
        self.parts: Optional[int] = parts
        self.batch: Optional[int] = batch
        for name, value in vars(self).items():
            whole = isinstance(value, int) and not isinstance(value, bool)
            if name == "time":
                whole = whole or isinstance(value, float)
            if value is not None and not (whole and value > 0):
                raise ValueError(
                    f"`{name}` must be a number above 0 or None, but got {value!r}"
                )
        self.field_costs: Dict[str, int] = dict(field_costs or {})
        self.list_arguments: Tuple[str, ...] = tuple(list_arguments)
