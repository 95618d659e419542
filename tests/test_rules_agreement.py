"""Agreement: several sources on one cell, and figures out of all proportion."""

from typing import Any

import pytest

from tests.cases import Told, case, everything, findings, held, real, row, told

AGREE = "sources_agree"
PLAUSIBLE = "value_is_plausible"
FROM: dict[str, Any] = {"period_start": "2020-04-11"}


def one(name: str, region: str, value: str, measure: str = "recipients", **more: Any) -> str:
    level = "nation" if region == "Indonesia" else "province"
    return case(f"agreement-{name}", row(region, level, measure, value, **more))


WAVES: dict[str, Any] = {"wave_from": 21, "wave_to": 22}
EXACT = [one("exact-1", "Bali", "6.354", **WAVES), one("exact-2", "Bali", "6.354", **WAVES)]
ROUNDED = [one("rounded-1", "Banten", "6.449", **WAVES), one("rounded-2", "Banten", "6,4 ribu", **WAVES)]
DIFFER = [one("differ-1", "Jambi", "6.354", **WAVES), one("differ-2", "Jambi", "6.534", **WAVES)]
ROUNDED_DIFFER = [one("miss-1", "Riau", "6.500", **WAVES), one("miss-2", "Riau", "6,4 ribu", **WAVES)]
#: Two against one: the odd one is told, whatever its name.
MAJORITY = [
    one("majority-1", "Kalbar", "100", **WAVES),
    one("majority-2", "Kalbar", "200", **WAVES),
    one("majority-3", "Kalbar", "200", **WAVES),
]
#: An exact figure stands for the cell rather than a rounded one.
PRECISE = [one("precise-1", "Kalsel", "3 ribu", **WAVES), one("precise-2", "Kalsel", "4.100", **WAVES)]
AT_LEAST = [one("least-1", "Kalteng", "100", qualifier="at_least", **WAVES), one("least-2", "Kalteng", "900", **WAVES)]
PERIOD: dict[str, Any] = {**FROM, "period_end": "2021-06-15"}
PERIODS = [one("period-1", "Kaltim", "100", **PERIOD), one("period-2", "Kaltim", "101", **PERIOD)]
BUDGETS = [
    one("share-1", "Lampung", "60%", "recipients_share", **WAVES),
    one("share-2", "Lampung", "40%", "recipients_share", **WAVES),
]
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "waves": ({"wave_from": 23, "wave_to": 24}, {"wave_from": 23, "wave_to": 25}),
    "day": (
        {"wave_from": 26, "wave_to": 26, "as_of": "2021-12-01"},
        {"wave_from": 26, "wave_to": 26, "as_of": "2021-12-02"},
    ),
    "sex": ({"wave_from": 27, "wave_to": 27, "sex": "male"}, {"wave_from": 27, "wave_to": 27, "sex": "female"}),
    "age": ({"wave_from": 28, "wave_to": 28, "age_group": "18-25"}, {"wave_from": 28, "wave_to": 28}),
    "undated": ({}, {}),
    "since": (
        {"period_start": "2021-02-01", "period_end": "2021-06-15"},
        {"period_start": "2021-03-01", "period_end": "2021-06-15"},
    ),
    "until": (
        {"period_start": "2021-05-01", "period_end": "2021-06-15"},
        {"period_start": "2021-05-01", "period_end": "2021-06-16"},
    ),
    "measure": (
        {"wave_from": 29, "wave_to": 29, "measure": "quota"},
        {"wave_from": 29, "wave_to": 29, "measure": "recipients"},
    ),
}
APART = {
    name: [one(f"{name}-1", "Maluku", "100", **first), one(f"{name}-2", "Maluku", "110", **second)]
    for name, (first, second) in PAIRS.items()
}
#: What is fixed for the whole scheme needs no region and no day, only the scheme.
MONTH = "benefit_incentive_per_month"
SCHEMES = [
    one("scheme-1", "Indonesia", "Rp600.000", MONTH, period_start="2020", period_end="2020-05-01"),
    one("scheme-2", "Aceh", "Rp600.000", MONTH, period_start="2021", period_end="2021-05-01"),
    one("scheme-3", "Aceh", "Rp60.000", MONTH, period_start="2022", period_end="2022-05-01"),
    one("scheme-4", "Indonesia", "Rp700.000", MONTH, period_start="2023", period_end="2023-05-01"),
]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (DIFFER[0], []),
        (DIFFER[1], [("differs", 1, "6.534", 6354)]),
        (ROUNDED_DIFFER[1], [("differs", 1, "6,4 ribu", 6500)]),
        (MAJORITY[0], [("differs", 1, "100", 200)]),
        (MAJORITY[2], []),
        (PRECISE[0], [("differs", 1, "3 ribu", 4100)]),
        (PRECISE[1], []),
        (PERIODS[1], [("differs", 1, "101", 100)]),
        (SCHEMES[2], [("differs", 1, "Rp60.000", 600000)]),
        (SCHEMES[1], []),
        (SCHEMES[3], []),
    ],
)
def test_sources_on_one_cell(source: str, expected: list[Told]) -> None:
    assert told(source, AGREE) == expected
    assert {each.severity for each in findings(source, AGREE)} <= {"error"}


