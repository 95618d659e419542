"""Families of regions: against their parent, in part, in full, and with members missing or twice."""

from typing import Any

import pytest

from tests.cases import (
    BANJARBARU,
    GORONTALO,
    KALTARA,
    case,
    everything,
    family,
    findings,
    held,
    real,
    row,
    told,
    values,
)

SUM = "children_sum_to_parent"
PART = "children_do_not_exceed_parent"
COMPLETE = "family_is_complete"
SUPPORTED = "stated_total_is_supported"
FAMILIES = (SUM, PART, COMPLETE, SUPPORTED)

PROVINCES = (
    "Aceh",
    "Sumut",
    "Sumbar",
    "Riau",
    "Jambi",
    "Sumsel",
    "Bengkulu",
    "Lampung",
    "Babel",
    "Kepri",
    "DKI Jakarta",
    "Jabar",
    "Jateng",
    "DIY",
    "Jatim",
    "Banten",
    "Bali",
    "NTB",
    "NTT",
    "Kalbar",
    "Kalteng",
    "Kalsel",
    "Kaltim",
    "Kaltara",
    "Sulut",
    "Sulteng",
    "Sulsel",
    "Sultra",
    "Gorontalo",
    "Sulbar",
    "Maluku",
    "Malut",
    "Papua",
    "Papua Barat",
)
NEW = ("Papua Selatan", "Papua Tengah", "Papua Pegunungan", "Papua Barat Daya")
#: The 29 regencies and cities of Papua as it was, and the 9 that it kept.
PAPUA_NOW = (
    "Kabupaten Jayapura",
    "Kepulauan Yapen",
    "Biak Numfor",
    "Sarmi",
    "Keerom",
    "Waropen",
    "Supiori",
    "Mamberamo Raya",
    "Kota Jayapura",
)
PAPUA_MOVED = (
    "Merauke",
    "Boven Digoel",
    "Mappi",
    "Asmat",
    "Nabire",
    "Puncak Jaya",
    "Paniai",
    "Mimika",
    "Puncak",
    "Dogiyai",
    "Intan Jaya",
    "Deiyai",
    "Jayawijaya",
    "Pegunungan Bintang",
    "Yahukimo",
    "Tolikara",
    "Mamberamo Tengah",
    "Yalimo",
    "Lanny Jaya",
    "Nduga",
)
KALTARA_IS = ("Kaltara", "province", "1.500")


def month(name: str) -> dict[str, str]:
    return {"period_start": name, "period_end": name}


def nation(total: str, names: tuple[str, ...], value: str = "10", **more: Any) -> list[dict[str, str]]:
    return family(("Indonesia", "nation", total), [(name, "province", value) for name in names], **more)


def papua(total: str, names: tuple[str, ...], **more: Any) -> list[dict[str, str]]:
    members = [(name, "city" if name.startswith("Kota") else "regency", "10") for name in names]
    return family(("Papua", "province", total), members, **more)


def changed(members: tuple[tuple[str, str, str], ...], number: int, value: str) -> list[tuple[str, str, str]]:
    return [(name, level, value if n == number else own) for n, (name, level, own) in enumerate(members)]


