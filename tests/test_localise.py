"""The culprit: each kind of mistake is traced to its figure, and equally good suspects share a rank."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import localise as flow
from flows.localise import Cell, Localisation, Relation, Suspect, localise
from schemas import repair
from schemas.tables import MISPRINTS
from tests.families import BALI, BANJARBARU, BENGKULU, cell, dots, family, relation, table, totalled

FAMILIES = {"Banjarbaru": BANJARBARU, "Bengkulu": BENGKULU, "Bali": BALI}


def of(tokens: Sequence[str], **more: Any) -> Localisation:
    cells, total = family(tokens, **more)
    return localise(cells, [total])["sum"]


def said(suspect: Suspect) -> tuple[object, ...]:
    return suspect.key[2] if suspect.key else None, suspect.suggestion, suspect.kind


def named(suspect: Suspect) -> tuple[object, ...]:
    return suspect.key, suspect.suggestion, suspect.kind


def printed(tokens: tuple[str, ...], row: int, token: str) -> list[str]:
    """The family with another token in one row, counted from 1."""
    return [*tokens[: row - 1], token, *tokens[row:]]


# -- One sum alone --------------------------------------------------------------------------------------------------


def test_the_total_of_sulut() -> None:
    regencies = (
        "10.023", "8.112", "4.010", "3.005", "2.911", "1.910", "1.222", "1.111", "902", "802", "701", "502", "401",
        "300", "194",
    )  # fmt: skip
    found = of(["36.006", *regencies])
    first = found.suspects[0]
    assert said(first) == (1, 36106, "one_digit")
    assert first.value == 36006
    assert (first.source, first.rank) == ("paper", 1)
    assert first.reason_en == "one digit: 36.006 would be 36.106"
    assert first.reason_id == "satu angka: 36.006 seharusnya 36.106"
    assert found.changed == 1
    assert found.complete


def test_equally_good_suspects_are_all_given() -> None:
    found = of(printed(BANJARBARU, 5, "4.191"))
    best = [said(suspect) for suspect in found.suspects if suspect.rank == 1]
    assert best == [
        (1, 23211, "one_digit"), (2, 6176, "one_digit"), (3, 4552, "one_digit"), (5, 4091, "one_digit"),
        (6, 3777, "one_digit"),
    ]  # fmt: skip
    assert [said(suspect) for suspect in found.suspects if suspect.rank == 2] == [(4, 4115, "one_digit")]


@pytest.mark.parametrize(
    ("row", "token", "kind"),
    [
        (3, "4.562", "digits_swapped"),
        (3, "452", "digit_lost"),
        (3, "46.652", "digit_doubled"),
        (3, "4.652 ribu", "unit_word"),
        (1, "23.111 juta", "unit_word"),
    ],
)
def test_what_seldom_fits_by_chance_comes_first(row: int, token: str, kind: str) -> None:
    found = of(printed(BANJARBARU, row, token))
    true = Decimal(BANJARBARU[row - 1].replace(".", ""))
    assert said(found.suspects[0]) == (row, true, kind)
    assert found.suspects[1].rank == 2


def test_a_garbled_token_is_suspected_before_others() -> None:
    """`4.19` for `4.191` lacks a digit, and is not written in groups of three."""
    found = of(printed(BANJARBARU, 5, "4.09"))
    assert said(found.suspects[0]) == (5, 4091, "digit_lost")


def test_a_figure_that_breaks_the_lists_order_comes_before_others() -> None:
    """5.215 after 4.652: with one digit less the list runs from the largest to the smallest again."""
    found = of(printed(BANJARBARU, 4, "5.215"))
    assert said(found.suspects[0]) == (4, 4215, "one_digit")
    assert found.suspects[1].rank == 2
    assert "in order of size" in found.suspects[0].reason_en


def test_a_change_that_no_misprint_explains_is_still_named() -> None:
    found = of(printed(BANJARBARU, 4, "4.999"))
    unexplained = {suspect.key[2]: suspect for suspect in found.suspects if suspect.key and suspect.kind == "other"}
    assert unexplained[4].suggestion == 4215
    assert "4.215 would make everything agree" in unexplained[4].reason_en


def test_rounded_figures_are_suspected_on_their_own_grid() -> None:
    found = of(["17,4 juta", "9,1 juta", "9,3 juta"])
    assert said(found.suspects[0]) == (1, 18400000, "one_digit")
    assert all(one.suggestion is None or one.suggestion % 100000 == 0 for one in found.suspects)
    swapped = of(["17,4 juta", "9,1 juta", "3,8 juta"])
    assert said(swapped.suspects[0]) == (3, 8300000, "digits_swapped")
    assert "3,8 juta would be 8,3 juta" in swapped.suspects[0].reason_en


# -- Rows -----------------------------------------------------------------------------------------------------------


def test_a_missing_row_is_named_with_what_is_left_for_it() -> None:
    found = of(BANJARBARU[:-1], missing=("Banjarbaru Selatan",))
    first = found.suspects[0]
    assert named(first) == (None, 3877, "row_missing")
    assert first.value is None
    assert first.reason_en == "Banjarbaru Selatan: the row is missing; 3.877 is left"
    assert first.source == "paper"


def test_a_remainder_far_too_large_is_no_correction() -> None:
    """What Kompas's 33 provinces leave for Bengkulu, which had 71.243 in another paper."""
    tokens = ["5,5 juta", "793,4 ribu", "651,5 ribu", "542,5 ribu", "450 ribu", "2.886.945"]
    found = of(tokens, missing=("Bengkulu",), expected=(Decimal(60000), Decimal(100000)), holds=False)
    suspect = next(one for one in found.suspects if one.kind == "row_missing")
    assert suspect.suggestion == 175655
    assert "far too many: at most 100.000 is to be expected" in suspect.reason_en
    assert "terlalu banyak" in suspect.reason_id


