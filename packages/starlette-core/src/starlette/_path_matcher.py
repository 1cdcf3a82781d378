"""Whether a path fits a template, and the values of its parameters.

A matcher is made once per template, in the cheapest form that is right for it:

* no parameter: the path equals the template;
* one parameter, the last segment, a text or a number: the text behind the literal;
* otherwise the regular expression, when no text can make it try again and again;
* otherwise, with several parameters that compete for the same characters, an
  algorithm that takes time proportional to the path (``_linear_matcher.py``).

All of them answer the same.  Templates with registered convertors of the user's own
always take the expression, which is theirs to answer for.
"""

from __future__ import annotations

from typing import (
    Any,
    Callable,
    Dict,
    Mapping,
    Optional,
    Pattern,
    Sequence,
)

from starlette._path import Param, Part
from starlette.convertors import (
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    StringConvertor,
    UUIDConvertor,
)

__all__ = ("Matcher", "make_matcher")

# From a path to the parameters in it, or None if it does not fit.
Matcher = Callable[[str], Optional[Dict[str, Any]]]


def make_matcher(
    regex: Pattern[str],
    convertors: Mapping[str, Convertor[Any]],
    parts: Optional[Sequence[Part]],
) -> Matcher:
    """Return a matcher.

    Args:
        regex: Matches whole paths.
        convertors: For the named groups of *regex*.
        parts: What *regex* was made of; None if that is not known, and nothing
            but *regex* says what matches.
    """
    if parts is not None:
        if not convertors:
            return _literal_matcher("".join(map(str, parts)))
        tail = _tail_matcher(parts)
        if tail is not None:
            return tail
        if not _is_deterministic(parts):
            # Few templates need it.
            from starlette._linear_matcher import LinearMatcher, linear_steps

            steps = [(part, linear_steps(part)) for part in parts]
            if all(part_steps for _, part_steps in steps):
                return LinearMatcher(steps).match
    return _regex_matcher(regex, convertors)


def _literal_matcher(literal: str) -> Matcher:
    def match(path: str) -> Optional[Dict[str, Any]]:
        return {} if path == literal else None

    return match


def _tail_matcher(parts: Sequence[Part]) -> Optional[Matcher]:
    """Return a matcher for a literal and one segment behind it, the common template.

    A third of the time that the expression takes.
    """
    if len(parts) != 2:
        return None
    literal, param = parts
    if not isinstance(literal, str) or literal[-1] != "/" or isinstance(param, str):
        return None
    if type(param.convertor) not in (StringConvertor, IntegerConvertor):
        return None
    name, size = param.name, len(literal)
    is_number = type(param.convertor) is IntegerConvertor
    convert = param.convertor.convert

    def match(path: str) -> Optional[Dict[str, Any]]:
        if not path.startswith(literal):
            return None
        text = path[size:]
        if is_number:
            if not (text.isdigit() and text.isascii()):
                return None
            try:
                return {name: convert(text)}
            except ValueError:
                # Of the right form, but without a value.
                return None
        return {name: text} if text and "/" not in text else None

    return match


def _regex_matcher(
    regex: Pattern[str], convertors: Mapping[str, Convertor[Any]]
) -> Matcher:
    match_regex = regex.match
    # Text that is its own value need not be converted.
    pairs = [
        (name, convertor.convert)
        for name, convertor in convertors.items()
        if type(convertor) not in (StringConvertor, PathConvertor)
    ]

    def match(path: str) -> Optional[Dict[str, Any]]:
        found = match_regex(path)
        if found is None:
            return None
        params = found.groupdict()
        try:
            for name, convert in pairs:
                params[name] = convert(params[name])
        except ValueError:
            # Of the right form, but without a value.
            return None
        return params

    return match


# The characters that a run can go on with; a literal that begins with another one
# ends it for certain.
_GOES_ON: Dict[type, Callable[[str], bool]] = {
    StringConvertor: lambda char: char != "/",
    PathConvertor: lambda char: True,
    IntegerConvertor: lambda char: char in "0123456789",
    FloatConvertor: lambda char: char in "0123456789.",
    UUIDConvertor: lambda char: False,
}


def _is_deterministic(parts: Sequence[Part]) -> bool:
    """Tell whether the expression for *parts* is linear in the path.

    It is if no parameter but the last can go on over the literal behind it, so that
    there is one way to divide the path.  One that can, say a path with a literal
    behind, may be divided in many ways; those are tried one after another, each of
    them short if no later parameter reaches beyond that literal.
    """
    undecided = 0
    for index, part in enumerate(parts[:-1]):
        if not isinstance(part, Param):
            continue
        following = parts[index + 1]
        if isinstance(following, Param):
            return False
        if _goes_on(part, following):
            undecided += 1
            if any(_goes_on(later, following) for later in parts[index + 2 :]):
                return False
    return undecided <= 1


def _goes_on(part: Part, literal: str) -> bool:
    if isinstance(part, str):
        return False
    goes_on = _GOES_ON.get(type(part.convertor))
    return goes_on is None or goes_on(literal[0])
