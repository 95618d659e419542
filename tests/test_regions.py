"""The official regions: complete, without orphans, built by one command, and known by the names that are printed."""

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from scripts import build_regions
from scripts.build_regions import FOUNDED, Refused, as_csv, changes, main, oddities, official, regions

FOLDER = Path(__file__).parents[1] / "raw" / "regions"
LEVEL_WORDS = {
    "province": r"^provinsi ",
    "regency": r"^(kabupaten administrasi|kabupaten|kab\.) ",
    "city": r"^(kota administrasi|kota) ",
    "district": r"^(kecamatan|kec\.) ",
}


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


REGIONS = {row["region_code"]: row for row in read("regions.csv")}
NAMES = read("names.csv")


def key(level: str, name: str) -> str:
    """A name without the word for its level, case, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", re.sub(LEVEL_WORDS.get(level, "^$"), "", name.lower()))


def known_as() -> dict[tuple[str, str], set[str]]:
    """The codes of all regions of a level that go by a name."""
    codes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in REGIONS.values():
        codes[row["level"], key(row["level"], row["name"])].add(row["region_code"])
    for row in NAMES:
        level = REGIONS[row["region_code"]]["level"]
        codes[level, key(level, row["name"])].add(row["region_code"])
    return codes


def test_counts_are_those_of_the_decree() -> None:
    levels = Counter(row["level"] for row in REGIONS.values())
    assert levels == {"nation": 1, "province": 38, "regency": 416, "city": 98, "district": 7285}
    assert len(read("regions.csv")) == len(REGIONS) == 7838
    decree = yaml.safe_load((FOLDER / "datapackage.yaml").read_text(encoding="utf-8"))
    assert "300.2.2-2138" in decree["title"]
    assert decree["licenses"][0]["name"] == "MIT"
    assert "Cahya DSN" in (FOLDER / "LICENSE-wilayah.txt").read_text(encoding="utf-8")


def test_every_code_fits_its_level_and_lies_in_its_parent() -> None:
    depth = {"province": 2, "regency": 5, "city": 5, "district": 8}
    for code, row in REGIONS.items():
        if row["level"] == "nation":
            assert (code, row["parent_code"], row["name"]) == ("00", "", "Indonesia")
            continue
        assert len(code) == depth[row["level"]]
        assert row["parent_code"] in REGIONS
        assert row["parent_code"] == (code[:-3] or "00")
        assert (row["level"] == "city") == (len(code) == 5 and code[3:] > "70")


def test_every_province_has_regencies_and_every_regency_and_city_has_districts() -> None:
    parents = {row["parent_code"] for row in REGIONS.values()}
    assert {code for code, row in REGIONS.items() if row["level"] != "district"} <= parents


def test_names_are_unique_among_siblings() -> None:
    siblings = Counter((row["parent_code"], row["level"], key(row["level"], row["name"])) for row in REGIONS.values())
    assert [sibling for sibling, times in siblings.items() if times > 1] == []


def test_papua_is_split_as_the_laws_of_2022_say() -> None:
    founded = {code: row["established"] for code, row in REGIONS.items() if row["established"]}
    assert founded == {"93": "2022-07-25", "94": "2022-07-25", "95": "2022-07-25", "96": "2022-12-08"}
    moved = {code: (row["moved_on"], row["former_parent_code"]) for code, row in REGIONS.items() if row["moved_on"]}
    assert Counter(former for _, former in moved.values()) == {"91": 20, "92": 6}
    assert moved["94.01"] == ("2022-07-25", "91")
    assert moved["96.71"] == ("2022-12-08", "92")
    assert set(moved) == {code for code, row in REGIONS.items() if row["parent_code"] in FOUNDED}
    assert all((row["moved_on"] == "") == (row["former_parent_code"] == "") for row in REGIONS.values())


@pytest.mark.parametrize(
    ("code", "level", "name"),
    [
        ("63", "province", "Kalimantan Selatan"),
        ("63.72", "city", "Kota Banjarbaru"),
        ("63.72.02", "district", "Landasan Ulin"),
        ("63.02", "regency", "Kabupaten Kotabaru"),
        ("31.01", "regency", "Kabupaten Administrasi Kepulauan Seribu"),
        ("71.74", "city", "Kota Kotamobagu"),
        ("12.12", "regency", "Kabupaten Toba"),
        ("91", "province", "Papua"),
    ],
)
def test_known_regions_stand_in_the_list(code: str, level: str, name: str) -> None:
    assert (REGIONS[code]["level"], REGIONS[code]["name"]) == (level, name)


def test_banjarbaru_has_the_five_districts_of_the_first_source() -> None:
    districts = [row["name"] for row in REGIONS.values() if row["parent_code"] == "63.72"]
    assert districts == ["Landasan Ulin", "Cempaka", "Banjarbaru Utara", "Banjarbaru Selatan", "Liang Anggang"]


def test_other_names_refer_to_regions_and_stand_once() -> None:
    assert {row["region_code"] for row in NAMES} <= set(REGIONS)
    pairs = [(row["region_code"], row["name"]) for row in NAMES]
    assert pairs == sorted(set(pairs))
    assert {row["kind"] for row in NAMES} == {"abbreviation", "english", "former", "other", "short", "spelling"}


def test_no_other_name_is_the_official_name_of_another_region_of_its_level() -> None:
    official_codes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in REGIONS.values():
        official_codes[row["level"], key(row["level"], row["name"])].add(row["region_code"])
    for row in NAMES:
        level = REGIONS[row["region_code"]]["level"]
        assert official_codes[level, key(level, row["name"])] <= {row["region_code"]}, row


def test_other_names_are_unambiguous_within_level_and_province() -> None:
    meant: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in NAMES:
        code = row["region_code"]
        level = REGIONS[code]["level"]
        meant[level, code[:2], key(level, row["name"])].add(code)
    assert {name: codes for name, codes in meant.items() if len(codes) > 1} == {}
    across = {name for (level, name), codes in known_as().items() if len(codes) > 1 and level != "district"}
    assert across == {"mura"}


@pytest.mark.parametrize(
    ("level", "printed", "code"),
    [
        ("province", "Provinsi NTB", "52"),
        ("province", "Kepulauan Babel", "19"),
        ("province", "Sumatra Utara", "12"),
        ("province", "Nanggroe Aceh Darussalam", "11"),
        ("province", "DKI Jakarta", "31"),
        ("province", "D.I. Yogyakarta", "34"),
        ("province", "Kep. Riau", "21"),
        ("regency", "Kabupaten Biak", "91.06"),
        ("regency", "Rote", "53.14"),
        ("regency", "Kab. Gunung Kidul", "34.03"),
        ("regency", "Barsel", "62.04"),
        ("regency", "Toba Samosir", "12.12"),
        ("regency", "Maluku Tenggara Barat", "81.03"),
        ("regency", "Sitaro", "71.09"),
        ("regency", "Kepulauan Seribu", "31.01"),
        ("city", "Jaksel", "31.74"),
        ("city", "Kota Tanjungpinang", "21.72"),
        ("city", "Solo", "33.72"),
        ("city", "Ujung Pandang", "73.71"),
        ("city", "Banjar Baru", "63.72"),
        ("nation", "Nasional", "00"),
    ],
)
def test_printed_name_leads_to_one_region(level: str, printed: str, code: str) -> None:
    assert known_as()[level, key(level, printed)] == {code}


def test_bps_codes_are_there_for_all_provinces_regencies_and_cities_and_stand_once() -> None:
    codes = {row["region_code"]: row["bps_code"] for row in read("bps_codes.csv")}
    assert set(codes) == {code for code in REGIONS if len(code) < 8} - {"00"}
    assert len(set(codes.values())) == len(codes)
    assert all(len(bps) == (2 if len(code) == 2 else 4) for code, bps in codes.items())
    assert (codes["63.72"], codes["11.01"], codes["91"], codes["12.12"]) == ("6372", "1103", "94", "1206")


def test_files_are_utf8_with_lf_only() -> None:
    for path in FOLDER.iterdir():
        content = path.read_bytes()
        assert b"\r" not in content
        assert content.decode("utf-8").endswith("\n")


def test_building_again_gives_the_same_bytes_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "regions.csv"
    assert main([str(copy)]) == 0
    assert copy.read_bytes() == (FOLDER / "regions.csv").read_bytes()
    assert "+ 00 Indonesia" in capsys.readouterr().out
    assert main([str(copy)]) == 0
    printed = capsys.readouterr().out
    assert "No region changed." in printed
    assert "district 7,285" in printed


def test_changes_name_what_was_added_removed_and_renamed() -> None:
    old = as_csv(regions(official()))
    new = old.replace(b",Kota Banjarbaru,", b",Kota Banjar Baru,").replace(b"63.72.02,", b"63.72.01,")
    assert changes(old, new) == [
        "~ 63.72 name: Kota Banjarbaru -> Kota Banjar Baru", "+ 63.72.01 Landasan Ulin", "- 63.72.02 Landasan Ulin",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (("63.72", "Kota Banjarbaru"), "63.72 stands 2 times."),
        (("63.72.09", "cempaka"), "2 regions of 63.72 are named cempaka."),
        (("63.99.01", "Somewhere"), "63.99.01 Somewhere lies in 63.99, which is not listed."),
        (("63.14", "Kabupaten Sungai"), "63.14 Kabupaten Sungai has nothing in it."),
        (("63.14", "Kota Sungai"), "63.14 Kota Sungai: the code is that of a Kabupaten."),
        (("63.74", "Sungai"), "63.74 Sungai: the code is that of a Kota."),
        (("6372", "Sungai"), "6372 Sungai: the code is not of the form 63, 63.72 or 63.72.02."),
        (("63.72.09", "Two  Spaces"), "63.72.09 Two  Spaces: the name is empty or has stray spaces."),
    ],
)
def test_odd_data_are_refused_by_name(extra: tuple[str, str], said: str) -> None:
    assert oddities(official()) == []
    odd = [*official(), extra]
    assert said in oddities(odd)
    with pytest.raises(Refused, match=re.escape(said)):
        regions(odd)


def test_province_that_the_script_splits_off_must_be_listed() -> None:
    without = [(code, name) for code, name in official() if not code.startswith("96")]
    assert "Province 96 is not listed; look at FOUNDED in this script." in oddities(without)


def test_refusal_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "regions.csv"
    copy.write_bytes(b"as it was\n")
    monkeypatch.setattr(build_regions, "official", lambda: [("63", "Kalimantan Selatan")])
    assert main([str(copy)]) == 1
    assert copy.read_bytes() == b"as it was\n"
    assert "63 Kalimantan Selatan has nothing in it." in capsys.readouterr().err
