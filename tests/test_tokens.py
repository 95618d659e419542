"""Tokens: each reads as a person reads it, or not at all; whatever is printed, nothing breaks."""

import csv
import re
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.ingest.tokens import NUMBER_WORDS, read_tokens
from flows.read import read
from schemas.measures import UNITS
from tests.sources import DATA, OFFICIAL, ROOT, figures

#: Tokens of raw/ that a person corrects in the mind. The program reads what stands there, and the rules must find it.
MISPRINTED = {
    ("radarnonstop-2021-09-19-dki", 2): ("930", Decimal(1000), "the title has lost the word ribu: 930.000 is meant"),
    ("sonora-2020-05-sulsel", 2): ("3550000000", Decimal(1), "ribu stands there once too often: 3.550.000 is meant"),
}
_COLUMNS = {
    "n": pa.int64(), "token": pa.string(), "unit": pa.string(), "language": pa.string(), "unit_mult": pa.int64(),
    "whole": pa.bool_(), "can_be_negative": pa.bool_(), "about": pa.bool_(),
}  # fmt: skip


class Reader:
    """Reads lists of tokens; the expression is compiled once."""

    def __init__(self) -> None:
        self.engine = ibis.duckdb.connect()
        self.schema = pa.schema(list(_COLUMNS.items()))
        tokens = self.engine.create_table("tokens", self.schema.empty_table())
        self.query = ibis.to_sql(read_tokens(tokens).order_by("n").select("value", "step"), dialect="duckdb")

    def __call__(self, *rows: dict[str, Any]) -> list[tuple[Decimal | None, Decimal | None]]:
        """Value and step of each row."""
        usual = {"unit": "person", "language": "id", "unit_mult": None, "can_be_negative": False, "about": False}
        full = [{**usual, "n": n, **row} for n, row in enumerate(rows)]
        told = [{**row, "whole": row["unit"] in UNITS and UNITS[row["unit"]].whole} for row in full]
        self.engine.create_table("tokens", pa.Table.from_pylist(told, self.schema), overwrite=True)
        read = self.engine.raw_sql(self.query).to_arrow_table().to_pydict()
        return list(zip(read["value"], read["step"], strict=True))

    def values(self, *tokens: str, **same: Any) -> list[Decimal | None]:
        """Just the values of tokens that have all else in common."""
        return [value for value, _ in self(*({"token": token, **same} for token in tokens))]


READER = Reader()


def lines(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str) -> Decimal | None:
    return Decimal(text) if text not in ("", "unreadable") else None


def test_every_transcribed_token_reads_as_a_person_reads_it() -> None:
    got = {(row["source"], row["row"]): row for row in figures(read(ROOT / "raw", OFFICIAL))}
    expected = lines("expected_values.csv")
    assert len(expected) == 761
    differing = {}
    for line in expected:
        place = line["source"], int(line["row"])
        row = got[place]
        assert row["value_as_printed"] == line["value_as_written"]
        if (row["value"], row["precision"]) != (number(line["expected_value"]), number(line["expected_precision"])):
            differing[place] = str(row["value"].normalize().__format__("f")), row["precision"]
    assert differing == {place: read_as[:2] for place, read_as in MISPRINTED.items()}


def hard_tokens() -> list[dict[str, str]]:
    escaped = re.compile(r"\\(u[0-9a-f]{4}|n)")
    return [
        {**line, "token": escaped.sub(lambda found: found[0].encode().decode("unicode_escape"), line["token"])}
        for line in lines("hard_tokens.csv")
    ]


def test_hard_token_reads_as_a_person_reads_it_or_not_at_all() -> None:
    hard = hard_tokens()
    assert len(hard) > 200
    rows = [
        {
            "token": line["token"],
            "unit": line["unit"],
            "language": line["language"],
            "unit_mult": int(line["unit_mult"]) if line["unit_mult"] else None,
            "can_be_negative": line["can_be_negative"] == "yes",
        }
        for line in hard
    ]
    wrong = [
        (line["token"], line["unit"], line["language"], "read as", got, "expected", line["value"], line["precision"])
        for line, got in zip(hard, READER(*rows), strict=True)
        if got != (number(line["value"]), number(line["precision"]))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("token", "step"), [("5.000", 1000), ("515", 1), ("1.700", 100), ("200ribu", 1000), ("0", 1), ("40", 10)]
)
def test_count_that_is_about_so_much_says_nothing_by_its_noughts(token: str, step: int) -> None:
    assert READER({"token": token, "about": True})[0][1] == step
    assert READER({"token": token})[0][1] == (1000 if "ribu" in token else 1)


