"""Parts and wholes: what can never exceed what, and the sums that hold by definition."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from schemas.measures import IDENTITIES, MEASURES
from tests.oracle.base import (
    TIERS,
    Row,
    Told,
    World,
    added,
    can_be_at_most,
    grouped,
    interval,
    meet,
    one_cell,
    one_day,
    one_of,
)

_EVERYBODY = (None, None)
_TIME = ("wave_from", "wave_to", "period_end", "since")
_COUNTED = {
    "regencies_total": "regency", "regencies_covered": "regency", "regencies_priority": "regency",
    "provinces_covered": "province",
}  # fmt: skip


def part_does_not_exceed_whole(world: World) -> Iterator[Told]:
    cells = grouped(world.placed, lambda cell: (cell["region_code"], cell["measure"]))
    for part in world.placed:
        for relation, whole in _wholes(world, part, cells):
            outcome = None if can_be_at_most(part["lower"], whole["upper"]) else relation
            yield Told(part["source"], part["row"], outcome, part["value"], whole["value"])
    yield from _official(world)


def _wholes(world: World, part: Row, cells: dict[tuple[Any, Any], list[Row]]) -> Iterator[tuple[str, Row]]:
    code, measure = part["region_code"], part["measure"]
    container = MEASURES[measure].part_of
    while container is not None:
        for whole in cells.get((code, container), []):
            if _beside(part, whole) or _later(part, whole):
                yield "measure", whole
        container = MEASURES[container].part_of
    above = world.above(code) if MEASURES[measure].adds_over_regions else set()
    for region, up in above:
        for whole in cells.get((region, measure), []):
            # One level up in one source is the business of the families.
            if (up > 1 and _within_one_list(part, whole)) or _later(part, whole):
                yield "region", whole
    if part["group"] != _EVERYBODY and part["unit"] != "percent":
        for whole in cells[code, measure]:
            if whole["group"] == _EVERYBODY and _alike(part, whole, "source", *_TIME) and one_day(part, whole):
                yield "group", whole


def _alike(one: Row, other: Row, *names: str) -> bool:
    return all(one[name] == other[name] for name in names)


def _within_one_list(part: Row, whole: Row) -> bool:
    return _alike(part, whole, "source", "scope") and one_day(part, whole)


def _beside(part: Row, whole: Row) -> bool:
    return _alike(part, whole, "region_code") and _within_one_list(part, whole)


def _later(part: Row, whole: Row) -> bool:
    """Whether the whole, in another source, is of the same cell, or of a later day and cannot have fallen since."""
    if part["source"] == whole["source"] or part["group"] != whole["group"]:
        return False
    ended = part["end"] is not None and whole["end"] is not None and part["end"] <= whole["end"]
    cumulative = part["from_start"] and whole["from_start"] and not MEASURES[whole["measure"]].can_fall
    return one_cell(part, whole) or (cumulative and ended and whole["end_is_known"])


def _official(world: World) -> Iterator[Told]:
    """A count of regions against the official list."""
    for cell in world.placed:
        tier = _COUNTED.get(cell["measure"])
        inside = [
            code
            for code, region in world.regions.items()
            if TIERS[region["level"]] == tier and cell["region_code"] in {above for above, _ in world.above(code)}
        ]
        if inside:
            outcome = None if can_be_at_most(cell["lower"], len(inside)) else "official"
            yield Told(cell["source"], cell["row"], outcome, cell["value"], len(inside))


def _identities(world: World, rule: str) -> Iterator[Told]:
    for identity in IDENTITIES:
        if identity.rule != rule:
            continue
        for total in world.placed:
            if total["measure"] == identity.total:
                parts = [cell for cell in world.placed if cell["measure"] in identity.parts and _beside(cell, total)]
                yield from _sum(total, parts, lambda part: part["measure"], len(identity.parts), identity.exact)


def _sum(total: Row, parts: Sequence[Row], kind: Callable[[Row], Any], due: int, exact: bool) -> Iterator[Told]:
    """The parts, each once, against their total: equal where all are there and there can be no other, else within."""
    if not parts:
        return
    each = grouped(parts, kind).values()
    found = added(one_of(rows) for rows in each)
    outcome = None
    if exact and len(each) == due and not meet(found, interval(total)):
        outcome = "sum_differs"
    elif not can_be_at_most(found[0], total["upper"]):
        outcome = "exceeds"
    value = sum(min(row["value"] for row in rows) for rows in each)
    yield Told(total["source"], total["row"], outcome, total["value"], value)


def parts_sum_to_whole(world: World) -> Iterator[Told]:
    yield from _identities(world, "parts_sum_to_whole")
    names = ("source", "region_code", "measure", "age_group", "wave_from", "wave_to", "since", "end")
    for total in world.placed:
        if total["sex"] is None and MEASURES[total["measure"]].adds_over_sex:
            parts = [
                cell
                for cell in world.placed
                if cell["sex"] is not None and _alike(cell, total, *names) and one_day(cell, total)
            ]
            yield from _sum(total, parts, lambda part: part["sex"], 2, exact=True)


def decreed_less_revoked_is_effective(world: World) -> Iterator[Told]:
    return _identities(world, "decreed_less_revoked_is_effective")


def budget_parts_sum_to_budget(world: World) -> Iterator[Told]:
    return _identities(world, "budget_parts_sum_to_budget")


def programme_counts_match_named_partners(world: World) -> Iterator[Told]:
    for cell in world.cells:
        role = MEASURES[cell["measure"]].named_role
        names = {each["name"] for each in world.organisations if role and _named_as(each, cell["source"], role)}
        if names:
            found = len(names)
            outcome = None if meet(interval(cell), (found, found)) else "differs"
            yield Told(cell["source"], cell["row"], outcome, cell["value"], found)


def _named_as(organisation: Row, source: str, role: str) -> bool:
    return bool(organisation["source"] == source and organisation["role"] == role)
