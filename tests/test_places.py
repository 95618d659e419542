"""Places: every official region by every way of writing it; ambiguous names by their parent, by context, or not."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.ingest.places import lineage, region_keys, resolve
from tests.sources import OFFICIAL, figures, read_rows

Printed = tuple[str, str, str | None]
#: Ways of writing the level in front of a name.
WRITTEN = {
    "province": ("", "Provinsi ", "Propinsi ", "Prov. ", "Pemprov "),
    "regency": ("", "Kabupaten ", "Kab. ", "Kab.", "KABUPATEN ", "Kab ", "Pemkab "),
    "city": ("", "Kota ", "KOTA ", "Pemkot ", "Kodya ", "Kotamadya "),
    "district": ("", "Kecamatan ", "Kec. ", "Kec ", "Distrik ", "kecamatan\u00a0"),
}
LEVEL_WORDS = ("Kabupaten Administrasi ", "Kota Administrasi ", "Kabupaten ", "Kota ")


def official(name: str) -> list[dict[str, str | None]]:
    with (OFFICIAL / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{column: cell or None for column, cell in row.items()} for row in csv.DictReader(file)]


REGIONS = {str(row["region_code"]): row for row in official("regions")}
ENGINE = ibis.duckdb.connect()
KEYS = ENGINE.create_table(
    "keys",
    region_keys(
        ENGINE.create_table("regions", pa.Table.from_pylist(list(REGIONS.values()))),
        ENGINE.create_table("names", pa.Table.from_pylist(official("names"))),
    ),
)
LINEAGE = ENGINE.create_table("lineage", lineage(ENGINE.table("regions")))
PLACE = ("source", "level", "region_as_printed", "within_as_printed")


def resolved(printed: Iterable[tuple[str, str, str, str | None]]) -> dict[tuple[Any, ...], str]:
    """The region code of each place (source, level, name, within) that has one."""
    cells = list(dict.fromkeys(printed))
    schema = pa.schema([(name, pa.string()) for name in PLACE])
    rows = [dict(zip(PLACE, cell, strict=True)) for cell in cells]
    places = ENGINE.create_table("places", pa.Table.from_pylist(rows, schema), overwrite=True)
    found = resolve(places, KEYS, LINEAGE).to_pyarrow().to_pylist()
    codes = {tuple(row[name] for name in PLACE): row["region_code"] for row in found}
    assert len(codes) == len(found)
    return codes


def alone(level: str, name: str, within: str | None = None) -> str | None:
    """The region that a source with this one figure means."""
    return resolved([("koran", level, name, within)]).get(("koran", level, name, within))


def base(code: str) -> str:
    """The official name without the word for its level."""
    name = str(REGIONS[code]["name"])
    if REGIONS[code]["level"] in ("regency", "city"):
        return next(name.removeprefix(words) for words in LEVEL_WORDS if name.startswith(words))
    return name


def unresolved(asked: Sequence[tuple[str, Printed]]) -> list[tuple[str, Printed, str | None]]:
    """Of printed places with the code that is meant, those that lead elsewhere; each is a source by itself."""
    places = [(str(number), *printed) for number, (_, printed) in enumerate(asked)]
    got = resolved(places)
    return [
        (code, printed, got.get(place))
        for (code, printed), place in zip(asked, places, strict=True)
        if got.get(place) != code
    ]


def of_level(*levels: str) -> list[str]:
    return [code for code, row in REGIONS.items() if row["level"] in levels]


def test_every_regency_and_city_is_known_by_every_way_of_writing_it_in_its_province() -> None:
    asked = [
        (code, (level, words + base(code), province))
        for code in of_level("regency", "city")
        for level in [str(REGIONS[code]["level"])]
        for words in WRITTEN[level]
        for province in (str(REGIONS[code[:2]]["name"]), f"Provinsi {REGIONS[code[:2]]['name']}")
    ]
    assert len(asked) == 2 * (416 * 7 + 98 * 6)
    assert unresolved(asked) == []


def test_every_district_is_known_in_its_regency_or_city() -> None:
    asked = [
        (code, ("district", words + base(code), parent))
        for code in of_level("district")
        for official_parent in [str(REGIONS[code[:5]]["name"])]
        for words in WRITTEN["district"]
        for parent in (official_parent, official_parent.replace("Kabupaten", "Kab."))
    ]
    assert len(asked) == 7285 * 12
    assert unresolved(asked) == []


def test_all_provinces_of_before_and_after_2022_are_known_without_a_parent() -> None:
    provinces = of_level("province")
    asked = [(code, ("province", words + base(code), None)) for code in provinces for words in WRITTEN["province"]]
    assert len(provinces) == 38
    assert sum(REGIONS[code]["established"] is None for code in provinces) == 34
    assert unresolved(asked) == []


def test_every_other_name_leads_to_its_region_in_its_province() -> None:
    asked = [
        (code, (str(REGIONS[code]["level"]), str(row["name"]), None if code == "00" else parent))
        for row in official("names")
        for code in [str(row["region_code"])]
        for parent in [str(REGIONS[code[:2] if len(code) > 2 else "00"]["name"])]
    ]
    assert len(asked) > 350
    assert unresolved(asked) == []


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.sampled_from(of_level("regency", "city")), min_size=1, max_size=100),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
    st.sampled_from([" ", "  ", "\u00a0", " - ", "\u200b ", "\n"]),
    st.sampled_from(["{}", " {}.", "\u200b{}", "'{}'"]),
)
def test_case_and_punctuation_of_a_name_do_not_matter(codes: list[str], case: Any, space: str, around: str) -> None:
    asked: list[tuple[str, Printed]] = []
    for code in codes:
        printed = around.format(case(str(REGIONS[code]["name"])).replace(" ", space))
        asked.append((code, (str(REGIONS[code]["level"]), printed, str(REGIONS[code[:2]]["name"]))))
    assert unresolved(asked) == []


@pytest.mark.parametrize(
    ("level", "name", "within", "code"),
    [
        ("nation", "Indonesia", None, "00"),
        ("nation", "seluruh Indonesia", None, "00"),
        ("nation", "Nasional", None, "00"),
        ("province", "se-Kaltim", None, "64"),
        ("province", "Sumatra Utara", None, "12"),
        ("province", "D.I. Yogyakarta", None, "34"),
        ("province", "East Java Province", None, "35"),
        ("province", "Irian Jaya Barat", None, "92"),
        ("regency", "Kotabaru", "Kalsel", "63.02"),
        ("regency", "Kab. Kota Baru", None, "63.02"),
        ("regency", "Kotawaringin Barat", None, "62.01"),
        ("regency", "Kab. Adm. Kepulauan Seribu", None, "31.01"),
        ("regency", "Banjar Regency", None, "63.03"),
        ("regency", "Toba Samosir", None, "12.12"),
        ("city", "Kota Adm. Jakarta Selatan", None, "31.74"),
        ("city", "Kotamobagu", None, "71.74"),
        ("city", "Kota Mobagu", None, "71.74"),
        ("city", "Banjar", None, "32.79"),
        ("district", "Kapanewon Wonosari", "Gunungkidul", "34.03.01"),
        ("district", "Kecamatan Landasan Ulin", None, "63.72.02"),
        ("district", "Sorong", "Kota Sorong", "96.71.01"),
        ("district", "Sorong", "Kab. Sorong", "96.01.18"),
        ("district", "Jetis", "Kota Yogyakarta", "34.71.02"),
        ("district", "Jetis", "Kab. Bantul", "34.02.09"),
    ],
)
def test_printed_name_leads_to_its_region(level: str, name: str, within: str | None, code: str) -> None:
    assert alone(level, name, within) == code


@pytest.mark.parametrize(
    ("level", "name", "within"),
    [
        ("province", "NTP", None),
        ("city", "Kota Cilacap", None),
        ("regency", "Kota Tegal", None),
        ("city", "Kabupaten Tegal", None),
        ("regency", "Banjar", "Jawa Barat"),
        ("city", "Banjarbaru", "Nowhere"),
        ("district", "Landasan Ulin", "Kota Banjar"),
        ("district", "Sorong", "Sorong"),
        ("district", "Jetis", None),
        ("district", "", None),
        ("regency", "Kabupaten", None),
        ("city", "***", None),
        ("island", "Jawa", None),
        ("province", "Banjar", None),
        ("regency", "Kabupaten Banjar' OR 1=1", None),
    ],
)
def test_name_that_means_nothing_or_two_regions_is_left_open(level: str, name: str, within: str | None) -> None:
    assert alone(level, name, within) is None


def test_name_of_two_regions_is_told_by_what_else_the_source_names() -> None:
    jetis = ("koran", "district", "Jetis", None)
    for other, code in ((("city", "Kota Yogyakarta"), "34.71.02"), (("regency", "Bantul"), "34.02.09")):
        assert resolved([jetis, ("koran", *other, None)])[jetis] == code
        assert jetis not in resolved([jetis, ("another paper", *other, None)])
    both = [jetis, ("koran", "city", "Kota Yogyakarta", None), ("koran", "regency", "Bantul", None)]
    assert jetis not in resolved(both)
    assert jetis not in resolved([jetis, ("koran", "nation", "Indonesia", None)])


def test_nearest_region_of_the_source_decides() -> None:
    jetis = ("koran", "district", "Jetis", None)
    named = [jetis, ("koran", "province", "DIY", None), ("koran", "regency", "Bantul", None)]
    assert resolved(named)[jetis] == "34.02.09"
    assert jetis not in resolved(named[:2])


def test_moved_regency_is_known_in_its_old_and_its_new_province() -> None:
    moved = [code for code, row in REGIONS.items() if row["moved_on"]]
    assert len(moved) == 26
    asked = [
        (code, (str(REGIONS[code]["level"]), str(REGIONS[code]["name"]), str(REGIONS[parent]["name"])))
        for code in moved
        for parent in (code[:2], str(REGIONS[code]["former_parent_code"]))
    ]
    assert unresolved(asked) == []


def test_parent_is_the_one_at_the_time_of_the_figure(tmp_path: Path) -> None:
    times = [
        ({"period_start": "2020", "period_end": "2020"}, "91"),
        ({"period_start": "2020", "period_end": "2022-07-24"}, "91"),
        ({"period_start": "2020", "period_end": "2022-07-25"}, "94"),
        ({"period_start": "2020", "period_end": "2022"}, "94"),
        ({"as_of": "2021-03"}, "91"),
        ({"as_of": "2023-03"}, "94"),
        ({}, "94"),
    ]
    mimika = [{"region": "Mimika", "level": "regency", **when} for when, _ in times]
    got = figures(read_rows(tmp_path, *mimika))
    assert [(row["region_code"], row["parent_code"]) for row in got] == [("94.04", parent) for _, parent in times]


def test_day_of_publication_dates_a_figure_that_has_no_date(tmp_path: Path) -> None:
    descriptor = "name: koran\npublished: 2020-05-01\n"
    [row] = figures(read_rows(tmp_path, {"region": "Mimika", "level": "regency"}, descriptor=descriptor))
    assert row["parent_code"] == "91"


def test_lineage_has_every_ancestor_of_every_region_by_both_parents() -> None:
    above = LINEAGE.filter(LINEAGE.region_code.isin(["63.72.02", "94.04", "63"])).to_pyarrow().to_pylist()
    assert sorted((row["region_code"], row["ancestor_code"], row["generation"]) for row in above) == [
        ("63", "00", 1), ("63.72.02", "00", 3), ("63.72.02", "63", 2), ("63.72.02", "63.72", 1),
        ("94.04", "00", 2), ("94.04", "91", 1), ("94.04", "94", 1),
    ]  # fmt: skip
    assert LINEAGE.count().execute() == 38 + 514 * 2 + 26 + 7285 * 3 + sum(
        REGIONS[code[:5]]["moved_on"] is not None for code in of_level("district")
    )
