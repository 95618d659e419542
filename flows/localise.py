"""Localise: for each broken relation, the figures that most likely are wrong, with what they probably should be.

First the smallest sets of figures that repair everything they touch (Fellegi and Holt), then the typing errors that
would turn a figure which repairs it into the one that is printed. Suggestions only: nothing is ever changed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache

from schemas.misprints import ABSURD, NOTHING, TYPED, UNIQUE, Number, Token, Window, misprints, plain, take_apart
from schemas.relations import INFINITY, Cell, Key, Line, Relation, System, common, less, rounded_inward, times
from schemas.repair import Repair, smallest_sets

__all__ = ["Cell", "Key", "Localisation", "Relation", "Suspect", "localise"]

#: A missing member larger than this many times the largest of its siblings is no explanation.
SIBLINGS = 3
#: Broken relations that hang together, beyond which their explanations are not combined.
TOGETHER = 12
#: Suspects given for one relation, at most.
SUSPECTS = 50


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
    it (0: no change of figures does). `complete` is false where the search stopped early; the reasons then say so.
    """

    suspects: tuple[Suspect, ...]
    changed: int
    complete: bool


@dataclass(frozen=True)
class _Explanation:
    """One way in which one figure came to be wrong, and the relations that are repaired with it.

    `mistakes` made and `figures` changed are those of the whole explanation, of which this may be a part; `removed`
    are rows that go with it.
    """

    key: Key | None
    repairs: frozenset[str]
    kind: str
    tier: int
    suggestion: Fraction | None
    reason_en: str
    reason_id: str
    mistakes: int = 1
    figures: int = 1
    removed: frozenset[Key] = frozenset()


def localise(
    cells: Sequence[Cell], relations: Sequence[Relation], *, seconds: float = 10.0
) -> dict[str, Localisation]:
    """Find the suspects of each broken relation, by its id.

    `relations` are the broken ones and those that hold and touch their figures; `cells` are all figures they name
    (else ValueError). The order of neither matters. Limits of size bound the search, so that it ends alike in every
    run; `seconds` only guards the solver against a case that nobody has foreseen.
    """
    by_key = {cell.key: cell for cell in sorted(cells, key=lambda cell: cell.key)}
    result: dict[str, Localisation] = {}
    for group in _components(sorted(relations, key=lambda relation: relation.id)):
        if any(not relation.holds for relation in group):
            result.update(_Search(by_key, group, seconds).localisations())
    return dict(sorted(result.items()))


def _components(relations: Sequence[Relation]) -> list[list[Relation]]:
    """Relations that hang together through figures, in groups."""
    return _grouped(relations, lambda relation: relation.terms)


def _grouped[T](items, names):  # placeholder, replaced below
    raise NotImplementedError
