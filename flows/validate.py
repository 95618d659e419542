"""Validate: every rule on every figure. All failures are collected, none stops the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from flows.engine import keep, share
from flows.nouns import Ingested, Offence, Printed, Term, Validated
from schemas.rules import RULES, UNDERSTANDING
from schemas.rules.base import COMPARISON, PLACE, TERM, Facts, Rule, Tested
from schemas.rules.facts import before_understanding
from schemas.rules.facts import facts as make_facts

#: Offending rows shown of one rule, in the order of their places; all are counted.
SHOWN = 1000
_ORDER = ("is_companion", *PLACE, "comparison")
#: Comparisons that hold, of one rule, that are looked at for the culprit.
NEIGHBOURS = 5000


@dataclass(frozen=True)
class _Outcome:
    """What one rule gave: how often it was tested and failed, and the failures that are shown."""

    rule: Rule
    test: Tested
    tested: int
    failed: int
    offences: tuple[Offence, ...]


def validate(ingested: Ingested) -> Validated:
    """Test all rules on the ingested tables, on their engine. Only offending rows, and their evidence, leave it."""
    engine = ingested.figures.get_backend()

    # In the engine itself, which knows how many values there are in a column of its own and so joins them well.
    made: list[str] = []

    def kept(name: str, table: ir.Table) -> ir.Table:
        made.append(name)
        return keep(engine, name, table)

    shared = partial(share, engine)

    figures = ingested.figures
    # The row rules come first and see the tables as they were read: what other rules share is not made yet.
    bare = before_understanding(ingested, shared)
    outcomes = [_test(each, bare, kept) for each in UNDERSTANDING]
    lost = [engine.table(f"offending_{each.rule.name}").select(*PLACE) for each in outcomes if each.failed]
    quarantined = kept("quarantined", ibis.union(*lost, distinct=True) if len(lost) > 1 else _or_none(lost, figures))
    known = make_facts(ingested, kept, shared, quarantined=quarantined)
    outcomes += [_test(each, known, kept) for each in RULES.values() if each not in UNDERSTANDING]
    offences = tuple(offence for outcome in outcomes for offence in outcome.offences)
    holding = tuple(_neighbours(outcomes, offences, ingested))
    places = {term.place for offence in (*offences, *holding) for term in offence.terms}
    places |= {offence.place for offence in offences}
    printed = _printed(figures, places, engine)
    for name in set(made) - {"quarantined"} if ingested.beside else ():
        engine.drop_table(name)
    return Validated(
        ingested=ingested,
        quarantined=quarantined,
        tested={outcome.rule.name: outcome.tested for outcome in outcomes},
        failed={outcome.rule.name: outcome.failed for outcome in outcomes},
        offences=offences,
        holding=holding,
        printed=printed,
    )


def _or_none(tables: list[ir.Table], figures: ir.Table) -> ir.Table:
    return tables[0] if tables else figures.select(*PLACE).limit(0)


def _test(rule: Rule, facts: Facts, kept: Any) -> _Outcome:
    """One rule: its failures are stored in the engine in full, and counted with the comparisons in one query."""
    if not rule.applies(facts.present):
        return _Outcome(rule, Tested(facts.cells, lambda some: some), 0, 0, ())
    given = rule.test(facts)
    test = replace(given, comparisons=facts.share(rule.name, given.comparisons))
    own = test.comparisons.filter(~test.comparisons.is_companion)
    counts = own.agg(tested=own.count(), failed=own.outcome.count())
    tested, failed = (int(value or 0) for value in counts.to_pyarrow().to_pylist()[0].values())
    if not failed:
        return _Outcome(rule, test, tested, 0, ())
    offending = kept(f"offending_{rule.name}", test.offending)
    shown = offending.order_by(*_ORDER).limit(SHOWN)
    terms = _terms(test.terms(shown))
    told = test.words(shown).select(*COMPARISON.names).order_by(*_ORDER)
    rows = told.to_pyarrow().to_pylist()
    return _Outcome(rule, test, tested, failed, tuple(_offence(rule, row, terms) for row in rows))


def _terms(table: ir.Table) -> dict[str, list[Term]]:
    found: dict[str, list[Term]] = {}
    ordered = table.select(*TERM.names).order_by(["comparison", *PLACE])
    for row in ordered.to_pyarrow().to_pylist():
        found.setdefault(row["comparison"], []).append(
            Term(row["source"], row["resource"], row["row"], row["coefficient"], row["doubled"])
        )
    return found


def _offence(rule: Rule, row: Mapping[str, Any], terms: Mapping[str, list[Term]]) -> Offence:
    return Offence(rule=rule.name, **row, terms=tuple(terms.get(row["comparison"], ())))


def _neighbours(outcomes: Iterable[_Outcome], offences: Iterable[Offence], ingested: Ingested) -> Iterable[Offence]:
    """The comparisons that hold and share a figure with a broken one: they clear figures of suspicion."""
    touched = {term.place for offence in offences if offence.is_arithmetic for term in offence.terms}
    if not touched:
        return
    engine = ingested.figures.get_backend()
    columns = dict(zip(PLACE, map(list, zip(*sorted(touched), strict=True)), strict=True))
    places = keep(engine, "touched", pa.table(columns))
    # As a list, which an engine can look for before it reckons with what it reads; there are some thousand at most.
    regions = sorted(_around(ingested, places).to_pyarrow()["region_code"].drop_null().to_pylist())
    for outcome in outcomes:
        if outcome.rule in UNDERSTANDING or outcome.tested == outcome.failed:
            continue
        told = outcome.test.comparisons
        holding = told.filter(told.outcome.isnull() & (told.bound_lower.notnull() | told.bound_upper.notnull()))
        holding = keep(engine, "holding", holding.filter(holding.region_code.isin(regions)))
        if not holding.count().to_pyarrow().as_py():
            continue
        terms = keep(engine, "terms_that_hold", outcome.test.terms(holding))
        near = terms.semi_join(places, list(PLACE)).select("comparison").distinct().order_by("comparison")
        chosen = keep(engine, "near", near.limit(NEIGHBOURS))
        rows = holding.semi_join(chosen, "comparison").select(*COMPARISON.names).to_pyarrow().to_pylist()
        if rows:
            kept = _terms(terms.semi_join(chosen, "comparison"))
            yield from (_offence(outcome.rule, row, kept) for row in sorted(rows, key=lambda row: row["comparison"]))


def _around(ingested: Ingested, places: ir.Table) -> ir.Table:
    """The regions of these figures and those above them: a comparison is filed under one of them."""
    own = ingested.figures.semi_join(places, list(PLACE)).select("region_code").distinct()
    above = ingested.lineage.semi_join(own, "region_code").select(region_code="ancestor_code")
    return own.union(above, distinct=True)


def _printed(figures: ir.Table, places: set[tuple[str, str, int]], engine: Any) -> dict[tuple[str, str, int], Printed]:
    """The figures at these places, as printed and as read."""
    if not places:
        return {}
    columns = dict(zip(PLACE, map(list, zip(*sorted(places), strict=True)), strict=True))
    asked = keep(engine, "asked", pa.table(columns))
    kept = figures.semi_join(asked, list(PLACE)).select(*PLACE, *Printed.COLUMNS)
    return {
        (row["source"], row["resource"], row["row"]): Printed(**{name: row[name] for name in Printed.COLUMNS})
        for row in kept.to_pyarrow().to_pylist()
    }
