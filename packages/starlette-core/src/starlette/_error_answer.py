"""How headers get onto the answer to an exception that nobody handled.

``ServerErrorMiddleware`` stands outside of all other middleware, so what it answers
passes through none of them: without further ado a browser gets the 500 without the
headers of CORS and hides it from the script that asked.  A middleware whose headers
must be on every answer therefore leaves a wrapper of ``send`` behind as the exception
passes through it, and ``ServerErrorMiddleware`` answers through these.

The wrappers travel on the exception itself.  Requests without one pay nothing, and a
middleware in between may hand on a copy of the scope.
"""

from __future__ import annotations

from typing import Callable

from starlette.types import Send

__all__ = ("through_wrappers", "wrap_error_answer")

ATTRIBUTE = "_starlette_error_answer"
# More than anybody has of such middleware, one in the other.
MAX_WRAPPERS = 32


def wrap_error_answer(exc: Exception, wrapper: Callable[[Send], Send]) -> None:
    """Have the answer of ``ServerErrorMiddleware`` to *exc* sent through *wrapper*.

    Call it while the exception passes through; where no ``ServerErrorMiddleware``
    stands further out, it does nothing.

    Args:
        exc: What passes through.
        wrapper: Takes a ``send`` and returns another.  It must not refer to the
            request: exceptions are kept by tools that report them.
    """
    wrappers = exc.__dict__.setdefault(ATTRIBUTE, [])
    wrappers.append(wrapper)
    # One exception may be raised again and again, with nobody to take them off.
    del wrappers[:-MAX_WRAPPERS]


def through_wrappers(exc: Exception, send: Send) -> Send:
    """Return *send* inside the wrappers that *exc* has gathered, and take them off.

    The last is the outermost: that is their order as the exception passed through
    the middleware.
    """
    for wrapper in reversed(exc.__dict__.pop(ATTRIBUTE, ())):
        send = wrapper(send)
    return send
