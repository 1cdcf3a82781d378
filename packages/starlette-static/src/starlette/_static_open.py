"""Opening what is in a folder, and nothing else.

A path is walked name by name, each one opened relative to the one before it and
none of them through a symbolic link.  What was opened is inside, then, whatever is
renamed or replaced by others meanwhile: there is no moment between a check and its
use.  Only where a link is met it is resolved, and what it leads to is walked in the
same way from the top of the folder.

The folder itself may be a link, or be reached through some: that is its owner's
choice, and releases are switched so.
"""

from __future__ import annotations

import errno
import os
from stat import S_ISDIR, S_ISREG
from typing import NamedTuple, Optional, Sequence

from starlette._file_reader import READ, OpenFile

__all__ = ("Opened", "open_inside")

# For what is on the way it is enough to be allowed to go through.
_THROUGH = (
    getattr(os, "O_PATH", os.O_RDONLY)
    | getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_CAN_WALK = os.open in os.supports_dir_fd and bool(_NO_LINK)
# What meeting a link looks like: at the end, on the way, and on FreeBSD.
_IS_LINK = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)
_IS_NOTHING = frozenset(
    getattr(errno, name)
    for name in (
        "ENOENT ENOTDIR ELOOP EMLINK ENAMETOOLONG EINVAL ENXIO ENODEV EOPNOTSUPP EILSEQ"
    ).split()
)


class Opened(NamedTuple):
    """What was found: a file, open for reading, or a folder."""

    path: str
    status: os.stat_result
    file: Optional[OpenFile]


def open_inside(
    root: str, parts: Sequence[str], is_anywhere: bool, can_walk: bool = _CAN_WALK
) -> Optional[Opened]:
    """Open a file or folder in *root*, if there is one.

    Args:
        root: The folder.
        parts: Names, as ``split_path`` returns them.
        is_anywhere: Whether links may lead out of the folder.
        can_walk: Whether the system can open a name relative to an open folder.

    Returns:
        ``None`` if there is none, if it is neither, or if it is not inside.

    Raises:
        PermissionError: If it may not be read.
        OSError: If it cannot be, as when there are too many open files.
    """
    try:
        if is_anywhere:
            return _open_file(os.path.join(root, *parts))
        if not can_walk:
            return _open_checked(root, parts)
        return _open_through(root, parts)
    except (OSError, ValueError) as error:
        # ValueError: a name that cannot be encoded for the file system.
        if isinstance(error, OSError) and error.errno not in _IS_NOTHING:
            raise
        return None


def _open_through(root: str, parts: Sequence[str]) -> Optional[Opened]:
    try:
        return _walk(root, parts)
    except OSError as error:
        if error.errno not in _IS_LINK:
            raise
    real_root = os.path.realpath(root)
    inner = _below(os.path.realpath(os.path.join(root, *parts)), real_root)
    return None if inner is None else _walk(real_root, inner)


def _walk(root: str, parts: Sequence[str]) -> Optional[Opened]:
    if not parts:
        return _open_file(root)
    if len(parts) == 1:  # the most frequent, in one call
        return _open_file(f"{root}{os.sep}{parts[0]}", _NO_LINK)
    path = os.path.join(root, *parts)
    folder = os.open(os.path.join(root, parts[0]), _THROUGH)
    try:
        for part in parts[1:-1]:
            inner = os.open(part, _THROUGH, dir_fd=folder)
            os.close(folder)
            folder = inner
        descriptor = os.open(parts[-1], READ | _NO_LINK, dir_fd=folder)
    finally:
        os.close(folder)
    return _opened(path, descriptor)


def _open_file(path: str, flags: int = 0) -> Optional[Opened]:
    return _opened(path, os.open(path, READ | flags))


def _opened(path: str, descriptor: int) -> Optional[Opened]:
    file = OpenFile(descriptor)
    status = os.fstat(descriptor)
    if S_ISREG(status.st_mode):
        return Opened(path, status, file)
    file.close()
    return Opened(path, status, None) if S_ISDIR(status.st_mode) else None


def _below(path: str, root: str) -> Optional[Sequence[str]]:
    """Return the names that lead from *root* to *path*, both without links."""
    if path == root:
        return []
    top = os.path.join(root, "")
    return path[len(top) :].split(os.sep) if path.startswith(top) else None


def _open_checked(root: str, parts: Sequence[str]) -> Optional[Opened]:
    """Open by path, and see afterwards that it was what is inside at this path."""
    real_root = os.path.realpath(root)
    path = os.path.realpath(os.path.join(real_root, *parts))
    if _below(path, real_root) is None:
        return None
    status = os.stat(path)
    if S_ISDIR(status.st_mode):  # which cannot be opened on Windows
        return Opened(path, status, None)
    opened = _open_file(path)
    if opened is None or opened.file is None:
        return None
    if os.path.realpath(path) == path and os.path.samestat(
        os.stat(path), opened.status
    ):
        return opened
    opened.file.close()
    return None
