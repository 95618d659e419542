"""Time: waves and their sums, and what cannot fall."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from schemas.measures import MEASURES
from tests.oracle.base import Row, Told, World, added, can_be_at_most, grouped, interval, meet, one_of, place

Range = tuple[int, int]


def _one_series(cell: Row) -> tuple[Any, ...]:
    return cell["region_code"], cell["measure"], cell["group"]


def _waves(cell: Row) -> Range:
    return cell["wave_from"], cell["wave_to"]


def waves_sum_to_cumulative(world: World) -> Iterator[Told]:
    waved = [
        cell for cell in world.placed if cell["wave_from"] is not None and MEASURES[cell["measure"]].adds_over_waves
    ]
    for cells in grouped(waved, _one_series).values():
        for rows in grouped(cells, lambda cell: cell["source"]).values():
            yield from _in_one_source(rows)
        yield from _steps(cells)


def _in_one_source(rows: Sequence[Row]) -> Iterator[Told]:
    """A range against the finest ranges that the source prints within it, where these have each of its waves once."""
    ranges = grouped(rows, _waves)
    for row in rows:
        finest = [each for each in _within(_waves(row), ranges) if not _within(each, ranges)]
        covered = sorted(wave for first, last in finest for wave in range(first, last + 1))
        if finest and covered == list(range(row["wave_from"], row["wave_to"] + 1)):
            found = added(one_of(ranges[each]) for each in finest)
            value = sum(min(part["value"] for part in ranges[each]) for each in finest)
            outcome = None if meet(interval(row), found) else "sum_differs"
            yield Told(row["source"], row["row"], outcome, row["value"], value)


def _within(outer: Range, ranges: dict[Range, list[Row]]) -> list[Range]:
    return [each for each in ranges if each != outer and outer[0] <= each[0] and each[1] <= outer[1]]


def _steps(cells: Sequence[Row]) -> Iterator[Told]:
    """A figure from the first wave on, against an earlier one and the waves between them, not all of one source."""
    from_first = [cell for cell in cells if cell["wave_from"] == 1]
    by_range = grouped(cells, _waves)
    for total in from_first:
        for first in from_first:
            for step in by_range.get((first["wave_to"] + 1, total["wave_to"]), []):
                if len({each["source"] for each in (total, first, step)}) > 1:
                    fits = meet(interval(total), added((interval(first), interval(step))))
                    found = first["value"] + step["value"]
                    yield Told(total["source"], total["row"], None if fits else "step_differs", total["value"], found)


def cumulative_never_falls(world: World) -> Iterator[Told]:
    """A figure against the greatest for an earlier day."""
    cells = [
        cell
        for cell in world.placed
        if cell["from_start"]
        and cell["end"] is not None
        and cell["unit"] in ("person", "IDR", "regency_or_city")
        and (cell["measure"] == "recipients" or not MEASURES[cell["measure"]].can_fall)
    ]
    for alike in grouped(cells, _one_series).values():
        for later in alike:
            earlier = [cell for cell in alike if _is_before(cell, later)] if later["end_is_known"] else []
            if earlier:
                yield _fallen(later, min(earlier, key=lambda cell: (_falling(cell), place(cell))))


def _falling(cell: Row) -> Decimal:
    return Decimal("Infinity") if cell["lower"] is None else -cell["lower"]


def _is_before(cell: Row, later: Row) -> bool:
    """By the last wave where both say it, else by the day."""
    if cell["wave_to"] is not None and later["wave_to"] is not None:
        return bool(cell["wave_to"] < later["wave_to"] and cell["end"] <= later["end"])
    return bool(cell["end"] < later["end"])


def _fallen(later: Row, greatest: Row) -> Told:
    outcome = None
    if not can_be_at_most(greatest["lower"], later["upper"]):
        # Revocations may take up to a tenth from recipients.
        may_be_revoked = later["measure"] == "recipients" and 10 * later["upper"] >= 9 * greatest["lower"]
        outcome = "may_be_revoked" if may_be_revoked else "falls"
    return Told(later["source"], later["row"], outcome, later["value"], greatest["value"])
