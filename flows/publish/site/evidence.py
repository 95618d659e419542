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


_FIGURES = """
WITH cited AS (
    SELECT source, resource, "row", list(finding ORDER BY finding) AS findings FROM finding_figures GROUP BY ALL
),
counts AS (
    SELECT region_code, measure, period_start, period_end, wave_from, wave_to, source, resource, "row", recipients,
        chosen_because, supporting_sources, other_sources
    FROM recipients
),
everything AS (
    SELECT f.* REPLACE (coalesce(f.region_code, '{nowhere}') AS region_code), coalesce(c.findings, []) AS findings,
        coalesce(g.name, f.region_as_printed) AS region, r.source AS chosen_source, r.resource AS chosen_resource,
        r."row" AS chosen_row, r.recipients AS chosen_value, r.chosen_because, r.supporting_sources, r.other_sources,
        coalesce(r."row" = f."row" AND r.source = f.source AND r.resource = f.resource, FALSE) AS is_chosen
    FROM figures AS f
    LEFT JOIN cited AS c USING (source, resource, "row")
    LEFT JOIN regions AS g ON g.region_code = f.region_code
    LEFT JOIN counts AS r
        ON r.region_code = f.region_code AND r.measure = f.measure
        AND r.period_start IS NOT DISTINCT FROM f.period_start AND r.period_end IS NOT DISTINCT FROM f.period_end
        AND r.wave_from IS NOT DISTINCT FROM f.wave_from AND r.wave_to IS NOT DISTINCT FROM f.wave_to
        AND f.sex IS NULL AND f.age_group IS NULL AND f.status <> 'quarantined'
),
placed AS (
    SELECT *, count(*) OVER (PARTITION BY {by}) AS total,
        row_number() OVER (
            PARTITION BY {by} ORDER BY len(findings) > 0 OR is_chosen DESC, source, resource, "row"
        ) AS turn
    FROM everything
    WHERE {by} IS NOT NULL
)
SELECT {columns}, {by} AS section, total
FROM placed
WHERE turn <= $each
QUALIFY row_number() OVER (ORDER BY turn, {by}) <= $most
ORDER BY {order}
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


def figures(connection: duckdb.DuckDBPyConnection, by: By, each: int, most: int) -> dict[str, Section]:
    """The figures of each source, region or measure: at most `each` of one, and `most` in all."""
    columns = ", ".join(f'"{name}"' for name in _COLUMNS)
    query = _FIGURES.format(by=by, columns=columns, order=_ORDERS[by], nowhere=NOWHERE)
    sections: dict[str, list[Figure]] = {}
    totals: dict[str, int] = {}
    for *cells, section, total in connection.execute(query, {"each": each, "most": most}).fetchall():
        sections.setdefault(section, []).append(_figure(dict(zip(_COLUMNS, cells, strict=True))))
        totals[section] = total
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
