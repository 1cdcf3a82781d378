"""The state of one execution, and the positions in its response.

A position is a *trail*: ``(trail of the parent or None, key, type name or None)``,
keys being response names and list indices.  It is a plain tuple because most
positions are seen by nobody; `to_path` makes a ``Path`` of graphql-core of it, which
compares equal, where a resolver or an error needs one.
"""

from __future__ import annotations

from types import CoroutineType
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    List,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from graphql import FieldNode, GraphQLError, located_error
from graphql.pyutils import Path, Undefined

from starlette._graphql.executor.waiting import discard

__all__ = (
    "Completer",
    "Coroutine",
    "Failure",
    "PLAIN",
    "Run",
    "Trail",
    "failure",
    "is_absent",
    "keys_of",
    "to_path",
)

Trail = Optional[Tuple[Any, Union[str, int], Optional[str]]]
Completer = Callable[["Run", Any, Trail, Any], Any]
Failure = Callable[["Run", Exception, Trail], None]
T = TypeVar("T")

# A result whose type is this one is not there yet: nothing else of that type is ever
# put into a response.
Coroutine: Any = CoroutineType

# Types of values that are no awaitables, no callables and no exceptions: looking a
# type up costs a fifth of asking the value.
PLAIN: FrozenSet[type] = frozenset(
    (bool, bytes, dict, float, int, list, set, str, tuple, type(None))
)


class Run:
    """One execution of one operation.

    Attributes:
        errors: The field errors so far.
        variables: The coerced variables, in the form of the installed line.
        tail: The fields of a ``GraphQLResolveInfo`` after the path.
        arguments: What resolvers are called with, where it is the same for every
            object of this execution.  Keys are those of `arguments.Arguments`.
        is_torn: Whether something that was begun was given up.
    """

    __slots__ = ("_kept", "arguments", "errors", "is_torn", "tail", "variables")

    def __init__(self, variables: Any, tail: Tuple[Any, ...]) -> None:
        self.errors: List[GraphQLError] = []
        self.variables: Any = variables
        self.tail: Tuple[Any, ...] = tail
        self.arguments: Dict[Any, Dict[str, Any]] = {}
        self.is_torn: bool = False
        self._kept: List[Any] = []

    def keep(self, awaitable: T) -> T:
        """Remember *awaitable*, so that `clear` can dispose of it.  Return it."""
        self._kept.append(awaitable)
        return awaitable

    def clear(self) -> None:
        """Dispose of what was given up: nothing warns that it was not awaited."""
        kept, self._kept = self._kept, []
        for awaitable in kept:
            discard(awaitable)


def to_path(trail: Trail) -> Optional[Path]:
    """Return the ``Path`` of graphql-core for *trail*."""
    if trail is None or type(trail) is Path:
        return trail
    return Path(to_path(trail[0]), trail[1], trail[2])


def keys_of(trail: Trail) -> List[Union[str, int]]:
    """Return the keys of *trail*, from the root."""
    keys: List[Union[str, int]] = []
    while trail is not None:
        keys.append(trail[1])
        trail = trail[0]
    keys.reverse()
    return keys


def failure(nodes: Sequence[FieldNode], is_required: bool) -> Failure:
    """Return what handles errors at one kind of position.

    It returns ``None``, the value of the position, after noting the located error;
    or it raises the located error, where the position cannot be null.
    """

    def fail(run: Run, error: Exception, trail: Trail) -> None:
        if is_required:
            run.is_torn = True
            try:
                raise located_error(error, nodes, keys_of(trail))
            finally:
                # The located error may be the same, and its traceback knows this frame.
                del error
        run.errors.append(located_error(error, nodes, keys_of(trail)))

    return fail


def is_absent(value: Any, null_message: Optional[str]) -> bool:
    """Tell whether *value* is null.

    Args:
        value: What a resolver returned.
        null_message: What is wrong with null here; ``None`` if nothing is.

    Raises:
        TypeError: With *null_message*.
        Exception: *value* itself, if a resolver returned an exception.
    """
    # First: in 3.2 ``Undefined`` is an exception.
    if isinstance(value, Exception):
        raise value
    if value is not None and value is not Undefined:
        return False
    if null_message is not None:
        raise TypeError(null_message)
    return True
