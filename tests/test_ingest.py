"""Ingest: intervals, dates, waves and groups; every row comes out once, whatever stands in it, and always the same."""

import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows.ingest import ingest
from flows.nouns import Snapshot
from flows.read import read, snapshot
from schemas.contract import FIGURE_COLUMNS
from schemas.measures import MEASURES
from schemas.tables import LEVELS, QUALIFIERS, SEXES, TABLES
from tests.sources import OFFICIAL, ROOT, few_regions, figures, ingested, read_rows, table, write

#: What the transcriber wrote, then value, lower, upper and precision; None is an open end or nothing.
INTERVALS: list[tuple[dict[str, str], tuple[str | None, str | None, str | None, str | None]]] = [
    ({"value": "23.111"}, ("23111", "23111", "23111", "1")),
    ({"value": "enam"}, ("6", "6", "6", "1")),
    ({"value": "enam", "qualifier": "counted"}, ("6", "6", "6", "1")),
    ({"value": "0"}, ("0", "0", "0", "1")),
    ({"value": "17,4 juta"}, ("17400000", "17350000", "17499999", "100000")),
    ({"value": "17 juta"}, ("17000000", "16500000", "17999999", "1000000")),
    ({"value": "793,4 ribu"}, ("793400", "793350", "793499", "100")),
    ({"value": "0,0 juta"}, ("0", "0", "99999", "100000")),
    ({"value": "251,1", "unit_mult": "3"}, ("251100", "251050", "251199", "100")),
    ({"value": "13.500", "precision": "100"}, ("13500", "13450", "13599", "100")),
    ({"value": "13.500", "precision": "1"}, ("13500", "13500", "13500", "1")),
    ({"value": "7 ribuan"}, ("7000", "6500", "7999", "1000")),
    ({"value": "700an"}, ("700", "650", "799", "100")),
    ({"value": "5.000", "qualifier": "about"}, ("5000", "4000", "6000", "1000")),
    ({"value": "515", "qualifier": "about"}, ("515", "514", "516", "1")),
    ({"value": "75 juta", "qualifier": "about"}, ("75000000", "74000000", "76000000", "1000000")),
    ({"value": "3.200", "qualifier": "about", "precision": "100"}, ("3200", "3100", "3300", "100")),
    ({"value": "500", "qualifier": "about", "precision": "1000"}, ("500", "0", "1500", "1000")),
    ({"value": "200", "qualifier": "at_least"}, ("200", "200", None, "1")),
    ({"value": "17 juta", "qualifier": "at_least"}, ("17000000", "17000000", None, "1000000")),
    ({"value": "200", "qualifier": "at_most"}, ("200", None, "200", "1")),
    ({"value": "17 juta", "qualifier": "at_most"}, ("17000000", None, "17000000", "1000000")),
    ({"value": "15,43%", "unit": "percent"}, ("15.43", "15.425", "15.44", "0.01")),
    ({"value": "9 persen", "unit": "percent"}, ("9", "8.5", "10", "1")),
    ({"value": "9 persen", "unit": "percent", "qualifier": "about"}, ("9", "8", "10", "1")),
    ({"value": "Rp 459 M", "unit": "IDR"}, ("459000000000", "458500000000", "459999999999", "1000000000")),
    ({"value": "Rp 600.000", "unit": "IDR"}, ("600000", "600000", "600000", "1")),
    ({"value": "-3,5%", "unit": "percent", "measure": "recipients_change"}, ("-3.5", "-3.6", "-3.45", "0.1")),
    ({"value": "-3,5%", "unit": "percent", "measure": "recipients_change", "qualifier": "about"},
     ("-3.5", "-3.6", "-3.4", "0.1")),
    ({"value": "-3,5%", "unit": "percent", "measure": "recipients_share"}, (None, None, None, None)),
    ({"value": "999999999999999", "unit": "percent"}, ("999999999999999", "999999999999998.5", None, "1")),
    ({"value": "999.999.999.999.999", "precision": "999999999999999"},
     ("999999999999999", "499999999999999.5", None, "999999999999999")),
    ({"value": "banyak"}, (None, None, None, None)),
    ({"value": "banyak", "precision": "100", "qualifier": "about"}, (None, None, None, None)),
    ({"value": ""}, (None, None, None, None)),
]  # fmt: skip


