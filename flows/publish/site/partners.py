"""Partners: how many organisations of each kind the programme worked with, at each date that a source speaks of."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import duckdb

from flows.publish.site.drawing import WIDTH, Chart, Words, colour, draw, in_both, over, tip

#: Height of a strip, and the part of it that the greatest count takes; above stand its number and the strip's name.
_ROW, _MOST = 52, 0.4
_PLOT = WIDTH - 30
_PADDING = {"top": 6, "bottom": 26, "left": 14, "right": 16}
_HEDGES = {"at_least": "≥", "at_most": "≤", "about": "~"}
_TABLE = ("measure", "date", "organisations", "qualifier", "status", "source", "resource", "row")
_PARTNERS = """
SELECT measure, date, organisations, qualifier, status, source, resource, "row"
FROM partners
ORDER BY measure, date, source, resource, "row"
"""
#: What is drawn: each count once, however many sources print it; the kinds with the most dates first.
_DRAWN = """
SELECT
    measure, title_en, title_id, organisations, qualifier, bool_or(status = 'flagged') AS flagged,
    (year(date) + (dayofyear(date) - 0.5) / 366)::DOUBLE AS ends, date,
    string_agg(DISTINCT source, ', ' ORDER BY source) AS sources,
    (organisations / nullif(max(max(organisations)) OVER (PARTITION BY measure), 0))::DOUBLE AS height,
    max(max(organisations)) OVER (PARTITION BY measure) AS most
FROM partners JOIN measures USING (measure)
GROUP BY measure, title_en, title_id, organisations, qualifier, date
ORDER BY count(*) OVER (PARTITION BY measure) DESC, most DESC, measure, date, organisations, qualifier
"""


def partners(connection: duckdb.DuckDBPyConnection) -> Chart | None:
    """The counts of partners over time, a strip for each kind; None where there is none."""
    rows = connection.execute(_PARTNERS).fetchall()
    if not rows:
        return None
    result = connection.execute(_DRAWN)
    names = [column[0] for column in result.description]
    counts = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    kinds = list(dict.fromkeys(count["measure"] for count in counts))
    words = _words(counts, len(rows))
    height = _PADDING["top"] + _PADDING["bottom"] + _ROW * len(kinds)
    svg = draw("partners", words, _strips(counts, kinds), height, _PADDING)
    return Chart("partners", words.title_en, words.title_id, words.description_en, words.description_id, svg, _TABLE,
                 tuple(rows))  # fmt: skip


def _strips(counts: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> alt.LayerChart | alt.FacetChart:
    ends = [min(count["ends"] for count in counts) // 1, -(-max(count["ends"] for count in counts) // 1)]
    marks = _dodged([_mark(count, kinds.index(count["measure"])) for count in counts], ends)
    titles = list({mark["base"]: mark for mark in marks}.values())

    def at(values: Sequence[Mapping[str, Any]], y: str) -> alt.Chart:
        return over(values).encode(
            x=alt.X("at:Q", axis=alt.Axis(format="d", tickMinStep=1, tickCount=8, grid=False),
                    scale=alt.Scale(domain=ends, nice=False, zero=False)),
            y=alt.Y(f"{y}:Q", axis=None, scale=alt.Scale(domain=[len(kinds), 0], nice=False)),
        )  # fmt: skip

    paint = alt.Color("paint:N", scale=None)
    layers = [
        at(titles, "base").mark_rule(aria=False, color=colour("grid")).encode(x=alt.value(0), x2=alt.value(_PLOT)),
        at(marks, "base").mark_rule(aria=False, strokeWidth=1.5).encode(y2="top:Q", color=paint),
        at(marks, "top").mark_point(filled=True, opacity=1, size=45)
        .encode(color=paint, shape=alt.Shape("shape:N", scale=None), description="tip:N"),
        at(marks, "above").mark_text(fontSize=10, fontWeight=600, aria=False, color=colour("ink"))
        .encode(text="label:N"),
        *in_both(at(titles, "head").encode(x=alt.value(0)), "muted", align="left", dx=-12),
    ]  # fmt: skip
    return alt.layer(*layers, width=_PLOT, height=_ROW * len(kinds))


def _mark(count: Mapping[str, Any], strip: int) -> dict[str, Any]:
    """A count in its strip, whose name stands at the top; a point at the greatest count stays below it."""
    base = strip + 1.0
    label = f"{_HEDGES.get(count['qualifier'], '')}{count['organisations']}"
    return {
        "at": count["ends"], "base": base, "top": base - _MOST * (count["height"] or 0), "head": strip + 0.17,
        "en": count["title_en"], "id": count["title_id"], "label": label,
        "paint": colour("flagged" if count["flagged"] else "accent"),
        "shape": "cross" if count["flagged"] else "circle", "tip": tip(label, count["date"], count["sources"]),
    }  # fmt: skip


def _dodged(marks: Sequence[Mapping[str, Any]], ends: Sequence[float]) -> list[dict[str, Any]]:
    """With where each number stands: above its point, and higher where it would cover the one before it."""
    placed: list[dict[str, Any]] = []
    for mark in marks:
        above = mark["top"] - 11 / _ROW
        before = placed[-1] if placed and placed[-1]["base"] == mark["base"] else None
        if before:
            apart = (mark["at"] - before["at"]) / (ends[1] - ends[0]) * _PLOT
            touches = apart < 3.2 * (len(mark["label"]) + len(before["label"])) + 1
            if touches and abs(above - before["above"]) < 10 / _ROW:
                above = before["above"] - 10 / _ROW
        placed.append({**mark, "above": above})
    return placed


def _words(counts: Sequence[Mapping[str, Any]], printed: int) -> Words:
    last = {count["measure"]: count for count in counts}.values()
    listed = [
        "; ".join(f"{count[title]} {count['organisations']} ({count['date']})" for count in last)
        for title in ("title_en", "title_id")
    ]
    return Words(
        "Partners of the programme over time",
        "Mitra program dari waktu ke waktu",
        f"{printed} printed counts of {len(last)} kinds of partners; each strip has its own scale from zero. The last "
        f"of each: {listed[0]}.",
        f"{printed} angka tercetak tentang {len(last)} jenis mitra; tiap lajur berskala sendiri mulai dari nol. Yang "
        f"terakhir: {listed[1]}.",
    )
