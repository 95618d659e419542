"""Localise: for each broken relation, the figures that most likely are wrong, with what they probably should be.

First the smallest sets of figures that repair everything they touch (Fellegi and Holt), then the typing errors that
would turn a figure which repairs it into the one that is printed. Suggestions only: nothing is ever changed.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
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
#: Members of a list beyond which its order of size is not looked at: more than all regencies and cities.
ORDERED = 600
#: More than any number of mistakes: no combination of explanations repairs everything.
_NEVER = 10**6
#: Remarks on a reason, in English and Indonesian.
_STOPPED = (
    "the search stopped early, there may be other explanations",
    "pencarian berhenti lebih awal, mungkin ada penjelasan lain",
)
_IN_ORDER = ("the list would then be in order of size", "daftar lalu urut menurut besarnya")


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
    exchanges = list(exchanged(System.of(by_key, ordered)))
    linked = _linked([*(relation.terms.keys() for relation in ordered), *(one.instead for one in exchanges)])
    result: dict[str, Localisation] = {}
    for group in linked:
        swapped = [exchanges[number - len(ordered)] for number in group if number >= len(ordered)]
        inside = [ordered[number] for number in group if number < len(ordered)]
        if not all(relation.holds for relation in inside):
            result.update(_localise(System.of(by_key, inside), swapped, seconds))
    return dict(sorted(result.items()))


def _localise(system: System, exchanges: list[Explanation], seconds: float) -> Iterator[tuple[str, Localisation]]:
    """The suspects of each broken relation of a system, in which these exchanges of neighbours are known to repair."""
    alone = all_alone(system)
    explanations = [one for found in alone.values() for one in found]
    explanations += [*exchanges, *doubled(system), *missing(system)]
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
    lines = {line.relation.id: line for line in system.lines}
    for block in blocks:
        searched = complete or not block.broken & unsolved
        for name in sorted(block.broken):
            yield name, _localisation(system, lines[name], block, searched)


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


class _Ranking:
    """The order in which the explanations of one broken relation are given."""

    def __init__(self, system: System, line: Line, block: _Block) -> None:
        self._cells = system.cells
        self._block = block
        self._members = sorted(line.list[1], key=lambda key: (system.cells[key].order, key))
        self._values = {key: Fraction(system.cells[key].value) for key in self._members}
        self._one_list = len({key[:2] for key in self._members}) == 1
        self.as_printed = self.disorder({})

    def grade(self, one: Explanation) -> tuple[int, ...]:
        """What makes one explanation better than another; those with equal grades are equally good.

        Fewer mistakes; a token whose digits are not grouped in threes; an error that seldom fits by chance; a list
        that is then in order of size, as most printed lists are.
        """
        garbled = one.key is not None and one.tier <= DIGIT and not _well_grouped(self._cells[one.key])
        return self._block.mistakes(one), 0 if garbled else 1, one.tier, self.disorder(one.instead)

    def disorder(self, instead: Mapping[Key, Fraction | None]) -> int:
        """How many neighbours in the list stand against its order of size, with other values (None: no row) in it.

        More than one in six is a list in no order, as is one of fewer than four members or of several sources.
        """
        limit = len(self._members) // 6 + 1
        if not self._one_list or not 4 <= len(self._members) <= ORDERED:
            return limit
        then = (instead.get(key, value) for key, value in self._values.items())
        pairs = list(pairwise(value for value in then if value is not None))
        return min(sum(a < b for a, b in pairs), sum(a > b for a, b in pairs), limit)

    def tie(self, one: Explanation) -> tuple[object, ...]:
        """The order of equally good explanations: the total first, then shorter tokens, a missing row last."""
        if one.key is None:
            return (2,)
        suggestion = one.suggestion if one.suggestion is not None else Fraction(-1)
        return one.key in self._values, len(self._cells[one.key].token), one.key, suggestion, one.kind


def _well_grouped(cell: Cell) -> bool:
    return take_apart(cell.token, cell.language, Fraction(cell.value), Fraction(cell.precision)).well_grouped


def _localisation(system: System, line: Line, block: _Block, searched: bool) -> Localisation:
    """The explanations of one broken relation, ranked."""
    name = line.relation.id
    ranking = _Ranking(system, line, block)
    inside = (one for one in block.explanations if name in one.repairs and (one.key is None or one.key in line.weights))
    ordered = sorted((ranking.grade(one), ranking.tie(one), number, one) for number, one in enumerate(inside))
    chosen = _without_repeats((grade, one) for grade, _, _, one in ordered)
    ranks = {grade: rank for rank, grade in enumerate(sorted({grade for grade, _ in chosen}), 1)}
    complete = searched and block.combined and len(chosen) <= SUSPECTS
    suspects = []
    for grade, one in chosen[:SUSPECTS]:
        remarks = [_IN_ORDER] if ranking.disorder(one.instead) < ranking.as_printed else []
        source = one.key[0] if one.key else min(line.list[1])[0]
        suspects.append(_suspect(system, ranks[grade], source, one, remarks + ([] if complete else [_STOPPED])))
    figures = block.least(block.broken)[1] if block.combined else _NEVER
    return Localisation(tuple(suspects), figures if figures < _NEVER else 0, complete)


_Graded = tuple[tuple[int, ...], Explanation]


def _without_repeats(ordered: Iterable[_Graded]) -> list[_Graded]:
    """Of explanations that give a figure the same value the best; no unexplained one of a figure that has a better."""
    seen: set[tuple[Key | None, Fraction | None]] = set()
    figures: set[Key | None] = set()
    chosen = []
    for grade, one in ordered:
        repeated = (one.key, one.suggestion) in seen or (one.kind == "other" and one.key in figures)
        if not repeated:
            chosen.append((grade, one))
        seen.add((one.key, one.suggestion))
        figures.add(one.key)
    return chosen


def _suspect(system: System, rank: int, source: str, one: Explanation, remarks: Sequence[tuple[str, str]]) -> Suspect:
    english = "; ".join([one.reason_en, *(remark[0] for remark in remarks)])
    indonesian = "; ".join([one.reason_id, *(remark[1] for remark in remarks)])
    value = system.cells[one.key].value if one.key else None
    return Suspect(rank, one.key, source, value, _decimal(one.suggestion), one.kind, english, indonesian)


def _decimal(value: Fraction | None) -> Decimal | None:
    """A suggestion as it is published, with three decimals at most."""
    if value is None:
        return None
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact if value.denominator == 1 else exact.quantize(Decimal("0.001"))
