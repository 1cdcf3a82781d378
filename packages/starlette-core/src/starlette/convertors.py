"""What stands behind ``{name:type}`` in the path of a route.

A convertor has a regular expression, which decides what text its parameter
may be, and two functions between that text and a value.  ``CONVERTOR_TYPES``
maps the word after the colon to a convertor; routes look there when they are
constructed, so a convertor must be registered before the first route that
uses it.

The expression is not the last word: ``convert`` may raise ``ValueError``, and
the route then does not match.  That is how a text of the right form but
without a value (more digits than a number may have) is a 404 and not a 500.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, Generic, TypeVar

if TYPE_CHECKING:
    import uuid

__all__ = (
    "CONVERTOR_TYPES",
    "Convertor",
    "FloatConvertor",
    "IntegerConvertor",
    "PathConvertor",
    "StringConvertor",
    "UUIDConvertor",
    "register_url_convertor",
)

T = TypeVar("T")

# The default limit of CPython's own int(), which can be raised or switched
# off, and with it linear time; this one cannot.
_MAX_DIGITS = 4300

_INFINITY = float("inf")


class Convertor(Generic[T]):
    """Turns the text of one path parameter into a value, and back.

    Attributes:
        regex: What the text may look like, as a regular expression without
            named groups.
    """

    regex: ClassVar[str] = ""

    def convert(self, value: str) -> T:
        """Return the value of a text that ``regex`` matches.

        Raises:
            ValueError: The text has no value; the route does not match.
        """
        raise NotImplementedError()

    def to_string(self, value: T) -> str:
        """Return the text for *value*, unescaped, as ``url_path_for`` needs it.

        Raises:
            AssertionError: No text stands for *value*.
        """
        raise NotImplementedError()


class StringConvertor(Convertor[str]):
    """``{name}`` and ``{name:str}``: one path segment, not empty."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        """Return *value*."""
        return value

    def to_string(self, value: str) -> str:
        """Return ``str(value)``.

        Raises:
            AssertionError: It is empty, or has a ``/`` in it.
        """
        text = str(value)
        if text == "":
            raise AssertionError("Must not be empty")
        if "/" in text:
            raise AssertionError("May not contain path separators")
        return text


class PathConvertor(Convertor[str]):
    """``{name:path}``: the rest of the path, slashes and all; may be empty."""

    regex = ".*"

    def convert(self, value: str) -> str:
        """Return *value*."""
        return str(value)

    def to_string(self, value: str) -> str:
        """Return ``str(value)``."""
        return str(value)


class IntegerConvertor(Convertor[int]):
    """``{name:int}``: ASCII digits, at most 4,300 of them."""

    regex = "[0-9]+"

    def convert(self, value: str) -> int:
        """Return the number.

        Raises:
            ValueError: *value* has more than 4,300 digits, or is not a number.
        """
        if len(value) > _MAX_DIGITS:
            raise ValueError(
                f"`value` must have at most {_MAX_DIGITS} digits, but got {len(value)}"
            )
        return int(value)

    def to_string(self, value: int) -> str:
        """Return the decimal digits of ``int(value)``.

        Raises:
            AssertionError: It is negative.
        """
        number = int(value)
        if number < 0:
            raise AssertionError("Negative integers are not supported")
        return str(number)


class FloatConvertor(Convertor[float]):
    """``{name:float}``: ASCII digits, with or without a fraction."""

    regex = r"[0-9]+(\.[0-9]+)?"

    def convert(self, value: str) -> float:
        """Return the number.

        Raises:
            ValueError: It is too large for a float, or not a number.
        """
        number = float(value)
        if number == _INFINITY:
            raise ValueError("`value` must fit into a float, but is too large")
        return number

    def to_string(self, value: float) -> str:
        """Return ``float(value)`` without exponent, to 20 places at most.

        Raises:
            AssertionError: It is negative, infinite or not a number.
        """
        number = float(value)
        if number != number:
            raise AssertionError("NaN values are not supported")
        if number < 0.0:
            raise AssertionError("Negative floats are not supported")
        if number == _INFINITY:
            raise AssertionError("Infinite values are not supported")
        # abs() for the one negative number that compares as none: -0.0.
        whole, _, fraction = f"{abs(number):.20f}".partition(".")
        fraction = fraction.rstrip("0")
        return f"{whole}.{fraction}" if fraction else whole


class UUIDConvertor(Convertor["uuid.UUID"]):
    """``{name:uuid}``: a UUID in either case, with or without its dashes."""

    regex = (
        "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}"
        "-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"
    )

    def convert(self, value: str) -> uuid.UUID:
        """Return the UUID."""
        # Imported by the first UUID: no other part of the core needs the module.
        from uuid import UUID

        return UUID(value)

    def to_string(self, value: uuid.UUID) -> str:
        """Return ``str(value)``."""
        return str(value)


CONVERTOR_TYPES: Dict[str, Convertor[Any]] = {
    "str": StringConvertor(),
    "path": PathConvertor(),
    "int": IntegerConvertor(),
    "float": FloatConvertor(),
    "uuid": UUIDConvertor(),
}


def register_url_convertor(key: str, convertor: Convertor[Any]) -> None:
    """Make ``{name:key}`` available to routes that are constructed from now on.

    Args:
        key: The word after the colon: letters, digits and underscores.  One
            that is taken is replaced.
        convertor: An instance.  Anything with the members of ``Convertor``.

    Raises:
        TypeError: *convertor* is a class, or lacks one of the members.
    """
    if isinstance(convertor, type) and issubclass(convertor, Convertor):
        raise TypeError(f"`convertor` must be an instance, but got {convertor!r}")
    for member in ("regex", "convert", "to_string"):
        if not hasattr(convertor, member):
            raise TypeError(
                f"`convertor` must have `regex`, `convert` and `to_string`, "
                f"but got {convertor!r}, which has no `{member}`"
            )
    CONVERTOR_TYPES[key] = convertor
