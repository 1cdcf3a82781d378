"""What drives one iteration of a case: the interface, plain calls, and imports.

An exchange is opened on what a contender's factory built, checked, measured
any number of times, and closed.  Those that speak ASGI are in
``benchmarks.asgi``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from abc import ABC, abstractmethod
from typing import Any, Callable, List, Optional

from benchmarks.answers import WrongAnswer, require

__all__ = ("Calls", "Exchange", "Imports")


class Exchange(ABC):
    """One iteration of a case, and how it is checked and measured."""

    repeats = True
    """Whether many iterations make one turn; False if one is a turn."""

    @abstractmethod
    def open(self, subject: Any) -> None:
        """Take what the contender's factory built, and make it ready."""

    @abstractmethod
    def check(self) -> None:
        """Run once and compare the outcome.

        Raises:
            WrongAnswer: If the contender did not do the work.
        """

    @abstractmethod
    def measure(self, iterations: int) -> float:
        """Run *iterations* times.

        Returns:
            The CPU seconds of the whole process, all its threads included; or
            the count, for exchanges that count.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to release
        """Release what ``open`` took."""


class Calls(Exchange):
    """A plain function without arguments.

    The factory may return a pair instead: the function, and another to call
    when the measurement is over.

    Args:
        result: What the function must return.
    """

    def __init__(self, result: Any) -> None:
        self._result = result

    def open(self, subject: Any) -> None:
        self._end: Optional[Callable[[], Any]] = None
        if isinstance(subject, tuple):
            self._call, self._end = subject
        else:
            self._call = subject

    def check(self) -> None:
        require("result", self._result, self._call())

    def measure(self, iterations: int) -> float:
        call = self._call
        started = time.process_time()
        for _ in range(iterations):
            call()
        return time.process_time() - started

    def close(self) -> None:
        if self._end is not None:
            self._end()


_IMPORT = """
import sys, time
before = len(sys.modules)
started = time.process_time()
import {module}
print(time.process_time() - started, len(sys.modules) - before)
"""


class Imports(Exchange):
    """The import of one module in fresh interpreters.

    The factory gives the module's name.  Times are taken inside the fresh
    interpreter, so its own start does not count.

    Args:
        counts: Measure how many modules the import adds to ``sys.modules``,
            instead of the time.
    """

    repeats = False

    def __init__(self, *, counts: bool = False) -> None:
        self._counts = counts

    def open(self, subject: Any) -> None:
        self._source = _IMPORT.format(module=subject)

    def check(self) -> None:
        _, count = self._import()
        if count < 1:
            raise WrongAnswer("modules loaded", "at least 1", count)

    def measure(self, iterations: int) -> float:
        column = 1 if self._counts else 0
        return sum(self._import()[column] for _ in range(iterations))

    def _import(self) -> List[float]:
        command = [sys.executable, "-I", "-c", self._source]
        done = subprocess.run(command, capture_output=True, timeout=60)
        if done.returncode:
            raise ImportError(done.stderr.decode(errors="replace").strip())
        return [float(part) for part in done.stdout.split()]
