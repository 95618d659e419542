"""Parts and wholes: what cannot exceed what, and the sums that hold by definition."""

from typing import Any

import pytest

from tests.cases import Row, Told, case, findings, held, real, row, told

PART = "part_does_not_exceed_whole"
PARTS = "parts_sum_to_whole"
REVOKED = "decreed_less_revoked_is_effective"
BUDGET = "budget_parts_sum_to_budget"
NAMED = "programme_counts_match_named_partners"
BALI = ("Bali", "province")
NATION = ("Indonesia", "nation")

WITHIN = case(
    "parts-within",
    row(*BALI, "applicants", "100"),
    row(*BALI, "recipients_decreed", "90"),
    row(*BALI, "recipients_effective", "90"),
    row(*BALI, "recipients_trained", "91"),
)
#: Two levels of the chain are left out: trained within applicants.
FAR_WITHIN = case("parts-far-within", row(*BALI, "applicants", "100"), row(*BALI, "recipients_trained", "101"))
ROUNDED = case(
    "parts-rounded",
    row(*BALI, "applicants", "1,4 ribu"),
    row(*BALI, "recipients", "1.499"),
    row(*BALI, "recipients_decreed", "1.500"),
    row(*BALI, "recipients_effective", "1.600", qualifier="at_most"),
)
BESIDE = case(
    "parts-beside",
    row(*BALI, "applicants", "10", wave_from=51, wave_to=51),
    row(*BALI, "recipients", "11", wave_from=52, wave_to=52),
    row(*BALI, "recipients", "12", wave_from=51, wave_to=51, as_of="2023-02-01", sex="female"),
    row(*BALI, "quota", "9", wave_from=51, wave_to=51),
)
OTHER_DAY = case(
    "parts-other-day",
    row(*BALI, "applicants", "10", as_of="2021-01-01"),
    row(*BALI, "recipients", "11", as_of="2021-02-01"),
)
#: A share of a region says nothing of the nation's.
SHARES_ELSEWHERE = [
    case("parts-share-whole", row(*NATION, "recipients_share", "10%", wave_from=31, wave_to=32)),
    case("parts-share-part", row("Riau", "province", "recipients_share", "30%", wave_from=31, wave_to=32)),
]
#: Two levels up, but of a later day: the nation may have grown since.
REGIONS_ON_TWO_DAYS = case(
    "parts-regions-on-two-days",
    row(*NATION, "recipients", "900", as_of="2020-04-30"),
    row("Banjarbaru", "city", "recipients", "1.000", as_of="2020-05-30"),
)
#: Across sources: the same waves; from the start and later, where the whole cannot have fallen; or neither.
BENGKULU = ("Bengkulu", "province")
SAME_WAVES = [
    case("parts-waves-whole", row(*BENGKULU, "applicants", "100", wave_from=5, wave_to=6)),
    case("parts-waves-part", row(*BENGKULU, "recipients", "101", wave_from=5, wave_to=6)),
    case("parts-waves-other", row(*BENGKULU, "recipients", "101", wave_from=5, wave_to=7)),
]
JAMBI = ("Jambi", "province")
FROM = {"period_start": "2020"}
LATER = [
    case("parts-later-whole", row(*JAMBI, "applicants", "100", **FROM, period_end="2021-06-30", as_of="2021-06-30")),
    case("parts-later-part", row(*JAMBI, "recipients", "101", **FROM, period_end="2021-05-15", as_of="2021-05-15")),
    case("parts-later-still", row(*JAMBI, "recipients", "101", **FROM, period_end="2021-07-15", as_of="2021-07-15")),
    case("parts-later-short", row(*JAMBI, "recipients", "101", period_start="2021-05-01", period_end="2021-05-14")),
]
#: The same waves, which also count from the start to the same day: one comparison, not two.
SULTENG = ("Sulteng", "province")
FROM_FIRST: dict[str, Any] = {"wave_from": 1, "wave_to": 3, "as_of": "2021-03-15"}
TOGETHER = [
    case("parts-first-whole", row(*SULTENG, "applicants", "100", **FROM_FIRST)),
    case("parts-first-part", row(*SULTENG, "recipients", "101", **FROM_FIRST)),
]
#: The year is not over when they are told; a day alone is no time to compare by; waves are counted on two days.
MALUT = ("Malut", "province")
YEAR, NINTH = {**FROM, "period_end": "2021"}, {"wave_from": 9, "wave_to": 9}
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "year": ({**YEAR, "as_of": "2021-05-15"}, {**YEAR, "as_of": "2021-06-30"}),
    "day": ({"as_of": "2022-03-03"}, {"as_of": "2022-03-03"}),
    "days": ({**NINTH, "as_of": "2021-01-01"}, {**NINTH, "as_of": "2021-02-01"}),
}
UNEQUAL = {
    name: [
        case(f"parts-{name}-whole", row(*MALUT, "applicants", "100", **first)),
        case(f"parts-{name}-part", row(*MALUT, "recipients", "101", **second)),
    ]
    for name, (first, second) in PAIRS.items()
}
SULTRA = ("Sultra", "province")
MAY_FALL = [
    case("parts-fall-whole", row(*SULTRA, "recipients_decreed", "100", **FROM, period_end="2021-06-30")),
    case("parts-fall-part", row(*SULTRA, "recipients_effective", "101", **FROM, period_end="2021-05-15")),
]
REGIONS = case(
    "parts-regions",
    row("Kalsel", "province", "recipients", "100"),
    row("Kota Banjarbaru", "city", "recipients", "90"),
    row("Cempaka", "district", "recipients", "101", within="Kota Banjarbaru"),
    row("Liang Anggang", "district", "recipients", "100", within="Kota Banjarbaru"),
    row("Cempaka", "district", "recipients", "300", within="Kota Banjarbaru", wave_from=55, wave_to=55),
    row("Kalsel", "province", "quota_requested", "1"),
    row("Cempaka", "district", "quota_requested", "2", within="Kota Banjarbaru"),
)
LAMPUNG = [
    case("parts-region-whole", row("Lampung", "province", "recipients", "100", wave_from=7, wave_to=8)),
    case("parts-region-part", row("Kota Metro", "city", "recipients", "101", wave_from=7, wave_to=8)),
    case("parts-region-women", row("Kota Metro", "city", "recipients", "101", wave_from=7, wave_to=8, sex="female")),
    case("parts-region-other", row("Kota Metro", "city", "recipients", "101", wave_from=7, wave_to=9)),
]
#: In 2021 Mimika was in Papua, today it is in Papua Tengah: it exceeds neither where the other is meant.
MIMIKA = case(
    "parts-mimika",
    row("Papua", "province", "recipients", "100", period_start="2021-02", period_end="2021-02"),
    row("Mimika", "regency", "recipients", "99", period_start="2021-02", period_end="2021-02"),
)
OFFICIAL = case(
    "parts-official",
    row(*NATION, "regencies_total", "514"),
    row(*NATION, "regencies_total", "515", as_of="2023-06-01"),
    row("Bali", "province", "regencies_total", "10"),
    row(*NATION, "provinces_covered", "39"),
    row(*NATION, "provinces_covered", "38", as_of="2023-06-01"),
    row(*NATION, "regencies_covered", "hampir 600", as_of="2023-07-01"),
    row(*NATION, "regencies_total", "515", qualifier="at_most", as_of="2023-08-01"),
)
GROUPS = case(
    "parts-groups",
    row(*BALI, "applicants", "100"),
    row(*BALI, "applicants", "101", sex="female"),
    row(*BALI, "applicants", "100", age_group="18-25"),
    row(*BALI, "applicants", "300", sex="female", wave_from=53, wave_to=53),
    row(*BALI, "recipients_share", "20%"),
    row(*BALI, "recipients_share", "60%", sex="female"),
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (WITHIN, [("measure", 4, "91", 90), ("measure", 4, "91", 90)]),
        (FAR_WITHIN, [("measure", 2, "101", 100)]),
        (ROUNDED, [("measure", 3, "1.500", 1400)]),
        (BESIDE, []),
        (OTHER_DAY, []),
        (SHARES_ELSEWHERE[1], []),
        (SAME_WAVES[1], [("measure", 1, "101", 100)]),
        (SAME_WAVES[2], []),
        (LATER[1], [("measure", 1, "101", 100)]),
        (LATER[2], []),
        (LATER[3], []),
        (TOGETHER[1], [("measure", 1, "101", 100)]),
        (MAY_FALL[1], []),
        *((pair[1], []) for pair in UNEQUAL.values()),
        (REGIONS, [("region", 3, "101", 100)]),
        (LAMPUNG[1], [("region", 1, "101", 100)]),
        (LAMPUNG[2], []),
        (LAMPUNG[3], []),
        (MIMIKA, []),
        (OFFICIAL, [("official", 2, "515", 514), ("official", 3, "10", 9), ("official", 4, "39", 38)]),
        (GROUPS, [("group", 2, "101", 100)]),
    ],
)
def test_a_part_within_its_whole(source: str, expected: list[Told]) -> None:
    assert told(source, PART) == expected
    assert {each.severity for each in findings(source, PART)} <= {"error"}


