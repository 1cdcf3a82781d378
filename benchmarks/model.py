"""What a case is, what a contender is, and what a target asks for.

Plain data: nothing here runs anything, and nothing here imports a framework,
so that every process of the bench can load it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Optional, Tuple, Union

from benchmarks.exchange import Exchange

__all__ = (
    "Adds",
    "Case",
    "Contender",
    "Costs",
    "Factory",
    "Faster",
    "Target",
    "Within",
)

Factory = Callable[[], Any]
"""Builds what a case drives; imports its framework when called, not before."""

Costs = Mapping[Tuple[str, str], float]
"""Case name and contender name to the cost of one iteration."""


@dataclass(frozen=True)
class Faster:
    """Ours is at least *times* as fast as the contender *than* in this case."""

    times: float
    than: str = "starlette"

    def value(self, case: str, costs: Costs) -> Optional[float]:
        """The ratio, higher is better; None where a figure is missing."""
        ours, theirs = costs.get((case, "ours")), costs.get((case, self.than))
        return theirs / ours if ours and theirs else None

    def is_met(self, value: float) -> bool:
        """Whether the ratio *value* is enough."""
        return value >= self.times

    def __str__(self) -> str:
        return f"at least {self.times:g} x {self.than}"


@dataclass(frozen=True)
class Within:
    """Ours costs at most *share* of what *contender* pays, here or in *case*."""

    share: float
    contender: str = "ours"
    case: Optional[str] = None

    def value(self, case: str, costs: Costs) -> Optional[float]:
        """Our cost divided by theirs, lower is better; None if one is missing."""
        ours = costs.get((case, "ours"))
        yardstick = costs.get((self.case or case, self.contender))
        return ours / yardstick if ours and yardstick else None

    def is_met(self, value: float) -> bool:
        """Whether the share *value* is small enough."""
        return value <= self.share

    def __str__(self) -> str:
        what = f" in {self.case}" if self.case else ""
        return f"at most {self.share:g} of {self.contender}{what}"


@dataclass(frozen=True)
class Adds:
    """Ours adds at most *share* of a yardstick to our cost of the case *to*.

    For parts whose own cost is the claim, such as a middleware around an
    application: the yardstick is what *contender* pays in the case *to*.
    """

    share: float
    to: str
    contender: str = "raw"

    def value(self, case: str, costs: Costs) -> Optional[float]:
        """The cost added, as a share of the yardstick; None if one is missing."""
        ours, base = costs.get((case, "ours")), costs.get((self.to, "ours"))
        yardstick = costs.get((self.to, self.contender))
        if ours is None or base is None or not yardstick:
            return None
        return (ours - base) / yardstick

    def is_met(self, value: float) -> bool:
        """Whether the share *value* is small enough."""
        return value <= self.share

    def __str__(self) -> str:
        return f"adds at most {self.share:g} of {self.contender} to {self.to}"


Target = Union[Faster, Within, Adds]


@dataclass(frozen=True)
class Case:
    """One piece of work, done alike by every contender that can do it.

    Attributes:
        name: Short and unique; what ``--case`` matches.
        title: The row of the table.
        exchange: Makes what drives and checks one iteration; called once per
            process.
        apps: Contender name, or family name, to the factory of what it runs.
            The contender's own name wins.  A contender with neither sits out.
        targets: What is asked of ours.  The first ``Faster`` than
            ``starlette`` is the target column.
        no_target: Why nothing is asked, where ``targets`` is empty.
        also: Exchanges that are checked after the first, and not timed.
        requires: Contender or family name to further requirements that its
            environment must hold.
        unit: ``"µs"``, or the name of what is counted instead of time.
        statistic: ``"best"`` or ``"median"`` of the rounds.
    """

    name: str
    title: str
    exchange: Callable[[], Exchange]
    apps: Mapping[str, Factory]
    targets: Tuple[Target, ...] = ()
    no_target: str = ""
    also: Tuple[Callable[[], Exchange], ...] = ()
    requires: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)
    unit: str = "µs"
    statistic: str = "best"

    def factory(self, contender: Contender) -> Optional[Factory]:
        """What *contender* runs in this case, or None if it sits out."""
        return self.apps.get(contender.name) or self.apps.get(contender.family)


@dataclass(frozen=True)
class Contender:
    """Somebody whose environment, processes and column are its own.

    Attributes:
        name: Unique; what ``--only`` names.
        family: Contenders of one family share factories: they speak one
            interface.
        requires: What an installer puts into the environment.
        shows: The distribution whose version the report gives.
        tree: Whether the ``src`` folders of ``packages/*`` are put on the path.
            Such an environment is installed without following dependencies,
            at the versions that *twin* has: no installer ever looks for
            our own distributions on an index.
        twin: The contender whose third-party versions are taken over.
    """

    name: str
    family: str
    requires: Tuple[str, ...] = ()
    shows: str = ""
    tree: bool = False
    twin: str = ""
