"""The token of a form: a secret in a signed cookie, and the same secret sent along.

Another site can make a browser send the cookie, but can neither read it nor make one
that verifies.
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Iterable, List, Optional, Tuple

from starlette._lazy_text import LazyText

__all__ = ("OfferedToken", "TokenCookie", "find_field")

SIZE = 24
"""Of a secret, in bytes."""


class TokenCookie:
    """The cookie with the secret.

    Args:
        keys: What it is signed with; the first signs, all verify.
        name: Of the cookie.
        attributes: What follows its value.
    """

    def __init__(self, keys: Iterable[str], name: str, attributes: str) -> None:
        # Keys of its own: nothing that is signed for another purpose verifies here.
        self._keys = [
            hmac.new(key.encode("utf-8"), b"starlette.middleware.csrf", sha256).digest()
            for key in keys
        ]
        self._name = name.encode("ascii")
        self._attributes = attributes.encode("ascii")

    def read(self, headers: Iterable[Tuple[bytes, bytes]]) -> Optional[bytes]:
        """Return the secret in the cookie; ``None`` if there is none to trust."""
        for header, value in headers:
            if header == b"cookie" and self._name in value:
                for pair in value.split(b";"):
                    name, _, text = pair.strip().partition(b"=")
                    # Of several the first that verifies: a neighbouring site may have
                    # set others.
                    if name == self._name:
                        secret = self._verified(text)
                        if secret is not None:
                            return secret
        return None

    def line(self, secret: bytes) -> Tuple[bytes, bytes]:
        """Return the header that sets the cookie."""
        return b"set-cookie", self._name + b"=" + self._signed(
            secret
        ) + self._attributes

    def matches(self, secret: bytes, token: bytes) -> bool:
        """Tell whether *token* stands for *secret*: masked, or as the cookie has it."""
        found = self._verified(token) if b"." in token else _unmasked(token)
        return found is not None and hmac.compare_digest(found, secret)

    def _signed(self, secret: bytes) -> bytes:
        return _encode(secret) + b"." + _encode(_signature(self._keys[0], secret))

    def _verified(self, text: bytes) -> Optional[bytes]:
        first, _, second = text.partition(b".")
        secret, signature = _decode(first), _decode(second)
        if secret is None or signature is None or len(secret) != SIZE:
            return None
        for key in self._keys:
            if hmac.compare_digest(_signature(key, secret), signature):
                return secret
        return None


class OfferedToken(LazyText):
    """The token for the forms of one page, made when it is read.

    Each is another one, for the same secret.  It answers BREACH: where a page is
    compressed, what stands in each response alike can be guessed from the lengths.

    Args:
        cookie: Which the client has, or is to be given.
        headers: Of the request.
    """

    __slots__ = ("_cookie", "_headers", "_new")

    def __init__(
        self, cookie: TokenCookie, headers: Iterable[Tuple[bytes, bytes]]
    ) -> None:
        self.text = None
        self._cookie = cookie
        self._headers = headers

    # Set when the text is made, not before: most pages have no form.
    _new: Optional[bytes]

    def _make(self) -> str:
        self._new = None
        secret = self._cookie.read(self._headers)
        if secret is None:
            secret = self._new = os.urandom(SIZE)
        return masked(secret)

    def cookies(self) -> List[Tuple[bytes, bytes]]:
        """Return the header for a client that has no cookie yet.

        Only once the token has been read.
        """
        return [] if self._new is None else [self._cookie.line(self._new)]


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


def _signature(key: bytes, secret: bytes) -> bytes:
    return hmac.new(key, secret, sha256).digest()


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
