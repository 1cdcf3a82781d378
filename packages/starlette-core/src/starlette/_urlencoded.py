"""The syntax of ``application/x-www-form-urlencoded``: bytes in, fields out.

Fed in chunks cut anywhere, with the limits applied on the way: what is kept is
the finished fields, and the bytes of one that is not finished or 64 KiB.
"""

from __future__ import annotations

import re
from typing import List, Optional, Tuple

from starlette._multipart import MultiPartException
from starlette._query import parse_fields

__all__ = ("UrlencodedReader",)

# A chunk is taken in slices of this many bytes, so that a huge one does not
# become a huge number of strings before a limit is looked at.
_SLICE = 64 * 1024
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")


class UrlencodedReader:
    """Gathers the fields of a form.

    Args:
        max_fields: How many there may be.
        max_part_size: How many bytes each name and each value may stand for;
            an escape of three characters stands for one.
        charset: Of the bytes, escaped or not.  By default it is UTF-8 for
            those that are escaped, latin-1 for those that are not.

    Attributes:
        fields: The pairs read so far.
    """

    def __init__(
        self, max_fields: float, max_part_size: int, charset: Optional[str] = None
    ) -> None:
        self.fields: List[Tuple[str, str]] = []
        self._max_fields = max_fields
        self._max_part_size = max_part_size
        self._charset = charset
        self._tail: List[bytes] = []
        self._tail_size = 0
        self._next_check = max(max_part_size, _SLICE)

    def feed(self, chunk: bytes) -> None:
        """Take in *chunk*.

        Raises:
            MultiPartException: If a limit is exceeded.
        """
        if self._tail_size + len(chunk) <= _SLICE:
            # Most forms end here, and are then read in one go.
            self._tail.append(chunk)
            self._tail_size += len(chunk)
            return
        for start in range(0, len(chunk), _SLICE):
            self._feed_slice(chunk[start : start + _SLICE])

    def _feed_slice(self, piece: bytes) -> None:
        end = piece.rfind(b"&")
        if end >= 0:
            self._take(b"".join([*self._tail, piece[:end]]))
            self._tail = []
            self._tail_size = 0
            self._next_check = max(self._max_part_size, _SLICE)
            piece = piece[end + 1 :]
        self._tail.append(piece)
        self._tail_size += len(piece)
        if self._tail_size > self._next_check:
            # Looked at again when it has doubled, which keeps this linear.
            self._next_check = 2 * self._tail_size
            self._check_sizes(b"".join(self._tail).rpartition(b"&")[2])

    def finish(self) -> None:
        """Take what is left as the last field.

        Raises:
            MultiPartException: If a limit is exceeded.
        """
        self._take(b"".join(self._tail))
        self._tail = []

    def _take(self, text: bytes) -> None:
        if len(text) > self._max_part_size:
            for field in text.split(b"&"):
                self._check_sizes(field)
        self.fields += parse_fields(text.decode("latin-1"), self._charset)
        if len(self.fields) > self._max_fields:
            raise MultiPartException(
                f"Too many fields. Maximum number of fields is {self._max_fields}."
            )

    def _check_sizes(self, field: bytes) -> None:
        limit = self._max_part_size
        if len(field) <= limit:
            return
        name, _, value = field.partition(b"=")
        for part in (name, value):
            if len(part) > limit and len(_ESCAPE.sub(b"x", part)) > limit:
                raise MultiPartException(
                    f"Part exceeded maximum size of {int(limit / 1024)}KB."
                )
