"""Mutants: every rule with one mistake in it. The cases of the other test files must tell each from the original."""

import ast
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from schemas.rules import RULES, UNDERSTANDING, agreement, alteration, base, facts, families, parts, rows, shares, time
from schemas.rules.base import COMPARISON, TERM, Facts, Rule
from tests import (
    test_rules_agreement,
    test_rules_alteration,
    test_rules_families,
    test_rules_parts,
    test_rules_rows,
    test_rules_shares,
    test_rules_time,
)
from tests.cases import everything

pytestmark = pytest.mark.slow
#: Their cases are what the mutants are tried on.
CASES = (
    test_rules_agreement, test_rules_alteration, test_rules_families, test_rules_parts, test_rules_rows,
    test_rules_shares, test_rules_time,
)  # fmt: skip
MODULES = {
    "rows": rows, "families": families, "parts": parts, "time": time, "agreement": agreement, "shares": shares,
    "alteration": alteration,
    "facts": facts, "base": base,
}  # fmt: skip
FAMILIES = (
    "children_sum_to_parent",
    "children_do_not_exceed_parent",
    "family_is_complete",
    "stated_total_is_supported",
)


@dataclass(frozen=True)
class Mutant:
    """An expression of a function that is replaced by another one, and the rules in which that must show."""

    module: str
    function: str
    old: str
    new: str
    rules: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.module}.{self.function}: {self.old[:60]} -> {self.new[:60]}"


class _Replace(ast.NodeTransformer):
    """Replace each expression that reads like `old`, whatever its layout."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new, self.replaced = ast.dump(_expression(old)), new, 0

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and ast.dump(node) == self.old:
            self.replaced += 1
            return ast.copy_location(_expression(self.new), node)
        return self.generic_visit(node)


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def copy_of(name: str, mutant: Mutant | None = None) -> types.ModuleType:
    """A copy of a module of rules, with the mistake in it where it is the mutant's."""
    tree = ast.parse(inspect.getsource(MODULES[name]))
    if mutant is not None:
        found = [each for each in ast.walk(tree) if getattr(each, "name", None) == mutant.function]
        change = _Replace(mutant.old, mutant.new)
        for each in found or [tree]:
            change.visit(each)
        assert change.replaced, f"{mutant}: the original is not there any more"
    copy = types.ModuleType(f"copy_of_{name}")
    exec(compile(ast.fix_missing_locations(tree), f"<{name}>", "exec"), vars(copy))
    return copy


def named(name: str, table: Any) -> Any:
    return (
        everything()
        .judged.validated.ingested.figures.get_backend()
        .create_table(f"mutant_{name}", table, overwrite=True)
    )


def viewed(name: str, table: Any) -> Any:
    return (
        everything()
        .judged.validated.ingested.figures.get_backend()
        .create_view(f"mutant_view_{name}", table, overwrite=True)
    )


def made(make: Callable[..., Facts]) -> Facts:
    """The facts of the common cases."""
    validated = everything().judged.validated
    return make(validated.ingested, named, viewed, quarantined=validated.quarantined)


@cache
def true_facts() -> Facts:
    """Stored under names that no mutant overwrites."""
    engine = everything().judged.validated.ingested.figures.get_backend()
    validated = everything().judged.validated

    def keep(name: str, table: Any) -> Any:
        return engine.create_table(f"true_{name}", table, overwrite=True)

    def share(name: str, table: Any) -> Any:
        return engine.create_view(f"true_view_{name}", table, overwrite=True)

    return replace(facts.facts(validated.ingested, keep, share, quarantined=validated.quarantined), share=viewed)


def given_to(rule: Rule, known: Facts) -> Facts:
    """Row rules see the tables as they were read."""
    if rule.name not in {each.name for each in UNDERSTANDING}:
        return known
    return facts.before_understanding(everything().judged.validated.ingested, viewed)


Result = tuple[list[str], list[str]]


