"""Points: figures as points with bars for their intervals, along waves or years, with a legend below."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import altair as alt

from flows.publish.site.drawing import WIDTH, colour, in_both, interval, over, tip
from schemas.rules.words import number

_Row = Mapping[str, Any]
_Layers = alt.LayerChart | alt.FacetChart

#: A shape for each measure, in the order of their names, and one for what is flagged, whatever it measures.
_SHAPES = ("circle", "square", "diamond", "triangle-down", "triangle-right", "triangle-left")
_FLAGGED = "cross"
#: In square units; a cross looks smaller than a disc of its size.
_SIZES = {False: 45, True: 90}
_BAR = "stroke"
_PLOT = {"width": WIDTH - 44, "height": 230}
_LEFT, _TOP, _RIGHT = 30, 24, 14
#: Height of the axis and of each line of the legend, and where the legend's two columns start.
_AXIS, _LINE = 40, 17
_LEGEND_COLUMNS = (8 - _LEFT, 188 - _LEFT)
#: Counts are shown in the largest of these that the greatest of them holds five times.
_UNITS = ((1_000_000, "million people", "juta orang"), (1000, "thousand people", "ribu orang"), (1, "people", "orang"))


def size(legend: Sequence[_Row]) -> tuple[int, dict[str, int]]:
    """Height of the drawing, and what is left free around the plot for axes and legend."""
    below = _AXIS + _LINE * -(-len(legend) // len(_LEGEND_COLUMNS))
    return _TOP + _PLOT["height"] + below, {"top": _TOP, "left": _LEFT, "right": _RIGHT, "bottom": below}


def last_of_all(figures: Iterable[_Row]) -> _Row | None:
    """The figure on the whole programme that ends last, of those that no finding speaks against."""
    sound = [figure for figure in figures if figure["whole"] and figure["status"] != "flagged"]
    return max(sound, key=lambda figure: (figure["ends"], figure["value"]), default=None)


def legend_of(figures: Sequence[_Row]) -> list[dict[str, Any]]:
    """What each kind of mark means, of those that are there."""
    accent, paper, muted, flagged = (colour(role) for role in ("accent", "paper", "muted", "flagged"))
    titles = {figure["measure"]: (figure["title_en"], figure["title_id"]) for figure in figures}
    items = [(shape, accent, accent, *titles[measure]) for measure, shape in _shapes(figures).items()]
    if any(not figure["whole"] for figure in figures):
        items.append(("circle", paper, accent, "hollow: only along its line", "kosong: hanya sepanjang garisnya"))
    if any(figure["status"] == "flagged" for figure in figures):
        items.append((_FLAGGED, flagged, flagged, "flagged: a finding disputes it", "bermasalah: ada temuan"))
    items.append((_BAR, muted, muted, "bar: what the print allows", "batang: rentang nilai tercetak"))
    if any(figure["upper"] is None for figure in figures):
        items.append(("triangle-up", muted, muted, "arrow: or more", "panah: atau lebih"))
    if any(figure["lower"] is None for figure in figures):
        items.append(("triangle-down", muted, muted, "arrow: or less", "panah: atau kurang"))
    return [
        {**dict(zip(("shape", "fill", "stroke", "en", "id"), item, strict=True)), "size": _SIZES[item[0] == _FLAGGED]}
        for item in items
    ]


def plot(figures: Sequence[_Row], legend: Sequence[_Row], first: float | None, under: Sequence[str]) -> _Layers:
    """Figures with `ends` and `starts` on the axis, which starts at `first`, or else and ends at a whole number.

    `under` says in both languages what the axis is.
    """
    unit, *people = _unit(figures)
    shapes = _shapes(figures)
    marks = [_mark(figure, shapes, unit) for figure in figures]
    top = 1.1 * max(mark["high"] for mark in marks) or 1
    last = max(mark["at"] for mark in marks)
    ends = [first, last * 1.03] if first is not None else [min(mark["since"] for mark in marks) // 1, -(-last // 1)]

    def at(values: Sequence[_Row]) -> alt.Chart:
        across = alt.Axis(format="d", grid=False, tickMinStep=1, tickCount=8)
        up = alt.Axis(format="d", tickMinStep=1, tickCount=5, ticks=False, labelPadding=6)
        return over(values).encode(
            x=alt.X("at:Q", axis=across, scale=alt.Scale(domain=ends, nice=False, zero=False)),
            y=alt.Y("value:Q", axis=up, scale=alt.Scale(domain=[0, top], nice=False)),
        )

    arrows = _arrows(marks, top * 0.06)
    bar: dict[str, Any] = {"strokeWidth": 2, "aria": False, "color": colour("muted")}
    layers = [
        at([mark for mark in marks if not mark["whole"]])
        .mark_rule(aria=False, color=colour("accent"), opacity=0.6).encode(x2="since:Q"),
        at(marks).mark_rule(**bar).encode(y="low:Q", y2="high:Q"),
        at(arrows).mark_rule(**bar).encode(y2="tip_of_arrow:Q"),
        at(arrows).mark_point(filled=True, opacity=1, size=40, aria=False, color=colour("muted"))
        .encode(y="tip_of_arrow:Q", shape=alt.Shape("arrow:N", scale=None)),
        _points(at(marks)).encode(description="tip:N"),
        *in_both(at(_label(figures, marks, unit)), "ink", align="right", dx=12, dy=-12, fontWeight=600),
        *in_both(_note(-24, -12, people), "muted", align="left"),
        *in_both(_note(_PLOT["width"], _PLOT["height"] + 32, under), "muted", align="right"),
    ]  # fmt: skip
    apart = {"scale": {"x": "independent", "y": "independent"}}
    return alt.layer(alt.layer(*layers), _drawn(legend), resolve=apart, **_PLOT)


def _unit(figures: Iterable[_Row]) -> tuple[int, str, str]:
    greatest = max(figure["value"] for figure in figures)
    return next((unit for unit in _UNITS if greatest >= 5 * unit[0]), _UNITS[-1])


def _shapes(figures: Iterable[_Row]) -> dict[str, str]:
    measures = sorted({figure["measure"] for figure in figures})
    return {measure: _SHAPES[place % len(_SHAPES)] for place, measure in enumerate(measures)}


def _mark(figure: _Row, shapes: Mapping[str, str], unit: int) -> dict[str, Any]:
    flagged = figure["status"] == "flagged"
    stroke = colour("flagged" if flagged else "accent")
    low, high = (figure["value"] if figure[bound] is None else figure[bound] for bound in ("lower", "upper"))
    said = (figure["value_as_printed"], interval(figure["lower"], figure["upper"]), figure["title"])
    return {
        "at": figure["ends"], "since": figure["starts"], "value": figure["value"] / unit, "low": low / unit,
        "high": high / unit, "opens_up": figure["upper"] is None, "opens_down": figure["lower"] is None,
        "whole": figure["whole"], "shape": _FLAGGED if flagged else shapes[figure["measure"]], "stroke": stroke,
        "size": _SIZES[flagged],
        "fill": stroke if figure["whole"] else colour("paper"), "tip": tip(*said, figure["period_end"]),
    }  # fmt: skip


def _arrows(marks: Sequence[_Row], length: float) -> list[dict[str, Any]]:
    """Arrows from the points whose interval has no end above or below."""
    up = [
        {**mark, "tip_of_arrow": mark["value"] + length, "arrow": "triangle-up"} for mark in marks if mark["opens_up"]
    ]
    return up + [
        {**mark, "tip_of_arrow": max(mark["value"] - length, 0), "arrow": "triangle-down"}
        for mark in marks if mark["opens_down"]
    ]  # fmt: skip


def _points(chart: alt.Chart, **mark: Any) -> alt.Chart:
    """Points whose shape, size and colours stand in the rows."""
    points: alt.Chart = chart.mark_point(opacity=1, strokeWidth=1.5, **mark).encode(
        shape=alt.Shape("shape:N", scale=None), size=alt.Size("size:Q", scale=None),
        fill=alt.Fill("fill:N", scale=None), stroke=alt.Stroke("stroke:N", scale=None),
    )  # fmt: skip
    return points


def _label(figures: Sequence[_Row], marks: Sequence[_Row], unit: int) -> list[dict[str, Any]]:
    """The number beside the last figure of all, in units, to two decimals."""
    last = last_of_all(figures)
    if not last:
        return []
    short = round(Decimal(last["value"]) / unit, 2)
    return [{**marks[figures.index(last)], "en": number(short, "en"), "id": number(short, "id")}]


def _note(x: int, y: int, words: Sequence[str]) -> alt.Chart:
    en, indonesian = words
    note: alt.Chart = over([{"en": en, "id": indonesian}]).encode(x=alt.value(x), y=alt.value(y))
    return note


def _drawn(legend: Sequence[_Row]) -> _Layers:
    across = len(_LEGEND_COLUMNS)
    placed = [
        {**item, "x": _LEGEND_COLUMNS[place % across], "y": _PLOT["height"] + _AXIS + 8 + place // across * _LINE}
        for place, item in enumerate(legend)
    ]
    bars = [{**item, "y": item["y"] - 5, "foot": item["y"] + 5} for item in placed if item["shape"] == _BAR]

    def at(values: Sequence[_Row]) -> alt.Chart:
        return over(values).encode(x=alt.X("x:Q", scale=None, axis=None), y=alt.Y("y:Q", scale=None, axis=None))

    return alt.layer(
        at(bars).mark_rule(strokeWidth=2, aria=False, color=colour("muted")).encode(y2="foot:Q"),
        _points(at([item for item in placed if item["shape"] != _BAR]), aria=False),
        *in_both(at(placed), "muted", align="left", dx=9, baseline="middle"),
    )
