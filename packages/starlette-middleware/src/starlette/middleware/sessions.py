"""Sessions: ``SessionMiddleware``, and what it gives to a program.

A session lives in a signed cookie, or in a store on the server's side, with its id in
the cookie.  Either way the cookie is written when the session has changed, and only
then; a session that nobody looks at is not even read.

The session itself is in ``_session.py``, the cookie in ``_session_cookie.py``, stores
in ``_session_stores.py``, and how the changes of concurrent requests come together in
``_session_records.py``.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Awaitable,
    Iterable,
    List,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from starlette._elsewhere import lend
from starlette._send_tracker import SendTracker
from starlette.middleware._session import Session, UnreadSession, encode_session
from starlette.middleware._session_cookie import (
    SessionCookie,
    SessionTooLarge,
    security_flags,
    signing_keys,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

try:
    # Here and not where it is used: a program learns at its start, and not at its
    # first request, that a library is missing.
    from starlette.middleware._session_signer import SessionSigner
except ModuleNotFoundError as _missing:
    if _missing.name != "itsdangerous":
        raise
    raise ModuleNotFoundError(
        "SessionMiddleware needs itsdangerous: "
        "pip install starlette-middleware[sessions]",
        name="itsdangerous",
    ) from _missing

if TYPE_CHECKING:
    from typing_extensions import Literal

    from starlette.datastructures import Secret
    from starlette.middleware._session_files import FileStore
    from starlette.middleware._session_records import StoredSession
    from starlette.middleware._session_stores import MemoryStore, SessionStore

__all__ = (
    "FileStore",
    "MemoryStore",
    "Session",
    "SessionMiddleware",
    "SessionStore",
    "SessionTooLarge",
)

Pair = Tuple[bytes, bytes]

_WITH_SESSION = frozenset(("http", "websocket"))

# The messages that can carry a cookie.
_STARTS = frozenset(
    ("http.response.start", "websocket.accept", "websocket.http.response.start")
)

# How long a store keeps what the browser drops when it is closed, in seconds.
_DEFAULT_TTL = 14 * 24 * 60 * 60

_STORES = {
    "FileStore": "_session_files",
    "MemoryStore": "_session_stores",
    "SessionStore": "_session_stores",
}


class SessionMiddleware:
    """Gives every request and WebSocket a session: ``request.session``.

    The cookie cannot be forged, but without a store the client can read it, and can
    bring an older one back.  What must stay secret, or must end when the server says
    so, needs a store.  Cookies are hidden from scripts.  A cookie that was tampered
    with, is too old, too large or cannot be read is an empty session.

    Cookies of Starlette's ``SessionMiddleware`` are read, and it reads these.

    Args:
        app: The application inside.
        secret_key: What the cookie is signed with; or several in a list: the first
            signs, all verify, so that a key can be replaced.
        session_cookie: The name of the cookie.
        max_age: Seconds that a session lives after its last change; ``None`` is until
            the browser is closed, and 0 lets it end with its response.
        path: The path that the cookie is sent for.
        same_site: ``"lax"``, ``"strict"`` or ``"none"``: whether requests that come
            from other sites carry the cookie.
        https_only: Whether it is sent over HTTPS only.
        domain: The domain it is sent to, subdomains too; ``None`` is this host only.
        partitioned: Whether it is kept apart for each top-level site.
        rolling: Whether every response renews the session, changed or not.
        store: Where sessions are kept on the server's side: a ``SessionStore``, or a
            text that names one, such as ``"memory"`` or ``"file:/var/lib/sessions"``.
            ``None`` keeps them in the cookie.

    Attributes:
        signer: An ``itsdangerous.TimestampSigner``.

    Raises:
        ValueError: An argument is not what it must be.
        TypeError: *store* is not a store.
        SessionTooLarge: When a response starts: the session does not fit into a
            cookie.
    """

    def __init__(
        self,
        app: ASGIApp,
        secret_key: Union[str, Secret, Sequence[Union[str, Secret]]],
        session_cookie: str = "session",
        max_age: Optional[int] = 14 * 24 * 60 * 60,
        path: str = "/",
        same_site: Literal["lax", "strict", "none"] = "lax",
        https_only: bool = False,
        domain: Optional[str] = None,
        *,
        partitioned: bool = False,
        rolling: bool = False,
        store: Union[SessionStore, str, None] = None,
    ) -> None:
        _check_age(max_age, store is not None)
        self.app = app
        self.signer: Any = SessionSigner(signing_keys(secret_key))
        self.session_cookie = session_cookie
        self.max_age = max_age
        self.path = path
        self.security_flags: str = security_flags(
            same_site, https_only, domain, partitioned
        )
        self.rolling = rolling
        self.store: Optional[SessionStore] = None if store is None else _opened(store)
        self._cookie = SessionCookie(
            self.signer, session_cookie, max_age, path, self.security_flags
        )
        self._read = self._cookie.read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with a session; what has changed goes to the client."""
        if scope["type"] not in _WITH_SESSION:
            await self.app(scope, receive, send)
        elif self.store is not None:
            await self._call_with_store(self.store, scope, receive, send)
        else:
            session = scope["session"] = UnreadSession()
            session._read = self._read
            session._source = scope["headers"]
            # Spelled out below: an object is called by a detour.
            app: Any = self.app
            if type(send) is not SendTracker:
                sending = self._with_cookie(session, scope, send)
                await app.__call__(scope, receive, sending)
                return
            # Behind the tracker and not around it: what is further in knows it by its
            # class, and would put a second one on top.
            inner = send.send
            send.send = self._with_cookie(session, scope, inner, send)
            try:
                await app.__call__(scope, receive, send)
            finally:
                send.send = inner

    def _with_cookie(
        self,
        session: UnreadSession,
        scope: Scope,
        send: Send,
        tracker: Optional[SendTracker] = None,
    ) -> Send:
        # A function and not an object: a third of what an untouched session costs.
        # Defaults, because each variable from outside would be made an object: a tenth.
        # No coroutine function: it hands on the awaitable it gets.
        def send_with_cookie(
            message: Message,
            session: Session = session,
            scope: Scope = scope,
            send: Send = send,
            is_rolling: bool = self.rolling,
            started: Any = self._started,
            tracker: Optional[SendTracker] = tracker,
        ) -> Awaitable[None]:
            # What nearly all untouched sessions are is asked first.
            if (
                type(session) is not UnreadSession
                or scope.get("session") is not session
                or is_rolling
            ) and message["type"] in _STARTS:
                message = started(message, session, scope, tracker)
            return send(message)

        return send_with_cookie

    def _started(
        self,
        start: Message,
        session: Session,
        scope: Scope,
        tracker: Optional[SendTracker],
    ) -> Message:
        """Return *start*, with the cookie if there is one to send."""
        is_untouched = type(session) is UnreadSession and not self.rolling
        if is_untouched and not _is_replaced(scope):
            return start
        try:
            opened = _current(session, scope)
            return _with_headers(start, opened, self._cookies(opened))
        except Exception:
            # The tracker has passed on what is not sent.
            if tracker is not None:
                tracker.response_started = False
            raise

    def _cookies(self, session: Session) -> Sequence[Pair]:
        if not session:
            return [self._cookie.removal] if session._text is not None else ()
        if self.rolling or session.has_changed():
            return [self._cookie.line(encode_session(session))]
        return ()

    async def _call_with_store(
        self, store: SessionStore, scope: Scope, receive: Receive, send: Send
    ) -> None:
        from starlette.middleware._session_records import StoredSession

        record = StoredSession(store, self.max_age or _DEFAULT_TTL)
        await record.open(self._read(scope["headers"]))
        session = scope["session"] = UnreadSession()
        session._read = _stored
        session._source = record

        async def send_with_id(message: Message) -> None:
            if message["type"] in _STARTS:
                message = await self._start(message, record, session, scope)
            await send(message)

        await self.app(scope, receive, send_with_id)
        if session.accessed or session.modified:
            await record.save_rest(_current(session, scope))

    async def _start(
        self, message: Message, record: StoredSession, session: Session, scope: Scope
    ) -> Message:
        """Save the session, and return a copy of *message* with its id."""
        had_id = record.id is not None
        if session.accessed or session.modified or _is_replaced(scope):
            session = _current(session, scope)
        if session.has_changed():
            await record.save(session)
        elif self.rolling:
            await record.renew()
        else:
            return _with_headers(message, session, ())
        # Where another request has ended the session, the client has a newer cookie, or
        # none: to remove it would log out who has just logged in.
        cookies = [self._cookie.removal] if had_id and not record.has_ended else []
        if record.id is not None:
            cookies = [self._cookie.line(record.id.encode("ascii"))]
        return _with_headers(message, session, cookies)