HOLDS = {
    name: case(f"families-holds-{name}", rows)
    for name, rows in {
        "city": family(("Banjarbaru", "city", "23.111"), BANJARBARU),
        "province": family(KALTARA_IS, KALTARA),
        "rounded-total": family(("Kaltara", "province", "1,5 ribu"), KALTARA),
        "rounded-up": family(("Kaltara", "province", "1,6 ribu"), changed(KALTARA, 0, "150")),
        "cut-off": family(("Kaltara", "province", "1,5 ribu"), changed(KALTARA, 0, "199")),
        "rounded-members": family(KALTARA_IS, changed(KALTARA, 4, "0,5 ribu")),
        "at-least": [row("Kaltara", "province", "recipients", "1.000", qualifier="at_least"), *family(None, KALTARA)],
        "at-most": [row("Kaltara", "province", "recipients", "9.000", qualifier="at_most"), *family(None, KALTARA)],
        "34-provinces": nation("340", PROVINCES, **month("2021-03")),
        "37-provinces": nation("370", PROVINCES + NEW[:3], **month("2022-10")),
        "38-provinces": nation("380", PROVINCES + NEW, **month("2023-03")),
        "34-of-late": nation("340", PROVINCES, **month("2024-03")),
        "papua-before": papua("290", PAPUA_NOW + PAPUA_MOVED, **month("2021-05")),
        "papua-after": papua("90", PAPUA_NOW, **month("2023-05")),
    }.items()
}
DIFFERS = case("families-differs", family(("Kaltara", "province", "1.510"), KALTARA))
ROUNDED_DIFFERS = case(
    "families-rounded-differs", family(("Kaltara", "province", "1,6 ribu"), changed(KALTARA, 0, "149"))
)
AT_LEAST = case(
    "families-at-least", row("Kaltara", "province", "recipients", "1.501", qualifier="at_least"), family(None, KALTARA)
)
#: The parent's figure is of something else than the list, and must not be held against it.
PAIRS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "period": ("recipients", month("2021-07"), month("2022-07")),
    "wave": ("recipients", {"wave_from": 42, "wave_to": 42}, {"wave_from": 43, "wave_to": 43}),
    "sex": ("recipients", {"sex": "female"}, {"sex": "male"}),
    "age": ("recipients", {"age_group": "18-25"}, {}),
    "day": ("recipients", {"as_of": "2021-01-01"}, {"as_of": "2021-02-01"}),
    "measure": ("quota", {}, {}),
}
OTHERWISE = {
    name: case(
        f"families-otherwise-{name}", row("Kaltara", "province", measure, "9", **parent), family(None, KALTARA, **own)
    )
    for name, (measure, parent, own) in PAIRS.items()
}
#: What does not add up over regions is not added up.
NOT_ADDED = case("families-not-added", family(("Kaltara", "province", "9"), KALTARA, "quota_requested"))
ALONE = case("families-alone", family(None, KALTARA))
TWICE_STATED = case(
    "families-twice-stated", family(KALTARA_IS, KALTARA), row("Kaltara", "province", "recipients", "1.400")
)
FOUR = case("families-four", family(("Gorontalo", "province", "1.500"), GORONTALO[:4]))
THREE = case("families-three", family(("Gorontalo", "province", "1.500"), GORONTALO[:3]))
TOO_MUCH = case("families-too-much", family(("Gorontalo", "province", "599"), GORONTALO[:3]))
JUST = case("families-just", family(("Gorontalo", "province", "600"), GORONTALO[:3]))
FIVE = case("families-five", family(("Gorontalo", "province", "2.100"), GORONTALO[:5]))
GAP = case("families-gap", family(("Gorontalo", "province", "1.500"), GORONTALO[:5]))
DOUBLE = case("families-double", family(("Kaltara", "province", "1.600"), (*KALTARA, KALTARA[0]), locator="tabel 1"))
DOUBLE_WRONG = case("families-double-wrong", family(("Kaltara", "province", "1.500"), (*KALTARA, KALTARA[0])))
BOTH = case(
    "families-both", family(("Gorontalo", "province", "1.600"), (*GORONTALO[:5], GORONTALO[0]), locator="tabel 1")
)
#: The text tells the largest member again: no double of the list.
REPEATED = case(
    "families-repeated",
    family(KALTARA_IS, KALTARA, locator="tabel 1"),
    row("Kota Tarakan", "city", "recipients", "500", within="Kaltara", locator="p3"),
)
#: Two of fifteen are missing, one of four, and most of a list without its total.
MOST_OF_MANY = case(
    "families-most-of-many",
    family(
        ("Lampung", "province", "99"),
        [(name, "regency", "5") for name in (
            "Lampung Selatan", "Lampung Tengah", "Lampung Utara", "Lampung Barat", "Tulang Bawang", "Tanggamus",
            "Lampung Timur", "Way Kanan", "Pesawaran", "Pringsewu", "Mesuji", "Tulang Bawang Barat", "Pesisir Barat")],
    ),
)  # fmt: skip
ONE_OF_FOUR = case(
    "families-one-of-four",
    family(("Kota Banjar", "city", "99"), [(name, "district", "5") for name in ("Banjar", "Pataruman", "Purwaharja")]),
)
MOST_ALONE = case("families-most-alone", family(None, GORONTALO[:4]))
#: A total that fits with the double and without it, and one that fits neither way.
DOUBLE_EITHER = case(
    "families-double-either",
    family(("Kaltara", "province", "1,4 ribu"), [*changed(KALTARA, 0, "1"), ("Bulungan", "regency", "1")]),
)
DOUBLE_NEITHER = case("families-double-neither", family(("Kaltara", "province", "9.999"), (*KALTARA, KALTARA[0])))
FEW_BY_TEXT = case(
    "families-few-by-text",
    row("Bengkulu", "province", "regencies_covered", "6"),
    family(None, [(name, "regency", "5") for name in ("Kaur", "Seluma")]),
)
BY_TEXT = case(
    "families-by-text",
    row("Bengkulu", "province", "regencies_covered", "6"),
    family(None, [(name, "regency", "5") for name in ("Kaur", "Seluma", "Lebong", "Mukomuko")]),
)
#: The text says that three have any: three are all.
ALL_BY_TEXT = case(
    "families-all-by-text",
    row("Gorontalo", "province", "regencies_covered", "3"),
    family(("Gorontalo", "province", "601"), GORONTALO[:3]),
)
PAPUA_SHORT = case(
    "families-papua-short",
    papua("280", PAPUA_NOW + PAPUA_MOVED[:-1], **month("2021-09")),
)
NEW_ONE_MISSING = case("families-new-one-missing", nation("370", PROVINCES + NEW[:3], **month("2023-11")))
SISTER = case(
    "families-across-list", family(None, [(n, lv, v) for n, lv, v in GORONTALO], "recipients", wave_from=2, wave_to=5)
)
SISTER_TOTAL = case(
    "families-across-total", row("Gorontalo", "province", "recipients", "2.200", wave_from=2, wave_to=5)
)
SISTER_WOMEN = case(
    "families-across-women", row("Gorontalo", "province", "recipients", "9", wave_from=2, wave_to=5, sex="female")
)
EARLY = {"period_start": "2021-02-01", "period_end": "2021-03-15"}
SISTER_DATED = [
    case("families-dated-list", family(None, GORONTALO, **EARLY)),
    case("families-dated-total", row("Gorontalo", "province", "recipients", "9.999", **EARLY)),
]
SISTER_OTHER = case(
    "families-across-other", row("Gorontalo", "province", "recipients", "2.200", wave_from=2, wave_to=6)
)


