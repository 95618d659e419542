"""What the oracle is given, what it says, and the few words in which its rules are told: plain rows, no engine."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

Row = dict[str, Any]
Key = TypeVar("Key", bound=Hashable)
#: The least and the greatest true value; None where it is open.
Interval = tuple[Decimal | int | None, Decimal | int | None]
#: The programme's first month: what starts by then counts from the start.
FIRST_MONTH = datetime.date(2020, 4, 30)
NATION = "00"
TIERS = {"nation": "nation", "province": "province", "regency": "regency", "city": "regency", "district": "district"}


class Told(NamedTuple):
    """One comparison: the figure that it is filed under, how it fails (None: it holds), what is printed and found."""

    source: str
    row: int
    outcome: str | None
    printed: Decimal | int | None = None
    found: Decimal | int | None = None


@dataclass(frozen=True)
class World:
    """Everything that is known: figures as read, those of the version before, regions by code, named organisations.

    `cells` are the figures that can be understood, with their dates worked out.
    """

    figures: Sequence[Row]
    earlier: Sequence[Row]
    regions: dict[str, Row]
    organisations: Sequence[Row]
    cells: Sequence[Row]

    @property
    def placed(self) -> list[Row]:
        """The cells that speak of a region."""
        return [cell for cell in self.cells if cell["region_code"] is not None]

    def above(self, code: str) -> set[tuple[str, int]]:
        """Every region above this one, today or before it moved, and how many levels up."""
        found: set[tuple[str, int]] = set()
        codes = {code}
        for up in (1, 2, 3):
            own = [self.regions[each] for each in codes]
            codes = {each[name] for each in own for name in ("parent_code", "former_parent_code") if each[name]}
            found |= {(each, up) for each in codes}
        return found


def dated(figure: Row) -> Row:
    """A figure with the day until which it speaks (`end`), whether that is known to the day, and where it starts."""
    told_on = figure["as_of"] or figure["published"]
    last = figure["period_end"]
    start = figure["period_start"]
    from_start = figure["wave_from"] == 1
    if figure["wave_from"] is None and start is not None:
        from_start = start <= FIRST_MONTH
    ends = [day for day in (last, told_on) if day is not None]
    scope = ("period_start", "period_end", "wave_from", "wave_to", "sex", "age_group")
    return figure | {
        "end": min(ends) if ends else None,
        "end_is_known": told_on is not None or (last is not None and not _ends_a_month(last)),
        "from_start": from_start,
        "since": "start" if from_start else start,
        "tier": TIERS.get(figure["level"]),
        "group": (figure["sex"], figure["age_group"]),
        "scope": tuple(figure[name] for name in scope),
    }  # fmt: skip


def _ends_a_month(day: datetime.date) -> bool:
    return (day + datetime.timedelta(days=1)).day == 1


def place(figure: Row) -> tuple[str, str, int]:
    """Where a figure stands; also the order of figures."""
    return figure["source"], figure["resource"], figure["row"]


def grouped(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    """Rows by a key, each group in the order of its places."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=place):
        groups[key(row)].append(row)
    return groups


def interval(figure: Row) -> Interval:
    """The bounds of a figure."""
    return figure["lower"], figure["upper"]


def can_be_at_most(lower: Decimal | int | None, upper: Decimal | int | None) -> bool:
    """Whether something from `lower` on can be at most something up to `upper`."""
    return lower is None or upper is None or lower <= upper


def meet(one: Interval, other: Interval) -> bool:
    """Whether two intervals have a value in common."""
    return can_be_at_most(one[0], other[1]) and can_be_at_most(other[0], one[1])


def added(intervals: Iterable[Interval]) -> Interval:
    """The interval of a sum: open where one of its parts is."""
    listed = list(intervals)
    lowers, uppers = [low for low, _ in listed], [high for _, high in listed]
    return _sum(lowers), _sum(uppers)


def _sum(bounds: Sequence[Decimal | int | None]) -> Decimal | int | None:
    known = [bound for bound in bounds if bound is not None]
    return sum(known) if len(known) == len(bounds) else None


def one_of(figures: Iterable[Row]) -> Interval:
    """The interval of what several rows print of one thing: where they meet; all that they span where they do not."""
    listed = [interval(figure) for figure in figures]
    lowers = [low for low, _ in listed if low is not None]
    uppers = [high for _, high in listed if high is not None]
    low, high = max(lowers, default=None), min(uppers, default=None)
    if can_be_at_most(low, high):
        return low, high
    return (
        min(lowers) if len(lowers) == len(listed) else None,
        max(uppers) if len(uppers) == len(listed) else None,
    )


def one_day(one: Row, other: Row) -> bool:
    """Whether two figures may speak of one day: the same, or one of them does not say."""
    return one["as_of"] is None or other["as_of"] is None or one["as_of"] == other["as_of"]


def one_cell(one: Row, other: Row) -> bool:
    """Whether figures of two sources speak of the same waves, or where none are given, of the same time."""
    if one["wave_from"] is None and other["wave_from"] is None:
        return one["since"] is not None and one["end"] is not None and _time(one) == _time(other)
    waves = [(each["wave_from"], each["wave_to"]) for each in (one, other)]
    return waves[0] == waves[1] and one_day(one, other)


def _time(figure: Row) -> tuple[Any, Any]:
    return figure["since"], figure["end"]