def result(rule: Rule, known: Facts) -> Result:
    """All that a rule says of the cases: each comparison, and the terms of those that fail."""
    tested = rule.test(given_to(rule, known))
    stored = named(rule.name, tested.comparisons)
    terms = tested.terms(stored.filter(stored.outcome.notnull()))
    return _texts(stored.select(*COMPARISON.names)), _texts(terms.select(*TERM.names))


def _texts(table: Any) -> list[str]:
    return sorted(map(repr, table.to_pyarrow().to_pylist()))


@cache
def original(name: str) -> Result:
    return result(RULES[name], true_facts())


def module_of(rule: str) -> str:
    return next(name for name, module in MODULES.items() if isinstance(vars(module).get(rule), Rule))


def tried(mutant: Mutant) -> Mapping[str, Result]:
    """What the rules say with the mistake: in their own module, in the facts, or in what they call of another module."""
    wrong = copy_of(mutant.module, mutant)
    if mutant.module not in ("facts", "base"):
        return {name: result(vars(wrong)[name], true_facts()) for name in mutant.rules}
    called = all(mutant.function in vars(MODULES[module_of(name)]) for name in mutant.rules)
    if mutant.module == "facts" and not called:
        known = made(wrong.facts)
        return {name: result(RULES[name], known) for name in mutant.rules}
    results = {}
    for name in mutant.rules:
        copy = copy_of(module_of(name))
        vars(copy)[mutant.function] = vars(wrong)[mutant.function]
        results[name] = result(vars(copy)[name], true_facts())
    return results


def of(module: str, *changes: tuple[str, str, str] | tuple[str, str, str, tuple[str, ...]]) -> list[Mutant]:
    """Mutants of one module; a function that is a rule needs no other name."""
    return [Mutant(module, each[0], each[1], each[2], each[3] if len(each) == 4 else (each[0],)) for each in changes]


YES = "ibis.literal(True)"
PART, SUMS = ("part_does_not_exceed_whole",), ("parts_sum_to_whole",)
ALTERED = ("source_was_altered",)
WAVES, FALLS = ("waves_sum_to_cumulative",), ("cumulative_never_falls",)
AGREE, SIZE = ("sources_agree",), ("value_is_plausible",)
HUNDRED, MATCH, ONCE = ("shares_sum_to_hundred",), ("share_matches_count",), ("figure_appears_once",)
SUM = FAMILIES[:1]

CELL = "('slice', 'region', 'level')"
DIFFERENT = "pairs.agree | pairs.has_total | pairs.measure.isin(_SEVERAL)"
DOUBLED = "(t.rows > t.listed) & as_printed & ~each_once"
LEVELS = "'nation': 'nation', 'province': 'province', 'regency': 'regency'"
FORM = "rows.locator.fill_null('').re_replace('[0-9]+', '#')"
SPAN = "agree.ifelse(t[f'meets_{name}'], t[f'spans_{name}'])"
BOTH = "not_above(lower, other_upper) & not_above(other_lower, upper)"
COMPLETE, SUPPORTED = FAMILIES[2:3], FAMILIES[3:]

