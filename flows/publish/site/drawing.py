"""Draw: an Altair chart as inline SVG, with words in two languages, that takes colours and font from the page.

The stylesheet defines these custom properties, for instance from `LIGHT` and `DARK`:
`--paper` (behind the chart), `--ink` (text and marks), `--muted` (axes, secondary text, outlines), `--grid`, `--accent`
(figures), `--flagged` (flagged figures), `--scale-0` to `--scale-5` (the steps of a sequential scale, from few to many)
and `--on-scale-0` to `--on-scale-5` (text upon them). `CSS` holds the rules that a chart needs beside them.

Text has a contrast of at least 4.5 to 1 and marks of 3 to 1 to what is behind them; the steps of the scale need not, as
each tile has an outline and a number. The scale runs from light yellow to dark blue, in the dark the other way round,
and never depends on telling red from green.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert
from lxml import etree

#: Width of every drawing, in its own units: as many pixels as a phone has, so that text is read there at its size.
WIDTH = 390
#: Steps of the sequential scale.
STEPS = 6
LIGHT: Mapping[str, str] = {
    "paper": "#ffffff", "ink": "#1c2733", "muted": "#566370", "grid": "#dfe4e8", "accent": "#1f6f8b",
    "flagged": "#c2410c",
    "scale-0": "#e9f2dc", "scale-1": "#c3e3c3", "scale-2": "#83c9bf", "scale-3": "#3f9fb0", "scale-4": "#1f6a93",
    "scale-5": "#123a6b",
    "on-scale-0": "#101820", "on-scale-1": "#101820", "on-scale-2": "#101820", "on-scale-3": "#101820",
    "on-scale-4": "#ffffff", "on-scale-5": "#ffffff",
}  # fmt: skip
DARK: Mapping[str, str] = {
    "paper": "#14191f", "ink": "#e8edf2", "muted": "#a3b0bd", "grid": "#323c46", "accent": "#5cc0de",
    "flagged": "#ff9d5c",
    "scale-0": "#22384f", "scale-1": "#26567a", "scale-2": "#2a7d97", "scale-3": "#46a9a5", "scale-4": "#93d2a7",
    "scale-5": "#dff2c8",
    "on-scale-0": "#ffffff", "on-scale-1": "#ffffff", "on-scale-2": "#ffffff", "on-scale-3": "#101820",
    "on-scale-4": "#101820", "on-scale-5": "#101820",
}  # fmt: skip
#: A chart fills its column up to where its text would look large; of its words, those in the page's language show.
CSS = """\
svg.chart { display: block; width: 100%; max-width: 36rem; height: auto; }
:root:not(:lang(id)) svg.chart .lang-id, :root:lang(id) svg.chart .lang-en { display: none; }
"""
LANGUAGES = ("en", "id")
#: From ... to; alone, nothing.
DASH = "\N{EN DASH}"

_VEGA_LITE = "6.4"
_SVG = "http://www.w3.org/2000/svg"
_ROLES = tuple(LIGHT)
#: Stands for a role and a language until the drawing is made; no real colour of ours begins like it.
_SENTINEL = re.compile(r"#fe(?P<role>[0-9a-f]{2})(?P<language>[0-9a-f]{2})")
#: Characters that XML has no way to hold.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_KEPT = (
    "clip-path", "d", "fill", "font-size", "font-weight", "height", "id", "opacity", "stroke", "stroke-dasharray",
    "stroke-width", "text-anchor", "transform", "width", "x", "x2", "y", "y2",
)  # fmt: skip
_USUAL = (("opacity", "1"), ("stroke-width", "1"), ("transform", "translate(0,0)"), ("text-anchor", "start"))


@dataclass(frozen=True)
class Chart:
    """A drawing with its words and the table behind it."""

    name: str
    title_en: str
    title_id: str
    description_en: str
    description_id: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Words:
    """What a chart says, in both languages: its title, and a description for who does not see it."""

    title_en: str
    title_id: str
    description_en: str
    description_id: str


def colour(role: str, language: str | None = None) -> str:
    """The colour of a role in the page's palette; with a language, the mark shows in that language only."""
    number = 0 if language is None else 1 + LANGUAGES.index(language)
    return f"#fe{_ROLES.index(role):02x}{number:02x}"


def tip(*parts: object) -> str:
    """What shows over a mark: the parts that are there, on one line."""
    return " ".join(" · ".join(str(part) for part in parts if part is not None).split())


