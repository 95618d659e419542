"""The benchmark of detection: errors in print, what arithmetic tells of them, and what the pipeline tells."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from benchmarks.detection import SAME, batches, draw, ground_of, outcomes, prospects
from benchmarks.ground import Ground, Statement
from benchmarks.injections import KINDS, Injection, Site, injected, injection
from benchmarks.measured import Measured, Outcome, report

TODAY = date(2026, 11, 25)
BENGKULU = "rakyatbengkulu-2020-10-16-bengkulu"
BALI = "tribunbali-2020-05-19-bali"


def place(row: int, source: str = "s") -> tuple[str, str, int]:
    return source, "figures", row


def site(token: str, value: str, precision: str = "1", language: str = "id", unit_mult: int = 0) -> Site:
    return Site(place(1), token, language, Decimal(value), Decimal(precision), unit_mult)


def printed(kind: str, one: Site, seed: int) -> str | None:
    made = injection(kind, "family", one, {one.place: one}, Random(seed))
    return made.tokens[one.place] if made else None


@pytest.mark.parametrize(
    ("kind", "one", "possible"),
    [
        ("two digits swapped", site("6.276", "6276"), {"2.676", "6.726", "6.267"}),
        ("two digits swapped", site("10", "10"), {None}),
        ("two digits swapped", site("66", "66"), {None}),
        ("digit lost", site("6.276", "6276"), {"276", "676", "626", "627"}),
        ("digit lost", site("105", "105"), {"15", "10"}),
        ("digit lost", site("17,4 juta", "17400000", "100000"), {"7,4 juta", "1,4 juta", "17 juta"}),
        ("digit lost", site("5", "5"), {None}),
        ("digit doubled", site("6.276", "6276"), {"66.276", "62.276", "62.776", "62.766"}),
        ("separators exchanged", site("Rp 1.500,5", "1500.5", "0.1"), {"Rp 1,500.5"}),
        ("separators exchanged", site("426", "426"), {None}),
        ("unit word lost", site("793,4 ribu", "793400", "100"), {"793,4"}),
        ("unit word lost", site("6.276", "6276"), {None}),
        ("unit word spurious", site("6.276", "6276"), {"6.276 ribu"}),
        ("unit word spurious", site("6,276", "6276", language="en"), {"6,276 thousand"}),
        ("unit word spurious", site("17,4 juta", "17400000", "100000"), {None}),
        ("unit word doubled", site("17,4 juta", "17400000", "100000"), {"17,4 juta juta"}),
        ("unit word doubled", site("251,1", "251100", "100", unit_mult=3), {"251,1 ribu"}),
        ("unit word doubled", site("6.276", "6276"), {None}),
        ("one digit", site("enam", "6"), {None}),
    ],
)
def test_error_is_printed_in_the_manner_of_the_token(kind: str, one: Site, possible: set[str | None]) -> None:
    assert {printed(kind, one, seed) for seed in range(60)} == possible


def test_one_digit_differs_in_one_place_and_never_leads_with_zero() -> None:
    found = {str(printed("one digit", site("6.276", "6276"), seed)) for seed in range(300)}
    assert all(sum(a != b for a, b in zip(each, "6.276", strict=True)) == 1 for each in found)
    assert len(found) == 8 + 3 * 9
    assert not any(each.startswith("0") for each in found)


def sum_of(name: str, total: int, *parts: int) -> Statement:
    terms = {place(total): Fraction(-1), **{place(part): Fraction(1) for part in parts}}
    return Statement("children_sum_to_parent", name, terms, (Fraction(0), Fraction(0)), frozenset(terms))


def test_ground_tells_what_a_change_breaks_and_who_could_explain_it() -> None:
    """6 = 1 + 2 + 3, and 3 = 1 + 2: a change of the part that both share breaks both, and nothing else explains it."""
    values = {place(1): 6, place(2): 1, place(3): 2, place(4): 3}
    statements = [sum_of("all", 1, 2, 3, 4), sum_of("two", 4, 2, 3)]
    touching = {key: [each for each in statements if key in each.rests_on] for key in values}
    points = {key: (Fraction(value), Fraction(value)) for key, value in values.items()}
    base = Ground(None, frozenset(), (), {}, points, statements, touching, {})  # type: ignore[arg-type]

    def explained(row: int, value: int) -> tuple[list[str], set[int]]:
        change = {place(row): (Fraction(value), Fraction(value))}
        broken = base.broken_by(change)
        return [each.name for each in broken], {key[2] for key in base.explainers(broken, change)}

    assert explained(1, 7) == (["all"], {1})
    assert explained(2, 2) == (["all", "two"], {2, 3})
    assert explained(4, 5) == (["all", "two"], {4})
    assert explained(4, 3) == ([], set())


def test_share_holds_within_its_rounding_only() -> None:
    """15,463 of 91,619 are 16.878 percent: 16.88 agrees, 16.80 does not."""
    share = Statement(
        "share_matches_count",
        "x",
        {},
        (Fraction(0), Fraction(0)),
        frozenset(map(place, (1, 2, 3))),
        place(2),
        frozenset({place(3)}),
    )
    counts = {place(2): (Fraction(15463),) * 2, place(3): (Fraction(91619),) * 2}
    assert share.holds(counts | {place(1): (Fraction("16.875"), Fraction("16.885"))})
    assert not share.holds(counts | {place(1): (Fraction("16.795"), Fraction("16.805"))})


@pytest.fixture(scope="module")
def base() -> Ground:
    return ground_of(frozenset({BENGKULU, BALI}), TODAY)


def error(kind: str, at: tuple[str, str, int], true: int, text: str | None = None) -> Injection:
    tokens = {at: text} if text else {}
    return Injection(
        kind, "family", at, Decimal(true), tokens, removed=kind == "row missing", doubled=kind == "row doubled"
    )


def test_figures_agree_to_begin_with(base: Ground) -> None:
    assert base.false_alarms == ()
    rules = {each.rule for each in base.statements}
    assert {"children_sum_to_parent", "family_is_complete"} <= rules
    whole = [each for each in base.statements if each.rule == "children_sum_to_parent"]
    assert {next(iter(each.rests_on))[0] for each in whole} == {BENGKULU, BALI}


def test_draw_is_the_same_for_a_seed_and_of_every_kind_that_fits(base: Ground) -> None:
    once, again = draw([base], 3, Random(5)), draw([base], 3, Random(5))
    assert once == again
    kinds = {each.kind for _, each in once}
    assert kinds == set(KINDS) - {"unit word lost", "unit word doubled"}
    assert {each.chain for _, each in once} >= {"family"}


def test_error_in_a_family_is_detected_and_named(base: Ground) -> None:
    """Two families in one run: Buleleng's count gets a unit word that it should not have, Bengkulu loses a regency."""
    spurious = next(one for key, one in base.sites.items() if key[0] == BALI and one.token == "1.947")
    lost = next(one for key, one in base.sites.items() if key[0] == BENGKULU and one.token == "4.829")
    harmless = next(one for key, one in base.sites.items() if key[0] == BENGKULU and one.token == "71.243")
    errors = [
        error("unit word spurious", spurious.place, 1947, "1.947 ribu"),
        error("row missing", lost.place, 4829),
        error("separators exchanged", harmless.place, 71243, "71,243"),
    ]
    foreseen = prospects(base, errors)
    assert [each.reason for each in foreseen] == ["", "", SAME]
    assert [len(batch) for batch in batches(foreseen)] == [2, 1]
    found = outcomes(base, batches(foreseen)[0], TODAY)
    assert [each.injection for each in found] == errors[:2]
    assert all(each.detected and each.suspect == 1 and each.value for each in found)


