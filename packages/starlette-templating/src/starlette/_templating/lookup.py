"""Where a missing template was looked for, in the words of its loaders."""

from __future__ import annotations

import os
from typing import Any, Iterator

__all__ = ("name_places",)

_LOOKED_FOR = "; looked for in "


def name_places(error: LookupError, env: Any) -> None:
    """Add to *error*, if it says that a template is missing, where it was looked for.

    Args:
        error: What was raised; other errors stay as they are.
        env: The environment that was to load the template.
    """
    import jinja2

    if not isinstance(error, jinja2.TemplateNotFound):
        return
    message = str(error)
    # A template that is rendered within another one may have been here already.
    if _LOOKED_FOR in message:
        return
    places = ", ".join(_places(getattr(env, "loader", None)))
    if message == error.name:
        message = f"{message!r} not found"
    error.message = f"{message}{_LOOKED_FOR}{places}"


def _places(loader: Any) -> Iterator[str]:
    import jinja2

    if isinstance(loader, jinja2.FileSystemLoader):
        for folder in loader.searchpath:
            yield repr(os.path.abspath(folder))
    elif isinstance(loader, jinja2.PackageLoader):
        yield f"{loader.package_path!r} of the package {loader.package_name!r}"
    elif isinstance(loader, jinja2.ChoiceLoader):
        for inner in loader.loaders:
            yield from _places(inner)
    elif isinstance(loader, jinja2.PrefixLoader):
        for prefix, inner in loader.mapping.items():
            for place in _places(inner):
                yield f"{place} (as {prefix + loader.delimiter!r})"
    else:
        yield type(loader).__name__
