"""Tiles: a map of the provinces with a square for each, in its rough place, so that a small one is seen too."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import altair as alt
import duckdb

from flows.publish.site.drawing import (
    DASH,
    STEPS,
    WIDTH,
    Chart,
    Words,
    colour,
    draw,
    grouped,
    in_both,
    interval,
    over,
    tip,
)
from schemas.rules.words import number

#: For each province its column (from the west), its row (from the north) and a label that fits into a square.
GRID: Mapping[str, tuple[int, int, str]] = {
    "11": (0, 0, "Aceh"),
    "12": (0, 1, "Sumut"), "14": (1, 1, "Riau"), "21": (2, 1, "Kepri"),
    "13": (0, 2, "Sumbar"), "15": (1, 2, "Jambi"), "19": (2, 3, "Babel"),
    "17": (0, 3, "Bengk."), "16": (1, 3, "Sumsel"), "18": (1, 4, "Lamp."),
    "31": (2, 4, "DKI"), "36": (1, 5, "Banten"), "32": (2, 5, "Jabar"), "33": (3, 5, "Jateng"),
    "35": (4, 5, "Jatim"), "34": (3, 6, "DIY"),
    "51": (5, 5, "Bali"), "52": (6, 5, "NTB"), "53": (7, 5, "NTT"),
    "65": (5, 1, "Kaltara"), "61": (3, 2, "Kalbar"), "62": (4, 2, "Kalteng"), "64": (5, 2, "Kaltim"),
    "63": (4, 3, "Kalsel"),
    "75": (6, 1, "Gor."), "71": (7, 1, "Sulut"), "72": (6, 2, "Sulteng"), "76": (6, 3, "Sulbar"),
    "74": (7, 3, "Sultra"), "73": (6, 4, "Sulsel"),
    "82": (8, 1, "Malut"), "81": (8, 3, "Maluku"),
    "96": (8, 2, "PBD"), "92": (9, 2, "Pabar"), "91": (10, 2, "Papua"), "94": (9, 3, "Pateng"), "95": (10, 3, "Papeg"),
    "93": (10, 4, "Pasel"),
}  # fmt: skip
_COLUMNS, _ROWS = range(11), range(8)
_SIDE = (WIDTH - 4) / len(_COLUMNS)
_HEIGHT = round(_SIDE * len(_ROWS)) + 4
#: Where the legend stands, below everything, its last square in the last column.
_LEGEND = 7
#: Counts from here on are shown in thousands, or they would not fit.
_LARGE = 100_000
_TABLE = ("region_code", "name", "recipients", "lower", "upper", "status", "source", "resource", "row")
#: Measure, period and waves that most provinces have a figure for; of equals with the fewest flagged, then the last.
_WIDEST = """
SELECT measure, period, waves, title_en, title_id
FROM recipients JOIN regions USING (region_code) JOIN measures USING (measure)
WHERE level = 'province'
GROUP BY ALL
ORDER BY count(*) DESC, count(*) FILTER (status = 'flagged'), max(period_end) DESC NULLS LAST, measure, period, waves
LIMIT 1
"""
_PROVINCES = """
SELECT
    g.region_code, g.name, r.recipients, r.lower, r.upper, r.status, r.source, r.resource, r."row",
    coalesce(g.established > (SELECT max(period_end) FROM recipients WHERE period = $period), false) AS is_newer
FROM regions AS g
LEFT JOIN recipients AS r
    ON r.region_code = g.region_code AND (r.measure, r.period, r.waves) = ($measure, $period, $waves)
