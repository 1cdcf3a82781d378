"""Authentication: who is asking, and whether they may.

``AuthenticationMiddleware`` (``starlette.middleware.authentication``) asks a backend
about every connection and leaves the answer in ``request.auth`` and ``request.user``;
``requires`` looks at it.  Nobody gets past because something failed: a backend that
raises anything but ``AuthenticationError`` is an error of the server.

Beside what Starlette has, here are backends that are ready for use, ``RequireScopes``
and ``PasswordHasher``.  They are loaded when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

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
from starlette._elsewhere import lend

if TYPE_CHECKING:
    from starlette._auth_jwt import JWTBackend, JWTKeys
    from starlette._auth_passwords import PasswordHasher
    from starlette._auth_schemes import (
        AnyOf,
        APIKeyBackend,
        BasicBackend,
        BearerBackend,
        SecretTable,
    )
    from starlette._auth_scopes import RequireScopes
    from starlette._auth_session import SessionBackend, SignedCookieBackend

__all__ = (
    "APIKeyBackend",
    "AnyOf",
    "AuthCredentials",
    "AuthenticationBackend",
    "AuthenticationError",
    "BaseUser",
    "BasicBackend",
    "BearerBackend",
    "InvalidCredentials",
    "JWTBackend",
    "JWTKeys",
    "PasswordHasher",
    "RequireScopes",
    "SecretTable",
    "SessionBackend",
    "SignedCookieBackend",
    "SimpleUser",
    "UnauthenticatedUser",
    "has_required_scope",
    "requires",
)

_LATER = {
    "APIKeyBackend": "_auth_schemes",
    "AnyOf": "_auth_schemes",
    "BasicBackend": "_auth_schemes",
    "BearerBackend": "_auth_schemes",
    "JWTBackend": "_auth_jwt",
    "JWTKeys": "_auth_jwt",
    "PasswordHasher": "_auth_passwords",
    "RequireScopes": "_auth_scopes",
    "SecretTable": "_auth_schemes",
    "SessionBackend": "_auth_session",
    "SignedCookieBackend": "_auth_session",
}

for _name in __all__:
    if _name not in _LATER:
        globals()[_name].__module__ = __name__
del _name

_lent = lend(
    __name__,
    {
        "starlette._utils": "is_async_callable",
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "HTTPConnection Request",
        "starlette.responses": "RedirectResponse",
        "starlette.websockets": "WebSocket",
    },
)


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        return _lent(name)
    from importlib import import_module

    found = getattr(import_module(f"starlette.{_LATER[name]}"), name)
    found.__module__ = __name__
    globals()[name] = found
    return found


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
