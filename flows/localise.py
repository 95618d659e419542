"""Localise: for each broken relation, the figures that most likely are wrong, with what they probably should be.

First the smallest sets of figures that repair everything they touch (Fellegi and Holt), then the typing errors that
would turn a figure which repairs it into the one that is printed. Suggestions only: nothing is ever changed.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise

from schemas.explain import Explanation, all_alone, doubled, exchanged, missing, together
from schemas.misprints import DIGIT, take_apart
from schemas.relations import Cell, Key, Line, Relation, System
from schemas.repair import smallest_sets

__all__ = ["Cell", "Key", "Localisation", "Relation", "Suspect", "localise"]

#: Broken relations that hang together, beyond which their explanations are not combined.
TOGETHER = 12
#: Suspects given for one relation, at most.
SUSPECTS = 50
#: More than any number of mistakes: no combination of explanations repairs everything.
_NEVER = 10**6
_STOPPED = (
    "; the search stopped early, there may be other explanations",
    "; pencarian berhenti lebih awal, mungkin ada penjelasan lain",
)


@dataclass(frozen=True)
class Suspect:
    """A figure that may be wrong, and how.

    `rank` is shared by equally good ones. `key` is None for a row that is missing. `suggestion` is None for a row
    that should not be there and where no single value is the likeliest. `kind` is one of `schemas.tables.MISPRINTS`.
    """

    rank: int
    key: Key | None
    source: str
    value: Decimal | None
    suggestion: Decimal | None
    kind: str
    reason_en: str
    reason_id: str


@dataclass(frozen=True)
class Localisation:
    """The suspects of one broken relation, the likeliest first.

    `changed` is the size of the smallest set of figures that repairs this relation and those that hang together with
    it (0: none does). `complete` is false where the search, or the list of suspects, stopped early; the reasons then
    say so.
    """

    suspects: tuple[Suspect, ...]
    changed: int
    complete: bool


def localise(cells: Sequence[Cell], relations: Sequence[Relation], *, seconds: float = 10.0) -> dict[str, Localisation]:
    """Find the suspects of each broken relation, by its id.

    `relations` are the broken ones and those that hold and touch their figures; `cells` are all figures they name
    (else ValueError). The order of neither matters. Limits of size bound the search, so that it ends alike in every
    run; `seconds` only guards the solver against a case that nobody has foreseen.
    """
    by_key = {cell.key: cell for cell in cells}
    ordered = sorted(relations, key=lambda relation: relation.id)
    result: dict[str, Localisation] = {}
    for group in _linked([relation.terms.keys() for relation in ordered]):
        if not all(ordered[number].holds for number in group):
            system = System.of(by_key, (ordered[number] for number in group))
            result.update(_localise(system, seconds))
    return dict(sorted(result.items()))


def _localise(system: System, seconds: float) -> Iterator[tuple[str, Localisation]]:
    """The suspects of each broken relation of a system."""
    alone = all_alone(system)
    explanations = [one for found in alone.values() for one in found]
    explanations += [*exchanged(system), *doubled(system), *missing(system)]
    blocks = _blocks(system, explanations)
    broken = {system.lines[number].relation.id for number in system.broken}
    hard = [block for block in blocks if not block.proven and block.broken & broken]
    unsolved = frozenset(name for block in hard for name in block.broken)
    complete = True
    if hard:
        figures = sum(block.least(block.broken)[1] for block in hard)
        settled = [number for number in system.broken if system.lines[number].relation.id not in unsolved]
        sets, complete = smallest_sets(
            system.without(settled), frozenset(alone), figures if figures < _NEVER else None, seconds
        )
        explanations += [one for repair in sets for one in together(system, repair)]
        blocks = _blocks(system, explanations)
    for block in blocks:
        searched = complete or not block.broken & unsolved
        for name in sorted(block.broken):
            yield name, _localisation(system, name, block, searched)


# -- Which explanations go together ---------------------------------------------------------------------------------


class _Block:
    """Broken relations that hang together through their explanations."""

    def __init__(self, broken: frozenset[str], explanations: Sequence[Explanation], apart: int) -> None:
        self.broken = broken
        self.explanations = explanations
        self.combined = len(broken) <= TOGETHER
        self.least = cache(self._least)
        self._apart = apart

    @property
    def proven(self) -> bool:
        """Whether the explanations change no more figures than there are relations that share none."""
        return self.combined and self.least(self.broken)[1] <= self._apart

    def _least(self, broken: frozenset[str]) -> tuple[int, int]:
        """Fewest mistakes, and fewest figures changed, that repair these relations, each relation once."""
        if not broken:
            return 0, 0
        first = min(broken)
        mistakes = figures = _NEVER
        costs = {(one.repairs, one.mistakes, one.figures) for one in self.explanations if first in one.repairs}
        for repairs, made, changed in costs:
            if repairs <= broken:
                rest = self.least(broken - repairs)
                mistakes, figures = min(mistakes, made + rest[0]), min(figures, changed + rest[1])
        return mistakes, figures

    def mistakes(self, explanation: Explanation) -> int:
        """Fewest mistakes in all if this explanation is right."""
        if not self.combined:
            return explanation.mistakes
        return min(_NEVER, explanation.mistakes + self.least(self.broken - explanation.repairs)[0])


def _blocks(system: System, explanations: Sequence[Explanation]) -> list[_Block]:
    """The broken relations in groups that explanations link."""
    lines = {line.relation.id: line for line in system.lines if not line.relation.holds}
    sets = [*(frozenset({name}) for name in lines), *(one.repairs for one in explanations)]
    blocks = []
    for group in _linked(sets):
        broken = frozenset(name for number in group for name in sets[number])
        inside = [explanations[number - len(lines)] for number in group if number >= len(lines)]
        blocks.append(_Block(broken, inside, _apart([lines[name] for name in sorted(broken)])))
    return blocks


def _linked(sets: Sequence[Collection[Hashable]]) -> list[list[int]]:
    """The numbers of sets that hang together through common members, in groups; sets without members are left out."""
    leader: dict[Hashable, Hashable] = {}

    def lead(member: Hashable) -> Hashable:
        while leader.setdefault(member, member) != member:
            leader[member] = leader[leader[member]]
            member = leader[member]
        return member

    for members in sets:
        first, *others = map(lead, members) if members else [None]
        for other in others:
            leader[lead(other)] = lead(first)
    groups: dict[Hashable, list[int]] = {}
    for number, members in enumerate(sets):
        if members:
            groups.setdefault(lead(next(iter(members))), []).append(number)
    return list(groups.values())


def _apart(lines: Iterable[Line]) -> int:
    """How many of the lines, at least, share no figure: so many figures must change, whatever else."""
    taken: set[Key] = set()
    count = 0
    for line in lines:
        if not taken.intersection(line.weights):
            taken.update(line.weights)
            count += 1
    return count


# -- Which explanation comes first ----------------------------------------------------------------------------------


def _localisation(system: System, name: str, block: _Block, searched: bool) -> Localisation:
    """The explanations of one broken relation, ranked. Of two that give a figure the same value the better counts."""
    line = next(line for line in system.lines if line.relation.id == name)
    inside = [one for one in block.explanations if name in one.repairs and (one.key is None or one.key in line.weights)]
    graded = sorted(
        ((_grade(system, line, block, one), _tie(system, line, one), one) for one in inside), key=_first_two
    )
    best = {(one.key, one.suggestion): (grade, one) for grade, _, one in reversed(graded)}
    chosen = [(grade, one) for grade, _, one in graded if best[one.key, one.suggestion] == (grade, one)]
    ranks = {grade: rank for rank, grade in enumerate(sorted({grade for grade, _ in chosen}), 1)}
    complete = searched and block.combined and len(chosen) <= SUSPECTS
    suspects = tuple(_suspect(system, line, ranks[grade], one, complete) for grade, one in chosen[:SUSPECTS])
    figures = block.least(block.broken)[1] if block.combined else _NEVER
    return Localisation(suspects, figures if figures < _NEVER else 0, complete)


def _first_two(graded: tuple[tuple[int, ...], tuple[object, ...], Explanation]) -> tuple[object, ...]:
    return graded[:2]


def _grade(system: System, line: Line, block: _Block, one: Explanation) -> tuple[int, ...]:
    """What makes one explanation better than another; equal grades are equally good.

    Fewer mistakes; a token whose digits are not grouped in threes; an error that seldom fits by chance; a list that
    is then in order of size, as most printed lists are.
    """
    garbled = one.key is not None and one.tier <= DIGIT and not _well_grouped(system.cells[one.key])
    return block.mistakes(one), 0 if garbled else 1, one.tier, _disorder(system, line, one)


def _well_grouped(cell: Cell) -> bool:
    return take_apart(cell.token, cell.language, Fraction(cell.value), Fraction(cell.precision)).well_grouped


def _tie(system: System, line: Line, one: Explanation) -> tuple[object, ...]:
    """The order of equally good explanations: the total first, which stands alone; then shorter tokens."""
    if one.key is None:
        return (0, 0, ("", "", 0), 0)
    suggestion = one.suggestion if one.suggestion is not None else Fraction(-1)
    return one.key in line.list[1], len(system.cells[one.key].token), one.key, suggestion


def _disorder(system: System, line: Line, one: Explanation) -> int:
    """How many neighbours in the list stand against its order of size once the explanation is taken for true.

    More than one in six counts as a list in no order, as does one of fewer than four members, or of several sources.
    """
    members = sorted(line.list[1], key=lambda key: (system.cells[key].order, key))
    limit = len(members) // 6 + 1
    if len(members) < 4 or len({key[:2] for key in members}) > 1:
        return limit
    then = (one.instead.get(key, Fraction(system.cells[key].value)) for key in members)
    values = [value for value in then if value is not None]
    pairs = list(pairwise(values))
    rising, falling = sum(a < b for a, b in pairs), sum(a > b for a, b in pairs)
    return min(rising, falling, limit)


def _suspect(system: System, line: Line, rank: int, one: Explanation, complete: bool) -> Suspect:
    english, indonesian = one.reason_en, one.reason_id
    if _disorder(system, line, one) < _disorder(system, line, _AS_PRINTED):
        english += "; the list would then be in order of size"
        indonesian += "; daftar lalu urut menurut besarnya"
    if not complete:
        english, indonesian = english + _STOPPED[0], indonesian + _STOPPED[1]
    source = one.key[0] if one.key else min(line.list[1])[0]
    value = system.cells[one.key].value if one.key else None
    return Suspect(rank, one.key, source, value, _decimal(one.suggestion), one.kind, english, indonesian)


_AS_PRINTED = Explanation(None, frozenset(), "other", 0, None, "", "")


def _decimal(value: Fraction | None) -> Decimal | None:
    """A suggestion as it is published, with three decimals at most."""
    if value is None:
        return None
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact if value.denominator == 1 else exact.quantize(Decimal("0.001")).normalize()
