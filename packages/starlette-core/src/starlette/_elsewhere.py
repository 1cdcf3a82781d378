"""Names that programs import from a module which is not where they are made.

``from starlette.requests import FormData`` has always worked, because the module had
imported it for itself.  Here a module imports what it uses, and that as late as it
can; so it lists the other names, and they are looked up when somebody asks for one
(PEP 562).  Type checkers are not shown them: they belong to the module that makes them.
"""

from __future__ import annotations

from importlib import import_module
from sys import modules
from typing import Any, Callable, Mapping

__all__ = ("lend",)


def lend(module: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """Have *module*, which is being imported, find *names* when they are asked for.

    Args:
        module: Its ``__name__``.
        names: Names with spaces between them, by the module that makes them.

    Returns:
        What has become the ``__getattr__`` of the module, for one that has its own.
    """
    sources = {
        name: source for source, listed in names.items() for name in listed.split()
    }

    def find(name: str) -> Any:
        source = sources.get(name)
        if source is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return getattr(import_module(source), name)

    vars(modules[module])["__getattr__"] = find
    return find
