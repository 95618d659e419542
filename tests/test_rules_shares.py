"""Shares: percentages of a complete division, and shares beside the counts that they are shares of."""

from typing import Any

import pytest

from tests.cases import GORONTALO, KALTARA, Row, Told, case, family, findings, held, real, row, told, values

HUNDRED = "shares_sum_to_hundred"
MATCH = "share_matches_count"
BALI = ("Bali", "province")


def ages(*printed: tuple[str, str], **more: Any) -> list[Row]:
    return [row(*BALI, "recipients_share", value, age_group=band, **more) for band, value in printed]


def sexes(female: str, male: str, **more: Any) -> list[Row]:
    values = {"female": female, "male": male}
    return [row(*BALI, "recipients_share", value, sex=sex, **more) for sex, value in values.items()]


def regions(*values: str, measure: str = "recipients_share") -> list[Row]:
    return [
        row(name, level, measure, value, within="Kaltara")
        for (name, level, _), value in zip(KALTARA, values, strict=True)
    ]


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        (case("shares-sexes", sexes("52%", "48%")), {1}),
        (case("shares-sexes-rounded", sexes("52%", "47%")), {1}),
        (case("shares-one-sex", sexes("52%", "48%")[:1]), set()),
        (case("shares-sexes-apart", sexes("52%", "40%")[:1], sexes("52%", "40%", as_of="2021-05-01")[1:]), set()),
        (case("shares-ages", ages(("18-24", "50%"), ("25-34", "30%"), (">34", "20%"))), {1}),
        (case("shares-ages-meet", ages(("18-25", "50%"), ("25-35", "30%"), (">35", "20%"))), {1}),
        (case("shares-ages-gap", ages(("18-24", "50%"), ("35-44", "10%"), (">44", "20%"))), set()),
        (case("shares-ages-overlap", ages(("18-24", "50%"), ("20-44", "60%"), (">44", "20%"))), set()),
        (case("shares-ages-closed", ages(("18-24", "50%"), ("25-34", "10%"), ("35-44", "20%"))), set()),
        (case("shares-ages-two", ages(("18-24", "50%"), (">24", "20%"))), set()),
        (case("shares-regions", regions("10%", "20%", "30%", "15%", "25%")), {1}),
        (case("shares-regions-some", regions("10%", "20%", "30%", "15%", "20%")[:4]), set()),
        (case("shares-regions-twice", regions("10%", "20%", "30%", "15%", "20%")[:4] * 2), set()),
        (case("shares-regions-and-twice", regions("10%", "20%", "30%", "15%", "20%"), regions(*["9%"] * 5)[:1]), set()),
        (case("shares-regions-of-nation", regions("0,1%", "0,2%", "0,3%", "0,1%", "0,2%")), set()),
        (case("shares-disbursed", regions("96%", "97%", "98%", "99%", "95%", measure="disbursed_share")), set()),
        (case("shares-answers", regions("96%", "97%", "98%", "99%", "95%", measure="survey_share")), set()),
        (case("shares-change", regions("10%", "20%", "30%", "15%", "20%", measure="recipients_change")), set()),
    ],
)
def test_shares_that_sum_to_hundred_or_do_not_set_out_to(source: str, holds: set[int]) -> None:
    assert told(source, HUNDRED) == []
    assert held(source, HUNDRED) == holds


