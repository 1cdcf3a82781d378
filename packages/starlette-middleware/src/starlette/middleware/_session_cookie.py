"""The cookie of a session: found, verified, written.

Its value is text in base64, the time of its signature and the signature, in the form
of ``itsdangerous.TimestampSigner``.  What is wrong with a cookie is never an error:
clients send what they like.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any, Iterable, Optional, Sequence, Tuple, Union

from starlette._cookie_parser import unquote

__all__ = ("MAX_SIZE", "SessionCookie", "SessionTooLarge")

# RFC 6265bis, section 5.6: browsers ignore what has more in name and value.
MAX_SIZE = 4096

# RFC 9110, section 5.6.2.
_IS_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
# RFC 6265, section 4.1.1: what a value of an attribute is made of.
_IS_ATTRIBUTE = re.compile(r"[ -:<-~]*").fullmatch


class SessionTooLarge(ValueError):
    """A session does not fit into a cookie.

    Args:
        size: Of the name and the signed value, in bytes.

    Attributes:
        size: As given.
        limit: What browsers keep, in bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__(
            f"The session cookie would have {size} bytes, but browsers keep no more "
            f"than {MAX_SIZE}. Keep less in the session, or use a `store`."
        )
        self.size = size
        self.limit = MAX_SIZE


class SessionCookie:
    """One cookie, by its name and attributes.

    Args:
        signer: An ``itsdangerous.TimestampSigner``.
        name: Of the cookie.
        max_age: In seconds; ``None`` is until the browser is closed.
        path: The path it is sent for.
        flags: The attributes after those.

    Raises:
        ValueError: An argument cannot be part of a cookie.
    """

    def __init__(
        self, signer: Any, name: str, max_age: Optional[int], path: str, flags: str
    ) -> None:
        check_name("session_cookie", name)
        check_path(path)
        self.signer = signer
        self.max_age = max_age
        self._name = name.encode("ascii")
        age = "" if max_age is None else f"Max-Age={max_age}; "
        self._attributes = f"; path={path}; {age}{flags}".encode("ascii")
        self.removal: Tuple[bytes, bytes] = (
            b"set-cookie",
            f"{name}=null; path={path}; expires=Thu, 01 Jan 1970 00:00:00 GMT; "
            f"{flags}".encode("ascii"),
        )

    def line(self, text: bytes) -> Tuple[bytes, bytes]:
        """Return the header that sets the cookie to *text*, signed now.

        Raises:
            SessionTooLarge: It would be larger than browsers allow.
        """
        value: bytes = self.signer.sign(b64encode(text))
        size = len(self._name) + len(value)
        if size > MAX_SIZE:
            raise SessionTooLarge(size)
        return b"set-cookie", self._name + b"=" + value + self._attributes

    def read(self, headers: Iterable[Tuple[bytes, bytes]]) -> Optional[bytes]:
        """Return the text in the cookie; ``None`` if there is none to trust."""
        value = self._find(headers)
        if value is None or self.max_age == 0:
            return None
        if len(self._name) + len(value) > MAX_SIZE:
            return None
        try:
            # Every one of the library's own errors is about what was signed.
            return b64decode(self.signer.unsign(value, max_age=self.max_age))
        except (_bad_data(), ValueError, OverflowError, OSError):
            return None

    def _find(self, headers: Iterable[Tuple[bytes, bytes]]) -> Optional[bytes]:
        name = self._name
        found = None
        for header, value in headers:
            # HTTP/2 may send several: RFC 9113, section 8.2.3.
            if header == b"cookie" and name in value:
                for pair in value.split(b";"):
                    key, equals, rest = pair.partition(b"=")
                    if equals and key.strip() == name:
                        found = rest.strip()
        if found is not None and found[:1] == b'"':
            found = unquote(found.decode("latin-1")).encode("latin-1", "replace")
        return found


def _bad_data() -> Any:
    from itsdangerous import BadData

    return BadData


def check_name(argument: str, name: str) -> None:
    """Refuse what cannot be the name of a cookie or header: RFC 9110, section 5.6.2.

    Raises:
        ValueError: *name*, given as *argument*, is not a token.
    """
    if not _IS_TOKEN(name):
        raise ValueError(f"`{argument}` must be a token, but got {name!r}.")


def check_path(path: str) -> None:
    """Refuse what cannot be the path of a cookie: RFC 6265, section 4.1.1.

    Raises:
        ValueError: *path* is not.
    """
    if not _IS_ATTRIBUTE(path):
        raise ValueError(
            "`path` must be ASCII text without ';' and control characters, "
            f"but got {path!r}."
        )


def security_flags(
    same_site: str, https_only: bool, domain: Optional[str], partitioned: bool
) -> str:
    """Return the attributes that say who gets the cookie.

    Raises:
        ValueError: They are not attributes, or contradict each other.
    """
    if same_site.lower() not in ("lax", "strict", "none"):
        raise ValueError(
            f"`same_site` must be 'lax', 'strict' or 'none', but got {same_site!r}."
        )
    if domain and not _IS_ATTRIBUTE(domain):
        raise ValueError(f"`domain` must be a host name, but got {domain!r}.")
    if partitioned and not https_only:
        raise ValueError("`https_only` must be True with `partitioned`, but got False.")
    flags = f"httponly; samesite={same_site}"
    if https_only:
        flags += "; secure"
    if domain:
        flags += f"; domain={domain}"
    if partitioned:
        flags += "; partitioned"
    return flags


def signing_keys(secret_key: Any) -> Sequence[str]:
    """Return the keys as text, the one that signs first.

    Raises:
        ValueError: There is none, or one is empty.
    """
    given: Sequence[Union[str, Any]] = (
        secret_key if isinstance(secret_key, (list, tuple)) else [secret_key]
    )
    keys = [str(key) for key in given]
    if not keys or not all(keys):
        raise ValueError(
            "`secret_key` must be a secret text, or several with the one that signs "
            "first, but got an empty one."
        )
    return keys
