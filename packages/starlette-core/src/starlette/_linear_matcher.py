"""Matching a path in two passes, whatever the template.

A regular expression divides a path by trying: with several parameters that compete
for the same characters, in more ways than anybody can wait for.  Here a pass from
the right finds, for every part of the template, the places where it can begin so
that it and all the parts behind it fit; then a pass from the left gives each
parameter the longest text that ends at such a place, which is what a greedy
expression would have found.

Places are kept in a ``bytearray``, one byte for each, so that the passes are mostly
searches and copies in C.  Time is proportional to the path and to the template.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Pattern, Sequence, Tuple

from starlette._path import Part
from starlette.convertors import (
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    StringConvertor,
    UUIDConvertor,
)

__all__ = ("LinearMatcher", "linear_steps")


class Step:
    """A piece of text that a template asks for."""

    def begins(self, path: str, fits: bytearray) -> bytearray:
        """Return the places where this begins, so that it ends where *fits* says."""
        raise NotImplementedError

    def end(self, path: str, place: int, fits: bytearray) -> int:
        """Return where this ends if it begins at *place*: as far right as can be."""
        raise NotImplementedError


class Literal(Step):
    """A text, letter by letter."""

    def __init__(self, text: str) -> None:
        self.text = text

    def begins(self, path: str, fits: bytearray) -> bytearray:
        places, text = bytearray(len(fits)), self.text
        place = path.find(text)
        while place >= 0:
            places[place] = fits[place + len(text)]
            place = path.find(text, place + 1)
        return places

    def end(self, path: str, place: int, fits: bytearray) -> int:
        return place + len(self.text)


class Run(Step):
    """Characters of one kind, as many as one likes, but so many at least."""

    def __init__(self, regex: str, shortest: int) -> None:
        self.regex = re.compile(regex, re.DOTALL)
        self.shortest = shortest

    def begins(self, path: str, fits: bytearray) -> bytearray:
        places = bytearray(len(fits))
        for run in self.regex.finditer(path):
            start, end = run.span()
            # All that begin in one run can reach the same place farthest right.
            last = fits.rfind(1, start + self.shortest, end + 1) - self.shortest
            if last >= start:
                places[start : last + 1] = b"\1" * (last + 1 - start)
        return places

    def end(self, path: str, place: int, fits: bytearray) -> int:
        run = self.regex.match(path, place)
        return fits.rfind(1, place, run.end() + 1 if run else place + 1)


class Fraction(Step):
    """A point and digits behind it, or nothing at all."""

    regex = re.compile(r"\.[0-9]+")

    def begins(self, path: str, fits: bytearray) -> bytearray:
        places = bytearray(fits)
        for fraction in self.regex.finditer(path):
            start, end = fraction.span()
            if fits.rfind(1, start + 2, end + 1) >= 0:
                places[start] = 1
        return places

    def end(self, path: str, place: int, fits: bytearray) -> int:
        fraction = self.regex.match(path, place)
        last = fits.rfind(1, place + 2, fraction.end() + 1) if fraction else -1
        return place if last < 0 else last


class Whole(Step):
    """A text of bounded length that an expression finds; all of it or none."""

    def __init__(self, regex: str) -> None:
        self.regex: Pattern[str] = re.compile(regex)

    def begins(self, path: str, fits: bytearray) -> bytearray:
        places = bytearray(len(fits))
        found = self.regex.search(path)
        while found is not None:
            places[found.start()] = fits[found.end()]
            found = self.regex.search(path, found.start() + 1)
        return places

    def end(self, path: str, place: int, fits: bytearray) -> int:
        found = self.regex.match(path, place)
        return found.end() if found else place


Steps = Tuple[Step, ...]

_DIGITS = Run(IntegerConvertor.regex, 1)

_STEPS: Dict[type, Steps] = {
    StringConvertor: (Run(StringConvertor.regex, 1),),
    PathConvertor: (Run(PathConvertor.regex, 0),),
    IntegerConvertor: (_DIGITS,),
    FloatConvertor: (_DIGITS, Fraction()),
    UUIDConvertor: (Whole(UUIDConvertor.regex),),
}


def linear_steps(part: Part) -> Steps:
    """Return the steps for *part*; none if its convertor is not one of ours."""
    if isinstance(part, str):
        return (Literal(part),)
    return _STEPS.get(type(part.convertor), ())


class LinearMatcher:
    """Matches paths against the parts of a template, each with its steps."""

    def __init__(self, parts: Sequence[Tuple[Part, Steps]]) -> None:
        self._parts = parts
        self._steps = [step for _, steps in parts for step in steps]

    def match(self, path: str) -> Optional[Dict[str, Any]]:
        """Return the parameters in *path*, or None if it does not fit."""
        fits = bytearray(len(path) + 1)
        fits[-1] = 1
        ends: List[bytearray] = []
        for step in reversed(self._steps):
            ends.append(fits)
            fits = step.begins(path, fits)
        return self._values(path, ends) if fits[0] else None

    def _values(self, path: str, ends: List[bytearray]) -> Optional[Dict[str, Any]]:
        params: Dict[str, Any] = {}
        place = 0
        for part, steps in self._parts:
            start = place
            for step in steps:
                place = step.end(path, place, ends.pop())
            if not isinstance(part, str):
                try:
                    params[part.name] = part.convertor.convert(path[start:place])
                except ValueError:
                    # Of the right form, but without a value.
                    return None
        return params
