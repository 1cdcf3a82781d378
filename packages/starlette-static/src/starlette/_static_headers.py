"""The headers of a file, made once for each version of it.

They depend on the file's name, size and date, and on what the application was told
about caching; and on nothing in a request, so that they are kept as the pairs of
bytes that are sent.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from starlette._headers import header_value
from starlette._static_negotiation import is_unchanged_since, matches_etag

__all__ = ("CacheControl", "FileHeaders", "HeaderCache", "Policy", "make_policy")

Pairs = Tuple[Tuple[bytes, bytes], ...]
CacheControl = Union[None, str, Mapping[str, str], Callable[[str], Optional[str]]]
Policy = Callable[[str], Optional[str]]

IMMUTABLE = "public, max-age=31536000, immutable"

# How many files are remembered; then it starts anew, which is cheaper than to
# keep an order.
_MAX_REMEMBERED = 4096

# Where the standard library has no answer on some version or system.
_MEDIA_TYPES = {
    ".avif": "image/avif",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}


class FileHeaders(NamedTuple):
    """What one version of a file is sent with."""

    size: int
    modified: int
    media_type: str
    etag: str
    last_modified: str
    pairs: Pairs
    pairs_if_not_modified: Pairs

    def is_not_modified(
        self, if_none_match: Optional[bytes], if_modified_since: Optional[bytes]
    ) -> bool:
        """Tell whether the client has this version (RFC 9110, section 13.2.2)."""
        if if_none_match is not None:
            given = if_none_match.decode("latin-1")
            return given == self.etag or matches_etag(given, self.etag)
        since = (if_modified_since or b"").decode("latin-1")
        return is_unchanged_since(since, self.last_modified)


class HeaderCache:
    """Makes the headers of files, and keeps them.

    Args:
        policy: From a path in the folder to its ``Cache-Control``, if it has one.
        does_negotiate: Whether the answer depends on ``Accept-Encoding``.
    """

    def __init__(self, policy: Policy, does_negotiate: bool) -> None:
        self._policy = policy
        self._does_negotiate = does_negotiate
        self._known: Dict[Tuple[str, str, bool], FileHeaders] = {}

    def get(
        self,
        path: str,
        status: os.stat_result,
        name: str,
        coding: str = "",
        is_fallback: bool = False,
    ) -> FileHeaders:
        """Return the headers of the file at *path*.

        Args:
            path: Where it is.
            status: Its status.
            name: What it is called in the folder.
            coding: The coding it is in, if any.
            is_fallback: Whether it stands for a page that is not a file.
        """
        key = (path, coding, is_fallback)
        known = self._known.get(key)
        if (
            known is not None
            and known.modified == status.st_mtime_ns
            and known.size == status.st_size
        ):
            return known
        made = self._make(status, name, coding, is_fallback)
        if len(self._known) >= _MAX_REMEMBERED:
            self._known.clear()
        self._known[key] = made
        return made

    def _make(
        self, status: os.stat_result, name: str, coding: str, is_fallback: bool
    ) -> FileHeaders:
        from email.utils import formatdate

        media_type = _media_type(os.path.basename(name))
        size, modified = status.st_size, status.st_mtime_ns
        # No digest of the content, which would have to be read; the time is that
        # of the file system, mostly in nanoseconds.
        etag = f'"{modified:x}-{size:x}{"-" if coding else ""}{coding}"'
        last_modified = formatdate(modified // 1_000_000_000, usegmt=True)
        kept: Dict[str, str] = {"etag": etag}
        cache_control = self._policy(name)
        if cache_control is not None:
            kept["cache-control"] = cache_control
        vary = self._vary(is_fallback)
        if vary:
            kept["vary"] = vary
        sent = {"content-type": _with_charset(media_type)}
        if coding:
            sent["content-encoding"] = coding
        else:
            sent["accept-ranges"] = "bytes"
        sent["content-length"] = str(size)
        sent["last-modified"] = last_modified
        sent.update(kept)
        return FileHeaders(
            size,
            modified,
            media_type,
            etag,
            last_modified,
            _encoded(sent),
            _encoded(kept),
        )

    def _vary(self, is_fallback: bool) -> str:
        names: List[str] = []
        if self._does_negotiate:
            names.append("Accept-Encoding")
        if is_fallback:
            names += ["Accept", "Sec-Fetch-Mode"]
        return ", ".join(names)


def _encoded(headers: Mapping[str, str]) -> Pairs:
    return tuple((k.encode("ascii"), header_value(v)) for k, v in headers.items())


@lru_cache(maxsize=1024)
def _media_type(name: str) -> str:
    from mimetypes import guess_type

    guessed = guess_type(name)[0]
    if guessed is None:
        ending = os.path.splitext(name)[1].lower()
        guessed = _MEDIA_TYPES.get(ending, "text/plain")
    return guessed


def _with_charset(media_type: str) -> str:
    is_text = media_type.startswith("text/")
    return f"{media_type}; charset=utf-8" if is_text else media_type


def make_policy(
    cache_control: CacheControl, is_hashed: Callable[[str], bool]
) -> Policy:
    """Return what gives the ``Cache-Control`` of a path in the folder.

    Args:
        cache_control: For every file; by pattern, the first that matches; or a
            function of the path.  Patterns and functions are asked first.
        is_hashed: Tells which names change with the content.

    Raises:
        ValueError: If *cache_control* is nothing of this, or cannot be a header.
    """
    if cache_control is None or isinstance(cache_control, str):
        value = cache_control
        header_value(value or "")
        return lambda path: IMMUTABLE if is_hashed(path) else value
    chosen: Policy
    if isinstance(cache_control, Mapping):
        chosen = _by_pattern(cache_control)
    elif callable(cache_control):
        chosen = cache_control
    else:
        raise ValueError(
            "`cache_control` must be a str, a mapping of patterns to str, or a "
            f"function of a path, but got {cache_control!r}."
        )

    def policy(path: str) -> Optional[str]:
        value = chosen(path)
        return IMMUTABLE if value is None and is_hashed(path) else value

    return policy


def _by_pattern(given: Mapping[str, str]) -> Policy:
    from fnmatch import fnmatchcase

    patterns = list(given.items())
    for _, value in patterns:
        header_value(value)
    return lambda path: next((v for p, v in patterns if fnmatchcase(path, p)), None)