@pytest.mark.parametrize("name", HOLDS)
def test_a_family_that_adds_up_holds(name: str) -> None:
    assert findings(HOLDS[name]) == []
    assert held(HOLDS[name], SUM) == {1}
    assert held(HOLDS[name], COMPLETE) == {2}


def test_a_sum_that_differs_is_told_with_its_family() -> None:
    (finding,) = findings(DIFFERS)
    assert (finding.rule, finding.outcome, finding.severity, finding.row) == (SUM, "sum_differs", "error", 1)
    assert values(finding.printed, finding.found, finding.difference) == (1510, 1500, -10)
    assert {place[2] for place in finding.evidence} == {1, 2, 3, 4, 5, 6}
    assert finding.message_en == (
        "Kalimantan Utara: 1.510 is printed, but its 5 members in families-differs sum to 1,500, 10 less."
    )
    assert finding.message_id == (
        "Kalimantan Utara: tercetak 1.510, tetapi 5 anggotanya di families-differs berjumlah 1.500, kurang 10."
    )


def test_intervals_that_just_miss_differ() -> None:
    assert told(ROUNDED_DIFFERS, SUM) == [("sum_differs", 1, "1,6 ribu", 1549)]
    assert told(AT_LEAST, SUM) == [("sum_differs", 1, "1.501", 1500)]


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_parent_of_something_else_is_no_parent(name: str) -> None:
    assert {each.outcome for each in findings(OTHERWISE[name])} == {"parent_missing"}


def test_a_sum_is_only_held_where_the_measure_adds_up() -> None:
    assert findings(NOT_ADDED) == []
    assert all(held(NOT_ADDED, rule) == set() for rule in FAMILIES)


def test_a_list_without_a_parent_is_no_pass() -> None:
    (finding,) = findings(ALONE)
    assert (finding.rule, finding.outcome, finding.severity) == (SUM, "parent_missing", "warning")
    assert values(finding.row, finding.found) == (1, 1500)
    assert finding.message_en == (
        "Kalimantan Utara: all 5 members are listed and sum to 1,500, but no figure for Kalimantan Utara itself is there"
        " to compare."
    )
    assert held(ALONE, SUM) == set()