SEXES_OFF = case("shares-sexes-off", sexes("51%", "46%"))
AGES_OFF = case("shares-ages-off", ages((">34", "21,5%"), ("18-24", "50,0%"), ("25-34", "30,0%")))
AGES_OF_MEN = case("shares-ages-of-men", ages(("18-24", "50%"), ("25-34", "30%"), (">34", "10%"), sex="male"))
REGIONS_OFF = case("shares-regions-off", regions("10%", "20%", "30%", "15%", "28%"))
NATION_OLD = case(
    "shares-late-34",
    [
        row(name, "province", "recipients_share", value, period_start="2023", period_end="2023")
        for name, value in [
            *((name, "3%") for name in (
                "Aceh", "Sumut", "Sumbar", "Riau", "Jambi", "Sumsel", "Bengkulu", "Lampung", "Babel", "Kepri",
                "DKI Jakarta", "Jabar", "Jateng", "DIY", "Jatim", "Banten", "Bali", "NTB", "NTT", "Kalbar", "Kalteng",
                "Kalsel", "Kaltim", "Kaltara", "Sulut", "Sulteng", "Sulsel", "Sultra", "Gorontalo", "Sulbar", "Maluku",
                "Malut", "Papua")),
            ("Papua Barat", "30%"),
        ]
    ],
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "outcome", "found", "rows"),
    [
        (SEXES_OFF, "sex", 97, {1, 2}),
        (AGES_OFF, "age", 101.5, {1, 2, 3}),
        (REGIONS_OFF, "regions", 103, {1, 2, 3, 4, 5}),
        (NATION_OLD, "regions", 129, set(range(1, 35))),
    ],
)
def test_shares_that_do_not_sum_to_hundred(source: str, outcome: str, found: float, rows: set[int]) -> None:
    (finding,) = findings(source, HUNDRED)
    assert (finding.outcome, finding.severity, finding.row) == (outcome, "error", 1)
    assert values(finding.printed, float(finding.found or 0)) == (100, found)
    assert {place[2] for place in finding.evidence} == rows


def test_ages_of_one_sex_are_no_division_of_everybody() -> None:
    assert findings(AGES_OF_MEN, HUNDRED) == []


def test_the_parts_of_a_division_are_named() -> None:
    (finding,) = findings(SEXES_OFF, HUNDRED)
    assert finding.message_en == (
        "Bali: the shares of women and men (51% + 46%) sum to 97 (96 to 99), not to 100 percent."
    )
    (finding,) = findings(REGIONS_OFF, HUNDRED)
    assert finding.message_id.startswith("Kalimantan Utara: pangsa semua wilayahnya berjumlah 103 (")


def shared(name: str, share: str, part: str, whole: str, *, measure: str = "recipients", **more: Any) -> str:
    """A province's share of the nation beside both counts."""
    return case(
        f"shares-of-{name}",
        row("Indonesia", "nation", measure, whole, **more),
        row(*BALI, measure, part, **more),
        row(*BALI, "recipients_share" if measure.startswith("recipients") else "applicants_share", share, **more),
    )


OFF = shared("nation-off", "16,80%", "15.463", "91.619")
EFFECTIVE_OFF = shared("effective-off", "16,80%", "15.463", "91.619", measure="recipients_effective")
APPLICANTS_OFF = shared("applicants-off", "16,80%", "15.463", "91.619", measure="applicants")
PARENT = case(
    "shares-of-parent",
    row("Indonesia", "nation", "recipients", "9.161.900"),
    row("Sumut", "province", "recipients", "91.619"),
    row("Kota Medan", "city", "recipients", "24.875"),
    row("Kota Medan", "city", "recipients_share", "27,15%"),
    row("Langkat", "regency", "recipients", "24.875"),
    row("Langkat", "regency", "recipients_share", "28,15%"),
)
WOMEN = case(
    "shares-of-women",
    row(*BALI, "recipients", "1.000"),
    row(*BALI, "recipients", "520", sex="female"),
    row(*BALI, "recipients_share", "52%", sex="female"),
    row(*BALI, "recipients", "480", sex="male"),
    row(*BALI, "recipients_share", "42%", sex="male"),
    row("Indonesia", "nation", "recipients", "5.000"),
)
QUOTA = case(
    "shares-of-quota",
    row(*BALI, "recipients", "63.361"),
    row(*BALI, "quota", "503.281"),
    row(*BALI, "recipients_share_of_quota", "12,5%"),
    row("Jambi", "province", "recipients", "63.361"),
    row("Jambi", "province", "quota", "503.281"),
    row("Jambi", "province", "recipients_share_of_quota", "13,5%"),
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (OFF, [("differs", 3, "16,80%", 16.878)]),
        (EFFECTIVE_OFF, [("differs", 3, "16,80%", 16.878)]),
        (APPLICANTS_OFF, [("differs", 3, "16,80%", 16.878)]),
        (PARENT, [("differs", 6, "28,15%", 27.15)]),
        (WOMEN, [("differs", 5, "42%", 48)]),
        (QUOTA, [("differs", 6, "13,5%", 12.59)]),
    ],
)
def test_a_share_that_its_counts_do_not_give(source: str, expected: list[Told]) -> None:
    assert told(source, MATCH) == expected
    assert {each.severity for each in findings(source, MATCH)} == {"error"}


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        (shared("nation", "16,88%", "15.463", "91.619"), {3}),
        (shared("rounded-share", "17%", "15.463", "91.619"), {3}),
        (shared("cut-share", "16%", "15.463", "91.619"), {3}),
        (shared("rounded-counts", "16,80%", "15,4 ribu", "91.619"), {3}),
        (shared("nobody", "1%", "0", "0"), set()),
        (PARENT, {4}),
        (WOMEN, {3}),
        (QUOTA, {3}),
    ],
)
def test_a_share_that_its_counts_give(source: str, holds: set[int]) -> None:
    assert held(source, MATCH) == holds


