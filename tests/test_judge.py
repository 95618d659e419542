"""Findings: what they say, what is known of them, and what they do to the figures."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

import pyarrow as pa
import pytest

from flows import validate as validating
from flows.engine import engine
from flows.ingest import ingest
from flows.judge import STALE, judge
from flows.nouns import CannotRun, Finding, Judged, Validated
from flows.pipeline import name_suspects
from flows.settings import Settings
from schemas.contract import KNOWN_ISSUE_COLUMNS
from schemas.rules import RULES
from tests import (
    test_rules_agreement,
    test_rules_alteration,
    test_rules_families,
    test_rules_parts,
    test_rules_rows,
    test_rules_shares,
    test_rules_time,
)
from tests.cases import KALTARA, RAW, TODAY, Case, Run, everything, family, made, real, row, taken
from tests.web import Web

#: Their cases are part of the common run.
CASES = (
    test_rules_agreement, test_rules_alteration, test_rules_families, test_rules_parts, test_rules_rows,
    test_rules_shares, test_rules_time,
)  # fmt: skip
SUM = "children_sum_to_parent"


def all_findings() -> list[Finding]:
    return [*everything().judged.findings, *real().judged.findings]


def test_every_outcome_of_every_rule_has_a_case() -> None:
    told = {(each.rule, each.outcome) for each in everything().judged.findings}
    declared = {(name, outcome) for name, rule in RULES.items() for outcome in rule.messages}
    assert told == declared


def test_messages_are_filled_in_both_languages() -> None:
    for each in all_findings():
        for text in (each.message_en, each.message_id):
            assert not re.search(r"[{}]|\bNone\b|\bnan\b|  | ,|\(\)", text), text
            assert text.endswith("."), text
        assert each.message_en != each.message_id


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_must_be_true_and_why(name: str) -> None:
    each = RULES[name]
    for sentence in (each.sentence_en, each.sentence_id, each.why):
        assert re.fullmatch(r"[A-Z].{15,}\.", sentence)
    assert each.sentence_en != each.sentence_id
    for english, indonesian in each.messages.values():
        columns = [set(re.findall(r"{(\w+?)(?:_en|_id)?}", text)) for text in (english, indonesian)]
        assert columns[0] == columns[1]


def test_a_finding_rests_on_figures_and_is_named_once() -> None:
    names = Counter(each.finding for each in all_findings())
    assert set(names.values()) == {1}
    for each in all_findings():
        assert (each.source, each.resource, each.row) in each.evidence
        assert set(each.members) <= set(each.evidence)
        if each.printed is not None and each.found is not None:
            assert each.difference == each.found - each.printed


CASE = made("judged", family(("Kaltara", "province", "1.501"), KALTARA), row("Narnia", "province", "recipients", "x"))


@cache
def validated() -> Validated:
    return validating.validate(ingest(taken([CASE]), engine(Settings(raw=RAW))))


def judged(*issues: Sequence[object], today: date = TODAY, stale: bool = True) -> Judged:
    columns = zip(*issues, strict=True) if issues else ([] for _ in KNOWN_ISSUE_COLUMNS)
    texts = [pa.array([str(each) or None for each in column], pa.string()) for column in columns]
    known = pa.table(
        [pa.compute.if_else(pa.compute.equal(each, ""), None, each) for each in texts], KNOWN_ISSUE_COLUMNS
    )
    return judge(validated(), name_suspects(validated()), known, today, stale=stale)


def issue(
    rule: str = SUM, row: object = 1, printed: str = "1.501", found: str = "1500", source: str = "judged",
    reason: str = "as printed", decided: str = "2026-11-01", until: str = "2026-12-31",
) -> tuple[object, ...]:  # fmt: skip
    return rule, source, row, printed, found, reason, decided, until


def states(given: Judged) -> dict[str, str]:
    return {each.rule: each.state for each in given.findings}


NEW = {SUM: "new", "value_is_readable": "new", "region_is_known": "new"}


def test_an_error_that_nobody_looked_at_is_open() -> None:
    given = judged()
    assert states(given) == NEW
    assert given.open_errors == 3


@pytest.mark.parametrize(
    "noted",
    [
        issue(),
        issue(printed=""),
        issue(found=""),
        issue(printed="", found=""),
        issue(found="1500.0"),
        issue(until="2026-11-25"),
    ],
)
def test_a_note_makes_it_known(noted: tuple[object, ...]) -> None:
    given = judged(noted)
    assert states(given) == NEW | {SUM: "known"}
    assert given.open_errors == 2
    (finding,) = [each for each in given.findings if each.rule == SUM]
    days = [date.fromisoformat(str(day)) for day in noted[-2:]]
    assert (finding.reason, [finding.known_since, finding.known_until]) == ("as printed", days)


@pytest.mark.parametrize(
    "noted",
    [issue(printed="1.502"), issue(found="1499"), issue(row=2), issue(rule="family_is_complete")],
)
def test_a_note_on_something_else_is_a_warning(noted: tuple[object, ...]) -> None:
    given = judged(noted)
    assert states(given) == NEW | {STALE: "new"}
    assert given.open_errors == 3
    (stale,) = [each for each in given.findings if each.rule == STALE]
    assert (stale.severity, stale.source, stale.row) == ("warning", "judged", noted[2])
    assert "Remove it." in stale.message_en
    assert "Hapuslah." in stale.message_id
    assert states(judged(noted, stale=False)) == NEW


def test_a_note_on_a_source_that_is_not_there_is_no_matter() -> None:
    assert states(judged(issue(source="elsewhere"))) == NEW


def test_a_note_holds_up_to_its_day() -> None:
    given = judged(issue(until="2026-11-24"))
    assert states(given) == NEW | {SUM: "expired"}
    assert given.open_errors == 3
    assert judged(issue(until="2026-11-24"), today=date(2026, 11, 24)).open_errors == 2


@pytest.mark.parametrize(
    ("noted", "message"),
    [
        (issue(until="soon"), "dates"),
        (issue(decided=""), "dates"),
        (issue(row="one"), "numbers"),
        (issue(found="many"), "numbers"),
        (issue(rule="everything_is_fine"), "no rule 'everything_is_fine'"),
        (issue(reason=""), "`source` and `reason`"),
        (issue(source=""), "`source` and `reason`"),
    ],
)
def test_a_note_that_cannot_be_read_stops_the_run(noted: tuple[object, ...], message: str) -> None:
    with pytest.raises(CannotRun, match=r"known_issues\.csv, row 2: .*" + re.escape(message)):
        judged(issue(), noted)


def test_figures_are_accepted_flagged_or_quarantined() -> None:
    """Six figures are equally likely, the total among them: it is the one that is flagged."""
    statuses = Run(judged()).statuses("judged")
    assert statuses == {1: "flagged", **dict.fromkeys(range(2, 7), "accepted"), 7: "quarantined"}
    (finding,) = [each for each in judged().findings if each.rule == SUM]
    assert {one.row for one in finding.suspects if one.rank == 1} == {1, 2, 3, 4, 5, 6}
    assert Run(judged(issue())).statuses("judged") == statuses


def test_the_likeliest_suspects_are_flagged() -> None:
    statuses = everything().statuses("families-double-wrong")
    assert {number for number, status in statuses.items() if status == "flagged"} == {7}


def test_warnings_flag_nothing() -> None:
    for each in everything().judged.findings:
        if each.source == "families-alone":
            assert each.severity == "warning"
    assert set(everything().statuses("families-alone").values()) == {"accepted"}


def test_the_tables_tell_what_the_findings_tell() -> None:
    given = judged(issue(row=2))
    tables = {name: table.to_pyarrow().to_pylist() for name, table in given.tables.items() if name in (
        "rules", "findings", "finding_figures", "suspects")}  # fmt: skip
    counted = {each["rule"]: (each["tested"], each["findings"]) for each in tables["rules"]}
    assert counted[SUM] == (1, 1)
    assert counted["value_is_readable"] == (7, 1)
    assert counted[STALE] == (1, 1)
    assert set(counted) == {*RULES, STALE}
    assert {each["finding"] for each in tables["findings"]} == {each.finding for each in given.findings}
    evidence = {(each["finding"], each["row"]) for each in tables["finding_figures"]}
    assert evidence == {(each.finding, place[2]) for each in given.findings for place in each.evidence}
    assert len(tables["suspects"]) == sum(len(each.suspects) for each in given.findings)


def test_what_is_too_large_for_the_table_is_left_out_of_it() -> None:
    given = judged()
    large = replace(given.findings[0], found=Decimal(10) ** 20, difference=Decimal(-1))
    (kept,) = _table_of(large)
    assert kept["found"] is None
    assert kept["difference"] == Decimal(-1)


def _table_of(finding: Finding) -> list[dict[str, object]]:
    from flows.judge import _row

    return [_row(finding)]


def test_failures_beyond_those_that_are_listed_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validating, "SHOWN", 2)
    many = Case("many", tuple(row("Indonesia", "nation", "recipients", "x") for _ in range(5)))
    found = validating.validate(ingest(taken([many]), engine(Settings(raw=RAW))))
    empty = pa.table({name: pa.array([], pa.string()) for name in KNOWN_ISSUE_COLUMNS})
    given = judge(found, {}, empty, TODAY)
    assert len(given.findings) == 2
    assert given.unlisted == 3
    assert given.open_errors == 5


def test_warnings_beyond_those_that_are_listed_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validating, "SHOWN", 1)
    before, now = (f"Provinsi,Gelombang 51\nBanten,{n}00\nJambi,{n}01\nRiau,{n}02\n" for n in (1, 2))
    many = Web("many", (), versions=(before, now))
    found = validating.validate(ingest(taken([many]), engine(Settings(raw=RAW))))
    empty = pa.table({name: pa.array([], pa.string()) for name in KNOWN_ISSUE_COLUMNS})
    given = judge(found, {}, empty, TODAY)
    assert found.failed["source_was_altered"] == 3
    assert (len(given.findings), given.unlisted, given.open_errors) == (1, 0, 0)


def test_a_finding_keeps_its_name_while_nothing_changes() -> None:
    (first,) = [each for each in judged().findings if each.rule == SUM]
    (again,) = [each for each in judged(issue()).findings if each.rule == SUM]
    assert first.finding == again.finding
    assert re.fullmatch(r"[0-9a-f]{12}", first.finding)