@pytest.mark.parametrize("pair", [EXACT, ROUNDED, AT_LEAST])
def test_sources_that_meet_agree(pair: list[str]) -> None:
    assert [findings(source) for source in pair] == [[], []]
    assert [held(source, AGREE) for source in pair].count({1}) == 1


@pytest.mark.parametrize("pair", [*APART.values(), BUDGETS])
def test_sources_on_different_cells_are_not_compared(pair: list[str]) -> None:
    for source in pair:
        assert told(source, AGREE) == []
        assert held(source, AGREE) == set()


def test_both_sources_are_named() -> None:
    (finding,) = findings(DIFFER[1], AGREE)
    assert {place[0] for place in finding.evidence} == set(DIFFER)
    assert finding.message_en == ("Jambi: 6.534 recipients here, but 6.354 in agreement-differ-1, for the same time.")
    assert finding.message_id == (
        "Jambi: 6.534 penerima di sini, tetapi 6.354 di agreement-differ-1, untuk waktu yang sama."
    )


def test_equal_figures_of_another_measure_bear_witness() -> None:
    """They are no comparison of their own: that they differ would mean nothing."""
    for pair in (("witness-same", "100"), ("witness-other", "90")):
        assert findings(f"agreement-{pair[0]}", AGREE) == []
    table = everything().judged.validated.ingested.figures.get_backend().table(f"view_{AGREE}")
    kept = table.filter(table.is_companion & table.source.startswith("agreement-")).to_pyarrow().to_pylist()
    assert [(each["source"], each["printed"], each["outcome"]) for each in kept] == [
        ("agreement-witness-same", 100, None)
    ]


one("witness-general", "Sumbar", "100", **WAVES)
one("witness-same", "Sumbar", "100", "recipients_decreed", **WAVES)
one("witness-other", "Sumbar", "90", "recipients_effective", **WAVES)


def grown(name: str, region: str, *values: str, measure: str = "recipients", sex: str = "") -> list[str]:
    """A source for each value, a month apart, each from the start."""
    level = "nation" if region == "Indonesia" else "province"
    return [
        case(
            f"agreement-{name}-{n}",
            row(region, level, measure, value, **FROM, period_end=f"2022-{n:02}-10", sex=sex),
        )
        for n, value in enumerate(values, 1)
    ]


