"""Where a case spends its time: ``python -m benchmarks.profile CASE [CONTENDER]``.

Runs in this interpreter, so that has to have the contender (ours, unless
named).  A profiler makes calls dear: read it for what is called how often, and
take times from the bench.
"""

from __future__ import annotations

import cProfile
import pstats
import sys

from benchmarks.cases import all_contenders, find_case
from benchmarks.worker import Subject

__all__ = ("main",)


def main(case_name: str, contender_name: str = "ours") -> None:
    """Print the functions that take the most time of their own."""
    contenders = {each.name: each for each in all_contenders()}
    subject = Subject(find_case(case_name), contenders[contender_name])
    iterations = subject.calibrate(0.5)
    profiler = cProfile.Profile()
    profiler.enable()
    subject.measure(iterations)
    profiler.disable()
    subject.close()
    print(f"{iterations} iterations of {case_name}")
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main(*sys.argv[1:])
