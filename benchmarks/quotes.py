"""The rows of ``results.md`` that another page quotes, with fewer columns.

The table is known by its first cell; its other headings begin with the names of
contenders.
"""

from __future__ import annotations

from typing import Dict, List

__all__ = ("quoted",)

_FIRST = "| case, µs |"


def quoted(page: str, report: str) -> str:
    """Return *page* with the figures of *report* in the rows that it quotes.

    A row of a case that is not in *report* stays as it is, and so does a figure that
    was not measured.
    """
    figures = _figures(report)
    lines = page.splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.startswith(_FIRST))
    names = [heading.split()[0].lower() for heading in _cells(lines[start])[1:]]
    for number in range(start + 2, len(lines)):
        if not lines[number].startswith("|"):
            break
        title, *old = _cells(lines[number])
        measured = figures.get(title, {})
        new = [measured.get(name) or was for name, was in zip(names, old)]
        lines[number] = f"| {' | '.join([title, *new])} |\n"
    return "".join(lines)


def _figures(report: str) -> Dict[str, Dict[str, str]]:
    """By case and contender, from the first table of *report*."""
    table = report[report.index("| case ") :].split("\n\n")[0]
    head, _, *rows = map(_cells, table.splitlines())
    return {row[0]: dict(zip(head, row)) for row in rows}


def _cells(line: str) -> List[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