#: The nation, for the shares; `quota` may fall and no region is held against another one's.
NATION = grown("nation", "Indonesia", "10.000.000", "11.000.000", "12.000.000", "13.000.000", measure="quota")
USUAL = grown("usual", "Sulut", "100.000", "110.000", "120.000", "13.000", measure="quota")
ODD = grown("odd", "Sulteng", "100.000", "110.000", "120.000", "13.000.000", measure="quota")
FAR = grown("far", "Sulsel", "100.000", "110.000", "120", "130.000", measure="quota")
TOO_FEW = grown("few", "Sultra", "100.000", "110.000", "120", measure="quota")
ONE_SOURCE = case(
    "agreement-one-source",
    *(
        row("Gorontalo", "province", "quota", value, **FROM, period_end=f"2022-{n:02}-10")
        for n, value in enumerate(("100.000", "110.000", "120", "130.000"), 1)
    ),
)
WOMEN = grown("women", "Sulbar", "100.000", "110.000", "120.000", measure="quota")
WOMEN_ALONE = grown("alone", "Sulbar", "120", measure="quota", sex="female")
#: A count that does not start with the programme is of another size.
MONTH_ONLY = case(
    "agreement-month", row("Sulsel", "province", "quota", "150", period_start="2022-05-01", period_end="2022-05-10")
)
BENEFITS = [
    one(f"benefit-{n}", "Indonesia", value, "benefit_survey_each", period_start="2021", period_end=f"2021-{n:02}-10")
    for n, value in enumerate(("Rp50.000", "Rp50.000", "Rp50.000", "Rp50.000 ribu"), 1)
]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (FAR[2], [("far", 1, "120", 104881)]),
        (FAR[1], []),
        (ODD[3], [("odd", 1, "13.000.000", 130000)]),
        (USUAL[3], [("odd", 1, "13.000", 130000)]),
        (USUAL[0], []),
        (TOO_FEW[2], []),
        (ONE_SOURCE, []),
        (WOMEN_ALONE[0], []),
        (MONTH_ONLY, []),
        (BENEFITS[3], [("far", 1, "Rp50.000 ribu", 50000)]),
        (BENEFITS[0], []),
    ],
)
def test_the_size_of_a_figure(source: str, expected: list[Told]) -> None:
    assert told(source, PLAUSIBLE) == expected
    severities = {"far": "error", "odd": "warning"}
    assert [each.severity for each in findings(source, PLAUSIBLE)] == [severities[outcome] for outcome, *_ in expected]


def test_figures_of_a_usual_size_were_compared() -> None:
    assert held(FAR[1], PLAUSIBLE) == held(USUAL[0], PLAUSIBLE) == held(BENEFITS[0], PLAUSIBLE) == {1}
    alone = (ONE_SOURCE, WOMEN_ALONE[0], MONTH_ONLY)
    assert [held(source, PLAUSIBLE) for source in alone] == [set(), set(), set()]


def test_the_usual_size_is_named() -> None:
    (finding,) = findings(FAR[2], PLAUSIBLE)
    assert finding.message_en == (
        "Sulawesi Selatan: 120 quota is out of all proportion: 3 other figures lie around 104,881."
    )
    (finding,) = findings(ODD[3], PLAUSIBLE)
    assert finding.message_id == (
        "Sulawesi Tengah: 13.000.000 kuota jauh dari pangsa nasionalnya yang biasa, yaitu sekitar 130.000."
    )


def test_the_real_sources_that_disagree() -> None:
    run = real()
    assert run.told("sonora-2020-05-sulsel", AGREE) == [("differs", 2, "3.550.000 ribu", 3550000)]
    assert run.told("sonora-2020-05-sulsel", PLAUSIBLE) == [("far", 2, "3.550.000 ribu", 3550000)]
    assert run.told("radarnonstop-2021-09-19-dki", PLAUSIBLE) == [("far", 2, "930", 710299)]
    assert run.told("slashlancer-2022-16-42-million", AGREE) == [("differs", 3, "21", 212)]
    assert run.told("bakabar-2023-09-02-banjarbaru", AGREE) == [("differs", 15, "17,4 Juta", 17600000)]
    assert run.told("tribunlombok-2020-11-20-ntb", PLAUSIBLE) == [("odd", 2, "7 ribuan", 63608)]
