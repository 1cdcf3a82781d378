"""Content codings: how each is made, and where further ones are found.

A codec is a callable that takes a level, or None for its own default, and returns a
compressor for one response.  Those of this module need nothing, or one library each;
others are found through the entry-point group ``starlette.codecs``, where the name
is the content coding as ``Accept-Encoding`` has it.  One of them that bears the name
of ours takes its place.

A compressor is used by one response, from one thread at a time.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    Mapping,
    Optional,
    Protocol,
    Tuple,
    Union,
)

__all__ = (
    "CODECS",
    "GROUP",
    "Codec",
    "Compressor",
    "find_codecs",
    "registered_codecs",
)

GROUP = "starlette.codecs"

Data = Union[bytes, bytearray, memoryview]


class Compressor(Protocol):
    """Turns the chunks of one body into one encoded stream."""

    def compress(self, data: Data, /) -> bytes:
        """Take *data*; return what has become of it so far, maybe nothing."""
        ...

    def flush(self) -> bytes:
        """Return what is needed to decode all data taken so far."""
        ...

    def finish(self) -> bytes:
        """Return the end of the stream."""
        ...


Codec = Callable[[Optional[int]], Compressor]


class GZip:
    """The coding ``gzip`` (RFC 1952).  Levels are 0 to 9, the default is 6."""

    __slots__ = ("_deflate", "compress", "finish")

    def __init__(self, level: Optional[int]) -> None:
        # 31: a window of 32 KiB, and the frame of gzip around it.
        self._deflate = zlib.compressobj(_checked(level, 6, 0, 9), wbits=31)
        self.compress: Callable[[Data], bytes] = self._deflate.compress
        self.finish: Callable[[], bytes] = self._deflate.flush

    def flush(self) -> bytes:
        """Return what is needed to decode all data taken so far."""
        return self._deflate.flush(zlib.Z_SYNC_FLUSH)


class Brotli:
    """The coding ``br`` (RFC 7932).  Levels are 0 to 11, the default is 4.

    Raises:
        ImportError: Neither ``brotli`` nor ``brotlicffi`` is installed.
    """

    __slots__ = ("_brotli", "finish", "flush")

    def __init__(self, level: Optional[int]) -> None:
        # The library's own default, 11, is for files compressed once: it takes
        # fifty times as long.
        self._brotli = _first_of("brotli", "brotlicffi").Compressor(
            quality=_checked(level, 4, 0, 11)
        )
        self.flush: Callable[[], bytes] = self._brotli.flush
        self.finish: Callable[[], bytes] = self._brotli.finish

    def compress(self, data: Data, /) -> bytes:
        """Take *data*; return what has become of it so far, maybe nothing."""
        # The libraries differ in what else they take.
        compressed: bytes = self._brotli.process(bytes(data))
        return compressed


class Zstandard:
    """The coding ``zstd`` (RFC 8878) by ``zstandard``.  The default level is 3.

    Levels are 1 to 19: above that the window is larger than the 8 MiB that a
    client must support (RFC 9659).

    Raises:
        ImportError: ``zstandard`` is not installed.
    """

    __slots__ = ("_frame", "_library", "compress", "finish")

    def __init__(self, level: Optional[int]) -> None:
        import zstandard

        self._library = zstandard
        frame = zstandard.ZstdCompressor(level=_checked(level, 3, 1, 19)).compressobj()
        self._frame = frame
        self.compress: Callable[[Data], bytes] = frame.compress
        self.finish: Callable[[], bytes] = frame.flush

    def flush(self) -> bytes:
        """Return what is needed to decode all data taken so far."""
        block: bytes = self._frame.flush(self._library.COMPRESSOBJ_FLUSH_BLOCK)
        return block


class StandardZstandard:
    """The coding ``zstd`` by the standard library of Python 3.14, or its backport.

    Raises:
        ImportError: There is neither.
    """

    __slots__ = ("_frame", "compress", "finish")

    def __init__(self, level: Optional[int]) -> None:
        library = _first_of("compression.zstd", "backports.zstd")
        self._frame = library.ZstdCompressor(level=_checked(level, 3, 1, 19))
        self.compress: Callable[[Data], bytes] = self._frame.compress
        self.finish: Callable[[], bytes] = self._frame.flush

    def flush(self) -> bytes:
        """Return what is needed to decode all data taken so far."""
        block: bytes = self._frame.flush(self._frame.FLUSH_BLOCK)
        return block


def zstd(level: Optional[int]) -> Compressor:
    """Return a compressor of the coding ``zstd``, by the first library there is.

    Raises:
        ImportError: There is none.
    """
    try:
        return StandardZstandard(level)
    except ImportError:
        return Zstandard(level)


CODECS: Dict[str, Codec] = {"zstd": zstd, "br": Brotli, "gzip": GZip}


def _checked(level: Optional[int], default: int, least: int, most: int) -> int:
    if level is None:
        return default
    if not least <= level <= most:
        raise ValueError(
            f"The level of a content coding must be {least} to {most}, but got {level}"
        )
    return level


def _first_of(*modules: str) -> Any:
    """Import the first of *modules* that is installed.

    Raises:
        ImportError: None of them is.
    """
    from importlib import import_module

    for name in modules[:-1]:
        try:
            return import_module(name)
        except ImportError:
            pass
    return import_module(modules[-1])


def _entries() -> Iterator[Tuple[str, str, Any]]:
    """Yield distribution, name and entry point of everything in the group."""
    from importlib.metadata import distributions

    # By distribution, for the name of whom to blame: before 3.10 an entry point
    # does not know where it comes from.
    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group == GROUP:
                yield distribution.metadata["Name"], entry.name.lower(), entry


@lru_cache(maxsize=1)
def registered_codecs() -> Dict[str, Codec]:
    """Return the codecs of other distributions; looked for once.

    One that cannot be loaded is left out, with a warning that names its
    distribution.

    Raises:
        RuntimeError: Two distributions claim the same coding.
    """
    import warnings

    found: Dict[str, Codec] = {}
    owners: Dict[str, str] = {}
    for owner, name, entry in _entries():
        if owners.setdefault(name, owner) != owner:
            raise RuntimeError(
                f"The content coding {name!r} is claimed by two distributions: "
                f"{owners[name]} and {owner}. Uninstall one of them."
            )
        if name in found:
            continue  # the same distribution, found twice on the path
        try:
            found[name] = entry.load()
        except Exception as exc:
            warnings.warn(
                f"The codec {name!r} of {owner} cannot be loaded: {exc!r}",
                RuntimeWarning,
                stacklevel=2,
            )
    return found


def find_codecs(
    codings: Optional[Tuple[str, ...]], levels: Mapping[str, int]
) -> Dict[str, Codec]:
    """Return the codecs to use, the best first.

    Args:
        codings: Their names; all of them must be usable.  None for what there is:
            zstd, Brotli, those of other distributions, gzip.
        levels: The level that each will be used with.

    Raises:
        ImportError: The library of one of *codings* is not installed.
        ValueError: One of them is not known, or a level is not one of its own.
    """
    registered = registered_codecs()
    known = {**CODECS, **registered}
    for name in levels:
        if name not in known:
            raise _unknown("levels", name, known)
    if codings is not None:
        return {name: _required(name, known, levels.get(name)) for name in codings}
    others = [name for name in sorted(registered) if name not in CODECS]
    usable: Dict[str, Codec] = {}
    for name in ("zstd", "br", *others, "gzip"):
        try:
            known[name](levels.get(name))
        except ImportError:
            continue
        usable[name] = known[name]
    return usable


def _required(name: str, known: Dict[str, Codec], level: Optional[int]) -> Codec:
    codec = known.get(name)
    if codec is None:
        raise _unknown("codings", name, known)
    try:
        codec(level)
    except ImportError as exc:
        raise ImportError(
            f"The content coding {name!r} needs a library that is not installed: "
            "pip install starlette-middleware[compression]"
        ) from exc
    return codec


def _unknown(argument: str, name: str, known: Dict[str, Codec]) -> ValueError:
    names = ", ".join(sorted(known))
    return ValueError(f"`{argument}` must be among {names}, but got {name!r}")
