"""The options of ``python -m benchmarks``, and the run that they ask for."""

from __future__ import annotations

import argparse
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Dict, List, Sequence, Set

from benchmarks.cases import all_cases, all_contenders
from benchmarks.contest import FULL, QUICK, Plan, no_samples, run_generation
from benchmarks.environments import Environment, Environments, default_folder
from benchmarks.model import Adds, Case, Contender, Within
from benchmarks.quotes import quoted
from benchmarks.report import Results

__all__ = ("main",)


_OURS = ("ours", "starlette")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure ours beside its rivals."
    )
    add = parser.add_argument
    add(
        "--case",
        action="append",
        default=[],
        metavar="PATTERN",
        help="cases to run: a part of the name, or a pattern with * (repeatable)",
    )
    add(
        "--only",
        default="",
        metavar="NAMES",
        help="contenders, separated by commas (ours,starlette)",
    )
    add("--quick", action="store_true", help="fewer and shorter rounds")
    add("--check", action="store_true", help="exit with 1 if a target is missed")
    add(
        "--write",
        action="store_true",
        help="write results.*, and what README.md quotes",
    )
    add("--list", action="store_true", help="list the cases and the contenders")
    add(
        "--env-dir",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="where the environments are kept",
    )
    add(
        "--ours-spec",
        default="",
        metavar="REQUIREMENT",
        help="measure this in place of the tree, e.g. starlette==0.40.0",
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the bench.

    Returns:
        0; 1 with ``--check`` if a target is missed; 2 if ours or the yardstick
        could not be measured, or if nothing matches the options.
    """
    options = _parser().parse_args(arguments)
    cases = _select_cases(options.case)
    contenders = _select_contenders(options.only)
    if options.list:
        return _list(cases, contenders)
    if not cases or not contenders:
        print("no case or no contender matches: see --list", file=sys.stderr)
        return 2
    environments = _prepare(options, contenders)
    contenders = [each for each in contenders if each.name in environments]
    results = Results(cases, contenders, _versions(contenders, environments))
    plan = QUICK if options.quick else FULL
    _measure(cases, contenders, environments, plan, results)
    if options.check:
        _measure_again(contenders, environments, results)
    print(results.markdown())
    if options.write:
        folder = Path(__file__).parent
        results.write(folder)
        page = folder.parent / "README.md"
        text = quoted(page.read_text(encoding="utf-8"), results.markdown())
        page.write_text(text, encoding="utf-8")
    return _status(results, options.check)


def _select_cases(patterns: Sequence[str]) -> List[Case]:
    cases = all_cases()
    if not patterns:
        return list(cases)
    chosen: Set[str] = set()
    for case in cases:
        if any(_matches(case.name, pattern) for pattern in patterns):
            chosen.add(case.name)
            # Without its yardstick a target could not be judged.
            for target in case.targets:
                if isinstance(target, Adds):
                    chosen.add(target.to)
                elif isinstance(target, Within) and target.case:
                    chosen.add(target.case)
    return [case for case in cases if case.name in chosen]


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern if "*" in pattern else f"*{pattern}*")


def _select_contenders(only: str) -> List[Contender]:
    found = all_contenders()
    if not only:
        return list(found)
    names = {name.strip() for name in only.split(",")}
    unknown = names - {each.name for each in found}
    if unknown:
        known = ", ".join(each.name for each in found)
        raise SystemExit(
            f"--only must name contenders ({known}), but got {', '.join(unknown)}"
        )
    return [each for each in found if each.name in names]


def _list(cases: Sequence[Case], contenders: Sequence[Contender]) -> int:
    for case in cases:
        taking_part = [e.name for e in contenders if case.factory(e) is not None]
        print(f"{case.name:24} {case.title}: {', '.join(taking_part)}")
    return 0


def _prepare(
    options: argparse.Namespace, contenders: Sequence[Contender]
) -> Dict[str, Environment]:
    made = Environments(
        options.env_dir or default_folder(),
        {each.name: each for each in all_contenders()},
        all_cases(),
        options.ours_spec,
    )
    environments: Dict[str, Environment] = {}
    for contender in contenders:
        try:
            environments[contender.name] = made.ensure(contender)
        except RuntimeError as error:
            print(f"{contender.name} sits out: {error}", file=sys.stderr)
    return environments


def _versions(
    contenders: Sequence[Contender], environments: Dict[str, Environment]
) -> Dict[str, str]:
    return {
        each.name: environments[each.name].versions.get(each.shows, "")
        for each in contenders
    }


def _measure(
    cases: Sequence[Case],
    contenders: Sequence[Contender],
    environments: Dict[str, Environment],
    plan: Plan,
    results: Results,
) -> None:
    samples = {case.name: no_samples(case, contenders) for case in cases}
    total = plan.generations * len(cases)
    for number in range(total):
        case = cases[number % len(cases)]
        started = time.monotonic()
        run_generation(case, contenders, environments, plan, samples[case.name])
        spent = time.monotonic() - started
        print(f"{number + 1}/{total} {case.name} ({spent:.1f} s)", file=sys.stderr)
    for case in cases:
        results.add(case, samples[case.name])
        for name, sample in samples[case.name].items():
            if sample.error:
                # Of our own failures the whole story, of others' the end.
                story = sample.error if name in _OURS else sample.last_line
                print(f"{case.name}: {name} failed: {story}", file=sys.stderr)


def _measure_again(
    contenders: Sequence[Contender],
    environments: Dict[str, Environment],
    results: Results,
) -> None:
    """Give what was missed a longer look: a busy machine is no verdict."""
    missed = [verdict.case for verdict in results.verdicts if verdict.is_missed]
    unique = list({case.name: case for case in missed}.values())
    _measure(unique, contenders, environments, FULL, results)


def _status(results: Results, is_check: bool) -> int:
    if results.failed & set(_OURS):
        return 2
    missed = [verdict for verdict in results.verdicts if verdict.is_missed]
    for verdict in missed:
        print(
            f"missed: {verdict.case.title}: {verdict.target}, "
            f"measured {verdict.value:.2f}",
            file=sys.stderr,
        )
    return 1 if missed and is_check else 0
