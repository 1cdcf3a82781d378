"""What HTTP requests and WebSocket handshakes have in common: their scope, read.

An ``HTTPConnection`` holds a reference to the scope and nothing it could not make
from it again.  Everything is parsed at the first use and kept; what a program never
asks for costs nothing.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Generic,
    Iterator,
    Mapping,
    Optional,
    cast,
)

from starlette._cookie_parser import cookie_parser
from starlette._query import parse_fields
from starlette.datastructures import URL, Address, Headers, QueryParams, State
from starlette.types import Receive, Scope

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from starlette.datastructures import URLPath

    StateT = TypeVar("StateT", default=State)
else:
    from typing import TypeVar

    # Without the default, which is for type checkers: ``Request`` alone is
    # ``Request[State]``.
    StateT = TypeVar("StateT")

__all__ = ("HTTPConnection", "StateT")


class HTTPConnection(Mapping[str, Any], Generic[StateT]):
    """An incoming connection, seen through its scope.

    It is a read-only mapping of the scope as well, and compares by identity.
    ``HTTPConnection[MyState]`` tells type checkers what ``state`` looks like.

    Args:
        scope: Of type ``"http"`` or ``"websocket"``; kept, not copied.
        receive: Not used here; accepted so that every kind of connection is
            made in the same way.

    Attributes:
        scope: As given.

    Raises:
        AssertionError: The scope is of another type.
    """

    # What has not been asked for yet.  On the class, so that making a connection
    # sets nothing but the scope.
    _url: Optional[URL] = None
    _base_url: Optional[URL] = None
    _headers: Optional[Headers] = None
    _query_params: Optional[QueryParams] = None
    _cookies: Optional[Dict[str, str]] = None
    _state: Optional[StateT] = None

    def __init__(self, scope: Scope, receive: Optional[Receive] = None) -> None:
        if scope["type"] not in ("http", "websocket"):
            raise AssertionError(
                "`scope` must be of type 'http' or 'websocket', "
                f"but got {scope['type']!r}"
            )
        self.scope = scope

    def __getitem__(self, key: str) -> Any:
        return self.scope[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scope)

    def __len__(self) -> int:
        return len(self.scope)

    # Not those of a mapping: two connections are never the same one, and
    # programs keep them in sets.
    if TYPE_CHECKING:

        def __eq__(self, other: object) -> bool: ...

    else:
        __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def app(self) -> Any:
        """The application that handles this connection; the innermost mounted."""
        return self.scope["app"]

    @property
    def url(self) -> URL:
        """The URL that was asked for, as far as the scope tells."""
        if self._url is None:
            self._url = URL(scope=self.scope)
        return self._url

    @property
    def base_url(self) -> URL:
        """The URL under which the application is mounted, with a final slash."""
        if self._base_url is None:
            scope = self.scope
            root: str = scope.get("app_root_path", scope.get("root_path", ""))
            path = root if root.endswith("/") else root + "/"
            self._base_url = URL._of_path(scope, path)
        return self._base_url

    @property
    def headers(self) -> Headers:
        """The request's headers."""
        headers = self._headers
        if headers is None:
            headers = self._headers = Headers._of(self.scope)
        return headers

    @property
    def query_params(self) -> QueryParams:
        """The parameters in the query string, all of them text."""
        params = self._query_params
        if params is None:
            query = self.scope.get("query_string", b"")
            if type(query) is bytes:  # what the constructor does with them
                fields = parse_fields(query.decode("latin-1"))
                params = QueryParams._of(fields)
            else:
                params = QueryParams(query)
            self._query_params = params
        return params

    @property
    def path_params(self) -> Dict[str, Any]:
        """The parameters of the path, converted, as the route has matched them."""
        try:
            params: Dict[str, Any] = self.scope["path_params"]
        except KeyError:
            params = {}
        return params

    @property
    def cookies(self) -> Dict[str, str]:
        """The cookies that were sent.  Nothing in them is an error.

        HTTP/2 may send them in several headers: RFC 9113, section 8.2.3.
        """
        cookies = self._cookies
        if cookies is None:
            cookies = {}
            for name, value in self.headers._list:
                if name == b"cookie":
                    cookies.update(cookie_parser(value.decode("latin-1")))
            self._cookies = cookies
        return cookies

    @property
    def client(self) -> Optional[Address]:
        """The address of the peer, if the server tells."""
        address = self.scope.get("client")
        return None if address is None else Address(*address)

    @property
    def session(self) -> Dict[str, Any]:
        """The session.

        Raises:
            AssertionError: There is no ``SessionMiddleware`` around.
        """
        try:
            session = self.scope["session"]
        except KeyError:
            raise _missing("SessionMiddleware", "session") from None
        # A session may be one that is read at its first use, which is now: code in
        # C, such as an encoder, looks into a dict without asking it.
        if type(session) is not dict:
            open_session = getattr(session, "_open_session", None)
            if open_session is not None:
                session = open_session()
        return cast("Dict[str, Any]", session)

    @property
    def auth(self) -> Any:
        """What the peer may do.

        Raises:
            AssertionError: There is no ``AuthenticationMiddleware`` around.
        """
        try:
            return self.scope["auth"]
        except KeyError:
            raise _missing("AuthenticationMiddleware", "auth") from None

    @property
    def user(self) -> Any:
        """Who the peer is.

        Raises:
            AssertionError: There is no ``AuthenticationMiddleware`` around.
        """
        try:
            return self.scope["user"]
        except KeyError:
            raise _missing("AuthenticationMiddleware", "user") from None

    @property
    def state(self) -> StateT:
        """Values of this connection's own, after those that the lifespan gave.

        Backed by ``scope["state"]``: all connections on one scope share it.
        """
        state = self._state
        if state is None:
            values = self.scope.setdefault("state", {})
            state = self._state = cast("StateT", State(values))
        return state

    def url_for(self, name: str, /, **path_params: Any) -> URL:
        """Return the absolute URL of a route.

        Args:
            name: Of the route; ``"mount:route"`` inside a mount.
            **path_params: A value for every parameter of its path.

        Raises:
            NoMatchFound: There is no such route, or it takes other parameters.
            RuntimeError: There is no router around.
        """
        router = self.scope.get("router") or self.scope.get("app")
        if router is None:
            raise RuntimeError(
                "The `url_for` method can only be used inside a Starlette "
                "application or with a router."
            )
        path: URLPath = router.url_path_for(name, **path_params)
        return path.make_absolute_url(base_url=self.base_url)


def _missing(middleware: str, key: str) -> AssertionError:
    return AssertionError(f"{middleware} must be installed to access request.{key}")
