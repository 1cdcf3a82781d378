"""Header fields, kept as the pairs of bytes that ASGI passes around.

The list of pairs (``_list``) is the truth and is never copied without need: a
``Headers`` made from a scope costs one attribute.  Names in it are lower case,
as the ASGI specification has them ("HTTP Connection Scope"); keys given by
users are made so.  What is *set* here cannot end its own line: CR, LF and NUL
are refused.
"""

from __future__ import annotations

import re
from typing import (
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    MutableMapping,
    Optional,
    Tuple,
)

__all__ = ("Headers", "MutableHeaders", "header_name", "header_value")

_Pairs = List[Tuple[bytes, bytes]]

_LINE_BREAK = re.compile("[\r\n\0]")
# Up to here a scan is quicker than building and keeping an index; from here on
# asking for every name must not become quadratic.
_SCAN_LIMIT = 16


# The names a program asks for are few, and asked for with every request:
# remembering their bytes takes a third off a lookup.
_KNOWN_NAMES: Dict[str, bytes] = {}
_MAX_KNOWN_NAMES = 256


def _lookup_name(key: str) -> bytes:
    """Return what the name *key* is compared as."""
    # Beyond latin-1, something that no header is called.
    name = key.lower().encode("latin-1", "replace")
    if len(_KNOWN_NAMES) < _MAX_KNOWN_NAMES and len(key) < 64:
        _KNOWN_NAMES[key] = name
    return name


def header_name(name: str) -> bytes:
    """Return *name* as it is sent: lower case, in latin-1.

    Raises:
        ValueError: If it contains CR, LF or NUL, or is not latin-1 (then it is
            a ``UnicodeEncodeError``).
        TypeError: If it is not a ``str``.
    """
    try:
        # isprintable() is a fifth of what the search costs, and clears nearly
        # everything; a tab or a soft hyphen is left to the search.
        if name.isprintable() or not _LINE_BREAK.search(name):
            return name.lower().encode("latin-1")
    except (AttributeError, UnicodeEncodeError) as error:
        raise _refusal("name", name, error) from None
    raise _refusal("name", name)


def header_value(value: str) -> bytes:
    """Return *value* as it is sent: in latin-1.

    Raises:
        ValueError: If it contains CR, LF or NUL, or is not latin-1 (then it is
            a ``UnicodeEncodeError``).
        TypeError: If it is not a ``str``.
    """
    try:
        if value.isprintable() or not _LINE_BREAK.search(value):
            return value.encode("latin-1")
    except (AttributeError, UnicodeEncodeError) as error:
        raise _refusal("value", value, error) from None
    raise _refusal("value", value)


def _refusal(what: str, given: object, error: Optional[Exception] = None) -> Exception:
    """Return the exception that says why *given* cannot be part of a header."""
    if isinstance(error, UnicodeEncodeError):
        error.reason = f"a header {what} is limited to latin-1 (RFC 9110, section 5.5)"
        return error
    if error is not None:
        return TypeError(
            f"A header {what} must be str, but got {type(given).__name__}."
        )
    return ValueError(
        f"A header {what} must not contain CR, LF or NUL, but got {given!r}."
    )


