"""Path templates: ``/users/{id:int}/files/{name:path}`` and what can be done with one.

A template is parsed once into ``parts``, literals and parameters in order.  From
them come the regular expression and the format string of the public interface, the
matcher that routes use (``_path_matcher.py``), and the keys of the routing index
(``_index.py``).
"""

from __future__ import annotations

import re
from typing import (
    Any,
    Dict,
    List,
    Mapping,
    Match,
    NamedTuple,
    Pattern,
    Set,
    Tuple,
    Union,
)

from starlette.convertors import CONVERTOR_TYPES, Convertor

__all__ = (
    "PARAM_REGEX",
    "Param",
    "Part",
    "compile_path",
    "fill_path",
    "parse_template",
    "replace_params",
)

PARAM_REGEX = re.compile("{([a-zA-Z_][a-zA-Z0-9_]*)(:[a-zA-Z_][a-zA-Z0-9_]*)?}")

_PLACE = re.compile("{([^{}]*)}")

# What would end the path, or begin an escape, inside of a URL: RFC 3986, 3.3.
_ESCAPES = str.maketrans({"%": "%25", "?": "%3F", "#": "%23"})


class Param(NamedTuple):
    """One parameter of a template."""

    name: str
    convertor: Convertor[Any]


Part = Union[str, Param]


def parse_template(template: str) -> List[Part]:
    """Return the literals and parameters of *template*, in order.

    Raises:
        AssertionError: A parameter has a type that is not registered.
        ValueError: Two parameters have the same name.
    """
    # Literals stand at every third place, between them the name and the type.
    pieces = PARAM_REGEX.split(template)
    parts: List[Part] = [pieces[0]] if pieces[0] else []
    for name, kind, literal in zip(pieces[1::3], pieces[2::3], pieces[3::3]):
        parts.append(Param(name, _convertor(kind[1:] if kind else "str")))
        if literal:
            parts.append(literal)
    _refuse_duplicates(pieces[1::3], template)
    return parts


def _convertor(kind: str) -> Convertor[Any]:
    if kind not in CONVERTOR_TYPES:
        raise AssertionError(f"Unknown path convertor '{kind}'")
    return CONVERTOR_TYPES[kind]


def _refuse_duplicates(names: List[str], template: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        ending = "s" if len(twice) > 1 else ""
        shown = ", ".join(twice)
        raise ValueError(f"Duplicated param name{ending} {shown} at path {template}")


def compile_path(
    path: str,
) -> Tuple[Pattern[str], str, Dict[str, Convertor[Any]]]:
    """Return what a template stands for, in three forms.

    Returns:
        The regular expression of the paths that match, from their first character
        to their last; the template without the types of its parameters, for
        ``replace_params``; and the convertors by the names of the parameters.

    Raises:
        AssertionError: A parameter has a type that is not registered.
        ValueError: Two parameters have the same name.
    """
    expression: List[str] = []
    form: List[str] = []
    convertors: Dict[str, Convertor[Any]] = {}
    for part in parse_template(path):
        if isinstance(part, Param):
            expression.append(f"(?P<{part.name}>{part.convertor.regex})")
            form.append(f"{{{part.name}}}")
            convertors[part.name] = part.convertor
        else:
            expression.append(re.escape(part))
            form.append(part)
    # \Z and DOTALL: "$" would let a final newline pass, and "." would stop at one.
    regex = re.compile("^" + "".join(expression) + r"\Z", re.DOTALL)
    return regex, "".join(form), convertors


def replace_params(
    path: str,
    param_convertors: Mapping[str, Convertor[Any]],
    path_params: Dict[str, Any],
) -> Tuple[str, Dict[str, Any]]:
    """Put values in the places of a format string.

    Characters that would end a path or start an escape are percent-encoded in the
    values.

    Args:
        path: As the second result of ``compile_path``.
        param_convertors: How to write each value.
        path_params: The values.  Those that are used are removed from it.

    Returns:
        The path, and the values that it has no place for.
    """
    used: Set[str] = set()

    def text(place: Match[str]) -> str:
        name = place.group(1)
        if name not in path_params:
            return place.group()
        used.add(name)
        return param_convertors[name].to_string(path_params[name]).translate(_ESCAPES)

    # In one pass: what looks like a place within a value is no place.
    path = _PLACE.sub(text, path)
    for name in used:
        del path_params[name]
    return path, path_params


def fill_path(
    path: str, param_convertors: Mapping[str, Convertor[Any]], values: Dict[str, Any]
) -> str:
    """Return a format string with all its places filled from *values*."""
    if not values:
        return path
    filled, _ = replace_params(path, param_convertors, dict(values))
    return filled
