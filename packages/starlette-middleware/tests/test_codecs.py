"""The codecs, each by itself, and how further ones are found."""

from __future__ import annotations

import gzip
import sys
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional

import brotli
import pytest
import zstandard

from starlette import _codecs
from starlette._codecs import (
    CODECS,
    Brotli,
    Codec,
    Compressor,
    GZip,
    StandardZstandard,
    Zstandard,
    find_codecs,
    registered_codecs,
)


class LibraryDouble:
    """The interface of Python 3.14's ``compression.zstd``, by the other library.

    For versions of Python that have neither it nor its backport.
    """

    class ZstdCompressor:
        """One frame."""

        FLUSH_BLOCK = zstandard.COMPRESSOBJ_FLUSH_BLOCK

        def __init__(self, level: int) -> None:
            self._frame = zstandard.ZstdCompressor(level=level).compressobj()
            self.compress = self._frame.compress

        def flush(self, mode: int = zstandard.COMPRESSOBJ_FLUSH_FINISH) -> bytes:
            """End the block, or the frame."""
            return self._frame.flush(mode)


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the standard library of today's Python is installed."""
    for name in ("compression.zstd", "backports.zstd", "zstandard", "brotli"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "brotlicffi", None)


@pytest.fixture
def standard_zstd(monkeypatch: pytest.MonkeyPatch) -> None:
    """zstd is in the standard library."""
    monkeypatch.setitem(sys.modules, "compression.zstd", LibraryDouble)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    registered_codecs.cache_clear()
    yield
    registered_codecs.cache_clear()


