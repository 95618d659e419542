"""Everything that the pages show, read from the tables once, and the address of each thing on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from flows.publish.site.charts import Chart, charts
from flows.publish.site.drill import Region, drill
from flows.publish.site.evidence import NOWHERE, Place, Section, anchor, figures, places, rows, slug
from flows.publish.site.wrong import Finding, wrong
from schemas.derive import quoted
from schemas.tables import TABLES

#: Figures shown of one section, and on one page; sections on a page.
EACH, MOST, SECTIONS = 300, 3000, 1500
#: A measure has figures everywhere; its section shows the first ones.
EACH_MEASURE = 8

_SOURCES = """
SELECT s.*, coalesce(f.flagged, 0) AS flagged,
    (SELECT count(DISTINCT finding) FROM finding_figures AS e WHERE e.source = s.source) AS findings
FROM sources AS s
LEFT JOIN (
    SELECT source, count(*) FILTER (status <> 'accepted') AS flagged FROM figures GROUP BY source
) AS f USING (source)
ORDER BY s.source
LIMIT $most
"""
#: Regions with figures, in the order of their codes, each with its latest published count.
_REGIONS = """
SELECT g.*, p.name AS parent, n.figures, n.flagged, l.recipients, l.measure, l.period_start, l.period_end
FROM regions AS g
JOIN (
    SELECT region_code, count(*) AS figures, count(*) FILTER (status <> 'accepted') AS flagged
    FROM figures
    GROUP BY region_code
) AS n USING (region_code)
LEFT JOIN regions AS p ON p.region_code = g.parent_code
LEFT JOIN (
    SELECT *
    FROM latest_recipients
    QUALIFY row_number() OVER (PARTITION BY region_code ORDER BY period_end DESC NULLS LAST, measure) = 1
) AS l ON l.region_code = g.region_code
ORDER BY len(g.region_code), g.region_code
LIMIT $most
"""
_MEASURES = """
SELECT m.*, coalesce(n.figures, 0) AS figures, coalesce(n.sources, 0) AS sources
FROM measures AS m
LEFT JOIN (
    SELECT measure, count(*) AS figures, count(DISTINCT source) AS sources FROM figures GROUP BY measure
) AS n USING (measure)
ORDER BY coalesce(n.figures, 0) DESC, m.measure
LIMIT $most
"""
_RULES = "SELECT * FROM rules ORDER BY findings DESC, rule"
_ORGANISATIONS = "SELECT * FROM organisations ORDER BY source, row LIMIT $most"
#: The figure at the top: the latest count of the nation, of all recipients where there is one.
_NATION = """
SELECT l.*, f.value_as_printed, f.locator, s.title, s.publisher, s.homepage, s.published
FROM latest_recipients AS l
JOIN figures AS f USING (source, resource, "row")
JOIN sources AS s USING (source)
WHERE l.level = 'nation'
ORDER BY l.measure = 'recipients' DESC, l.period_end DESC NULLS LAST, l.measure
LIMIT 1
"""


@dataclass(frozen=True)
class Contents:
    """What the pages show. `totals` has the rows of each table, whether they are shown or not."""

    totals: Mapping[str, int]
    nation: Mapping[str, Any] | None
    statuses: Mapping[str, int]
    drill: Region | None
    counted_regions: int
    charts: Mapping[str, Chart]
    findings: Sequence[Finding]
    rules: Sequence[Mapping[str, Any]]
    sources: Sequence[Mapping[str, Any]]
    regions: Sequence[Mapping[str, Any]]
    measures: Sequence[Mapping[str, Any]]
    organisations: Sequence[Mapping[str, Any]]
    by_source: Mapping[str, Section]
    by_region: Mapping[str, Section]
    by_measure: Mapping[str, Section]
    nowhere: str = NOWHERE


def contents(connection: duckdb.DuckDBPyConnection) -> Contents:
    """Read what the pages show."""
    nation, (below, counted) = rows(connection, _NATION), drill(connection)
    shown = figures(connection, {"source": EACH, "region_code": EACH, "measure": EACH_MEASURE}, MOST)
    by_status = "SELECT status, count(*) FROM figures GROUP BY status ORDER BY status"
    return Contents(
        totals={
            name: connection.sql(f"SELECT count(*) FROM {quoted(name)}").fetchall()[0][0] for name in TABLES
        },
        nation=nation[0] if nation else None,
        statuses=dict(connection.sql(by_status).fetchall()),
        drill=below,
        counted_regions=counted,
        charts=charts(connection),
        findings=wrong(connection),
        rules=rows(connection, _RULES),
        sources=rows(connection, _SOURCES, most=SECTIONS),
        regions=rows(connection, _REGIONS, most=SECTIONS),
        measures=rows(connection, _MEASURES, most=SECTIONS),
        organisations=rows(connection, _ORGANISATIONS, most=MOST),
        by_source=shown["source"],
        by_region=shown["region_code"],
        by_measure=shown["measure"],
    )  # fmt: skip


class Links:
    """The address of whatever the pages show; None for what they do not, so that no link leads nowhere."""

    def __init__(self, shown: Contents) -> None:
        self._sources = {each["source"] for each in shown.sources}
        self._figures = places(section for name, section in shown.by_source.items() if name in self._sources)
        self._regions = {each["region_code"] for each in shown.regions}
        self._measures = {each["measure"] for each in shown.measures}
        self._findings = {each.name for each in shown.findings}
        self._regions |= {NOWHERE} if NOWHERE in shown.by_region else set()

    def source(self, name: str) -> str | None:
        """Where a source is described."""
        return f"sources.html#{slug(name)}" if name in self._sources else None

    def figure(self, place: Place) -> str | None:
        """Where a figure stands among those of its source; its source where there is no room for it."""
        return f"sources.html#{anchor(place)}" if place in self._figures else self.source(place[0])

    def region(self, code: str | None) -> str | None:
        """Where the figures of a region are."""
        return f"regions.html#{slug(code)}" if code in self._regions and code else None

    def measure(self, name: str | None) -> str | None:
        """Where a measure is defined."""
        return f"measures.html#{slug(name)}" if name in self._measures and name else None

    def finding(self, name: str) -> str | None:
        """Where a finding is."""
        return f"findings.html#{slug(name)}" if name in self._findings else None