def test_injected_rows_keep_their_numbers(base: Ground) -> None:
    rows = sorted(key[2] for key in base.sites if key[0] == BALI)
    changed = injected(base.snapshot, [error("row missing", place(rows[0], BALI), 1)]).figures.to_pylist()
    assert sorted(row["row"] for row in changed if row["source"] == BALI) == rows[1:]
    twice = injected(base.snapshot, [error("row doubled", place(rows[0], BALI), 1)]).figures.to_pylist()
    first, second = (row for row in twice if row["source"] == BALI and row["row"] in (rows[0], rows[0] + 1_000_000))
    assert {**first, "row": 0} == {**second, "row": 0}


def test_report_counts_apart_what_cannot_be_told() -> None:
    told = Outcome(error("one digit", place(1), 5), "", 1, 2, True, 2, False, True)
    untold = Outcome(error("one digit", place(2), 5), SAME, 0, 0, False, 0, False, False)
    text = report([Measured("alone", 7, 3, [told, untold], ["a false alarm"], 1)], TODAY)
    assert "| one digit | 2 | 1 | 100 % | 0 % | 0 % | 100 % | 100 % | 24 / 62 |" in text
    assert f"- 1 that arithmetic cannot tell: {SAME}." in text
    assert "False alarms on the untouched figures: 1." in text
    assert "| *only one figure can explain it* | 1 | 1 | 100 % | 0 % | 0 % | 100 % | 100 % |" in text
