"""URLs, and the paths that routes build.

A ``URL`` is its text.  It is parsed when a part is first asked for; one made
from a scope knows its parts and is never parsed, so that nothing in a request
can move the border between host, path and query.

Splitting is ``urllib.parse``'s.  It is imported on first use: a program that
never looks at a URL never loads it.
"""

from __future__ import annotations

import re
from typing import (
    TYPE_CHECKING,
    Any,
    Iterable,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from starlette._authority import bracketed, scope_authority
from starlette._multidict import MultiDict
from starlette._query import parse_fields

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ("URL", "URLPath", "urlsplit")

Parts = Tuple[str, str, str, str, str]

_FIELDS = ("scheme", "netloc", "path", "query", "fragment")
_NETLOC_FIELDS = ("username", "password", "hostname", "port")
_SCHEMES = {
    ("http", False): "http",
    ("http", True): "https",
    ("websocket", False): "ws",
    ("websocket", True): "wss",
}
_SECURE = ("https", "wss")

# What may stand in a path as it is: the ``pchar`` of RFC 3986 and the slash.
_PATH_SAFE = "/:@!$&'()*+,;=-._~"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_PATH_BYTES = (_LETTERS + _PATH_SAFE).encode()
# Beside that, in a path that is quoted in part: escapes, and what ends the path.
_QUOTED_SAFE = _PATH_SAFE + "%?#"
_QUOTED_BYTES = (_LETTERS + _QUOTED_SAFE).encode()
# Bytes of a query that would end it, or that a URL cannot hold.
_QUERY_UNSAFE = re.compile(rb"[^!-~]|#")
_QUERY_BYTES = bytes(range(0x21, 0x7F)).replace(b"#", b"")
# What would end a user name, a password or a host.
_USERINFO_UNSAFE = re.compile(r"[^!-~]|[/?#@\[\]\\:]")
_PASSWORD = re.compile(r"(//[^/?#:]*:)[^/?#]+(?=@)")
_MASK = r"\1********"
_HOST_UNSAFE = re.compile(r"[\0- /?#@\\\x7f]")


def urlsplit(url: str, scheme: str = "", allow_fragments: bool = True) -> SplitResult:
    """Split *url* into its five parts, as ``urllib.parse.urlsplit`` does.

    Raises:
        ValueError: If the brackets of a host are not those of an IPv6 address.
    """
    from urllib.parse import urlsplit

    return urlsplit(url, scheme, allow_fragments)


def _join(scheme: str, netloc: str, path: str, query: str, fragment: str) -> str:
    """Return the text of a URL (RFC 3986, section 5.3).

    An absolute path stays apart from the host before it; a path that starts
    with two slashes and has no host before it gets ``/.`` put first, or it
    would be read as a host (WHATWG URL, section 4.5).
    """
    if netloc:
        start = f"//{netloc}" if not path or path[0] == "/" else f"//{netloc}/"
    else:
        start = "/." if path[:2] == "//" else ""
        if scheme and path[:1] == "/" and not start:
            from urllib.parse import uses_netloc

            # "file:///etc", but "com.example.app:/callback": a scheme that has no
            # host at all (RFC 8252, section 7.1).
            start = "//" if scheme in uses_netloc else ""
    if scheme:
        start = f"{scheme}:{start}"
    if query:
        path = f"{path}?{query}"
    return f"{start}{path}#{fragment}" if fragment else start + path


def _quote_path(path: str, safe: str = _PATH_SAFE, plain: bytes = _PATH_BYTES) -> str:
    # A server may have left half a surrogate pair in what it decoded.
    data = path.encode("utf-8", "surrogatepass")
    # What is left without all that is safe: half the time of a regex.
    if not data.translate(None, plain):
        return path
    from urllib.parse import quote

    return quote(data, safe=safe)


def _quote_query(query: bytes) -> str:
    if query.translate(None, _QUERY_BYTES):
        query = _QUERY_UNSAFE.sub(lambda found: b"%%%02X" % ord(found.group()), query)
    return query.decode("ascii")


def _parts_of_scope(scope: Mapping[str, Any], path: str, query: bytes) -> Parts:
    scheme = scope.get("scheme", "http")
    netloc = scope_authority(scope, scheme)
    path = _quote_path(path)
    if path and path[0] != "/":
        path = "/" + path
    text = _quote_query(query) if query else ""
    return (scheme if netloc else "", netloc, path, text, "")


def _split_netloc(netloc: str) -> Tuple[Optional[str], Optional[str], str, str]:
    """Return user name, password, host (in brackets if it has them) and port."""
    userinfo, at, address = netloc.rpartition("@")
    username, colon, password = userinfo.partition(":")
    end = address.find("]") + 1
    host, _, port = address[end:].partition(":")
    return (
        username if at else None,
        password if colon else None,
        address[:end] + host,
        port,
    )


def _checked_host(host: str) -> str:
    if _HOST_UNSAFE.search(host):
        raise ValueError(
            f"`hostname` must be a host and nothing more, but got {host!r}."
        )
    return bracketed(host)


def _checked_port(port: Union[int, str, None]) -> str:
    text = "" if port is None else str(port)
    if text and not (text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise ValueError(f"`port` must be a number from 0 to 65535, but got {port!r}.")
    return text


def _quote_userinfo(text: str) -> str:
    # Escapes stay as they are: what a URL gave as its password can be put back.
    if _USERINFO_UNSAFE.search(text):
        from urllib.parse import quote

        return quote(text, safe="%!$&'()*+,;=")
    return text


def _edit_netloc(netloc: str, changes: Mapping[str, Any]) -> str:
    """Return *netloc* with the parts in *changes* replaced."""
    username, password, host, port = _split_netloc(netloc)
    if changes.get("hostname") is not None:
        host = _checked_host(changes["hostname"])
    if "port" in changes:
        port = _checked_port(changes["port"])
    if "username" in changes:
        username = changes["username"]
        username = username and _quote_userinfo(username)
    if "password" in changes:
        password = changes["password"]
        password = password and _quote_userinfo(password)
    if (port or username) and not host:
        raise ValueError("A URL without a host has no place for a port or a user name.")
    address = f"{host}:{port}" if port else host
    if username is None:
        return address
    userinfo = username if password is None else f"{username}:{password}"
    return f"{userinfo}@{address}"


class URL:
    """A URL as text, with its parts as attributes.

    Equal to another URL, and to a ``str``, of the same text.  Not changed in
    place: ``replace`` and its relatives return a new one.

    The parts raise ``ValueError`` when the text cannot be a URL: each of them
    for a host with broken brackets, ``port`` for what is not a number up to
    65535.  Neither happens to a URL that was made from a scope.

    Args:
        url: The text.
        scope: The scope of a request to take the URL from.  Path and query
            are percent-encoded as needed; ``Host`` is used if it is
            well-formed, else the server's address, and without either the URL
            is path and query alone.
        **components: What ``replace`` takes, to build a URL from parts.

    Raises:
        AssertionError: If more than one of them is given.
        TypeError: If *url* is not text.
        ValueError: If a component is unknown or cannot be part of a URL.
    """

    _parts: Optional[Parts] = None
    _components: Optional[SplitResult] = None

    def __init__(
        self,
        url: str = "",
        scope: Optional[Mapping[str, Any]] = None,
        **components: Any,
    ) -> None:
        if scope is not None:
            if url:
                _refuse_both("url", "scope")
            if components:
                _refuse_both("scope", "**components")
            query = scope.get("query_string") or b""
            self._parts = parts = _parts_of_scope(scope, scope["path"], query)
            self._url = _join(*parts)
        elif components:
            if url:
                _refuse_both("url", "**components")
            self._url = _replaced(("", "", "", "", ""), components)
        elif isinstance(url, (str, URL)):
            self._url = str(url)
        else:
            raise TypeError(f"`url` must be str, but got {type(url).__name__}.")

    @classmethod
    def _of(cls, text: str, parts: Optional[Parts] = None) -> URL:
        """Return the URL that is *text*, without asking what the constructor asks."""
        url = cls.__new__(cls)
        url._url = text
        if parts is not None:
            url._parts = parts
        return url

    @classmethod
    def _of_path(cls, scope: Mapping[str, Any], path: str) -> URL:
        """Return the URL of *path*, without a query, where *scope* was sent to."""
        parts = _parts_of_scope(scope, path, b"")
        return cls._of(_join(*parts), parts)

    def _split(self) -> Parts:
        parts = self._parts
        if parts is None:
            self._parts = parts = urlsplit(self._url)
        return parts

    @property
    def components(self) -> SplitResult:
        """The parts, as ``urllib.parse.urlsplit`` names them."""
        if self._components is None:
            from urllib.parse import SplitResult

            self._components = SplitResult(*self._split())
        return self._components

    @property
    def scheme(self) -> str:
        """The scheme, in lower case; empty in a relative URL."""
        return self._split()[0]

    @property
    def netloc(self) -> str:
        """The authority, as it is written: ``user:password@host:port``."""
        return self._split()[1]

    @property
    def path(self) -> str:
        """The path, percent-encoded."""
        return self._split()[2]

    @property
    def query(self) -> str:
        """The query, percent-encoded, without ``?``."""
        return self._split()[3]

    @property
    def fragment(self) -> str:
        """The fragment, without ``#``."""
        return self._split()[4]

    @property
    def username(self) -> Optional[str]:
        """The user name, as it is written."""
        return self.components.username

    @property
    def password(self) -> Optional[str]:
        """The password, as it is written."""
        return self.components.password

    @property
    def hostname(self) -> Optional[str]:
        """The host, in lower case and without brackets."""
        return self.components.hostname

    @property
    def port(self) -> Optional[int]:
        """The port, if one is written.

        Raises:
            ValueError: If it is not a number from 0 to 65535.
        """
        return self.components.port

    @property
    def is_secure(self) -> bool:
        """Whether the scheme is one that encrypts."""
        return self.scheme in _SECURE

    def replace(self, **kwargs: Any) -> URL:
        """Return a URL with some parts replaced.

        Args:
            **kwargs: ``scheme``, ``netloc``, ``path``, ``query`` and
                ``fragment`` are put in as they are.  ``hostname``, ``port``,
                ``username`` and ``password`` change the netloc: an IPv6
                address gets its brackets, delimiters in user name and
                password are escaped, and ``None`` takes a part away (but
                leaves the host as it is).

        Raises:
            ValueError: If a name is not among these, a host or port cannot be
                one, or there is no host to stand beside.
        """
        return URL(_replaced(self._split(), kwargs))

    def include_query_params(self, **kwargs: Any) -> URL:
        """Return a URL with these query parameters set, the others kept."""
        params = MultiDict(parse_fields(self.query))
        params.update(kwargs)
        return self._with_query(params.multi_items())

    def replace_query_params(self, **kwargs: Any) -> URL:
        """Return a URL with these query parameters and no others."""
        return self._with_query(kwargs.items())

    def remove_query_params(self, keys: Union[str, Sequence[str]]) -> URL:
        """Return a URL without the query parameters of these names."""
        unwanted = (keys,) if isinstance(keys, str) else keys
        fields = parse_fields(self.query)
        return self._with_query([pair for pair in fields if pair[0] not in unwanted])

    def _with_query(self, pairs: Iterable[Tuple[str, Any]]) -> URL:
        from urllib.parse import urlencode

        return self.replace(query=urlencode([(name, str(v)) for name, v in pairs]))

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, (str, URL)) and self._url == str(other)

    def __str__(self) -> str:
        return self._url

    def __repr__(self) -> str:
        # On the text: what cannot be parsed has to be shown as well.
        return f"{type(self).__name__}({_PASSWORD.sub(_MASK, self._url, 1)!r})"


def _refuse_both(one: str, other: str) -> None:
    raise AssertionError(f'Cannot set both "{one}" and "{other}".')


def _replaced(parts: Sequence[str], changes: Mapping[str, Any]) -> str:
    unknown = [name for name in changes if name not in _FIELDS + _NETLOC_FIELDS]
    if unknown:
        raise ValueError(f"Got unexpected field names: {unknown!r}")
    edited = dict(zip(_FIELDS, parts))
    edited.update((name, changes[name]) for name in _FIELDS if name in changes)
    if any(name in changes for name in _NETLOC_FIELDS):
        edited["netloc"] = _edit_netloc(edited["netloc"], changes)
    return _join(**edited)


class URLPath(str):
    """The path that a route builds, and what else it knows of the address.

    Args:
        path: The path, percent-encoded.
        protocol: ``"http"``, ``"websocket"``, or empty for either.
        host: The ``host[:port]`` that the route is bound to, if it is.

    Raises:
        AssertionError: If *protocol* is none of these.
    """

    protocol: str
    host: str

    def __new__(cls, path: str, protocol: str = "", host: str = "") -> URLPath:
        if protocol not in ("http", "websocket", ""):
            raise AssertionError(
                f'`protocol` must be "http", "websocket" or "", but got {protocol!r}.'
            )
        return str.__new__(cls, path)

    def __init__(self, path: str, protocol: str = "", host: str = "") -> None:
        self.protocol = protocol
        self.host = host

    def make_absolute_url(self, base_url: Union[str, URL]) -> URL:
        """Return the URL of this path below *base_url*.

        The base gives the host, unless the route has one, the path to stand
        below, and whether the connection is encrypted.  Characters that no URL
        may have are percent-encoded; what is encoded already stays as it is.
        """
        base = base_url if isinstance(base_url, URL) else URL(base_url)
        scheme, netloc, root, _, _ = base._split()
        if self.protocol and scheme:
            scheme = _SCHEMES[self.protocol, scheme in _SECURE]
        below = "/" if self and self[0] != "/" else ""
        quoted = _quote_path(self, _QUOTED_SAFE, _QUOTED_BYTES)
        path = f"{root.rstrip('/')}{below}{quoted}"
        return URL._of(_join(scheme, self.host or netloc, path, "", ""))
