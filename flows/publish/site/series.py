"""Series: what every source says of the nation's recipients, over the programme's waves and over the years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from flows.publish.site.drawing import Chart, Words, draw
from flows.publish.site.points import last_of_all, legend_of, plot, size
from schemas.rules.words import number

_TABLE = (
    "measure", "period_start", "period_end", "wave_from", "wave_to", "value_as_printed", "value", "lower", "upper",
    "status", "source", "resource", "row",
)  # fmt: skip
_DRAWN = (*_TABLE, "title", "publisher", "title_en", "title_id", "ends", "starts", "whole")


@dataclass(frozen=True)
class _Axis:
    """Along what the figures stand: where one ends and starts, in SQL; where the axis starts; its words."""

    name: str
    ends: str
    starts: str
    first: float | None
    words: tuple[str, str]
    under: tuple[str, str]


_WAVES = _Axis("waves", "wave_to", "wave_from", 0, ("by wave", "menurut gelombang"), ("up to wave", "sampai gelombang"))
#: Years are plain numbers with a fraction, because an axis of dates would depend on the machine's time zone.
_YEARS = _Axis(
    "years",
    "year(period_end) + (dayofyear(period_end) - 0.5) / 366",
    "year(period_start) + (dayofyear(period_start) - 1) / 366",
    None,
    ("over the years", "dari tahun ke tahun"),
    ("end of period", "akhir periode"),
)


def waves(connection: duckdb.DuckDBPyConnection) -> Chart | None:
    """The nation's recipients by the last wave that they were counted for; None where no figure names its waves."""
    return _chart(connection, _WAVES)


def years(connection: duckdb.DuckDBPyConnection) -> Chart | None:
    """The nation's recipients by the end of the period that they were counted for; None where no figure names it."""
    return _chart(connection, _YEARS)


def _chart(connection: duckdb.DuckDBPyConnection, axis: _Axis) -> Chart | None:
    rows = connection.execute(_query(axis)).fetchall()
    if not rows:
        return None
    figures = [dict(zip(_DRAWN, row, strict=True)) for row in rows]
    words, legend = _words(figures, axis.words), legend_of(figures)
    height, padding = size(legend)
    svg = draw(axis.name, words, plot(figures, legend, axis.first, axis.under), height, padding)
    return Chart(axis.name, words.title_en, words.title_id, words.description_en, words.description_id, svg, _TABLE,
                 tuple(row[: len(_TABLE)] for row in rows))  # fmt: skip


def _query(axis: _Axis) -> str:
    """Every figure on the nation's recipients that can be placed on the axis.

    `whole`: it counts from the programme's first wave and first year; the others count a part.
    """
    return f"""
        SELECT
            measure, period_start, period_end, wave_from, wave_to, value_as_printed, value::BIGINT, lower::BIGINT,
            upper::BIGINT, status, source, resource, "row", s.title, coalesce(publisher, source), m.title_en,
            m.title_id, ({axis.ends})::DOUBLE AS ends, coalesce({axis.starts}, {axis.ends})::DOUBLE AS starts,
            coalesce(wave_from, 1) = 1
            AND coalesce(year(period_start) = min(year(period_start)) OVER (), true) AS whole
        FROM figures JOIN sources AS s USING (source) JOIN measures AS m USING (measure)
        WHERE
            region_code = '00' AND measure IN (SELECT measure FROM recipients) AND sex IS NULL AND age_group IS NULL
            AND status <> 'quarantined' AND value IS NOT NULL AND ends IS NOT NULL
        ORDER BY ends, starts, measure, source, resource, "row"
    """


def _words(figures: Sequence[Mapping[str, Any]], along: tuple[str, str]) -> Words:
    flagged = sum(figure["status"] == "flagged" for figure in figures)
    sources = len({figure["source"] for figure in figures})
    english = (
        f"{len(figures)} figures of {sources} sources, each a point with a bar for what its rounding allows; {flagged} "
        "are flagged."
    )
    indonesian = (
        f"{len(figures)} angka dari {sources} sumber, masing-masing titik dengan batang rentang pembulatannya; "
        f"{flagged} ditandai bermasalah."
    )
    last = last_of_all(figures)
    if last:
        value, said_by = last["value"], last["publisher"]
        english += f" The latest on the whole programme: {number(value, 'en')} ({said_by}, {last['period_end']})."
        indonesian += f" Terbaru untuk seluruh program: {number(value, 'id')} ({said_by}, {last['period_end']})."
    return Words(f"Recipients in Indonesia, {along[0]}", f"Penerima di Indonesia, {along[1]}", english, indonesian)
