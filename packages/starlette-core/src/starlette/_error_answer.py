"""How headers get onto the answer to an exception that nobody handled.

``ServerErrorMiddleware`` stands outside of all other middleware, so what it answers
passes through none of them: without further ado a browser gets the 500 without the
headers of CORS and hides it from the script that asked.  A middleware whose headers
must be on every answer therefore leaves a wrapper of ``send`` behind as the exception
passes through it, and ``ServerErrorMiddleware`` answers through these.

The wrappers are kept in a list that ``ServerErrorMiddleware`` puts on the scope, and
not on the scope itself: a middleware in between may hand on a copy of the scope.
"""

from __future__ import annotations

from typing import Callable, Iterable

from starlette.types import Scope, Send

__all__ = ("ERROR_ANSWER", "through", "wrap_error_answer")

ERROR_ANSWER = "starlette.error_answer"


def wrap_error_answer(scope: Scope, wrapper: Callable[[Send], Send]) -> None:
    """Have the answer of ``ServerErrorMiddleware`` sent through *wrapper*.

    Call it while the exception passes through; where no ``ServerErrorMiddleware``
    stands further out, it does nothing.

    Args:
        scope: Of the request.
        wrapper: Takes a ``send`` and returns another.
    """
    wrappers = scope.get(ERROR_ANSWER)
    if wrappers is not None:
        wrappers.append(wrapper)


def through(wrappers: Iterable[Callable[[Send], Send]], send: Send) -> Send:
    """Return *send* inside *wrappers*, of which the last is the outermost.

    That is their order as the exception passed through the middleware.
    """
    for wrapper in reversed(list(wrappers)):
        send = wrapper(send)
    return send
