"""The part ``map`` of an upload: which file goes where in ``operations``.

It is ``{"0": ["variables.file"], "1": ["variables.files.0", "variables.cover"]}``;
in a batch each path begins with the index of the operation.  A path leads through
``variables`` only, over keys and indices that are there, to a ``null`` that no other
path leads to.  All this is known before the first byte of a file is read.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Set, Tuple

from starlette._graphql.errors import RequestError
from starlette._graphql.request import MalformedRequest

__all__ = ("Slot", "find_slots", "quoted")

# In one spelling and short: int() of long digits takes its time.
_INDEX = re.compile("0|[1-9][0-9]{0,8}", re.ASCII)


def quoted(text: str) -> str:
    """Return *text* of a client, as it may stand in a message to it."""
    return repr(text if len(text) <= 80 else f"{text[:80]}...")


class Slot:
    """A place in the operations that waits for a file.

    Args:
        container: The object or array that has it.
        key: Its key or index there.
    """

    __slots__ = ("container", "key")

    def __init__(self, container: Any, key: Any) -> None:
        self.container = container
        self.key = key

    @property
    def identity(self) -> Tuple[int, Any]:
        """Equal for equal places; as long as the operations live."""
        return id(self.container), self.key

    @property
    def value(self) -> Any:
        """What is there now."""
        return self.container[self.key]

    def fill(self, value: Any) -> None:
        """Put *value* there."""
        self.container[self.key] = value


def find_slots(operations: Any, mapping: Any, limit: float) -> Dict[str, List[Slot]]:
    """Return the slots of each file.

    Args:
        operations: The part of that name, decoded: an object, or an array of them.
        mapping: The part ``map``, decoded.
        limit: How many paths there may be, of all files together.

    Raises:
        MalformedRequest: *mapping* is not what it must be.
        RequestError: Status 413, it is beyond the limit.
    """
    if not isinstance(mapping, dict):
        raise MalformedRequest(400, 'The part "map" must be a JSON object.')
    slots: Dict[str, List[Slot]] = {}
    taken: Set[Tuple[int, Any]] = set()
    for name, paths in mapping.items():
        if not isinstance(paths, list) or not paths:
            raise MalformedRequest(
                400,
                f'The paths of the file {quoted(name)} in the part "map" '
                "must be an array with one or more strings.",
            )
        if len(taken) + len(paths) > limit:
            raise RequestError(
                413, f'Too many paths in the part "map". The maximum is {limit}.'
            )
        slots[name] = [_free_slot(operations, path, taken) for path in paths]
    return slots


def _free_slot(operations: Any, path: Any, taken: Set[Tuple[int, Any]]) -> Slot:
    if not isinstance(path, str):
        raise MalformedRequest(400, 'A path in the part "map" must be a string.')
    slot = _follow(operations, path.split("."))
    if slot is None:
        raise MalformedRequest(
            400,
            f'The path {quoted(path)} in the part "map" leads to no variable '
            "of the operations.",
        )
    if slot.value is not None:
        raise MalformedRequest(
            400,
            f'The path {quoted(path)} in the part "map" must lead to null, '
            "where the file will be.",
        )
    if slot.identity in taken:
        raise MalformedRequest(
            400, f'The path {quoted(path)} in the part "map" is there twice.'
        )
    taken.add(slot.identity)
    return slot


def _follow(operations: Any, names: List[str]) -> Optional[Slot]:
    at = 1 if isinstance(operations, list) else 0
    # Not into the text of the query, nor to what the server takes for its own.
    if len(names) < at + 2 or names[at] != "variables":
        return None
    slot = _step(operations, names[0])
    for name in names[1:]:
        if slot is None:
            return None
        slot = _step(slot.value, name)
    return slot


def _step(container: Any, name: str) -> Optional[Slot]:
    """Return the place called *name*: a key that is there, or an index that is."""
    if isinstance(container, dict):
        return Slot(container, name) if name in container else None
    if isinstance(container, list) and _INDEX.fullmatch(name):
        index = int(name)
        return Slot(container, index) if index < len(container) else None
    return None
