"""Agreement: several sources on one cell, and the size of a figure beside all else that is known of its region."""

import datetime
import math
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from schemas.measures import MEASURES
from tests.oracle.base import NATION, Row, Told, World, grouped, interval, meet, place

#: The normal scheme replaced the first one.
_SECOND_SCHEME = datetime.date(2023, 1, 1)


def sources_agree(world: World) -> Iterator[Told]:
    """Each figure against the one that most sources support; of equals the more precise, then the first."""
    cells = [cell for cell in world.placed if cell["unit"] not in ("percent", "rank") and _when(cell) is not None]
    for rows in grouped(cells, _cell).values():
        if len({row["source"] for row in rows}) > 1:
            best = min(rows, key=lambda row: (-_support(row, rows), row["precision"], place(row)))
            for row in rows:
                if row["source"] != best["source"]:
                    outcome = None if meet(interval(row), interval(best)) else "differs"
                    yield Told(row["source"], row["row"], outcome, row["value"], best["value"])


def _cell(cell: Row) -> tuple[Any, ...]:
    where = None if MEASURES[cell["measure"]].is_fixed else cell["region_code"]
    return where, cell["measure"], cell["group"], _when(cell)


def _when(cell: Row) -> tuple[Any, ...] | None:
    """The time that a figure speaks of: a scheme, waves, or since when until when; None where it does not say."""
    if MEASURES[cell["measure"]].is_fixed:
        day = cell["end"] or cell["day"]
        return ("first scheme" if day is not None and day < _SECOND_SCHEME else "second scheme",)
    if cell["wave_from"] is not None:
        return cell["wave_from"], cell["wave_to"], cell["as_of"]
    return None if cell["since"] is None or cell["end"] is None else (cell["since"], cell["end"])


def _support(row: Row, rows: Sequence[Row]) -> int:
    return len(
        {each["source"] for each in rows if each["source"] != row["source"] and meet(interval(each), interval(row))}
    )


def value_is_plausible(world: World) -> Iterator[Told]:
    yield from _beside_series(world)
    yield from _beside_share(world)


def _beside_series(world: World) -> Iterator[Told]:
    """A lost or spurious `ribu` against the median of all figures, where there are four or more of three sources."""

    def series(cell: Row) -> tuple[Any, ...]:
        where = None if MEASURES[cell["measure"]].is_fixed else cell["region_code"]
        return where, cell["measure"], cell["group"]

    cells = [
        cell
        for cell in world.placed
        if cell["value"] > 0
        and cell["unit"] in ("person", "IDR")
        and (MEASURES[cell["measure"]].is_fixed or cell["from_start"])
    ]
    for rows in grouped(cells, series).values():
        if len(rows) > 3 and len({row["source"] for row in rows}) >= 3:
            typical = median(math.log(row["value"]) for row in rows)
            for row in rows:
                is_far = abs(math.log(row["value"]) - typical) >= math.log(300)
                yield _sized(row, "far" if is_far else None, math.exp(typical))


def _beside_share(world: World) -> Iterator[Told]:
    """A region's share of the nation against its usual one, where three sources give it."""
    cells = [
        cell
        for cell in world.placed
        if cell["from_start"] and cell["value"] > 0 and cell["unit"] == "person" and cell["end"] is not None
    ]
    for rows in grouped(cells, lambda cell: (cell["measure"], cell["group"])).values():
        nation = [row for row in rows if row["region_code"] == NATION]
        for own in grouped([row for row in rows if row not in nation], lambda row: row["region_code"]).values():
            by_then = [
                (
                    row,
                    max(value for day, value in ((each["end"], each["value"]) for each in nation) if day <= row["end"]),
                )
                for row in own
                if any(each["end"] <= row["end"] for each in nation)
            ]
            if len({row["source"] for row, _ in by_then}) >= 3:
                usual = median(math.log(row["value"] / whole) for row, whole in by_then)
                for row, whole in by_then:
                    away = abs(math.log(row["value"] / whole) - usual)
                    is_odd = math.log(8) <= away < math.log(300)
                    yield _sized(row, "odd" if is_odd else None, math.exp(usual) * float(whole))


def _sized(row: Row, outcome: str | None, found: float) -> Told:
    return Told(row["source"], row["row"], outcome, row["value"], round(found))
