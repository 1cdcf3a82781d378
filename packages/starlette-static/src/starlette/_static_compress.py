"""Compressed siblings of the files in a folder: ``app.js.br`` beside ``app.js``.

A sibling has the date of its file, to the nanosecond: that is how it is known to be
made of this version.  It is written beside its place and moved there, so that nobody
is served half of one.  Links are not followed.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from starlette._static_negotiation import CODINGS

__all__ = ("Report", "available_codings", "compress_folder")

Compress = Callable[[bytes], bytes]

# Compressed already, by what they are.
_DENSE = frozenset(
    ".7z .aac .avi .avif .br .bz2 .docx .flac .gif .gz .heic .jpeg .jpg .jxl .m4a .m4v "
    ".mkv .mov .mp3 .mp4 .ogg .ogv .opus .png .pptx .rar .tgz .webm .webp .woff .woff2 "
    ".xlsx .xz .zip .zst".split()
)
# One that is hardly smaller costs a request more than it saves.
_MAX_SHARE = 0.95


class Report(NamedTuple):
    """What was done.

    Attributes:
        written: How many siblings were written.
        unchanged: How many were as new as their files, or had no reason to be.
        bytes_before: The size of the files whose siblings were written.
        bytes_after: The size of these siblings.
    """

    written: int = 0
    unchanged: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


def available_codings() -> Dict[str, Compress]:
    """Return what compresses, at the densest, for each coding there is a library of."""
    import gzip

    # A fixed date: the same content makes the same sibling.
    available: Dict[str, Compress] = {
        "gzip": lambda data: gzip.compress(data, 9, mtime=0)
    }
    brotli = _library("brotli")
    if brotli is not None:
        available["br"] = brotli.compress
    zstandard = _library("zstandard")
    if zstandard is not None:
        # Clients need not take a window above 8 MiB (RFC 9659), which those of
        # level 19 do not exceed.
        available["zstd"] = lambda data: zstandard.ZstdCompressor(level=19).compress(
            data
        )
    return available


def _library(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        return None


def compress_folder(
    folder: str,
    codings: Sequence[str],
    *,
    min_size: int,
    advance: Callable[[int, int], None],
) -> Report:
    """Write the siblings that are missing, or older or newer than their files.

    Args:
        folder: Looked through with all folders in it; hidden ones are left out.
        codings: Which siblings to write; those that are available.
        min_size: Smaller files are left alone, in bytes.
        advance: Called after each sibling with the size of its file, and with the
            size of all of them.

    Raises:
        OSError: If something cannot be read or written.
    """
    compressors = available_codings()
    todo: List[Tuple[str, str, os.stat_result]] = []
    unchanged = 0
    for path, status in _files(folder, min_size):
        for coding in codings:
            if _is_current(path + CODINGS[coding], status):
                unchanged += 1
            else:
                todo.append((path, coding, status))
    total = sum(status.st_size for _, _, status in todo)
    before = after = written = 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        jobs = {
            threads.submit(_write, path, CODINGS[coding], compressors[coding]): status
            for path, coding, status in todo
        }
        for job in as_completed(jobs):
            size, made = jobs[job].st_size, job.result()
            advance(size, total)
            if made:
                written, before, after = written + 1, before + size, after + made
            else:
                unchanged += 1
    return Report(written, unchanged, before, after)


def _files(folder: str, min_size: int) -> Iterator[Tuple[str, os.stat_result]]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(where, name)
            is_dense = os.path.splitext(name)[1].lower() in _DENSE
            if is_dense or name.startswith(".") or os.path.islink(path):
                continue
            status = os.stat(path)
            if status.st_size >= min_size:
                yield path, status


def _is_current(sibling: str, status: os.stat_result) -> bool:
    try:
        return os.stat(sibling).st_mtime_ns == status.st_mtime_ns
    except FileNotFoundError:
        return False


def _write(path: str, ending: str, compress: Compress) -> int:
    """Write one sibling; return its size, 0 if it is not worth it."""
    with open(path, "rb") as file:
        data = file.read()
        status = os.fstat(file.fileno())
    compressed = compress(data)
    sibling = path + ending
    if len(compressed) > len(data) * _MAX_SHARE:
        if os.path.exists(sibling):
            os.unlink(sibling)
        return 0
    new = f"{sibling}.{os.getpid()}.tmp"
    try:
        with open(new, "wb") as file:
            file.write(compressed)
        os.chmod(new, status.st_mode & 0o777)
        os.utime(new, ns=(status.st_mtime_ns, status.st_mtime_ns))
        os.replace(new, sibling)
    except BaseException:
        if os.path.exists(new):
            os.unlink(new)
        raise
    return len(compressed)
