"""The registry of cases: every module of this package is found by its name.

A case module has a tuple ``CASES``, and a tuple ``CONTENDERS`` if it brings
contenders of its own.  Nothing else needs to know that it exists.

Case modules have no ``from __future__ import annotations``: frameworks read
the annotations of endpoints, and here these stand inside factories, where
names cannot be looked up later.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import List, Tuple

from benchmarks import contenders as _contenders
from benchmarks.model import Case, Contender

__all__ = ("all_cases", "all_contenders", "find_case")


def all_cases() -> Tuple[Case, ...]:
    """Every case, modules in the order of their ``ORDER``, then of their names.

    Raises:
        ValueError: If two cases have one name.
    """
    modules = [import_module(f"{__name__}.{name}") for name in _names()]
    modules.sort(key=lambda module: (getattr(module, "ORDER", 1000), module.__name__))
    cases: List[Case] = [case for module in modules for case in module.CASES]
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"`name` of a case must be unique, but got {name!r} twice")
    return tuple(cases)


def all_contenders() -> Tuple[Contender, ...]:
    """The usual contenders, and those that case modules bring."""
    found = list(_contenders.CONTENDERS)
    for name in _names():
        module = import_module(f"{__name__}.{name}")
        found.extend(getattr(module, "CONTENDERS", ()))
    return tuple(found)


def find_case(name: str) -> Case:
    """The case called *name*.

    Raises:
        KeyError: If there is none.
    """
    return {case.name: case for case in all_cases()}[name]


def _names() -> List[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))
