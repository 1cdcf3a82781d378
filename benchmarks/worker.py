"""One contender's process for one case: builds, checks, then times on command.

Run as ``python -m benchmarks.worker CONTENDER CASE``.  It prints one JSON
object per line: ``{"ready": true}`` once the answer is checked, then one for
each line that it reads:

* ``{"calibrate": seconds}`` -> ``{"iterations": int}``
* ``{"iterations": int, "turn": int}`` -> ``{"cost": float}``, the cost of all

and ``{"error": "..."}`` when something fails, which ends it.  Whatever the
contender prints goes to standard error.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from typing import Any, Dict, TextIO

from benchmarks.asgi import OnLoop
from benchmarks.cases import all_contenders, find_case
from benchmarks.exchange import Exchange
from benchmarks.model import Case, Contender

__all__ = ("Subject", "main")


class Subject:
    """A case, opened for one contender and checked.

    Raises:
        WrongAnswer: If the contender does not do the work.
    """

    def __init__(self, case: Case, contender: Contender) -> None:
        factory = case.factory(contender)
        if factory is None:
            raise ValueError(f"{contender.name} has no part in {case.name}")
        self._case = case
        self._exchange: Exchange = case.exchange()
        built = factory()
        try:
            self._exchange.open(built)
            self.check()
        except BaseException:
            self._exchange.close()
            raise

    def check(self) -> None:
        """Check the answer, and the answers of what follows it."""
        self._exchange.check()
        for make in self._case.also:
            other = make()
            if not (isinstance(other, OnLoop) and isinstance(self._exchange, OnLoop)):
                raise TypeError("`also` must hold exchanges that run on the loop")
            other.share(self._exchange)
            other.check()

    def calibrate(self, seconds: float) -> int:
        """How many iterations take about *seconds*; at least one."""
        if not self._exchange.repeats:
            return 1
        iterations = 1
        while True:
            cost = self._exchange.measure(iterations)
            if cost >= seconds / 2:
                return max(1, round(iterations * seconds / cost))
            iterations *= 2 if cost >= seconds / 8 else 4

    def measure(self, iterations: int, turn: int = 0) -> float:
        """The cost of *iterations* together, begun on a processor chosen by *turn*."""
        _move(turn)
        return self._exchange.measure(iterations)

    def close(self) -> None:
        """Check once more, so that what was timed was right to the end."""
        try:
            self.check()
        finally:
            self._exchange.close()


def _move(turn: int) -> None:
    """Go to the next processor; every contender's n-th turn begins on the same.

    Left alone, a process mostly stays where it is, and one whose processor is
    disturbed from outside looks slow from its first round to its last.  It is
    not held there: threads of the contender run where the system puts them.
    """
    if sys.platform == "linux":
        usable = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {sorted(usable)[turn % len(usable)]})
        os.sched_setaffinity(0, usable)


def _serve(subject: Subject, answers: TextIO) -> None:
    # The collector stays on, as it is in a server, but what was built at the
    # start is not its business any more.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        command: Dict[str, Any] = json.loads(line)
        if "calibrate" in command:
            _say(answers, {"iterations": subject.calibrate(command["calibrate"])})
        else:
            cost = subject.measure(command["iterations"], command["turn"])
            _say(answers, {"cost": cost})


def _say(answers: TextIO, message: Dict[str, Any]) -> None:
    print(json.dumps(message), file=answers, flush=True)


def main(contender_name: str, case_name: str) -> int:
    """Serve commands until standard input ends; the exit status."""
    # A contender that prints must not break the protocol.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        contenders = {each.name: each for each in all_contenders()}
        subject = Subject(find_case(case_name), contenders[contender_name])
        _say(answers, {"ready": True})
        _serve(subject, answers)
        subject.close()
    except Exception:
        _say(answers, {"error": traceback.format_exc()})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