def test_a_parent_that_stands_twice() -> None:
    assert {(each.rule, each.outcome, each.row) for each in findings(TWICE_STATED)} == {
        (SUM, "parent_twice", 1), (SUM, "sum_differs", 7), ("figure_appears_once", "different_value", 7),
    }  # fmt: skip
    (twice,) = [each for each in findings(TWICE_STATED) if each.outcome == "parent_twice"]
    assert "1.500, 1.400" in twice.message_en
    assert "berjumlah 1.500" in twice.message_id


def test_most_of_a_list_leaves_a_rest_for_those_that_are_missing() -> None:
    assert {(each.rule, each.outcome, each.severity) for each in findings(FOUR)} == {
        (SUM, "children_missing", "warning"), (COMPLETE, "most", "warning"),
    }  # fmt: skip
    (rest,) = findings(FOUR, SUM)
    assert rest.message_en == (
        "Gorontalo: 1.500 cannot be tested in full: 4 members sum to 1,000, leaving 500 for Kabupaten Gorontalo Utara,"
        " Kota Gorontalo."
    )
    assert held(FOUR, PART) == {1}


def test_a_choice_of_members_is_held_to_nothing_but_its_parent() -> None:
    assert findings(THREE) == []
    assert findings(JUST) == []
    assert held(THREE, PART) == held(JUST, PART) == {1}
    assert told(TOO_MUCH, PART) == [("exceeds", 1, "599", 600)]
    (finding,) = findings(TOO_MUCH)
    assert finding.message_en == (
        "Gorontalo: 599 is printed, but 3 of its members in families-too-much alone sum to 600, 1 more."
    )


def test_a_list_that_lacks_one_member_sets_out_to_be_complete() -> None:
    assert {(each.rule, each.outcome, each.severity) for each in findings(FIVE)} == {
        (SUM, "children_missing", "warning"), (COMPLETE, "missing", "error"),
    }  # fmt: skip
    (finding,) = findings(FIVE, COMPLETE)
    assert finding.message_en == (
        "Gorontalo: the list in families-five has 5 of 6 members, so that it reads as complete, but lacks: Kota Gorontalo."
    )
    assert {place[2] for place in finding.evidence} == {2, 3, 4, 5, 6}


def test_a_list_sets_out_to_be_complete_by_its_length() -> None:
    for source, listed, due in ((MOST_OF_MANY, 13, 15), (ONE_OF_FOUR, 3, 4)):
        (finding,) = findings(source, COMPLETE)
        assert values(finding.outcome, finding.printed, finding.found) == ("missing", listed, due)
    assert {(each.rule, each.outcome) for each in findings(MOST_ALONE)} == {(COMPLETE, "most")}


def test_a_total_that_fits_although_a_member_is_missing_is_not_supported() -> None:
    assert told(GAP, SUPPORTED) == [("gap", 1, "1.500", 1500)]
    (finding,) = findings(GAP, SUPPORTED)
    assert finding.message_en == (
        "Gorontalo: 1.500 fits the list in families-gap, although members are missing: Kota Gorontalo."
    )
    assert told(FIVE, SUPPORTED) == []
    assert held(FIVE, SUPPORTED) == {1}


def test_a_total_that_fits_only_with_a_double_is_not_supported() -> None:
    assert told(DOUBLE, SUPPORTED) == [("double", 1, "1.600", 1500)]
    assert told(DOUBLE, SUM) == [("sum_differs", 1, "1.600", 1500)]
    (twice,) = findings(DOUBLE, COMPLETE)
    assert (twice.outcome, twice.severity) == ("twice", "error")
    assert twice.message_en == "Kalimantan Utara: the list in families-double has a member twice: Bulungan."
    (double,) = findings(DOUBLE, SUPPORTED)
    assert [(one.row, one.kind, one.rank) for one in double.suspects if one.rank == 1] == [(7, "row_doubled", 1)]


def test_a_total_that_fits_without_the_double_is_supported() -> None:
    assert held(DOUBLE_WRONG, SUM) == held(DOUBLE_WRONG, SUPPORTED) == {1}
    assert [each.outcome for each in findings(DOUBLE_WRONG, COMPLETE)] == ["twice"]


