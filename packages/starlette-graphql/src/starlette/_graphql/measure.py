"""How much a document asks for, in time that is linear in what is allowed.

Two passes.  The first adds up what each definition comes to when all fragments are
spread, once per fragment.  The second, which only small enough documents reach,
merges selections as execution does and counts the pairs that validation is going to
compare.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from starlette._graphql.limits import GraphQLLimits

__all__ = ("LimitExceeded", "exceeded")

# Sums end here: doubled by fragment after fragment they would be long numbers.
_MANY = 10**12

# How many definitions of the full size a document may have.
_DEFINITIONS = 4

# A fragment compared with a field, in terms of two fields compared.
_SPREADS_A_PAIR = 16


class LimitExceeded(GraphQLError):
    """The document asks for more than a limit allows.

    Args:
        what: What there is too much of, in words.
        limit: How much is allowed.
        node: Where.
    """

    def __init__(self, what: str, limit: int, node: Any = None) -> None:
        super().__init__(
            f"The document has too many {what}: at most {limit} are allowed.",
            node,
            extensions={"code": "LIMIT_EXCEEDED"},
        )


class Size:
    """What a selection set comes to.

    Attributes:
        depth: Nested fields.
        own: Fields of the set itself, those of its fragments included.
        selections: Fields and fragments in it and below.
        aliases: Of those.
        directives: Of those.
    """

    __slots__ = ("aliases", "depth", "directives", "own", "selections")

    def __init__(self) -> None:
        self.depth = self.own = self.selections = self.aliases = self.directives = 0

    def add(self, inner: Size) -> None:
        """Take *inner* in, as selections of a set nested in this one or spread."""
        self.selections = min(self.selections + inner.selections, _MANY)
        self.aliases = min(self.aliases + inner.aliases, _MANY)
        self.directives = min(self.directives + inner.directives, _MANY)


# Of a fragment that is being measured.
_OPEN = Size()


class _Sizes:
    def __init__(self, fragments: Dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: Dict[str, Size] = {}
        # A fragment that contains itself, if there is one.
        self.cycle: Optional[str] = None

    def of(self, selections: Optional[SelectionSetNode]) -> Size:
        size = Size()
        for node in selections.selections if selections else ():
            size.selections += 1
            size.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                inner = self.of(node.selection_set)
                size.own += 1
                size.aliases += node.alias is not None
                size.depth = max(size.depth, inner.depth + 1)
            else:
                inner = (
                    self.of(node.selection_set)
                    if isinstance(node, InlineFragmentNode)
                    else self.fragment(_name(node))
                )
                size.own = min(size.own + inner.own, _MANY)
                size.depth = max(size.depth, inner.depth)
            size.add(inner)
        return size

    def fragment(self, name: str) -> Size:
        size = self._known.get(name)
        if size is None:
            self._known[name] = _OPEN
            fragment = self._fragments.get(name)
            size = self.of(fragment.selection_set) if fragment else Size()
            self._known[name] = size
        elif size is _OPEN:
            self.cycle = name
        return size


def _name(node: Any) -> str:
    name: str = node.name.value
    return name


def exceeded(document: DocumentNode, limits: GraphQLLimits) -> Optional[GraphQLError]:
    """Return what *document* has too much of, or None.

    Raises:
        RecursionError: It is nested too deeply to be measured.
    """
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    spread = _spread(fragments)
    sizes = _Sizes(fragments)
    total = 0
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode):
            size = sizes.fragment(node.name.value)
            bounds = [("selections", size.selections, limits.selections)]
        elif isinstance(node, OperationDefinitionNode):
            size = sizes.of(node.selection_set)
            bounds = _bounds(node, size, limits)
        else:
            continue
        for what, amount, limit in bounds:
            if limit is not None and amount > limit:
                return LimitExceeded(what, limit, node)
        if (
            not isinstance(node, FragmentDefinitionNode)
            or node.name.value not in spread
        ):
            total += size.selections
    if limits.selections is not None and total > limits.selections * _DEFINITIONS:
        return LimitExceeded("selections", limits.selections * _DEFINITIONS)
    if sizes.cycle is not None:
        # Validation would say so too, but what comes now would not come to an end.
        return GraphQLError(
            f'Cannot spread fragment "{sizes.cycle}" within itself.',
            fragments[sizes.cycle],
        )
    if limits.repeats is not None:
        roots = sorted(fragments.values(), key=lambda node: node.name.value in spread)
        if _repeats(document, roots, fragments, limits.repeats):
            return LimitExceeded("fields of the same name", limits.repeats)
    return None


def _bounds(
    node: OperationDefinitionNode, size: Size, limits: GraphQLLimits
) -> List[Tuple[str, int, Optional[int]]]:
    variables = node.variable_definitions or ()
    directives = len(node.directives or ()) + sum(
        len(variable.directives or ()) for variable in variables
    )
    return [
        ("nested fields", size.depth, limits.depth),
        ("aliases", size.aliases, limits.aliases),
        ("fields at its root", size.own, limits.root_fields),
        ("directives", size.directives + directives, limits.directives),
        ("selections", size.selections, limits.selections),
    ]


def _repeats(
    document: DocumentNode,
    roots: Sequence[FragmentDefinitionNode],
    fragments: Dict[str, FragmentDefinitionNode],
    limit: int,
) -> bool:
    """Tell whether more than *limit* pairs of fields have to be compared.

    What a fragment has is compared where it is spread.  So fragments are looked at
    for themselves only if nobody spreads them, which is wrong but not yet found out:
    these come first in *roots*.
    """
    operations = [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    pairs = 0
    seen: Dict[str, None] = {}
    for node in (*operations, *roots):
        if isinstance(node, FragmentDefinitionNode) and node.name.value in seen:
            continue
        pairs = _count_pairs(node.selection_set, fragments, seen, pairs, limit)
        if pairs > limit:
            return True
    return False


def _spread(fragments: Dict[str, FragmentDefinitionNode]) -> Dict[str, None]:
    """Return the names of fragments that other ones, or they themselves, spread."""
    spread: Dict[str, None] = {}
    for fragment in fragments.values():
        waiting = [fragment.selection_set]
        while waiting:
            for node in waiting.pop().selections:
                if isinstance(node, FragmentSpreadNode):
                    spread[_name(node)] = None
                elif node.selection_set:  # type: ignore[attr-defined]
                    waiting.append(node.selection_set)  # type: ignore[attr-defined]
    return spread


def _count_pairs(
    selections: SelectionSetNode,
    fragments: Dict[str, FragmentDefinitionNode],
    seen: Dict[str, None],
    pairs: int,
    limit: int,
) -> int:
    """Return *pairs* and those below *selections*, or a number above *limit*."""
    waiting: List[List[SelectionSetNode]] = [[selections]]
    while waiting and pairs <= limit:
        names: Dict[str, List[FieldNode]] = {}
        spread: Dict[str, None] = {}
        count = 0
        for field in _collect(waiting.pop(), fragments, spread):
            name = field.alias.value if field.alias else field.name.value
            names.setdefault(name, []).append(field)
            count += 1
        seen.update(spread)
        pairs += len(spread) * (count + len(spread)) // _SPREADS_A_PAIR
        for fields in names.values():
            pairs += len(fields) * (len(fields) - 1) // 2
            inner = [field.selection_set for field in fields if field.selection_set]
            if inner:
                waiting.append(inner)
    return pairs


def _collect(
    sets: Sequence[SelectionSetNode],
    fragments: Dict[str, FragmentDefinitionNode],
    spread: Dict[str, None],
) -> Iterator[FieldNode]:
    waiting = list(sets)
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and _name(node) not in spread:
                spread[_name(node)] = None
                fragment = fragments.get(_name(node))
                if fragment is not None:
                    waiting.append(fragment.selection_set)