def unzstd(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


every_codec = pytest.mark.parametrize(
    "codec, decode",
    [
        (GZip, gzip.decompress),
        (Brotli, brotli.decompress),
        (Zstandard, unzstd),
        (StandardZstandard, unzstd),
    ],
)


@pytest.mark.usefixtures("standard_zstd")
@every_codec
@pytest.mark.parametrize("level", [None, 1])
def test_a_body(
    codec: Codec, decode: Callable[[bytes], bytes], level: Optional[int]
) -> None:
    """
    It is decoded to what it was, whatever kind of bytes its parts are.
    """
    compressor = codec(level)
    parts = [
        compressor.compress(b"one "),
        compressor.compress(bytearray(b"two ")),
        compressor.compress(memoryview(b"three")),
        compressor.finish(),
    ]

    assert decode(b"".join(parts)) == b"one two three"


@pytest.mark.usefixtures("standard_zstd")
@pytest.mark.parametrize(
    "codec, decoder",
    [
        (GZip, lambda: zlib.decompressobj(wbits=31).decompress),
        (Brotli, lambda: brotli.Decompressor().process),
        (Zstandard, lambda: zstandard.ZstdDecompressor().decompressobj().decompress),
        (
            StandardZstandard,
            lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
        ),
    ],
)
def test_a_flush(codec: Codec, decoder: Callable[[], Callable[[bytes], bytes]]) -> None:
    """
    What has come so far can be decoded at once.
    """
    compressor, decode = codec(None), decoder()

    assert decode(compressor.compress(b"one") + compressor.flush()) == b"one"
    assert decode(compressor.compress(b"two") + compressor.flush()) == b"two"


@pytest.mark.usefixtures("standard_zstd")
@pytest.mark.parametrize(
    "codec, level",
    [(GZip, 10), (Zstandard, 20), (Zstandard, 0), (StandardZstandard, 22)],
)
def test_a_level_that_there_is_not(codec: Codec, level: int) -> None:
    """
    It is refused; of zstd those too whose window clients need not support.
    """
    with pytest.raises(ValueError):
        codec(level)


@pytest.mark.usefixtures("standard_zstd")
def test_zstd_of_the_standard_library() -> None:
    """
    It is preferred.
    """
    assert type(CODECS["zstd"](None)) is StandardZstandard


def test_zstd_of_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It is used where the standard library has none.
    """
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "backports.zstd", None)

    assert type(CODECS["zstd"](None)) is Zstandard


@pytest.mark.usefixtures("no_library")
def test_no_library() -> None:
    """
    gzip is always there.
    """
    assert list(find_codecs(None, {})) == ["gzip"]


def test_both_libraries() -> None:
    """
    zstd comes first, gzip last.
    """
    assert list(find_codecs(None, {})) == ["zstd", "br", "gzip"]


@pytest.mark.usefixtures("no_library")
@pytest.mark.parametrize("name", ["zstd", "br"])
def test_a_required_codec_without_its_library(name: str) -> None:
    """
    The error says what to install.
    """
    with pytest.raises(ImportError, match=r"pip install .*\[compression\]"):
        find_codecs((name,), {})


def test_required_codecs() -> None:
    """
    They are used in their order, and no others.
    """
    assert find_codecs(("gzip", "br"), {}) == {"gzip": GZip, "br": Brotli}


def test_a_codec_that_nobody_knows() -> None:
    """
    The error lists those there are.
    """
    with pytest.raises(ValueError, match="br, gzip, zstd, but got 'snappy'"):
        find_codecs(("snappy",), {})


# -- other distributions ----------------------------------------------------------


class Reversed:
    """A coding that sends the body backwards."""

    def __init__(self, level: Optional[int]) -> None:
        self._data = b""

    def compress(self, data: bytes) -> bytes:
        """Keep *data*."""
        self._data = bytes(reversed(data)) + self._data
        return b""

    def flush(self) -> bytes:
        """Return nothing: the end must come first."""
        return b""

    def finish(self) -> bytes:
        """Return everything."""
        return self._data


def distribution(folder: Path, name: str, entries: str) -> None:
    """Make an installed distribution with entry points."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"{entries}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, with a module of codecs in it."""
    module = type(sys)("codecs_of_others")
    vars(module).update({"Reversed": Reversed})
    monkeypatch.setitem(sys.modules, "codecs_of_others", module)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_codec_of_another_distribution(site: Path) -> None:
    """
    It is found by the name of its coding, and preferred to gzip.
    """
    entries = "[starlette.codecs]\nReversed = codecs_of_others:Reversed"
    distribution(site, "reversed-codec", entries)
    compressor: Compressor = find_codecs(("reversed",), {})["reversed"](None)
    compressor.compress(b"ab")
    compressor.flush()
    compressor.compress(b"c")

    assert compressor.finish() == b"cba"
    assert list(find_codecs(None, {})) == ["zstd", "br", "reversed", "gzip"]


def test_a_codec_in_place_of_ours(site: Path) -> None:
    """
    Whoever installs it wants it.
    """
    entries = "[starlette.codecs]\ngzip = codecs_of_others:Reversed"
    distribution(site, "better-gzip", entries)
    codecs: Dict[str, Any] = find_codecs(None, {})

    assert codecs["gzip"] is Reversed


def test_a_codec_that_cannot_be_loaded(site: Path) -> None:
    """
    It is left out, and the warning says whose it is.
    """
    entries = "[other]\na = b\n[starlette.codecs]\nbroken = codecs_of_others:Missing"
    distribution(site, "broken-codec", entries)
    with pytest.warns(RuntimeWarning, match="'broken' of broken-codec"):
        codecs = find_codecs(None, {})

    assert "broken" not in codecs


def test_two_distributions_that_claim_one_coding(site: Path) -> None:
    """
    The error names both.
    """
    entries = "[starlette.codecs]\nreversed = codecs_of_others:Reversed"
    distribution(site, "one", entries)
    distribution(site, "two", entries)
    with pytest.raises(RuntimeError, match=r"(one and two|two and one)"):
        find_codecs(None, {})


def test_a_distribution_that_is_found_twice(
    site: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any
) -> None:
    """
    It is counted once.
    """
    again = tmp_path_factory.mktemp("again")
    monkeypatch.syspath_prepend(str(again))
    entries = "[starlette.codecs]\nreversed = codecs_of_others:Reversed"
    distribution(site, "one", entries)
    distribution(again, "one", entries)

    assert "reversed" in find_codecs(None, {})


def test_the_library_of_brotli_for_pypy(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It does where the other is not installed.
    """
    monkeypatch.setitem(sys.modules, "brotlicffi", brotli)
    monkeypatch.setitem(sys.modules, "brotli", None)
    compressor = Brotli(None)
    data = compressor.compress(b"abc") + compressor.finish()

    assert brotli.decompress(data) == b"abc"
    assert _codecs.CODECS["br"] is Brotli
