"""What became of the errors, and the tables that tell it."""

import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

from benchmarks.injections import KINDS, Injection

#: What one sum alone can tell at best, first and among the first three, in percent: counted over three real families
#: (five districts, nine and ten regencies) by trying every error that would explain the sum.
BOUND = {
    "one digit": "24 / 62", "two digits swapped": "78 / 100", "digit lost": "95 / 98",
    "unit word spurious": "100 / 100", "row doubled": "100 / 100", "row missing": "100 / 100",
}  # fmt: skip
#: What the settings mean.
_TITLES = {"alone": "One source alone", "context": "One source with all the others as context"}
#: Packages that the figures may depend on.
_PACKAGES = ("duckdb", "ibis-framework", "scipy")


@dataclass(frozen=True)
class Outcome:
    """What became of one error. `reason` tells why arithmetic cannot tell it, and is empty where it can.

    `explainers` are the figures that could each explain it alone, `rules` is how many comparisons it breaks. `suspect`
    is the place of the changed figure among the suspects of the finding that tells most (0: not named), `alone`
    whether no other figure shares the first rank with it, `value` whether the true value was suggested for it.
    """

    injection: Injection
    reason: str
    explainers: int
    rules: int
    detected: bool
    suspect: int
    alone: bool
    value: bool


@dataclass(frozen=True)
class Measured:
    """The outcomes in one setting, and the errors on the untouched figures that nobody had looked at."""

    setting: str
    seed: int
    sources: int
    outcomes: Sequence[Outcome]
    false_alarms: Sequence[str]
    runs: int


def singled_out(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Errors that break two comparisons or more, or touch some that hold, so that only one figure can explain them."""
    return [each for each in outcomes if not each.reason and each.explainers == 1 and each.rules > 1]


def report(measured: Sequence[Measured], today: date) -> str:
    """The tables in Markdown."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    blocks = [f"Measured on {today} with {packages}; {machine}."]
    for each in measured:
        blocks += [f"**{_TITLES[each.setting]}** ({_extent(each)})", _by_kind(each), _by_chain(each), _told(each)]
    return "\n\n".join(blocks)


def _extent(each: Measured) -> str:
    return f"{each.sources} sources, {len(each.outcomes)} errors in {each.runs} runs, seed {each.seed}"


def _by_kind(measured: Measured) -> str:
    head = ["error", "injected", "can be told", "detected", *_NAMED, "one sum alone, at best"]
    rows = [
        [kind, *_cells([each for each in measured.outcomes if each.injection.kind == kind]), BOUND.get(kind, "")]
        for kind in KINDS
    ]
    return _table([head, *rows, ["all", *_cells(measured.outcomes), ""]])


#: How the changed figure is named.
_NAMED = ("first, alone", "first in the list", "first three", "true value")


def _by_chain(measured: Measured) -> str:
    chains = sorted({each.injection.chain for each in measured.outcomes})
    rows = [[name, *_cells([each for each in measured.outcomes if each.injection.chain == name])] for name in chains]
    two = singled_out(measured.outcomes)
    rows.append(["*only one figure can explain it*", *_cells(two)])
    return _table([["the figure stands in", "injected", "can be told", "detected", *_NAMED], *rows])


def _cells(outcomes: Sequence[Outcome]) -> list[str]:
    """Injected, those that arithmetic can tell, and the percentages of these."""
    told = [each for each in outcomes if not each.reason]
    named = [
        sum(each.detected for each in told), sum(each.alone for each in told), sum(each.suspect == 1 for each in told),
        sum(1 <= each.suspect <= 3 for each in told), sum(each.value for each in told),
    ]  # fmt: skip
    return [str(len(outcomes)), str(len(told)), *(f"{100 * n / len(told):.0f} %" if told else "-" for n in named)]


def _told(measured: Measured) -> str:
    reasons = Counter(each.reason for each in measured.outcomes if each.reason)
    lines = [f"- {number} that arithmetic cannot tell: {reason}." for reason, number in sorted(reasons.items())]
    extra = sum(each.detected for each in measured.outcomes if each.reason)
    lines += [f"- {extra} of these were detected all the same, by other rules than sums."] if extra else []
    alarms = len(measured.false_alarms)
    return "\n".join([*lines, f"- False alarms on the untouched figures: {alarms}."])


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(_lines(rows))


def _lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield f"| {' | '.join(row)} |"
        if not number:
            yield f"|{'---|' * len(row)}"
