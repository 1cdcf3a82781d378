"""What a request for a file asks, gathered in one pass over its headers.

It is made on the event loop and read in the worker thread that finds the file, so
that this one trip can decide everything: which coding, whether the client has it
already, and whether to read.
"""

from __future__ import annotations

from typing import Optional

from starlette._static_negotiation import is_navigation
from starlette.types import Scope

__all__ = ("FileRequest",)

_ASKED = frozenset(
    (
        b"accept",
        b"accept-encoding",
        b"if-modified-since",
        b"if-none-match",
        b"range",
        b"sec-fetch-mode",
    )
)


class FileRequest:
    """What *scope* asks for.

    Attributes:
        is_body_wanted: Whether the content of the file is going to be sent, whole.
        is_range: Whether parts of it are asked for.
        has_slash: Whether the path of the request ends with a slash.
        can_send_path: Whether the server sends files by their path.
        if_none_match: The header, if it was sent.
        if_modified_since: The header, if it was sent.
        accept_encoding: The header, if it was sent.
    """

    __slots__ = (
        "_accept",
        "_mode",
        "accept_encoding",
        "can_send_path",
        "has_slash",
        "if_modified_since",
        "if_none_match",
        "is_body_wanted",
        "is_range",
    )

    def __init__(self, scope: Scope) -> None:
        self.is_range = False
        self.if_none_match: Optional[bytes] = None
        self.if_modified_since: Optional[bytes] = None
        self.accept_encoding: Optional[bytes] = None
        self._accept: Optional[bytes] = None
        self._mode: Optional[bytes] = None
        for name, value in scope["headers"]:
            if name not in _ASKED:
                continue
            if name == b"accept":
                self._accept = value
            elif name == b"accept-encoding":
                self.accept_encoding = value
            elif name == b"if-none-match":
                self.if_none_match = _joined(self.if_none_match, value)
            elif name == b"if-modified-since":
                self.if_modified_since = value
            elif name == b"range":
                self.is_range = True
            else:
                self._mode = value
        self.is_body_wanted = scope["method"] == "GET" and not self.is_range
        self.has_slash: bool = scope["path"].endswith("/")
        self.can_send_path = "http.response.pathsend" in (scope.get("extensions") or ())

    @property
    def is_conditional(self) -> bool:
        """Whether the client may have the file already."""
        return self.if_none_match is not None or self.if_modified_since is not None

    @property
    def is_navigation(self) -> bool:
        """Whether it is for a page that somebody goes to."""
        return is_navigation(self._mode, self._accept)


def _joined(before: Optional[bytes], value: bytes) -> bytes:
    return value if before is None else before + b"," + value