def test_a_part_that_is_within_its_whole_was_compared() -> None:
    assert held(WITHIN, PART) == {2, 3, 4}
    assert held(ROUNDED, PART) == {2, 4}
    assert held(REGIONS, PART) == {4}
    assert held(OFFICIAL, PART) == {1, 5, 7}
    assert held(GROUPS, PART) == {3}
    assert held(OTHER_DAY, PART) == held(BESIDE, PART) == set()
    assert [held(source, PART) for source in (LATER[2], LATER[3], MAY_FALL[1], LAMPUNG[2], LAMPUNG[3])] == [set()] * 5


def test_the_whole_is_named() -> None:
    (finding,) = findings(FAR_WITHIN, PART)
    assert finding.message_en == (
        "Bali: 101 recipients trained are more than the 100 in parts-far-within (Bali, applicants), of which they are part."
    )
    (finding,) = findings(REGIONS, PART)
    assert finding.message_id == (
        "Cempaka: 101 melebihi 100 untuk wilayah yang mencakupnya, di parts-regions (Kalsel, recipients)."
    )
    (finding,) = findings(LAMPUNG[1], PART)
    assert {place[0] for place in finding.evidence} == set(LAMPUNG[:2])
    first = findings(OFFICIAL, PART)[0]
    assert first.message_en == "Indonesia: 515 regencies and cities, but officially there are 514."