def test_empty_cell_has_no_value() -> None:
    assert READER({"token": None}, {"token": ""}, {"token": " "}) == [(None, None)] * 3


def test_number_words_read_as_what_they_say() -> None:
    words = {word: digits for word, digits in NUMBER_WORDS.items() if word != "se"}
    assert READER.values(*words) == [Decimal(digits) for digits in words.values()]
    assert READER.values(*(f"{word} ribu".upper() for word in words)) == [1000 * int(n) for n in words.values()]


def dots(value: int) -> str:
    return f"{value:,}".replace(",", ".")


FORMS = (
    str, dots, lambda n: f"{n:,}", lambda n: f"{n:,}".replace(",", " "), lambda n: f"{n:,}".replace(",", "\u00a0"),
    lambda n: f"{n:,}".replace(",", ". "), lambda n: f"{n:,}".replace(",", " ,"), lambda n: f"  {dots(n)} orang",
    lambda n: f"{dots(n)} Peserta.", lambda n: f"{n:,} people", lambda n: f"+{dots(n)}",
)  # fmt: skip
#: A query takes far longer to plan than to run: few examples, each of many tokens.
FEW = settings(max_examples=8, deadline=None)
WHOLE_NUMBERS = st.lists(st.integers(0, 10**9), min_size=50, max_size=100)


@FEW
@given(WHOLE_NUMBERS, st.sampled_from(["id", "en"]))
def test_whole_number_reads_back_however_it_is_grouped(numbers: list[int], language: str) -> None:
    tokens = [(form(n), n) for n in numbers for form in FORMS]
    read_back = READER(*({"token": token, "language": language} for token, _ in tokens))
    assert [(token, *got) for (token, _), got in zip(tokens, read_back, strict=True)] == [
        (token, Decimal(n), Decimal(1)) for token, n in tokens
    ]


@FEW
@given(st.lists(st.tuples(st.integers(0, 99_999), st.integers(1, 3)), min_size=50, max_size=100))
def test_decimals_with_a_unit_word_read_back_exactly(parts: list[tuple[int, int]]) -> None:
    tokens = [f"{digits // 10**places},{digits % 10**places:0{places}d}" for digits, places in parts]
    rows, expected = [], []
    for word, power, unit in (("ribu", 3, "person"), ("Juta", 6, "person"), ("miliar", 9, "IDR"), ("%", 0, "percent")):
        rows += [{"token": f"{token} {word}", "unit": unit} for token in tokens]
        expected += [(Decimal(digits).scaleb(power - n), Decimal(1).scaleb(power - n)) for digits, n in parts]
    rows += [{"token": f"{token.replace(',', '.')} million", "language": "en"} for token in tokens]
    expected += [(Decimal(digits).scaleb(6 - n), Decimal(1).scaleb(6 - n)) for digits, n in parts]
    assert READER(*rows) == expected


LIKELY = "0123456789.,- +%()/rpRPIDmtjutabinlsek\u00a0\u2212"
GARBAGE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=24),
    st.text(LIKELY, max_size=14),
    st.lists(
        st.sampled_from([*NUMBER_WORDS, "ribu", "juta", "Rp", "M", "1.234", "17,4", "%", "-an", "orang"]), max_size=5
    ).map(" ".join),
)
ROWS = st.fixed_dictionaries(
    {
        "token": GARBAGE,
        "unit": st.sampled_from([*UNITS, "", "dozen"]),
        "language": st.sampled_from(["id", "en"]),
        "unit_mult": st.none() | st.integers(-999_999_999, 999_999_999) | st.integers(-12, 12),
        "can_be_negative": st.booleans(),
        "about": st.booleans(),
    }
)


@settings(max_examples=12, deadline=None)
@given(st.lists(ROWS, min_size=60, max_size=120))
def test_garbage_is_a_number_or_nothing_and_never_breaks(rows: list[dict[str, Any]]) -> None:
    for row, (value, step) in zip(rows, READER(*rows), strict=True):
        assert (value is None) == (step is None)
        if value is None or step is None:
            continue
        assert step > 0
        assert abs(value) < 10**15
        assert row["can_be_negative"] or value >= 0
        if row["unit"] in UNITS and UNITS[row["unit"]].whole:
            assert value == int(value)
            assert step >= 1
        assert re.search(r"[0-9]|[a-z]{2}", row["token"].lower())


@FEW
@given(st.lists(GARBAGE, min_size=50, max_size=100))
def test_case_and_space_around_a_token_change_nothing(tokens: list[str]) -> None:
    lower = [token.lower() for token in tokens]
    values = READER.values(*lower, *(f" \t{token}\u00a0\n" for token in lower))
    assert values[: len(lower)] == values[len(lower) :]