def _is_replaced(scope: Scope) -> bool:
    """Tell whether a program has put a dict of its own in the place of the session.

    A session there that is another one is that of a middleware further in.
    """
    found = scope.get("session")
    return found is not None and not isinstance(found, Session)


def _current(session: Session, scope: Scope) -> Session:
    """Return the session, read; what a program has put in its place is its content."""
    if type(session) is UnreadSession:
        session._open_session()
    if _is_replaced(scope):
        found = scope["session"]
        session.clear()
        session.update(found)
        scope["session"] = session
    return session


def _with_headers(start: Message, session: Session, cookies: Iterable[Pair]) -> Message:
    """Return a copy of *start* with these cookies, and ``Vary`` if it is due."""
    headers: List[Any] = list(start.get("headers") or ())
    headers += cookies
    # Caches must not give what is made from one cookie to those who send another.
    if session.accessed and start["type"] != "websocket.accept":
        if any(name == b"vary" for name, _ in headers):
            from starlette.datastructures import MutableHeaders

            MutableHeaders(raw=headers).add_vary_header("Cookie")
        else:
            headers.append((b"vary", b"Cookie"))
    return {**start, "headers": headers}


def _stored(record: StoredSession) -> Optional[bytes]:
    return record.stored


def _opened(store: Union[SessionStore, str]) -> SessionStore:
    from starlette.middleware._session_stores import open_store

    return open_store(store)


def _check_age(max_age: Optional[int], is_stored: bool) -> None:
    if max_age is None or max_age > 0:
        return
    if max_age < 0 or is_stored:
        raise ValueError(
            "`max_age` must be a number of seconds, "
            f"{'1 or more with a `store`' if is_stored else '0 or more'}, "
            f"but got {max_age!r}."
        )


_lent = lend(
    __name__,
    {
        "starlette.datastructures": "MutableHeaders Secret",
        "starlette.requests": "HTTPConnection",
    },
)


# Not imported above: who keeps sessions in cookies needs none of it.
if not TYPE_CHECKING:  # pragma: no branch (type checkers)

    def __getattr__(name: str) -> Any:
        if name not in _STORES:
            return _lent(name)
        from importlib import import_module

        found = getattr(import_module(f"starlette.middleware.{_STORES[name]}"), name)
        found.__module__ = __name__
        globals()[name] = found
        return found


Session.__module__ = __name__
SessionTooLarge.__module__ = __name__
