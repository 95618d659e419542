"""Figures and relations for the tests of the search for the culprit: counts as an Indonesian page prints them."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from schemas.relations import Cell, Key, Relation

POWERS = {"ribu": 1000, "juta": 1000000}
#: Complete families as printed, the parent first: bakabar 2023, rakyatbengkulu 2020, tribunbali 2020.
BANJARBARU = ("23.111", "6.276", "4.652", "4.215", "4.091", "3.877")
BENGKULU = ("71.243", "23.839", "10.997", "8.747", "5.985", "4.336", "4.829", "4.749", "3.346", "2.420", "1.995")
BALI = ("11.152", "3.246", "1.947", "1.564", "426", "924", "493", "1.208", "1.010", "334")


def dots(number: int) -> str:
    """6276 as `6.276`."""
    return f"{number:,}".replace(",", ".")


def cell(row: int, token: str, *, source: str = "paper", name: str = "", order: tuple[int, ...] = ()) -> Cell:
    """A count of people: `6.276` is exact, `17,4 juta` rounded or cut off."""
    number, _, word = token.partition(" ")
    power = Decimal(POWERS.get(word, 1))
    precision = power / 10 ** len(number.partition(",")[2])
    value = Decimal(number.replace(".", "").replace(",", ".")) * power
    exact = precision <= 1
    return Cell(
        (source, "figures", row), name or f"region {row}", token, "id", value,
        value if exact else value - precision / 2, value if exact else value + precision, precision, True,
        order or (row,),
    )  # fmt: skip


def relation(
    name: str, terms: Mapping[Key, int], cells: Iterable[Cell], *, at_least: bool = False, **more: Any
) -> Relation:
    """A sum that must be zero, or at least zero; whether it holds is worked out here."""
    by_key = {one.key: one for one in cells}
    least = most = Decimal(0)
    for key, weight in terms.items():
        low, high = by_key[key].lower, by_key[key].upper
        assert low is not None
        assert high is not None
        least += weight * (low if weight > 0 else high)
        most += weight * (high if weight > 0 else low)
    holds = most >= 0 if at_least else least <= 0 <= most
    weights = {key: Decimal(weight) for key, weight in terms.items()}
    given: dict[str, Any] = {"holds": holds, **more}
    upper = None if at_least else Decimal(0)
    return Relation(name, "children_sum_to_parent", terms=weights, lower=Decimal(0), upper=upper, **given)


def family(tokens: Sequence[str], name: str = "sum", **more: Any) -> tuple[list[Cell], Relation]:
    """A parent, printed first, and its children."""
    cells = [cell(row, token) for row, token in enumerate(tokens, 1)]
    terms = {one.key: 1 if row else -1 for row, one in enumerate(cells)}
    return cells, relation(name, terms, cells, **more)


def table(numbers: Sequence[Sequence[int]]) -> tuple[list[Cell], list[Relation]]:
    """A cross table whose last column and last row are totals; a relation for each row and each column."""
    width = len(numbers[0])
    rows = [
        [cell(i * width + j + 1, dots(number), order=(i, j)) for j, number in enumerate(line)]
        for i, line in enumerate(numbers)
    ]
    cells = [one for line in rows for one in line]
    lines = [*((f"row {i}", line) for i, line in enumerate(rows))]
    lines += [(f"column {j}", [line[j] for line in rows]) for j in range(width)]
    relations = [relation(name, {one.key: 1 for one in line[:-1]} | {line[-1].key: -1}, line) for name, line in lines]
    return cells, relations


def totalled(inner: Sequence[Sequence[int]]) -> list[list[int]]:
    """A cross table with its totals."""
    rows = [[*line, sum(line)] for line in inner]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]
