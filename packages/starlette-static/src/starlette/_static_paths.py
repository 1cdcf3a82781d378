"""From the path of a URL to the names of folders and a file, or to a refusal.

What comes out of here is relative, and has no name in it that means anything but
itself: no ``..``, no separator, no drive, no device.  Whether it leads through a
symbolic link is only known when it is opened: ``_static_open.py``.
"""

from __future__ import annotations

import os
import posixpath
import re
from typing import List, Optional

__all__ = ("is_hidden", "normal_path", "split_path")

# What Windows takes for a device, in any folder and with any ending.
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\.|\Z)",
    re.IGNORECASE,
).match
_NOT_IN_WINDOWS_NAMES = re.compile(r'[\x00-\x1f<>:"|?*/\\]').search
# More than any file system takes; what is refused here costs no system call.
_MAX_LENGTH = 4096


def normal_path(path: str) -> str:
    """Return *path*, the end of a URL's, relative and without ``.`` and ``..``.

    A ``..`` that leads above the start is kept, to be refused.  The separator is
    that of the operating system.
    """
    path = path.lstrip("/")
    # Nothing to do for nearly every path, which is quickly seen.
    if "//" in path or "./" in path or path[-1:] in ("", "/", "."):
        path = posixpath.normpath(path)
    return path if os.sep == "/" else path.replace("/", os.sep)


def split_path(path: str, is_windows: bool = os.name == "nt") -> Optional[List[str]]:
    """Return the names that *path* consists of; none for the folder itself.

    Returns:
        ``None`` if it is no relative path, leads out of the folder, or has a name
        that no file can have, or that stands for something else than a file.
    """
    if "\0" in path or len(path) > _MAX_LENGTH:
        return None
    if is_windows:
        path = path.replace("\\", "/")
    if path in ("", "."):
        return []
    parts = path.split("/")
    if "" in parts or "." in parts or ".." in parts:
        # Not from a URL, but from a program that calls lookup_path(). An absolute
        # path stays one, and a way out too: "" and ".." are then at the start.
        parts = posixpath.normpath(path).split("/")
        if parts == ["."]:
            return []
        if parts[0] in ("", ".."):
            return None
    if is_windows and not all(map(_is_windows_name, parts)):
        return None
    return parts


def _is_windows_name(name: str) -> bool:
    # Final dots and spaces are dropped there, so that a name has many spellings;
    # "~1" is how short names end, which are second names of other files.
    return not (
        name[-1] in ". "
        or re.search(r"~[0-9]", name)
        or _NOT_IN_WINDOWS_NAMES(name)
        or _DEVICE(name)
    )


def is_hidden(parts: List[str]) -> bool:
    """Tell whether a name begins with a dot.

    ``.well-known`` at the top does not count: it is there to be seen by everybody
    (RFC 8615).
    """
    for position, part in enumerate(parts):
        if part[0] == "." and (position or part != ".well-known"):
            return True
    return False
