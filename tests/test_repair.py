"""The smallest repairing sets, against every set tried by hand with another solver."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from schemas import repair
from schemas.relations import Cell, Key, Relation, System
from schemas.repair import Contradiction, changes, smallest_sets
from tests.families import cell, family, relation, table, totalled


def system(cells: list[Cell], relations: list[Relation]) -> System:
    return System.of({one.key: one for one in cells}, relations)


def can_repair(cells: list[Cell], relations: list[Relation], keys: tuple[Key, ...]) -> bool:
    """Whether changes of these cells alone satisfy every sum, found by linear programming in floats."""
    values = {one.key: float(one.value) for one in cells}
    weights = [[float(one.terms.get(key, 0)) for key in keys] for one in relations]
    needed = [-sum(float(weight) * values[key] for key, weight in one.terms.items()) for one in relations]
    bounds = [(-values[key], None) for key in keys]
    return bool(linprog([0.0] * len(keys), A_eq=weights, b_eq=needed, bounds=bounds).status == 0)


def all_smallest(cells: list[Cell], relations: list[Relation]) -> set[frozenset[Key]]:
    keys = sorted(one.key for one in cells)
    for size in range(1, len(keys)):
        found = {frozenset(some) for some in combinations(keys, size) if can_repair(cells, relations, some)}
        if found:
            return found
    return set()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(100, 900), min_size=2, max_size=2), min_size=2, max_size=2),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 99)), min_size=1, max_size=2),
)
def test_every_smallest_set_is_found(inner: list[list[int]], wrong: list[tuple[int, int, int]]) -> None:
    numbers = totalled(inner)
    for row, column, off in wrong:
        numbers[row][column] += off
    cells, relations = table(numbers)
    sets, complete = smallest_sets(system(cells, relations), frozenset(), None, 10)
    if all(one.holds for one in relations):
        return
    assert complete
    assert {frozenset(one.changes) for one in sets} == all_smallest(cells, relations)


def test_changes_of_a_set_are_exact() -> None:
    numbers = totalled([[410, 520], [630, 740]])
    numbers[0][0] += 100
    numbers[0][1] += 7
    cells, relations = table(numbers)
    found = changes(system(cells, relations), [cells[0].key, cells[1].key])
    assert found == {cells[0].key: (-100, -100), cells[1].key: (-7, -7)}


def test_a_set_that_fails_names_what_else_must_change() -> None:
    cells, total = family(("10", "3", "4"))
    again = cell(9, "10", source="other")
    agrees = relation("agrees", {cells[0].key: 1, again.key: -1}, [*cells, again])
    found = changes(system([*cells, again], [total, agrees]), [cells[0].key])
    assert isinstance(found, Contradiction)
    assert found.cells == {cells[1].key, cells[2].key, again.key}


def test_nothing_can_repair_a_relation_against_another() -> None:
    one = cell(1, "10")
    least = relation("least", {one.key: 1}, [one], at_least=True, holds=False)
    twenty = Relation("20", "plausible", False, least.terms, lower=2 * one.value, upper=None)
    five = Relation("5", "plausible", False, least.terms, lower=None, upper=one.value / 2)
    sets, complete = smallest_sets(system([one], [twenty, five]), frozenset(), None, 10)
    assert (sets, complete) == ([], True)


def two_wrong() -> System:
    numbers = totalled([[410, 520], [630, 740]])
    numbers[0][0] += 100
    numbers[0][1] += 7
    return system(*table(numbers))


@pytest.mark.parametrize(("limit", "value"), [("FIGURES", 3), ("COVERS", 1), ("LINES", 1)])
def test_the_search_says_that_it_stopped_early(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    assert smallest_sets(two_wrong(), frozenset(), None, 10)[1]
    monkeypatch.setattr(repair, limit, value)
    assert not smallest_sets(two_wrong(), frozenset(), None, 10)[1]


def test_no_set_larger_than_allowed_is_sought() -> None:
    assert smallest_sets(two_wrong(), frozenset(), 1, 10) == ([], True)


def test_a_solver_without_time_is_not_believed() -> None:
    assert smallest_sets(two_wrong(), frozenset(), None, 0.0) == ([], False)
