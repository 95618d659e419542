"""Families: the members that one list gives of one region, against each other and against the region's own figure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.measures import MEASURES
from tests.oracle.base import (
    TIERS,
    Interval,
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


@dataclass(frozen=True)
class Family:
    """The list of one source: its first row, its members' rows by region, how many are due, and how many are said."""

    first: Row
    members: dict[str, list[Row]]
    due: int
    said: int | None

    @property
    def parent(self) -> str:
        return str(self.first["parent_code"])

    @property
    def listed(self) -> int:
        return len(self.members)

    @property
    def complete(self) -> bool:
        return self.listed in (self.due, self.said)

    @property
    def copies(self) -> dict[str, int]:
        """How often the list has the same row of each member."""
        return {code: _copies(rows) for code, rows in self.members.items()}

    @property
    def doubled(self) -> bool:
        return any(count > 1 for count in self.copies.values())

    @property
    def one_short(self) -> bool:
        return not self.complete and self.due > 2 and self.listed == self.due - 1

    @property
    def long(self) -> bool:
        """Whether its length alone says that it sets out to be complete: four fifths, or all but one."""
        return 5 * self.listed >= 4 * self.due or (self.due > 2 and self.listed == self.due - 1)

    @property
    def near(self) -> bool:
        """Whether it is not complete but sets out to be."""
        by_text = self.said is not None and self.listed < self.said <= 2 * self.listed
        return not self.complete and self.listed < self.due and (self.long or by_text)

    @property
    def most(self) -> bool:
        return 2 * self.listed > self.due

    @property
    def value(self) -> Decimal:
        return sum((min(row["value"] for row in rows) for rows in self.members.values()), Decimal(0))

    @property
    def once(self) -> Interval:
        """What it sums to with each member once."""
        return added(one_of(rows) for rows in self.members.values())

    @property
    def as_printed(self) -> Interval:
        """What it sums to with its copies."""
        copies = self.copies
        return added(one_of(rows) for code, rows in self.members.items() for _ in range(copies[code]))


def _copies(rows: Sequence[Row]) -> int:
    alike = [(re.sub("[0-9]+", "#", row["locator"] or ""), row["value"]) for row in rows]
    return max(alike.count(each) for each in alike)


def _families(world: World) -> Iterator[Family]:
    def listing(cell: Row) -> tuple[Any, ...]:
        return tuple(cell[name] for name in ("source", "parent_code", "tier", "measure", "scope", "as_of"))

    adding = [
        cell for cell in world.placed if cell["parent_code"] is not None and MEASURES[cell["measure"]].adds_over_regions
    ]
    for rows in grouped(adding, listing).values():
        members = grouped(rows, lambda row: str(row["region_code"]))
        due = len(_due(world, rows))
        if due:
            yield Family(rows[0], dict(members), due, _said(world, rows[0]))


def _due(world: World, rows: Sequence[Row]) -> set[str]:
    """Who belongs to the family on its day; new regions only where the list names one of the family's new ones."""
    parent, tier = rows[0]["parent_code"], rows[0]["tier"]
    days = [row["day"] for row in rows if row["day"] is not None]
    day = max(days) if days else None
    listed = {row["region_code"] for row in rows}
    born = {code for code in listed if world.regions[code]["established"] is not None}
    due = set()
    for code, region in world.regions.items():
        if TIERS[region["level"]] != tier:
            continue
        since = region["moved_on"] or region["established"]
        is_new = region["established"] is not None
        if region["parent_code"] == parent and (since is None or day is None or day >= since) and (born or not is_new):
            due.add(code)
        if region["former_parent_code"] == parent and day is not None and day < region["moved_on"]:
            due.add(code)
    return due


def _said(world: World, first: Row) -> int | None:
    """How many members the text says that it has figures of."""
    measure = {"province": "provinces_covered", "regency": "regencies_covered"}.get(first["tier"])
    said = {
        cell["value"]
        for cell in world.cells
        if cell["source"] == first["source"]
        and cell["measure"] == measure
        and cell["region_code"] == first["parent_code"]
    }
    return int(said.pop()) if len(said) == 1 else None


def _parents(world: World, family: Family) -> tuple[list[Row], list[Row]]:
    """The figures for the family's parent: in its own source, and in others where the list can be summed."""
    first = family.first
    cells = [
        cell for cell in world.placed if cell["region_code"] == family.parent and cell["measure"] == first["measure"]
    ]
    own = [
        cell
        for cell in cells
        if cell["source"] == first["source"] and cell["scope"] == first["scope"] and one_day(cell, first)
    ]
    if not family.complete and not family.one_short:
        return own, []
    others = [
        cell
        for cell in cells
        if cell["source"] != first["source"] and cell["group"] == first["group"] and one_cell(first, cell)
    ]
    return own, others


def _filed(parent: Row, family: Family, outcome: str | None) -> Told:
    return Told(parent["source"], parent["row"], outcome, parent["value"], family.value)


def children_sum_to_parent(world: World) -> Iterator[Told]:
    for family in _families(world):
        if not family.complete and not family.most:
            continue
        own, others = _parents(world, family)
        for parent in [*own, *others]:
            fits = meet(family.once, interval(parent))
            outcome = None if fits else "sum_differs"
            yield _filed(parent, family, outcome if family.complete else "children_missing")
        if any(not meet(interval(one), interval(other)) for one in own for other in own):
            yield _filed(min(own, key=lambda each: int(each["row"])), family, "parent_twice")
        if family.complete and not own and not others:
            yield Told(family.first["source"], family.first["row"], "parent_missing", None, family.value)


def children_do_not_exceed_parent(world: World) -> Iterator[Told]:
    for family in _families(world):
        if not family.complete:
            own, others = _parents(world, family)
            for parent in [*own, *others]:
                fits = can_be_at_most(family.once[0], parent["upper"])
                yield _filed(parent, family, None if fits else "exceeds")


def family_is_complete(world: World) -> Iterator[Told]:
    for family in _families(world):
        if family.complete or family.most or family.near:
            outcome = _gap(family)
            found = family.said if outcome == "missing_by_text" else family.due
            yield Told(family.first["source"], family.first["row"], outcome, family.listed, found)


def _gap(family: Family) -> str | None:
    if family.near:
        if family.doubled:
            return "missing_and_twice"
        return "missing" if family.long else "missing_by_text"
    if family.doubled:
        return "twice"
    return None if family.complete else "most"


def stated_total_is_supported(world: World) -> Iterator[Told]:
    for family in _families(world):
        if not (family.complete or family.near or family.doubled):
            continue
        for parent in _parents(world, family)[0]:
            once, printed = (meet(each, interval(parent)) for each in (family.once, family.as_printed))
            outcome = None
            if family.doubled and printed and not once:
                outcome = "double"
            elif family.near and once:
                outcome = "gap"
            yield _filed(parent, family, outcome)