WHERE g.level = 'province'
ORDER BY g.region_code
"""
_EXTENT = """
SELECT quantile_disc(recipients, [0.1, 0.9])
FROM recipients JOIN regions USING (region_code)
WHERE level = 'province' AND (measure, period, waves) = ($measure, $period, $waves)
"""


def tiles(connection: duckdb.DuckDBPyConnection) -> Chart | None:
    """The counts of recipients that can be compared between most provinces; None where no province has one."""
    cell = connection.execute(_WIDEST).fetchone()
    if not cell:
        return None
    of = dict(zip(("measure", "period", "waves"), cell, strict=False))
    rows = connection.execute(_PROVINCES, of).fetchall()
    few, many = connection.execute(_EXTENT, of).fetchall()[0][0]
    provinces = [dict(zip((*_TABLE, "is_newer"), row, strict=True)) for row in rows]
    counted = sorted(
        (each for each in provinces if each["recipients"] is not None), key=lambda each: each["recipients"]
    )
    unit = 1000 if counted[-1]["recipients"] >= _LARGE else 1
    breaks = _breaks(max(few, unit), max(many, unit), unit)
    words = _words(cell, counted, [each for each in provinces if each["recipients"] is None])
    flagged = any(each["status"] == "flagged" for each in counted)
    squares = [_square(each, breaks, unit) for each in provinces if each["region_code"] in GRID]
    legend, told = _legend(breaks, unit, flagged)
    svg = draw("tiles", words, _map(squares, legend, told), _HEIGHT, {"top": 2, "bottom": 2, "left": 2, "right": 2})
    return Chart("tiles", words.title_en, words.title_id, words.description_en, words.description_id, svg, _TABLE,
                 tuple(row[: len(_TABLE)] for row in rows))  # fmt: skip


def _breaks(few: int, many: int, unit: int) -> list[int]:
    """Where one step ends and the next begins: round numbers, each as many times the last.

    From what nine tenths of the provinces have to what one tenth has, so that a misprint does not spoil the scale.
    """
    ratio = many / few
    exact = [few * ratio ** (step / (STEPS - 2)) for step in range(STEPS - 1)]
    return sorted({max(int(float(f"{each:.0e}")), unit) for each in exact})


def _compact(count: int, unit: int) -> str:
    """The count in whole units."""
    whole = (count + unit // 2) // unit
    return "<1" if count and not whole else grouped(whole)


def _square(province: Mapping[str, Any], breaks: Sequence[int], unit: int) -> dict[str, Any]:
    column, row, label = GRID[province["region_code"]]
    count = province["recipients"]
    step = None if count is None else bisect_right(breaks, count)
    span = None if count is None else interval(province["lower"], province["upper"])
    return {
        "column": column, "row": row, "label": label, "flagged": province["status"] == "flagged",
        "value": DASH if count is None else _compact(count, unit),
        "tip": tip(province["name"], span, province["source"]), **_paint(step, len(breaks) + 1),
    }  # fmt: skip


def _paint(step: int | None, steps: int) -> dict[str, str]:
    """The colours of a step; fewer steps than there are colours are spread over all of them."""
    if step is None:
        return {"fill": colour("paper"), "text": colour("muted")}
    shade = step * (STEPS - 1) // max(steps - 1, 1)
    return {"fill": colour(f"scale-{shade}"), "text": colour(f"on-scale-{shade}")}


def _legend(breaks: Sequence[int], unit: int, flagged: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The legend's squares, from few to many and none, and the line above it."""
    labels = [f"<{_compact(breaks[0], unit)}", *(f"≥{_compact(each, unit)}" for each in breaks), DASH]
    steps: list[int | None] = [*range(len(breaks) + 1), None]
    first = len(_COLUMNS) - len(labels)
    squares = [
        {"column": first + place, "row": _LEGEND, "value": label, "flagged": False, **_paint(step, len(breaks) + 1)}
        for place, (label, step) in enumerate(zip(labels, steps, strict=True))
    ]
    people = ("thousand people", "ribu orang") if unit > 1 else ("people", "orang")
    mark = (", ▲ flagged", ", ▲ bermasalah") if flagged else ("", "")
    return squares, {
        "column": _COLUMNS[-1], "row": _LEGEND - 1, "en": f"{people[0]}, {DASH} no figure{mark[0]}",
        "id": f"{people[1]}, {DASH} tanpa angka{mark[1]}",
    }  # fmt: skip


