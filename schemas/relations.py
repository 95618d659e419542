"""Figures, the relations that must hold between them, and what a figure could be: exact interval arithmetic.

A relation is a weighted sum of figures that must lie within bounds; each figure is an interval. As in the rules, a
relation holds where some values inside the intervals satisfy it, each relation for itself. All in fractions.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from schemas.misprints import Number

#: Source, resource, row.
Key = tuple[str, str, int]

INFINITY = math.inf


@dataclass(frozen=True)
class Cell:
    """A printed figure.

    `lower` and `upper` bound its true value as printed (None is open), `precision` is the size of the last printed
    digit, all in the figure's unit; `whole` marks counts of whole things. `order` is its place in print: neighbours
    follow each other, or differ by one in one of its parts (line, column).
    """

    key: Key
    name: str
    token: str
    language: str
    value: Decimal
    lower: Decimal | None
    upper: Decimal | None
    precision: Decimal
    whole: bool
    order: tuple[int, ...]

    @property
    def interval(self) -> tuple[Number, Number]:
        """The bounds as numbers."""
        return _number(self.lower, -INFINITY), _number(self.upper, INFINITY)


@dataclass(frozen=True)
class Relation:
    """An arithmetic statement: the sum of figures times `terms` lies within `lower` and `upper` (None is open).

    `missing` names members that the list lacks; `doubled` are rows among the terms that repeat a member. `expected`
    bounds what the missing members hold together, from what else is known. A relation that does not hold although
    its sum fits is one that fits only because of a doubled or a missing row.
    """

    id: str
    rule: str
    holds: bool
    terms: Mapping[Key, Decimal]
    lower: Decimal | None
    upper: Decimal | None
    missing: tuple[str, ...] = ()
    doubled: tuple[Key, ...] = ()
    expected: tuple[Decimal | None, Decimal | None] = (None, None)


def _number(bound: Decimal | None, otherwise: float) -> Number:
    return otherwise if bound is None else Fraction(bound)


@dataclass(frozen=True)
class Line:
    """A relation as numbers: weights, the bounds of the sum, and the room that printed intervals leave to a change.

    The sum of the weighted changes of figures must lie in `room`; it holds zero where the relation holds.
    """

    relation: Relation
    weights: Mapping[Key, Fraction]
    bounds: tuple[Number, Number]
    room: tuple[Number, Number]
    broken: bool

    @property
    def list(self) -> tuple[Fraction, list[Key]]:
        """The side of the relation with more members: the sign of their weights, and the members in order of key."""
        positive = [key for key in sorted(self.weights) if self.weights[key] > 0]
        negative = [key for key in sorted(self.weights) if self.weights[key] < 0]
        return (Fraction(-1), negative) if len(negative) > len(positive) else (Fraction(1), positive)


@dataclass
class _Total:
    """Sum of intervals from which one can be taken out again, infinite ones included."""

    lower: Fraction = Fraction(0)
    upper: Fraction = Fraction(0)
    open_below: int = 0
    open_above: int = 0

    def add(self, interval: tuple[Number, Number], sign: int = 1) -> None:
        low, high = interval
        if isinstance(low, Fraction):
            self.lower += sign * low
        else:
            self.open_below += sign
        if isinstance(high, Fraction):
            self.upper += sign * high
        else:
            self.open_above += sign

    @property
    def interval(self) -> tuple[Number, Number]:
        return (-INFINITY if self.open_below else self.lower, INFINITY if self.open_above else self.upper)


def times(weight: Fraction, interval: tuple[Number, Number]) -> tuple[Number, Number]:
    """An interval times a weight that is not zero."""
    low, high = (weight * bound for bound in interval)
    return (low, high) if weight > 0 else (high, low)


def less(interval: tuple[Number, Number], other: tuple[Number, Number]) -> tuple[Number, Number]:
    """What may be added to some value of `other` to come into `interval`."""
    return interval[0] - other[1], interval[1] - other[0]


def common(interval: tuple[Number, Number], other: tuple[Number, Number]) -> tuple[Number, Number]:
    """The common part of two intervals; its lower bound lies above the upper one where there is none."""
    return max(interval[0], other[0]), min(interval[1], other[1])


@dataclass
class System:
    """Cells and the relations that hang together through them."""

    cells: Mapping[Key, Cell]
    lines: Sequence[Line]
    touching: Mapping[Key, Sequence[int]]
    _kept: dict[int, _Total] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Mapping[Key, Cell], relations: Iterable[Relation]) -> "System":
        """Set up the lines. Raises ValueError if a relation names a cell that is not there."""
        lines = []
        touching: dict[Key, list[int]] = defaultdict(list)
        for number, relation in enumerate(relations):
            lost = [key for key in relation.terms if key not in cells]
            if lost:
                raise ValueError(f"relation {relation.id} names a figure that is not given: {lost[0]}")
            lines.append(_line(cells, relation))
            for key in lines[-1].weights:
                touching[key].append(number)
        return cls(cells, lines, dict(touching))

    def without(self, lines: Iterable[int]) -> "System":
        """The system without some of its lines."""
        left_out = set(lines)
        relations = (line.relation for number, line in enumerate(self.lines) if number not in left_out)
        return System.of(self.cells, relations)

    @property
    def broken(self) -> list[int]:
        """The lines whose sum does not fit."""
        return [number for number, line in enumerate(self.lines) if line.broken]

    def repaired(self, keys: Iterable[Key]) -> frozenset[str]:
        """Names of the broken relations that these cells touch."""
        lines = (self.lines[number] for key in keys for number in self.touching.get(key, ()))
        return frozenset(line.relation.id for line in lines if line.broken)

    def others(self, number: int, without: Iterable[Key]) -> tuple[Number, Number]:
        """Sum of a line's weighted intervals without some of its cells."""
        line = self.lines[number]
        total = self._totals(number)
        rest = _Total(total.lower, total.upper, total.open_below, total.open_above)
        for key in without:
            if key in line.weights:
                rest.add(times(line.weights[key], self.cells[key].interval), -1)
        return rest.interval

    def _totals(self, number: int) -> _Total:
        if number not in self._kept:
            self._kept[number] = _total(self.cells, self.lines[number].weights)
        return self._kept[number]

    def alone(self, key: Key) -> tuple[Number, Number] | None:
        """The true values of one cell with which every relation that it touches holds, or None.

        Counts are whole, and nothing is less than zero that was not printed so.
        """
        cell = self.cells[key]
        window: tuple[Number, Number] = (0 if cell.value >= 0 else -INFINITY, INFINITY)
        for number in self.touching.get(key, ()):
            line = self.lines[number]
            need = less(line.bounds, self.others(number, (key,)))
            window = common(window, times(1 / line.weights[key], need))
            if window[0] > window[1]:
                return None
        return rounded_inward(window, cell.whole)

    def agrees(self, instead: Mapping[Key, tuple[Number, Number] | None]) -> bool:
        """Whether every relation holds that these cells touch, with other intervals in their place (None: no row)."""
        for number in {n for key in instead for n in self.touching.get(key, ())}:
            line = self.lines[number]
            total = _Total()
            total.add(self.others(number, instead))
            for key, interval in instead.items():
                if interval is not None and key in line.weights:
                    total.add(times(line.weights[key], interval))
            low, high = common(line.bounds, total.interval)
            if low > high:
                return False
        return True


def rounded_inward(window: tuple[Number, Number], whole: bool) -> tuple[Number, Number] | None:
    """The window itself, or the whole numbers in it; None where there are none."""
    low, high = window
    if whole:
        low = Fraction(math.ceil(low)) if math.isfinite(low) else low
        high = Fraction(math.floor(high)) if math.isfinite(high) else high
    return (low, high) if low <= high else None


def _total(cells: Mapping[Key, Cell], weights: Mapping[Key, Fraction]) -> _Total:
    total = _Total()
    for key, weight in weights.items():
        total.add(times(weight, cells[key].interval))
    return total


def _line(cells: Mapping[Key, Cell], relation: Relation) -> Line:
    """A relation as numbers. Where the rule says that it holds its bounds are widened, if need be, so that it does."""
    weights = {key: Fraction(weight) for key, weight in relation.terms.items() if weight}
    bounds = _number(relation.lower, -INFINITY), _number(relation.upper, INFINITY)
    total = _total(cells, weights).interval
    room = less(bounds, total)
    if relation.holds:
        bounds = min(bounds[0], total[1]), max(bounds[1], total[0])
        room = less(bounds, total)
    return Line(relation, weights, bounds, room, not relation.holds and not room[0] <= 0 <= room[1])