def test_a_double_that_makes_no_difference_supports_and_refutes_nothing() -> None:
    assert held(DOUBLE_EITHER, SUPPORTED) == held(DOUBLE_NEITHER, SUPPORTED) == {1}
    assert told(DOUBLE_EITHER, SUPPORTED) == told(DOUBLE_NEITHER, SUPPORTED) == []


def test_a_double_and_a_gap_are_both_named() -> None:
    (finding,) = findings(BOTH, COMPLETE)
    assert finding.outcome == "missing_and_twice"
    assert finding.message_en.endswith(": Kabupaten Gorontalo (2x); Kota Gorontalo.")
    assert told(BOTH, SUPPORTED) == [("double", 1, "1.600", 1500)]


def test_a_text_that_repeats_a_figure_of_the_table_doubles_nothing() -> None:
    assert {each.rule for each in findings(REPEATED)} == {"figure_appears_once"}
    assert held(REPEATED, SUM) == held(REPEATED, SUPPORTED) == {1}
    assert held(REPEATED, COMPLETE) == {2}


def test_the_text_counts_the_members_of_its_list() -> None:
    assert [values(each.outcome, each.printed, each.found) for each in findings(BY_TEXT, COMPLETE)] == [
        ("missing_by_text", 4, 6)
    ]
    assert told(ALL_BY_TEXT, SUM) == [("sum_differs", 2, "601", 600)]
    assert held(ALL_BY_TEXT, COMPLETE) == {3}


def test_a_text_that_counts_many_more_than_it_lists_is_no_list() -> None:
    assert findings(FEW_BY_TEXT) == []


def test_members_are_those_of_the_day() -> None:
    (finding,) = findings(PAPUA_SHORT, COMPLETE)
    assert values(finding.outcome, finding.printed, finding.found) == ("missing", 28, 29)
    assert finding.message_en.endswith("lacks: Kabupaten Nduga.")
    (finding,) = findings(NEW_ONE_MISSING, COMPLETE)
    assert values(finding.outcome, finding.printed, finding.found) == ("missing", 37, 38)
    assert finding.message_en.endswith("lacks: Papua Barat Daya.")


def test_a_list_of_another_source_is_held_against_the_total_of_the_same_waves() -> None:
    assert told(SISTER_TOTAL, SUM) == [("sum_differs", 1, "2.200", 2100)]
    (finding,) = findings(SISTER_TOTAL, SUM)
    assert {place[0] for place in finding.evidence} == {SISTER, SISTER_TOTAL}
    assert findings(SISTER) == []
    assert findings(SISTER_OTHER) == []
    assert told(SISTER_WOMEN, SUM) == []
    assert told(SISTER_DATED[1], SUM) == [("sum_differs", 1, "9.999", 2100)]


def test_the_real_lists() -> None:
    run, spn, kompas = real(), "spn-2023-10-17-waves-1-62", "kompas-2021-02-26-provinces"
    assert run.told(spn, SUM) == [
        ("children_missing", 67, "18,36 juta", 16728164), ("children_missing", 68, "18,3 juta", 16728164),
    ]  # fmt: skip
    assert run.told(spn, SUPPORTED) == [("double", 67, "18,36 juta", 16728164), ("double", 68, "18,3 juta", 16728164)]
    (finding,) = run.findings(spn, COMPLETE)
    assert finding.outcome == "missing_and_twice"
    assert finding.message_en.endswith(
        ": Jawa Tengah (2x); Riau, Jambi, Kepulauan Bangka Belitung, Kalimantan Tengah, Kalimantan Utara, Sulawesi Barat."
    )
    (finding,) = run.findings(kompas, COMPLETE)
    assert values(finding.outcome, finding.printed, finding.found) == ("missing", 33, 34)
    assert finding.message_en.endswith("lacks: Bengkulu.")
    assert run.told("beritamaluku-2020-09-15-maluku", SUM) == [
        ("parent_twice", 1, "6.354", 6354),
        ("sum_differs", 2, "6.534", 6354),
        ("sum_differs", 3, "6.535", 6354),
    ]
    assert run.findings("poskupang-2020-05-26-ntt") == []
    assert run.held("poskupang-2020-05-26-ntt", PART) == {1}


def test_every_finding_of_a_family_has_its_rows_as_evidence() -> None:
    for each in everything().judged.findings:
        if each.rule in FAMILIES and each.source.startswith("families-"):
            assert each.evidence
