"""The table, for the terminal and for ``results.md``, and ``results.json``.

Neither holds a date, a path or the name of a machine: two runs of one tree
differ in their figures alone.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path
from statistics import median
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Set

from benchmarks.contest import Sample
from benchmarks.model import Case, Contender, Costs, Faster, Target

__all__ = ("Results", "Verdict")

_RIVALS = ("blacksheep", "falcon", "litestar", "fastapi", "fastapi-on-ours")


class Verdict(NamedTuple):
    """A target and what became of it; ``value`` is None if it was not measured."""

    case: Case
    target: Target
    value: Optional[float]

    @property
    def is_missed(self) -> bool:
        """Whether it was measured and is not met."""
        return self.value is not None and not self.target.is_met(self.value)


class Results:
    """What a run measured, and the words for it.

    Args:
        cases: The cases of the run, in the order of the table.
        contenders: The contenders of the run.
        versions: Contender name to a version to show.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        contenders: Sequence[Contender],
        versions: Mapping[str, str],
    ) -> None:
        self._cases = tuple(cases)
        self._contenders = tuple(contenders)
        self._versions = dict(versions)
        self._samples: Dict[str, Dict[str, Sample]] = {}

    def add(self, case: Case, samples: Dict[str, Sample]) -> None:
        """Take what was measured of *case*; a second time replaces the first."""
        self._samples[case.name] = samples

    @property
    def costs(self) -> Costs:
        """The figure of every case and contender that was measured."""
        return {
            (case.name, name): sample.figure(case.statistic)
            for case in self._cases
            for name, sample in self._samples.get(case.name, {}).items()
            if sample.costs
        }

    @property
    def verdicts(self) -> List[Verdict]:
        """Every target of the run."""
        costs = self.costs
        return [
            Verdict(case, target, target.value(case.name, costs))
            for case in self._cases
            for target in case.targets
        ]

    @property
    def failed(self) -> Set[str]:
        """The contenders that failed in at least one case."""
        return {
            name
            for samples in self._samples.values()
            for name, sample in samples.items()
            if sample.error
        }

    @property
    def errors(self) -> List[str]:
        """One line for each way that a contender failed, and the cases."""
        cases: Dict[str, List[str]] = {}
        for case, samples in self._samples.items():
            for name, sample in samples.items():
                if sample.error:
                    cases.setdefault(f"{name}: {sample.last_line}", []).append(case)
        return [f"{error} (in {', '.join(names)})" for error, names in cases.items()]

    def markdown(self) -> str:
        """The whole report."""
        parts = [self._head(), self.table(), self._other_targets()]
        parts.append(
            "Contenders that failed:\n\n" + "\n".join(f"- {e}" for e in self.errors)
            if self.errors
            else ""
        )
        return "\n\n".join(part for part in parts if part) + "\n"

    def table(self) -> str:
        """The rows: one case each."""
        shown = {contender.name for contender in self._contenders}
        rivals = [name for name in _RIVALS if name in shown]
        others = sorted(shown - {"ours", "starlette", "raw", *_RIVALS})
        head = ["case", "ours", "starlette", "ratio", "target", "met", "of raw"]
        rows = [head + rivals + others]
        costs = self.costs
        for case in self._cases:
            if case.name in self._samples:
                rows.append(self._row(case, costs, rivals + others))
        return _align(rows)

    def as_json(self) -> str:
        """The figures, for programs: costs of one iteration in µs, or counts."""
        cases = {
            case.name: {
                "title": case.title,
                "unit": case.unit,
                "statistic": case.statistic,
                "costs": {
                    name: _figures(case, sample)
                    for name, sample in self._samples[case.name].items()
                    if sample.costs
                },
                "targets": [
                    {"target": str(v.target), "value": v.value, "met": not v.is_missed}
                    for v in self.verdicts
                    if v.case is case and v.value is not None
                ],
            }
            for case in self._cases
            if case.name in self._samples
        }
        document = {
            "python": _python(),
            "versions": self._versions,
            "cases": cases,
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    def write(self, folder: Path) -> None:
        """Write ``results.md`` and ``results.json`` into *folder*."""
        text = "# Results\n\n" + self.markdown()
        (folder / "results.md").write_text(text, encoding="utf-8")
        (folder / "results.json").write_text(self.as_json(), encoding="utf-8")

    def _head(self) -> str:
        versions = ", ".join(f"{n} {v}" for n, v in self._versions.items() if v)
        return (
            f"{_python()}; {versions}.\n\n"
            "CPU time of one iteration in µs, every contender in an environment and "
            "a process of its own, taking turns in one run; the best of the rounds "
            "(of imports the median). `ratio` is starlette's figure divided by ours, "
            "higher is better; `of raw` is ours divided by a raw ASGI function's."
        )

    def _row(self, case: Case, costs: Costs, columns: Sequence[str]) -> List[str]:
        def cell(name: str) -> str:
            cost = costs.get((case.name, name))
            failed = self._samples[case.name].get(name, Sample()).error
            return "failed" if failed else _number(case, cost)

        ours, raw = costs.get((case.name, "ours")), costs.get((case.name, "raw"))
        ratio = Faster(0).value(case.name, costs)
        target = next(filter(_is_in_table, case.targets), None)
        met = "" if target is None or ratio is None else _yes(target.is_met(ratio))
        return [
            case.title,
            cell("ours"),
            cell("starlette"),
            "" if ratio is None else f"{ratio:.2f} x",
            f"{target.times:g} x" if isinstance(target, Faster) else "",
            met,
            f"{ours / raw:.1f}" if ours and raw else "",
            *[cell(name) for name in columns],
        ]

    def _other_targets(self) -> str:
        rows = [["case", "other target", "measured", "met"]]
        for case, target, value in self.verdicts:
            if value is not None and not _is_in_table(target):
                met = _yes(target.is_met(value))
                rows.append([case.title, str(target), f"{value:.2f}", met])
        return _align(rows) if len(rows) > 1 else ""


def _is_in_table(target: Target) -> bool:
    """Whether *target* has a column, and needs no line of its own."""
    return isinstance(target, Faster) and target.than == "starlette"


def _figures(case: Case, sample: Sample) -> Dict[str, float]:
    scale = 1e6 if case.unit == "µs" else 1
    return {
        "best": round(min(sample.costs) * scale, 3),
        "median": round(median(sample.costs) * scale, 3),
    }


def _number(case: Case, cost: Optional[float]) -> str:
    if cost is None:
        return ""
    if case.unit != "µs":
        return f"{cost:,.0f} {case.unit}"
    micros = cost * 1e6
    return f"{micros:,.2f}" if micros < 100 else f"{micros:,.0f}"


def _yes(is_met: bool) -> str:
    return "yes" if is_met else "**no**"


def _python() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}"


def _align(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append("| " + " | ".join(cells) + " |")
    rule = [
        "-" * width if i == 0 else "-" * (width - 1) + ":"
        for i, width in enumerate(widths)
    ]
    return "\n".join([lines[0], "| " + " | ".join(rule) + " |", *lines[1:]])