def test_a_remainder_larger_than_all_others_is_said_to_be_many() -> None:
    found = of(("71.243", "10.997", "8.747"), missing=("Kota Bengkulu",))
    suspect = next(one for one in found.suspects if one.kind == "row_missing")
    assert suspect.suggestion == 51499
    assert "many: the largest of the others has 10.997" in suspect.reason_en


def test_a_remainder_far_too_small_is_said_to_be_few() -> None:
    found = of(("19.747", "10.997", "8.747"), missing=("Kota Bengkulu",), expected=(Decimal(20000), None))
    suspect = next(one for one in found.suspects if one.kind == "row_missing")
    assert "far too few: at least 20.000 is to be expected" in suspect.reason_en
    assert suspect.rank > 1


def test_nothing_is_missing_where_the_list_has_too_many() -> None:
    found = of(printed(BANJARBARU, 6, "4.877"), missing=("Landasan Ulin",))
    assert all(one.kind != "row_missing" for one in found.suspects)


def test_a_row_given_twice_is_named() -> None:
    found = of([*BANJARBARU, BANJARBARU[4]], doubled=(("paper", "figures", 7),))
    assert said(found.suspects[0]) == (7, None, "row_doubled")
    assert found.suspects[1].rank == 2
    assert "without it everything agrees" in found.suspects[0].reason_en


def test_two_rows_given_twice_are_named_together() -> None:
    doubled = (("paper", "figures", 7), ("paper", "figures", 8))
    found = of([*BANJARBARU, BANJARBARU[4], BANJARBARU[2]], doubled=doubled)
    twice = [said(one) for one in found.suspects if one.kind == "row_doubled"]
    assert twice == [(7, None, "row_doubled"), (8, None, "row_doubled")]


def test_a_sum_that_only_fits_with_a_row_twice() -> None:
    """As in the SPN table: the double fills what the missing provinces leave."""
    doubled = (("paper", "figures", 5),)
    found = of(("10.000", "4.000", "3.000", "1.500", "1.500"), missing=("Riau",), doubled=doubled, holds=False)
    assert {said(one) for one in found.suspects} == {(5, None, "row_doubled"), (None, 1500, "row_missing")}
    assert found.suspects[0].kind == "row_doubled"
    assert "the sum only fits with it" in found.suspects[0].reason_en
    assert found.changed == 1


# -- Two relations --------------------------------------------------------------------------------------------------


def misprint(number: int, kind: str, random: Random) -> int:
    """A misprinted number, by means other than those of the code under test; as it was if a zero would lead."""
    digits = list(str(number))
    place = random.randrange(len(digits) - 1)
    if kind == "one_digit":
        digits[place] = random.choice([digit for digit in "123456789" if digit != digits[place]])
    elif kind == "digits_swapped":
        digits[place], digits[place + 1] = digits[place + 1], digits[place]
    elif kind == "digit_lost":
        del digits[place]
    else:
        digits.insert(place, digits[place])
    return int("".join(digits)) if digits[0] != "0" else number


