"""Runs a case: one process per contender, taking turns round by round.

Noise of the machine hits all contenders alike, because between two turns of
one every other has had one.  A contender that fails is reported and sits out.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from statistics import median
from threading import Timer
from typing import Any, Dict, List, Mapping, Sequence

from benchmarks.environments import ROOT, Environment
from benchmarks.model import Case, Contender

__all__ = ("FULL", "QUICK", "Plan", "Sample", "no_samples", "run_generation")

_PATIENCE = 120.0
"""Seconds that one answer of a worker may take."""


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
        turn: CPU seconds of one turn.  Short, so that some fall between the
            disturbances of a busy machine.
        rounds: Turns of each contender in one generation.
        seconds: What the rounds of one generation may take; after that, and
            five rounds, there are no more.
        generations: How many times the processes are started anew, since the
            layout of a process's memory is luck that all its rounds share.  All
            cases have one before any has the next: a machine is slow for seconds at
            a time, and a case should not have all its rounds in them.
    """

    turn: float
    rounds: int
    seconds: float
    generations: int


FULL = Plan(turn=0.005, rounds=40, seconds=5.0, generations=3)
QUICK = Plan(turn=0.005, rounds=40, seconds=2.5, generations=1)


@dataclass
class Sample:
    """What was measured of one contender in one case.

    Attributes:
        costs: The cost of one iteration in each round: CPU seconds, or a count.
        error: Why there are none, if it failed.
    """

    costs: List[float] = field(default_factory=list)
    error: str = ""

    @property
    def last_line(self) -> str:
        """The end of the error, which says what it was."""
        line = self.error.splitlines()[-1][:300] if self.error else ""
        return line.replace(f"{ROOT}{os.sep}", "")

    def figure(self, statistic: str) -> float:
        """The ``"best"`` or ``"median"`` of the rounds."""
        return min(self.costs) if statistic == "best" else median(self.costs)


class _Worker:
    """The process of one contender, and the lines to and from it."""

    def __init__(self, contender: Contender, case: Case, python: str) -> None:
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.worker", contender.name, case.name],
            cwd=str(ROOT),
            env=_clean_environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
        )

    def ask(self, **command: Any) -> Any:
        """Send a command, if there is one, and wait for the answer.

        Raises:
            RuntimeError: If the worker fails, with what it said.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        if command:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        timer = Timer(_PATIENCE, self._process.kill)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        answer = json.loads(line or '{"error": "no answer: killed, or it crashed"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def close(self) -> str:
        """End the process; what it complains about in the end, if anything."""
        try:
            out, _ = self._process.communicate(timeout=_PATIENCE)
        except (subprocess.TimeoutExpired, ValueError, OSError):
            self._process.kill()
            self._process.wait()
            return "did not end when asked to"
        return str(json.loads(out)["error"]) if out.strip() else ""

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.communicate()


def _clean_environ() -> Dict[str, str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    # One order of sets and of attribute tables for everybody, run by run.
    return {**environ, "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1"}


def no_samples(case: Case, contenders: Sequence[Contender]) -> Dict[str, Sample]:
    """Return what will be measured, for each of *contenders* that has a part in it."""
    return {
        each.name: Sample() for each in contenders if case.factory(each) is not None
    }


def run_generation(
    case: Case,
    contenders: Sequence[Contender],
    environments: Mapping[str, Environment],
    plan: Plan,
    samples: Dict[str, Sample],
) -> None:
    """Measure *case* with processes of one generation, and add to *samples*."""
    workers = {
        each.name: _Worker(each, case, str(environments[each.name].python))
        for each in contenders
        if each.name in samples and not samples[each.name].error
    }
    _run_rounds(workers, samples, plan)


def _run_rounds(
    workers: Dict[str, _Worker], samples: Dict[str, Sample], plan: Plan
) -> None:
    iterations: Dict[str, int] = {}

    def attempt(name: str, step: Any) -> None:
        try:
            step(name, workers[name])
        except Exception as error:
            samples[name] = Sample(error=str(error).strip() or repr(error))
            workers.pop(name).kill()

    def calibrate(name: str, worker: _Worker) -> None:
        worker.ask()
        iterations[name] = worker.ask(calibrate=plan.turn)["iterations"]

    def take_turn(name: str, worker: _Worker) -> None:
        turn = len(samples[name].costs)
        cost = worker.ask(iterations=iterations[name], turn=turn)["cost"]
        samples[name].costs.append(cost / iterations[name])

    def end(name: str, worker: _Worker) -> None:
        complaint = worker.close()
        if complaint:
            raise RuntimeError(complaint)

    def everyone(step: Any) -> None:
        for name in tuple(workers):
            attempt(name, step)

    everyone(calibrate)
    started = time.monotonic()
    for number in range(plan.rounds):
        if number >= 5 and time.monotonic() - started > plan.seconds:
            break
        everyone(take_turn)
    everyone(end)
