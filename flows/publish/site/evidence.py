"""What the pages show of the figures: each with what became of it, and no more than a page can hold.

A release may hold millions of figures. A page shows the first ones of each section in turn, those that findings or
published counts rest on before others, until it is full; each section says how many there are in all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal
from urllib.parse import quote

import duckdb

#: Source, resource and row: the key of a figure.
Place = tuple[str, str, int]
By = Literal["source", "region_code", "measure"]
#: Stands for the region of a figure that has none.
NOWHERE = "-"


@dataclass(frozen=True)
class Figure:
    """A printed figure, the findings that rest on it, and the published count of its cell, if it has one."""

    source: str
    resource: str
    row: int
    region_code: str
    region: str | None
    measure: str | None
    unit: str | None
    value_as_printed: str | None
    value: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    qualifier: str | None
    period_start: date | None
    period_end: date | None
    wave_from: int | None
    wave_to: int | None
    sex: str | None
    age_group: str | None
    locator: str | None
    note: str | None
    status: str
    findings: tuple[str, ...]
    chosen: Place | None
    chosen_value: int | None
    chosen_because: str | None
    supporting_sources: int | None
    other_sources: int | None

    @property
    def place(self) -> Place:
        """Its key."""
        return self.source, self.resource, self.row

    @property
    def anchor(self) -> str:
        """Its stable address on the page of sources."""
        return anchor(self.place)

    @property
    def is_published(self) -> bool:
        """Whether it is the published count of its cell."""
        return self.chosen == self.place


@dataclass(frozen=True)
class Section:
    """The figures of one source, region or measure: those that are shown, and how many there are."""

    figures: tuple[Figure, ...]
    total: int

    @property
    def runs(self) -> list[list[Figure]]:
        """Its figures, those of one measure that follow each other together."""
        return [list(run) for _, run in groupby(self.figures, key=lambda figure: figure.measure)]


#: Which figures are shown is decided on whole numbers, and only theirs are looked up: releases may be large. The table
#: lies in the order of its key, so that `rowid` is a figure's place in it; the others come after all that are wanted.
_RANKS = """
CREATE OR REPLACE TEMP TABLE ranks AS
SELECT f.rowid AS place, f.source, f.region_code, f.measure, f.rowid + if(w.source IS NULL, {rows}, 0) AS rank
FROM figures AS f
LEFT JOIN (
    SELECT source, resource, "row" FROM finding_figures UNION SELECT source, resource, "row" FROM recipients
) AS w USING (source, resource, "row")
"""
_FIGURES = """
WITH firsts AS (
    SELECT {section} AS section, min(rank, {each}) AS ranks, count(*) AS total
    FROM ranks AS f
    WHERE {section} IS NOT NULL
    GROUP BY section
),
turns AS (
    SELECT section, total, unnest(ranks) % {rows} AS place, generate_subscripts(ranks, 1) AS turn FROM firsts
),
shown AS (FROM turns ORDER BY turn, section LIMIT {most}),
cited AS (
    SELECT source, resource, "row", list(finding ORDER BY finding) AS findings FROM finding_figures GROUP BY ALL
)
SELECT f.* REPLACE (coalesce(f.region_code, '{nowhere}') AS region_code), coalesce(c.findings, []) AS findings,
    coalesce(g.name, f.region_as_printed) AS region, r.source AS chosen_source, r.resource AS chosen_resource,
    r."row" AS chosen_row, r.recipients AS chosen_value, r.chosen_because, r.supporting_sources, r.other_sources,
    coalesce(r."row" = f."row" AND r.source = f.source AND r.resource = f.resource, FALSE) AS is_chosen,
    s.section, s.total