def grouped(count: int) -> str:
    """A whole number that reads the same in both languages: its thousands set apart by a thin space."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def interval(lower: int | None, upper: int | None) -> str:
    """What a figure may be, in numbers; an open end is three dots."""
    ends = ("…" if bound is None else grouped(bound) for bound in (lower, upper))
    return DASH.join(dict.fromkeys(ends))


def over(values: Iterable[Mapping[str, Any]]) -> alt.Chart:
    """A chart of these rows, still without a mark. As text, because Altair copies a list value by value, many times."""
    return alt.Chart(alt.InlineData(values=json.dumps(list(values)), format=alt.JsonDataFormat(type="json")))


def in_both(chart: alt.Chart, role: str, **mark: Any) -> list[alt.Chart]:
    """A layer of text for each language, from the columns `en` and `id`."""
    return [
        chart.mark_text(color=colour(role, language), aria=False, **mark).encode(text=f"{language}:N")
        for language in LANGUAGES
    ]


def draw(name: str, words: Words, chart: alt.TopLevelMixin, height: int, padding: Mapping[str, int]) -> str:
    """The chart as SVG, `WIDTH` wide and `height` high, without a style, a script or an address.

    Nothing is laid out by the width of text, which depends on the machine's fonts; `padding` is what the axes need.
    """
    spec = chart.to_dict() | {
        "padding": dict(padding), "autosize": {"type": "none"}, "background": None, "config": _config(),
    }  # fmt: skip
    root = etree.fromstring(_ILLEGAL.sub("", vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE)).encode())
    for element in list(root.iter(etree.Element)):
        _plain(element)
    _name_ids(root, name)
    root.attrib.clear()
    root.attrib.update(
        {
            "class": "chart", "viewBox": f"0 0 {WIDTH} {height}", "role": "img", "font-family": "inherit",
            "aria-labelledby": " ".join(f"chart-{name}-title-{language}" for language in LANGUAGES),
            "aria-describedby": " ".join(f"chart-{name}-description-{language}" for language in LANGUAGES),
        }
    )  # fmt: skip
    for element in reversed(_told(name, words)):
        root.insert(0, element)
    etree.cleanup_namespaces(root)
    drawn: str = etree.tostring(root, encoding="unicode")
    return drawn


def _config() -> dict[str, Any]:
    axis = {
        "labelColor": colour("muted"), "gridColor": colour("grid"), "tickColor": colour("muted"), "domain": False,
        "labelFontSize": 11, "labelBound": False, "labelOverlap": False, "labelFlush": False, "title": None,
    }  # fmt: skip
    return {"axis": axis, "view": {"stroke": None}, "text": {"fontSize": 11}, "concat": {"spacing": 0}}


def _plain(element: Any) -> None:
    """Leave of an element what draws; its colour becomes the page's, its label a tooltip."""
    label = element.get("aria-label") if element.get("aria-roledescription") != "axis" else None
    if element.get("display") == "none" or element.get("d") in ("", "M0,0h0v0h0Z"):
        element.getparent().remove(element)
        return
    languages = {language for name in ("fill", "stroke") if (language := _paint(element, name))}
    for name in element.attrib:
        if name in _KEPT and (name, element.get(name)) not in _USUAL:
            element.set(name, _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}", element.get(name)))
        else:
            del element.attrib[name]
    if languages:
        language = languages.pop()
        element.set("class", f"lang-{language}")
        element.set("lang", language)
    if label:
        etree.SubElement(element, f"{{{_SVG}}}title").text = label


def _paint(element: Any, name: str) -> str | None:
    """Replace a sentinel by the page's colour; returns the language that it stands for, if any."""
    found = _SENTINEL.fullmatch(element.get(name, ""))
    if not found:
        return None
    element.set(name, f"var(--{_ROLES[int(found['role'], 16)]})")
    number = int(found["language"], 16)
    return LANGUAGES[number - 1] if number else None


def _name_ids(root: Any, name: str) -> None:
    """Ids count up within a process: give them the chart's name and the order in which they stand."""
    named = {element.get("id"): f"chart-{name}-{number}" for number, element in enumerate(root.iterfind(".//*[@id]"))}
    for element in root.iter():
        if "id" in element.attrib:
            element.set("id", named[element.get("id")])
        if "clip-path" in element.attrib:
            element.set("clip-path", f"url(#{named[element.get('clip-path')[5:-1]]})")


def _told(name: str, words: Words) -> Sequence[Any]:
    told = []
    for kind, tag in (("title", "title"), ("description", "desc")):
        for language in LANGUAGES:
            element = etree.Element(f"{{{_SVG}}}{tag}", id=f"chart-{name}-{kind}-{language}", lang=language)
            element.text = _ILLEGAL.sub("", getattr(words, f"{kind}_{language}"))
            told.append(element)
    return told
