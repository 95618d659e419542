"""Random datasets, consistent and broken, through every rule: DuckDB and Sail say what a plain Python oracle says."""

import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from benchmarks.cluster import MODES, served
from flows.nouns import Ingested, Validated
from flows.validate import SHOWN, validate
from schemas.rules import RULES
from tests.cases import Case, examined, family, ingested, made, row, taken
from tests.datasets import consistent, inconsistent
from tests.oracle import ORACLE, Told, world

pytestmark = pytest.mark.slow
#: Rules that the oracle does not tell again. The test prints them; there is no reason to have any.
LEFT_OUT: frozenset[str] = frozenset()
SOURCES = 80
SEEDS = {f"consistent {seed}": consistent for seed in (1,)} | {
    f"inconsistent {seed}": inconsistent for seed in (5, 6, 10)
}
#: What chance does not hit.
CORNERS = (
    made("at-least-among-parts", [row("Fair", "", "event_attendance", value, qualifier=qualifier)
                                  for value, qualifier in (("100", ""), ("30", "at_least"), ("20", ""))]),
    made("two-days", row("Indonesia", "nation", "recipients", "900", as_of="2020-04-30"),
         row("Banjarbaru", "city", "recipients", "1.000", as_of="2020-05-30")),
    made("overlapping-waves", [row("Indonesia", "nation", "recipients", value, wave_from=first, wave_to=last)
                               for first, last, value in ((1, 10, "900"), (2, 3, "1"), (3, 8, "1"), (8, 9, "1"))]),
    made("shares-of-regions", family(("Kalimantan Utara", "province", "100%"), (
        ("Bulungan", "regency", "10%"), ("Malinau", "regency", "20%"), ("Nunukan", "regency", "30%"),
        ("Tana Tidung", "regency", "15%"), ("Kota Tarakan", "city", "35%")), "recipients_share")),
)  # fmt: skip


@cache
def _compared(name: str) -> tuple[Ingested, Validated, dict[str, list[Told]]]:
    """What DuckDB and the oracle say of a dataset."""
    cases = CORNERS if name == "corners" else SEEDS[name](int(name.rsplit(maxsplit=1)[1]), SOURCES)
    given = ingested(cases)
    known = world(given)
    return given, validate(given), {rule: list(test(known)) for rule, test in ORACLE.items()}


def _failing(validated: Validated, rule: str) -> Counter[Told]:
    return Counter(
        Told(each.source, each.row, each.outcome, each.printed, each.found)
        for each in validated.offences
        if each.rule == rule and not each.is_companion
    )


def test_the_oracle_tells_every_rule() -> None:
    print("left out:", ", ".join(sorted(LEFT_OUT)) or "none")
    assert ORACLE.keys() == RULES.keys() - LEFT_OUT


@pytest.mark.parametrize("name", [*SEEDS, "corners"])
def test_every_rule_says_what_the_oracle_says(name: str) -> None:
    _, validated, oracle = _compared(name)
    assert max(validated.failed.values()) < SHOWN
    for rule, told in oracle.items():
        assert _failing(validated, rule) == Counter(each for each in told if each.outcome is not None), rule
        assert validated.tested[rule] == len(told), rule


@pytest.mark.parametrize("name", [name for name in SEEDS if name.startswith("consistent")])
def test_sources_that_print_one_truth_raise_nothing(name: str) -> None:
    assert _compared(name)[1].offences == ()


def test_every_rule_holds_and_fails_somewhere() -> None:
    every = [_compared(name)[2] for name in SEEDS]
    for rule in ORACLE:
        outcomes = {told.outcome is None for oracle in every for told in oracle[rule]}
        assert outcomes == {True, False}, rule


@pytest.mark.parametrize("cases", [consistent(6, 15), inconsistent(7, 15)], ids=["consistent", "inconsistent"])
@pytest.mark.parametrize("mode", list(MODES.values())[:1], ids=list(MODES)[:1])
def test_sail_says_what_duckdb_says(cases: list[Case], mode: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    here = examined(taken(cases)).judged
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), mode) as address:
        monkeypatch.setenv("PRAKERJA_ENGINE", address)
        there = examined(taken(cases)).judged
    assert there.findings == here.findings
    assert there.validated.tested == here.validated.tested
    assert there.validated.failed == here.validated.failed
