"""The row rules: can a row be understood, and does its cell stand there once?"""

import pytest

from tests.cases import case, everything, findings, held, real, row, told

NATION = ("Indonesia", "nation")
KALSEL = ("Kalsel", "province")
ONE = "figure_appears_once"

READABLE = case(
    "rows-readable",
    row(*NATION, "recipients", ""),
    row(*NATION, "recipients", "banyak"),
    row(*NATION, "recipients", "17,4 juta"),
    row(*NATION, "partners_job_portals", "enam"),
    row(*KALSEL, "recipients", "190,796"),
    row(*NATION, "recipients_share", "15,43%"),
    row(*NATION, "quota", "251,1", unit_mult="3"),
    row(*NATION, "quota", "5", qualifier="kira-kira"),
    row(*NATION, "quota", "5", precision="seribu"),
    row(*NATION, "quota", "5", unit_mult="99"),
)
REGIONS = case(
    "rows-regions",
    row("Kalimantan Utra", "province", "recipients", "5"),
    row("Wonosari", "district", "recipients", "5"),
    row("", "regency", "recipients", "5"),
    row("Kalsel", "propinsi", "recipients", "5"),
    row("acara alumni", "", "event_attendance", "300"),
    row("Kecamatan Wonosari", "district", "recipients", "5", within="Gunungkidul"),
    row("Atlantis Raya", "province", "recipients", "5"),
    row("Bl", "province", "recipients", "5"),
    row("Landasan Ulin", "district", "recipients", "5", within="Gunungkidul"),
)
MEASURES = case(
    "rows-measures",
    row(*NATION, "penerima", "5"),
    row(*NATION, "recipients", "5", unit="household"),
    row(*NATION, "recipients", "5", unit=""),
    row(*NATION, "recipients", "5", sex="wanita"),
    row(*NATION, "recipients", "5", age_group="muda"),
    row(*NATION, "recipients", "5", sex="female", age_group=">55"),
    row(*NATION, "recipients", "5", age_group="18-25"),
)
PERIODS = case(
    "rows-periods",
    row(*NATION, "recipients", "5", period_start="kemarin"),
    row(*NATION, "recipients", "5", period_start="2021", period_end="2020"),
    row(*NATION, "recipients", "5", wave_from=3, wave_to=2),
    row(*NATION, "recipients", "5", wave_from=0, wave_to=2),
    row(*NATION, "recipients", "5", wave_from="satu"),
    row(*NATION, "recipients", "5", as_of="2020-02-30"),
    row(*NATION, "recipients", "6", period_start="2020-04-11", period_end="2020-04-11"),
    row(*NATION, "recipients", "7", period_start="2020", period_end="2020-04"),
    row(*NATION, "recipients", "8", wave_from=2, wave_to=2),
)
OPEN_PART = case(
    "rows-open-part",
    row("bazar", "", "event_attendance", "100"),
    row("bazar", "", "event_attendance", "30", qualifier="at_least"),
    row("bazar", "", "event_attendance", "20"),
)
ONCE = case(
    "rows-once",
    row(*KALSEL, "recipients", "412.154"),
    row(*KALSEL, "recipients", "412.154"),
    row(*KALSEL, "recipients", "412.155"),
    row(*KALSEL, "quota", "412.154"),
    row(*KALSEL, "quota", "412 ribu"),
)
#: One cell each, for everything that tells two figures apart.
APART = case(
    "rows-apart",
    row(*KALSEL, "recipients", "1"),
    row(*KALSEL, "recipients", "2", wave_from=2, wave_to=2),
    row(*KALSEL, "recipients", "3", wave_from=2, wave_to=3),
    row(*KALSEL, "recipients", "4", period_start="2021", period_end="2021"),
    row(*KALSEL, "recipients", "5", period_start="2021", period_end="2022"),
    row(*KALSEL, "recipients", "6", sex="female"),
    row(*KALSEL, "recipients", "7", sex="male"),
    row(*KALSEL, "recipients", "8", age_group="18-25"),
    row(*KALSEL, "recipients", "9", as_of="2021-05-01"),
    row(*KALSEL, "quota", "10"),
    row("Kaltim", "province", "recipients", "11"),
    row("acara", "", "event_attendance", "12"),
    row("acara lain", "", "event_attendance", "13"),
)
#: 50.891 is the total of 30.363 and 20.528, which the contract has no column to tell apart.
TOTAL_AND_PARTS = case(
    "rows-total-and-parts",
    *(row(*KALSEL, "candidates_laid_off", value) for value in ("50.891", "30.363", "20.528")),
    *(row(*KALSEL, "candidates_furloughed", value) for value in ("50.892", "30.363", "20.528")),
)
ROUNDED_AMONG = case(
    "rows-rounded-among", *(row(*KALSEL, "recipients", value) for value in ("1.449", "1,4 ribu", "700"))
)
SHARES_OF_GROUPS = case(
    "rows-shares-of-groups",
    row(*KALSEL, "recipients_share", "60,69%"),
    row(*KALSEL, "recipients_share", "16,00%"),
    row(*KALSEL, "recipients_share", "16%"),
)


