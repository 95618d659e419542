"""Waves and time: the waves of a range add up, and a cumulative count never falls."""

from typing import Any

import pytest

from tests.cases import Row, Told, case, findings, held, real, row, told

WAVES = "waves_sum_to_cumulative"
FALLS = "cumulative_never_falls"


def waved(region: str, *printed: tuple[int, int, str], measure: str = "recipients", **more: Any) -> list[Row]:
    return [row(region, "province", measure, value, wave_from=a, wave_to=b, **more) for a, b, value in printed]


HOLDS = {
    name: case(f"time-holds-{name}", rows)
    for name, rows in {
        "waves": waved("Bali", (31, 33, "600"), (31, 31, "100"), (32, 32, "200"), (33, 33, "300")),
        "ranges": waved("Banten", (31, 35, "600"), (31, 32, "100"), (33, 33, "200"), (34, 35, "300")),
        "rounded": waved("Kalsel", (31, 32, "1,5 ribu"), (31, 31, "1.040"), (32, 32, "0,5 ribu")),
        "at-least": waved("Kalteng", (31, 32, "500"), (31, 31, "300"), (32, 32, "100"))[:2]
        + waved("Kalteng", (32, 32, "100"), qualifier="at_least"),
    }.items()
}  # fmt: skip
OFF = case("time-off", waved("Kaltim", (31, 33, "601"), (31, 31, "100"), (32, 32, "200"), (33, 33, "300")))
ROUNDED_OFF = case("time-rounded-off", waved("Kalbar", (31, 32, "1,7 ribu"), (31, 31, "1.040"), (32, 32, "0,5 ribu")))
#: Ranges within ranges: each against the finest that cover it.
NESTED = case(
    "time-nested",
    waved("Riau", (31, 34, "1.000"), (31, 32, "301"), (31, 31, "100"), (32, 32, "200"), (33, 34, "700")),
)
#: As many waves as the range, but one twice and one not at all.
UNCOVERED = {
    name: case(f"time-{name}", rows)
    for name, rows in {
        "gap": waved("Jambi", (31, 33, "600"), (31, 31, "100"), (33, 33, "300")),
        "overlap": waved("Jambi", (31, 36, "600"), (31, 33, "100"), (33, 35, "200")),
        "sum-of-numbers": waved("Papua Barat", (1, 6, "600"), (1, 3, "100"), (2, 4, "100"), (6, 6, "100")),
        "balanced": waved("Papua Barat", (11, 20, "900"), (12, 13, "100"), (13, 18, "100"), (18, 19, "100")),
        "other-sex": waved("Jambi", (41, 42, "600"), (41, 41, "100")) + waved("Jambi", (42, 42, "9"), sex="female"),
        "other-region": waved("Jambi", (44, 45, "600"), (44, 44, "100")) + waved("Sumbar", (45, 45, "9")),
        "other-measure": waved("Jambi", (47, 48, "600"), (47, 47, "100")) + waved("Jambi", (48, 48, "9"), measure="quota"),
        "not-added": waved("Jambi", (31, 32, "600"), (31, 31, "100"), (32, 32, "200"), measure="quota"),
        "unwaved": [row("Jambi", "province", "recipients", "9"), *waved("Jambi", (37, 37, "100"), (38, 38, "100"))],
    }.items()
}  # fmt: skip
#: A wave printed twice counts once.
TWICE = case("time-twice", waved("Sumbar", (31, 32, "300"), (31, 31, "100"), (31, 31, "100"), (32, 32, "200")))
#: With another value the second time: which of the two is right, the sum does not say.
CONTRADICTED = case(
    "time-contradicted", waved("DKI Jakarta", (31, 32, "300"), (31, 31, "100"), (31, 31, "101"), (32, 32, "200"))
)
STEPS = [
    case("time-step-total", waved("Babel", (1, 13, "150"))),
    case("time-step-first", waved("Babel", (1, 12, "100"))),
    case("time-step-wave", waved("Babel", (13, 13, "49"))),
    case("time-step-gap", waved("Babel", (14, 14, "1"))),
    case("time-step-sum", waved("Babel", (1, 14, "151"))),
]
#: Of one source, the sum of its ranges says it already.
ONE_SOURCE = case("time-step-one", waved("Kepri", (1, 13, "150"), (1, 12, "100"), (13, 13, "49")))


