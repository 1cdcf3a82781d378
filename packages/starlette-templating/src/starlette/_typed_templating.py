"""What starlette-templating adds to ``starlette``, for type checkers.

Made by ``python -m tools.plugins --write``.
"""

# isort: skip_file

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.templating import Jinja2Templates as Jinja2Templates
