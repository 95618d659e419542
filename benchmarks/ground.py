"""The figures that errors are put into: what holds among them untouched, and what arithmetic can tell of a change.

This is a second opinion on the rules: it takes their comparisons on the untouched figures and says for itself, in
exact intervals, which of them a changed figure breaks and which other figures could explain that.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis.expr.types as ir

from benchmarks.injections import Site
from flows.nouns import Judged, Place, Snapshot, Validated
from schemas.rules import RULES, UNDERSTANDING
from schemas.rules.base import PLACE
from schemas.rules.facts import facts

#: Bounds of a figure's true value; infinite where open.
Bounds = tuple[Fraction | float, Fraction | float]
#: What a figure can be drawn from, by the rule whose comparison holds there.
CHAINS = {
    "children_sum_to_parent": "family",
    "waves_sum_to_cumulative": "waves",
    "parts_sum_to_whole": "identity",
    "decreed_less_revoked_is_effective": "identity",
    "budget_parts_sum_to_budget": "identity",
    "shares_sum_to_hundred": "identity",
    "programme_counts_match_named_partners": "identity",
    "share_matches_count": "share",
    "sources_agree": "two sources",
    "cumulative_never_falls": "cumulative",
}
#: The region that all others lie in.
NATION = "00"
#: A share is compared with a quotient in binary fractions: a hair more than its exact bounds.
_HAIR = Fraction(1, 10**9)


@dataclass(frozen=True)
class Statement:
    """A comparison of a rule that holds on the untouched figures.

    The sum of the figures times `terms` lies within `bounds`; both are open where it is no sum. A share has its `part`
    instead, and the `wholes` of which it may be a share: the rule takes the one that fits. `rests_on` are all figures
    that it names.
    """

    rule: str
    name: str
    terms: Mapping[Place, Fraction]
    bounds: Bounds
    rests_on: frozenset[Place]
    part: Place | None = None
    wholes: frozenset[Place] = frozenset()

    @property
    def is_exact(self) -> bool:
        """Whether it holds for one value of the sum only."""
        return self.part is not None or (bool(self.terms) and self.bounds[0] == self.bounds[1])

    def holds(self, intervals: Mapping[Place, Bounds]) -> bool:
        """Whether some values within the intervals satisfy it."""
        if self.part is not None:
            part = intervals[self.part]
            (told,) = (intervals[place] for place in self.rests_on - {self.part} - self.wholes)
            return any(_is_share(told, part, intervals[whole]) for whole in self.wholes)
        low, high = self._sum(intervals)
        return low <= self.bounds[1] and self.bounds[0] <= high

    @property
    def bears_on(self) -> frozenset[Place]:
        """All figures that it may name."""
        return self.rests_on | self.wholes

    def _sum(self, intervals: Mapping[Place, Bounds], without: Place | None = None) -> Bounds:
        low: Fraction | float = Fraction(0)
        high: Fraction | float = Fraction(0)
        for place, weight in self.terms.items():
            if place != without:
                ends = sorted(weight * end for end in intervals[place])
                low, high = low + ends[0], high + ends[1]
        return low, high

    def window(self, place: Place, intervals: Mapping[Place, Bounds]) -> Bounds:
        """The values of one of its figures with which it holds."""
        low, high = self._sum(intervals, place)
        ends = sorted(((self.bounds[0] - high) / self.terms[place], (self.bounds[1] - low) / self.terms[place]))
        return ends[0], ends[1]


def _is_share(told: Bounds, part: Bounds, whole: Bounds) -> bool:
    """Whether a percentage agrees with some quotient of a part and a whole."""
    if whole[0] <= 0:
        return True
    return told[0] <= part[1] / whole[0] * 100 + _HAIR and part[0] / whole[1] * 100 - _HAIR <= told[1]


@dataclass(frozen=True)
class Ground:
    """A snapshot, what the pipeline says of it untouched, and what holds there.

    `broken` are the comparisons, by rule and name, that do not hold to begin with, `provinces` the codes of those that
    each source prints anything about.
    """

    snapshot: Snapshot
    broken: frozenset[tuple[str, str]]
    false_alarms: tuple[str, ...]
    sites: Mapping[Place, Site]
    intervals: Mapping[Place, Bounds]
    statements: Sequence[Statement]
    touching: Mapping[Place, Sequence[Statement]]
    provinces: Mapping[str, frozenset[str]]

    def broken_by(self, change: Mapping[Place, Bounds]) -> list[Statement]:
        """The statements that no longer hold with other intervals for some figures."""
        then = {**self.intervals, **change}
        return [each for each in self._touched(change) if not each.holds(then)]

    def _touched(self, places: Iterable[Place]) -> list[Statement]:
        return list({each.name: each for place in places for each in self.touching.get(place, ())}.values())

    def explainers(self, broken: Sequence[Statement], change: Mapping[Place, Bounds]) -> set[Place]:
        """The figures that, changed alone, would make the broken statements hold and break no other."""
        then = {**self.intervals, **change}
        common = frozenset.intersection(*(each.rests_on for each in broken)) if broken else frozenset()
        return {place for place in common if self._can_explain(place, then)}

    def _can_explain(self, place: Place, intervals: Mapping[Place, Bounds]) -> bool:
        low: Fraction | float = 0
        high: Fraction | float = math.inf
        for each in self.touching[place]:
            if place in each.terms:
                window = each.window(place, intervals)
                low, high = max(low, window[0]), min(high, window[1])
        return low <= high


def ground(snapshot: Snapshot, judged: Judged) -> Ground:
    """Learn what holds in a snapshot from what the pipeline made of it."""
    figures = judged.validated.ingested.figures
    columns = (
        "value_as_printed",
        "language",
        "value",
        "lower",
        "upper",
        "precision",
        "measure",
        "unit_mult",
        "region_code",
    )
    read = figures.select(*PLACE, *columns).order_by(list(PLACE)).to_pyarrow().to_pylist()
    doubted = _doubted(judged)
    intervals = {_place(row): bounds_of(row) for row in read}
    # A rule may also hold because its list is not one that must add up.
    statements = [each for each in _with_all_wholes(list(_statements(judged.validated))) if each.holds(intervals)]
    touching: dict[Place, list[Statement]] = defaultdict(list)
    for each in statements:
        for place in each.bears_on:
            touching[place].append(each)
    return Ground(
        snapshot=snapshot,
        broken=frozenset((each.rule, each.relation) for each in judged.findings if each.severity == "error"),
        false_alarms=tuple(each.message_en for each in judged.findings if each.is_open),
        sites=_sites([row for row in read if _place(row) not in doubted]),
        intervals=intervals,
        statements=statements,
        touching=dict(touching),
        provinces=_provinces(read),
    )


def _provinces(read: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """The provinces (the first two digits of a code), or the nation, that each source prints figures about."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in read:
        found[row["source"]].add((row["region_code"] or NATION)[:2])
    return {source: frozenset(codes) for source, codes in found.items()}