def test_every_figure_is_an_interval(tmp_path: Path) -> None:
    got = figures(read_rows(tmp_path, *(row for row, _ in INTERVALS)))
    names = ("value", "lower", "upper", "precision")
    told = [tuple(row[name] for name in names) for row in got]
    expected = [tuple(None if end is None else Decimal(end) for end in ends) for _, ends in INTERVALS]
    assert {str(row): ends for (row, _), ends in zip(INTERVALS, told, strict=True)} == {
        str(row): ends for (row, _), ends in zip(INTERVALS, expected, strict=True)
    }


#: Each example is a whole ingest of about a second, most of it spent on planning; shrinking would take minutes.
FEW = settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large],
)


@FEW
@given(st.lists(st.tuples(st.integers(0, 10**7), st.sampled_from([10, 100, 1000, 10**6])), min_size=1, max_size=60))
def test_interval_holds_whatever_was_rounded_or_cut_off(
    tmp_path_factory: pytest.TempPathFactory, true: list[tuple[int, int]]
) -> None:
    rounded = [{"value": str((n + step // 2) // step * step), "precision": str(step)} for n, step in true]
    cut = [{"value": str(n // step * step), "precision": str(step)} for n, step in true]
    got = figures(read_rows(tmp_path_factory.mktemp("raw"), *rounded, *cut))
    for (n, _), row in zip([*true, *true], got, strict=True):
        assert row["lower"] <= n <= row["upper"]


#: period_start, period_end as written; first and last day, or None.
PERIODS = [
    ("2020", "", date(2020, 1, 1), date(2020, 12, 31)),
    ("2020-04", "", date(2020, 4, 1), date(2020, 4, 30)),
    ("2020-04-11", "", date(2020, 4, 11), date(2020, 4, 11)),
    ("2020", "2022", date(2020, 1, 1), date(2022, 12, 31)),
    ("2020-04", "2020-12", date(2020, 4, 1), date(2020, 12, 31)),
    ("2020-02", "2024-02", date(2020, 2, 1), date(2024, 2, 29)),
    ("", "2023-02", None, date(2023, 2, 28)),
    ("", "", None, None),
    ("2022", "2020", date(2022, 1, 1), date(2020, 12, 31)),
]
NO_DATES = (
    "2020-13", "2020-00", "2020-02-30", "2023-02-29", "2020-4", "2020-4-1", "20", "20200411", "11-04-2020", "2020/04",
    "April 2020", "0000", "0000-01-01", "9999-99-99", "99999", "2020-04-11T00:00", "-2020", "2020 - 2022", "\u0662020",
)  # fmt: skip


def test_partial_date_is_read_at_its_widest(tmp_path: Path) -> None:
    rows = [{"period_start": start, "period_end": end, "as_of": start} for start, end, _, _ in PERIODS]
    got = figures(read_rows(tmp_path, *rows))
    assert [(row["period_start"], row["period_end"]) for row in got] == [period[2:] for period in PERIODS]
    assert [row["as_of"] for row in got[:3]] == [date(2020, 12, 31), date(2020, 4, 30), date(2020, 4, 11)]
    assert {row["unreadable"] for row in got} == {None}


def test_what_is_no_date_is_told_not_guessed(tmp_path: Path) -> None:
    names = ("period_start", "period_end", "as_of")
    got = figures(read_rows(tmp_path, *(dict.fromkeys(names, text) for text in NO_DATES)))
    assert {text: row["unreadable"] for text, row in zip(NO_DATES, got, strict=True)} == dict.fromkeys(
        NO_DATES, "period_start; period_end; as_of"
    )
    assert all(row[name] is None for row in got for name in names)


def test_one_end_of_the_waves_stands_for_both(tmp_path: Path) -> None:
    written = [("1", "47"), ("11", ""), ("", "11"), ("", ""), ("0", "3")]
    got = figures(read_rows(tmp_path, *({"wave_from": first, "wave_to": last} for first, last in written)))
    assert [(row["wave_from"], row["wave_to"]) for row in got] == [(1, 47), (11, 11), (11, 11), (None, None), (0, 3)]
    assert {row["unreadable"] for row in got} == {None}


#: Cells that say nothing in their column, and those of its neighbours that do.
SLIPS = {
    "wave_from": ("I", "1-4", "1.5", "99999999999999999999", "satu"),
    "unit_mult": ("ribu", "1.5", "13", "-13", "9223372036854775807", "99999999999999999999"),
    "precision": ("0", "-100", "ribuan", "NaN", "1000 orang", "1e99"),
    "qualifier": ("circa", "About", "~", "at least"),
    "level": ("kota", "City", "island"),
    "sex": ("perempuan", "f", "Female"),
    "age_group": ("18", "18 - 25", "muda", ">", "1825-1830"),
}


def test_slip_in_a_cell_is_told_with_its_column(tmp_path: Path) -> None:
    asked = [(column, cell) for column, cells in SLIPS.items() for cell in cells]
    rows = [{column: cell, **({"wave_to": "9"} if column == "wave_from" else {})} for column, cell in asked]
    got = figures(read_rows(tmp_path, *rows))
    assert {place: row["unreadable"] for place, row in zip(asked, got, strict=True)} == {
        (column, cell): column for column, cell in asked
    }


def test_what_the_contract_knows_is_readable(tmp_path: Path) -> None:
    known: dict[str, tuple[str, ...]] = {
        "qualifier": QUALIFIERS, "level": LEVELS, "sex": SEXES, "age_group": ("18-25", ">55", "<18", ">=56", "<=17"),
        "unit_mult": ("0", "3", "-2", "12"), "precision": ("1", "100", "0.01"), "wave_to": ("1", "62"),
    }  # fmt: skip
    rows = [{column: cell} for column, cells in known.items() for cell in cells]
    got = figures(read_rows(tmp_path, *rows))
    assert {row["unreadable"] for row in got} == {None}
    for row, cells in zip(got, rows, strict=True):
        [(name, cell)] = cells.items()
        assert name == "precision" or str(row[name]) == cell


def test_figure_keeps_its_token_and_its_place(tmp_path: Path) -> None:
    row = {"value": "banyak", "region": "Kota X", "within": "Y", "locator": "p3", "note": "sic", "level": "city"}
    [got] = figures(read_rows(tmp_path, row, descriptor="language: en\npublished: 2020-04-11"))
    assert (got["source"], got["resource"], got["row"], len(got["file_sha256"])) == ("koran", "figures", 1, 64)
    assert (got["value_as_printed"], got["region_as_printed"], got["within_as_printed"]) == ("banyak", "Kota X", "Y")
    assert (got["value"], got["region_code"], got["parent_code"]) == (None, None, None)
    assert (got["locator"], got["note"], got["language"]) == ("p3", "sic", "en")
    assert (got["published"], got["day"]) == (date(2020, 4, 11), date(2020, 4, 11))


def test_columns_are_those_that_are_declared(tmp_path: Path) -> None:
    got = ingested(read_rows(tmp_path, {}))
    declared = {name: [column.name for column in TABLES[name].columns] for name in TABLES}
    extra = ["whole", "unreadable", "language", "published", "day"]
    assert list(got.figures.columns) == [*(name for name in declared["figures"] if name != "status"), *extra]
    for name in ("sources", "regions", "measures", "organisations"):
        assert list(getattr(got, name).columns) == declared[name]
    for column in TABLES["figures"].columns:
        if column.name != "status":
            assert got.figures[column.name].type().copy(nullable=True) == column.type.copy(nullable=True), column.name


def test_source_tells_its_files_and_how_many_figures(tmp_path: Path) -> None:
    got = ingested(read_rows(tmp_path, {}, {}, {})).sources.to_pyarrow().to_pylist()
    assert [(row["source"], row["figures"]) for row in got] == [("koran", 3), ("regions", 0)]
    assert got[0]["files"].count("koran/") == 2


def test_regions_have_other_names_and_both_codes(tmp_path: Path) -> None:
    regions = ingested(read_rows(tmp_path, {})).regions.to_pyarrow().to_pylist()
    kalsel = next(row for row in regions if row["region_code"] == "63")
    assert (kalsel["bps_code"], kalsel["other_names"], kalsel["parent_code"]) == ("63", "Kalsel", "00")
    mimika = next(row for row in regions if row["region_code"] == "94.04")
    assert (mimika["moved_on"], mimika["former_parent_code"]) == (date(2022, 7, 25), "91")


def test_every_row_of_raw_comes_out_once() -> None:
    raw = read(ROOT / "raw", OFFICIAL)
    place = ("source", "resource", "row")
    come_in = raw.figures.select(place).to_pylist()
    come_out = ingested(raw).figures.select(*place).to_pyarrow().to_pylist()
    assert sorted(map(str, come_out)) == sorted(map(str, come_in))


def test_no_row_of_several_thousand_is_lost_or_doubled(tmp_path: Path) -> None:
    rows = [{"value": str(n), "region": f"Region {n % 7}", "within": "" if n % 3 else "Kalsel"} for n in range(5000)]
    got = figures(read_rows(tmp_path, *rows))
    assert [(row["row"], row["value"]) for row in got] == [(n + 1, n) for n in range(5000)]


def test_source_without_figures_comes_out_empty(tmp_path: Path) -> None:
    got = ingested(read_rows(tmp_path))
    assert got.figures.count().execute() == 0
    assert got.sources.count().execute() == 2


ANYTHING = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=16)
CELLS: dict[str, st.SearchStrategy[str | None]] = {
    "region": st.sampled_from(["Banjarbaru", "Kab. Banjar", "Banjar", "Kalsel", "", "Mimika"]),
    "level": st.sampled_from([*LEVELS, "kota", ""]),
    "within": st.sampled_from(["", "Kalsel", "Jawa Barat", "Papua"]),
    "measure": st.sampled_from([*MEASURES, "xyzzy"]),
    "unit": st.sampled_from(["person", "percent", "IDR", "rank", ""]),
    "value": st.sampled_from(["6.276", "17,4 juta", "15,43%", "Rp 459 M", "-5", "999.999.999.999.999", ""]),
    "qualifier": st.sampled_from([*QUALIFIERS, ""]),
    "precision": st.sampled_from(["", "100", "-1", "999999999999999", "1e14"]),
    "unit_mult": st.sampled_from(["", "3", "-3", "14", "999999999", "9223372036854775807"]),
    "period_start": st.sampled_from(["2020", "2020-02-30", ""]),
    "period_end": st.sampled_from(["2022", "9999-12", "0000", ""]),
    "wave_from": st.sampled_from(["1", "999999999999", ""]),
}
ROW = st.fixed_dictionaries(
    {name: (CELLS.get(name, ANYTHING) | ANYTHING | st.none()) for name in FIGURE_COLUMNS}
)  # fmt: skip


def of_cells(frame: Snapshot, rows: list[dict[str, str | None]]) -> Snapshot:
    """The same snapshot with other figures, which need not have passed through a file."""
    places = [{"source": "koran", "resource": "figures", "row": n, "file_sha256": "0"} for n in range(1, len(rows) + 1)]
    told = [{**place, **row} for place, row in zip(places, rows, strict=True)]
    table_of_rows = pa.Table.from_pylist(told, frame.figures.schema)
    return Snapshot(**{**vars(frame), "figures": table_of_rows})


@FEW
@given(rows=st.lists(ROW, min_size=20, max_size=60))
def test_whatever_stands_in_the_cells_every_row_comes_out_once(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str | None]]
) -> None:
    frame = read_rows(tmp_path_factory.mktemp("raw"), {})
    got = figures(of_cells(frame, rows))
    assert [row["row"] for row in got] == list(range(1, len(rows) + 1))
    for row, written in zip(got, rows, strict=True):
        assert (row["value_as_printed"], row["note"]) == (written["value"], written["note"])
        if row["value"] is not None:
            assert row["precision"] > 0
            assert row["lower"] is None or row["lower"] <= row["value"]
            assert row["upper"] is None or row["value"] <= row["upper"]


LINES: list[dict[str, str]] = [
    {"region": "Banjarbaru", "level": "city", "value": "23.111"},
    {"region": "Banjar", "level": "regency", "value": "17,4 juta", "qualifier": "about"},
    {"region": "Banjar", "level": "city", "value": "banyak"},
    {"region": "Landasan Ulin", "level": "district", "within": "Kota Banjarbaru", "value": "6.276"},
    {"region": "Mimika", "level": "regency", "value": "seratus", "as_of": "2021"},
    {"region": "", "level": "", "value": "Rp 459 M", "unit": "IDR", "measure": "budget"},
    {"region": "Banjarbaru", "level": "city", "value": "23.111"},
]


def without_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Figures without what tells one line from another: row and hash of the file."""
    return sorted(str({name: cell for name, cell in row.items() if name not in ("row", "file_sha256")}) for row in rows)


@FEW
@given(st.permutations(range(len(LINES))), st.permutations(FIGURE_COLUMNS), st.booleans())
def test_order_of_rows_columns_and_files_changes_nothing_but_the_row(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], columns: list[str], turned: bool
) -> None:
    root = tmp_path_factory.mktemp("raw")
    official = few_regions(root)
    other = write(root / "other", datapackage="name: other", figures=table(LINES[:3]))
    plain = write(root / "plain" / "koran", datapackage="name: koran", figures=table(LINES))
    shuffled = write(root / "shuffled" / "koran", datapackage="name: koran", figures=table(LINES[n] for n in order))
    content = pa.csv.read_csv(
        shuffled / "figures.csv", convert_options=pa.csv.ConvertOptions(strings_can_be_null=False)
    )
    pa.csv.write_csv(content.select(columns), shuffled / "figures.csv")
    folders = [other, shuffled] if turned else [shuffled, other]
    assert without_lines(figures(snapshot(folders, official))) == without_lines(
        figures(snapshot([plain, other], official))
    )


PROGRAM = """
import hashlib, json, sys
from pathlib import Path
import ibis
from flows.ingest import ingest
from flows.read import snapshot
read = snapshot([Path(sys.argv[1])], Path(sys.argv[2]))
figures = ingest(read, ibis.duckdb.connect()).figures.order_by("row").to_pyarrow().to_pylist()
json.dump([{name: str(cell) for name, cell in row.items()} for row in figures], sys.stdout)
"""


SURROUNDINGS = {
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "LANG": "tr_TR.UTF-8",
    "PYTHONUTF8": "0",
    "PYTHONHASHSEED": "7",
}


def test_time_zone_language_and_hash_seed_change_nothing(tmp_path: Path) -> None:
    dated = [{**LINES[0], "period_start": "2020-02", "note": "İstanbul \u00e9"}, *LINES[1:]]
    expected = figures(read_rows(tmp_path, *dated, descriptor="name: koran\npublished: 2020-04-11T23:30:00Z\n"))
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "koran"), str(tmp_path / "official")],
        env={**os.environ, **SURROUNDINGS, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout) == [{name: str(cell) for name, cell in row.items()} for row in expected]
    assert expected[0]["published"] == date(2020, 4, 11)


def test_one_thread_or_many_give_the_same(tmp_path: Path) -> None:
    rows = read_rows(tmp_path, *(LINES * 300))
    got = []
    for threads in (1, 4):
        engine = ibis.duckdb.connect()
        engine.raw_sql(f"SET threads = {threads}")
        got.append(ingest(rows, engine).figures.order_by(["source", "resource", "row"]).to_pyarrow())
    assert got[0].equals(got[1])