@pytest.mark.parametrize(
    "source",
    [
        case(
            "shares-of-other-waves",
            row("Indonesia", "nation", "recipients", "1.000", wave_from=61, wave_to=61),
            row(*BALI, "recipients", "100", wave_from=61, wave_to=61),
            row(*BALI, "recipients_share", "20%", wave_from=62, wave_to=62),
        ),
        case(
            "shares-of-other-day",
            row("Indonesia", "nation", "recipients", "1.000"),
            row(*BALI, "recipients", "100", as_of="2021-05-01"),
            row(*BALI, "recipients_share", "20%", as_of="2021-05-02"),
        ),
        case(
            "shares-told-on-other-day",
            row("Indonesia", "nation", "recipients", "1.000", period_end="2021-04-30", period_start="2021-04-01"),
            row(*BALI, "recipients", "100", period_end="2021-04-30", period_start="2021-04-01", as_of="2021-05-01"),
            row(
                *BALI, "recipients_share", "20%", period_end="2021-04-30", period_start="2021-04-01", as_of="2021-05-02"
            ),
        ),
        case(
            "shares-of-other-measure",
            row("Indonesia", "nation", "applicants", "1.000"),
            row(*BALI, "applicants", "100"),
            row(*BALI, "recipients_share", "20%"),
        ),
        case("shares-of-itself", row(*BALI, "recipients", "100"), row(*BALI, "recipients_share", "20%")),
        case(
            "shares-of-a-sister",
            family(None, GORONTALO[:2]),
            row("Kabupaten Gorontalo", "regency", "recipients_share", "20%", within="Gorontalo"),
        ),
    ],
)
def test_a_share_without_its_counts_is_not_compared(source: str) -> None:
    assert told(source, MATCH) == []
    assert held(source, MATCH) == set()


def test_the_counts_are_named() -> None:
    (finding,) = findings(OFF, MATCH)
    assert finding.message_en == "Bali: 16,80% is printed, but 15.463 / 91.619 give 16.878 percent."
    assert finding.message_id == "Bali: tercetak 16,80%, tetapi 15.463 / 91.619 memberi 16,878 persen."
    assert {place[2] for place in finding.evidence} == {1, 2, 3}


def test_the_real_shares() -> None:
    run = real()
    assert run.told("bisnis-2021-05-24-sumut", MATCH) == [("differs", 5, "16,80 persen", 16.878)]
    assert run.held("bisnis-2021-05-24-sumut", MATCH) == {3, 7}
    assert run.held("bisnis-2021-05-24-sumut", HUNDRED) == {10, 17}
    assert run.held("semarangpos-2021-03-jateng", HUNDRED) == {12}
    spn = run.findings("spn-2023-10-17-waves-1-62", MATCH)
    assert [each.row for each in spn] == [10, 12, 14, 22, 50, 54, 56, 58, 60]
    assert [each.rule for each in run.judged.findings if each.rule == HUNDRED] == []