@pytest.mark.parametrize(
    ("source", "rule", "expected"),
    [
        (
            READABLE,
            "value_is_readable",
            {1: "empty", 2: "unreadable", 8: "hedge", 9: "hedge", 10: "hedge"},
        ),
        (
            REGIONS,
            "region_is_known",
            {1: "unknown", 2: "ambiguous", 3: "no_name", 4: "no_level", **dict.fromkeys((7, 8, 9), "unknown")},
        ),
        (MEASURES, "measure_is_known", {1: "unknown", 2: "unit", 3: "unit", 4: "group", 5: "group"}),
        (
            PERIODS,
            "period_is_ordered",
            {1: "unreadable", 2: "period", 3: "waves", 4: "waves", 5: "unreadable", 6: "unreadable"},
        ),
    ],
)
def test_a_row_that_cannot_be_understood_is_named_and_quarantined(
    source: str, rule: str, expected: dict[int, str]
) -> None:
    assert {each.row: each.outcome for each in findings(source, rule)} == expected
    statuses = everything().statuses(source)
    assert {number for number, status in statuses.items() if status == "quarantined"} == set(expected)
    assert held(source, rule) == set(statuses) - set(expected)
    assert {each.rule for each in findings(source) if each.row in expected} == {rule}


@pytest.mark.parametrize(
    ("source", "number", "english", "indonesian"),
    [
        (
            READABLE, 2,
            "`banyak` cannot be read as a number of person. Correct the transcription, or keep it and note the issue.",
            "`banyak` tidak dapat dibaca sebagai angka (orang). Betulkan salinan, atau catat sebagai masalah.",
        ),
        (
            READABLE, 8,
            "The column qualifier holds something that the raw contract does not know.",
            "Kolom qualifier berisi sesuatu yang tidak dikenal kontrak data mentah.",
        ),
        (
            REGIONS, 1,
            "No province is called `Kalimantan Utra`. Nearest: Kalimantan Utara (65).",
            "Tidak ada provinsi bernama `Kalimantan Utra`. Terdekat: Kalimantan Utara (65).",
        ),
        (
            REGIONS, 7,
            "No province is called `Atlantis Raya`. Nearest: -.",
            "Tidak ada provinsi bernama `Atlantis Raya`. Terdekat: -.",
        ),
        (
            REGIONS, 8,
            "No province is called `Bl`. Nearest: -.",
            "Tidak ada provinsi bernama `Bl`. Terdekat: -.",
        ),
        (
            REGIONS, 9,
            "No district is called `Landasan Ulin` in Gunungkidul. Nearest: Landasan Ulin (63.72.02).",
            "Tidak ada kecamatan bernama `Landasan Ulin` di Gunungkidul. Terdekat: Landasan Ulin (63.72.02).",
        ),
        (
            MEASURES, 2,
            "`recipients` is counted in person, but the row says `household`.",
            "`recipients` dihitung dalam person, tetapi baris menyebut `household`.",
        ),
        (
            PERIODS, 2,
            "The period ends on 2020-12-31 before it starts on 2021-01-01.",
            "Periode berakhir pada 2020-12-31 sebelum dimulai pada 2021-01-01.",
        ),
        (
            PERIODS, 3,
            "The waves run from 3 to 2; the first wave is 1.",
            "Gelombang dari 3 sampai 2; gelombang pertama adalah 1.",
        ),
    ],
)  # fmt: skip
def test_the_message_says_what_is_wrong_in_both_languages(
    source: str, number: int, english: str, indonesian: str
) -> None:
    (finding,) = [each for each in findings(source) if each.row == number]
    assert (finding.message_en, finding.message_id) == (english, indonesian)