def identity(name: str, measure: str, total: str, **parts: str) -> str:
    return case(name, row(*BALI, measure, total), [row(*BALI, part, value) for part, value in parts.items()])


QUOTA = identity("parts-quota", "quota", "100", quota_job_seekers="60", quota_laid_off="40")
QUOTA_OFF = identity("parts-quota-off", "quota", "8.492", quota_job_seekers="5.974", quota_laid_off="2.516")
QUOTA_ONE = identity("parts-quota-one", "quota", "100", quota_job_seekers="60")
QUOTA_ROUNDED = identity(
    "parts-quota-rounded", "quota", "1,5 ribu", quota_job_seekers="1,1 ribu", quota_laid_off="0,4 ribu"
)
GROUPS_LESS = identity(
    "parts-candidates", "candidates", "100", candidates_laid_off="20", candidates_furloughed="30",
    candidates_migrant_workers="10", candidates_income_fell="10",
)  # fmt: skip
GROUPS_MORE = identity(
    "parts-candidates-more", "candidates", "49", candidates_laid_off="20", candidates_furloughed="30"
)
#: One part stands twice, the second time rounded: it counts once.
REPEATED = case(
    "parts-repeated",
    row(*BALI, "quota", "1.549"),
    row(*BALI, "quota_job_seekers", "1.049"),
    row(*BALI, "quota_job_seekers", "1 ribu"),
    row(*BALI, "quota_laid_off", "500"),
)
#: The second time with another value: which of the two is right, the total does not say.
CONTRADICTED = case(
    "parts-contradicted",
    row(*BALI, "quota", "100"),
    row(*BALI, "quota_job_seekers", "60"),
    row(*BALI, "quota_job_seekers", "61"),
    row(*BALI, "quota_laid_off", "40"),
)
#: The second time without a day, as the total is.
TWO_DAYS = case(
    "parts-two-days",
    row(*BALI, "quota", "100"),
    row(*BALI, "quota_job_seekers", "60", as_of="2021-01-01"),
    row(*BALI, "quota_job_seekers", "60"),
    row(*BALI, "quota_laid_off", "40"),
)
TOTAL_OF_ANOTHER_DAY = case(
    "parts-total-of-another-day",
    row(*BALI, "quota", "100", as_of="2021-02-01"),
    row(*BALI, "quota_job_seekers", "60", as_of="2021-01-01"),
    row(*BALI, "quota_laid_off", "50", as_of="2021-01-01"),
)
OTHER_WAVE = case(
    "parts-other-wave",
    row(*BALI, "quota", "100"),
    row(*BALI, "quota_job_seekers", "60"),
    row(*BALI, "quota_laid_off", "41", wave_from=54, wave_to=54),
    row("Jambi", "province", "quota_laid_off", "50"),
)
SEXES = case(
    "parts-sexes",
    row(*BALI, "recipients", "100"),
    row(*BALI, "recipients", "51", sex="female"),
    row(*BALI, "recipients", "50", sex="male"),
    row(*BALI, "recipients_trained", "100"),
    row(*BALI, "recipients_trained", "50", sex="female"),
    row(*BALI, "recipients_trained", "50", sex="male"),
    row(*BALI, "applicants", "100"),
    row(*BALI, "applicants", "80", sex="female"),
    row(*BALI, "applicants", "60", age_group="18-25"),
    row(*BALI, "applicants", "31", age_group="18-25", sex="female"),
    row(*BALI, "applicants", "29", age_group="18-25", sex="male"),
)
DECREED = identity("parts-decreed", "recipients_decreed", "100", recipients_effective="91", revoked="9")
DECREED_OFF = identity("parts-decreed-off", "recipients_decreed", "100", recipients_effective="90", revoked="9")
REVOKED_MORE = identity("parts-revoked-more", "recipients_decreed", "100", revoked="101")
POSTS = {"budget_training": "5", "budget_incentive": "13", "budget_survey": "1", "budget_pmo": "1"}


