"""Errors as people make them, put into rows at random."""

import random
from collections.abc import Callable
from dataclasses import replace

from tests.cases import Case, Row, row
from tests.web import Web

Change = Callable[[list[Row], int, random.Random], object]


def _digits(text: str) -> list[int]:
    return [n for n, mark in enumerate(text) if mark.isdigit()]


def _digit(rows: list[Row], n: int, chance: random.Random) -> None:
    text = rows[n]["value"]
    if _digits(text):
        at = chance.choice(_digits(text))
        rows[n]["value"] = text[:at] + str((int(text[at]) + chance.randint(1, 9)) % 10) + text[at + 1 :]


def _swapped(rows: list[Row], n: int, chance: random.Random) -> None:
    text, places = list(rows[n]["value"]), _digits(rows[n]["value"])
    if len(places) > 1:
        first, second = chance.sample(places, 2)
        text[first], text[second] = text[second], text[first]
        rows[n]["value"] = "".join(text)


def _thousand(rows: list[Row], n: int, _: random.Random) -> None:
    rows[n]["value"] += " ribu"


def _thousandth(rows: list[Row], n: int, _: random.Random) -> None:
    rows[n]["value"] = rows[n]["value"].removesuffix(".000").removesuffix(" ribu")


def _ten(rows: list[Row], n: int, _: random.Random) -> None:
    rows[n]["value"] = rows[n]["value"].replace(".", "") + "0"


def _lost(rows: list[Row], n: int, _: random.Random) -> None:
    del rows[n]


def _several_lost(rows: list[Row], n: int, chance: random.Random) -> None:
    kept = chance.randint(1, len(rows))
    rows[:] = rows[: n + 1] if kept <= n else rows[:n] + rows[kept:]


def _doubled(rows: list[Row], n: int, chance: random.Random) -> None:
    rows.insert(chance.randint(0, len(rows)), dict(rows[n]))


def _printed_again(rows: list[Row], n: int, chance: random.Random) -> None:
    """The same cell once more, elsewhere in the text and with another value."""
    rows.append(rows[n] | {"locator": "text"})
    _digit(rows, len(rows) - 1, chance)


def _less(rows: list[Row], n: int, chance: random.Random) -> None:
    """As a source would print that is behind, or that takes the revoked off."""
    by = chance.choice((2, 5, 50, 97))
    for each in rows[n:]:
        if each["value"].replace(".", "").isdigit():
            each["value"] = f"{int(each['value'].replace('.', '')) * by // 100:,}".replace(",", ".")


def _said(rows: list[Row], n: int, chance: random.Random) -> None:
    """The text counts its members, rightly or wrongly."""
    if rows[n].get("within") and rows[n]["level"] in ("regency", "city"):
        count = len([each for each in rows if each.get("within") == rows[n]["within"]])
        said = str(max(1, count + chance.choice((-1, 0, 1))))
        rows.append(row(rows[n]["within"], "province", "regencies_covered", said))


def _without(names: tuple[str, ...]) -> Change:
    def change(rows: list[Row], n: int, _: random.Random) -> None:
        rows[n] = {name: text for name, text in rows[n].items() if name not in names}

    return change


def _with(**cells: str) -> Change:
    def change(rows: list[Row], n: int, _: random.Random) -> None:
        rows[n] = rows[n] | cells

    return change


#: Errors that leave the row readable, and those that do not.
WRONG: tuple[Change, ...] = (
    _digit, _digit, _digit, _swapped, _thousand, _thousandth, _ten, _lost, _lost, _several_lost, _doubled, _doubled,
    _printed_again, _less, _less, _said, _with(wave_from="1", wave_to="2"), _without(("period_start", "period_end")),
    _with(qualifier="at_least"), _with(qualifier="at_most"), _with(precision="1000"), _with(as_of="2020-07-01"),
    _with(sex="female"),
)  # fmt: skip
UNREADABLE: tuple[Change, ...] = (
    _with(value="banyak"), _with(value=""), _with(value="-"), _with(region="Atlantis"), _with(region=""),
    _with(region="Banjar", level="district", within=""), _with(level="continent"), _with(level=""),
    _with(measure="happiness"), _with(unit="kilogram"), _with(sex="unknown"), _with(age_group="young"),
    _with(qualifier="maybe"), _with(precision="fine"), _with(unit_mult="x"), _with(period_start="soon"),
    _with(period_start="2021", period_end="2020"), _with(wave_from="3", wave_to="2"), _with(wave_from="0", wave_to="2"),
)  # fmt: skip


def broken(case: Case, chance: random.Random) -> Case:
    """The case with one to three errors in it."""
    if isinstance(case, Web):
        first, last = case.versions
        return replace(case, versions=(_broken_text(first, chance), first, _broken_text(last, chance)))
    rows = [dict(each) for each in case.rows]
    for _ in range(chance.randint(1, 3)):
        if rows:
            change = chance.choice(WRONG if chance.random() < 0.85 else UNREADABLE)
            change(rows, chance.randrange(len(rows)), chance)
    named = case.organisations[: chance.randint(0, len(case.organisations))]
    return replace(case, rows=tuple(rows or case.rows), organisations=named)


def _broken_text(text: str, chance: random.Random) -> str:
    """One line is gone and one digit is another."""
    head, *lines = text.splitlines()
    lines.pop(chance.randrange(len(lines) - 1))
    rows = [{"value": line} for line in lines]
    _digit(rows, chance.randrange(len(rows)), chance)
    return "\n".join([head, *(each["value"] for each in rows)]) + "\n"