inner = st.lists(st.lists(st.integers(11, 9999), min_size=3, max_size=3), min_size=2, max_size=4)
kinds = st.sampled_from(["one_digit", "digits_swapped", "digit_lost", "digit_doubled"])


@settings(deadline=None)
@given(inner, kinds, st.randoms(use_true_random=False))
def test_where_two_sums_cross_the_figure_is_named_first(rows: list[list[int]], kind: str, random: Random) -> None:
    numbers = totalled(rows)
    row, column = random.randrange(len(rows)), random.randrange(3)
    true = numbers[row][column]
    numbers[row][column] = misprint(true, kind, random)
    cells, relations = table(numbers)
    culprit = cells[row * 4 + column].key
    found = localise(cells, relations)
    assert set(found) == ({f"row {row}", f"column {column}"} if numbers[row][column] != true else set())
    for one in found.values():
        assert named(one.suspects[0])[:2] == (culprit, true)
        assert one.suspects[0].kind in MISPRINTS[:4]
        assert [other.key for other in one.suspects if other.rank == 1] == [culprit]
        assert one.changed == 1


@settings(deadline=None)
@given(st.sampled_from(sorted(FAMILIES)), kinds, st.randoms(use_true_random=False))
def test_the_changed_figure_is_always_among_the_suspects(name: str, kind: str, random: Random) -> None:
    tokens = FAMILIES[name]
    row = random.randrange(len(tokens))
    true = int(tokens[row].replace(".", ""))
    wrong = misprint(true, kind, random)
    cells, total = family(printed(tokens, row + 1, dots(wrong)))
    found = localise(cells, [total])
    if wrong == true:
        assert found == {}
    else:
        assert (cells[row].key, true) in [named(one)[:2] for one in found["sum"].suspects]


def test_a_second_source_clears_all_but_one() -> None:
    cells, total = family(printed(BANJARBARU, 5, "4.191"))
    again = [cell(row, token, source="other") for row, token in enumerate(BANJARBARU, 1)]
    agree = [
        relation(f"agrees {one.key[2]}", {one.key: 1, other.key: -1}, [one, other])
        for one, other in zip(cells, again, strict=True)
    ]
    found = localise([*cells, *again], [total, *agree])
    assert sorted(found) == ["agrees 5", "sum"]
    assert [said(one) for one in found["sum"].suspects] == [(5, 4091, "one_digit")]


def test_neighbours_exchanged_are_one_mistake() -> None:
    numbers = totalled([[6276, 4652, 871], [4215, 4091, 355], [3877, 1208, 93]])
    numbers[0][1], numbers[1][1] = numbers[1][1], numbers[0][1]
    cells, relations = table(numbers)
    found = localise(cells, relations)
    assert sorted(found) == ["row 0", "row 1"]
    first = found["row 0"].suspects[0]
    assert named(first) == (cells[1].key, 4652, "values_exchanged")
    assert first.reason_en == "exchanged with its neighbour region 6: 4.091 would be 4.652"
    assert found["row 1"].suspects[0].key == cells[5].key
    assert found["row 0"].changed == 2


def test_values_exchanged_between_columns_of_the_same_region() -> None:
    """The quota of job seekers and of the laid off, each printed as a list of its own."""
    seekers = [cell(row, token, name=f"regency {row}") for row, token in enumerate(("7.500", "4.106", "1.526"), 1)]
    laid_off = [cell(row + 3, token, name=f"regency {row}") for row, token in enumerate(("5.080", "5.974", "974"), 1)]
    first = relation("seekers", {one.key: 1 if row else -1 for row, one in enumerate(seekers)}, seekers)
    second = relation("laid off", {one.key: 1 if row else -1 for row, one in enumerate(laid_off)}, laid_off)
    found = localise([*seekers, *laid_off], [first, second])
    assert said(found["seekers"].suspects[0]) == (2, 5974, "values_exchanged")
    assert said(found["laid off"].suspects[0]) == (5, 4106, "values_exchanged")


def test_a_later_count_below_an_earlier_one() -> None:
    earlier, later = cell(1, "7.237 ribu"), cell(1, "8.154", source="other")
    falls = relation("never falls", {later.key: 1, earlier.key: -1}, [earlier, later], at_least=True)
    first = localise([earlier, later], [falls])["never falls"].suspects[0]
    assert named(first) == (earlier.key, 7237, "unit_word")