@pytest.mark.parametrize("name", HOLDS)
def test_waves_that_add_up_hold(name: str) -> None:
    assert findings(HOLDS[name]) == []
    assert held(HOLDS[name], WAVES) == {1}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (OFF, [("sum_differs", 1, "601", 600)]),
        (ROUNDED_OFF, [("sum_differs", 1, "1,7 ribu", 1540)]),
        (NESTED, [("sum_differs", 2, "301", 300)]),
        (TWICE, []),
        (CONTRADICTED, []),
        (STEPS[0], [("step_differs", 1, "150", 149)]),
        (STEPS[4], []),
        (ONE_SOURCE, [("sum_differs", 1, "150", 149)]),
    ],
)
def test_waves_that_do_not_add_up(source: str, expected: list[Told]) -> None:
    assert told(source, WAVES) == expected
    assert {each.severity for each in findings(source, WAVES)} <= {"error"}


def test_what_holds_beside_a_sum_that_differs_was_compared() -> None:
    assert held(NESTED, WAVES) == {1}
    assert held(TWICE, WAVES) == held(CONTRADICTED, WAVES) == {1}
    assert held(STEPS[4], WAVES) == {1}


@pytest.mark.parametrize("name", UNCOVERED)
def test_waves_that_do_not_cover_the_range_once_are_no_sum(name: str) -> None:
    assert told(UNCOVERED[name], WAVES) == []
    assert held(UNCOVERED[name], WAVES) == set()


def test_the_waves_are_named() -> None:
    (finding,) = findings(OFF, WAVES)
    assert {place[2] for place in finding.evidence} == {1, 2, 3, 4}
    assert finding.message_en == (
        "Kalimantan Timur: 601 for waves 31-33, but its waves (31-31, 32-32, 33-33) sum to 600, 1 less."
    )
    (finding,) = findings(STEPS[0], WAVES)
    assert {place[0] for place in finding.evidence} == set(STEPS[:3])
    assert finding.message_id == (
        "Kepulauan Bangka Belitung: 150 untuk gelombang 1-13, tetapi 1-12 (time-step-first) + 13-13 (time-step-wave)"
        " memberi 149, kurang 1."
    )


def counted(region: str, *printed: tuple[str, str], measure: str = "recipients_effective", **more: Any) -> list[Row]:
    """Figures from the start of the programme to a day."""
    start = "2020-04-11"
    return [
        row(region, "province", measure, value, **{"period_start": start, "period_end": day, **more})
        for day, value in printed
    ]


