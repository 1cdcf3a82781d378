"""Authentication: who is asking, and whether they may.

``AuthenticationMiddleware`` (``starlette.middleware.authentication``) asks a backend
about every connection and leaves the answer in ``request.auth`` and ``request.user``;
``requires`` looks at it.  Nobody gets past because something failed: a backend that
raises anything but ``AuthenticationError`` is an error of the server.
"""

from __future__ import annotations

from starlette._auth_base import (
    AuthenticationBackend,
    AuthenticationError,
    InvalidCredentials,
)
from starlette._auth_requires import has_required_scope, requires
from starlette._auth_users import (
    AuthCredentials,
    BaseUser,
    SimpleUser,
    UnauthenticatedUser,
)

__all__ = (
    "AuthCredentials",
    "AuthenticationBackend",
    "AuthenticationError",
    "BaseUser",
    "InvalidCredentials",
    "SimpleUser",
    "UnauthenticatedUser",
    "has_required_scope",
    "requires",
)

for _name in __all__:
    globals()[_name].__module__ = __name__
del _name
