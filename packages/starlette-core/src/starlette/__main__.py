"""``python -m starlette``: what is installed, what it provides, what is wrong.

One row for each distribution that registers names, and for each member of the
family that is not installed.  Every plugin is loaded on the way, so that what
lacks a library shows, and what is broken.  The exit status is 1 if anything is broken.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
import warnings
from typing import Iterable, Iterator, List, Optional, Sequence, Tuple

from starlette.plugins import Distribution, incomplete, installed, missing, problems

__all__ = ("main", "table")

Row = Tuple[str, str, str]


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Print the table; 1 if something is broken, 2 for a wrong argument."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments:
        print("usage: python -m starlette\n")
        print(__doc__)
        return 0 if list(arguments) in (["-h"], ["--help"]) else 2
    with warnings.catch_warnings():
        # What a module says while it is loaded is for those who use it; what is
        # left out by the scan is in the list below.
        warnings.simplefilter("ignore")
        rows = [*map(_row, installed()), *_missing_rows()]
        lacking = incomplete()
        wrong = [line for line in problems() if line not in lacking]
    width = shutil.get_terminal_size().columns
    print("\n".join(table([("distribution", "version", "provides"), *rows], width)))
    for title, lines in (
        ("without a library that they need", lacking),
        ("broken", wrong),
    ):
        if lines:
            print(f"\n{title}:")
            print("\n".join(_listed(lines, width)))
    return 1 if wrong else 0


def _row(distribution: Distribution) -> Row:
    provided = ", ".join(plugin.name for plugin in distribution.plugins)
    if not distribution.is_enabled:
        provided = f"(switched off by STARLETTE_PLUGINS) {provided}"
    return distribution.name, distribution.version, provided


def _missing_rows() -> Iterator[Row]:
    for name, modules in missing().items():
        yield name, "missing", f"pip install {name} for {', '.join(modules)}"


def table(rows: Sequence[Row], width: int) -> Iterator[str]:
    """Yield the lines of a table of three columns, the last one wrapped.

    Args:
        rows: The header, and what stands below it.
        width: Of all columns together, in characters; the last one gets at
            least 30 of them.
    """
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    rest = max(30, width - first - second - 4)
    for number, (name, version, text) in enumerate(rows):
        for line in textwrap.wrap(text, rest, break_on_hyphens=False) or [""]:
            yield f"{name:{first}}  {version:{second}}  {line}".rstrip()
            name = version = ""
        if number == 0:
            yield f"{'-' * first}  {'-' * second}  {'-' * rest}"


def _listed(lines: Iterable[str], width: int) -> Iterator[str]:
    for line in lines:
        wrapped: List[str] = textwrap.wrap(
            line, max(40, width - 4), break_on_hyphens=False, break_long_words=False
        )
        yield "  " + "\n    ".join(wrapped)


if __name__ == "__main__":
    raise SystemExit(main())
