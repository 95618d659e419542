"""Series: what every source says of the nation's recipients, over the programme's waves and over the years."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import altair as alt
import duckdb

from flows.publish.site.drawing import WIDTH, Chart, Words, colour, draw, in_both, tip
from schemas.rules.words import number

_Row = Mapping[str, Any]

#: A shape for each measure, in the order of their names, and one for what is flagged, whatever it measures.
_SHAPES = ("circle", "square", "diamond", "triangle-down", "triangle-right", "triangle-left")
_FLAGGED = "cross"
_PLOT = {"width": WIDTH - 40, "height": 230}
_PADDING = {"top": 24, "left": 26, "right": 14}
#: Height of the axis and of each line of the legend.
_AXIS, _LINE = 40, 17
#: Counts are shown in the largest of these that the greatest of them holds five times.
_UNITS = ((1_000_000, "million people", "juta orang"), (1000, "thousand people", "ribu orang"), (1, "people", "orang"))
_TABLE = (
    "measure", "period_start", "period_end", "wave_from", "wave_to", "value_as_printed", "value", "lower", "upper",
    "status", "source", "resource", "row",
)  # fmt: skip
_DRAWN = (*_TABLE, "title", "title_en", "title_id", "at", "since", "whole")


@dataclass(frozen=True)
class _Axis:
    """Along what the figures stand: its SQL for where one ends and starts, its words, and whether it starts at zero."""

    name: str
    at: str
    since: str
    words: tuple[str, str]
    under: tuple[str, str]


_WAVES = _Axis(
    "waves", "wave_to", "wave_from", ("by wave", "menurut gelombang"), ("up to wave", "sampai gelombang")
)  # fmt: skip
_YEARS = _Axis(
    "years",
    "year(period_end) + dayofyear(period_end) / 366",
    "year(period_start) + (dayofyear(period_start) - 1) / 366",
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
    words = _words(figures, axis)
    legend = _legend(figures)
    height = _PADDING["top"] + _PLOT["height"] + _AXIS + _LINE * -(-len(legend) // 2)
    plot = _plot(figures, legend, axis).properties(**_PLOT)
    svg = draw(axis.name, words, plot, height, {**_PADDING, "bottom": height - _PADDING["top"] - _PLOT["height"]})
    return Chart(axis.name, words.title_en, words.title_id, words.description_en, words.description_id, svg, _TABLE,
                 tuple(row[: len(_TABLE)] for row in rows))  # fmt: skip


def _query(axis: _Axis) -> str:
    """Every figure on the nation's recipients that can be placed on the axis.

    `whole`: it counts from the programme's first wave and first year; the others count a part.
    """
    return f"""
        SELECT
            measure, period_start, period_end, wave_from, wave_to, value_as_printed, value::BIGINT, lower::BIGINT,
            upper::BIGINT, status, source, resource, "row", s.title, m.title_en, m.title_id, ({axis.at})::DOUBLE AS ends,
            coalesce({axis.since}, {axis.at})::DOUBLE AS starts,
            coalesce(wave_from, 1) = 1
            AND coalesce(year(period_start) = min(year(period_start)) OVER (), true) AS whole
        FROM figures JOIN sources AS s USING (source) JOIN measures AS m USING (measure)
        WHERE
            region_code = '00' AND measure IN (SELECT measure FROM recipients) AND sex IS NULL AND age_group IS NULL
            AND status <> 'quarantined' AND value IS NOT NULL AND ends IS NOT NULL
        ORDER BY ends, starts, measure, source, resource, "row"
    """


def _unit(figures: Iterable[_Row]) -> tuple[int, str, str]:
    greatest = max(figure["value"] for figure in figures)
    return next((unit for unit in _UNITS if greatest >= 5 * unit[0]), _UNITS[-1])


def _plot(figures: Sequence[_Row], legend: Sequence[_Row], axis: _Axis) -> alt.LayerChart:
    unit, *people = _unit(figures)
    shapes = _shapes(figures)
    marks = [_mark(figure, shapes, unit) for figure in figures]
    top = 1.1 * max(mark["high"] for mark in marks)
    left, right = _ends(figures, axis)
    of_axis = alt.Axis(format="d", grid=False, tickMinStep=1, tickCount=8)

    def at(values: Sequence[_Row]) -> alt.Chart:
        return alt.Chart(alt.Data(values=list(values))).encode(
            x=alt.X("at:Q", axis=of_axis, scale=alt.Scale(domain=[left, right], nice=False, zero=False)),
            y=alt.Y("value:Q", axis=alt.Axis(format="d", tickMinStep=1, tickCount=5, ticks=False, domain=False),
                    scale=alt.Scale(domain=[0, top], nice=False)),
        )  # fmt: skip

    opened = [mark | {"end": mark["high"] + top * 0.08, "shape": "triangle-up"} for mark in marks if mark["up"]]
    opened += [mark | {"end": max(mark["low"] - top * 0.08, 0), "shape": "triangle-down"} for mark in marks
               if mark["down"]]  # fmt: skip
    bar = {"strokeWidth": 2, "aria": False, "color": colour("muted")}
    layers = [
        at([mark for mark in marks if not mark["whole"]])
        .mark_rule(aria=False, color=colour("accent"), opacity=0.6).encode(x2="since:Q"),
        at(marks).mark_rule(**bar).encode(y="low:Q", y2="high:Q"),
        at(opened).mark_rule(**bar).encode(y2="end:Q"),
        at(opened).mark_point(filled=True, opacity=1, size=40, aria=False, color=colour("muted"))
        .encode(y="end:Q", shape=alt.Shape("shape:N", scale=None)),
        _points(at(marks)).encode(description="tip:N"),
        *in_both(at(_newest(marks, unit)), "ink", align="right", dx=4, dy=-12, fontWeight=600),
        *in_both(_note(0, -12, people), "muted", align="left", dx=-24),
        *in_both(_note(_PLOT["width"], _PLOT["height"] + 32, axis.under), "muted", align="right"),
    ]  # fmt: skip
    return alt.layer(alt.layer(*layers), _drawn_legend(legend)).resolve_scale(x="independent", y="independent")


def _ends(figures: Sequence[_Row], axis: _Axis) -> tuple[float, float]:
    """Where the axis starts and ends: whole years, or the waves with some room beside the last."""
    if axis is _YEARS:
        return min(figure["since"] for figure in figures) // 1, -(-max(figure["at"] for figure in figures) // 1)
    return 0, max(figure["at"] for figure in figures) * 1.03


def _shapes(figures: Iterable[_Row]) -> dict[str, str]:
    measures = sorted({figure["measure"] for figure in figures})
    return {measure: _SHAPES[place % len(_SHAPES)] for place, measure in enumerate(measures)}


def _mark(figure: _Row, shapes: Mapping[str, str], unit: int) -> dict[str, Any]:
    flagged = figure["status"] == "flagged"
    stroke = colour("flagged" if flagged else "accent")
    low, high = (figure["value"] if figure[bound] is None else figure[bound] for bound in ("lower", "upper"))
    span = (number(bound, "id").replace(".", "\N{NARROW NO-BREAK SPACE}") if bound is not None else "…"
            for bound in (figure["lower"], figure["upper"]))  # fmt: skip
    return {
        "at": figure["at"], "since": figure["since"], "value": figure["value"] / unit, "low": low / unit,
        "high": high / unit, "up": figure["upper"] is None, "down": figure["lower"] is None,
        "whole": figure["whole"], "flagged": flagged, "shape": _FLAGGED if flagged else shapes[figure["measure"]],
        "stroke": stroke, "fill": stroke if figure["whole"] else colour("paper"),
        "tip": tip(figure["value_as_printed"], "–".join(span), figure["title"], figure["period_end"]),
    }  # fmt: skip


def _points(chart: alt.Chart) -> alt.Chart:
    return chart.mark_point(size=45, opacity=1, strokeWidth=1.5).encode(
        shape=alt.Shape("shape:N", scale=None), fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("stroke:N", scale=None),
    )  # fmt: skip


def _note(x: int, y: int, words: Sequence[str]) -> alt.Chart:
    en, id_ = words
    return alt.Chart(alt.Data(values=[{"en": en, "id": id_}])).encode(x=alt.value(x), y=alt.value(y))


def _newest(marks: Sequence[_Row], unit: int) -> list[dict[str, Any]]:
    """The last figure on the whole programme that no finding speaks against, with what it says."""
    sound = [mark for mark in marks if mark["whole"] and not mark["flagged"]]
    if not sound:
        return []
    newest = max(sound, key=lambda mark: (mark["at"], mark["value"]))
    short = Decimal(str(round(newest["value"], 2 if unit > 1 else 0)))
    return [newest | {"en": number(short, "en"), "id": number(short, "id")}]


def _legend(figures: Sequence[_Row]) -> list[dict[str, Any]]:
    """What each kind of mark means, of those that are there."""
    accent, paper, flagged = colour("accent"), colour("paper"), colour("flagged")
    shapes = _shapes(figures)
    titles = {figure["measure"]: (figure["title_en"], figure["title_id"]) for figure in figures}
    items = [(shapes[measure], accent, accent, *titles[measure]) for measure in shapes]
    if any(not figure["whole"] for figure in figures):
        items.append(("circle", paper, accent, "hollow: only along the line", "kosong: hanya sepanjang garis"))
    if any(figure["status"] == "flagged" for figure in figures):
        items.append((_FLAGGED, flagged, flagged, "flagged: a finding disputes it", "bermasalah: ada temuan"))
    items.append(("stroke", accent, colour("muted"), "bar: what the print allows", "batang: rentang nilai tercetak"))
    if any(figure[bound] is None for figure in figures for bound in ("lower", "upper")):
        items.append(("triangle-up", colour("muted"), colour("muted"), "arrow: or more", "panah: atau lebih"))
    names = ("shape", "fill", "stroke", "en", "id")
    return [dict(zip(names, item, strict=True)) for item in items]


def _drawn_legend(items: Sequence[_Row]) -> alt.LayerChart:
    placed = [
        item | {"x": 4 + (place % 2) * 180 - 22, "y": _PLOT["height"] + _AXIS + 8 + place // 2 * _LINE}
        for place, item in enumerate(map(dict, items))
    ]
    chart = alt.Chart(alt.Data(values=placed)).encode(
        x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None)
    )
    bars = [item for item in placed if item["shape"] == "stroke"]
    bar = chart.properties(data=alt.Data(values=bars)).mark_rule(strokeWidth=2, aria=False, color=colour("muted"))
    points = _points(chart.properties(data=alt.Data(values=[item for item in placed if item not in bars])))
    return alt.layer(
        bar.transform_calculate(y2="datum.y + 5", y1="datum.y - 5").encode(
            y=alt.Y("y1:Q", scale=None, axis=None), y2="y2:Q"
        ),
        points,
        *in_both(chart, "muted", align="left", dx=9, baseline="middle"),
    )


def _words(figures: Sequence[_Row], axis: _Axis) -> Words:
    flagged = sum(figure["status"] == "flagged" for figure in figures)
    sources = len({figure["source"] for figure in figures})
    said = [
        max((each for each in figures if each["whole"] and each["status"] != "flagged"), default=None,
            key=lambda each: (each["at"], each["value"]))
    ]  # fmt: skip
    last = [
        ("", "") if each is None else
        (f" The last on the whole programme: {number(each['value'], 'en')} ({each['source']}).",
         f" Yang terakhir untuk seluruh program: {number(each['value'], 'id')} ({each['source']}).")
        for each in said
    ][0]  # fmt: skip
    return Words(
        f"Recipients in Indonesia, {axis.words[0]}",
        f"Penerima di Indonesia, {axis.words[1]}",
        f"{len(figures)} figures of {sources} sources, each a point with a bar for what its rounding allows; {flagged} "
        f"are flagged.{last[0]}",
        f"{len(figures)} angka dari {sources} sumber, masing-masing titik dengan batang rentang pembulatannya; "
        f"{flagged} ditandai bermasalah.{last[1]}",
    )
