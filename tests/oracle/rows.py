"""The rows: whether each can be understood, and whether it stands there once."""

import re
from collections.abc import Iterator, Sequence

from schemas.measures import MEASURES
from tests.oracle.base import Row, Told, World, added, grouped, interval, meet

_LEVEL_WORDS = re.compile("^(kabupaten|kab|kota|kecamatan|provinsi)")


def _filed(figure: Row, outcome: str | None) -> Told:
    return Told(figure["source"], figure["row"], outcome, figure["value"])


def _unread(figure: Row) -> set[str]:
    """The columns of a figure that hold something unreadable."""
    return set((figure["unreadable"] or "").split("; "))


def value_is_readable(world: World) -> Iterator[Told]:
    for figure in world.figures:
        yield _filed(figure, _value_fault(figure))


def _value_fault(figure: Row) -> str | None:
    if figure["value_as_printed"] is None:
        return "empty"
    if figure["value"] is None and "unit_mult" not in _unread(figure):
        return "unreadable"
    return "hedge" if _unread(figure) & {"qualifier", "precision", "unit_mult"} else None


def region_is_known(world: World) -> Iterator[Told]:
    for figure in world.figures:
        yield _filed(figure, _region_fault(figure, world))


def _region_fault(figure: Row, world: World) -> str | None:
    if "level" in _unread(figure):
        return "no_level"
    if figure["level"] is None:
        return None
    if figure["region_as_printed"] is None:
        return "no_name"
    if figure["region_code"] is not None:
        return None
    asked = _bare(figure["region_as_printed"])
    namesakes = [
        code for code, region in world.regions.items() if region["level"] == figure["level"] and asked in _names(region)
    ]
    return "ambiguous" if len(namesakes) > 1 else "unknown"


def _names(region: Row) -> set[str]:
    """The region's names in letters and digits only, with and without a word for its level."""
    names = [region["name"], *(region["other_names"] or "").split("; ")]
    return {name for each in names for name in (_squeezed(each), _bare(each))}


def _squeezed(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _bare(name: str) -> str:
    return _LEVEL_WORDS.sub("", _squeezed(name))


def measure_is_known(world: World) -> Iterator[Told]:
    for figure in world.figures:
        yield _filed(figure, _measure_fault(figure))


def _measure_fault(figure: Row) -> str | None:
    if figure["measure"] not in MEASURES:
        return "unknown"
    if figure["unit"] != MEASURES[figure["measure"]].unit:
        return "unit"
    return "group" if _unread(figure) & {"sex", "age_group"} else None


def period_is_ordered(world: World) -> Iterator[Told]:
    for figure in world.figures:
        yield _filed(figure, _period_fault(figure))


def _period_fault(figure: Row) -> str | None:
    if _unread(figure) & {"period_start", "period_end", "as_of", "wave_from", "wave_to"}:
        return "unreadable"
    start, end = figure["period_start"], figure["period_end"]
    if start is not None and end is not None and end < start:
        return "period"
    first, last = figure["wave_from"], figure["wave_to"]
    return "waves" if first is not None and (first < 1 or last < first) else None


def is_understood(figure: Row, world: World) -> bool:
    """Whether a figure passes all four."""
    faults = (_value_fault(figure), _region_fault(figure, world), _measure_fault(figure), _period_fault(figure))
    return not any(faults)


def figure_appears_once(world: World) -> Iterator[Told]:
    """Each row but the first of a cell, against the first that it is at odds with, or the first at all."""

    def cell(each: Row) -> tuple[object, ...]:
        region = each["region_code"] or each["region_as_printed"]
        return each["source"], region, each["level"], each["measure"], each["scope"], each["as_of"]

    for rows in grouped(world.cells, cell).values():
        with_total = _has_total(rows)
        for n, row in enumerate(rows[1:], 1):
            faults = [(_copy_fault(row, before, with_total), before) for before in rows[:n]]
            told = [
                next((each for each in faults if each[0] == kind), None) for kind in ("different_value", "same_value")
            ]
            outcome, other = told[0] or told[1] or faults[0]
            yield Told(row["source"], row["row"], outcome, row["value"], other["value"])


def _copy_fault(row: Row, other: Row, with_total: bool) -> str | None:
    if row["value"] == other["value"]:
        return "same_value"
    may_differ = with_total or MEASURES[row["measure"]].unit == "percent"
    return None if may_differ or meet(interval(row), interval(other)) else "different_value"


def _has_total(rows: Sequence[Row]) -> bool:
    """Whether the largest of the rows of a cell is the sum of the others: a total, printed with its parts."""
    largest = max(row["value"] for row in rows)
    return any(
        meet(interval(row), added(interval(other) for other in rows if other is not row))
        for row in rows
        if row["value"] == largest
    )
