"""The charts of the catalogue page: the same bytes, the table behind, nothing by colour alone, nothing hostile."""

import csv
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lxml import etree

from flows.publish.site.charts import DARK, LIGHT, Chart, charts
from flows.publish.site.partners import partners
from flows.publish.site.series import waves, years
from flows.publish.site.tiles import GRID, tiles
from flows.store import store
from tests.small import Rows, verdict
from tests.sources import OFFICIAL, ROOT

NAMES = ["tiles", "years", "waves", "partners"]
HOSTILE = "<script>alert('1')</script> ]]> &amp; \" onload=x"
NATION = 8  # the place of the nation's figure among the small verdict's
_PRINT = """
import hashlib, sys, duckdb
from flows.publish.site.charts import charts
drawn = charts(duckdb.connect(sys.argv[1], read_only=True))
print(hashlib.sha256(repr(drawn).encode()).hexdigest())
"""


def waves_too(rows: Rows) -> None:
    """A second figure on the nation, of another source's waves, and a second province, so that every chart has two."""
    first = rows["figures"][NATION]
    rows["figures"].append(first | {"row": 16, "wave_from": 1, "wave_to": 47, "value_as_printed": "16,4 juta",
                                    "value": Decimal(16_400_000), "lower": Decimal(16_350_000)})  # fmt: skip
    rows["regions"].append(rows["regions"][6] | {"region_code": "64", "name": "Kalimantan Timur"})
    of_province = next(row for row in rows["recipients"] if row["region_code"] == "63")
    rows["recipients"].append(of_province | {"region_code": "64", "recipients": 100_000})