def budget(name: str, total: str, **posts: str) -> str:
    rows: list[Row] = [row(*NATION, post, f"Rp {value} triliun", period_start="2019") for post, value in posts.items()]
    return case(name, row(*NATION, "budget", f"Rp {total} triliun", period_start="2019"), rows)


BUDGET_HOLDS = budget("parts-budget", "20", **POSTS)
BUDGET_OFF = budget("parts-budget-off", "25", **POSTS)
BUDGET_LACKS = budget("parts-budget-lacks", "25", budget_training="5", budget_incentive="13")
BUDGET_EXCEEDS = budget("parts-budget-exceeds", "17", budget_training="5", budget_incentive="14")


@pytest.mark.parametrize(
    ("rule", "source", "expected"),
    [
        (PARTS, QUOTA_OFF, [("sum_differs", 1, "8.492", 8490)]),
        (PARTS, GROUPS_MORE, [("exceeds", 1, "49", 50)]),
        (PARTS, SEXES, [("sum_differs", 1, "100", 101)]),
        (REVOKED, DECREED_OFF, [("sum_differs", 1, "100", 99)]),
        (REVOKED, REVOKED_MORE, [("exceeds", 1, "100", 101)]),
        (BUDGET, BUDGET_OFF, [("sum_differs", 1, "Rp 25 triliun", 20_000_000_000_000)]),
        (BUDGET, BUDGET_EXCEEDS, [("exceeds", 1, "Rp 17 triliun", 19_000_000_000_000)]),
    ],
)
def test_parts_that_do_not_make_the_whole(rule: str, source: str, expected: list[Told]) -> None:
    assert told(source, rule) == expected
    assert {each.severity for each in findings(source, rule)} == {"error"}


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (PARTS, QUOTA),
        (PARTS, QUOTA_ONE),
        (PARTS, QUOTA_ROUNDED),
        (PARTS, GROUPS_LESS),
        (PARTS, REPEATED),
        (PARTS, CONTRADICTED),
        (PARTS, TWO_DAYS),
        (PARTS, OTHER_WAVE),
        (REVOKED, DECREED),
        (BUDGET, BUDGET_HOLDS),
        (BUDGET, BUDGET_LACKS),
    ],
)
def test_parts_that_make_the_whole_or_part_of_it(rule: str, source: str) -> None:
    assert told(source, rule) == []
    assert held(source, rule) == {1}