# -- Several mistakes -----------------------------------------------------------------------------------------------


def test_two_mistakes_in_one_row_need_the_search() -> None:
    numbers = totalled([[6276, 4652, 871], [4215, 4091, 355], [3877, 1208, 93]])
    numbers[0][0], numbers[0][1] = 6376, 4625
    cells, relations = table(numbers)
    found = localise(cells, relations)
    assert sorted(found) == ["column 0", "column 1", "row 0"]
    assert {one.changed for one in found.values()} == {2}
    best = {named(one) for one in found["row 0"].suspects if one.rank == 1}
    assert best == {(cells[0].key, 6276, "one_digit"), (cells[1].key, 4652, "digits_swapped")}
    assert "together with region 2" in next(
        one.reason_en for one in found["row 0"].suspects if one.key == cells[0].key and one.rank == 1
    )


def test_mistakes_apart_are_found_apart() -> None:
    """Two districts of two cities in one province: either sum has its own suspects, and no search is needed."""
    city, first = family(("23.111", "6.276", "4.652", "4.215", "4.190", "3.877"), "city")
    other = [replace(one, key=("other", "figures", one.key[2])) for one in family(printed(BALI, 2, "3.264"))[0]]
    second = relation("other", {one.key: 1 if row else -1 for row, one in enumerate(other)}, other)
    province = cell(99, dots(23111 + 11152))
    above = relation("province", {province.key: -1, city[0].key: 1, other[0].key: 1}, [province, city[0], other[0]])
    found = localise([*city, *other, province], [first, second, above])
    assert sorted(found) == ["city", "other"]
    assert all(one.changed == 1 and one.complete for one in found.values())
    assert said(found["other"].suspects[0]) == (2, 3246, "digits_swapped")
    assert all(one.key != city[0].key for one in found["city"].suspects)


def test_what_no_figure_can_repair_has_no_suspects() -> None:
    one = cell(1, "10")
    bounds = [(Decimal(20), None), (None, Decimal(5))]
    relations = [Relation(str(low), "plausible", False, {one.key: Decimal(1)}, low, high) for low, high in bounds]
    for found in localise([one], relations).values():
        assert (found.suspects, found.changed, found.complete) == ((), 0, True)


def two_in_a_row() -> tuple[list[Cell], list[Relation]]:
    numbers = totalled([[6276, 4652, 871], [4215, 4091, 355], [3877, 1208, 93]])
    numbers[0][0], numbers[0][1] = 6376, 4625
    return table(numbers)


def test_a_search_that_stopped_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair, "COVERS", 3)
    found = localise(*two_in_a_row())
    assert not any(one.complete for one in found.values())
    monkeypatch.setattr(flow, "SUSPECTS", 2)
    short = of(printed(BANJARBARU, 5, "4.191"))
    assert (len(short.suspects), short.complete) == (2, False)
    assert short.suspects[0].reason_en.endswith("the search stopped early, there may be other explanations")
    assert short.suspects[0].reason_id.endswith("mungkin ada penjelasan lain")


def test_more_broken_relations_than_are_combined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "TOGETHER", 1)
    numbers = totalled([[6276, 4652, 871], [4215, 4091, 355]])
    numbers[0][0] = 6376
    cells, relations = table(numbers)
    found = localise(cells, relations)
    assert {one.suspects[0].key for one in found.values()} == {cells[0].key}
    assert not any(one.complete for one in found.values())


def test_a_long_list_is_bounded() -> None:
    random = Random(1)
    numbers = [random.randrange(10_000, 99_999) for _ in range(700)]
    found = of([dots(sum(numbers) + 300), *map(dots, numbers)])
    assert len(found.suspects) == flow.SUSPECTS
    assert not found.complete


# -- The order of the input -----------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_cells_relations_and_terms_changes_nothing(random: Random) -> None:
    cells, relations = two_in_a_row()
    expected = localise(cells, relations)
    shuffled = [replace(one, terms=dict(random.sample(list(one.terms.items()), len(one.terms)))) for one in relations]
    random.shuffle(shuffled)
    assert localise(random.sample(cells, len(cells)), shuffled) == expected
    alone, total = family(printed(BALI, 3, "1.974"))
    assert localise(random.sample(alone, len(alone)), [total]) == localise(alone, [total])


def test_what_holds_has_no_suspects() -> None:
    cells, total = family(BENGKULU)
    assert localise(cells, [total]) == {}
    assert localise([], []) == {}
