"""The smallest sets of figures whose change repairs every relation: error localisation after Fellegi and Holt.

A set cover over the broken relations (JASA 71, 1976), to which each set that fails adds the relation which it implies.
The arithmetic is in fractions; HiGHS only solves the covers, whose coefficients are ones, so that no rounding decides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from schemas.misprints import Number
from schemas.relations import INFINITY, Key, System

_Name = TypeVar("_Name")

#: Lines of the elimination beyond which a set of figures is left undecided.
LINES = 3000
#: Figures, and covers tried, beyond which the search for sets stops. Limits of size, so that every run ends alike.
FIGURES, COVERS = 1500, 200


@dataclass(frozen=True)
class _Inequality:
    """Sum of changes times `weights` is at most `bound`; made of the given lines, each times its multiplier."""

    weights: Mapping[Key, Fraction]
    bound: Fraction
    multipliers: Mapping[int, Fraction]
    parts: frozenset[int]


class TooLarge(Exception):
    """The elimination grew beyond its limit; the set of cells is left undecided."""


@dataclass(frozen=True)
class Contradiction:
    """Cells of which at least one must change too; empty where no change of figures can help."""

    cells: frozenset[Key]


def changes(system: System, keys: Sequence[Key]) -> dict[Key, tuple[Number, Number]] | Contradiction:
    """By how much each of these cells may change so that all relations they touch, or that are broken, can hold.

    By Fourier-Motzkin elimination. Raises TooLarge beyond `LINES` inequalities.
    """
    start = list(_inequalities(system, keys))
    result: dict[Key, tuple[Number, Number]] = {}
    for key in keys:
        system_left = start
        for step, other in enumerate((k for k in keys if k != key), 1):
            system_left = _eliminate(system_left, other, step)
        low: Number = -INFINITY
        high: Number = INFINITY
        for row in system_left:
            weight = row.weights.get(key)
            if weight is not None and weight > 0:
                high = min(high, row.bound / weight)
            elif weight is not None:
                low = max(low, row.bound / weight)
        if low > high or any(not row.weights and row.bound < 0 for row in system_left):
            return _contradiction(system, keys, _eliminate(system_left, key, len(keys)))
        result[key] = low, high
    return result


def _inequalities(system: System, keys: Sequence[Key]) -> Iterator[_Inequality]:
    part = 0
    for number in sorted({n for key in keys for n in system.touching.get(key, ())}):
        line = system.lines[number]
        weights = {key: line.weights[key] for key in keys if key in line.weights}
        low, high = line.room
        if isinstance(high, Fraction):
            yield _Inequality(weights, high, {number: Fraction(1)}, frozenset({part}))
        if isinstance(low, Fraction):
            negative = {key: -weight for key, weight in weights.items()}
            yield _Inequality(negative, -low, {number: Fraction(-1)}, frozenset({part + 1}))
        part += 2
    for key in keys:
        value = Fraction(system.cells[key].value)
        if value >= 0:
            yield _Inequality({key: Fraction(-1)}, value, {}, frozenset({part}))
        part += 1


def _eliminate(rows: Sequence[_Inequality], key: Key, step: int) -> list[_Inequality]:
    """Eliminate one cell. What is made of more than `step` + 1 of the first inequalities follows from others."""
    kept = [row for row in rows if key not in row.weights]
    above = [row for row in rows if row.weights.get(key, 0) > 0]
    below = [row for row in rows if row.weights.get(key, 0) < 0]
    for one in above:
        for other in below:
            parts = one.parts | other.parts
            if len(parts) <= step + 1:
                kept.append(_combine(one, other, key, parts))
                if len(kept) > LINES:
                    raise TooLarge
    return kept


def _combine(one: _Inequality, other: _Inequality, key: Key, parts: frozenset[int]) -> _Inequality:
    first, second = 1 / one.weights[key], -1 / other.weights[key]
    weights = _sum(one.weights, first, other.weights, second)
    weights.pop(key, None)
    multipliers = _sum(one.multipliers, first, other.multipliers, second)
    return _Inequality(weights, one.bound * first + other.bound * second, multipliers, parts)


def _sum(
    one: Mapping[_Name, Fraction], first: Fraction, other: Mapping[_Name, Fraction], second: Fraction
) -> dict[_Name, Fraction]:
    """The weighted sum of two sparse vectors."""
    total = {name: weight * first for name, weight in one.items()}
    for name, weight in other.items():
        total[name] = total.get(name, Fraction(0)) + weight * second
    return {name: weight for name, weight in total.items() if weight}


def _contradiction(system: System, keys: Sequence[Key], rows: Iterable[_Inequality]) -> Contradiction:
    """The relation that the failing lines imply (Fellegi and Holt's implied edit): its cells, less those in the set."""
    failing = min(
        (row for row in rows if not row.weights and row.bound < 0),
        key=lambda row: (len(row.multipliers), sorted(row.multipliers.items())),
    )
    implied: dict[Key, Fraction] = {}
    for number, multiplier in failing.multipliers.items():
        implied = _sum(implied, Fraction(1), system.lines[number].weights, multiplier)
    return Contradiction(frozenset(implied).difference(keys))


@dataclass(frozen=True)
class Repair:
    """Cells which, changed together by amounts in these ranges, repair the relations named."""

    changes: Mapping[Key, tuple[Number, Number]]
    repairs: frozenset[str]


def smallest_sets(
    system: System, alone: frozenset[Key], at_most: int | None, seconds: float
) -> tuple[list[Repair], bool]:
    """All smallest sets of cells that repair the system and are more than cells of `alone`, each for itself.

    `alone` are the cells that repair what they touch by themselves; `at_most` is the size of the smallest set of
    those that repairs everything, None if there is none. The second result is false where the search stopped early,
    at `FIGURES`, `COVERS` or `LINES`, or after `seconds` in one cover, which is meant never to happen.
    """
    keys = sorted(system.touching)
    if len(keys) > FIGURES:
        return [], False
    covers = _Covers(keys, seconds)
    for number in system.broken:
        covers.at_least_one(system.lines[number].weights)
    covers.at_least_one(key for key in keys if key not in alone)
    found: list[Repair] = []
    size = at_most
    for _ in range(COVERS):
        chosen = covers.smallest()
        if chosen is None or (size is not None and len(chosen) > size):
            return found, covers.complete
        try:
            ranges = changes(system, chosen)
        except TooLarge:
            return found, False
        if isinstance(ranges, Contradiction):
            covers.at_least_one(ranges.cells)
            continue
        size = len(chosen)
        core = _entangled(system, chosen, alone)
        found.append(Repair({key: ranges[key] for key in core}, system.repaired(core)))
        covers.not_all(core)
    return found, False


def _entangled(system: System, chosen: Sequence[Key], alone: frozenset[Key]) -> list[Key]:
    """The chosen cells without those that repair what they touch by themselves and share no relation with others."""
    groups: list[tuple[set[Key], set[int]]] = []
    for key in chosen:
        cells, lines = {key}, set(system.touching[key])
        for group in [group for group in groups if group[1] & lines]:
            groups.remove(group)
            cells, lines = cells | group[0], lines | group[1]
        groups.append((cells, lines))
    return sorted(key for cells, _ in groups if not cells <= alone for key in cells)


class _Covers:
    """Smallest sets of cells that meet each of a growing list of requirements; the solver is HiGHS, through SciPy."""

    def __init__(self, keys: Sequence[Key], seconds: float) -> None:
        self.keys = keys
        self.seconds = seconds
        self.complete = True
        self._column = {key: number for number, key in enumerate(keys)}
        self._rows: list[tuple[frozenset[int], float, float]] = []

    def at_least_one(self, keys: Iterable[Key]) -> None:
        self._rows.append((frozenset(self._column[key] for key in keys), 1, INFINITY))

    def not_all(self, keys: Iterable[Key]) -> None:
        columns = frozenset(self._column[key] for key in keys)
        self._rows.append((columns, 0, len(columns) - 1))

    def smallest(self) -> list[Key] | None:
        """A smallest set, or None if there is none (`complete` then tells whether that is proven)."""
        # SciPy takes half a second to import, and most findings need no search.
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415

        if any(not columns and low > 0 for columns, low, _ in self._rows):
            return None
        matrix = [[float(column in columns) for column in range(len(self.keys))] for columns, _, _ in self._rows]
        bounds = LinearConstraint(matrix, [row[1] for row in self._rows], [row[2] for row in self._rows])
        ones = [1.0] * len(self.keys)
        options = {"time_limit": self.seconds, "mip_rel_gap": 0.0}
        result: Any = milp(ones, integrality=ones, bounds=Bounds(0, 1), constraints=bounds, options=options)
        if result.status != 0:
            self.complete = result.status == 2  # 2: proven that there is none; else it ran out of time
            return None
        return [key for key, taken in zip(self.keys, result.x, strict=True) if taken > 0.5]
