"""Text that is made when somebody reads it.

For what a middleware offers to every request and few of them use: random tokens, which
cost more than the middleware itself.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

__all__ = ("LazyText", "TextOnDemand")


class TextOnDemand:
    """Stands for a text that is made at its first use.

    Templates and f-strings take it for the text; ``str()`` gives the text itself.

    Attributes:
        text: The text, once it is made.
    """

    __slots__ = ("text",)

    text: Optional[str]

    def _make(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        text = self.text
        if text is None:
            text = self.text = self._make()
        return text

    # What templates ask for; there is nothing in it that HTML has a meaning for.
    __html__ = __str__

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return repr(str(self))

    def __eq__(self, other: object) -> bool:
        return (
            str(self) == str(other) if isinstance(other, (str, TextOnDemand)) else False
        )

    def __hash__(self) -> int:
        return hash(str(self))

    def __len__(self) -> int:
        return len(str(self))

    def __add__(self, other: str) -> str:
        return str(self) + other

    def __radd__(self, other: str) -> str:
        return other + str(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        # A copy is the text.
        return str, (str(self),)

    def __getattr__(self, name: str) -> Any:
        # The methods of text.
        return getattr(str(self), name)


class LazyText(TextOnDemand):
    """Stands for the text that *make* returns, called once, at the first use.

    Args:
        make: Returns the text.
    """

    __slots__ = ("_maker",)

    def __init__(self, make: Callable[[], str]) -> None:
        self._maker = make
        self.text = None

    def _make(self) -> str:
        return self._maker()
