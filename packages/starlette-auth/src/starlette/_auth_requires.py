"""The decorator that lets an endpoint be called by those who may.

How the endpoint is called, and where its connection is among the arguments, is found
out when it is decorated.
"""

from __future__ import annotations

from functools import wraps
from typing import (
    Any,
    Callable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
    Union,
    cast,
)

from starlette._auth_base import challenge_headers
from starlette._compat import ParamSpec
from starlette._utils import is_async_callable
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request

__all__ = ("has_required_scope", "login_redirect", "refusal", "requires", "scope_list")

P = ParamSpec("P")

# The place of a parameter that can only be named: behind all arguments.
_NOWHERE = 1 << 30


def has_required_scope(conn: HTTPConnection, scopes: Sequence[str]) -> bool:
    """Tell whether the peer has all of *scopes*.

    Raises:
        AssertionError: There is no ``AuthenticationMiddleware`` around.
    """
    # Past the property, which says what is missing, for nearly all connections: half
    # of what this function costs.
    auth = conn.scope.get("auth") if type(conn) is Request else None
    granted = (conn.auth if auth is None else auth).scopes
    # Not all(): its generator costs five times the comparison.
    for scope in scopes:  # noqa: SIM110
        if scope not in granted:
            return False
    return True


def requires(
    scopes: Union[str, Sequence[str]],
    status_code: Optional[int] = 403,
    redirect: Optional[str] = None,
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Let an endpoint be called only by those who have all of *scopes*.

    The endpoint is a function, coroutine function or method that takes the connection
    as ``request`` or ``websocket``.  A WebSocket that is refused is closed before it
    is accepted, which the client sees as a 403.

    Args:
        scopes: One name, or several.
        status_code: Of the answer to everybody else.  None is 401 for those who are
            nobody and 403 for all others.  A 401 carries the challenges of the
            backend.
        redirect: The name of a route: the others are sent there (303), with the URL
            they asked for as ``next`` in the query.

    Raises:
        TypeError: An argument is none of these, or, when a function is decorated, the
            function has no such parameter.
    """
    needed = scope_list(scopes)
    _check("status_code", status_code, int)
    _check("redirect", redirect, str)

    def decorate(function: Callable[P, Any]) -> Callable[P, Any]:
        name, index = _connection_parameter(function)
        is_usual = len(needed) == 1 and _takes_nothing_else(function)
        if name == "websocket":
            guarded = _guard_websocket(function, index, needed)
        elif is_async_callable(function) and is_usual:
            guarded = _guard_endpoint(function, needed[0], status_code, redirect)
        elif is_async_callable(function):
            guarded = _guard_async(function, index, needed, status_code, redirect)
        else:
            guarded = _guard_sync(function, index, needed, status_code, redirect)
        return cast("Callable[P, Any]", guarded)

    return decorate


def scope_list(scopes: Union[str, Sequence[str]]) -> List[str]:
    """Return *scopes*, one or several, as a list.

    Raises:
        TypeError: They are neither.
    """
    if isinstance(scopes, str):
        return [scopes]
    try:
        found = list(scopes)
    except TypeError:
        found = [None]  # type: ignore[list-item]
    if not all(isinstance(scope, str) for scope in found):
        raise TypeError(
            f"`scopes` must be a text or a sequence of texts, but got {scopes!r}."
        )
    return found


def _check(name: str, value: object, kind: Type[Any]) -> None:
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"`{name}` must be {kind.__name__} or None, but got {value!r}.")


def _connection_parameter(function: Callable[..., Any]) -> Tuple[str, int]:
    """Return the name of the parameter and its place."""
    from inspect import Parameter, signature

    for index, parameter in enumerate(signature(function).parameters.values()):
        if parameter.name in ("request", "websocket"):
            is_named = parameter.kind is Parameter.KEYWORD_ONLY
            return parameter.name, _NOWHERE if is_named else index
    raise TypeError(f'No "request" or "websocket" argument on function "{function}"')


def _takes_nothing_else(function: Callable[..., Any]) -> bool:
    """Tell whether the connection, by place or by name, is all that it takes."""
    from inspect import Parameter, signature

    (*others, last) = signature(function).parameters.values()
    return not others and last.kind is Parameter.POSITIONAL_OR_KEYWORD


def _find(
    kind: Type[Any],
    name: str,
    index: int,
    args: Tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Any:
    """Return the connection among the arguments."""
    if name in kwargs:
        conn = kwargs[name]
    else:
        conn = args[index] if index < len(args) else None
    if not isinstance(conn, kind):
        raise AssertionError(
            f"`{name}` must be a {kind.__name__}, but got {type(conn)}."
        )
    return conn


def _guard_async(
    function: Callable[..., Any],
    index: int,
    needed: List[str],
    status_code: Optional[int],
    redirect: Optional[str],
) -> Callable[..., Any]:
    @wraps(function)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        if len(args) > index and type(args[index]) is Request and not kwargs:
            request = args[index]  # nearly always, for a fifth of the price
        else:
            request = _find(Request, "request", index, args, kwargs)
        if has_required_scope(request, needed):
            return await function(*args, **kwargs)
        return _refuse(request, status_code, redirect)

    return guarded


def _guard_endpoint(
    function: Callable[..., Any],
    needed: str,
    status_code: Optional[int],
    redirect: Optional[str],
) -> Callable[..., Any]:
    """Like ``_guard_async``, for one scope, and a function of the request alone.

    Nearly all are, and what this adds to a request is half of what that does.
    """
    # Where the status says it all, nothing else is called, or asked of the request.
    plain = status_code if redirect is None and status_code != 401 else None

    # None stands for a request that a caller has left out.
    @wraps(function)
    async def guarded(request: Any = None) -> Any:
        auth = request.scope.get("auth") if type(request) is Request else None
        if auth is None:
            # The exceptions, and the errors that say what is wrong.
            auth = _find(Request, "request", 0, (request,), {}).auth
        if needed in auth.scopes:
            return await function(request)
        if plain is not None:
            raise HTTPException(plain)
        return _refuse(request, status_code, redirect)

    return guarded


def _guard_sync(
    function: Callable[..., Any],
    index: int,
    needed: List[str],
    status_code: Optional[int],
    redirect: Optional[str],
) -> Callable[..., Any]:
    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        request = _find(Request, "request", index, args, kwargs)
        if has_required_scope(request, needed):
            return function(*args, **kwargs)
        return _refuse(request, status_code, redirect)

    return guarded


def _guard_websocket(
    function: Callable[..., Any], index: int, needed: List[str]
) -> Callable[..., Any]:
    from starlette.websockets import WebSocket

    @wraps(function)
    async def guarded(*args: Any, **kwargs: Any) -> None:
        websocket = _find(WebSocket, "websocket", index, args, kwargs)
        if has_required_scope(websocket, needed):
            await function(*args, **kwargs)
        else:
            await websocket.close()

    return guarded


def _refuse(
    request: Request, status_code: Optional[int], redirect: Optional[str]
) -> Any:
    if redirect is not None:
        return login_redirect(request, redirect)
    raise refusal(request, status_code)


def login_redirect(conn: HTTPConnection, route: str) -> Any:
    """Return a response that sends the peer to *route*, and says where it came from.

    Raises:
        NoMatchFound: There is no such route, or it has parameters.
    """
    from urllib.parse import urlencode

    from starlette.responses import RedirectResponse

    query = urlencode({"next": str(conn.url)})
    return RedirectResponse(f"{conn.url_for(route)}?{query}", status_code=303)


def refusal(conn: HTTPConnection, status_code: Optional[int] = None) -> HTTPException:
    """Return the exception that says no: 401 with the challenges, or another status.

    Args:
        conn: Of the peer that is refused.
        status_code: None is 401 for those who are nobody, and 403 for all others.
    """
    if status_code is None:
        status_code = 403 if conn.user.is_authenticated else 401
    headers = challenge_headers(conn) if status_code == 401 else None
    return HTTPException(status_code, headers=headers)
