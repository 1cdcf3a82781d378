"""Small values with a meaning: ``Address``, ``Secret``, ``CommaSeparatedStrings``."""

from __future__ import annotations

from typing import Any, Iterator, List, NamedTuple, Sequence, Union

__all__ = ("Address", "CommaSeparatedStrings", "Secret")


class Address(NamedTuple):
    """The two ends of a connection are one of these each.

    Attributes:
        host: A name or a literal address.
        port: The port number.
    """

    host: str
    port: int


class Secret:
    """Text that stays out of tracebacks and logs.

    ``str(secret)`` is the text; ``repr(secret)`` is not.
    """

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        # Always ten asterisks: the length is nobody's business either.
        return f"{type(self).__name__}('**********')"

    def __str__(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)


def _split(text: str) -> List[str]:
    from shlex import shlex

    lexer = shlex(text, posix=True)
    lexer.whitespace = ","
    lexer.whitespace_split = True
    return [item.strip() for item in lexer]


class CommaSeparatedStrings(Sequence[str]):
    """A list of strings, read from text such as ``a, b, "c, d"``.

    Args:
        value: The text, or the strings themselves.  Items of the text are
            stripped, quotes are taken off as a POSIX shell does, and empty
            items are left out.

    Raises:
        ValueError: If a quotation is not closed.
    """

    def __init__(self, value: Union[str, Sequence[str]]) -> None:
        self._items = _split(value) if isinstance(value, str) else list(value)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Union[int, slice]) -> Any:
        return self._items[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._items!r})"

    def __str__(self) -> str:
        return ", ".join(map(repr, self._items))
