"""What templates can use without being given it: functions, and what middleware offers.

The functions are globals of the environment; a variable of the same name, or a global
that was there before, wins.
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from starlette.datastructures import URL

__all__ = ("add_functions",)


def add_functions(env: Environment) -> None:
    """Add the functions to the globals of *env*, unless their names are taken."""
    env.globals.setdefault("url_for", url_for)


@pass_context
def url_for(context: Context, name: str, /, **path_params: Any) -> URL:
    """Return the absolute URL of a route, for ``{{ url_for('name', id=1) }}``.

    It is a ``URL``: ``url_for('name').include_query_params(page=2)`` adds a query.

    Raises:
        NoMatchFound: There is no such route, or it takes other parameters.
        KeyError: There is no ``request`` in the context.
    """
    try:
        request = context["request"]
    except KeyError:
        raise KeyError(
            "`url_for` needs `request` in the context of the template; "
            "a file of macros gets it by `import ... with context`."
        ) from None
    url: URL = request.url_for(name, **path_params)
    return url
