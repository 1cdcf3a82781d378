"""``python -m starlette.staticfiles``: what is done to a folder before it is served.

``compress`` writes siblings that ``StaticFiles(precompressed=True)`` sends, and
``hash`` copies with hashed names and a manifest of them.  The work is done in
``_static_compress.py`` and ``_static_hash.py``; here are the words around it.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Callable, ContextManager, List, Optional, Sequence

from starlette._static_compress import available_codings, compress_folder
from starlette._static_hash import hash_folder
from starlette._static_negotiation import CODINGS

__all__ = ("main",)

_INSTALL = {"zstd": "zstandard", "br": "brotli"}


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the program; return its exit status."""
    options = _parser().parse_args(arguments)
    if not os.path.isdir(options.folder):
        print(f"There is no folder {options.folder!r}.", file=sys.stderr)
        return 2
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m starlette.staticfiles",
        description="Prepare a folder that is going to be served.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    compress = commands.add_parser(
        "compress", help="write compressed siblings of the files that have changed"
    )
    compress.add_argument("folder")
    compress.add_argument(
        "--coding",
        action="append",
        choices=list(CODINGS),
        help="one to write, repeatable; all whose libraries are installed if left out",
    )
    compress.add_argument(
        "--min-size", type=int, default=256, help="leave smaller files alone (bytes)"
    )
    compress.add_argument("--quiet", action="store_true", help="show no progress")
    compress.set_defaults(run=_compress)
    hashed = commands.add_parser(
        "hash", help="copy files to names with a digest, and write a manifest"
    )
    hashed.add_argument("folder")
    hashed.add_argument("--manifest", default="manifest.json", help="in the folder")
    hashed.set_defaults(run=_hash)
    return parser


def _compress(options: argparse.Namespace) -> int:
    available = available_codings()
    codings: List[str] = options.coding or [c for c in CODINGS if c in available]
    missing = [coding for coding in codings if coding not in available]
    if missing:
        names = " ".join(_INSTALL[coding] for coding in missing)
        print(f"Missing libraries: pip install {names}", file=sys.stderr)
        return 2
    with _progress(options.quiet) as advance:
        report = compress_folder(
            options.folder, codings, min_size=options.min_size, advance=advance
        )
    print(
        f"{report.written} written, {report.unchanged} unchanged, "
        f"{report.bytes_before} bytes in, {report.bytes_after} out"
    )
    return 0


def _hash(options: argparse.Namespace) -> int:
    names = hash_folder(options.folder, options.manifest)
    print(f"{len(names)} names in {os.path.join(options.folder, options.manifest)}")
    return 0


def _progress(is_quiet: bool) -> ContextManager[Callable[[int, int], None]]:
    """Return what is told how much is done and how much there is, in bytes."""
    from contextlib import nullcontext
    from importlib import import_module

    if is_quiet:
        return nullcontext(_say_nothing)
    try:
        tqdm = import_module("tqdm").tqdm
    except ImportError:
        # The work is the same without it: pip install starlette-static[progress]
        return nullcontext(_say_nothing)
    return _Bar(tqdm(unit="B", unit_scale=True, file=sys.stderr, leave=False))


def _say_nothing(done: int, total: int) -> None:
    pass


class _Bar:
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __enter__(self) -> Callable[[int, int], None]:
        return self._advance

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def _advance(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done)