MUTANTS = [
    *of(
        "rows",
        ("value_is_readable", "t.value.isnull() & ~power", "t.value.isnull()"),
        ("value_is_readable", "t.value_as_printed.isnull()", "t.value_as_printed.notnull()"),
        ("value_is_readable", "(hedge, 'hedge')", "(power, 'hedge')"),
        ("region_is_known", "joined.exact > 1", "joined.exact >= 1"),
        ("region_is_known", "joined.level.isnull() | joined.region_code.notnull()", "joined.region_code.notnull()"),
        ("region_is_known", "joined.level.notnull() & joined.region_as_printed.isnull()", "ibis.literal(False)"),
        ("_candidates", "distance * 3 <= near.bare.length()", YES, ("region_is_known",)),
        ("_candidates", "distance <= 2", "distance <= 0", ("region_is_known",)),
        ("measure_is_known", "t.unit.isnull() | (t.unit != t.names)", "t.unit != t.names"),
        ("measure_is_known", "t.unit != t.names", "t.unit == t.names"),
        ("measure_is_known", "_WHO", "_WHEN"),
        ("period_is_ordered", "t.period_end < t.period_start", "t.period_end <= t.period_start"),
        ("period_is_ordered", "t.wave_to < t.wave_from", "t.wave_to <= t.wave_from"),
        ("period_is_ordered", "t.wave_from < 1", "t.wave_from < 0"),
        ("period_is_ordered", "_WHEN", "_HOW"),
        ("figure_appears_once", "earlier.order < later.order", "earlier.order != later.order"),
        ("figure_appears_once", DIFFERENT,
         "pairs.agree | pairs.has_total"),
        ("figure_appears_once", DIFFERENT,
         "pairs.agree | pairs.measure.isin(_SEVERAL)"),
        ("figure_appears_once", DIFFERENT,
         "pairs.has_total | pairs.measure.isin(_SEVERAL)"),
        ("figure_appears_once", "pairs.value == pairs.other", "pairs.agree"),
        ("figure_appears_once", "ONE_CELL", "('slice', 'level')"),
    ),
    *of(
        "families",
        ("_by_length", "t.listed >= t.due * _NEARLY", "t.listed >= t.due", COMPLETE),
        ("_by_length", "(t.listed == t.due - 1) & (t.due > 2)", "ibis.literal(False)", COMPLETE),
        ("_near", "(t.listed < t.said) & (t.listed >= t.said * _MOST)", "t.listed < t.said", COMPLETE),
        ("_near", "_by_length(t) | by_text.fill_null(False)", "_by_length(t)", COMPLETE),
        ("children_sum_to_parent", "~holds", "t.parent_value != t.sum_value"),
        ("children_sum_to_parent", "~holds", "holds"),
        ("children_sum_to_parent", "~t.complete", "t.complete"),
        ("_parent_twice", "~not_above(bounds.most, bounds.least)", YES, SUM),
        ("_parent_missing", "families.complete", YES, SUM),
        ("children_do_not_exceed_parent", "not_above(t.sum_lower, t.parent_upper)", "t.sum_lower < t.parent_upper"),
        ("children_do_not_exceed_parent", "~facts.sums.complete", "facts.sums.complete"),
        ("family_is_complete", "t.rows > t.listed", "t.rows >= t.listed"),
        ("family_is_complete", "near & doubled", "near"),
        ("family_is_complete", "(outcome == 'most').ifelse('warning', 'error')", "ibis.literal('error')"),
        ("stated_total_is_supported", DOUBLED, "(t.rows > t.listed) & as_printed"),
        ("stated_total_is_supported", DOUBLED, "(t.rows > t.listed) & ~each_once"),
        ("stated_total_is_supported", "_near(t) & each_once", "_near(t)"),
        ("stated_total_is_supported", "facts.sums.is_own", YES),
        ("_family_terms", "children.copy & with_copies", "children.copy", SUM),
        ("_family_terms", "children.copy & with_copies", "ibis.literal(False)", SUPPORTED),
    ),
    *of(
        "parts",
        ("_of_measures", "part.scope == whole.scope", YES, PART),
        ("_side_by_side", "part.where == wholes.region_code", YES, PART),
        ("_elsewhere", "(waves, time, grown)", "(waves, time)", PART),
        ("_elsewhere", "(waves, time, grown)", "(grown,)", PART),
        ("_elsewhere", "part.end <= whole.end", "part.end >= whole.end", PART),
        ("_elsewhere", "~whole.can_fall", YES, PART),
        ("_elsewhere", "part.from_start", YES, PART),
        ("_elsewhere", "part.source != whole.source", YES, PART),
        ("_elsewhere", "part.group == whole.group", YES, PART),
        ("_in_one_source", "facts.lineage.generation > 1", "facts.lineage.generation > 0", PART),
        ("_of_regions", "part.scope == whole.scope", YES, PART),
        ("_of_regions", "part.measure == whole.measure", YES, PART),
        ("_elsewhere", "~is_same", YES, PART),
        ("_of_regions", "facts.slices.adds_over_regions", "facts.slices.adds_over_regions.notnull()", PART),
        ("_in_other_sources", "cells.adds_over_regions", "cells.adds_over_regions.notnull()", PART),
        ("_of_groups", "facts.slices.unit != 'percent'", YES, PART),
        ("_of_groups", "part.measure == whole.measure", YES, PART),
        ("_within_each_other", "not_above(t.lower, t.other_upper)", "not_above(t.value, t.other_value)", PART),
        ("_within_official", "not_above(t.lower, t.official)", "t.lower <= t.official", PART),
        ("_within_official", "not_above(t.lower, t.official)", "t.lower < t.official", PART),
        ("_summed", "t.exact & (t.parts == t.due)", "t.exact", SUMS),
        ("_summed", "t.exact & (t.parts == t.due)", "t.parts == t.due", SUMS),
        ("_summed", "whole & ~fits", "whole & (t.found != t.other_value)", SUMS),
        ("_summed", "~not_above(t.found_lower, t.other_upper)", "ibis.literal(False)", SUMS),
        ("_identities", "parts.scope == total.scope", YES, SUMS),
        ("_side_by_side", "part.where == wholes.region_code", YES, SUMS),
        ("_summed", "keyed.is_several", "ibis.literal(False)", SUMS),
        ("_summed", "~copied.is_several", "ibis.literal(False)", SUMS),
        ("_sexes", "('|' + parts.age_group.fill_null('')) == total.group", YES, SUMS),
        ("decreed_less_revoked_is_effective", "'decreed_less_revoked_is_effective'", "'parts_sum_to_whole'"),
        ("budget_parts_sum_to_budget", "'budget_parts_sum_to_budget'", "'parts_sum_to_whole'"),
        ("_summed", "t.exact & (t.parts == t.due)", "t.exact", ("budget_parts_sum_to_budget",)),
        ("_summed", "whole & ~fits", "ibis.literal(False)", ("decreed_less_revoked_is_effective",)),
        ("programme_counts_match_named_partners", "listed.name.nunique()", "listed.name.count()"),
        ("programme_counts_match_named_partners", "meet(t.lower, t.upper, t.found, t.found)", "t.value == t.found"),
    ),
    *of(
        "time",
        ("_partitions", "inner.inner_from >= ranges.wave_from", YES, WAVES),
        ("_partitions", "inner.inner_to <= ranges.wave_to", YES, WAVES),
        ("_partitions", "t.follows.all()", YES, WAVES),
        ("_partitions", "summed.last == summed.wave_to", YES, WAVES),
        ("_partitions", "meet(t.lower, t.upper, t.found_lower, t.found_upper)", "t.value == t.found", WAVES),
        ("waves_sum_to_cumulative", "facts.cells.adds_over_waves", "facts.cells.adds_over_waves.notnull()"),
        ("_steps", "step.step_wave_from == joined.first_wave_to + 1", "step.step_wave_from > joined.first_wave_to", WAVES),
        ("_steps", "step.step_wave_to == joined.wave_to", YES, WAVES),
        ("_steps", "~one_source", YES, WAVES),
        ("", "('region_code', 'measure', 'group')", "('region_code', 'measure')", WAVES),
        ("", "('region_code', 'measure', 'group')", "('region_code', 'group')", FALLS),
        ("cumulative_never_falls", "not_above(top.other_lower, top.upper)", "not_above(top.other_value, top.value)"),
        ("cumulative_never_falls", "top.measure == 'recipients'", YES),
        ("cumulative_never_falls", "~facts.cells.can_fall", YES),
        ("cumulative_never_falls", "t.end_is_known", YES),
        ("cumulative_never_falls", "facts.cells.from_start", "facts.cells.from_start.notnull()"),
        ("_after", "later.day_number > earlier.day_number", "later.day_number >= earlier.day_number", FALLS),
        ("_after", "both.ifelse(by_wave & (later.day_number >= earlier.day_number), by_day)", "by_day", FALLS),
    ),
    *of(
        "alteration",
        ("source_was_altered", "before.nth == now.nth", YES),
        ("source_was_altered", "old.nth == new.nth", YES),
        ("_numbered", "ibis.coalesce(t.region_code, t.region_as_printed, '')", "ibis.coalesce(t.region_as_printed, '')", ALTERED),
        ("_numbered", "ibis.coalesce(t.value.cast('string'), t.value_as_printed, '')",
         "ibis.coalesce(t.value_as_printed, '')", ALTERED),
        ("_removed", "figures.row.min()", "figures.row.max()", ALTERED),
    ),
    *of(
        "agreement",
        ("sources_agree", "backed.support.desc()", "backed.support"),
        ("sources_agree", "backed.precision", "backed.precision.desc()"),
        ("sources_agree", "pairs.source != pairs.other_source", YES),
        ("sources_agree", "meet(pairs.lower, pairs.upper, pairs.other_lower, pairs.other_upper)",
         "pairs.value == pairs.other_value"),
        ("_celled", "t.is_fixed.ifelse('', t.region_code)", "t.region_code", AGREE),
        ("_celled", "~facts.cells.unit.isin(['percent', 'rank'])", YES, AGREE),
        ("_celled", "t.since + '/' + t.end.cast('string')", "t.end.cast('string')", AGREE),
        ("_witnesses", "special.value == general.other_value", YES, AGREE),
        ("_against_series", "joined.figures > _ENOUGH", YES, SIZE),
        ("_against_series", "joined.sources >= _ENOUGH", YES, SIZE),
        ("_against_series", "(joined.size - joined.typical).abs()", "joined.size - joined.typical", SIZE),
        ("_against_series", "t.from_start.ifelse('start', None)", "ibis.literal('start')", SIZE),
        ("_against_share", "nation.nation_end <= parts.end", YES, SIZE),
        ("_against_share", "(ratio >= limit) & (ratio < far)", "ratio >= limit", SIZE),
        ("_against_share", "(joined.size - joined.typical).abs()", "joined.size - joined.typical", SIZE),
    ),
    *of(
        "shares",
        ("_both_sexes", "t.sex.nunique() == 2", "t.sex.nunique() >= 1", HUNDRED),
        ("_all_ages", "(step >= 0) & (step <= 1)", "step >= 0", HUNDRED),
        ("_all_ages", "(step >= 0) & (step <= 1)", "step <= 1", HUNDRED),
        ("_all_ages", "t.open_top.any()", YES, HUNDRED),
        ("_all_ages", "t.count() >= 3", YES, HUNDRED),
        ("", "('recipients_share', 'applicants_share')", "('recipients_share', 'applicants_share', 'disbursed_share')", HUNDRED),
        ("_regions", "t.found > _OF_THE_PARENT", YES, HUNDRED),
        ("shares_sum_to_hundred", "shares.sex.isnull()", YES),
        ("_division", "meet(t.found_lower, t.found_upper, hundred, hundred)", "t.found == hundred", HUNDRED),
        ("_regions", "t.listed == t.rows", YES, HUNDRED),
        ("_regions", "(t.listed == t.due) | (t.listed == t.old)", "t.listed == t.due", HUNDRED),
        ("_regions", "(t.listed == t.due) | (t.listed == t.old)", YES, HUNDRED),
        ("_regions", "meet(t.found_lower, t.found_upper, hundred, hundred)", YES, HUNDRED),
        ("share_matches_count", "ibis.ifelse(grouped | of_other, own, above & ~own)", "own"),
        ("share_matches_count", "ibis.ifelse(grouped | of_other, own, above & ~own)", "above & ~own"),
        ("share_matches_count", "judged.fits.desc()", "judged.fits"),
        ("share_matches_count", "cells.value > 0", "cells.value < 0"),
        ("share_matches_count", "shares.group == parts.part_group", YES),
        ("share_matches_count", "(*_TIME, 'as_of')", "_TIME"),
    ),
    *of(
        "facts",
        ("", f"{{{LEVELS}, 'city': 'regency', 'district': 'district'}}",
         f"{{{LEVELS}, 'city': 'city', 'district': 'district'}}", SUM),
        ("of_one_source", "left.source == right.source", YES, SUM),
        ("of_one_source", "left.source == right.source", YES, PART),
        ("of_one_source", "one_day(left, right)", YES, SUM),
        ("of_one_source", "one_day(left, right)", YES, PART),
        ("of_one_source", "one_day(left, right)", YES, SUMS),
        ("_of_one_scope", "slices.measure == parents.measure", YES, SUM),
        ("_of_one_scope", "slices.scope == parents.scope", YES, SUM),
        ("_sums", "own.parent_code == figures.region_code", YES, SUM),
        ("_sums", "full.group == parents.group", YES, SUM),
        ("_sums", "full.source != parents.parent_source", YES, SUM),
        ("_sums", "same_cell(full, parents)", "([ibis.literal(True)],)", SUM),
        ("", CELL, "('slice', 'region', 'level', 'row')", ONCE),
        ("", CELL, "('slice', 'region', 'level', 'value')", ONCE),
        ("_brought_together", FORM, "ibis.literal('')", COMPLETE),
        ("_brought_together", FORM, "rows.row.cast('string')", COMPLETE),
        ("_members", "slices.adds_over_regions", "slices.adds_over_regions.notnull()", SUM),
        ("_families", "(named.listed == named.said).fill_null(False)", "ibis.literal(False)", SUM),
        ("_families", "named.listed == named.due", "named.listed >= named.due - 1", COMPLETE),
        ("_belongs", "~t.is_new | t.names_new", YES, COMPLETE),
        ("_belongs", "t.day >= t.from_day", YES, COMPLETE),
        ("_belongs", "t.day < t.to_day", "t.day > t.to_day", COMPLETE),
        ("_slices", "t.wave_from == 1", "t.wave_from >= 1", FALLS),
        ("_slices", "t.period_start <= start", "t.period_start > start", FALLS),
        ("_slices", "ibis.least(t.period_end, told_on)", "ibis.greatest(t.period_end, told_on)", PART),
        ("same_cell", "left.wave_to == right.wave_to", YES, PART),
        ("same_cell", "one_day(left, right)", YES, PART),
        ("same_cell", "left.end == right.end", YES, PART),
        ("same_cell", "left.since != ''", YES, PART),
        ("_sums", "same_cell(full, parents)", "same_cell(full, parents)[:1]", SUM),
    ),
    *of(
        "base",
        ("meet", BOTH, "not_above(lower, other_upper)", SUM),
        ("meet", BOTH, "not_above(other_lower, upper)", AGREE),
        ("not_above", "lower <= upper", "lower < upper", PART),
        ("not_above", "(lower <= upper).fill_null(True)", "(lower <= upper).fill_null(False)", PART),
        ("open_sum", "bound.isnull().any().ifelse(None, bound.sum())", "bound.sum()", WAVES),
        ("one_interval", SPAN, "t[f'meets_{name}']", (*SUMS, *WAVES)),
        ("one_interval", SPAN, "t[f'spans_{name}']", SUMS),
    ),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_cases_tell_a_mutant_from_the_original(mutant: Mutant) -> None:
    for name, found in tried(mutant).items():
        assert found != original(name), f"{name} says the same"


def test_a_copy_without_a_mistake_says_the_same() -> None:
    for name in RULES:
        assert result(vars(copy_of(module_of(name)))[name], true_facts()) == original(name)


def test_every_rule_has_a_mutant() -> None:
    assert {name for mutant in MUTANTS for name in mutant.rules} == set(RULES)
    assert len(MUTANTS) == len(set(MUTANTS))