def _map(
    squares: Sequence[Mapping[str, Any]], legend: Sequence[Mapping[str, Any]], told: Mapping[str, Any]
) -> alt.LayerChart | alt.FacetChart:
    def at(values: Sequence[Mapping[str, Any]]) -> alt.Chart:
        return over(values).encode(
            x=alt.X("column:O", axis=None, scale=alt.Scale(domain=list(_COLUMNS), paddingInner=0.05, paddingOuter=0)),
            y=alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(_ROWS), paddingInner=0.05, paddingOuter=0)),
        )

    def boxes(values: Sequence[Mapping[str, Any]], **mark: Any) -> alt.Chart:
        box: alt.Chart = (
            at(values).mark_rect(stroke=colour("muted"), **mark).encode(fill=alt.Fill("fill:N", scale=None))
        )
        return box

    text = alt.Color("text:N", scale=None)
    every = [*squares, *legend]
    empty = colour("paper")
    layers = [
        boxes([each for each in squares if each["fill"] != empty], strokeWidth=0.5).encode(description="tip:N"),
        boxes([each for each in squares if each["fill"] == empty], strokeDash=[2, 2]).encode(description="tip:N"),
        boxes([each for each in legend if each["fill"] != empty], strokeWidth=0.5, aria=False),
        boxes([each for each in legend if each["fill"] == empty], strokeDash=[2, 2], aria=False),
        at(squares).mark_text(fontSize=8.8, dy=-5, aria=False).encode(text="label:N", color=text),
        at(squares).mark_text(fontSize=11, fontWeight=600, dy=8, aria=False).encode(text="value:N", color=text),
        at(legend).mark_text(fontSize=11, aria=False).encode(text="value:N", color=text),
        *in_both(at([told]), "muted", align="right", dx=_SIDE / 2, dy=9),
        at([each for each in every if each["flagged"]])
        .mark_point(shape="triangle-up", size=36, xOffset=12, yOffset=-11, opacity=1, filled=True, aria=False,
                    strokeWidth=1, stroke=colour("paper"), fill=colour("flagged")),
    ]  # fmt: skip
    return alt.layer(*layers, width=WIDTH - 4, height=_HEIGHT - 4)


def _words(cell: Sequence[str], counted: Sequence[Mapping[str, Any]], without: Sequence[Mapping[str, Any]]) -> Words:
    _, period, waves, title_en, title_id = cell
    last, first = counted[0], counted[-1]

    def said(each: Mapping[str, Any], language: str) -> str:
        return f"{each['name']} ({number(Decimal(each['recipients']), language)})"

    return Words(
        f"{title_en} by province, {_scope(period, waves, 'en')}",
        f"{title_id} per provinsi, {_scope(period, waves, 'id')}",
        f"A square for each province in its rough place on the map. {len(counted)} provinces have a figure: the most "
        f"{said(first, 'en')}, the fewest {said(last, 'en')}."
        + _named(" No figure for the same period and waves: {}.", without, newer=False)
        + _named(" Founded later: {}.", without, newer=True),
        f"Satu kotak untuk tiap provinsi, kira-kira pada letaknya di peta. {len(counted)} provinsi mempunyai angka: "
        f"terbanyak {said(first, 'id')}, paling sedikit {said(last, 'id')}."
        + _named(" Tanpa angka untuk periode dan gelombang yang sama: {}.", without, newer=False)
        + _named(" Dibentuk kemudian: {}.", without, newer=True),
    )


def _named(sentence: str, provinces: Sequence[Mapping[str, Any]], *, newer: bool) -> str:
    names = [each["name"] for each in provinces if each["is_newer"] == newer]
    return sentence.format(", ".join(names)) if names else ""


def _scope(period: str, waves: str, language: str) -> str:
    start, end = period.split("/")
    if start.endswith("-01-01") and end == f"{start[:4]}-12-31":
        time = start[:4]
    else:
        time = f"{start} {'to' if language == 'en' else 's.d.'} {end}"
    if waves == "all":
        return time
    ends = waves.split("-")
    name = "gelombang" if language == "id" else "wave" if ends[0] == ends[1] else "waves"
    return f"{time}, {name} {DASH.join(dict.fromkeys(ends))}"
