"""How one mistake explains a broken relation, and what is said where no misprint does."""

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from schemas.explain import Explanation, all_alone, doubled, exchanged, missing, together
from schemas.misprints import ABSURD, DIGIT, NOTHING, TYPED, UNIQUE, WEAK, Number
from schemas.relations import Cell, Key, Relation, System
from schemas.repair import Repair
from tests.families import BANJARBARU, cell, family, relation


def system(cells: list[Cell], *relations: Relation) -> System:
    return System.of({one.key: one for one in cells}, relations)


def bounded(one: Cell, lower: int | None, upper: int | None, name: str = "it") -> Relation:
    """A figure that must lie within bounds, and does not."""
    least, most = (None if bound is None else Decimal(bound) for bound in (lower, upper))
    return Relation(name, "value_is_plausible", False, {one.key: Decimal(1)}, least, most)


def given(found: Explanation) -> tuple[object, ...]:
    return found.kind, found.suggestion


@pytest.mark.parametrize(
    ("lower", "upper", "english", "indonesian"),
    [
        (4321, 4321, "4.321 would make everything agree", "4.321 membuat semuanya cocok"),
        (4321, 9876, "4.321 to 9.876 would make everything agree", "4.321 sampai 9.876 membuat semuanya cocok"),
        (4321, None, "at least 4.321 would make everything agree", "sedikitnya 4.321 membuat semuanya cocok"),
        (None, 3, "0 to 3 would make everything agree", "0 sampai 3 membuat semuanya cocok"),
    ],
)
def test_what_would_do_is_said_in_words(lower: int | None, upper: int | None, english: str, indonesian: str) -> None:
    one = cell(1, "77")
    (found,) = all_alone(system([one], bounded(one, lower, upper)))[one.key]
    assert (found.kind, found.tier) == ("other", NOTHING)
    assert found.reason_en == f"no typing error fits; {english}"
    assert found.reason_id == f"tidak ada salah ketik yang cocok; {indonesian}"
    assert found.suggestion == (lower if lower == upper else None)


def test_negative_figures_may_stay_negative() -> None:
    one = replace(cell(1, "7"), value=Decimal(-7), lower=Decimal(-7), upper=Decimal(-7))
    (found,) = all_alone(system([one], bounded(one, None, -90)))[one.key]
    assert "at most -90 would make everything agree" in found.reason_en
    assert "paling banyak -90" in found.reason_id


def test_a_rounded_figure_is_suggested_where_only_one_fits() -> None:
    one = cell(1, "1 juta")
    needed = bounded(one, 4_100_000, 4_300_000)
    found = all_alone(system([one], needed))[one.key]
    assert [given(each) for each in found] == [("one_digit", 4_000_000)]
    words = replace(one, token="sejuta")
    found = all_alone(system([words], needed))[one.key]
    assert [given(each) for each in found] == [("other", 4_000_000)]


def test_the_other_source_is_told_apart() -> None:
    here, there = cell(1, "6.354"), cell(1, "6.534", source="other")
    agree = relation("agree", {here.key: 1, there.key: -1}, [here, there])
    found = all_alone(system([here, there], agree))
    assert {key[0]: one.suggestion for key, (one, *_) in found.items()} == {"paper": 6534, "other": 6354}
    assert {one.kind for each in found.values() for one in each} == {"digits_swapped"}
    assert list(exchanged(system([here, there], agree))) == []


def test_a_row_that_repeats_only_helps_if_everything_agrees_without_it() -> None:
    rows = (("paper", "figures", 7),)
    cells, total = family([*BANJARBARU, "4.091"], doubled=rows)
    (found,) = doubled(system(cells, total))
    assert (found.key, found.kind, found.tier, found.suggestion) == (rows[0], "row_doubled", UNIQUE, None)
    cells, total = family([*BANJARBARU[:5], "3.878", "4.091"], doubled=rows)
    assert list(doubled(system(cells, total))) == []


def test_missing_rows_where_no_exact_sum_is_known() -> None:
    cells, _ = family(("10.000", "4.000", "3.000"))
    terms = {one.key: 1 if row else -1 for row, one in enumerate(cells)}
    half = relation("half", terms, cells, at_least=True, missing=("Riau", "Jambi"))
    (found,) = missing(system(cells, half))
    assert (found.key, found.kind, found.tier, found.suggestion) == (None, "row_missing", UNIQUE, None)
    assert found.reason_en == "Riau, Jambi: the row is missing; 3.000 is left"


def test_what_is_left_between_rounded_figures() -> None:
    """175.655 as printed; with the rounding of the total it could be as little as 125.655."""
    bounds = {Decimal(150_000): UNIQUE, Decimal(120_000): ABSURD}
    for most, tier in bounds.items():
        cells, total = family(
            ("5,5 juta", "5.324.345"), missing=("Bengkulu",), expected=(None, most), holds=False
        )  # fmt: skip
        (found,) = missing(system(cells, total))
        assert given(found) == ("row_missing", 175655)
        assert found.tier == tier


def test_exchanged_neighbours() -> None:
    cells, _ = family(("23.111", "6.276", "4.652"))
    first, second = bounded(cells[1], 4652, 4652, "first"), bounded(cells[2], 6276, 6276, "second")
    one, other = exchanged(system(cells, first, second))
    assert given(one) == ("values_exchanged", 4652)
    assert given(other) == ("values_exchanged", 6276)
    assert one.repairs == other.repairs == {"first", "second"}
    assert (one.tier, one.mistakes, one.figures) == (TYPED, 1, 2)
    assert one.reason_id == "tertukar dengan tetangganya region 3: 6.276 seharusnya 4.652"


def test_an_exchange_says_little_where_any_fall_would_do() -> None:
    cells, _ = family(("10", "9.000", "7.000"))
    rises = relation("rises", {cells[1].key: -1, cells[2].key: 1}, cells, at_least=True)
    assert {one.tier for one in exchanged(system(cells, rises))} == {WEAK}


def test_a_set_is_as_likely_as_its_least_likely_member() -> None:
    cells, total = family(("23.111", "6.376", "4.625", "4.215", "4.091", "3.877"))
    found = system(cells, total)
    changes = {cells[1].key: (Fraction(-100), Fraction(-100)), cells[2].key: (Fraction(27), Fraction(27))}
    one, other = together(found, Repair(changes, frozenset({"sum"})))
    assert given(one) == ("one_digit", 6276)
    assert given(other) == ("digits_swapped", 4652)
    assert {(each.tier, each.mistakes, each.figures) for each in (one, other)} == {(DIGIT, 2, 2)}
    assert other.reason_en.endswith("together with region 2")
    assert other.reason_id.endswith("bersama dengan region 2")


def test_a_set_whose_members_make_up_for_each_other() -> None:
    cells, total = family(("23.111", "6.376", "4.625"))
    changes: dict[Key, tuple[Number, Number]] = {
        cells[1].key: (-math.inf, math.inf),
        cells[2].key: (Fraction(1, 3), Fraction(2, 3)),
    }
    one, other = together(system(cells, total), Repair(changes, frozenset({"sum"})))
    assert (one.suggestion, other.suggestion) == (None, None)
    assert "many values would make everything agree" in one.reason_en
    assert "banyak nilai" in other.reason_id
