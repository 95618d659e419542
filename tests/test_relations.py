"""The arithmetic of intervals: what a figure could be, given the others."""

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.relations import Cell, Relation, System
from tests.families import BANJARBARU, cell, dots, family, relation


def system(cells: list[Cell], *relations: Relation) -> System:
    return System.of({one.key: one for one in cells}, relations)


def test_a_sum_that_holds_leaves_room_for_no_change() -> None:
    cells, total = family(BANJARBARU)
    line = system(cells, total).lines[0]
    assert not line.broken
    assert line.room == (0, 0)


def test_what_one_figure_could_be() -> None:
    cells, total = family(("23.111", "6.276", "4.652", "4.215", "4.191", "3.877"))
    found = system(cells, total)
    assert found.broken == [0]
    assert found.alone(cells[0].key) == (23211, 23211)
    assert found.alone(cells[4].key) == (4091, 4091)


def test_rounded_figures_leave_an_interval() -> None:
    cells, total = family(("17,4 juta", "9,1 juta", "9,3 juta"))
    assert system(cells, total).alone(cells[0].key) == (18300000, 18600000)


def test_a_figure_that_another_relation_holds_fast_cannot_be_wrong_alone() -> None:
    cells, total = family(("23.111", "6.276", "4.652", "4.215", "4.191", "3.877"))
    again = cell(7, "23.111", source="other")
    agrees = relation("agrees", {cells[0].key: 1, again.key: -1}, [*cells, again])
    found = system([*cells, again], total, agrees)
    assert found.alone(cells[0].key) is None
    assert found.alone(cells[4].key) == (4091, 4091)


def test_counts_are_whole_and_not_negative() -> None:
    cells, _ = family(("10", "2", "3"))
    halves = relation("halves", {cells[0].key: -1, cells[1].key: 2, cells[2].key: 2}, cells)
    found = system(cells, replace(halves, lower=Decimal(1), upper=Decimal(1), holds=False))
    assert found.alone(cells[0].key) == (9, 9)
    assert found.alone(cells[1].key) is None
    cells, total = family(("1", "2", "3"))
    assert system(cells, total).alone(cells[1].key) is None


def test_open_figures_and_open_relations() -> None:
    earlier, later = cell(1, "412.200"), cell(2, "412.154")
    never_falls = relation("never falls", {later.key: 1, earlier.key: -1}, [earlier, later], at_least=True)
    found = system([earlier, later], never_falls)
    assert found.alone(earlier.key) == (0, 412154)
    assert found.alone(later.key) == (412200, math.inf)
    open_above = replace(later, upper=None)
    assert system([earlier, open_above], replace(never_falls, holds=True)).broken == []


def test_the_rules_word_is_taken_for_what_holds() -> None:
    cells, total = family(("10", "3", "4"))
    assert system(cells, replace(total, holds=True)).broken == []


def test_a_figure_that_counts_for_nothing_is_not_touched() -> None:
    cells, _ = family(("10", "3", "4"))
    two = relation("two", {cells[0].key: -1, cells[1].key: 1, cells[2].key: 0}, cells)
    found = system(cells, two)
    assert cells[2].key not in found.touching
    assert found.alone(cells[1].key) == (10, 10)


def test_a_figure_that_is_not_given_is_refused() -> None:
    cells, total = family(("10", "3", "4"))
    with pytest.raises(ValueError, match="relation sum names a figure that is not given"):
        system(cells[1:], total)


@given(st.lists(st.integers(1, 99999), min_size=2, max_size=9), st.integers(-5000, 5000), st.data())
def test_the_value_of_one_repairs_the_sum(children: list[int], off: int, data: st.DataObject) -> None:
    cells, total = family([dots(abs(sum(children) + off)), *map(dots, children)])
    found = system(cells, total)
    key = data.draw(st.sampled_from(cells)).key
    values = found.alone(key)
    if values is not None:
        assert found.agrees({key: values})
        assert values[0] == values[1]
        beside = Fraction(values[0]) + 1
        assert not found.agrees({key: (beside, beside)})