def test_an_ambiguous_name_lists_every_region_that_has_it() -> None:
    (finding,) = [each for each in findings(REGIONS) if each.row == 2]
    assert finding.message_en.startswith("Several regions are called `Wonosari`: ")
    named = finding.message_en.partition(": ")[2]
    assert named.count("Wonosari (") == 5
    assert "34.03.01" in named


def test_the_real_rows_that_cannot_be_understood() -> None:
    for source, rows in {
        "kilas24-2021-10-14-ntb": {7, 8},
        "matabanua-2023-08-28-kalsel": {5},
        "semarangpos-2021-03-jateng": {7},
    }.items():
        assert {each.row for each in real().findings(source, "region_is_known")} == rows
        assert {number for number, status in real().statuses(source).items() if status == "quarantined"} == rows
    for rule in ("value_is_readable", "measure_is_known", "period_is_ordered"):
        assert real().judged.validated.failed[rule] == 0
        assert real().judged.validated.tested[rule] > 500


def test_one_cell_twice() -> None:
    assert told(ONCE, ONE) == [("same_value", 2, "412.154", 412154), ("different_value", 3, "412.155", 412154)]
    same, different = findings(ONCE, ONE)
    assert (same.severity, different.severity) == ("warning", "error")
    assert {place[2] for place in same.evidence} == {1, 2}
    assert {place[2] for place in different.evidence} == {1, 3}
    assert (
        different.message_en == "Kalimantan Selatan: 412.155 stands here, but row 1 prints 412.154 for the same cell."
    )
    assert same.message_id == (
        "Kalimantan Selatan: 412.154 tercetak di sini dan juga di baris 1. Salah satunya mungkin untuk wilayah lain."
    )


def test_a_rounded_figure_repeats_an_exact_one() -> None:
    assert 5 in held(ONCE, ONE)
    assert held(ROUNDED_AMONG, ONE) == {2}
    assert told(ROUNDED_AMONG, ONE) == [("different_value", 3, "700", 1449)]


def test_figures_that_anything_tells_apart_are_no_doubles() -> None:
    assert findings(APART, ONE) == []
    assert held(APART, ONE) == set()


def test_a_total_and_its_parts_may_stand_in_one_cell() -> None:
    assert {each.row: each.outcome for each in findings(TOTAL_AND_PARTS, ONE)} == {
        5: "different_value", 6: "different_value",
    }  # fmt: skip
    assert held(TOTAL_AND_PARTS, ONE) == {2, 3}


def test_a_part_without_an_upper_bound_may_make_up_the_rest() -> None:
    assert findings(OPEN_PART, ONE) == []
    assert held(OPEN_PART, ONE) == {2, 3}


def test_shares_of_groups_without_a_column_may_differ() -> None:
    assert {each.row: each.outcome for each in findings(SHARES_OF_GROUPS, ONE)} == {3: "same_value"}
    assert held(SHARES_OF_GROUPS, ONE) == {2}


def test_the_real_doubles() -> None:
    assert real().told("beritamaluku-2020-09-15-maluku", ONE) == [
        ("different_value", 2, "6.534", 6354), ("different_value", 3, "6.535", 6354),
    ]  # fmt: skip
    assert real().told("kaltenglima-2024-10-national", ONE) == [("same_value", 5, "13%", 13)]
    assert real().findings("suara-2020-04-20-dki") == []
    assert real().held("suara-2020-04-20-dki", ONE) == {4, 5, 6, 7, 9, 10, 11, 12}