RISES = case("time-rises", counted("Sulsel", ("2021-05-10", "100"), ("2021-06-10", "100"), ("2021-07-10", "101")))
FALL = case("time-falls", counted("Sulut", ("2021-05-10", "100"), ("2021-06-10", "99"), ("2021-07-10", "101")))
ROUNDED_FALL = case("time-rounded-falls", counted("Gorontalo", ("2021-05-10", "1.449"), ("2021-06-10", "1,4 ribu")))
ROUNDED_LOW = case("time-rounded-low", counted("Sulteng", ("2021-05-10", "1.500"), ("2021-06-10", "1,4 ribu")))
REVOKED = case(
    "time-revoked",
    counted("Sulbar", ("2021-05-10", "1.000"), ("2021-06-10", "900"), ("2021-07-10", "899"), measure="recipients"),
)
ACROSS = [
    case("time-across-first", counted("Maluku", ("2021-05-10", "100"))),
    case("time-across-second", counted("Maluku", ("2021-06-10", "99"))),
]
BY_WAVES = case(
    "time-by-waves",
    waved("Malut", (1, 12, "100"), measure="recipients_effective", as_of="2021-05-10"),
    waved("Malut", (1, 13, "99"), measure="recipients_effective", as_of="2021-06-10"),
)
APART = {
    name: case(f"time-apart-{name}", rows)
    for name, rows in {
        "may-fall": counted("NTT", ("2021-05-10", "100"), ("2021-06-10", "9"), measure="applicants_waiting"),
        "region": counted("NTT", ("2021-05-11", "100")) + counted("NTB", ("2021-06-11", "9")),
        "measure": counted("Aceh", ("2021-05-12", "8")) + counted("Aceh", ("2021-06-12", "7"), measure="revoked"),
        "sex": counted("Sumsel", ("2021-05-13", "9")) + counted("Sumsel", ("2021-06-13", "5"), sex="female"),
        "one-year": [
            *counted("Lampung", ("2021-12-10", "9")),
            row("Lampung", "province", "recipients_effective", "8", period_start="2022", period_end="2022"),
        ],
        "same-day": counted("Papua", ("2021-05-10", "100"), ("2021-05-10", "99")),
        "same-waves": waved("DIY", (1, 12, "100"), measure="recipients_effective", as_of="2021-05-10")
        + waved("DIY", (1, 12, "99"), measure="recipients_effective", as_of="2021-06-10"),
        "at-least": counted("Papua Barat", ("2021-05-10", "100"))
        + counted("Papua Barat", ("2021-06-10", "50"), qualifier="at_least"),
    }.items()
}  # fmt: skip
#: A year as its own end: the day in it is not known, so that nothing later is said to fall below it.
YEAR = case(
    "time-year",
    row("Sumut", "province", "recipients_effective", "100", period_start="2020-04-11", period_end="2021-06-10"),
    row("Sumut", "province", "recipients_effective", "99", period_start="2020", period_end="2021"),
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (RISES, []),
        (FALL, [("falls", 2, "99", 100)]),
        (ROUNDED_FALL, []),
        (ROUNDED_LOW, [("falls", 2, "1,4 ribu", 1500)]),
        (REVOKED, [("may_be_revoked", 2, "900", 1000), ("falls", 3, "899", 1000)]),
        (ACROSS[1], [("falls", 1, "99", 100)]),
        (BY_WAVES, [("falls", 2, "99", 100)]),
        (YEAR, []),
    ],
)
def test_a_cumulative_count(source: str, expected: list[Told]) -> None:
    assert told(source, FALLS) == expected
    assert [each.severity for each in findings(source, FALLS)] == [
        {"falls": "error", "may_be_revoked": "warning"}[outcome] for outcome, *_ in expected
    ]


@pytest.mark.parametrize("name", APART)
def test_what_does_not_follow_in_time_cannot_fall(name: str) -> None:
    assert told(APART[name], FALLS) == []


def test_what_rises_was_compared() -> None:
    assert held(RISES, FALLS) == {2, 3}
    assert held(FALL, FALLS) == {3}
    assert held(ROUNDED_FALL, FALLS) == {2}
    assert held(APART["at-least"], FALLS) == {2}
    assert held(APART["same-day"], FALLS) == held(APART["same-waves"], FALLS) == held(YEAR, FALLS) == set()


def test_the_earlier_count_is_named() -> None:
    (finding,) = findings(ACROSS[1], FALLS)
    assert finding.message_en == "Maluku: 99 is less than the 100 that time-across-first gave for an earlier day."
    assert {place[0] for place in finding.evidence} == set(ACROSS)
    (revoked, _) = findings(REVOKED, FALLS)
    assert revoked.message_id == (
        "Sulawesi Barat: 900 lebih kecil daripada 1.000 yang disebut time-revoked untuk hari sebelumnya; mungkin karena"
        " pencabutan."
    )


def test_the_real_waves_and_counts() -> None:
    run = real()
    assert run.told("beritamaluku-2020-09-15-maluku", WAVES) == [
        ("sum_differs", 2, "6.534", 6354), ("sum_differs", 3, "6.535", 6354),
    ]  # fmt: skip
    assert run.held("beritamaluku-2020-09-15-maluku", WAVES) == {1}
    assert run.told("jatimnet-2020-07-07-jatim", WAVES) == [
        ("step_differs", 2, "26.348", 63361), ("step_differs", 3, "87", 63361),
    ]  # fmt: skip
    assert run.told("kontan-2022-06-16-partners", FALLS) == [("falls", 3, "15", 514)]
    kompas = run.told("kompas-2021-02-26-provinces", FALLS)
    assert kompas == [("may_be_revoked", 15, "112,7", 113899)]
