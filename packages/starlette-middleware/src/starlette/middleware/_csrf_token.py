"""The token of a form: a secret in a signed cookie, and the same secret sent along.

Another site can make a browser send the cookie, but can neither read it nor make one
that verifies.
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any, Callable, Iterable, List, Optional, Tuple

from starlette._lazy_text import TextOnDemand
from starlette.requests import HTTPConnection
from starlette.types import Scope

__all__ = ("BoundTo", "BoundToken", "OfferedToken", "TokenCookie", "find_field")

BoundTo = Callable[[HTTPConnection], Any]

SIZE = 24
"""Of a secret, in bytes."""

# JSON, and so a session, can hold halves of surrogate pairs.
_ANY_TEXT = ("utf-8", "surrogatepass")


class TokenCookie:
    """The cookie with the secret.

    Args:
        keys: What it is signed with; the first signs, all verify.
        name: Of the cookie.
        attributes: What follows its value.
        bound_to: Tells whose cookie it is.  One that was signed for somebody else does
            not verify.
    """

    def __init__(
        self,
        keys: Iterable[str],
        name: str,
        attributes: str,
        bound_to: Optional[BoundTo] = None,
    ) -> None:
        # Keys of its own: nothing that is signed for another purpose verifies here.
        self._keys = [
            hmac.new(key.encode("utf-8"), b"starlette.middleware.csrf", sha256).digest()
            for key in keys
        ]
        self._name = name.encode("ascii")
        self._attributes = attributes.encode("ascii")
        self._bound_to = bound_to

    def owner(self, scope: Scope) -> bytes:
        """Return whose cookie it is to be, as the signature has it."""
        if self._bound_to is None:
            return b""
        owner = self._bound_to(HTTPConnection(scope))
        # Nobody is somebody else than whoever has an empty name.
        return b"" if owner is None else b"=" + str(owner).encode(*_ANY_TEXT)

    def read(
        self, headers: Iterable[Tuple[bytes, bytes]], owner: bytes
    ) -> Optional[bytes]:
        """Return the secret in the cookie; ``None`` if there is none to trust."""
        for header, value in headers:
            if header == b"cookie" and self._name in value:
                for pair in value.split(b";"):
                    name, _, text = pair.strip().partition(b"=")
                    # Of several the first that verifies: a neighbouring site may have
                    # set others.
                    if name == self._name:
                        secret = self._verified(text, owner)
                        if secret is not None:
                            return secret
        return None

    def line(self, secret: bytes, owner: bytes) -> Tuple[bytes, bytes]:
        """Return the header that sets the cookie."""
        signature = _encode(_signature(self._keys[0], secret, owner))
        value = _encode(secret) + b"." + signature
        return b"set-cookie", self._name + b"=" + value + self._attributes

    def matches(self, secret: bytes, token: bytes, owner: bytes) -> bool:
        """Tell whether *token* stands for *secret*: masked, or as the cookie has it."""
        found = self._verified(token, owner) if b"." in token else _unmasked(token)
        return found is not None and hmac.compare_digest(found, secret)

    def _verified(self, text: bytes, owner: bytes) -> Optional[bytes]:
        first, _, second = text.partition(b".")
        secret, signature = _decode(first), _decode(second)
        if secret is None or signature is None or len(secret) != SIZE:
            return None
        for key in self._keys:
            if hmac.compare_digest(_signature(key, secret, owner), signature):
                return secret
        return None


class OfferedToken(TextOnDemand):
    """The token for the forms of one page, made when it is read.

    Each is another one, for the same secret.  It answers BREACH: where a page is
    compressed, what stands in each response alike can be guessed from the lengths.

    Its maker sets ``text`` to None, ``cookie`` to that which the client has or is to be
    given, and ``headers`` to those of the request: a constructor costs as much as all
    else that is done for a page without a form.
    """

    __slots__ = ("_new", "_owner", "cookie", "headers")

    cookie: TokenCookie
    headers: Iterable[Tuple[bytes, bytes]]
    # Set when the text is made, not before.
    _new: Optional[bytes]
    _owner: bytes

    def _make(self) -> str:
        self._new = None
        self._owner = self._find_owner()
        secret = self.cookie.read(self.headers, self._owner)
        if secret is None:
            secret = self._new = os.urandom(SIZE)
        return masked(secret)

    def _find_owner(self) -> bytes:
        return b""

    def cookies(self) -> List[Tuple[bytes, bytes]]:
        """Return the header for a client that has no cookie yet.

        Only once the token has been read.
        """
        if self._new is None:
            return []
        return [self.cookie.line(self._new, self._owner)]


class BoundToken(OfferedToken):
    """A token for the owner of the cookie.

    Attributes:
        scope: Where to find out who that is, as long as the request is handled: the
            scope has the token, and the two would wait for the garbage collector.
    """

    __slots__ = ("scope",)

    scope: Optional[Scope]

    def _find_owner(self) -> bytes:
        # Afterwards nobody can be given a cookie.
        return b"" if self.scope is None else self.cookie.owner(self.scope)


def masked(secret: bytes) -> str:
    """Return *secret* behind a random mask, with the mask."""
    mask = os.urandom(SIZE)
    return _encode(mask + _xor(mask, secret)).decode("ascii")


def _unmasked(token: bytes) -> Optional[bytes]:
    both = _decode(token)
    if both is None or len(both) != 2 * SIZE:
        return None
    return _xor(both[:SIZE], both[SIZE:])


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes([a ^ b for a, b in zip(one, other)])


def _signature(key: bytes, secret: bytes, owner: bytes) -> bytes:
    # All secrets are of one size: no other secret and owner make the same text.
    return hmac.new(key, secret + owner, sha256).digest()


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _decode(text: bytes) -> Optional[bytes]:
    if len(text) > 100:
        return None
    try:
        return urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        return None


def find_field(
    name: bytes, content_type: str, body: bytes, is_whole: bool
) -> Optional[bytes]:
    """Return a field of a form, looked for in the beginning of its body.

    Args:
        name: Of the field.
        content_type: Of the request.
        body: Its beginning.
        is_whole: Whether that is all of it; if not, its last field is not complete.
    """
    media_type, _, parameters = content_type.partition(";")
    media_type = media_type.strip().lower()
    if media_type == "application/x-www-form-urlencoded":
        fields = body.split(b"&")
        for field in fields if is_whole else fields[:-1]:
            key, _, value = field.partition(b"=")
            if key == name:
                return value
    elif media_type == "multipart/form-data":
        for part in _parts(parameters, body):
            head, _, value = part.partition(b"\r\n\r\n")
            if _is_field(name, head):
                return value
    return None


def _parts(parameters: str, body: bytes) -> List[bytes]:
    key, _, boundary = parameters.strip().partition("=")
    boundary = boundary.partition(";")[0].strip().strip('"')
    if key.strip().lower() != "boundary" or not boundary:
        return []
    # Before the first boundary stands nothing that counts, and the last part is not
    # complete, or the end.
    delimiter = b"\r\n--" + boundary.encode("latin-1")
    return (b"\r\n" + body).split(delimiter)[1:-1]


def _is_field(name: bytes, head: bytes) -> bool:
    for line in head.split(b"\r\n"):
        header, _, value = line.partition(b":")
        if header.strip().lower() == b"content-disposition":
            words = [word.strip() for word in value.split(b";")]
            return words == [b"form-data", b'name="' + name + b'"']
    return False
