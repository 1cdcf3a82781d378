"""What starlette-auth adds to ``starlette``, for type checkers.

Made by ``python -m tools.plugins --write``.
"""

# isort: skip_file

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.authentication import APIKeyBackend as APIKeyBackend
    from starlette.authentication import AnyOf as AnyOf
    from starlette.authentication import AuthCredentials as AuthCredentials
    from starlette.authentication import AuthenticationBackend as AuthenticationBackend
    from starlette.authentication import AuthenticationError as AuthenticationError
    from starlette.authentication import BaseUser as BaseUser
    from starlette.authentication import BasicBackend as BasicBackend
    from starlette.authentication import BearerBackend as BearerBackend
    from starlette.authentication import InvalidCredentials as InvalidCredentials
    from starlette.authentication import JWTBackend as JWTBackend
    from starlette.authentication import JWTKeys as JWTKeys
    from starlette.authentication import PasswordHasher as PasswordHasher
    from starlette.authentication import RequireScopes as RequireScopes
    from starlette.authentication import SecretTable as SecretTable
    from starlette.authentication import SessionBackend as SessionBackend
    from starlette.authentication import SignedCookieBackend as SignedCookieBackend
    from starlette.authentication import SimpleUser as SimpleUser
    from starlette.authentication import UnauthenticatedUser as UnauthenticatedUser
    from starlette.authentication import requires as requires
    from starlette.middleware.authentication import (
        AuthenticationMiddleware as AuthenticationMiddleware,
    )
