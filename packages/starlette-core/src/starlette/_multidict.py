"""Mappings with several values per key, on a list of pairs.

The list (``_list``) holds every pair in order and is the truth; ``_dict``
maps each key to its last value and always agrees with it.  A third view, key
to all values, is built when ``getlist`` first needs it and is dropped on every
change.

Headers are not among these: they are bytes, and their keys ignore case.
"""

from __future__ import annotations

from typing import (
    Any,
    Dict,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    List,
    Mapping,
    Optional,
    Tuple,
    Type,
    TypeVar,
    Union,
    ValuesView,
)

from starlette._query import parse_fields

__all__ = ("ImmutableMultiDict", "MultiDict", "QueryParams")

K = TypeVar("K")
V_co = TypeVar("V_co", covariant=True)
M = TypeVar("M", bound="ImmutableMultiDict[Any, Any]")

# Up to here a scan is quicker than building and keeping a view of the values
# by key; from here on asking for every key must not become quadratic.
_SCAN_LIMIT = 16


def _pairs(source: Any) -> List[Tuple[Any, Any]]:
    """Return a new list of the pairs that *source* stands for."""
    if isinstance(source, ImmutableMultiDict):
        return list(source._list)
    if not isinstance(source, list):
        if source is None:
            return []
        if hasattr(source, "items"):
            return list(source.items())
    return [(key, value) for key, value in source]


class ImmutableMultiDict(Mapping[K, V_co]):
    """A mapping that may hold several values per key.

    As a mapping it shows the last value of each key.  ``multi_items()`` and
    ``getlist()`` show the rest.

    Two of them are equal when they are of the same class and hold the same
    pairs equally often, in whichever order.

    Args:
        *args: At most one: a mapping, another multidict, or an iterable of
            pairs.
        **kwargs: Further pairs, added at the end.

    Raises:
        AssertionError: If there are several positional arguments.
    """

    _list: List[Tuple[K, V_co]]
    _dict: Dict[K, V_co]
    _values: Optional[Dict[K, List[V_co]]] = None

    def __init__(
        self,
        *args: Union[
            ImmutableMultiDict[Any, V_co],
            Mapping[Any, V_co],
            Iterable[Tuple[Any, V_co]],
        ],
        **kwargs: V_co,
    ) -> None:
        if len(args) > 1:
            raise AssertionError("Too many arguments.")
        pairs = _pairs(args[0]) if args else []
        if kwargs:
            pairs.extend(kwargs.items())
        self._list = pairs
        self._dict = dict(pairs)

    @classmethod
    def _of(cls: Type[M], pairs: List[Tuple[Any, Any]]) -> M:
        """Return one that keeps *pairs*, which nobody else changes, as its list."""
        made = cls.__new__(cls)
        made._list = pairs
        made._dict = dict(pairs)
        return made

    def getlist(self, key: Any) -> List[V_co]:
        """Return every value of *key*, in order; an empty list if there is none."""
        if len(self._list) <= _SCAN_LIMIT:
            return [value for name, value in self._list if name == key]
        if self._values is None:
            self._values = {}
            for name, value in self._list:
                self._values.setdefault(name, []).append(value)
        return list(self._values.get(key, ()))

    def keys(self) -> KeysView[K]:
        """Return the keys, each once."""
        return self._dict.keys()

    def values(self) -> ValuesView[V_co]:
        """Return the last value of each key."""
        return self._dict.values()

    def items(self) -> ItemsView[K, V_co]:
        """Return each key with its last value."""
        return self._dict.items()

    def multi_items(self) -> List[Tuple[K, V_co]]:
        """Return every pair, in order, in a new list."""
        return list(self._list)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the last value of *key*, or *default*."""
        return self._dict.get(key, default)

    def __getitem__(self, key: K) -> V_co:
        return self._dict[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._dict

    def __iter__(self) -> Iterator[K]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def __eq__(self, other: Any) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._list == other._list or _holds_same(self._list, other._list)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._list!r})"


def _holds_same(ours: List[Any], theirs: List[Any]) -> bool:
    """Tell whether two lists hold equal things equally often."""
    if len(ours) != len(theirs):
        return False
    from collections import Counter

    try:
        return Counter(ours) == Counter(theirs)
    except TypeError:
        # Something that cannot be hashed.  Nothing from the wire is like that.
        left = list(theirs)
        for item in ours:
            if item not in left:
                return False
            left.remove(item)
        return True


class MultiDict(ImmutableMultiDict[Any, Any]):
    """A multidict that can be changed.

    As with a mapping, setting or deleting a key replaces or removes *all* its
    values; ``append`` and ``setlist`` are there for several.
    """

    def _drop(self, keys: Iterable[Any]) -> None:
        """Take every pair of *keys* out of the list; ``_dict`` is the caller's."""
        unwanted = set(keys)
        self._list = [pair for pair in self._list if pair[0] not in unwanted]
        self._values = None

    def _add(self, pairs: List[Tuple[Any, Any]]) -> None:
        self._list.extend(pairs)
        self._dict.update(pairs)
        self._values = None

    def __setitem__(self, key: Any, value: Any) -> None:
        self.setlist(key, [value])

    def __delitem__(self, key: Any) -> None:
        del self._dict[key]
        self._drop((key,))

    def append(self, key: Any, value: Any) -> None:
        """Add a value to those that *key* has."""
        self._add([(key, value)])

    def setlist(self, key: Any, values: List[Any]) -> None:
        """Make *values* the values of *key*, at the end; none of them removes it."""
        if not values:
            self.poplist(key)
            return
        if key in self._dict:
            self._drop((key,))
        self._add([(key, value) for value in values])

    def pop(self, key: Any, default: Any = None) -> Any:
        """Remove *key* and return its last value, or *default* if it has none."""
        return (self.poplist(key) or [default])[-1]

    def popitem(self) -> Tuple[Any, Any]:
        """Remove the key that came last, and return it with its last value.

        Raises:
            KeyError: If there is nothing to remove.
        """
        if not self._dict:
            raise KeyError("popitem(): dictionary is empty")
        key = next(reversed(self._dict))
        return key, self.poplist(key)[-1]

    def poplist(self, key: Any) -> List[Any]:
        """Remove *key* and return its values, in order; none gives an empty list."""
        if key not in self._dict:
            return []
        values = self.getlist(key)
        del self[key]
        return values

    def clear(self) -> None:
        """Remove everything."""
        self._drop(self._dict)
        self._dict.clear()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the last value of *key*; give it *default* if it has none."""
        if key not in self._dict:
            self.append(key, default)
        return self._dict[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Replace the values of every key that is given; others stay.

        Takes what the constructor takes.  All values of a repeated key are
        kept, and the given pairs stand at the end.
        """
        new = MultiDict(*args, **kwargs)
        self._drop(new._dict)
        self._add(new._list)


