"""A limit to the request bodies that an application reads.

``max_body_size`` of ``Starlette``, ``Router``, ``Mount`` and ``Route`` is this very
limit; the middleware is for applications that have no such parameter.  The attack it
answers is the body that fills the memory or the disk of whoever reads it.

The limit furthest in holds, whether it is smaller or larger than those around it.  A
body that is announced as too large is not read at all, one that turns out to be is
read no further; the answer is 413, and the connection is closed.  A body that nobody
reads is no danger, and is not limited.
"""

from __future__ import annotations

from starlette._body_limit import BodyLimit
from starlette.types import ASGIApp

__all__ = ("BodyLimitMiddleware",)


class BodyLimitMiddleware(BodyLimit):
    """Answers 413 to requests whose body is too large.

    Inside of it, reading the body raises an ``HTTPException`` of status 413, which
    exception handlers may answer in their own way.

    Args:
        app: The application inside.
        max_body_size: In bytes, 0 or more.

    Raises:
        ValueError: *max_body_size* is negative or no whole number.
    """

    def __init__(self, app: ASGIApp, max_body_size: int) -> None:
        super().__init__(app, max_body_size)