def _doubted(judged: Judged) -> set[Place]:
    """The figures that an error casts doubt on, whether it is known or not."""
    return {place for each in judged.findings if each.severity == "error" for place in each.flagged}


def _place(row: Mapping[str, Any]) -> Place:
    return row["source"], row["resource"], row["row"]


def bounds_of(row: Mapping[str, Any]) -> Bounds:
    """The interval of a figure as read."""
    low, high = row["lower"], row["upper"]
    return (-math.inf if low is None else Fraction(low), math.inf if high is None else Fraction(high))


def _sites(read: Sequence[Mapping[str, Any]]) -> dict[Place, Site]:
    """The figures of these that could be read, each with the next one of its measure in its source."""
    known = [row for row in read if row["value"] is not None]
    later: dict[tuple[str, str, str], Place] = {}
    found = {}
    for row in reversed(known):
        series = (row["source"], row["resource"], row["measure"])
        found[_place(row)] = Site(
            _place(row), row["value_as_printed"], row["language"], row["value"], row["precision"],
            row["unit_mult"] or 0, later.get(series),
        )  # fmt: skip
        later[series] = _place(row)
    return found


def _statements(validated: Validated) -> Iterable[Statement]:
    """Every comparison of every rule that holds, with its figures."""
    given = validated.ingested
    engine = given.figures.get_backend()

    def keep(name: str, table: ir.Table) -> ir.Table:
        return engine.create_table(f"ground_{name}", table, overwrite=True)

    def share(name: str, table: ir.Table) -> ir.Table:
        return engine.create_view(f"ground_view_{name}", table, overwrite=True)

    known = facts(given, keep, share, quarantined=validated.quarantined)
    for name, rule in RULES.items():
        if rule not in UNDERSTANDING:
            test = rule.test(known)
            told = share(name, test.comparisons)
            yield from _of_rule(name, told, test.terms(told))


def _with_all_wholes(statements: Sequence[Statement]) -> Iterable[Statement]:
    """Shares of one kind in one source, each with all wholes that any of them is a share of."""
    wholes: dict[tuple[str, str], set[Place]] = defaultdict(set)
    for each in statements:
        if each.part is not None:
            wholes[_kind(each)].update(each.wholes)
    for each in statements:
        yield each if each.part is None else replace(each, wholes=frozenset(wholes[_kind(each)]))


def _kind(share: Statement) -> tuple[str, str]:
    """The source of a share and what it is a share of: the name of a comparison starts with the rule and that."""
    return min(share.rests_on)[0], share.name.split("|")[1]


def _of_rule(name: str, told: ir.Table, terms: ir.Table) -> Iterable[Statement]:
    rests_on: dict[str, dict[Place, Decimal]] = defaultdict(dict)
    for row in terms.to_pyarrow().to_pylist():
        rests_on[row["comparison"]][_place(row)] = row["coefficient"]
    beside = [f"{which}_{column}" for which in ("part", "whole") for column in PLACE]
    columns = ["comparison", "bound_lower", "bound_upper", *(beside if beside[0] in told.columns else [])]
    # A companion bears witness only while it agrees: it raises no finding of its own.
    own = told.filter(told.outcome.isnull() & ~told.is_companion)
    for row in own.select(*columns).to_pyarrow().to_pylist():
        weights = rests_on[row["comparison"]]
        is_sum = row["bound_lower"] is not None or row["bound_upper"] is not None
        given = {"lower": row["bound_lower"], "upper": row["bound_upper"]}
        part, whole = (
            (tuple(row[f"{which}_{column}"] for column in PLACE) for which in ("part", "whole"))
            if len(columns) > 3
            else (None, None)
        )
        yield Statement(
            name, f"{name}|{row['comparison']}",
            {place: Fraction(weight) for place, weight in weights.items() if is_sum and weight},
            bounds_of(given), frozenset(weights), part, frozenset({whole} if whole else ()),
        )  # fmt: skip