FROM shown AS s
JOIN figures AS f ON f.rowid = s.place
LEFT JOIN cited AS c USING (source, resource, "row")
LEFT JOIN regions AS g ON g.region_code = f.region_code
-- Comparisons of both sides only: with a condition on the figure alone DuckDB would compare each with each.
LEFT JOIN recipients AS r
    ON r.region_code = if(f.sex IS NULL AND f.age_group IS NULL AND f.status <> 'quarantined', f.region_code, NULL)
    AND r.measure = f.measure
    AND r.period_start IS NOT DISTINCT FROM f.period_start AND r.period_end IS NOT DISTINCT FROM f.period_end
    AND r.wave_from IS NOT DISTINCT FROM f.wave_from AND r.wave_to IS NOT DISTINCT FROM f.wave_to
"""
_ORDERS: Mapping[By, str] = {
    "source": 'source, resource, "row"',
    "region_code": 'region_code, measure NULLS LAST, period_end DESC NULLS LAST, wave_to DESC NULLS LAST, '
    'period_start NULLS FIRST, wave_from, is_chosen DESC, source, resource, "row"',
    "measure": 'measure, period_end DESC NULLS LAST, wave_to DESC NULLS LAST, region_code, source, resource, "row"',
}  # fmt: skip
_COLUMNS = (
    "source", "resource", "row", "region_code", "region", "measure", "unit", "value_as_printed", "value", "lower",
    "upper", "qualifier", "period_start", "period_end", "wave_from", "wave_to", "sex", "age_group", "locator", "note",
    "status", "findings", "chosen_source", "chosen_resource", "chosen_row", "chosen_value", "chosen_because",
    "supporting_sources", "other_sources",
)  # fmt: skip


def figures(connection: duckdb.DuckDBPyConnection, each: Mapping[By, int], most: int) -> dict[By, dict[str, Section]]:
    """The figures of each source, region and measure: at most so many of each one, and `most` of a kind in all."""
    total = connection.sql("SELECT count(*) FROM figures").fetchall()[0][0]
    connection.execute(_RANKS.format(rows=total))
    return {by: _sections(connection, by, limit, most, total) for by, limit in each.items()}


def _sections(connection: duckdb.DuckDBPyConnection, by: By, each: int, most: int, total: int) -> dict[str, Section]:
    columns = ", ".join(f'"{name}"' for name in _COLUMNS)
    section = f"coalesce(f.region_code, '{NOWHERE}')" if by == "region_code" else f"f.{by}"
    chosen = _FIGURES.format(section=section, nowhere=NOWHERE, each=each, most=most, rows=total)
    query = f"SELECT {columns}, section, total FROM ({chosen}) ORDER BY {_ORDERS[by]}"
    sections: dict[str, list[Figure]] = {}
    totals: dict[str, int] = {}
    for *cells, name, count in connection.execute(query).fetchall():
        sections.setdefault(name, []).append(_figure(dict(zip(_COLUMNS, cells, strict=True))))
        totals[name] = count
    return {name: Section(tuple(shown), totals[name]) for name, shown in sections.items()}


def anchor(place: Place) -> str:
    """The stable name of a figure within the page of sources: `bakabar-2023-09-02-banjarbaru:3`."""
    source, resource, row = place
    return ":".join((slug(source), *(() if resource == "figures" else (slug(resource),)), str(row)))


def slug(name: str) -> str:
    """A name as an HTML id and a fragment of an address: whatever it holds, one word without a colon."""
    return quote(name, safe="")


def web_address(text: str | None) -> str | None:
    """An address that a reader may be sent to; None for any that is not of the web."""
    return text if text and text.lower().startswith(("http://", "https://")) else None


def rows(connection: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a query by column name."""
    found = connection.execute(query, parameters) if parameters else connection.execute(query)
    names = [each[0] for each in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def places(sections: Iterable[Section]) -> set[Place]:
    """The keys of all figures that are shown."""
    return {figure.place for section in sections for figure in section.figures}


def _figure(cells: dict[str, Any]) -> Figure:
    chosen = tuple(cells.pop(f"chosen_{part}") for part in ("source", "resource", "row"))
    cells["findings"] = tuple(cells["findings"])
    return Figure(**cells, chosen=None if chosen[2] is None else chosen)
