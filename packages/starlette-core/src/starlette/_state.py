"""A namespace to keep things in: ``app.state`` and ``request.state``.

A ``State`` holds nothing of its own.  The dict it is given *is* its instance
dict, so that an attribute, an item and an entry of that dict are one thing,
and reading an attribute costs what it costs on any object.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, MutableMapping, Optional

__all__ = ("State",)


class State(MutableMapping[str, Any]):
    """An open namespace: ``state.name`` and ``state["name"]`` are the same.

    What is stored under the name of a method (``state.items = ...``) hides
    that method from attribute access on this object; item access is never
    affected.

    Args:
        state: The dict to keep everything in.  Shared, not copied: changes on
            either side are seen on the other.

    Raises:
        TypeError: If *state* is neither a dict nor a ``State``.
    """

    def __init__(self, state: Optional[Dict[str, Any]] = None) -> None:
        if state is None:
            return
        if isinstance(state, State):
            state = state.__dict__
        if not isinstance(state, dict):
            # Another mapping could only be copied, and writes would be lost.
            raise TypeError(f"`state` must be a dict, but got {type(state).__name__}.")
        object.__setattr__(self, "__dict__", state)

    @property
    def _state(self) -> Dict[str, Any]:
        # Read by packages that look behind the attributes.
        return self.__dict__

    def __getattr__(self, key: str) -> Any:
        # Only asked for what is not there.
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {key!r}")

    def __setattr__(self, key: str, value: Any) -> None:
        self.__dict__[key] = value

    def __delattr__(self, key: str) -> None:
        try:
            del self.__dict__[key]
        except KeyError:
            raise _Missing(type(self).__name__, key) from None

    def __getitem__(self, key: str) -> Any:
        return self.__dict__[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.__dict__[key] = value

    def __delitem__(self, key: str) -> None:
        del self.__dict__[key]

    def __contains__(self, key: object) -> bool:
        return key in self.__dict__

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __len__(self) -> int:
        return len(self.__dict__)

    def __bool__(self) -> bool:
        # A namespace is there even when nothing is in it: code written as
        # ``if request.state:`` before this was a mapping goes on working.
        return True

    def __eq__(self, other: object) -> bool:
        if isinstance(other, State):
            return self.__dict__ == other.__dict__
        if isinstance(other, Mapping):
            return self.__dict__ == other
        return NotImplemented

    def __hash__(self) -> int:
        # A place, hashed by identity although it compares by content: it has
        # always been usable as a key, of ``lru_cache`` for one.
        return object.__hash__(self)


class _Missing(AttributeError, KeyError):
    """An attribute to delete that is not there.

    Both an ``AttributeError``, which is what ``del`` raises everywhere else,
    and the ``KeyError`` that callers have caught so far.
    """

    def __init__(self, owner: str, key: str) -> None:
        self.key = key
        self.owner = owner
        super().__init__(f"{owner!r} object has no attribute {key!r}")

    __str__ = AttributeError.__str__