class QueryParams(ImmutableMultiDict[str, str]):
    """The parameters of a query string.

    ``str()`` of it is a query string again, in ASCII, without ``?``.

    Args:
        *args: At most one: a query string, as ``str`` or as the bytes of
            ``scope["query_string"]`` (read as latin-1), or what a multidict
            takes.  Keys and values that are not strings are made so.
        **kwargs: Further parameters, added at the end.

    Raises:
        AssertionError: If there are several positional arguments.
    """

    def __init__(
        self,
        *args: Union[
            ImmutableMultiDict[Any, Any],
            Mapping[Any, Any],
            Iterable[Tuple[Any, Any]],
            str,
            bytes,
        ],
        **kwargs: Any,
    ) -> None:
        if len(args) == 1 and not kwargs:
            source = args[0]
            if isinstance(source, bytes):
                source = source.decode("latin-1")
            if isinstance(source, str):
                self._list = fields = parse_fields(source)
                self._dict = dict(fields)
                return
        self._init_from_pairs(*args, **kwargs)

    def _init_from_pairs(self, *args: Any, **kwargs: Any) -> None:
        if args and isinstance(args[0], (str, bytes)):
            args = (QueryParams(args[0]), *args[1:])
        super().__init__(*args, **kwargs)
        self._list = [(str(key), str(value)) for key, value in self._list]
        self._dict = dict(self._list)

    def __str__(self) -> str:
        from urllib.parse import urlencode

        return urlencode(self._list)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"