class Headers(Mapping[str, str]):
    """Header fields as a mapping that ignores the case of names.

    A name may occur several times.  ``headers[name]`` is the first value;
    ``getlist`` gives all.  ``keys()``, ``values()``, ``items()`` and
    ``len()`` count every occurrence.

    Args:
        headers: A mapping of text to start from.
        raw: Pairs of bytes to read from, names in lower case.  Not copied.
        scope: A mapping whose ``"headers"`` to read from.  Not copied, but an
            iterable that is not a list is replaced by one, in the scope too.

    Raises:
        AssertionError: If more than one of them is given.
        ValueError: If a name or value of *headers* cannot be a header.
    """

    _list: _Pairs
    _index: Optional[Dict[bytes, List[bytes]]] = None
    _indexed: int = 0

    def __init__(
        self,
        headers: Optional[Mapping[str, str]] = None,
        raw: Optional[_Pairs] = None,
        scope: Optional[MutableMapping[str, Any]] = None,
    ) -> None:
        if scope is not None:
            if headers is not None or raw is not None:
                _refuse_both("raw" if headers is None else "headers", "scope")
            self._list = self._from_scope(scope)
        elif raw is not None:
            if headers is not None:
                _refuse_both("headers", "raw")
            self._list = raw
        elif headers is not None:
            self._list = [
                (header_name(key), header_value(value))
                for key, value in headers.items()
            ]
        else:
            self._list = []

    def _from_scope(self, scope: MutableMapping[str, Any]) -> _Pairs:
        pairs = scope["headers"]
        if not isinstance(pairs, list):
            pairs = scope["headers"] = list(pairs)
        return pairs

    @classmethod
    def _of(cls, scope: MutableMapping[str, Any]) -> Headers:
        """Return those of *scope*: the constructor without its questions."""
        made = cls.__new__(cls)
        pairs = scope["headers"]
        made._list = pairs if type(pairs) is list else made._from_scope(scope)
        return made

    @property
    def raw(self) -> _Pairs:
        """The pairs as bytes, in order, in a new list."""
        return list(self._list)

    def _find(self, key: str) -> Optional[bytes]:
        name = _KNOWN_NAMES.get(key) or _lookup_name(key)
        if len(self._list) > _SCAN_LIMIT:
            return next(iter(self._all(name)), None)
        for candidate, value in self._list:
            if candidate == name:
                return value
        return None

    def _all(self, name: bytes) -> List[bytes]:
        """Return every value of *name*, through the index.

        The list is not ours alone; a change of its length is noticed.
        """
        if self._index is None or self._indexed != len(self._list):
            index: Dict[bytes, List[bytes]] = {}
            for candidate, value in self._list:
                index.setdefault(candidate, []).append(value)
            self._index = index
            self._indexed = len(self._list)
        return self._index.get(name, [])

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value of the header *key*, or *default*."""
        # The scan of _find, written out: its call is a quarter of the time of
        # the most frequent question a request is asked.
        pairs = self._list
        if len(pairs) <= _SCAN_LIMIT:
            name = _KNOWN_NAMES.get(key) or _lookup_name(key)
            for candidate, value in pairs:
                if candidate == name:
                    return value.decode("latin-1")
            return default
        found = self._find(key)
        return default if found is None else found.decode("latin-1")

    def getlist(self, key: str) -> List[str]:
        """Return every value of the header *key*, in order."""
        name = _KNOWN_NAMES.get(key) or _lookup_name(key)
        if len(self._list) > _SCAN_LIMIT:
            return [value.decode("latin-1") for value in self._all(name)]
        return [value.decode("latin-1") for k, value in self._list if k == name]

    def keys(self) -> List[str]:  # type: ignore[override]
        """Return the names, in order, repeated ones as often as they occur."""
        return [name.decode("latin-1") for name, _ in self._list]

    def values(self) -> List[str]:  # type: ignore[override]
        """Return the values, in order."""
        return [value.decode("latin-1") for _, value in self._list]

    def items(self) -> List[Tuple[str, str]]:  # type: ignore[override]
        """Return names with their values, in order."""
        return [(k.decode("latin-1"), v.decode("latin-1")) for k, v in self._list]

    def mutablecopy(self) -> MutableHeaders:
        """Return a copy that can be changed."""
        return MutableHeaders(raw=list(self._list))

    def __getitem__(self, key: str) -> str:
        # Written out as in get().
        pairs = self._list
        if len(pairs) <= _SCAN_LIMIT:
            name = _KNOWN_NAMES.get(key) or _lookup_name(key)
            for candidate, value in pairs:
                if candidate == name:
                    return value.decode("latin-1")
            raise KeyError(key)
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found.decode("latin-1")

    def __contains__(self, key: Any) -> bool:
        return self._find(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._list)

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return sorted(self._list) == sorted(other._list)

    def __repr__(self) -> str:
        shown = dict(self.items())
        if len(shown) == len(self._list):
            return f"{type(self).__name__}({shown!r})"
        return f"{type(self).__name__}(raw={self._list!r})"


def _refuse_both(one: str, other: str) -> None:
    raise AssertionError(f'Cannot set both "{one}" and "{other}".')


class MutableHeaders(Headers):
    """Headers that can be changed.

    Changes are made in the list of *raw* itself.  From a *scope*, which may as
    well be a ``http.response.start`` message, the list is copied and the copy
    is put in the scope: one response sent twice must not gather the headers
    of both.

    Raises:
        ValueError: On every way in, if a name or value contains CR, LF or
            NUL or is not latin-1.
    """

    def __init__(
        self,
        headers: Optional[Mapping[str, str]] = None,
        raw: Optional[_Pairs] = None,
        scope: Optional[MutableMapping[str, Any]] = None,
    ) -> None:
        if raw is not None and not isinstance(raw, list):
            raw = list(raw)
        super().__init__(headers, raw, scope)

    def _from_scope(self, scope: MutableMapping[str, Any]) -> _Pairs:
        pairs: _Pairs = list(scope["headers"])
        scope["headers"] = pairs
        return pairs

    @property
    def raw(self) -> _Pairs:
        """The pairs as bytes: the list itself, not a copy."""
        return self._list

    def __setitem__(self, key: str, value: str) -> None:
        """Set the header *key*; its first line is replaced, others are removed."""
        name = header_name(key)
        pair = (name, header_value(value))
        pairs = self._list
        for position, (candidate, _) in enumerate(pairs):
            if candidate == name:
                pairs[position] = pair
                pairs[position + 1 :] = _others(pairs[position + 1 :], name)
                self._index = None
                return
        pairs.append(pair)

    def __delitem__(self, key: str) -> None:
        """Remove every line of the header *key*; none is no error."""
        self._index = None
        self._list[:] = _others(self._list, _lookup_name(key))

    def append(self, key: str, value: str) -> None:
        """Add a line to those that the header *key* has."""
        self._list.append((header_name(key), header_value(value)))

    def setdefault(self, key: str, value: str) -> str:
        """Return the header *key*; set it to *value* if there is none."""
        found = self._find(key)
        if found is None:
            self.append(key, value)
            return value
        return found.decode("latin-1")

    def update(self, other: Mapping[str, str]) -> None:
        """Set every header of *other*."""
        # In one pass over both: setting them one by one would be quadratic.
        new = {header_name(k): header_value(v) for k, v in other.items()}
        waiting = dict(new)
        kept = [
            (name, waiting.pop(name) if name in new else value)
            for name, value in self._list
            if name not in new or name in waiting
        ]
        self._index = None
        self._list[:] = [*kept, *waiting.items()]

    def add_vary_header(self, vary: str) -> None:
        """Add the field names of *vary* to ``Vary``, each of them once.

        ``*`` stands for all of them (RFC 9110, section 12.5.5).

        Args:
            vary: A field name, several separated by commas, or ``*``.
        """
        names: Dict[str, str] = {}
        for line in [*self.getlist("vary"), vary]:
            for name in line.split(","):
                if name.strip():
                    names.setdefault(name.strip().lower(), name.strip())
        self["vary"] = "*" if "*" in names else ", ".join(names.values())

    def __ior__(self, other: Mapping[str, str]) -> MutableHeaders:
        _require_mapping(other)
        self.update(other)
        return self

    def __or__(self, other: Mapping[str, str]) -> MutableHeaders:
        _require_mapping(other)
        merged = self.mutablecopy()
        merged.update(other)
        return merged


def _others(pairs: Iterable[Tuple[bytes, bytes]], name: bytes) -> _Pairs:
    return [pair for pair in pairs if pair[0] != name]


def _require_mapping(other: object) -> None:
    if not isinstance(other, Mapping):
        raise TypeError(f"Expected a mapping but got {type(other).__name__}")