def connected(tmp_path: Path, *changes: Callable[[Rows], object]) -> duckdb.DuckDBPyConnection:
    def change(rows: Rows) -> None:
        for each in (waves_too, *changes):
            each(rows)

    return duckdb.connect(store(verdict(change), tmp_path).path, read_only=True)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return connected(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def usual(connection: duckdb.DuckDBPyConnection) -> dict[str, Chart]:
    return charts(connection)


def some(chart: Chart | None) -> Chart:
    assert chart
    return chart


def elements(chart: Chart, tag: str = "*") -> list[Any]:
    return list(etree.fromstring(chart.svg).iter(f"{{http://www.w3.org/2000/svg}}{tag}"))


def texts(chart: Chart, tag: str = "text") -> list[str]:
    return ["".join(element.itertext()) for element in elements(chart, tag)]


def points(chart: Chart) -> list[Any]:
    """The marks that a figure has: those with a tooltip."""
    return [element for element in elements(chart, "path") if element.find("{*}title") is not None]


def test_every_province_has_one_square() -> None:
    with (OFFICIAL / "regions.csv").open() as official:
        provinces = [row["region_code"] for row in csv.DictReader(official) if row["level"] == "province"]
    assert sorted(GRID) == sorted(provinces)
    assert len({(column, row) for column, row, _ in GRID.values()}) == len(GRID)
    assert len({label for _, _, label in GRID.values()}) == len(GRID)


@pytest.mark.parametrize(
    ("west", "east"), [("11", "14"), ("31", "33"), ("33", "35"), ("61", "64"), ("81", "91"), ("51", "52"), ("52", "53")]
)
def test_provinces_stand_from_west_to_east(west: str, east: str) -> None:
    assert GRID[west][0] < GRID[east][0]


@pytest.mark.parametrize(("north", "south"), [("71", "73"), ("61", "51"), ("33", "34"), ("65", "63"), ("82", "81")])
def test_provinces_stand_from_north_to_south(north: str, south: str) -> None:
    assert GRID[north][1] < GRID[south][1]


def test_the_same_tables_give_the_same_bytes(connection: duckdb.DuckDBPyConnection, usual: dict[str, Chart]) -> None:
    assert list(usual) == NAMES
    again = [make(connection) for make in (partners, waves, tiles, years)]
    assert {some(chart).name: chart for chart in again} == usual


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(connection: duckdb.DuckDBPyConnection, usual: dict[str, Chart]) -> None:
    path = connection.execute("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()[0][0]
    seen = {
        subprocess.run(
            [sys.executable, "-c", _PRINT, str(path)], cwd=ROOT, check=True, capture_output=True, text=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed, zone in (("1", "Asia/Jakarta"), ("2", "America/New_York"))
    }  # fmt: skip
    assert seen == {hashlib.sha256(repr(usual).encode()).hexdigest() + "\n"}


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("partners", "SELECT {} FROM partners"),
        ("tiles", "SELECT {} FROM recipients JOIN regions USING (region_code) WHERE level = 'province'"),
        ("years", "SELECT {} FROM figures WHERE region_code = '00' AND measure = 'recipients'"),
        ("waves", "SELECT {} FROM figures WHERE region_code = '00' AND measure = 'recipients' AND wave_to = 47"),
    ],
)
def test_the_table_behind_holds_what_is_drawn(
    connection: duckdb.DuckDBPyConnection, usual: dict[str, Chart], name: str, query: str
) -> None:
    columns = ", ".join(f'"{column}"' for column in usual[name].columns)
    direct = connection.execute(query.format(columns)).fetchall()
    assert direct
    assert sorted(usual[name].rows, key=str) == sorted(direct, key=str)
    assert len(points(usual[name])) == len(direct)


def test_the_map_shows_what_most_provinces_have(tmp_path: Path) -> None:
    def another_period(rows: Rows) -> None:
        """One province more has a figure for 2023 only, which is later but less."""
        rows["recipients"].append(
            rows["recipients"][0] | {"period": "2023-01-01/2023-12-31", "period_start": date(2023, 1, 1),
                                     "period_end": date(2023, 12, 31), "recipients": 999_000}
        )  # fmt: skip

    shown = some(tiles(connected(tmp_path, another_period)))
    assert "2020-01-01 to 2022-12-31" in shown.title_en
    assert "2020-01-01 s.d. 2022-12-31" in shown.title_id
    assert "999" not in shown.svg


def test_a_province_without_a_figure_is_no_zero(tmp_path: Path) -> None:
    def without(rows: Rows) -> None:
        rows["regions"].append(rows["regions"][6] | {"region_code": "62", "name": "Kalimantan Tengah"})
        rows["regions"].append(
            rows["regions"][6] | {"region_code": "96", "name": "Papua Barat Daya", "established": date(2023, 1, 2)}
        )

    shown = some(tiles(connected(tmp_path, without)))
    marks = {element.findtext("{*}title"): element for element in points(shown)}
    assert marks["Kalimantan Tengah"].get("fill") == "var(--paper)"
    assert marks["Kalimantan Tengah"].get("stroke-dasharray")
    assert "No figure for the same period and waves: Kalimantan Tengah." in shown.description_en
    assert "Founded later: Papua Barat Daya." in shown.description_en
    assert ("62", "Kalimantan Tengah", *[None] * 7) in shown.rows


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_holds_nothing_that_runs_or_loads(usual: dict[str, Chart], name: str) -> None:
    chart = usual[name]
    assert re.findall(r"https?://[^\"]*", chart.svg) == ["http://www.w3.org/2000/svg"]
    attributes = {attribute for element in elements(chart) for attribute in element.attrib}
    assert not [each for each in attributes if each == "style" or each.startswith("on") or "href" in each]
    tags = {etree.QName(element).localname for element in elements(chart)}
    assert tags <= {"svg", "g", "path", "line", "text", "title", "desc", "rect", "defs", "clipPath"}


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_takes_colours_and_font_from_the_page(usual: dict[str, Chart], name: str) -> None:
    chart = usual[name]
    used = {element.get(paint) for element in elements(chart) for paint in ("fill", "stroke")} - {None, "none"}
    assert used <= {f"var(--{role})" for role in LIGHT}
    root = etree.fromstring(chart.svg)
    assert (root.get("width"), root.get("height"), root.get("font-family")) == (None, None, "inherit")
    assert not [element for element in root.iterdescendants() if "font-family" in element.attrib]
    assert root.get("viewBox").split()[:3] == ["0", "0", "390"]


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_says_what_it_shows_in_both_languages(usual: dict[str, Chart], name: str) -> None:
    chart = usual[name]
    root = etree.fromstring(chart.svg)
    told = {element.get("id"): (element.get("lang"), element.text) for element in root if element.get("id")}
    named = [told[each] for each in root.get("aria-labelledby").split() + root.get("aria-describedby").split()]
    assert root.get("role") == "img"
    assert named == [
        ("en", chart.title_en), ("id", chart.title_id), ("en", chart.description_en), ("id", chart.description_id)
    ]  # fmt: skip
    languages = [element.get("class") for element in elements(chart, "text") if element.get("class")]
    assert languages
    assert languages.count("lang-en") == languages.count("lang-id") == len(languages) / 2


def test_ids_are_unique_on_a_page(usual: dict[str, Chart]) -> None:
    ids = list(chain(*(re.findall(r' id="([^"]+)"', chart.svg) for chart in usual.values())))
    assert len(ids) == len(set(ids)) >= 16


def test_a_hostile_title_is_text(tmp_path: Path) -> None:
    def rename(rows: Rows) -> None:
        for row in (*rows["sources"], rows["regions"][6]):
            row["title" if "title" in row else "name"] = HOSTILE + "\u0001\n"
        for row in rows["measures"]:
            row |= {"title_en": HOSTILE, "title_id": HOSTILE}

    for chart in charts(connected(tmp_path, rename)).values():
        assert "<script" not in chart.svg
        assert [each for each in texts(chart, "title") + texts(chart) if HOSTILE in each]


def test_flagged_is_told_without_colour(tmp_path: Path, usual: dict[str, Chart]) -> None:
    def flag(rows: Rows) -> None:
        rows["figures"][NATION]["status"] = "flagged"
        rows["recipients"][0]["status"] = rows["partners"][0]["status"] = "flagged"

    flagged = charts(connected(tmp_path, flag))
    for name in ("years", "partners"):
        was, now = ([mark.get("d") for mark in points(each[name])] for each in (usual, flagged))
        assert len(was) == len(now)
        assert len(set(was) ^ set(now)) >= 1
    flags = [[mark for mark in elements(each["tiles"], "path") if mark.get("fill") == "var(--flagged)"]
             for each in (usual, flagged)]  # fmt: skip
    assert [len(each) for each in flags] == [0, 1]
    assert any("flagged" in text for text in texts(flagged["tiles"]))


@pytest.mark.parametrize(("bound", "word"), [("upper", "or more"), ("lower", "or less")])
def test_an_open_end_is_an_arrow(tmp_path: Path, bound: str, word: str) -> None:
    shown = some(years(connected(tmp_path, lambda rows: rows["figures"][NATION].update({bound: None}))))
    assert f"arrow: {word}" in texts(shown)
    assert any("…" in text for text in texts(shown, "title"))


def test_without_figures_there_is_no_chart(tmp_path: Path) -> None:
    def empty(rows: Rows) -> None:
        for table in ("figures", "recipients", "partners", "findings", "finding_figures", "suspects"):
            rows[table] = []

    assert charts(connected(tmp_path, empty)) == {}


def test_zeros_can_be_drawn(tmp_path: Path) -> None:
    def nobody(rows: Rows) -> None:
        for row in rows["figures"]:
            row |= {column: None if row[column] is None else Decimal(0) for column in ("value", "lower", "upper")}
        for row in rows["recipients"]:
            row |= {"recipients": 0, "lower": 0, "upper": 0}
        rows["partners"][0]["organisations"] = 0

    shown = charts(connected(tmp_path, nobody))
    assert list(shown) == NAMES
    assert "NaN" not in "".join(chart.svg for chart in shown.values())


def test_text_and_marks_stand_out_in_both_themes() -> None:
    for theme in (LIGHT, DARK):
        assert _contrast(theme["paper"], theme["ink"]) >= 7
        for role in ("muted", "accent", "flagged"):
            assert _contrast(theme["paper"], theme[role]) >= 4.5
        steps = [theme[f"scale-{step}"] for step in range(6)]
        assert all(_contrast(colour, theme[f"on-scale-{step}"]) >= 4.5 for step, colour in enumerate(steps))
        lights = [_light(colour) for colour in steps]
        assert lights == sorted(lights, reverse=theme is LIGHT)
        assert all(_contrast(one, other) > 1.15 for one, other in combinations(steps, 2))
    assert list(LIGHT) == list(DARK)


def _light(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_light(one), _light(other)))
    return (light + 0.05) / (dark + 0.05)