def test_parts_of_another_day_are_not_compared() -> None:
    assert told(TOTAL_OF_ANOTHER_DAY, PARTS) == []
    assert held(TOTAL_OF_ANOTHER_DAY, PARTS) == set()


def test_women_and_men_are_everybody_in_each_age_group() -> None:
    assert held(SEXES, PARTS) == {4, 7, 9}


def test_the_parts_are_named() -> None:
    (finding,) = findings(QUOTA_OFF, PARTS)
    assert finding.message_en == ("Bali: 8.492 quota, but quota_job_seekers + quota_laid_off sum to 8,490, 2 less.")
    assert {place[2] for place in finding.evidence} == {1, 2, 3}
    (finding,) = findings(SEXES, PARTS)
    assert finding.message_id == "Bali: 100 penerima, tetapi female + male berjumlah 101, lebih 1."
    (finding,) = findings(BUDGET_EXCEEDS, BUDGET)
    assert "budget_incentive + budget_training alone sum to" in finding.message_en


def partners(name: str, value: str, *names: str, role: str = "event_organiser", **more: Any) -> str:
    listed = [{"name": each, "role": role, "locator": "p1"} for each in names]
    return case(name, row(*BALI, "event_organisers", value, **more), organisations=listed)


@pytest.mark.parametrize(
    ("source", "expected", "holds"),
    [
        (partners("parts-named", "tiga", "A", "B", "C"), [], {1}),
        (partners("parts-named-twice", "2", "A", "B", "A"), [], {1}),
        (partners("parts-named-less", "4", "A", "B", "C"), [("differs", 1, "4", 3)], set()),
        (partners("parts-named-more", "1", "A", "B"), [("differs", 1, "1", 2)], set()),
        (partners("parts-named-at-least", "2", "A", "B", "C", qualifier="at_least"), [], {1}),
        (partners("parts-named-at-most", "2", "A", "B", "C", qualifier="at_most"), [("differs", 1, "2", 3)], set()),
        (partners("parts-named-otherwise", "4", "A", "B", role="evaluator"), [], set()),
    ],
)
def test_partners_are_counted_by_their_names(source: str, expected: list[Told], holds: set[int]) -> None:
    assert told(source, NAMED) == expected
    assert held(source, NAMED) == holds


def test_the_named_partners_are_told() -> None:
    (finding,) = findings("parts-named-less", NAMED)
    assert finding.message_en == "Bali: 4 event organisers are counted, but 3 are named: A, B, C."
    assert finding.message_id == "Bali: disebut 4 penyelenggara acara, tetapi 3 disebut namanya: A, B, C."


def test_the_real_parts_and_wholes() -> None:
    run = real()
    assert run.told("ulasan-2020-04-kepri-quotas", PARTS) == [("sum_differs", 5, "8.492", 8490)]
    assert run.held("ulasan-2020-04-kepri-quotas", PARTS) == {2, 8, 11, 14, 17, 20}
    assert run.told("republika-2023-06-16-cirebon", PART) == [("official", 2, "515", 514)]
    assert run.held("urbanasia-2020-04-15-jatim", PARTS) == {4}
    assert run.held("suara-2020-04-20-dki", PARTS) == {1}
    assert run.held("bakabar-2023-09-02-banjarbaru", NAMED) == {16}


def test_a_region_of_a_later_day_is_not_held_against_the_nation_of_an_earlier_one() -> None:
    assert findings(REGIONS_ON_TWO_DAYS, PART) == []
    assert held(REGIONS_ON_TWO_DAYS, PART) == set()
