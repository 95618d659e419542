"""Recipients from the nation down to districts: of each region the count that compares best with its sisters'."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from flows.publish.site.evidence import Place, rows

#: Regions that are shown; of more, those of the upper levels.
MOST = 1200
#: A family is compared at the latest cell that has this share of the regions which the fullest one has.
_FULL_ENOUGH = 0.75


@dataclass(frozen=True)
class Count:
    """A count of recipients with its cell, and the figure that it is."""

    measure: str
    recipients: int
    lower: int | None
    upper: int | None
    period_start: date | None
    period_end: date | None
    wave_from: int | None
    wave_to: int | None
    status: str
    place: Place

    @property
    def cell(self) -> tuple[Any, ...]:
        """What must be the same for two counts to be comparable."""
        return self.measure, self.period_start, self.period_end, self.wave_from, self.wave_to


@dataclass
class Region:
    """A region with its count, its place among its sisters, and the regions below that have counts.

    `comparable` tells whether the count is of the same measure, period and waves as most of its sisters'.
    """

    code: str
    name: str
    level: str
    parent: str | None
    count: Count | None = None
    comparable: bool = False
    children: list["Region"] = field(default_factory=list)
    officially: int = 0
    own: Count | None = None

    @property
    def common(self) -> Count | None:
        """A count of the cell in which the regions below are compared; None where none are comparable."""
        return next((each.count for each in self.children if each.comparable), None)

    @property
    def compared(self) -> list["Region"]:
        """The regions below that can be compared, the largest first."""
        return sorted(
            (each for each in self.children if each.comparable and each.count),
            key=lambda each: (-(each.count.recipients if each.count else 0), each.code),
        )

    @property
    def others(self) -> list["Region"]:
        """The regions below whose counts are of another time, or only of parts of them."""
        return [each for each in self.children if not each.comparable]

    @property
    def total(self) -> int:
        """What the comparable regions below come to."""
        return sum(each.count.recipients for each in self.compared if each.count)

    @property
    def largest(self) -> int:
        """The largest count among the comparable regions below."""
        return max((each.count.recipients for each in self.compared if each.count), default=0)


_COUNTS = """
WITH counted AS (
    SELECT r.*, g.level, g.parent_code, g.name FROM recipients AS r JOIN regions AS g USING (region_code)
),
cells AS (
    SELECT parent_code, measure, period, waves, max(period_end) AS until, max(wave_to) AS last_wave, count(*) AS n
    FROM counted
    GROUP BY ALL
    HAVING n > 1
),
families AS (SELECT *, max(n) OVER (PARTITION BY parent_code) AS most FROM cells),
common AS (
    SELECT parent_code, measure, period, waves, TRUE AS comparable
    FROM families
    WHERE n >= $full * most
    QUALIFY row_number() OVER (
        PARTITION BY parent_code
        ORDER BY until DESC NULLS LAST, last_wave DESC NULLS LAST, n DESC, measure, period, waves
    ) = 1
)
SELECT c.*, coalesce(o.comparable, FALSE) AS comparable
FROM counted AS c
LEFT JOIN common AS o USING (parent_code, measure, period, waves)
QUALIFY row_number() OVER (
    PARTITION BY region_code
    ORDER BY comparable DESC, period_end DESC NULLS LAST, wave_to DESC NULLS LAST, measure, period, waves
) = 1
ORDER BY list_position(['nation', 'province', 'regency', 'city', 'district'], level), region_code
LIMIT $most
"""
_OWN = """
SELECT * FROM recipients AS r WHERE (r.region_code, r.measure, r.period, r.waves) IN (
    SELECT (g.parent_code, c.measure, c.period, c.waves)
    FROM recipients AS c JOIN regions AS g USING (region_code)
)
ORDER BY region_code, measure, period, waves
"""


def drill(connection: duckdb.DuckDBPyConnection) -> tuple[Region | None, int]:
    """The nation with all below it that has counts, and how many regions have one; None where no region has."""
    counted = rows(connection, _COUNTS, full=_FULL_ENOUGH, most=MOST)
    official = {
        each["region_code"]: each
        for each in rows(connection, "SELECT region_code, name, level, parent_code FROM regions ORDER BY region_code")
    }
    tree = _tree(counted, official)
    _count_officially(tree, official)
    for row in rows(connection, _OWN):
        region, count = tree.get(row["region_code"]), _count(row)
        if region and region.common and region.common.cell == count.cell:
            region.own = count
    total = connection.execute("SELECT count(DISTINCT region_code) FROM recipients").fetchall()[0][0]
    return next((each for each in tree.values() if each.parent is None), None), total


def _tree(counted: list[dict[str, Any]], official: Mapping[str, Mapping[str, Any]]) -> dict[str, Region]:
    """The counted regions and all above them, each below its parent."""
    tree: dict[str, Region] = {}
    for row in counted:
        for code in _upwards(row["region_code"], official):
            if code not in tree:
                it = official[code]
                tree[code] = Region(code, it["name"], it["level"], it["parent_code"])
        tree[row["region_code"]].count = _count(row)
        tree[row["region_code"]].comparable = row["comparable"]
    for code in sorted(tree):
        parent = tree[code].parent
        if parent in tree:
            tree[parent].children.append(tree[code])
    return tree


def _upwards(code: str | None, official: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    while code:
        yield code
        code = official[code]["parent_code"]


def _count_officially(tree: Mapping[str, Region], official: Mapping[str, Mapping[str, Any]]) -> None:
    for each in official.values():
        if each["parent_code"] in tree:
            tree[each["parent_code"]].officially += 1


def _count(row: Mapping[str, Any]) -> Count:
    return Count(
        row["measure"], row["recipients"], row["lower"], row["upper"], row["period_start"], row["period_end"],
        row["wave_from"], row["wave_to"], row["status"], (row["source"], row["resource"], row["row"]),
    )  # fmt: skip
