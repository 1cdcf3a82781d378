"""Where the redirect for a missing or superfluous final slash leads."""

from __future__ import annotations

from starlette.datastructures import URL
from starlette.types import Scope

__all__ = ("redirect_target",)


def redirect_target(scope: Scope) -> str:
    """Return the ``Location`` that leads to the path of *scope*.

    It is an absolute URL where the request says what it is called by (``Host``).  Where
    it does not, the server's own name and port would be a guess, so the reference is
    relative: RFC 9110, 10.2.2.
    """
    url = URL(scope=scope)
    for name, value in scope["headers"]:
        if name == b"host" and url.netloc == value.decode("latin-1"):
            return str(url)
    # Two slashes at the start would make the next segment a host: RFC 3986, 4.2.
    path = "/" + url.path.lstrip("/")
    return f"{path}?{url.query}" if url.query else path
