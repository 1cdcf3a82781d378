"""The names on ``starlette`` for type checkers, of all members.

By ``*``, because one that is not installed adds nothing that way; a name
imported from it would be a name of unknown type.  Made by
``python -m tools.plugins --write``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette._typed_auth import *  # noqa: F403
    from starlette._typed_core import *  # noqa: F403
    from starlette._typed_graphql import *  # noqa: F403
    from starlette._typed_middleware import *  # noqa: F403
    from starlette._typed_static import *  # noqa: F403
    from starlette._typed_templating import *  # noqa: F403
    from starlette._typed_testing import *  # noqa: F403
